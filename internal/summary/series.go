package summary

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"lacuna"
	"lacuna/dataio"
	"lacuna/figure"
	"lacuna/tensor"
)

const (
	lookedAt    = 2000       // gaps whose error is asked for to choose series
	mostGaps    = 20_000_000 // of a table whose gaps are gone through
	longestLine = 5000       // labels of a series that is drawn
)

// series are the fibres along the longest ordered mode to be drawn: of those looked at, the one whose gaps have the
// largest standard error beside the deviation of the known values, and the median one. There are none where fewer than
// two fibres have gaps.
func series(table *dataio.Table, c *lacuna.Completion, value string, level float64) []figure.Series {
	o := table.Observed()
	mode := longestOrdered(o)
	if mode < 0 || table.Gaps() == 0 || table.Gaps() > mostGaps {
		return nil
	}
	fibres := rankFibres(o, c, someGaps(table), mode)
	if len(fibres) < 2 {
		return nil
	}
	worst, typical := fibres[len(fibres)-1], fibres[(len(fibres)-1)/2]
	return []figure.Series{
		drawn(o, c, worst, mode, "Largest error: ", value, level), drawn(o, c, typical, mode, "Typical: ", value, level),
	}
}

// longestOrdered is the ordered mode with the most labels that can be drawn, −1 without one of at least three.
func longestOrdered(o *tensor.Observed) int {
	best, most := -1, 2
	for n, mode := range o.Modes {
		if count := len(mode.Coordinates); count > most && count <= longestLine {
			best, most = n, count
		}
	}
	return best
}

// someGaps lists evenly chosen gaps, one column a mode.
func someGaps(table *dataio.Table) [][]int32 {
	every, k := (table.Gaps()+lookedAt-1)/lookedAt, 0
	out := make([][]int32, len(table.Modes()))
	for cell := range table.GapCells() {
		if k%every == 0 {
			for n, i := range cell {
				out[n] = append(out[n], i)
			}
		}
		k++
	}
	return out
}

// fibre is one along a mode, named by a cell of it.
type fibre struct {
	cell  []int32
	error float64
}

// rankFibres lists the fibres through gaps by the root mean square of the standard errors of these, the smallest first,
// over the deviation of the values of the label in the mode whose labels have units of their own.
func rankFibres(o *tensor.Observed, c *lacuna.Completion, gaps [][]int32, mode int) []fibre {
	count := len(gaps[0])
	value, stderr := make([]float64, count), make([]float64, count)
	c.AtAll(gaps, value, stderr)
	unit := tensor.FitScaling(o, tensor.StandardiseGlobal, 0)
	if c.UnitMode >= 0 {
		unit = tensor.FitScaling(o, tensor.StandardiseMode, c.UnitMode)
	}
	var fibres []fibre
	numbers, counts := map[string]int{}, []float64{}
	for k, s := range stderr {
		cell := make([]int32, len(gaps))
		var name strings.Builder
		for n := range cell {
			if cell[n] = gaps[n][k]; n != mode {
				name.WriteString(o.Modes[n].Labels[cell[n]] + "\x00")
			}
		}
		at, met := numbers[name.String()]
		if !met {
			at = len(fibres)
			numbers[name.String()] = at
			fibres, counts = append(fibres, fibre{cell: cell}), append(counts, 0)
		}
		relative := s / unit.ScaleAt(cell)
		fibres[at].error += float64(relative * relative)
		counts[at]++
	}
	for k := range fibres {
		fibres[k].error = math.Sqrt(fibres[k].error / counts[k])
	}
	slices.SortStableFunc(fibres, func(a, b fibre) int { return cmp.Compare(a.error, b.error) })
	return fibres
}

// drawn fills a fibre.
func drawn(
	o *tensor.Observed, c *lacuna.Completion, f fibre, mode int, title, value string, level float64,
) figure.Series {
	length := len(o.Modes[mode].Labels)
	s := figure.Series{
		Mode: o.Modes[mode], Value: value, Known: make([]float64, length), Filled: make([]float64, length),
		Low: make([]float64, length), High: make([]float64, length),
	}
	var names []string
	for n, m := range o.Modes {
		if n != mode {
			names = append(names, m.Name+"="+m.Labels[f.cell[n]])
		}
	}
	s.Title = title + strings.Join(names, ", ")
	for _, list := range [][]float64{s.Known, s.Filled, s.Low, s.High} {
		for i := range list {
			list[i] = math.NaN()
		}
	}
	for k, y := range o.Values {
		same := true
		for n, column := range o.Index {
			same = same && (n == mode || column[k] == f.cell[n])
		}
		if same {
			s.Known[o.Index[mode][k]] = y
		}
	}
	cell := slices.Clone(f.cell)
	for i := range length {
		if cell[mode] = int32(i); math.IsNaN(s.Known[i]) {
			y, _ := c.At(cell)
			s.Filled[i] = c.Possible(cell, y)
			s.Low[i], s.High[i] = c.Interval(cell, level)
		}
	}
	return s
}
