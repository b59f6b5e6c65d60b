// Package tensor holds incomplete tensors: shapes, named modes, observed cells in a canonical order,
// random splits and standardisation.
package tensor

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Shape is the size of each mode, d_1 × … × d_N.
type Shape []int

// Order is the number of modes N.
func (s Shape) Order() int { return len(s) }

// Cells is Π d_n as a float64, which cannot overflow.
func (s Shape) Cells() float64 {
	cells := 1.0
	for _, d := range s {
		cells *= float64(d)
	}
	return cells
}

// Mode names one mode of a tensor and its indices.
type Mode struct {
	Name   string
	Labels []string // one a index; its length is the size d_n

	// Coordinates are where the indices lie on the axis of the mode, one an index, ascending: times, depths,
	// wavelengths. Neighbouring indices are then neighbours. Nil: the mode has no order, its labels are names.
	Coordinates []float64
	Unit        string    // of Coordinates, such as day; may be empty
	Periods     []float64 // after which things may repeat, in units of Coordinates, such as 7 and 365.2425
}

// NumberedModes returns modes called mode1, mode2, … with labels 0, 1, ….
func NumberedModes(shape Shape) []Mode {
	modes := make([]Mode, len(shape))
	for n, d := range shape {
		modes[n].Name = "mode" + strconv.Itoa(n+1)
		modes[n].Labels = make([]string, d)
		for i := range modes[n].Labels {
			modes[n].Labels[i] = strconv.Itoa(i)
		}
	}
	return modes
}

// Observed is the known part of a tensor: |Ω| distinct cells with finite values, sorted
// lexicographically by coordinates (the first mode slowest). Cells that are not listed are unknown; a
// listed zero is data. Observed values are immutable once built and may be shared.
type Observed struct {
	Modes  []Mode
	Index  [][]int32 // Index[n][c] is the coordinate of cell c in mode n
	Values []float64 // Values[c]

	// Low and High, one a cell, tell of censored cells, such as those below a limit of detection; nil: all values are
	// exact. Where Low[c] < High[c], either of which may be infinite, all that is known of cell c is that its value lies
	// between them, and Values[c] stands for it; where they are equal, Values[c] is exact.
	Low, High []float64
}

// NewObserved sorts the cells into canonical order and takes ownership of the slices.
// It returns an error for fewer than two modes, coordinates that do not ascend, an index out of range, a value that is
// not finite, or a cell that is listed twice.
func NewObserved(modes []Mode, index [][]int32, values []float64) (*Observed, error) {
	return NewCensored(modes, index, values, nil, nil)
}

// NewCensored is NewObserved with limits of the cells, as Observed has them. It also returns an error for limits that are
// not one a cell, of which the lower one is above the other, or between which the value does not lie.
func NewCensored(modes []Mode, index [][]int32, values, low, high []float64) (*Observed, error) {
	if len(modes) < 2 {
		return nil, fmt.Errorf("tensor: %d modes, at least 2 are needed", len(modes))
	}
	if len(index) != len(modes) {
		return nil, fmt.Errorf("tensor: %d index columns for %d modes", len(index), len(modes))
	}
	for n, column := range index {
		if err := modes[n].check(); err != nil {
			return nil, err
		}
		if len(column) != len(values) {
			return nil, fmt.Errorf("tensor: mode %q lists %d cells, there are %d values",
				modes[n].Name, len(column), len(values))
		}
		size := uint32(len(modes[n].Labels))
		for c, i := range column {
			if uint32(i) >= size {
				return nil, fmt.Errorf("tensor: cell %d: index %d is outside mode %q of size %d",
					c, i, modes[n].Name, len(modes[n].Labels))
			}
		}
	}
	for c, v := range values {
		if v-v != 0 { // NaN or infinite
			return nil, fmt.Errorf("tensor: cell %d holds %v, only finite values can be observed", c, v)
		}
	}
	o := &Observed{Modes: modes, Index: index, Values: values, Low: low, High: high}
	if err := o.checkLimits(); err != nil {
		return nil, err
	}
	for c := 1; c < len(values); c++ {
		switch d := o.compare(c-1, c); {
		case d > 0:
			o, c = o.Subset(o.sortedPositions()), 0
		case d == 0:
			return nil, fmt.Errorf("tensor: cell %s is listed twice", o.CellName(c))
		}
	}
	return o, nil
}

// check returns an error for coordinates that are not finite, not ascending, or not one an index, and for a period that
// is not positive.
func (m *Mode) check() error {
	if m.Coordinates != nil && len(m.Coordinates) != len(m.Labels) {
		return fmt.Errorf("tensor: mode %q has %d coordinates for %d labels", m.Name, len(m.Coordinates), len(m.Labels))
	}
	for i, x := range m.Coordinates {
		if math.IsNaN(x) || math.IsInf(x, 0) || i > 0 && x <= m.Coordinates[i-1] {
			return fmt.Errorf("tensor: mode %q: the coordinate %v of label %q does not follow that of the label before it",
				m.Name, x, m.Labels[i])
		}
	}
	for _, period := range m.Periods {
		if !(period > 0) || math.IsInf(period, 0) {
			return fmt.Errorf("tensor: mode %q has the period %v: give a positive number", m.Name, period)
		}
	}
	return nil
}

func (o *Observed) compare(a, b int) int {
	for _, column := range o.Index {
		if d := column[a] - column[b]; d != 0 {
			return int(d)
		}
	}
	return 0
}

