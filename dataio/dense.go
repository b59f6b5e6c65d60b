package dataio

import (
	"iter"
	"math"
)

// denseCells are the cells of rows in the grid of their labels, in order of appearance.
type denseCells struct {
	arrayCells
	grid []float64 // by position; NaN for a gap, unlisted for a cell without row
}

// unlisted is a NaN that tells a cell that no row lists from a gap.
var unlisted = math.Float64frombits(0x7FF8_0000_0000_0666)

func isUnlisted(v float64) bool { return math.Float64bits(v) == math.Float64bits(unlisted) }

func (d *denseCells) decodeLine(out []float64, position, stride int) {
	if stride == 1 {
		copy(out, d.grid[position:])
		return
	}
	for i := range out {
		out[i] = d.grid[position+i*stride]
	}
}

func (d *denseCells) eachGap() iter.Seq[[][]int32] {
	return func(yield func([][]int32) bool) {
		index := make([][]int32, len(d.modes))
		last := len(d.modes) - 1
		for cell, position := range d.linesInOrder() {
			for i := range d.modes[last].Labels {
				k := i
				if d.original[last] != nil {
					k = int(d.original[last][i])
				}
				if v := d.grid[position+k*d.strides[last]]; v == v || isUnlisted(v) {
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
