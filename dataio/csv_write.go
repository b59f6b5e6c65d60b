package dataio

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"slices"
	"strconv"
)

func (s *csvSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	out := &csvWriter{source: s, to: bufio.NewWriterSize(s.encoding.writer(w), 1<<16), extra: len(extra), ending: "\n"}
	out.header(extra)
	r := s.records()
	for r.scan() {
		rowEnding := s.data[r.end:r.next]
		if s.isNoRow(r) {
			out.to.Write(s.data[r.start:r.next])
			continue
		}
		if err := out.row(r, next); err != nil {
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
	out.to.Write(s.data[s.stop:])
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

// header writes what is above the rows, with the names of the columns that are added.
func (c *csvWriter) header(extra []string) {
	s := c.source
	if s.noHeader {
		c.to.Write(s.data[:s.body])
		if at := bytes.IndexByte(s.data[s.body:], '\n'); at > 0 && s.data[s.body+at-1] == '\r' {
			c.ending = "\r\n"
		}
		return
	}
	r := newRecords(s.path, s.data, s.between, s.head)
	r.scan()
	c.to.Write(s.data[:r.end])
	for _, name := range s.addedNames(extra) {
		c.line = appendField(s.between.append(c.line), name, s.between)
	}
	c.to.Write(c.line)
	if ending := s.data[r.end:r.next]; len(ending) > 0 {
		c.ending = string(ending)
	}
	c.to.Write(s.data[r.end:s.body])
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
				from = field.to
				c.line = c.inPlace(c.line, field, c.filled[k].Value)
			}
		}
	}
	// The columns that are added stand below their names, whatever empty fields end the header and the row.
	fields := max(s.fields, len(s.columns.names))
	if s.between.space {
		fields = len(r.fields)
	}
	if len(r.fields) > fields {
		c.line = append(c.line, s.data[from:r.fields[fields-1].to]...)
	} else {
		c.line = append(c.line, s.data[from:r.end]...)
	}
	for range fields - len(r.fields) {
		c.line = s.between.append(c.line)
	}
	if !s.station {
		c.added()
		return nil
	}
	// Words that follow the values stay behind what is added.
	tail := s.data[r.fields[fields-1].to:r.end]
	c.line = bytes.TrimSuffix(c.line, tail)
	c.added()
	c.line = append(c.line, tail...)
	return nil
}

// inPlace writes a value in place of a gap. Where spaces separate the fields, it ends where the gap ended if there is
// room.
func (c *csvWriter) inPlace(line []byte, gap span, value float64) []byte {
	if !c.source.between.space {
		return c.number(line, value, valueDigits)
	}
	text := c.number(nil, value, valueDigits)
	if gap.from == gap.to {
		return append(append(line, "  "...), text...)
	}
	for spare := len(text) - (gap.to - gap.from); spare > 0 && len(line) > 2; spare-- {
		if line[len(line)-1] != ' ' || line[len(line)-2] != ' ' {
			break
		}
		line = line[:len(line)-1]
	}
	for range gap.to - gap.from - len(text) {
		line = append(line, ' ')
	}
	return append(line, text...)
}

// number writes a number, in quotes where its decimal comma would separate fields.
func (c *csvWriter) number(line []byte, value float64, digits int) []byte {
	s := c.source
	from := len(line)
	line = s.numbers.append(line, value, digits)
	if s.numbers.comma && s.separates(',') && bytes.IndexByte(line[from:], ',') >= 0 {
		line = append(append(append(line[:from:from], '"'), line[from:]...), '"')
	}
	return line
}

// missing writes that there is no number: nothing, or NA where spaces separate the fields.
func (c *csvWriter) missing(line []byte) []byte {
	if c.source.between.space {
		return append(line, "NA"...)
	}
	return line
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
	c.line = strconv.AppendInt(s.between.append(c.line), int64(count), 10)
	for k, filled := range c.filled {
		c.line = s.between.append(c.line)
		if c.isGap[k] {
			c.line = c.number(c.line, filled.Stderr, stderrDigits)
		} else {
			c.line = c.missing(c.line)
		}
		for e := range c.extra {
			c.line = s.between.append(c.line)
			if c.isGap[k] && e < len(filled.Extra) && !math.IsNaN(filled.Extra[e]) {
				c.line = c.number(c.line, filled.Extra[e], valueDigits)
			} else {
				c.line = c.missing(c.line)
			}
		}
	}
}

// rows adds a row for every cell (in a wide table, for every combination of the index columns) that is not listed.
func (c *csvWriter) rows(t *Table, unlisted filledCells) error {
	s := c.source
	if t.unlisted > 0 && s.data[s.stop-1] != '\n' {
		c.to.WriteString(c.ending)
	}
	count := 0
	c.filled, c.isGap = make([]Filled, len(s.valueColumns())), slices.Repeat([]bool{true}, len(s.valueColumns()))
	for cell, filled := range unlisted {
		if err := checkFilled(filled); err != nil {
			return err
		}
		c.filled[t.column(cell, &s.columns)] = filled
		if count++; count < len(c.filled) {
			continue
		}
		count = 0
		c.line = c.newRow(c.line[:0], t, cell)
		c.added()
		c.line = append(c.line, c.ending...)
		if _, err := c.to.Write(c.line); err != nil {
			return err
		}
	}
	return nil
}

// grow refuses labels that are columns.
func (s *csvSource) grow(n int, labels []string) error {
	if n < len(s.index) {
		return nil
	}
	return noColumn(s.path, labels[0])
}

func noColumn(path, label string) error {
	return &Error{
		Path: path, Problem: "there is no column for the further label " + shorten(label) + " of the last mode",
		Remedy: "give the table in long form: one row a cell",
	}
}

// newRow makes the fields of a row that the file does not list.
func (c *csvWriter) newRow(line []byte, t *Table, cell []int32) []byte {
	s := c.source
	names := s.columns.names
	for column := range max(s.fields, len(names)) {
		if column > 0 {
			if s.between.also != 0 && column < s.corner {
				line = append(line, s.between.also)
			} else {
				line = s.between.append(line)
			}
		}
		from := len(line)
		if n := slices.Index(s.index, column); n >= 0 {
			line = appendField(line, t.modes[n].Labels[cell[n]], s.between)
		} else if i := slices.Index(s.valueColumns(), column); i >= 0 {
			line = c.number(line, c.filled[i].Value, valueDigits)
		} else if text, constant := s.constants[column]; constant {
			line = appendField(line, text, s.between)
		}
		if len(line) == from {
			line = c.missing(line)
		}
	}
	return line
}
