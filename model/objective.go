package model

import (
	"math"

	"lacuna/internal/contraction"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/loss"
	"lacuna/tensor"
)

// Objective is the loss in float64.
type Objective = ObjectiveOf[float64]

// ObjectiveOf is the loss of a sum of rank-one tensors at the observed cells,
//
//	L = 1/|Ω| Σ_{c∈Ω} ℓ(Σ_r Π_n v_r^n[c_n], a_c) ,
//
// with its first and second derivatives by the vectors v. Factors are v[n][i*padded+r]. Factors, predictions and
// gradients are of type T; the loss, its derivatives at a cell, and errors are float64 before they meet T.
type ObjectiveOf[T Float] struct {
	observed *tensor.Observed
	loss     loss.Loss
	shape    tensor.Shape
	blocks   int // R
	padded   int // R rounded up to whole lane groups
	threads  int

	plan       *contraction.Plan[T]
	v, g       [][]T
	prediction []T
	first      []T // ℓ' / |Ω| a cell; nil beyond manyCells, where it is computed again when it is needed
	firstOf    contraction.Residuals[T]
	losses     []float64 // Σ ℓ by chunk of cells
	lossOf     func(i int)
	labels     []float64 // in place of the observed values; nil means those
	batch      *batch[T]
}

// lossChunk is how many cells a thread takes at a time where the loss is evaluated; sums over chunks are added in
// order.
const lossChunk = 512

// manyCells is where memory matters more than computing a derivative of the loss twice.
const manyCells = 1 << 20

func newObjective[T Float](observed *tensor.Observed, l loss.Loss, blocks, threads int) *ObjectiveOf[T] {
	o := &ObjectiveOf[T]{
		observed: observed, loss: l, shape: observed.Shape(), blocks: blocks, padded: padded(blocks), threads: threads,
		prediction: make([]T, observed.Len()),
	}
	if observed.Len() <= manyCells {
		o.first = make([]T, observed.Len())
	}
	o.losses = make([]float64, (observed.Len()+lossChunk-1)/lossChunk)
	o.firstOf, o.lossOf = o.firstAt, o.lossAt
	o.plan = contraction.New[T](o.shape, observed.Index, o.padded, threads)
	for _, d := range o.shape {
		o.v = append(o.v, make([]T, d*o.padded))
		o.g = append(o.g, make([]T, d*o.padded))
	}
	return o
}

// evaluate sets prediction and g = ∂L/∂v from v and returns L.
func (o *ObjectiveOf[T]) evaluate() float64 {
	value := o.Loss()
	if o.first != nil {
		o.plan.Gradient(o.g, o.first, o.v)
	} else {
		o.plan.GradientOf(o.g, o.firstOf, o.v)
	}
	return value
}

// lossAt sets losses[i], and the first derivatives of those cells if they are kept.
func (o *ObjectiveOf[T]) lossAt(i int) {
	cells, targets := len(o.prediction), o.targets()
	scale := 1 / float64(cells)
	var sum float64
	for c := i * lossChunk; c < min((i+1)*lossChunk, cells); c++ {
		value, first, _ := o.loss.At(float64(o.prediction[c]), targets[c])
		sum += value
		if o.first != nil {
			o.first[c] = T(scale * first)
		}
	}
	o.losses[i] = sum
}

// firstAt sets out[x] = ℓ' / |Ω| of cell cells[x].
func (o *ObjectiveOf[T]) firstAt(out []T, cells []int32) {
	scale, targets := 1/float64(len(o.prediction)), o.targets()
	for x, c := range cells {
		_, first, _ := o.loss.At(float64(o.prediction[c]), targets[c])
		out[x] = T(scale * first)
	}
}

// targets are what predictions are compared with: labels, or the observed values.
func (o *ObjectiveOf[T]) targets() []float64 {
	if o.labels != nil {
		return o.labels
	}
	return o.observed.Values
}

// Loss returns L over all observed cells at the v of the last evaluation, which MSE belongs to after that. The gradient
// stays as it is.
func (o *ObjectiveOf[T]) Loss() float64 {
	o.plan.Predict(o.prediction, o.v)
	return o.sumLosses()
}

// sumLosses is L of the predictions.
func (o *ObjectiveOf[T]) sumLosses() float64 {
	parallel.For(o.threads, len(o.losses), o.lossOf)
	var sum float64
	for _, value := range o.losses {
		sum += value
	}
	return sum / float64(len(o.prediction))
}

// derivatives appends ℓ' / |Ω| and ℓ” / |Ω| of every cell, as of the last evaluation.
func (o *ObjectiveOf[T]) derivatives(first, second []float64) (firsts, seconds []float64) {
	scale := 1 / float64(len(o.prediction))
	for c, a := range o.observed.Values {
		_, f, s := o.loss.At(float64(o.prediction[c]), a)
		first, second = append(first, scale*f), append(second, scale*s)
	}
	return first, second
}

// RoundingMSE returns the mean squared error at which the rounding of a prediction begins to hide what is left to
// learn: 2⁻³⁸ times the mean square of the observed values in float32, as if each were rounded 32 times, and 0 in
// float64.
func (o *ObjectiveOf[T]) RoundingMSE() float64 {
	return dtype[T](0x1p-38, 0) * linalg.Norm2(o.observed.Values) / float64(o.observed.Len())
}

// Observed returns the cells the model is trained on.
func (o *ObjectiveOf[T]) Observed() *tensor.Observed { return o.observed }

// Blocks returns R, the number of blocks.
func (o *ObjectiveOf[T]) Blocks() int { return o.blocks }

// Width returns Σ d_n, the number of entries of a block's vectors v.
func (o *ObjectiveOf[T]) Width() int {
	width := 0
	for _, d := range o.shape {
		width += d
	}
	return width
}

// Prediction returns the model's value at every observed cell as of the last gradient evaluation. It
// belongs to the model.
func (o *ObjectiveOf[T]) Prediction() []T { return o.prediction }

// MSE returns the plain mean squared error at the observed cells as of the last gradient evaluation.
func (o *ObjectiveOf[T]) MSE() float64 {
	var sum float64
	for c, a := range o.observed.Values {
		z := o.loss.Mean(float64(o.prediction[c])) - a
		sum += float64(z * z)
	}
	return sum / float64(len(o.prediction))
}

// DataNorm estimates the Frobenius norm of the full tensor from the observed cells: their root mean square times
// the root of the number of all cells.
func (o *ObjectiveOf[T]) DataNorm() float64 {
	return math.Sqrt(linalg.Norm2(o.observed.Values) / float64(o.observed.Len()) * o.shape.Cells())
}
