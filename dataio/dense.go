package dataio

import (
	"errors"
	"iter"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"lacuna/internal/memory"
	"lacuna/tensor"
)

// denseCells are the cells of rows in the grid of their labels, in order of appearance. When they are listed in memory the
// grid is given up, or holds their values.
type denseCells struct {
	arrayCells
	grid  atomic.Pointer[numberGrid]
	using sync.RWMutex // read-locked while the grid is decoded
}

// numberGrid holds a number by position, NaN for a gap and unlisted for a cell without row: as it is, or its code in a palette.
type numberGrid struct {
	values  []float64
	codes   []uint16 // nil: values
	palette []float64
}

// newGrid is one of so many cells without rows. A palette that was exceeded is not used.
func newGrid(size int, p *palette) *numberGrid {
	if p.numbers == nil {
		g := &numberGrid{values: column[float64](size)[:size]}
		for k := range g.values {
			g.values[k] = unlisted
		}
		return g
	}
	codes := make([]uint16, size)
	memory.LargePages(codes)
	return &numberGrid{codes: codes, palette: p.numbers}
}

func (g *numberGrid) at(position int) float64 {
	if g.codes != nil {
		return g.palette[g.codes[position]]
	}
	return g.values[position]
}

func (g *numberGrid) decode(out []float64, position, stride int) {
	switch {
	case g.codes != nil:
		for i := range out {
			out[i] = g.palette[g.codes[position+i*stride]]
		}
	case stride == 1:
		copy(out, g.values[position:])
	default:
		for i := range out {
			out[i] = g.values[position+i*stride]
		}
	}
}

// palette numbers the values of a table that has few different ones.
type palette struct {
	numbers []float64       // by code; nil once there are too many
	codes   [1 << 14]uint16 // at a hash of the number, or behind it
}

// mostCodes leaves most of palette.codes empty.
const mostCodes = 1 << 12

// The codes of a cell without row, and of a gap.
const (
	unlistedCode = iota
	gapCode
)

func newPalette() *palette {
	p := &palette{numbers: make([]float64, 1, mostCodes)}
	p.numbers[unlistedCode] = unlisted
	p.add(math.NaN())
	return p
}

// add is the code of a number, unlistedCode once there are too many.
func (p *palette) add(number float64) uint16 {
	if p.numbers == nil {
		return unlistedCode
	}
	bits := math.Float64bits(number)
	for at := bits * 0x9E3779B97F4A7C15 >> (64 - 14); ; at = (at + 1) % uint64(len(p.codes)) {
		code := p.codes[at]
		switch {
		case code != unlistedCode:
			if math.Float64bits(p.numbers[code]) == bits {
				return code
			}
		case len(p.numbers) == mostCodes:
			p.numbers = nil
			return unlistedCode
		default:
			code = uint16(len(p.numbers))
			p.codes[at], p.numbers = code, append(p.numbers, number)
			return code
		}
	}
}

// hold makes grid the cells.
func (d *denseCells) hold(g *numberGrid) {
	d.grid.Store(g)
	d.snapshot = func() (decoder, func()) {
		d.using.RLock()
		if g := d.grid.Load(); g != nil {
			return g.decode, d.using.RUnlock
		}
		return nil, d.using.RUnlock
	}
	d.release = func() { d.grid.Store(nil) }
}

// whole implements cells. Where the grid has the canonical order and nobody decodes it, the values move up in it.
func (d *denseCells) whole() (*tensor.Observed, [][]int32) {
	if d.held.Load() == nil && d.movable() {
		d.once.Do(func() {
			gaps := d.listed()
			if !d.using.TryLock() {
				d.gather()
				return
			}
			defer d.using.Unlock()
			d.held.Store(&heldCells{d.moveUp(), gaps})
			d.grid.Store(nil)
		})
	}
	return d.arrayCells.whole()
}

