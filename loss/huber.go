package loss

import "math"

// Huber is ℓ(w, a) = z²/2 for |z| ≤ Delta and Delta(|z| − Delta/2) beyond, z = w − a: outliers pull with a
// bounded force. Delta is in the units of the (standardised) values.
type Huber struct{ Delta float64 }

// HuberDefault has Delta 1.345, 95 % efficient on normal noise of unit deviation (Huber 1964).
var HuberDefault = register(Huber{1.345})

// Name is "huber".
func (Huber) Name() string { return "huber" }

// At returns the loss and its derivatives; the second is 0 beyond Delta.
func (h Huber) At(w, a float64) (value, first, second float64) {
	z := w - a
	if math.Abs(z) <= h.Delta {
		return z * z / 2, z, 1
	}
	return h.Delta * (math.Abs(z) - float64(h.Delta/2)), math.Copysign(h.Delta, z), 0
}

// Mean is the prediction itself.
func (Huber) Mean(w float64) float64 { return w }
