package linalg

import (
	"testing"

	"lacuna/internal/rng"
)

func TestMatrices(t *testing.T) {
	stream := rng.New(1, "matrices")
	for n := range 60 {
		r, s, c := 1+n%4, 1+n%5, 1+n%3
		a, b := integers(stream, r*s), integers(stream, s*c)
		product, transposed := make([]float64, r*c), make([]float64, s*r)
		for i := range r {
			for q := range s {
				transposed[q*r+i] = a[i*s+q]
				for j := range c {
					product[i*c+j] += a[i*s+q] * b[q*c+j]
				}
			}
		}
		equal(t, "Multiply", Multiply(a, b, r, s, c), product)
		equal(t, "Transpose", Transpose(a, r, s), transposed)
		equal(t, "Multiply by Identity", Multiply(a, Identity(s), r, s, s), a)
		equal(t, "Outer", Outer(a, b), Multiply(a, b, len(a), 1, len(b)))
	}
}
