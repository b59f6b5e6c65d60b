package completion

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// bend is how standard errors change with the filled value: large values of rain or of counts are less certain than
// small ones, which no noise of one level for a label says. It is linear between the values, and constant beyond them.
// The zero value changes nothing.
type bend struct{ values, factors []float64 }

func (b bend) at(value float64) float64 {
	last := len(b.values) - 1
	switch {
	case last < 0:
		return 1
	case !(value > b.values[0]):
		return b.factors[0]
	case value >= b.values[last]:
		return b.factors[last]
	}
	k := sort.SearchFloat64s(b.values, value)
	share := (value - b.values[k-1]) / (b.values[k] - b.values[k-1])
	return b.factors[k-1] + float64(share*(b.factors[k]-b.factors[k-1]))
}

// bendPieces is the number of pieces, were they of like weight, from which standard errors are bent: of few, one that
// says little of the others would bend a part.
const bendPieces = 20

// bendLabels compares the errors of every label with its standard errors, by parts of equally many held-out cells in
// order of their filled value. What a part shows is drawn toward no change, by as many cells as a part has at least.
func (c *calibration) bendLabels(cells []HeldOutCell) {
	const most, partCells, widest = 6, 40, 9 // parts; cells of one; factor of a variance
	own := make([][]HeldOutCell, len(c.stretch))
	for _, h := range cells {
		own[c.label(h.Cell)] = append(own[c.label(h.Cell)], h)
	}
	bends := make([]bend, len(own))
	for label, list := range own {
		parts := min(most, len(list)/partCells)
		if parts < 2 {
			continue
		}
		slices.SortStableFunc(list, func(a, b HeldOutCell) int { return cmp.Compare(a.Predicted, b.Predicted) })
		b := &bends[label]
		for k := range parts {
			var errors, variances, weights, values float64
			for _, h := range list[k*len(list)/parts : (k+1)*len(list)/parts] {
				e, s := h.Value-h.Predicted, c.stderr(h.Cell, prediction{h.Predicted, h.spread, h.noise})
				errors += float64(h.weight * e * e)
				variances += float64(h.weight * s * s)
				weights += h.weight
				values += float64(h.weight * h.Predicted)
			}
			ratio := 1.0
			if variances > 0 {
				ratio = math.Min(math.Max(errors/variances, 1.0/widest), widest)
			}
			value := values / weights
			if k > 0 && !(value > b.values[k-1]) { // many cells have one value
				*b = bend{}
				break
			}
			square := (float64(weights*ratio) + partCells) / (weights + partCells)
			b.values = append(b.values, value)
			b.factors = append(b.factors, math.Sqrt(square))
		}
	}
	c.bends = bends
}
