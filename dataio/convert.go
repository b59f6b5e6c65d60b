package dataio

import (
	"bufio"
	"io"
	"math"
	"slices"
)

// converted is the source that writes a table of some other format under an ending; nil where there is none. Any
// table can be written as a long CSV: its cells in canonical order, the labels of the modes, the value, and what filling adds.
// Columns and variables that are neither index nor value have no place there.
func (t *Table) converted(ending string) source {
	k := kinds[t.Format]
	if ending != kinds[LongCSV].ending || ending == k.ending || ending == k.also || t.parts != nil {
		return nil
	}
	return &longSource{}
}

type longSource struct{}

func (*longSource) line(int) int { return 0 }

func (*longSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	out := bufio.NewWriterSize(w, 1<<16)
	name := "value"
	if len(t.Reading.Value) == 1 {
		name = t.Reading.Value[0]
	}
	comma := separator{char: ','}
	var line []byte
	for _, mode := range t.modes {
		line = append(appendField(line, mode.Name, comma), ',')
	}
	line = appendField(line, name, comma)
	for _, added := range append([]string{"lacuna_filled", "lacuna_stderr"}, extra...) {
		line = append(append(line, ','), added...)
	}
	out.Write(append(line, '\n'))
	exact := newNumbers(nil, false)
	row := func(coordinate func(n int) int32, value float64, f *Filled) {
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
			line = append(exact.append(line, f.Value, valueDigits), ",1,"...)
			line = exact.append(line, f.Stderr, stderrDigits)
			for k := range extra {
				line = append(line, ',')
				if k < len(f.Extra) && !math.IsNaN(f.Extra[k]) {
					line = exact.append(line, f.Extra[k], valueDigits)
				}
			}
		}
		out.Write(append(line, '\n'))
	}
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
	emit := func() {
		c := observed
		row(func(n int) int32 { return o.Index[n][c] }, o.Values[c], nil)
		observed++
	}
	for at := range filled {
		if at > 0 && order.same(at-1, at) {
			continue
		}
		k := order.at(at)
		for observed < o.Len() && before(k) {
			emit()
		}
		if _, known := t.known[k]; !known {
			row(func(n int) int32 { return gaps[n][k] }, 0, &filled[k])
		}
	}
	for observed < o.Len() {
		emit()
	}
	for cell, f := range unlisted {
		if err := checkFilled(f); err != nil {
			return err
		}
		row(func(n int) int32 { return cell[n] }, 0, &f)
	}
	return out.Flush()
}
