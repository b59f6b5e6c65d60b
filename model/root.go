package model

import (
	"math"

	"lacuna/internal/portable"
)

// root takes x to x^(1/L), by square and cube roots as far as L allows: a power costs as much as a row of cells.
type root struct {
	squares, cubes int
	rest           float64 // the exponent that is left; 1 is none
}

func newRoot(length float64) root {
	var r root
	for ; length > 1 && math.Mod(length, 2) == 0; length /= 2 {
		r.squares++
	}
	for ; length > 1 && math.Mod(length, 3) == 0; length /= 3 {
		r.cubes++
	}
	r.rest = 1 / length
	return r
}

func (r root) of(x float64) float64 {
	for range r.squares {
		x = math.Sqrt(x)
	}
	for range r.cubes {
		x = portable.Cbrt(x)
	}
	if r.rest == 1 {
		return x
	}
	return portable.Pow(x, r.rest)
}
