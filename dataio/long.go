package dataio

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// csvSource is the text of a CSV, long or wide.
type csvSource struct {
	path      string
	data      []byte
	start     int // behind a byte order mark
	delimiter byte
	columns
	wideOrder []int // of the labels of the last mode of a wide CSV: the value column of each; nil: as they are
	numbers   *numbers
}

var byteOrderMark = []byte("\uFEFF")

// The formats of text with columns.
const (
	LongCSV Format = "long CSV" // a header, index columns and a value column
	WideCSV Format = "wide CSV" // a value column for every label of the last mode
)

func init() {
	register(kind{
		format: LongCSV, ending: ".csv", text: true, read: readCSV,
		detect: func(string, []byte) sureness { return readable },
	})
	register(kind{format: WideCSV, ending: ".csv", text: true, read: readCSV}) // as Options.Wide asks for
}

// readCSV reads a table in text.
func readCSV(path string, data []byte, o Options) (*Table, error) {
	s := &csvSource{path: path, data: data}
	if bytes.HasPrefix(data, byteOrderMark) {
		s.start = len(byteOrderMark)
	}
	if err := s.checkText(); err != nil {
		return nil, err
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(data[s.start:], "\r\n"), []byte("\n"))
	s.delimiter = findDelimiter(first)
	s.numbers = newNumbers(o.Missing, s.delimiter != ',')
	r := newRecords(path, data, s.delimiter, s.start)
	names, err := r.header()
	if err != nil {
		return nil, err
	}
	if err := s.checkHeader(names, r.line, o); err != nil {
		return nil, err
	}
	if s.columns, err = roles(path, r.line, names, o); err != nil {
		return nil, err
	}
	modes := make([]string, 0, len(s.index)+1)
	for _, k := range s.index {
		modes = append(modes, names[k])
	}
	rows := min(bytes.Count(data, []byte("\n"))+1, len(data)/(2*len(names)-1)+1)
	format := LongCSV
	perRow := 1
	if o.Wide {
		format, perRow = WideCSV, len(s.wide)
		modes = append(modes, wideName(o))
	}
	b := newBuilder(path, o, modes, rows*perRow)
	for _, k := range s.wide {
		b.newLabel(len(s.index), names[k])
	}
	if err := s.eachCell(r, b); err != nil {
		return nil, err
	}
	table, err := b.table(format, s, s.numbers)
	if err != nil {
		return nil, err
	}
	return table, s.checkAdded(path, 1, !table.Complete())
}

func wideName(o Options) string {
	if o.WideName != "" {
		return o.WideName
	}
	return "column"
}

// checkText refuses what is no text in UTF-8.
func (s *csvSource) checkText() error {
	sample := s.data[:min(len(s.data), 1<<16)]
	e := &Error{Path: s.path}
	switch {
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}) || bytes.HasPrefix(sample, []byte{0xFE, 0xFF}):
		e.Problem, e.Remedy = "the text is in UTF-16", "save it as UTF-8"
	case bytes.IndexByte(sample, 0) >= 0:
		e.Problem = "this is no text and no format that lacuna knows"
		e.Remedy = "give CSV, .tns, .npy, .npz, Parquet or MAT v5"
	case bytes.IndexByte(sample, '\r') >= 0 && bytes.IndexByte(sample, '\n') < 0:
		e.Problem, e.Remedy = "its lines end in carriage returns alone", "save it with line feeds"
	default:
		return nil
	}
	return e
}

// checkHeader refuses a first line that holds data.
func (s *csvSource) checkHeader(names []string, line int, o Options) error {
	numeric := 0
	isNumber := func(name string) bool {
		_, _, problem := s.numbers.parse([]byte(name))
		return problem == ""
	}
	for _, name := range names {
		if isNumber(name) {
			numeric++
		}
	}
	last := names[len(names)-1]
	if numeric == len(names) || len(names) > 1 && !o.Wide && o.Value == "" && isNumber(last) {
		return &Error{
			Path: s.path, Line: line,
			Problem: fmt.Sprintf("there is no header: %q stands where the name of the value column should be", shorten(last)),
			Remedy:  "put a line with the names of the columns first",
		}
	}
	return nil
}

