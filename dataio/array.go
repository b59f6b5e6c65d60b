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

// elements are numbers over axes, as a file holds them.
type elements struct {
	layout
	axes   []tensor.Mode // the names and labels of all axes, or nil
	decode decoder
	limits *elementLimits     // of elements, or nil
	gap    func(position int) // is told of every gap once, while the array is read; or nil
}

// decoder writes the elements from a position on, in steps of stride, into out; NaN for one that is not there.
type decoder func(out []float64, position, stride int)

// oneByOneFrom decodes elements that at gives.
func oneByOneFrom(at func(position int) float64) decoder {
	return func(out []float64, position, stride int) {
		for i := range out {
			out[i] = at(position + i*stride)
		}
	}
}

// readArray makes a table of an array. Its cells stay as they are stored until they are asked for.
func readArray(path string, format Format, o Options, a elements, src source) (*Table, error) {
	for axis, d := range a.shape {
		if d == 0 {
			return nil, &Error{
				Path: path, Problem: fmt.Sprintf("the array is empty (axis %d has length 0)", axis+1),
				Remedy: "give an array with cells",
			}
		}
	}
	if len(a.layout.modes) < 2 {
		return nil, &Error{
			Path: path, Problem: fmt.Sprintf("the array has %d axes longer than 1", len(a.layout.modes)),
			Remedy: "give one with at least two",
		}
	}
	names := make([]string, len(a.layout.modes))
	for n, axis := range a.layout.modes {
		names[n] = "mode" + strconv.Itoa(n+1)
		if a.axes != nil {
			names[n] = a.axes[axis].Name
		}
	}
	o.FullGrid = false // an array lists all its cells
	b := newBuilder(path, o, names, 0)
	for n, axis := range a.layout.modes {
		if a.axes != nil {
			b.labels[n] = a.axes[axis].Labels
			continue
		}
		b.labels[n] = numbered(a.shape[axis])
	}
	cells := &arrayCells{elements: a, numbers: newNumbers(o.Missing, false)}
	if err := cells.read(b); err != nil {
		return nil, err
	}
	return b.tableOf(format, src, cells.numbers, cells)
}

// read looks at every cell for the first time.
func (a *arrayCells) read(b *builder) error {
	visit := func(cell []int32, position int, value float64) error {
		if problem := a.limits.check(position, value); problem != "" {
			return &Error{Path: b.path, Problem: fmt.Sprintf("element %v %s", cell, problem), Remedy: limitsOfElements}
		}
		switch {
		case a.numbers.isMissing(value):
			a.gaps++
			if low, high, ok := a.limits.at(position); ok {
				b.limits = append(b.limits, bounds{a.gaps - 1, low, high})
			}
			if a.gap != nil {
				a.gap(position)
			}
		case math.Abs(value) > largest:
			problem := tooLarge
			if math.IsInf(value, 0) {
				problem = notFinite
			}
			return &Error{
				Path: b.path, Problem: fmt.Sprintf("element %v: %v %s", cell, value, problem),
				Remedy: "give a finite number, or NaN for a gap",
			}
		default:
			a.observed++
		}
		return nil
	}
	last := len(a.layout.modes) - 1
	line, plain := make([]float64, a.shape[a.layout.modes[last]]), len(a.numbers.missing) == 0 && a.limits == nil
	return a.eachLine(func(cell []int32, position int) error {
		a.decode(line, position, a.strides[last])
		for i, value := range line {
			if plain && math.Abs(value) <= largest {
				a.observed++
				continue
			}
			cell[last] = int32(i)
			if err := visit(cell, position+i*a.strides[last], value); err != nil {
				return err
			}
		}
		return nil
	})
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
