package model

import (
	"lacuna/internal/contraction"
	"lacuna/loss"
	"lacuna/tensor"
)

// Objective is the loss of a sum of rank-one tensors at the observed cells,
//
//	L = 1/|Ω| Σ_{c∈Ω} ℓ(Σ_r Π_n v_r^n[c_n], a_c) ,
//
// with its first and second derivatives by the vectors v. Factors are v[n][i*padded+r].
type Objective struct {
	observed *tensor.Observed
	loss     loss.Loss
	shape    tensor.Shape
	blocks   int // R
	padded   int // R rounded up to whole lane groups
	threads  int

	plan       *contraction.Plan
	v, g       [][]float64
	prediction []float64
	first      []float64 // ℓ' / |Ω| a cell; nil beyond manyCells, where it is computed again when it is needed
	firstOf    contraction.Residuals
}

// manyCells is where memory matters more than computing a derivative of the loss twice.
const manyCells = 1 << 20

func newObjective(observed *tensor.Observed, l loss.Loss, blocks, threads int) *Objective {
	o := &Objective{
		observed: observed, loss: l, shape: observed.Shape(), blocks: blocks, padded: padded(blocks), threads: threads,
		prediction: make([]float64, observed.Len()),
	}
	if observed.Len() <= manyCells {
		o.first = make([]float64, observed.Len())
	}
	o.firstOf = o.firstAt
	o.plan = contraction.New(o.shape, observed.Index, o.padded, threads)
	for _, d := range o.shape {
		o.v = append(o.v, make([]float64, d*o.padded))
		o.g = append(o.g, make([]float64, d*o.padded))
	}
	return o
}

// evaluate sets prediction and g = ∂L/∂v from v and returns L.
func (o *Objective) evaluate() float64 {
	o.plan.Predict(o.prediction, o.v)
	scale := 1 / float64(len(o.prediction))
	var sum float64
	for c, a := range o.observed.Values {
		value, first, _ := o.loss.At(o.prediction[c], a)
		sum += value
		if o.first != nil {
			o.first[c] = scale * first
		}
	}
	if o.first != nil {
		o.plan.Gradient(o.g, o.first, o.v)
	} else {
		o.plan.GradientOf(o.g, o.firstOf, o.v)
	}
	return sum * scale
}

// firstAt sets out[x] = ℓ' / |Ω| of cell cells[x].
func (o *Objective) firstAt(out []float64, cells []int32) {
	scale := 1 / float64(len(o.prediction))
	for x, c := range cells {
		_, first, _ := o.loss.At(o.prediction[c], o.observed.Values[c])
		out[x] = scale * first
	}
}

// derivatives appends ℓ' / |Ω| and ℓ” / |Ω| of every cell, as of the last evaluation.
func (o *Objective) derivatives(first, second []float64) (firsts, seconds []float64) {
	scale := 1 / float64(len(o.prediction))
	for c, a := range o.observed.Values {
		_, f, s := o.loss.At(o.prediction[c], a)
		first, second = append(first, scale*f), append(second, scale*s)
	}
	return first, second
}

// Observed returns the cells the model is trained on.
func (o *Objective) Observed() *tensor.Observed { return o.observed }

// Shape returns the size of each mode.
func (o *Objective) Shape() tensor.Shape { return o.shape }

// Blocks returns R, the number of blocks.
func (o *Objective) Blocks() int { return o.blocks }

// Width returns Σ d_n, the number of entries of a block's vectors v.
func (o *Objective) Width() int {
	width := 0
	for _, d := range o.shape {
		width += d
	}
	return width
}

// Threads returns how many threads one evaluation may use.
func (o *Objective) Threads() int { return o.threads }

// Prediction returns the model's value at every observed cell as of the last gradient evaluation. It
// belongs to the model.
func (o *Objective) Prediction() []float64 { return o.prediction }

// MSE returns the plain mean squared error at the observed cells as of the last gradient evaluation.
func (o *Objective) MSE() float64 {
	var sum float64
	for c, a := range o.observed.Values {
		z := o.loss.Mean(o.prediction[c]) - a
		sum += z * z
	}
	return sum / float64(len(o.prediction))
}