// eachCell hands all cells to the builder.
func (s *csvSource) eachCell(r *records, b *builder) error {
	cell := make([]int32, len(b.names))
	rows := 0
	for r.scan() {
		if len(r.fields) == 0 {
			continue
		}
		rows++
		if len(r.fields) != len(s.names) {
			return &Error{
				Path: s.path, Line: r.line, Problem: fmt.Sprintf("%d fields where the header has %d", len(r.fields), len(s.names)),
				Remedy: "give every row as many fields as the header",
			}
		}
		for n, k := range s.index {
			text := r.text(r.fields[k])
			if len(text) == 0 {
				return &Error{
					Path: s.path, Line: r.line, Column: s.names[k], Problem: "the label is empty",
					Remedy: "give the row a label, or remove it",
				}
			}
			cell[n] = b.label(n, text)
		}
		if s.value >= 0 {
			if err := s.oneCell(r, s.value, b, cell); err != nil {
				return err
			}
		}
		for i, k := range s.wide {
			cell[len(cell)-1] = int32(i)
			if err := s.oneCell(r, k, b, cell); err != nil {
				return err
			}
		}
	}
	if r.err == nil && rows == 0 {
		return &Error{
			Path: s.path, Problem: "there is no row below the header", Remedy: "give a table with at least one row of data",
		}
	}
	return r.err
}

func (s *csvSource) oneCell(r *records, column int, b *builder, cell []int32) error {
	text := r.text(r.fields[column])
	value, gap, problem := s.numbers.parse(text)
	switch {
	case problem != "":
		return &Error{
			Path: s.path, Line: r.line, Column: s.names[column], Value: string(text), Problem: problem,
			Remedy: numberRemedies[problem],
		}
	case gap:
		b.gap(cell)
	default:
		b.observe(cell, value)
	}
	return nil
}

// line finds the line of the k-th observed value by reading the text again: it is asked for in messages alone.
func (s *csvSource) line(k int) int {
	r := newRecords(s.path, s.data, s.delimiter, s.start)
	r.header()
	for r.scan() {
		if len(r.fields) == 0 {
			continue
		}
		for _, column := range s.valueColumns() {
			if !s.isGap(r, column) {
				if k == 0 {
					return r.line
				}
				k--
			}
		}
	}
	return 0
}

func (s *csvSource) valueColumns() []int {
	if s.value >= 0 {
		return []int{s.value}
	}
	return s.wide
}

func (s *csvSource) isGap(r *records, column int) bool {
	_, gap, _ := s.numbers.parse(r.text(r.fields[column]))
	return gap
}

// relabel notes the order of the value columns.
func (s *csvSource) relabel(n int, order []int, labels []string) error {
	if n < len(s.index) {
		return nil
	}
	for i, column := range order {
		if column < 0 {
			return &Error{
				Path: s.path, Problem: "there is no column for the further label " + shorten(labels[i]) + " of the last mode",
				Remedy: "give the table in long form: one row a cell",
			}
		}
	}
	s.wideOrder = order
	return nil
}

// byColumn brings what was filled in one row of cells in the order of the value columns.
func (s *csvSource) byColumn(filled []Filled) {
	if s.wideOrder == nil {
		return
	}
	byLabel := slices.Clone(filled)
	for i, column := range s.wideOrder {
		filled[column] = byLabel[i]
	}
}

// addedNames are the headers of the columns that filling adds.
func (s *csvSource) addedNames(extra []string) []string {
	names := []string{"lacuna_filled"}
	for _, k := range s.valueColumns() {
		prefix := ""
		if s.value < 0 {
			prefix = s.names[k] + "_"
		}
		for _, name := range append([]string{"lacuna_stderr"}, extra...) {
			names = append(names, prefix+name)
		}
	}
	return names
}

