package model

import (
	"lacuna/internal/contraction"
	"lacuna/tensor"
)

// Elsewhere measures a model on cells that it is not trained on, at about the cost of half a gradient.
type Elsewhere struct {
	o          *Objective
	cells      *tensor.Observed
	plan       *contraction.Plan
	prediction []float64
}

// Elsewhere prepares to measure the model on cells of the same shape.
func (o *Objective) Elsewhere(cells *tensor.Observed) *Elsewhere {
	return &Elsewhere{o, cells, contraction.New(o.shape, cells.Index, o.padded, o.threads), make([]float64, cells.Len())}
}

// MSE returns the plain mean squared error on those cells at the point of the last gradient evaluation.
func (e *Elsewhere) MSE() float64 {
	e.plan.Predict(e.prediction, e.o.v)
	var sum float64
	for c, a := range e.cells.Values {
		z := e.o.loss.Mean(e.prediction[c]) - a
		sum += z * z
	}
	return sum / float64(len(e.prediction))
}
