package model

import (
	"lacuna/internal/contraction"
	"lacuna/tensor"
)

// Elsewhere measures a model on cells that it is not trained on, at about the cost of half a gradient.
type Elsewhere struct{ mse func() float64 }

// Elsewhere prepares to measure the model on cells of the same shape.
func (o *ObjectiveOf[T]) Elsewhere(cells *tensor.Observed) *Elsewhere {
	plan, prediction := contraction.New[T](o.shape, cells.Index, o.padded, o.threads), make([]T, cells.Len())
	return &Elsewhere{func() float64 {
		plan.Predict(prediction, o.v)
		var sum float64
		for c, a := range cells.Values {
			z := o.loss.Mean(float64(prediction[c])) - a
			sum += float64(z * z)
		}
		return sum / float64(len(prediction))
	}}
}

// MSE returns the plain mean squared error on those cells at the point of the last gradient evaluation.
func (e *Elsewhere) MSE() float64 { return e.mse() }