func (s *csvSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	out := &csvWriter{source: s, to: bufio.NewWriterSize(w, 1<<16), extra: len(extra), ending: "\n"}
	out.to.Write(s.data[:s.start])
	r := newRecords(s.path, s.data, s.delimiter, s.start)
	header := true
	for r.scan() {
		rowEnding := s.data[r.end:r.next]
		if len(r.fields) == 0 {
			out.to.Write(rowEnding)
			continue
		}
		if header {
			out.line = append(out.line[:0], s.data[r.start:r.end]...)
			for _, name := range s.addedNames(extra) {
				out.line = appendField(append(out.line, s.delimiter), name, s.delimiter)
			}
			if len(rowEnding) > 0 {
				out.ending = string(rowEnding)
			}
			header = false
		} else if err := out.row(r, next); err != nil {
			return err
		}
		out.line = append(out.line, rowEnding...)
		out.to.Write(out.line)
	}
	if r.err != nil {
		return r.err
	}
	if err := out.rows(t, unlisted); err != nil {
		return err
	}
	return out.to.Flush()
}

type csvWriter struct {
	source *csvSource
	to     *bufio.Writer
	extra  int
	ending string
	line   []byte
	filled []Filled // of the row, one a value column
	isGap  []bool
}

// row makes the line of a record: its own text, with the gaps' fields replaced and the new fields added.
func (c *csvWriter) row(r *records, next func() Filled) error {
	s := c.source
	c.line, c.filled, c.isGap = c.line[:0], c.filled[:0], c.isGap[:0]
	from := r.start
	for _, column := range s.valueColumns() {
		gap := s.isGap(r, column)
		var filled Filled
		if gap {
			filled = next()
			if err := checkFilled(filled); err != nil {
				return err
			}
		}
		c.filled, c.isGap = append(c.filled, filled), append(c.isGap, gap)
	}
	// The value columns of a wide table may have been named in another order than the file's.
	for column, field := range r.fields {
		for k, valueColumn := range s.valueColumns() {
			if column == valueColumn && c.isGap[k] {
				c.line = append(c.line, s.data[from:field.from]...)
				c.line = s.numbers.append(c.line, c.filled[k].Value, valueDigits)
				from = field.to
			}
		}
	}
	c.line = append(c.line, s.data[from:r.end]...)
	c.added()
	return nil
}

// added appends lacuna_filled, lacuna_stderr and the extra columns.
func (c *csvWriter) added() {
	s := c.source
	count := 0
	for _, gap := range c.isGap {
		if gap {
			count++
		}
	}
	c.line = strconv.AppendInt(append(c.line, s.delimiter), int64(count), 10)
	for k, filled := range c.filled {
		c.line = append(c.line, s.delimiter)
		if c.isGap[k] {
			c.line = s.numbers.append(c.line, filled.Stderr, stderrDigits)
		}
		for e := range c.extra {
			c.line = append(c.line, s.delimiter)
			if c.isGap[k] && e < len(filled.Extra) {
				c.line = s.numbers.append(c.line, filled.Extra[e], valueDigits)
			}
		}
	}
}

// rows adds a row for every cell (in a wide table, for every combination of the index columns) that is not listed.
func (c *csvWriter) rows(t *Table, unlisted filledCells) error {
	s := c.source
	if data := s.data; t.unlisted > 0 && data[len(data)-1] != '\n' {
		c.to.WriteString(c.ending)
	}
	c.filled, c.isGap = c.filled[:0], c.isGap[:0]
	for cell, filled := range unlisted {
		if err := checkFilled(filled); err != nil {
			return err
		}
		c.filled, c.isGap = append(c.filled, filled), append(c.isGap, true)
		if len(c.filled) < len(s.valueColumns()) {
			continue
		}
		s.byColumn(c.filled)
		c.line = c.line[:0]
		for column := range s.names {
			if column > 0 {
				c.line = append(c.line, s.delimiter)
			}
			for n, k := range s.index {
				if k == column {
					c.line = appendField(c.line, t.Observed.Modes[n].Labels[cell[n]], s.delimiter)
				}
			}
			for i, k := range s.valueColumns() {
				if k == column {
					c.line = s.numbers.append(c.line, c.filled[i].Value, valueDigits)
				}
			}
		}
		c.added()
		c.line = append(c.line, c.ending...)
		if _, err := c.to.Write(c.line); err != nil {
			return err
		}
		c.filled, c.isGap = c.filled[:0], c.isGap[:0]
	}
	return nil
}
