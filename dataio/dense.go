package dataio

import (
	"errors"
	"iter"
	"math"
	"sync/atomic"
)

// denseCells are the cells of rows in the grid of their labels, in order of appearance. When they are listed in memory the
// grid is given up.
type denseCells struct {
	arrayCells
	grid atomic.Pointer[[]float64] // by position: NaN for a gap, unlisted for a cell without row
}

// hold makes grid the cells.
func (d *denseCells) hold(grid []float64) {
	d.grid.Store(&grid)
	d.snapshot = func() decoder {
		grid := d.grid.Load()
		if grid == nil {
			return nil
		}
		return func(out []float64, position, stride int) { decodeGrid(out, (*grid)[position:], stride) }
	}
	d.release = func() { d.grid.Store(nil) }
}

// unlisted is a NaN that tells a cell that no row lists from a gap.
var unlisted = math.Float64frombits(0x7FF8_0000_0000_0666)

func isUnlisted(v float64) bool { return math.Float64bits(v) == math.Float64bits(unlisted) }

func decodeGrid(out, grid []float64, stride int) {
	if stride == 1 {
		copy(out, grid)
		return
	}
	for i := range out {
		out[i] = grid[i*stride]
	}
}

func (d *denseCells) eachGap() iter.Seq[[][]int32] {
	grid := d.grid.Load()
	if grid == nil {
		return d.held.Load().eachGap()
	}
	return func(yield func([][]int32) bool) {
		index := make([][]int32, len(d.modes))
		last := len(d.modes) - 1
		for cell, position := range d.linesInOrder() {
			for i := range d.modes[last].Labels {
				k := i
				if d.original[last] != nil {
					k = int(d.original[last][i])
				}
				if v := (*grid)[position+k*d.strides[last]]; v == v || isUnlisted(v) {
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
	cells, grid, rows := &denseCells{}, column[float64](capacity), 0
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
			grid = append(grid, p.values[:p.observed]...)
			cells.gaps += p.none
		}
		return nil
	})
	if err != nil {
		return nil, false, nil
	}
	cells.hold(grid)
	cells.observed = len(grid) - cells.gaps
	cells.layout, cells.numbers = newLayout([]int{rows, len(s.wide)}, false), s.numbers
	table, err = b.tableOf(format, s, s.numbers, cells)
	return table, true, err
}
