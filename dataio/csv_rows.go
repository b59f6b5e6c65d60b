package dataio

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// records begins at the first row.
func (s *csvSource) records() *records {
	r := newRecords(s.path, s.data[:s.stop], s.between, s.body)
	r.comment, r.nextLine = s.comment, s.bodyLine
	return r
}

// separates tells whether a byte ends a field.
func (s *csvSource) separates(c byte) bool { return (&records{between: s.between}).separates(c) }

// isRule tells that a line is a rule as databases draw it around a table: +----+----+.
func isRule(line []byte) bool {
	line = bytes.TrimSpace(line)
	return bytes.HasPrefix(line, []byte("+-")) && len(bytes.Trim(line, "+-=")) == 0
}

// isNoRow tells that a record is an empty line, a comment, a rule, or nothing but separators.
func (s *csvSource) isNoRow(r *records) bool {
	if len(r.fields) == 0 || len(r.fields) == 1 && s.between.char == '|' && isRule(r.data[r.start:r.end]) {
		return true
	}
	if s.station {
		return !s.padRow(r)
	}
	if s.repeatsHeader(r) {
		return true
	}
	if r.fields[0].from < r.fields[0].to {
		return false
	}
	for _, field := range r.fields {
		if field.from < field.to && len(r.text(field)) > 0 {
			return false
		}
	}
	return len(r.fields) > 1
}

// repeatsHeader tells that a record is the header once more, as where files were joined.
func (s *csvSource) repeatsHeader(r *records) bool {
	return !s.noHeader && r.end-r.start == len(s.headText) && bytes.Equal(r.data[r.start:r.end], s.headText)
}

// fits tells that a row has a field for every column, and that further ones are empty.
func (s *csvSource) fits(r *records) bool {
	for k, field := range r.fields {
		if k >= len(s.columns.names) && len(r.text(field)) > 0 {
			return false
		}
	}
	return len(r.fields) >= len(s.columns.names)
}

// skipsRule moves the body behind the rule that Markdown and databases write below a header. Where no bar begins it, a
// field of one hyphen is a gap, and the line a row.
func (s *csvSource) skipsRule() bool {
	line, _, found := bytes.Cut(s.data[s.body:], []byte("\n"))
	if len(bytes.Trim(line, "|-:+= \r\t"+string(rune(s.between.char)))) > 0 || !bytes.Contains(line, []byte("-")) || !found {
		return false
	}
	if s.between.char != '|' {
		isText := func(text string) bool { return len(text) < 2 || strings.Trim(text, "-=") != "" }
		if rows := s.rows(s.path, s.data, 1); len(rows) == 0 || slices.ContainsFunc(rows[0], isText) {
			return false
		}
	}
	s.body += len(line) + 1
	s.bodyLine++
	return true
}

// Rows of a sample, and cells.
const (
	sampleWhole  = 1 << 20 // bytes of a text that is sampled as a whole
	sampleCells  = 60000
	sampleBlocks = 50
	blockRows    = 40
)

// sampleRows returns the contents of some rows: all of a small table, of a large one the first and some from all over
// it.
func (s *csvSource) sampleRows() (rows [][]string, whole bool) {
	columns := len(s.form.names)
	most := max(2*blockRows, sampleCells/columns)
	read := func(from, count int) (done bool) {
		r := newRecords(s.path, s.data[:s.stop], s.between, from)
		r.comment = s.comment
		for taken := 0; taken < count; {
			if !r.scan() {
				return true
			}
			if s.isNoRow(r) || len(r.fields) < columns {
				continue
			}
			row := make([]string, columns)
			for k := range row {
				row[k] = string(r.text(r.fields[k]))
			}
			rows = append(rows, row)
			taken++
		}
		return false
	}
	defer func() { s.fillSample(rows) }()
	if s.stop-s.body <= sampleWhole && bytes.Count(s.data[s.body:s.stop], []byte("\n")) <= most {
		return rows, read(s.body, most+1)
	}
	read(s.body, min(most/2, 10*blockRows))
	for k := 1; k < sampleBlocks && len(rows) < most; k++ {
		from := s.body + k*((s.stop-s.body)/sampleBlocks)
		at := bytes.IndexByte(s.data[from:s.stop], '\n')
		if at < 0 {
			break
		}
		read(from+at+1, blockRows)
	}
	return rows, false
}

// fillSample fills the columns left of the first one that has no blank.
func (s *csvSource) fillSample(rows [][]string) {
	if !s.fillDown {
		return
	}
	for k := range s.form.names {
		blank := false
		for i, row := range rows {
			if blank = blank || row[k] == ""; row[k] == "" && i > 0 {
				row[k] = rows[i-1][k]
			}
		}
		if !blank {
			return
		}
	}
}

// dailyRecord is a line of GHCN-Daily: station, year, month, element, the first value with its flags. monthlyRecord is
// one of GHCN-Monthly, which has a year in a line.
var (
	dailyRecord   = regexp.MustCompile(`^[A-Z]{2}[A-Z0-9_-]{9}\d{6}[A-Z]{2}[A-Z0-9]{2}[ \d-]{5}`)
	monthlyRecord = regexp.MustCompile(`^[A-Z]{2}[A-Z0-9_-]{9}\d{4}(TAVG|TMAX|TMIN|PRCP)[ \d-]{5}`)
)

