package completion

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// sample is a weighted sample of numbers, ascending, and their weights summed up.
type sample struct{ values, sums []float64 }

// newSample takes numbers of held-out cells.
func newSample(cells []HeldOutCell, of func(h HeldOutCell) float64) (s sample) {
	type weighted struct{ value, weight float64 }
	all := make([]weighted, len(cells))
	for k, h := range cells {
		all[k] = weighted{of(h), h.weight}
	}
	slices.SortStableFunc(all, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	sum := 0.0
	for _, w := range all {
		sum += w.weight
		s.values, s.sums = append(s.values, w.value), append(s.sums, sum)
	}
	return s
}

// total is the sum of the weights.
func (s sample) total() float64 {
	if len(s.sums) == 0 {
		return 0
	}
	return s.sums[len(s.sums)-1]
}

// upTo is the sum of the weights of numbers up to one.
func (s sample) upTo(value float64) float64 {
	k := sort.Search(len(s.values), func(k int) bool { return s.values[k] > value })
	if k == 0 {
		return 0
	}
	return s.sums[k-1]
}

// quantile is the conformal quantile of the numbers together with another sample, which counts as so many of them: the
// least up to which lies the share level (n + 1)/n of the weight, n the numbers there are. +Inf: beyond all.
func (s sample) quantile(level float64, beside sample, cells float64) float64 {
	count, share := float64(len(s.values))+cells, 0.0
	switch total := beside.total(); {
	case len(s.values) == 0:
		count, share = float64(len(beside.values)), 1
	case total > 0 && cells > 0: // in the weight that a number has here
		share = cells / total * (s.total() / float64(len(s.values)))
	}
	wanted := level * (count + 1) / math.Max(1, count) * (s.total() + float64(share*beside.total()))
	least := func(of sample) float64 { // the first of these up to which there is as much
		k := sort.Search(len(of.values), func(k int) bool {
			return s.upTo(of.values[k])+float64(share*beside.upTo(of.values[k])) >= wanted
		})
		if k == len(of.values) {
			return math.Inf(1)
		}
		return of.values[k]
	}
	q := least(s)
	if share > 0 {
		q = math.Min(q, least(beside))
	}
	return q
}

// graded is a sample of numbers of one label's held-out cells in parts by the filled value, on which their distribution
// may depend: errors of rain have another form at 5 mm than at 300.
type graded struct {
	middles []float64 // of the filled values of the parts, ascending
	parts   []sample
	beside  sample  // what every part is taken together with
	cells   float64 // as which that counts
	telling float64 // how much every cell tells beside one hidden alone
}

const (
	mostGrades = 4
	gradeCells = 40 // that there is a part for
	wholeCells = 20 // as which a whole label counts beside one of its parts
)

// newGraded takes the held-out cells of a label; where they tell little, others count beside them. The errors of cells that were
// hidden together are alike by so much.
func newGraded(cells []HeldOutCell, of func(h HeldOutCell) float64, others sample, alike float64) graded {
	if len(cells) < fewScores {
		return graded{beside: others}
	}
	telling := told(cells, alike)
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b HeldOutCell) int { return cmp.Compare(a.Predicted, b.Predicted) })
	var middles []float64
	var parts []sample
	for count := min(mostGrades, int(telling*float64(len(sorted)))/gradeCells); count > 1; count-- {
		middles, parts = nil, nil
		for k := range count {
			part := sorted[k*len(sorted)/count : (k+1)*len(sorted)/count]
			middles = append(middles, part[len(part)/2].Predicted)
			parts = append(parts, newSample(part, of))
		}
		if ascending(middles) {
			return grades(middles, parts, others, telling)
		}
	}
	return grades([]float64{0}, []sample{newSample(cells, of)}, others, telling)
}

func ascending(values []float64) bool {
	for k := 1; k < len(values); k++ {
		if !(values[k] > values[k-1]) {
			return false
		}
	}
	return true
}

// grades are parts of a label, beside which the label counts, or others where there is one part alone. Cells that tell less
// than one hidden alone have the more beside them.
func grades(middles []float64, parts []sample, others sample, telling float64) graded {
	if len(parts) == 1 {
		return graded{middles, parts, others, ownCells / telling, telling}
	}
	return graded{middles, parts, merged(parts), wholeCells / telling, telling}
}

// merged is the sample of all numbers of some.
func merged(parts []sample) (s sample) {
	at := make([]int, len(parts))
	sum := 0.0
	for {
		next := -1
		for p, k := range at {
			if k < len(parts[p].values) && (next < 0 || parts[p].values[k] < parts[next].values[at[next]]) {
				next = p
			}
		}
		if next < 0 {
			return s
		}
		k := at[next]
		weight := parts[next].sums[k]
		if k > 0 {
			weight -= parts[next].sums[k-1]
		}
		at[next]++
		sum += weight
		s.values, s.sums = append(s.values, parts[next].values[k]), append(s.sums, sum)
	}
}

// quantile is that of a cell with a filled value, between those of the parts on either side of it.
func (g graded) quantile(level, value float64) float64 {
	of := func(k int) float64 { return g.parts[k].quantile(level, g.beside, g.cells) }
	last := len(g.parts) - 1
	switch {
	case last < 0:
		return sample{}.quantile(level, g.beside, g.cells)
	case !(value > g.middles[0]):
		return of(0)
	case value >= g.middles[last]:
		return of(last)
	}
	k := sort.SearchFloat64s(g.middles, value)
	share := (value - g.middles[k-1]) / (g.middles[k] - g.middles[k-1])
	low, high := of(k-1), of(k)
	if math.IsInf(low, 1) || math.IsInf(high, 1) {
		return math.Inf(1)
	}
	return low + float64(share*(high-low))
}
