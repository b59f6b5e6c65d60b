package dataset

import (
	"math"
	"slices"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// SparseOptions say what table Sparse makes.
type SparseOptions struct {
	Shape tensor.Shape
	Rank  int
	Noise float64 // deviation of the noise, over the tensor's own
	Known int     // cells that are known
	Gaps  int     // further cells, to be filled
	Seed  uint64
}

// SparseTable is some cells of a tensor, known ones and gaps.
type SparseTable struct {
	Cells *tensor.Observed // all of them, with noise
	Clean []float64        // their values without noise
	IsGap []bool
}

// Sparse draws cells of a tensor that is too large to be listed: distinct ones at random, of the tensor of [Synthetic]
// with the same shape, rank and seed. Time and memory are those of the cells alone. It panics for a shape of fewer than
// two modes, of more than 2⁶² cells, or of fewer cells than are asked for.
func Sparse(o SparseOptions) *SparseTable {
	total := o.Known + o.Gaps
	if o.Shape.Order() < 2 || o.Shape.Cells() > 1<<62 || float64(total) > float64(o.Shape.Cells()) {
		panic("dataset: Sparse: the tensor has fewer cells than are asked for, or too many to be numbered")
	}
	keys := distinct(int64(o.Shape.Cells()), total, rng.New(o.Seed, "sparse cells"))
	index := make([][]int32, o.Shape.Order())
	for n := len(index) - 1; n >= 0; n-- {
		d := int64(o.Shape[n])
		index[n] = make([]int32, total)
		for c, key := range keys {
			index[n][c] = int32(key % d)
			keys[c] = key / d
		}
	}
	t := &SparseTable{Clean: make([]float64, total), IsGap: make([]bool, total)}
	factors := SyntheticFactors(o.Shape, o.Rank, o.Seed)
	row := make([]float64, o.Rank)
	for c := range t.Clean {
		copy(row, factors[0][index[0][c]])
		for n := 1; n < len(index); n++ {
			for r, u := range factors[n][index[n][c]] {
				row[r] *= u
			}
		}
		for _, x := range row {
			t.Clean[c] += x
		}
	}
	_, deviation := tensor.Moments(t.Clean)
	values, noise := make([]float64, total), rng.New(o.Seed, "sparse noise")
	for c, v := range t.Clean {
		values[c] = v + float64(o.Noise*deviation*noise.NormFloat64())
	}
	var err error
	if t.Cells, err = tensor.NewObserved(tensor.NumberedModes(o.Shape), index, values); err != nil {
		panic("dataset: " + err.Error())
	}
	for _, k := range distinct(int64(total), o.Gaps, rng.New(o.Seed, "sparse gaps")) {
		t.IsGap[k] = true
	}
	return t
}

// Split returns the known cells, the gaps, and the gaps' values without noise.
func (t *SparseTable) Split() (known, gaps *tensor.Observed, clean []float64) {
	known, gaps = t.Cells.Partition(func(c int) bool { return !t.IsGap[c] })
	for c, gap := range t.IsGap {
		if gap {
			clean = append(clean, t.Clean[c])
		}
	}
	return known, gaps, clean
}

// Floor is the least error to be expected of the cells, over the deviation of their clean values, of a model that knows
// the rank: noise · √(degrees of freedom / known cells), one scale of every block in every mode but one being free.
func (o SparseOptions) Floor() float64 {
	freedom := 1 - o.Shape.Order()
	for _, d := range o.Shape {
		freedom += d
	}
	return o.Noise * math.Sqrt(float64(o.Rank*freedom)/float64(o.Known))
}

// distinct draws count different numbers below limit, ascending.
func distinct(limit int64, count int, stream *rng.Stream) []int64 {
	if int64(count) > limit/2 { // rather draw those that are left out
		out := make([]int64, 0, count)
		left := distinct(limit, int(limit)-count, stream)
		for k, at := int64(0), 0; k < limit; k++ {
			if at < len(left) && left[at] == k {
				at++
				continue
			}
			out = append(out, k)
		}
		return out
	}
	var drawn []int64
	for len(drawn) < count {
		for range count - len(drawn) {
			drawn = append(drawn, stream.Int64N(limit))
		}
		slices.Sort(drawn)
		drawn = slices.Compact(drawn)
	}
	return drawn
}
