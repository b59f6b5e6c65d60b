package loss

import (
	"math"

	"lacuna/internal/portable"
)

// LogCosh is ℓ(w, a) = log cosh(w − a): square near zero, absolute far away, smooth everywhere.
var LogCosh = register(logCosh{})

type logCosh struct{}

func (logCosh) Name() string { return "log-cosh" }

func (logCosh) At(w, a float64) (value, first, second float64) {
	z := w - a
	tanh := portable.Tanh(z)
	abs := math.Abs(z)
	return abs + portable.Log1p(portable.Exp(-2*abs)) - math.Ln2, tanh, 1 - float64(tanh*tanh)
}

func (logCosh) Mean(w float64) float64 { return w }