func (d *denseCells) movable() bool {
	g := d.grid.Load()
	inOrder := !slices.ContainsFunc(d.original, func(places []int32) bool { return places != nil })
	return g != nil && g.codes == nil && inOrder && len(d.numbers.missing) == 0
}

// moveUp uses up the grid.
func (d *denseCells) moveUp() *tensor.Observed {
	o := &tensor.Observed{Modes: d.modes, Index: make([][]int32, len(d.modes))}
	for n := range o.Index {
		o.Index[n] = column[int32](d.observed)[:d.observed]
	}
	values, last, count := d.grid.Load().values, len(d.modes)-1, 0
	length := len(d.modes[last].Labels)
	for cell, position := range d.linesInOrder() {
		before := count
		for i, v := range values[position:][:length] {
			if v == v {
				values[count], o.Index[last][count] = v, int32(i)
				count++
			}
		}
		for n, i := range cell[:last] {
			same := o.Index[n][before:count]
			for k := range same {
				same[k] = i
			}
		}
	}
	o.Values = values[:count:count]
	return o
}

// unlisted is a NaN that tells a cell that no row lists from a gap.
var unlisted = math.Float64frombits(0x7FF8_0000_0000_0666)

func isUnlisted(v float64) bool { return math.Float64bits(v) == math.Float64bits(unlisted) }

func (d *denseCells) eachGap() iter.Seq[[][]int32] {
	return func(yield func([][]int32) bool) {
		d.using.RLock()
		defer d.using.RUnlock()
		grid := d.grid.Load()
		if grid == nil {
			d.held.Load().eachGap()(yield)
			return
		}
		index := make([][]int32, len(d.modes))
		last := len(d.modes) - 1
		for cell, position := range d.linesInOrder() {
			for i := range d.modes[last].Labels {
				k := i
				if d.original[last] != nil {
					k = int(d.original[last][i])
				}
				if v := grid.at(position + k*d.strides[last]); v == v || isUnlisted(v) {
					continue
				}
				cell[last] = int32(i)
				for n, i := range cell {
					index[n] = append(index[n], i)
				}
			}
			cell[last] = 0
			if len(index[0]) >= decodedAtOnce {
				if !yield(index) {
					return
				}
				for n := range index {
					index[n] = index[n][:0]
				}
			}
		}
		if len(index[0]) > 0 {
			yield(index)
		}
	}
}

// lists tells that options need the cells one by one.
func (o *Options) lists() bool {
	return o.FullGrid || len(o.Predict) > 0 || o.MergeLabels || o.Censored || o.Further || o.stacked
}

// errRepeats tells that a row does not have a label of its own.
var errRepeats = errors.New("a label stands in two rows")

// readDense reads a wide table each row of which has one label, its own, as the array that it is: 8 bytes a cell, where cells that
// are listed take 8 more. ok is false for any other table, and for one in which something is wrong.
func (s *csvSource) readDense(format Format, o Options, modes []string, capacity int) (table *Table, ok bool, err error) {
	if s.value >= 0 || len(s.index) != 1 || o.lists() || s.fillDown || s.station {
		return nil, false, nil
	}
	s.begin(o)
	b := s.newBuilder(o, modes, 0)
	cells, values, rows := &denseCells{}, column[float64](capacity), 0
	err = s.eachPiece(b, true, func(pieces []*cellReader) error {
		for _, p := range pieces {
			for _, label := range p.first {
				if label < 0 {
					label = p.labels[0].given[-1-label]
				}
				if int(label) != rows {
					return errRepeats
				}
				rows++
			}
			values = append(values, p.values[:p.observed]...)
			cells.gaps += p.none
		}
		return nil
	})
	if err != nil {
		return nil, false, nil
	}
	cells.hold(&numberGrid{values: values})
	cells.observed = len(values) - cells.gaps
	cells.layout, cells.numbers = newLayout([]int{rows, len(s.wide)}, false), s.numbers
	table, err = b.tableOf(format, s, s.numbers, cells)
	return table, true, err
}
