package dataio

import (
	"fmt"
	"math"
	"strconv"

	"lacuna/tensor"
)

// layout is how the cells of an array lie in memory. Axes of length 1 are no modes; the others are called mode1, mode2,
// … with labels from 0, as NumPy counts.
type layout struct {
	shape   []int
	fortran bool  // the first axis is contiguous, else the last
	modes   []int // the axes longer than 1
	strides []int // theirs, in elements
}

func newLayout(shape []int, fortran bool) layout {
	l := layout{shape: shape, fortran: fortran}
	strides := make([]int, len(shape))
	step := 1
	for k := range shape {
		axis := k
		if !fortran {
			axis = len(shape) - 1 - k
		}
		strides[axis] = step
		step *= shape[axis]
	}
	for axis, d := range shape {
		if d != 1 {
			l.modes = append(l.modes, axis)
			l.strides = append(l.strides, strides[axis])
		}
	}
	return l
}

// cells is the number of elements.
func (l layout) cells() int {
	cells := 1
	for _, d := range l.shape {
		cells *= d
	}
	return cells
}

// eachCell visits all cells in canonical order, with their positions in memory.
func (l layout) eachCell(visit func(cell []int32, position int) error) error {
	return l.each(len(l.modes), visit)
}

// eachLine visits the cells that are the first along the last mode.
func (l layout) eachLine(visit func(cell []int32, position int) error) error {
	return l.each(len(l.modes)-1, visit)
}

// each visits the cells that differ in the first modes and are the first along the others.
func (l layout) each(modes int, visit func(cell []int32, position int) error) error {
	cell := make([]int32, len(l.modes))
	for {
		position := 0
		for n, i := range cell[:modes] {
			position += int(i) * l.strides[n]
		}
		if err := visit(cell, position); err != nil {
			return err
		}
		n := modes - 1
		for ; n >= 0; n-- {
			if cell[n]++; int(cell[n]) < l.shape[l.modes[n]] {
				break
			}
			cell[n] = 0
		}
		if n < 0 {
			return nil
		}
	}
}

// readArray makes a table of an array; at gives the element at a position in memory, and axes the names and labels of
// all axes, or nil. limits are those of elements, or nil.
func readArray(
	path string, format Format, o Options, l layout, axes []tensor.Mode, src source, at func(position int) float64,
	limits *elementLimits,
) (*Table, error) {
	for axis, d := range l.shape {
		if d == 0 {
			return nil, &Error{
				Path: path, Problem: fmt.Sprintf("the array is empty (axis %d has length 0)", axis+1),
				Remedy: "give an array with cells",
			}
		}
	}
	if len(l.modes) < 2 {
		return nil, &Error{
			Path: path, Problem: fmt.Sprintf("the array has %d axes longer than 1", len(l.modes)),
			Remedy: "give one with at least two",
		}
	}
	names := make([]string, len(l.modes))
	for n, axis := range l.modes {
		names[n] = "mode" + strconv.Itoa(n+1)
		if axes != nil {
			names[n] = axes[axis].Name
		}
	}
	numbers := newNumbers(o.Missing, false)
	o.FullGrid = false // an array lists all its cells
	b := newBuilder(path, o, names, l.cells())
	for n, axis := range l.modes {
		if axes != nil {
			b.labels[n] = axes[axis].Labels
			continue
		}
		b.labels[n] = numbered(l.shape[axis])
	}
	visit := func(cell []int32, position int, value float64) error {
		if problem := limits.check(position, value); problem != "" {
			return &Error{Path: path, Problem: fmt.Sprintf("element %v %s", cell, problem), Remedy: limitsOfElements}
		}
		switch {
		case numbers.isMissing(value):
			b.gap(cell)
			limits.censor(b, position)
		case math.Abs(value) > largest:
			problem := tooLarge
			if math.IsInf(value, 0) {
				problem = notFinite
			}
			return &Error{
				Path: path, Problem: fmt.Sprintf("element %v: %v %s", cell, value, problem),
				Remedy: "give a finite number, or NaN for a gap",
			}
		default:
			b.observe(cell, value)
		}
		return nil
	}
	last := len(l.modes) - 1
	line := make([]float64, l.shape[l.modes[last]])
	err := l.eachLine(func(cell []int32, position int) error {
		for i := range line {
			line[i] = at(position + i*l.strides[last])
		}
		for i := 0; i < len(line); i++ {
			if limits == nil {
				i += b.observeRun(cell, int32(i), line[i:], numbers)
			}
			if i == len(line) {
				break
			}
			cell[last] = int32(i)
			if err := visit(cell, position+i*l.strides[last], line[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.table(format, src, numbers)
}

// observeRun observes the first of some values that are numbers within bounds and no gaps, and says how many these are. They
// lie in the line of a cell from a place in the last mode on.
func (b *builder) observeRun(cell []int32, from int32, values []float64, numbers *numbers) (count int) {
	for count < len(values) && math.Abs(values[count]) <= largest && (len(numbers.missing) == 0 || !numbers.isMissing(values[count])) {
		count++
	}
	b.reserve(count)
	b.values = append(b.values, values[:count]...)
	last := len(cell) - 1
	for n, i := range cell[:last] {
		column := b.index[n]
		for range count {
			column = append(column, i)
		}
		b.index[n] = column
	}
	column := b.index[last]
	for k := range count {
		column = append(column, from+int32(k))
	}
	b.index[last] = column
	return count
}

// numbered are the labels of an axis that has none: from 0, as NumPy counts.
func numbered(length int) []string {
	labels := make([]string, length)
	for i := range labels {
		labels[i] = strconv.Itoa(i)
	}
	return labels
}

// addedArrays are what filling adds to a file of arrays: of the shape of the array, NaN where nothing was filled.
type addedArrays struct {
	filled  []byte
	names   []string
	columns [][]float64
}

func newAddedArrays(cells int, extra []string) *addedArrays {
	a := &addedArrays{filled: make([]byte, cells), names: append([]string{"lacuna_stderr"}, extra...)}
	for range a.names {
		column := make([]float64, cells)
		for k := range column {
			column[k] = math.NaN()
		}
		a.columns = append(a.columns, column)
	}
	return a
}

func (a *addedArrays) set(position int, f Filled) {
	a.filled[position] = 1
	a.columns[0][position] = f.Stderr
	for k, v := range f.Extra {
		if k+1 < len(a.columns) {
			a.columns[k+1][position] = v
		}
	}
}
