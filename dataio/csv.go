package dataio

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// separator is what stands between the fields of a row.
type separator struct {
	char  byte
	also  byte // a second one, such as the commas within the first column of Eurostat's tables; 0 for none
	space bool // any run of spaces and tabs
	twice bool // char stands twice
}

// append writes the separator.
func (s separator) append(line []byte) []byte {
	if s.twice {
		line = append(line, s.char)
	}
	return append(line, s.char)
}

// name says it in a message.
func (s separator) name() string {
	switch {
	case s.space:
		return "spaces"
	case s.also != 0:
		return "tabs and commas"
	case s.twice:
		return "double colons"
	}
	return map[byte]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}[s.char]
}

// records walks over the records of a text without copying it.
type records struct {
	path    string
	data    []byte
	between separator
	comment []byte // begins a line that is no record; nil for none

	start, end, next int    // the record is data[start:end], and the one after it begins at next
	line             int    // of the record's first character
	nextLine         int    // of the record after it
	fields           []span // of the record
	err              error
}

// span is data[from:to], quotes included.
type span struct{ from, to int }

func newRecords(path string, data []byte, between separator, start int) *records {
	return &records{path: path, data: data, between: between, next: start, nextLine: 1}
}

// scan moves to the next record; an empty line and a comment are one of no fields. It returns false at the end and at
// an error.
func (r *records) scan() bool {
	if r.next >= len(r.data) || r.err != nil {
		return false
	}
	r.start, r.line = r.next, r.nextLine
	if r.scanPlain() {
		return true
	}
	r.fields = r.fields[:0]
	r.end = r.lineEnd(r.start)
	if r.comment != nil && bytes.HasPrefix(r.data[r.start:r.end], r.comment) {
		r.trimReturn()
		return true
	}
	if bytes.IndexByte(r.data[r.start:r.end], '"') >= 0 {
		r.scanQuoted()
		return r.err == nil
	}
	r.trimReturn()
	if r.start == r.end {
		return true
	}
	if r.between.space || r.between.also != 0 || r.between.twice {
		r.split()
		return true
	}
	for from := r.start; ; {
		at := bytes.IndexByte(r.data[from:r.end], r.between.char)
		if at < 0 {
			r.fields = append(r.fields, span{from, r.end})
			return true
		}
		r.fields = append(r.fields, span{from, from + at})
		from += at + 1
	}
}

// Words of eight times a byte.
const (
	bytesOf1     = 0x0101010101010101
	newlineBytes = '\n' * bytesOf1
	quoteBytes   = '"' * bytesOf1
	pointBytes   = '.' * bytesOf1
	zeroBytes    = '0' * bytesOf1
	bytesOfLow7  = 0x7F7F7F7F7F7F7F7F
	bytesOfHigh  = 0x8080808080808080
)

// equalBytes has the highest bit of every byte that is the same in both words.
func equalBytes(a, b uint64) uint64 {
	d := a ^ b
	return ^((d&bytesOfLow7 + bytesOfLow7) | d) & bytesOfHigh
}

// scanPlain reads a record without quotes between single separators, eight bytes at a time. It returns false, having
// done nothing that counts, for a record of another kind and near the end of the text.
func (r *records) scanPlain() bool {
	const word = 8
	if s := r.between; s.space || s.also != 0 || s.twice || r.comment != nil && bytes.HasPrefix(r.data[r.start:], r.comment) {
		return false
	}
	separators, fields, from := uint64(r.between.char)*bytesOf1, r.fields[:0], r.start
	for at := r.start; at+word <= len(r.data); at += word {
		text := binary.LittleEndian.Uint64(r.data[at:])
		newlines, quotes := equalBytes(text, newlineBytes), equalBytes(text, quoteBytes)
		if quotes != 0 && (newlines == 0 || quotes&-quotes < newlines&-newlines) {
			return false
		}
		for marks := equalBytes(text, separators) | newlines; marks != 0; marks &= marks - 1 {
			to := at + bits.TrailingZeros64(marks)/word
			if r.data[to] != '\n' {
				fields = append(fields, span{from, to})
				from = to + 1
				continue
			}
			r.end, r.next = to, to+1
			r.nextLine++
			if r.trimReturn(); r.start < r.end {
				fields = append(fields, span{from, r.end})
			}
			r.fields = fields
			return true
		}
	}
	return false
}

// separates tells whether a byte ends a field.
func (r *records) separates(c byte) bool {
	if r.between.space {
		return c == ' ' || c == '\t' || c == '\r'
	}
	return c == r.between.char || r.between.also != 0 && c == r.between.also
}

