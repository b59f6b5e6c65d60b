package theory

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// force is −∇L(W) at the observed cells (it is zero elsewhere), taken from the model's own predictions. Right sides
// are inner products with it.
type force struct {
	observed *tensor.Observed
	values   []float64
	norm     float64 // ‖∇L‖
}

func (f *force) update(prediction []float64, l loss.Loss) {
	f.values = f.values[:0]
	scale := 1 / float64(f.observed.Len())
	for c, predicted := range prediction {
		_, first, _ := l.At(predicted, f.observed.Values[c])
		f.values = append(f.values, -scale*first)
	}
	f.norm = euclidean(f.values)
}

// along returns ⟨−∇L, ⊗_n vectors[n]⟩.
func (f *force) along(vectors [][]float64) float64 {
	var sum float64
	for c, value := range f.values {
		for n, v := range vectors {
			value = float64(value * v[f.observed.Index[n][c]])
		}
		sum += value
	}
	return sum
}

// point is the state of a run at one time.
type point struct {
	order  int
	depths []int
	blocks []model.Block // parameters
	field  []model.Block // dθ/dt, from the parameters alone
	force  *force        // −∇L, for right sides
}

// euclidean is the norm of x, scaled so that nothing under- or overflows.
func euclidean(x []float64) float64 {
	var largest float64
	for _, value := range x {
		largest = math.Max(largest, math.Abs(value))
	}
	if largest == 0 || math.IsInf(largest, 0) {
		return largest
	}
	var sum float64
	for _, value := range x {
		sum += float64((value / largest) * (value / largest))
	}
	return largest * math.Sqrt(sum)
}

// scaled returns x with another norm.
func scaled(x []float64, norm float64) []float64 {
	size := euclidean(x)
	out := make([]float64, len(x))
	for i, value := range x {
		out[i] = value / size * norm
	}
	return out
}

func unit(x []float64) []float64 { return scaled(x, 1) }

// length is the Euclidean norm, as left sides use it.
func length(x []float64) float64 { return math.Sqrt(dotSum(x, x)) }

// unitChain returns Π_i Â_i ŵ of one mode, hats for unit Frobenius norm.
func unitChain(b model.Block, n int) []float64 {
	x := unit(b.W[n])
	for i := len(b.A[n]) - 1; i >= 0; i-- {
		x = linalg.Multiply(unit(b.A[n][i]), x, len(x), len(x), 1)
	}
	return x
}

func unitChains(b model.Block) [][]float64 {
	out := make([][]float64, len(b.W))
	for n := range out {
		out[n] = unitChain(b, n)
	}
	return out
}

// shallow returns ‖⊗_n w^n‖ = Π_n ‖w^n‖.
func shallow(b model.Block) float64 { return productOfNorms(b.W) }

func productOfNorms(vectors [][]float64) float64 {
	product := 1.0
	for _, v := range vectors {
		product *= euclidean(v)
	}
	return product
}
