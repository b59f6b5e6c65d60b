package model

import (
	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// batch evaluates the loss on a few of the observed cells, cell by cell: what cells share is not worth finding out for
// one evaluation.
type batch[T Float] struct {
	cells                 []int32
	labels                []float64
	losses                []float64
	first                 []T
	predictAt, gradientAt func(i int)
}

// evaluateBatch sets g = ∂L/∂v of the mean loss over the given cells, and returns that loss. Predictions stay those of
// the last evaluation of all cells. Sums have one order, whatever the number of threads.
func (o *ObjectiveOf[T]) evaluateBatch(cells []int32, labels []float64) float64 {
	if o.batch == nil {
		o.batch = &batch[T]{predictAt: o.batchPredict, gradientAt: o.batchGradient}
	}
	b := o.batch
	b.cells, b.labels = cells, labels
	b.losses, b.first = resize(b.losses, len(cells)), resize(b.first, len(cells))
	parallel.For(o.threads, len(cells), b.predictAt)
	parallel.For(o.threads, o.padded/kernel.Lanes, b.gradientAt)
	var sum float64
	for _, value := range b.losses {
		sum += value
	}
	return sum / float64(len(cells))
}

// batchPredict sets loss and derivative of the i-th cell.
func (o *ObjectiveOf[T]) batchPredict(i int) {
	const lanes = kernel.Lanes
	b, c := o.batch, o.batch.cells[i]
	var sums [lanes]T
	for g := 0; g < o.padded; g += lanes {
		product := *(*[lanes]T)(o.v[0][int(o.observed.Index[0][c])*o.padded+g:])
		for n := 1; n < len(o.shape); n++ {
			for r, v := range (*[lanes]T)(o.v[n][int(o.observed.Index[n][c])*o.padded+g:]) {
				product[r] *= v
			}
		}
		for r, value := range product {
			sums[r] += value
		}
	}
	var prediction T
	for _, value := range sums {
		prediction += value
	}
	target := o.observed.Values[c]
	if b.labels != nil {
		target = b.labels[i]
	}
	value, first, _ := o.loss.At(float64(prediction), target)
	b.losses[i], b.first[i] = value, T(first/float64(len(b.cells)))
}

// batchGradient sets g of one lane group.
func (o *ObjectiveOf[T]) batchGradient(group int) {
	const lanes = kernel.Lanes
	b, g, order := o.batch, group*lanes, len(o.shape)
	for n, d := range o.shape {
		for row := range d {
			clear(o.g[n][row*o.padded+g:][:lanes])
		}
	}
	after := make([][lanes]T, order+1)
	for i, c := range b.cells {
		at := func(n int) int { return int(o.observed.Index[n][c])*o.padded + g }
		all(&after[order], b.first[i])
		for n := order - 1; n > 0; n-- {
			for r, v := range (*[lanes]T)(o.v[n][at(n):]) {
				after[n][r] = after[n+1][r] * v
			}
		}
		var before [lanes]T
		all(&before, 1)
		for n := range order {
			v, gradient := (*[lanes]T)(o.v[n][at(n):]), (*[lanes]T)(o.g[n][at(n):])
			for r, others := range before {
				gradient[r] += T(others * after[n+1][r])
				before[r] = others * v[r]
			}
		}
	}
}
