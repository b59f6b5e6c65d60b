package theory

import (
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// field is the vector field dθ/dt = −∂L/∂θ of deep CP, written down as plainly as possible: the tensor is dense, the
// gradient of every matrix is formed. It is what left sides are made of, and shares nothing with package model but
// the type Block.
type field struct {
	shape  []int
	known  []bool    // a dense tensor, last mode fastest
	values []float64 // the same
	count  int
	loss   loss.Loss
}

func newField(observed *tensor.Observed, l loss.Loss) *field {
	f := &field{shape: observed.Shape(), count: observed.Len(), loss: l}
	cells := 1
	for _, d := range f.shape {
		cells *= d
	}
	f.known, f.values = make([]bool, cells), make([]float64, cells)
	for c, value := range observed.Values {
		at := 0
		for n, d := range f.shape {
			at = at*d + int(observed.Index[n][c])
		}
		f.known[at], f.values[at] = true, value
	}
	return f
}

// at returns dθ/dt of every block.
func (f *field) at(blocks []model.Block) []model.Block {
	vectors := make([][][]float64, len(blocks))
	tensorNow := make([]float64, len(f.values))
	for r, b := range blocks {
		vectors[r] = make([][]float64, len(f.shape))
		for n := range f.shape {
			vectors[r][n] = chainFrom(b, n, 0)
		}
		addOuter(tensorNow, vectors[r])
	}
	gradient := make([]float64, len(tensorNow))
	for at, known := range f.known {
		if known {
			_, first, _ := f.loss.At(tensorNow[at], f.values[at])
			gradient[at] = first / float64(f.count)
		}
	}
	out := make([]model.Block, len(blocks))
	for r, b := range blocks {
		out[r] = f.blockAt(b, vectors[r], gradient)
	}
	return out
}

func (f *field) blockAt(b model.Block, vectors [][]float64, gradient []float64) model.Block {
	out := model.Block{W: make([][]float64, len(f.shape)), A: make([][][]float64, len(f.shape))}
	for n := range f.shape {
		// left is (A_1 … A_{i−1})ᵀ g, which ends as (A_1 … A_k)ᵀ g.
		left := f.contract(gradient, vectors, n)
		for i, a := range b.A[n] {
			right := chainFrom(b, n, i+1)
			da := make([]float64, len(a))
			for p := range left {
				for q := range right {
					da[p*len(right)+q] = -left[p] * right[q]
				}
			}
			out.A[n] = append(out.A[n], da)
			left = transposedTimes(a, left)
		}
		for p, value := range left {
			left[p] = -value
		}
		out.W[n] = left
	}
	return out
}

// contract returns [∇L]_(n) · ⊙_{m≠n} v^m.
func (f *field) contract(gradient []float64, vectors [][]float64, n int) []float64 {
	out := make([]float64, f.shape[n])
	index := make([]int, len(f.shape))
	for _, g := range gradient {
		product := g
		for m, i := range index {
			if m != n {
				product = float64(product * vectors[m][i])
			}
		}
		out[index[n]] += product
		advance(index, f.shape)
	}
	return out
}

// chainFrom returns A_{from+1} … A_k w of one mode; from = 0 is v, from = k is w.
func chainFrom(b model.Block, n, from int) []float64 {
	x := b.W[n]
	for i := len(b.A[n]) - 1; i >= from; i-- {
		y := make([]float64, len(x))
		for p := range y {
			for q, value := range x {
				y[p] += float64(b.A[n][i][p*len(x)+q] * value)
			}
		}
		x = y
	}
	return x
}

func transposedTimes(a, x []float64) []float64 {
	y := make([]float64, len(x))
	for p, value := range x {
		for q := range y {
			y[q] += float64(a[p*len(x)+q] * value)
		}
	}
	return y
}

func addOuter(out []float64, vectors [][]float64) {
	shape := make([]int, len(vectors))
	for n, v := range vectors {
		shape[n] = len(v)
	}
	index := make([]int, len(shape))
	for at := range out {
		product := 1.0
		for n, i := range index {
			product = float64(product * vectors[n][i])
		}
		out[at] += product
		advance(index, shape)
	}
}

// advance counts index up, the last mode fastest.
func advance(index, shape []int) {
	for n := len(shape) - 1; n >= 0; n-- {
		if index[n]++; index[n] < shape[n] {
			return
		}
		index[n] = 0
	}
}

// dotSum is ⟨x, y⟩.
func dotSum(x, y []float64) float64 {
	var sum float64
	for i, value := range x {
		sum += float64(value * y[i])
	}
	return sum
}

// normRate returns ‖x‖ and d‖x‖/dt = ⟨x, dx/dt⟩ / ‖x‖.
func normRate(x, dx []float64) (norm, rate float64) {
	norm = length(x)
	return norm, dotSum(x, dx) / norm
}

// productRate returns d/dt Π norms by the product rule.
func productRate(norms, rates []float64) float64 {
	var sum float64
	for n, rate := range rates {
		for m, norm := range norms {
			if m != n {
				rate = float64(rate * norm)
			}
		}
		sum += rate
	}
	return sum
}
