package loss

import "math"

// LogCosh is ℓ(w, a) = log cosh(w − a): square near zero, absolute far away, smooth everywhere.
var LogCosh = register(logCosh{})

type logCosh struct{}

func (logCosh) Name() string { return "log-cosh" }

func (logCosh) At(w, a float64) (value, first, second float64) {
	z := w - a
	tanh := math.Tanh(z)
	abs := math.Abs(z)
	return abs + math.Log1p(math.Exp(-2*abs)) - math.Ln2, tanh, 1 - tanh*tanh
}

func (logCosh) Mean(w float64) float64 { return w }
