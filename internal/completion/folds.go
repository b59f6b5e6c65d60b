package completion

import (
	"math"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// folds are random parts of the observed cells, each of about the same share.
type folds struct {
	cells *tensor.Observed
	parts int
	part  []uint8
}

// newFolds deals the cells out to between 2 and 100 parts, each of the share asked for.
func newFolds(cells *tensor.Observed, share float64, seed uint64) folds {
	f := folds{cells: cells, part: make([]uint8, cells.Len())}
	f.parts = min(max(2, int(math.Round(1/share))), 100)
	for k, c := range rng.New(seed, "folds").Perm(cells.Len()) {
		f.part[c] = uint8(k % f.parts)
	}
	return f
}

// without returns the cells outside a part, and the part.
func (f folds) without(part int) (kept, held *tensor.Observed) {
	return f.cells.Partition(func(c int) bool { return int(f.part[c]) != part })
}
