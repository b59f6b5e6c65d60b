package completion

import "math"

// alike is how much the sizes of the errors of one piece, in standard errors z, have in common: the correlation of |z| within
// pieces, from 0 to 1, by the pairs of cells of every piece (Donner 1986, the estimator by pairs). Where cells are hidden one by
// one it is 0.
func (c calibration) alike(cells []HeldOutCell) float64 {
	sizes := make([]float64, len(cells))
	var mean, weight float64
	for k, h := range cells {
		sizes[k] = math.Abs(h.Value-h.Predicted) / math.Sqrt(float64(c.spread*h.spread)+float64(c.noise*h.noise))
		mean += float64(h.weight * sizes[k])
		weight += h.weight
	}
	mean /= weight
	at, count := inPieces(cells)
	pieces := make([]struct{ sum, squares, weight, weights float64 }, count)
	variance := 0.0
	for k, h := range cells {
		d, m := float64(h.weight*(sizes[k]-mean)), &pieces[at[k]]
		m.sum, m.squares = m.sum+d, m.squares+float64(d*d)
		m.weight, m.weights = m.weight+h.weight, m.weights+float64(h.weight*h.weight)
		variance += float64(d * (sizes[k] - mean))
	}
	variance /= weight
	var products, pairs float64
	for _, m := range pieces {
		products += float64(m.sum*m.sum) - m.squares
		pairs += float64(m.weight*m.weight) - m.weights
	}
	if !(pairs > 0 && variance > 0) {
		return 0
	}
	return math.Min(math.Max(0, products/pairs/variance), 1)
}

// told is how much every one of some cells tells, beside a cell that was hidden alone: the inverse of the design effect
// 1 + (m − 1) ρ of pieces of m cells (Kish 1965) whose errors are alike by ρ.
func told(cells []HeldOutCell, alike float64) float64 {
	var weights, squares float64
	at, count := inPieces(cells)
	pieces := make([]float64, count)
	for k, h := range cells {
		pieces[at[k]] += h.weight
		weights += float64(h.weight * h.weight)
	}
	for _, w := range pieces {
		squares += float64(w * w)
	}
	return 1 / (1 + float64((squares/weights-1)*alike))
}
