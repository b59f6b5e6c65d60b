package dataio

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// form is how a table lies in its text: what separates the fields, and which lines are no rows.
type form struct {
	encoding
	between  separator
	comment  []byte
	head     int // where the header begins, or the first row where there is none; what is above it is no table
	headLine int
	noHeader bool
	headText []byte
	body     int // where the first row begins, behind the header and lines of units
	bodyLine int
	stop     int      // behind the last row; what is below is no table
	names    []string // of the columns, without empty ones at the end
	fields   int      // of the header
	across   string   // the name of the mode of the value columns, where the header has it
	corner   int      // how many columns are one, separated otherwise, as in Eurostat's tables
	station  bool     // rows may end early, and words may follow the values
	fillDown bool     // an empty label is the one above it
	lost     bool     // the header has no name for the first column
	notes    []string // what was found out, for people
}

// sampleRecords is how many records tell how a text is built.
const sampleRecords = 200

// findForm finds the form of a text. What it cannot know it takes as the plainest one, for the reader to refuse.
func findForm(path string, data []byte, o Options) (*form, error) {
	f := &form{headLine: 1, stop: len(data), noHeader: o.NoHeader || len(o.Names) > 0, fillDown: o.FillDown}
	if bytes.HasPrefix(data, byteOrderMark) {
		f.head = len(byteOrderMark)
	}
	f.skipBlank(data)
	hint := f.separatorHint(data)
	if o.Comment != "" {
		f.comment = []byte(o.Comment)
	}
	named := f.leadingComments(data)
	f.findSeparator(path, data, hint)
	counts, starts, lines := f.count(path, data)
	if len(counts) == 0 {
		return nil, emptyFile(path)
	}
	if named >= 0 && !f.noHeader {
		f.headerInComment(path, data, named, mode(counts))
	}
	if named < 0 || f.head == starts[0] {
		f.findHeader(path, data, counts, starts, lines)
	}
	if err := f.readHeader(path, data, o); err != nil {
		return nil, err
	}
	f.findFooter(path, data)
	return f, nil
}

func (f *form) note(format string, values ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, values...))
}

// skipBlank moves the head behind empty lines, and behind the rule that MySQL draws above a table.
func (f *form) skipBlank(data []byte) {
	defer func() {
		line, rest, _ := bytes.Cut(data[f.head:], []byte("\n"))
		if isRule(line) && bytes.HasPrefix(rest, []byte("|")) {
			f.head += len(line) + 1
			f.headLine++
			f.note("the lines of + and - are rules, no rows")
		}
	}()
	for f.head < len(data) && (data[f.head] == '\n' || data[f.head] == '\r') {
		if data[f.head] == '\n' {
			f.headLine++
		}
		f.head++
	}
}

// separatorHint reads the line sep=; that Excel understands.
func (f *form) separatorHint(data []byte) byte {
	line, _, _ := bytes.Cut(data[f.head:], []byte("\n"))
	text, ok := bytes.CutPrefix(bytes.Trim(bytes.TrimSpace(line), `"`), []byte("sep="))
	if !ok || len(text) != 1 {
		return 0
	}
	f.head = min(f.head+len(line)+1, len(data))
	f.headLine++
	return text[0]
}

// leadingComments moves the head behind lines that begin with #, % or !, and returns where the last of them begins, −1
// for none. A single such line that reads as a header is left to be one.
func (f *form) leadingComments(data []byte) (last int) {
	last = -1
	mark := f.comment
	if mark == nil {
		if f.head >= len(data) || bytes.IndexByte([]byte("#%!"), data[f.head]) < 0 {
			return -1
		}
		mark = data[f.head : f.head+1]
	}
	at, lines := f.head, 0
	for at < len(data) {
		line, _, _ := bytes.Cut(data[at:], []byte("\n"))
		if !bytes.HasPrefix(line, mark) && len(bytes.TrimSpace(line)) > 0 {
			break
		}
		if bytes.HasPrefix(line, mark) {
			last = at
		}
		at = min(at+len(line)+1, len(data))
		lines++
	}
	if f.comment == nil && lines == 1 {
		first, rest, _ := bytes.Cut(data[f.head:], []byte("\n"))
		second, _, _ := bytes.Cut(rest, []byte("\n"))
		for _, c := range []byte{',', ';', '\t', '|'} {
			if n := bytes.Count(first, []byte{c}); n > 0 && n == bytes.Count(second, []byte{c}) {
				return -1
			}
		}
	}
	if last < 0 || at == len(data) {
		return -1
	}
	f.head, f.headLine, f.comment = at, f.headLine+lines, mark
	return last
}