// separatesAt tells whether the field before that place ends there.
func (r *records) separatesAt(at int) bool {
	if r.between.twice {
		return at+1 < r.end && r.data[at] == r.between.char && r.data[at+1] == r.between.char
	}
	return r.separates(r.data[at])
}

// width is the number of bytes of a separator.
func (r *records) width() int {
	if r.between.twice {
		return 2
	}
	return 1
}

// split finds the fields of a record without quotes between separators of more than one kind.
func (r *records) split() {
	for from := r.start; ; {
		for r.between.space && from < r.end && r.separates(r.data[from]) {
			from++
		}
		if r.between.space && from == r.end {
			return
		}
		to := from
		for to < r.end && !r.separatesAt(to) {
			to++
		}
		r.fields = append(r.fields, span{from, to})
		if to == r.end {
			return
		}
		from = to + r.width()
	}
}

// lineEnd is where the line that begins at from ends; next moves behind it.
func (r *records) lineEnd(from int) int {
	r.nextLine++
	if at := bytes.IndexByte(r.data[from:], '\n'); at >= 0 {
		r.next = from + at + 1
		return from + at
	}
	r.next = len(r.data)
	return len(r.data)
}

func (r *records) trimReturn() {
	if r.end > r.start && r.data[r.end-1] == '\r' {
		r.end--
	}
}

// scanQuoted reads a record in which a quote occurs. A field that begins with a quote lasts to the next single quote,
// across delimiters and lines.
func (r *records) scanQuoted() {
	for at := r.start; ; {
		for r.between.space && at < r.end && r.separates(r.data[at]) {
			at++
		}
		from := at
		if at < r.end && r.data[at] == '"' {
			at = r.closingQuote(at)
			if r.err != nil {
				return
			}
		}
		for at < r.end && !r.separatesAt(at) {
			at++
		}
		if r.between.space && at == r.end && from == at {
			r.trimReturn()
			return
		}
		if at == r.end {
			r.trimReturn()
			r.fields = append(r.fields, span{from, max(from, min(at, r.end))})
			return
		}
		r.fields = append(r.fields, span{from, at})
		at += r.width()
	}
}

// closingQuote returns the position behind the quote that closes the one at open.
func (r *records) closingQuote(open int) int {
	line := r.nextLine - 1
	for at := open + 1; ; at++ {
		quote := bytes.IndexByte(r.data[at:], '"')
		if quote < 0 {
			r.err = &Error{
				Path: r.path, Line: line, Problem: "a quote is opened and never closed",
				Remedy: `close it, or write "" for a quote inside a quoted field`,
			}
			return 0
		}
		at += quote
		for at >= r.end {
			if r.next >= len(r.data) {
				r.end = len(r.data)
				break
			}
			r.end = r.lineEnd(r.next)
		}
		if at+1 < len(r.data) && r.data[at+1] == '"' {
			at++
			continue
		}
		return at + 1
	}
}

// text is the content of a field without quotes and without space around it.
func (r *records) text(field span) []byte {
	text := r.data[field.from:field.to]
	if len(text) == 0 || isPlain(text[0]) && isPlain(text[len(text)-1]) {
		return text
	}
	return bareText(text)
}

func bareText(text []byte) []byte {
	text = bytes.TrimSpace(text)
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = bytes.TrimSpace(text[1 : len(text)-1])
		if bytes.IndexByte(text, '"') >= 0 {
			text = bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))
		}
	}
	return text
}

// isPlain tells that a byte is surely no space, no part of one, and no quote.
func isPlain(c byte) bool { return c-'#' < 0x80-'#' }

// header reads the first record: the names of the columns.
func (r *records) header() ([]string, error) {
	for r.scan() {
		if len(r.fields) == 0 {
			continue
		}
		names := make([]string, len(r.fields))
		for k, field := range r.fields {
			names[k] = string(r.text(field))
		}
		return names, nil
	}
	if r.err != nil {
		return nil, r.err
	}
	return nil, emptyFile(r.path)
}

func emptyFile(path string) error {
	return &Error{
		Path: path, Problem: "the file is empty", Remedy: "give a table with a header and at least two index columns",
	}
}

// appendField writes a field, with quotes where the text needs them.
func appendField(out []byte, text string, between separator) []byte {
	plain := strings.IndexByte(text, between.char) < 0 && !strings.ContainsAny(text, "\"\r\n") &&
		strings.TrimSpace(text) == text
	if between.also != 0 {
		plain = plain && strings.IndexByte(text, between.also) < 0
	}
	if between.space {
		plain = plain && text != "" && !strings.ContainsAny(text, " \t")
	}
	if plain {
		return append(out, text...)
	}
	out = append(out, '"')
	out = append(out, strings.ReplaceAll(text, `"`, `""`)...)
	return append(out, '"')
}
