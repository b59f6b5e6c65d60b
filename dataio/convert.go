package dataio

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
)

// converters write any table under an ending: its cells in canonical order, with the labels of the modes, the value, and
// what filling adds. Columns and variables that are neither index nor value have no place there.
var converters = map[string]converter{".csv": writeLong, ".npz": writeArrays}

type converter func(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error

func (c converter) line(int) int { return 0 }

func (c converter) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	return c(w, t, next, unlisted, extra)
}

// converted is the source that writes a table of some other format under an ending; nil where there is none.
func (t *Table) converted(ending string) source {
	k := kinds[t.Format]
	c := converters[ending]
	if c == nil || ending == k.ending || ending == k.also || t.parts != nil {
		return nil
	}
	return c
}

// checkNames refuses to write two columns, or arrays, of one name.
func (t *Table) checkNames(path string) error {
	taken := map[string]bool{"lacuna_filled": true, "lacuna_stderr": true, t.valueName(): true}
	for _, mode := range t.modes {
		if taken[mode.Name] {
			return &Error{
				Path: path, Column: mode.Name, Problem: "the mode and another column of this output have one name",
				Remedy: "give the column another name, or the output the ending " + kinds[t.Format].ending,
			}
		}
		taken[mode.Name] = true
	}
	return nil
}

// cellWriter writes a cell, whose coordinate in mode n is coordinate(n): the observed value, or what a gap was filled with.
type cellWriter func(coordinate func(n int) int32, value float64, f *Filled) error

// eachCell hands out the observed cells and the gaps.
func (t *Table) eachCell(next func() Filled, unlisted filledCells, write cellWriter) error {
	o, gaps := t.cells.whole()
	filled := make([]Filled, t.listedGaps())
	for k := range filled {
		f := next()
		if err := checkFilled(f); err != nil {
			return err
		}
		f.Extra = slices.Clone(f.Extra)
		filled[k] = f
	}
	var order *cellOrder
	if len(filled) > 0 {
		order = orderCells(t.modes, gaps)
	}
	observed := 0
	before := func(k int) bool { // the observed cell comes before that gap
		for n, column := range o.Index {
			if d := column[observed] - gaps[n][k]; d != 0 {
				return d < 0
			}
		}
		return false // the gap has a value in another row
	}
	emit := func() error {
		c := observed
		observed++
		return write(func(n int) int32 { return o.Index[n][c] }, o.Values[c], nil)
	}
	for at := range filled {
		if at > 0 && order.same(at-1, at) {
			continue
		}
		k := order.at(at)
		for observed < o.Len() && before(k) {
			if err := emit(); err != nil {
				return err
			}
		}
		if _, known := t.known[k]; known {
			continue
		}
		if err := write(func(n int) int32 { return gaps[n][k] }, filled[k].Value, &filled[k]); err != nil {
			return err
		}
	}
	for observed < o.Len() {
		if err := emit(); err != nil {
			return err
		}
	}
	for cell, f := range unlisted {
		if err := checkFilled(f); err != nil {
			return err
		}
		if err := write(func(n int) int32 { return cell[n] }, f.Value, &f); err != nil {
			return err
		}
	}
	return nil
}

// writeLong writes a long CSV.
func writeLong(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	out := bufio.NewWriterSize(w, 1<<16)
	comma := separator{char: ','}
	var line []byte
	for _, mode := range t.modes {
		line = append(appendField(line, mode.Name, comma), ',')
	}
	line = appendField(line, t.valueName(), comma)
	for _, added := range append([]string{"lacuna_filled", "lacuna_stderr"}, extra...) {
		line = append(append(line, ','), added...)
	}
	out.Write(append(line, '\n'))
	exact := newNumbers(nil, false)
	err := t.eachCell(next, unlisted, func(coordinate func(n int) int32, value float64, f *Filled) error {
		line = line[:0]
		for n, mode := range t.modes {
			line = append(appendField(line, mode.Labels[coordinate(n)], comma), ',')
		}
		if f == nil {
			line = append(exact.append(line, value, -1), ",0,"...)
			for range extra {
				line = append(line, ',')
			}
		} else {
			line = append(exact.append(line, value, valueDigits), ",1,"...)
			line = exact.append(line, f.Stderr, stderrDigits)
			for k := range extra {
				line = append(line, ',')
				if k < len(f.Extra) && !math.IsNaN(f.Extra[k]) {
					line = exact.append(line, f.Extra[k], valueDigits)
				}
			}
		}
		_, err := out.Write(append(line, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// writeArrays writes a .npz archive: the arrays values, lacuna_filled, lacuna_stderr and extra of the table's shape, NaN where
// a cell is neither observed nor a gap or where nothing was filled, and the texts modes, labels_0, labels_1, …
func writeArrays(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	shape := t.Shape()
	const most = 1 << 28
	if cells := shape.Cells(); cells > most {
		return &Error{
			Path: t.Path, Problem: fmt.Sprintf("%.3g cells are too many for an array", cells),
			Remedy: "write them to a .csv file, which lists the known cells and the gaps alone",
		}
	}
	size := int(shape.Cells())
	names := append([]string{"values", "lacuna_stderr"}, extra...)
	arrays, flags := make([][]float64, len(names)), make([]byte, size)
	for k := range arrays {
		arrays[k] = slices.Repeat([]float64{math.NaN()}, size)
	}
	err := t.eachCell(next, unlisted, func(coordinate func(n int) int32, value float64, f *Filled) error {
		at := 0
		for n, d := range shape {
			at = at*d + int(coordinate(n))
		}
		arrays[0][at] = value
		if f != nil {
			flags[at], arrays[1][at] = 1, f.Stderr
			for k, x := range f.Extra {
				arrays[2+k][at] = x
			}
		}
		return nil
	})
	out := zip.NewWriter(w)
	add := func(name string, data []byte) {
		if err == nil {
			err = addMember(out, name+".npy", zip.Deflate, data)
		}
	}
	for k, name := range names {
		add(name, npyFloats(shape, false, arrays[k]))
	}
	add("lacuna_filled", append(npyHeader("|u1", false, shape), flags...))
	var modes []string
	for n, mode := range t.modes {
		modes = append(modes, mode.Name)
		add(labelsPrefix+strconv.Itoa(n), npyStrings(mode.Labels))
	}
	add("modes", npyStrings(modes))
	if err != nil {
		return err
	}
	return out.Close()
}