// headerInComment takes the last comment above the rows for the header if it has a name for every field of a row.
func (f *form) headerInComment(path string, data []byte, last, fields int) {
	from := last + len(f.comment)
	for from < len(data) && data[from] == f.comment[len(f.comment)-1] {
		from++
	}
	line, _, _ := bytes.Cut(data[from:], []byte("\n"))
	header := newRecords(path, data[:from+len(line)], f.between, from)
	row := newRecords(path, data, f.between, f.head)
	if !header.scan() || len(header.fields) != fields {
		return
	}
	for row.scan() && len(row.fields) != fields {
	}
	if len(row.fields) != fields {
		return
	}
	numbers, words := 0, 0
	for k := range header.fields {
		if isNumber(header.text(header.fields[k])) {
			return
		}
		if isNumber(row.text(row.fields[k])) {
			numbers++
		} else {
			words++
		}
	}
	if numbers == 0 {
		return
	}
	f.headLine -= bytes.Count(data[last:f.head], []byte("\n"))
	f.head = from
	f.note("the header is the comment in line %d", f.headLine)
}

// isNumber tells whether a text is a number or a gap that is spelt out.
func isNumber(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	_, _, problem := (&numbers{mayComma: true}).parse(text)
	return problem == ""
}

// findSeparator chooses what separates the fields: what the first line uses most, if the lines below agree, else what
// cuts most lines into equally many fields.
func (f *form) findSeparator(path string, data []byte, hint byte) {
	if hint != 0 {
		f.between = separator{char: hint}
		return
	}
	first, _, _ := bytes.Cut(data[f.head:], []byte("\n"))
	f.between = mostUsed(first)
	counts, _, _ := f.count(path, data)
	if len(counts) > 0 && counts[0] > 1 && share(counts, counts[0]) >= 0.9 {
		f.findEurostat(path, data)
		return
	}
	best, surest := f.between, 0.0
	for _, s := range []separator{
		{char: ','}, {char: ';'}, {char: '\t'}, {char: '|'}, {char: ':', twice: true}, {char: ' ', space: true},
	} {
		f.between = s
		counts, _, _ := f.count(path, data)
		fields := mode(counts)
		if fields < 2 || s.space && share(counts, fields) < 0.7 {
			continue
		}
		if sure := share(counts, fields); sure > surest {
			best, surest = s, sure
		}
	}
	f.between = best
	f.findEurostat(path, data)
}

// findEurostat finds the tables of Eurostat: separated by tabs, but for the index columns, which are one column
// separated by commas under a header such as freq,unit,geo\TIME_PERIOD.
func (f *form) findEurostat(path string, data []byte) {
	if f.between.char != '\t' {
		return
	}
	corner := -1
	r := newRecords(path, data, f.between, f.head)
	for k := 0; k < sampleRecords && r.scan(); k++ {
		if len(r.fields) == 0 {
			continue
		}
		commas := bytes.Count(r.text(r.fields[0]), []byte(","))
		if corner < 0 && bytes.IndexByte(r.text(r.fields[0]), '\\') < 0 || corner >= 0 && commas != corner || commas == 0 {
			return
		}
		corner = commas
	}
	if corner > 0 {
		f.between.also, f.corner = ',', corner+1
	}
}

