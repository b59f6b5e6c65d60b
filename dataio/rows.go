package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// rowTable is a table of columns that is no text. Its methods tell of the row that it stands on.
type rowTable interface {
	source
	// eachRow stands on one row after another, numbered as their owner counts them.
	eachRow(visit func(number int) error) error
	isNull(column int) bool
	appendText(out []byte, column int) []byte // what a column holds, as people read it
	// number is what a value column holds, as numbers.parse gives it.
	number(column int) (value float64, gap bool, problem string)
	keep(column int) // as the first row with a label that has not been met in that column before
}

// sampleRows makes a sample of the first rows of a table, which may have limits in place of values.
func sampleRows(s rowTable, names []string, censored bool) (*sample, error) {
	most := min(5000, max(2*blockRows, sampleCells/len(names)))
	var rows [][]string
	enough := errors.New("enough rows")
	err := s.eachRow(func(int) error {
		texts := make([]string, len(names))
		for k := range texts {
			if !s.isNull(k) {
				texts[k] = string(bytes.TrimSpace(s.appendText(nil, k)))
			}
		}
		if rows = append(rows, texts); len(rows) == most {
			return enough
		}
		return nil
	})
	if err != nil && err != enough {
		return nil, err
	}
	known := newSample(names, rows, err == nil)
	known.censored = censored
	return known, nil
}

// readRows reads a table whose columns have their roles. capacity is how many rows to make room for. empty is what to
// type for a cell that is to hold nothing.
func readRows(
	path string, format Format, s rowTable, c *columns, numbers *numbers, o Options, capacity int, empty string,
) (*Table, error) {
	modes := make([]string, 0, len(c.index)+1)
	for _, k := range c.index {
		modes = append(modes, c.names[k])
	}
	if c.value < 0 {
		modes = append(modes, c.last)
	}
	b := newBuilder(path, o, modes, capacity*len(c.valueColumns()))
	b.columns = c
	for _, k := range c.wide {
		b.newLabel(len(c.index), c.names[k])
	}
	cell := make([]int32, len(modes))
	var text []byte
	err := s.eachRow(func(row int) error {
		for n, k := range c.index {
			if s.isNull(k) {
				return &Error{
					Path: path, Column: c.names[k], Problem: fmt.Sprintf("row %d: there is no label", row),
					Remedy: "give the row a label, or remove it",
				}
			}
			text = s.appendText(text[:0], k)
			known := len(b.labels[n])
			if cell[n] = b.label(n, bytes.TrimSpace(text)); int(cell[n]) == known {
				s.keep(k)
			}
		}
		for i, k := range c.valueColumns() {
			if c.value < 0 {
				cell[len(cell)-1] = int32(i)
			}
			value, gap, problem := s.number(k)
			switch {
			case problem != "":
				text := bytes.TrimSpace(s.appendText(nil, k))
				remedy := numberRemedies[problem]
				if !numbers.censored && isLimit(text) {
					remedy = limitRemedy
				}
				return &Error{
					Path: path, Column: c.names[k], Value: string(text),
					Problem: fmt.Sprintf("in row %d %s", row, problem),
					Remedy:  strings.Replace(remedy, "leave the value empty", empty, 1),
				}
			case gap:
				b.gap(cell)
				if numbers.censored && !s.isNull(k) {
					b.censor(numbers, bytes.TrimSpace(s.appendText(nil, k)))
				}
			default:
				b.observe(cell, value)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	table, err := b.table(format, s, numbers)
	if err != nil {
		return nil, err
	}
	table.Reading.Notes = c.notes
	return table, c.checkAdded(path, 0, !table.Complete())
}

// filledCell is a cell of a row, and whether it was a gap.
type filledCell struct {
	Filled
	gap bool
}

// fillRow finds what the value columns of the row gain.
func fillRow(s rowTable, c *columns, cells []filledCell, next func() Filled) error {
	for i, k := range c.valueColumns() {
		_, gap, _ := s.number(k)
		cells[i] = filledCell{gap: gap}
		if gap {
			cells[i].Filled = next()
			if err := checkFilled(cells[i].Filled); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachNewRow visits the rows that the table does not list, each with one cell a value column.
func (t *Table) eachNewRow(
	c *columns, unlisted filledCells, visit func(cell []int32, cells []filledCell) error,
) error {
	cells, count := make([]filledCell, len(c.valueColumns())), 0
	for cell, filled := range unlisted {
		if err := checkFilled(filled); err != nil {
			return err
		}
		cells[t.column(cell, c)] = filledCell{filled, true}
		if count++; count < len(cells) {
			continue
		}
		if err := visit(cell, cells); err != nil {
			return err
		}
		count = 0
	}
	return nil
}

// addedNumbers are the numbers of the added columns of a row, in the order of columns.addedNames: first how many cells
// were filled. ok tells which are there.
func addedNumbers(cells []filledCell, extra int, values []float64, ok []bool) {
	values[0], ok[0] = 0, true
	at := 1
	for _, c := range cells {
		for e := range 1 + extra {
			values[at], ok[at] = c.Stderr, c.gap
			if e > 0 {
				ok[at] = c.gap && e <= len(c.Extra) && !math.IsNaN(c.Extra[e-1])
				if ok[at] {
					values[at] = c.Extra[e-1]
				}
			}
			at++
		}
		if c.gap {
			values[0]++
		}
	}
}

// check looks at a number that is stored as one.
func (n *numbers) check(v float64) (value float64, gap bool, problem string) {
	switch {
	case n.isMissing(v):
		return 0, true, ""
	case math.IsInf(v, 0):
		return 0, false, notFinite
	case math.Abs(v) > largest:
		return 0, false, tooLarge
	}
	return v, false, ""
}

// watched is a writer that remembers its own failure.
type watched struct {
	io.Writer
	failed error
}

func (w *watched) Write(data []byte) (int, error) {
	n, err := w.Writer.Write(data)
	if err != nil {
		w.failed = err
	}
	return n, err
}

// guarded lets a library write a table. What it says of itself and reading did not need, it uses here for the first
// time: errors and panics that do not come from the writer are damage of the table.
func guarded(w io.Writer, damaged func(what any) error, write func(w io.Writer) error) (err error) {
	out := &watched{Writer: w}
	defer func() {
		if p := recover(); p != nil {
			err = damaged(p)
		}
	}()
	err = write(out)
	if e := new(Error); err == nil || out.failed != nil || errors.As(err, &e) || errors.Is(err, errUnusable) {
		return err
	}
	return damaged(err)
}
