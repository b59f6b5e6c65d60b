package loss

// Square is ℓ(w, a) = (w − a)²/2, the loss of the paper.
var Square = register(square{})

type square struct{}

func (square) Name() string { return "square" }

func (square) At(w, a float64) (value, first, second float64) {
	z := w - a
	return z * z / 2, z, 1
}

func (square) Mean(w float64) float64 { return w }
