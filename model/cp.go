package model

import "math"

// CP is an ordinary CP model, Σ_r ⊗_n Factors[n][r]: what a trained model of any depth collapses to.
type CP struct {
	Factors [][][]float64 // Factors[n][r] of length d_n
}

// Rank returns the number of terms.
func (m CP) Rank() int {
	if len(m.Factors) == 0 {
		return 0
	}
	return len(m.Factors[0])
}

// At returns the model's value at one cell.
func (m CP) At(cell []int32) float64 {
	var sum float64
	for r := range m.Rank() {
		product := 1.0
		for n, i := range cell {
			product *= m.Factors[n][r][i]
		}
		sum += product
	}
	return sum
}

// MSE returns the plain mean squared error at cells index[n][c] with the given values; transform maps a prediction to
// the expected observation (loss.Loss.Mean).
func (m CP) MSE(index [][]int32, values []float64, transform func(float64) float64) float64 {
	cell := make([]int32, len(index))
	var sum float64
	for c, value := range values {
		for n, column := range index {
			cell[n] = column[c]
		}
		z := transform(m.At(cell)) - value
		sum += z * z
	}
	return sum / float64(len(values))
}

// CP collapses the blocks whose norm at the last evaluation exceeds threshold, in block order; a negative threshold
// keeps all. Each block's norm is shared equally by its factors, so nothing overflows that can be represented.
func (o *ObjectiveOf[T]) CP(threshold float64) CP {
	norms := make([]float64, o.blocks)
	o.DeepNorms(norms)
	out := CP{Factors: make([][][]float64, len(o.shape))}
	for r, norm := range norms {
		if norm <= threshold {
			continue
		}
		share := math.Pow(norm, 1/float64(len(o.shape)))
		for n, d := range o.shape {
			factor := make([]float64, d)
			scale := share / math.Sqrt(o.vectorNorm2(r, n))
			if norm == 0 {
				scale = 0
			}
			for i := range factor {
				factor[i] = scale * float64(o.v[n][i*o.padded+r])
			}
			out.Factors[n] = append(out.Factors[n], factor)
		}
	}
	return out
}
