package completion

import (
	"sort"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// mostGaps is the number of cells to be filled from which shapes and expected errors are learnt; more are sampled.
const mostGaps = 4000

// manyGaps is the number of cells to be filled from which they are sampled with replacement.
const manyGaps = 1_000_000

// pickGaps returns some of the cells that are to be filled, all when they are few, in random order. fill lists them,
// one column a mode; where it is nil, they are all cells of the tensor that were not observed.
func pickGaps(o *tensor.Observed, fill [][]int32, seed uint64) (cells [][]int32) {
	stream := rng.New(seed, "gaps")
	shape := o.Shape()
	unknown := func(cell []int32) bool {
		_, known := find(o, cell)
		return !known
	}
	switch {
	case fill != nil && len(fill[0]) > manyGaps:
		for range 16 * mostGaps {
			k, cell := stream.IntN(len(fill[0])), make([]int32, len(fill))
			for n := range cell {
				cell[n] = fill[n][k]
			}
			if unknown(cell) && len(cells) < mostGaps {
				cells = append(cells, cell)
			}
		}
	case fill != nil:
		for _, k := range stream.Perm(len(fill[0])) {
			cell := make([]int32, len(fill))
			for n := range cell {
				cell[n] = fill[n][k]
			}
			if unknown(cell) {
				cells = append(cells, cell)
			}
			if len(cells) == mostGaps {
				break
			}
		}
	case shape.Cells() <= 16*mostGaps:
		for _, k := range stream.Perm(int(shape.Cells())) {
			cell := make([]int32, len(shape))
			for n, d := range shape {
				cell[n] = int32(k % d)
				k /= d
			}
			if unknown(cell) && len(cells) < mostGaps {
				cells = append(cells, cell)
			}
		}
	default:
		for range 16 * mostGaps {
			cell := make([]int32, len(shape))
			for n, d := range shape {
				cell[n] = int32(stream.IntN(d))
			}
			if unknown(cell) && len(cells) < mostGaps {
				cells = append(cells, cell)
			}
		}
	}
	return cells
}

// find returns the position of a cell among the observed ones.
func find(o *tensor.Observed, cell []int32) (at int, known bool) {
	compare := func(c int) int {
		for n, i := range cell {
			if d := i - o.Index[n][c]; d != 0 {
				return int(d)
			}
		}
		return 0
	}
	return sort.Find(o.Len(), compare)
}