// checkHeader refuses a first line that holds data.
func (s *csvSource) checkHeader(known *sample, o Options) error {
	names := s.form.names
	line, _, _ := bytes.Cut(s.data[s.head:], []byte("\n"))
	if dailyRecord.Match(line) {
		return &Error{
			Path: s.path, Line: s.headLine, Problem: "this is GHCN-Daily in columns of fixed widths (.dly), which lacuna does not read",
			Remedy: "take the same station as CSV, from the folder access of GHCN-Daily",
		}
	}
	if monthlyRecord.Match(line) {
		return &Error{
			Path: s.path, Line: s.headLine, Problem: "this is GHCN-Monthly in columns of fixed widths (.dat), which lacuna does not read",
			Remedy: "cut the columns first (in Python: pandas.read_fwf), and write them as CSV",
		}
	}
	if len(names) == 1 {
		remedy := "give a table with two index columns and a value; columns of fixed widths have to be separated first"
		if strings.ContainsAny(names[0], ",;\t|") {
			remedy = "every line stands in quotes as a whole: take away the quotes at both ends of the lines, and make one of two"
		}
		return &Error{
			Path: s.path, Line: s.headLine,
			Problem: "there is one column: no comma, semicolon, tab, bar or space cuts the lines into fields",
			Remedy:  remedy,
		}
	}
	if s.noHeader {
		return nil
	}
	if nameless := known.nameless(); len(nameless) >= 2 && 4*len(nameless) >= len(names) {
		return &Error{
			Path: s.path, Line: s.headLine,
			Problem: fmt.Sprintf("%d columns of numbers have no name, such as column %d", len(nameless), nameless[0]+1),
			Remedy:  "give every column a name, and the labels of the rows one column",
		}
	}
	numeric, named := 0, 0
	for _, name := range names {
		if name != "" {
			named++
		}
		if isNumber([]byte(name)) {
			numeric++
		}
	}
	last := names[len(names)-1]
	if (o.Wide && names[0] == "" || numeric < len(names)) && !known.holds(names) {
		if _, series := known.findSeries(); series || o.Wide || o.Value != "" || len(names) == 1 ||
			last != "" && !isNumber([]byte(last)) {
			return nil
		}
	}
	fields := make([]string, len(names))
	for k := range fields {
		fields[k] = fmt.Sprint(k + 1)
	}
	remedy := "--no-header"
	rows := append([][]string{names}, known.rows...)
	all := newSample(fields, rows, known.whole)
	if p := all.propose(); p != nil && !p.series {
		remedy += " " + p.flags()
	}
	remedy = fmt.Sprintf("put a line with the names of the columns first, or give %s (the columns are then called %s), "+
		"or names with --names", remedy, list(fields))
	if f := all.of(0); 2*f.decimals > len(rows) && numeric == len(names) {
		remedy = "an array of numbers without labels is read as .npy (numpy.save); a table needs a line with the names of its " +
			"columns, or --no-header"
	}
	if looksLikeTNS(s.data[s.head:]) {
		remedy += "; if these are coordinates from 1 and a value, --format tns"
	}
	if numeric > 1 && numeric >= named-1 && !isNumber([]byte(names[0])) {
		remedy += "; if the line holds the labels of a mode, --wide"
	}
	return &Error{
		Path: s.path, Line: s.headLine,
		Problem: fmt.Sprintf("there is no header: the first line is %q (%s, separated by %s)",
			shorten(string(bytes.TrimSpace(line))), plural(len(names), "column"), s.between.name()),
		Remedy: remedy,
	}
}

// nameless are the columns behind the first that hold numbers under no name.
func (s *sample) nameless() (columns []int) {
	for k, name := range s.names {
		if k > 0 && name == "" && s.isNumeric(k) {
			columns = append(columns, k)
		}
	}
	return columns
}

// holds tells that half of some texts or more, two at least, stand in rows, each in the column of its place.
func (s *sample) holds(texts []string) bool {
	same, filled := 0, 0
	for k, text := range texts {
		if text == "" {
			continue
		}
		filled++
		if s.of(k).distinct[text] > 0 {
			same++
		}
	}
	return same >= 2 && 2*same >= filled
}

// numberRemedy says what to do about a value.
func (s *csvSource) numberRemedy(problem string, text []byte) string {
	remedy := numberRemedies[problem]
	switch {
	case problem != notANumber && problem != withFlag:
	case !s.numbers.censored && isLimit(text):
		remedy = limitRemedy
	case problem == withFlag:
	case bytes.ContainsAny(text, "0123456789"):
		remedy = "write a plain number such as -1234.5, or leave the value empty for a gap"
	case isAnswer(text):
		remedy = "write 1 for yes and 0 for no, or leave the value empty for a gap"
	case len(text) <= longestGap:
		remedy = "write a number, or leave the value empty for a gap; if it marks a gap, --missing " +
			quoteFlag([]string{strings.ToValidUTF8(string(text), "\uFFFD")})
	}
	return remedy
}

// isAnswer tells yes from no, in words.
func isAnswer(text []byte) bool {
	switch strings.ToLower(string(text)) {
	case "yes", "no", "true", "false":
		return true
	}
	return false
}
