package loss

import (
	"fmt"
	"math"

	"lacuna/internal/portable"
)

// Logistic is ℓ(w, a) = log(1 + eʷ) − a w for a in [0, 1]: w is the log-odds of a one.
var Logistic = register(logistic{})

type logistic struct{}

func (logistic) Name() string { return "logistic" }

func (logistic) At(w, a float64) (value, first, second float64) {
	p := sigmoid(w)
	soft := math.Max(w, 0) + portable.Log1p(portable.Exp(-math.Abs(w)))
	return soft - float64(a*w), p - a, p * (1 - p)
}

func (logistic) Mean(w float64) float64 { return sigmoid(w) }

// CheckTarget refuses values outside [0, 1].
func (logistic) CheckTarget(a float64) error {
	if a < 0 || a > 1 {
		return fmt.Errorf("loss: logistic needs values between 0 and 1, got %v", a)
	}
	return nil
}

func sigmoid(w float64) float64 {
	if w >= 0 {
		return 1 / (1 + portable.Exp(-w))
	}
	e := portable.Exp(w)
	return e / (1 + e)
}