func (o *Observed) sortedPositions() []int {
	positions := make([]int, o.Len())
	for c := range positions {
		positions[c] = c
	}
	if o.Shape().Cells() > math.MaxInt64/2 {
		slices.SortFunc(positions, o.compare)
		return positions
	}
	keys := make([]int64, o.Len())
	for n, column := range o.Index {
		d := int64(len(o.Modes[n].Labels))
		for c, i := range column {
			keys[c] = keys[c]*d + int64(i)
		}
	}
	slices.SortFunc(positions, func(a, b int) int { return cmp.Compare(keys[a], keys[b]) })
	return positions
}

// Len is the number of observed cells |Ω|.
func (o *Observed) Len() int { return len(o.Values) }

// Order is the number of modes N.
func (o *Observed) Order() int { return len(o.Modes) }

// Shape is the size of each mode.
func (o *Observed) Shape() Shape {
	shape := make(Shape, len(o.Modes))
	for n, mode := range o.Modes {
		shape[n] = len(mode.Labels)
	}
	return shape
}

// Cell returns the coordinates of cell c.
func (o *Observed) Cell(c int) []int32 {
	cell := make([]int32, o.Order())
	for n, column := range o.Index {
		cell[n] = column[c]
	}
	return cell
}

// CellName spells the coordinates of cell c with its labels, for messages.
func (o *Observed) CellName(c int) string {
	name := "("
	for n, column := range o.Index {
		if n > 0 {
			name += ", "
		}
		name += o.Modes[n].Name + "=" + o.Modes[n].Labels[column[c]]
	}
	return name + ")"
}

// Subset returns the cells at the given positions, in the order given, with the same modes. The
// caller keeps canonical order by passing ascending positions.
func (o *Observed) Subset(positions []int) *Observed {
	sub := &Observed{Modes: o.Modes, Index: make([][]int32, len(o.Index)), Values: make([]float64, len(positions))}
	for n, column := range o.Index {
		sub.Index[n] = make([]int32, len(positions))
		for k, c := range positions {
			sub.Index[n][k] = column[c]
		}
	}
	for k, c := range positions {
		sub.Values[k] = o.Values[c]
	}
	if o.Low != nil {
		sub.Low, sub.High = make([]float64, len(positions)), make([]float64, len(positions))
		for k, c := range positions {
			sub.Low[k], sub.High[k] = o.Low[c], o.High[c]
		}
	}
	return sub
}

// WithValues returns the same cells with other values and the same limits. It takes ownership of values.
func (o *Observed) WithValues(values []float64) *Observed {
	if len(values) != o.Len() {
		panic("tensor: WithValues: wrong number of values")
	}
	return &Observed{Modes: o.Modes, Index: o.Index, Values: values, Low: o.Low, High: o.High}
}

// Split holds out a share of the cells (0 ≤ share ≤ 1, rounded to the nearest count), drawn from stream, and returns
// the two parts, each in canonical order.
func (o *Observed) Split(share float64, stream *rand.Rand) (kept, held *Observed) {
	count := int(math.Round(share * float64(o.Len())))
	isHeld := make([]bool, o.Len())
	for _, c := range stream.Perm(o.Len())[:count] {
		isHeld[c] = true
	}
	return o.Partition(func(c int) bool { return !isHeld[c] })
}

// Partition returns the cells for which first is true, and the others.
func (o *Observed) Partition(first func(c int) bool) (yes, no *Observed) {
	return o.Filter(first), o.Filter(func(c int) bool { return !first(c) })
}

// Filter returns the cells for which keep is true, in the same order; it is asked twice about each.
func (o *Observed) Filter(keep func(c int) bool) *Observed {
	count := 0
	for c := range o.Values {
		if keep(c) {
			count++
		}
	}
	out := &Observed{Modes: o.Modes, Index: make([][]int32, len(o.Index)), Values: make([]float64, 0, count)}
	for n := range out.Index {
		out.Index[n] = make([]int32, 0, count)
	}
	for c, v := range o.Values {
		if !keep(c) {
			continue
		}
		for n, column := range o.Index {
			out.Index[n] = append(out.Index[n], column[c])
		}
		out.Values = append(out.Values, v)
		if o.Low != nil {
			out.Low, out.High = append(out.Low, o.Low[c]), append(out.High, o.High[c])
		}
	}
	return out
}

// Counts returns, for every mode and index, the number of observed cells that have it.
func (o *Observed) Counts() [][]int {
	counts := make([][]int, o.Order())
	for n, column := range o.Index {
		counts[n] = make([]int, len(o.Modes[n].Labels))
		for _, i := range column {
			counts[n][i]++
		}
	}
	return counts
}

// SortByIndex groups cells by their coordinate in one mode of size d: the cells with coordinate i are
// cells[starts[i]:starts[i+1]], in the order of index. It costs one pass; both slices are the caller's.
func SortByIndex(index []int32, d int) (cells []int32, starts []int) {
	starts = make([]int, d+1)
	for _, i := range index {
		starts[i+1]++
	}
	for i := range d {
		starts[i+1] += starts[i]
	}
	cells = make([]int32, len(index))
	next := append([]int(nil), starts[:d]...)
	for c, i := range index {
		cells[next[i]] = int32(c)
		next[i]++
	}
	return cells, starts
}

// MeanSquare returns the mean of the squared values (NaN for none).
func (o *Observed) MeanSquare() float64 {
	var sum float64
	for _, v := range o.Values {
		sum += float64(v * v)
	}
	return sum / float64(o.Len())
}

// Moments returns the mean and the population standard deviation of values (0, 0 for none).
func Moments(values []float64) (mean, deviation float64) {
	if len(values) == 0 {
		return 0, 0
	}
	shift, sum := values[0], 0.0
	for _, v := range values {
		sum += v - shift
	}
	mean = shift + sum/float64(len(values))
	var squares float64
	for _, v := range values {
		squares += float64((v - mean) * (v - mean))
	}
	return mean, math.Sqrt(squares / float64(len(values)))
}