// mostUsed is the separator that a line uses most: comma, semicolon, tab or bar.
func mostUsed(line []byte) separator {
	counts := map[byte]int{}
	quoted := false
	for _, c := range line {
		switch c {
		case '"':
			quoted = !quoted
		case ',', ';', '\t', '|':
			if !quoted {
				counts[c]++
			}
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return separator{char: best}
}

// count returns the number of fields of the first records, and where they begin.
func (f *form) count(path string, data []byte) (counts, starts, lines []int) {
	r := newRecords(path, data, f.between, f.head)
	r.comment, r.nextLine = f.comment, f.headLine
	for len(counts) < sampleRecords && r.scan() {
		if len(r.fields) > 0 {
			counts, starts, lines = append(counts, len(r.fields)), append(starts, r.start), append(lines, r.line)
		}
	}
	return counts, starts, lines
}

// mode is the most frequent count, of equally frequent ones the first.
func mode(counts []int) int {
	times := map[int]int{}
	best := 0
	for _, n := range counts {
		times[n]++
	}
	for _, n := range counts {
		if times[n] > times[best] {
			best = n
		}
	}
	return best
}

// share is how many of the counts are n.
func share(counts []int, n int) float64 {
	same := 0
	for _, c := range counts {
		if c == n {
			same++
		}
	}
	return float64(same) / float64(max(1, len(counts)))
}

// findHeader moves the head behind lines that have not as many fields as the rows: a title, where the data are from.
func (f *form) findHeader(path string, data []byte, counts, starts, lines []int) {
	fields := mode(counts)
	if counts[0] == fields && !f.noHeader {
		f.skipPadded(path, data, starts, lines)
	}
	if counts[0] == fields || fields < 2 {
		return
	}
	for below := 0; below < 5 && counts[len(counts)-1] < fields; below++ { // what may follow the table
		counts = counts[:len(counts)-1]
	}
	if !f.noHeader && share(counts[1:], fields) >= 0.9 && counts[0]+1 == fields {
		return // a name is lost, or the rows end in a separator
	}
	for k, n := range counts {
		if n != fields {
			continue
		}
		r := newRecords(path, data, f.between, starts[k])
		words := r.scan() && !slices.ContainsFunc(r.texts(), func(text string) bool { return isNumber([]byte(text)) })
		wider := fields > counts[0] || words && len(counts) > 4
		if wider && k+1 < len(counts) && counts[k+1] == fields && share(counts[k:], fields) >= 0.9 {
			f.note("%s above the table skipped", plural(lines[k]-1, "line"))
			f.head, f.headLine = starts[k], lines[k]
		}
		return
	}
}

// mostPadded is how many lines above a header may be padded.
const mostPadded = 20

// skipPadded moves the head behind lines that fill less than half of their fields, as spreadsheets write what stands
// above a table, if the first other line fills three quarters of them or more, with words.
func (f *form) skipPadded(path string, data []byte, starts, lines []int) {
	r := newRecords(path, data, f.between, f.head)
	for k := 0; k < min(mostPadded, len(starts)) && r.scan(); {
		if len(r.fields) == 0 {
			continue
		}
		texts := slices.DeleteFunc(r.texts(), func(text string) bool { return text == "" })
		if 2*len(texts) < len(r.fields) {
			k++
			continue
		}
		isNumeric := func(text string) bool { return isNumber([]byte(text)) }
		if k > 0 && 4*len(texts) >= 3*len(r.fields) && !slices.ContainsFunc(texts, isNumeric) {
			f.note("%s above the table skipped", plural(lines[k]-f.headLine, "line"))
			f.head, f.headLine = starts[k], lines[k]
		}
		return
	}
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// readHeader reads the names of the columns and finds the first row.
func (f *form) readHeader(path string, data []byte, o Options) error {
	r := newRecords(path, data, f.between, f.head)
	r.comment, r.nextLine = f.comment, f.headLine
	names, err := r.header()
	if err != nil {
		return err
	}
	f.headLine, f.fields = r.line, len(names)
	if f.noHeader {
		f.body, f.bodyLine = r.start, r.line
		return f.nameColumns(path, o)
	}
	f.body, f.bodyLine = r.next, r.nextLine
	f.headText = data[r.start:r.end]
	for k := range names {
		if f.between.space { // Year, Month, Anomaly
			names[k] = strings.TrimSuffix(names[k], ",")
		}
	}
	if f.between.also != 0 { // the last of the names that are one column also names the mode beside it
		for k, name := range names {
			if before, after, found := strings.Cut(name, `\`); found {
				names[k], f.across = before, after
			}
		}
	}
	f.names = names
	rows := f.rows(path, data, 100)
	if f.lostName(rows) {
		f.lost, f.names = true, append([]string{""}, names...)
		f.fields++
		f.note("the header has no name for the first column")
	}
	for k := len(f.names) - 1; k > 0 && f.names[k] == "" && isEmpty(rows, k); k-- {
		f.names = f.names[:k]
	}
	f.skipUnits(path, data, rows)
	return nil
}

// nameColumns gives the columns of a table without a header names: the given ones, or 1, 2, 3, ….
func (f *form) nameColumns(path string, o Options) error {
	if len(o.Names) > 0 && len(o.Names) != f.fields {
		return &Error{
			Path: path, Line: f.headLine, Problem: fmt.Sprintf("%d names are given for %d columns", len(o.Names), f.fields),
			Remedy: "name every column once with --names",
		}
	}
	f.names = slices.Clone(o.Names)
	for k := len(f.names); k < f.fields; k++ {
		f.names = append(f.names, strconv.Itoa(k+1))
	}
	f.note("no header: the columns are called %s", list(f.names))
	return nil
}

// lostName tells that every row has one field more than the header, and that the first one numbers or names the rows,
// as R writes and pandas prints them.
func (f *form) lostName(rows [][]string) bool {
	if len(rows) < 2 {
		return false
	}
	first := 1
	if len(rows[0]) > 0 && (rows[0][0] == "0" || f.between.space) {
		first, _ = strconv.Atoi(rows[0][0])
	}
	for k, row := range rows {
		if len(row) != f.fields+1 || row[0] != strconv.Itoa(k+first) && !(f.between.space && !isNumber([]byte(row[0]))) ||
			row[f.fields] == "" {
			return false
		}
	}
	return true
}

// rows returns the fields of the first rows.
func (f *form) rows(path string, data []byte, most int) (rows [][]string) {
	r := newRecords(path, data[:f.stop], f.between, f.body)
	r.comment, r.nextLine = f.comment, f.bodyLine
	for len(rows) < most && r.scan() {
		if len(r.fields) > 0 {
			rows = append(rows, r.texts())
		}
	}
	return rows
}

// texts are the contents of the fields.
func (r *records) texts() []string {
	texts := make([]string, len(r.fields))
	for k, field := range r.fields {
		texts[k] = string(r.text(field))
	}
	return texts
}

func isEmpty(rows [][]string, column int) bool {
	for _, row := range rows {
		if column < len(row) && row[column] != "" {
			return false
		}
	}
	return true
}
