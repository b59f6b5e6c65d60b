package model

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

// CP collapses the blocks whose norm at the last evaluation exceeds threshold to an ordinary CP model, in block
// order; a negative threshold keeps all. Each block's norm is shared equally by its factors, so nothing overflows
// that can be represented.
func (o *ObjectiveOf[T]) CP(threshold float64) *tensor.CP {
	norms := make([]float64, o.blocks)
	o.DeepNorms(norms)
	var kept []int
	for r, norm := range norms {
		if norm > threshold {
			kept = append(kept, r)
		}
	}
	out := tensor.NewCP(o.shape, len(kept))
	for k, r := range kept {
		if norms[r] == 0 {
			continue
		}
		share := portable.Pow(norms[r], 1/float64(len(o.shape)))
		for n, d := range o.shape {
			scale := share / math.Sqrt(o.vectorNorm2(r, n))
			for i := range d {
				out.Factors[n][i*len(kept)+k] = scale * float64(o.v[n][i*o.padded+r])
			}
		}
	}
	return out
}
