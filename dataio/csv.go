package dataio

import (
	"bytes"
	"fmt"
	"strings"
)

// records walks over the records of a CSV text without copying it.
type records struct {
	path      string
	data      []byte
	delimiter byte

	start, end, next int    // the record is data[start:end], and the one after it begins at next
	line             int    // of the record's first character
	nextLine         int    // of the record after it
	fields           []span // of the record
	err              error
}

// span is data[from:to], quotes included.
type span struct{ from, to int }

func newRecords(path string, data []byte, delimiter byte, start int) *records {
	return &records{path: path, data: data, delimiter: delimiter, next: start, nextLine: 1}
}

// scan moves to the next record; an empty line is one of no fields. It returns false at the end and at an error.
func (r *records) scan() bool {
	if r.next >= len(r.data) || r.err != nil {
		return false
	}
	r.start, r.line = r.next, r.nextLine
	r.fields = r.fields[:0]
	r.end = r.lineEnd(r.start)
	if bytes.IndexByte(r.data[r.start:r.end], '"') >= 0 {
		r.scanQuoted()
		return r.err == nil
	}
	r.trimReturn()
	if r.start == r.end {
		return true
	}
	for from := r.start; ; {
		at := bytes.IndexByte(r.data[from:r.end], r.delimiter)
		if at < 0 {
			r.fields = append(r.fields, span{from, r.end})
			return true
		}
		r.fields = append(r.fields, span{from, from + at})
		from += at + 1
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
		from := at
		if at < r.end && r.data[at] == '"' {
			at = r.closingQuote(at)
			if r.err != nil {
				return
			}
		}
		for at < r.end && r.data[at] != r.delimiter {
			at++
		}
		if at == r.end {
			r.trimReturn()
			r.fields = append(r.fields, span{from, max(from, min(at, r.end))})
			return
		}
		r.fields = append(r.fields, span{from, at})
		at++
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
	text := bytes.TrimSpace(r.data[field.from:field.to])
	if len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
		if bytes.IndexByte(text, '"') >= 0 {
			text = bytes.ReplaceAll(text, []byte(`""`), []byte(`"`))
		}
	}
	return text
}

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
	return nil, &Error{
		Path: r.path, Problem: "the file is empty", Remedy: "give a table with a header and at least two index columns",
	}
}

// findDelimiter looks for the separator that the first line uses most: comma, semicolon or tab.
func findDelimiter(line []byte) byte {
	counts := map[byte]int{}
	quoted := false
	for _, c := range line {
		switch c {
		case '"':
			quoted = !quoted
		case ',', ';', '\t':
			if !quoted {
				counts[c]++
			}
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// appendField writes a field, with quotes where the text needs them.
func appendField(out []byte, text string, delimiter byte) []byte {
	if strings.IndexByte(text, delimiter) < 0 && !strings.ContainsAny(text, "\"\r\n") && strings.TrimSpace(text) == text {
		return append(out, text...)
	}
	out = append(out, '"')
	out = append(out, strings.ReplaceAll(text, `"`, `""`)...)
	return append(out, '"')
}

// columns says what the columns of a table are.
type columns struct {
	names []string
	index []int
	value int    // −1 in a wide table
	wide  []int  // the value columns of a wide table
	added string // a column that lacuna has added before, or ""
}

// checkAdded refuses a table that lacuna has filled before where its columns would be taken for data or written twice.
func (c columns) checkAdded(path string, line int, gaps bool) error {
	if c.added == "" {
		return nil
	}
	taken := gaps
	for _, k := range append(append([]int{max(c.value, 0)}, c.index...), c.wide...) {
		taken = taken || isAdded(c.names[k])
	}
	if !taken {
		return nil
	}
	return &Error{
		Path: path, Line: line, Problem: fmt.Sprintf("column %s shows that lacuna has filled this file already",
			shorten(c.added)),
		Remedy: "give the original file, or remove lacuna's columns",
	}
}

func isAdded(name string) bool {
	return strings.HasPrefix(name, "lacuna_") || strings.Contains(name, "_lacuna_")
}

// roles finds the columns that the options name, each in one role. line is that of the header, 0 for a format without
// lines.
func roles(path string, line int, names []string, o Options) (columns, error) {
	c := columns{names: names, value: -1}
	fail := func(problem, remedy string) (columns, error) {
		return c, &Error{Path: path, Line: line, Problem: problem, Remedy: remedy}
	}
	number := map[string]int{}
	for k, name := range names {
		if c.added == "" && isAdded(name) {
			c.added = name
		}
		if _, twice := number[name]; twice {
			return fail(fmt.Sprintf("two columns are called %q", shorten(name)), "give every column a name of its own")
		}
		number[name] = k
	}
	used := map[int]string{}
	take := func(name, use string) (int, error) {
		k, ok := number[name]
		if !ok {
			_, err := fail(fmt.Sprintf("there is no column %s", shorten(name)), "name one of "+list(names))
			return 0, err
		}
		if before, twice := used[k]; twice {
			_, err := fail(fmt.Sprintf("column %s is named as %s and as %s", shorten(name), before, use),
				"name every column once")
			return 0, err
		}
		used[k] = use
		return k, nil
	}
	takeAll := func(wanted []string, use string) (taken []int, err error) {
		for _, name := range wanted {
			k, err := take(name, use)
			if err != nil {
				return nil, err
			}
			taken = append(taken, k)
		}
		return taken, nil
	}
	rest := func() (others []int) {
		for k := range names {
			if _, taken := used[k]; !taken {
				others = append(others, k)
			}
		}
		return others
	}
	var err error
	if c.index, err = takeAll(o.Index, "index"); err != nil {
		return c, err
	}
	if o.Wide {
		if len(c.index) == 0 {
			c.index = []int{0}
			used[0] = "index"
		}
		if c.wide, err = takeAll(o.Columns, "value"); err != nil {
			return c, err
		}
		if len(o.Columns) == 0 {
			c.wide = rest()
		}
		if len(c.wide) < 2 {
			return fail(fmt.Sprintf("a wide table needs at least two value columns, here are %d", len(c.wide)),
				"give a table with one column for every label of the last mode, or read it as a long one")
		}
		return c, c.checkAdded(path, line, false)
	}
	switch others := rest(); {
	case o.Value != "":
		if c.value, err = take(o.Value, "value"); err != nil {
			return c, err
		}
	case len(others) == 0:
		return fail("every column is named as an index", "leave the value column out of --index")
	default:
		c.value = others[len(others)-1]
		used[c.value] = "value"
	}
	if len(c.index) == 0 {
		c.index = rest()
	}
	if len(c.index) < 2 {
		return fail(fmt.Sprintf("%d index column(s) beside the value column %s", len(c.index), shorten(names[c.value])),
			"give at least two; columns are separated by comma, semicolon or tab")
	}
	for _, k := range c.index {
		if names[k] == "" {
			return fail(fmt.Sprintf("index column %d has no name", k+1), "give it one, or name the index columns with --index")
		}
	}
	return c, c.checkAdded(path, line, false)
}

func joinNames(names []string) string { return strings.Join(names, ",") }
