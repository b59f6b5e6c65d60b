package linalg

import "lacuna/internal/portable"

// Identity returns the d×d identity.
func Identity(d int) []float64 {
	out := make([]float64, d*d)
	for i := range d {
		out[i*d+i] = 1
	}
	return out
}

// Transpose returns the transpose of a rows×columns matrix.
func Transpose(a []float64, rows, columns int) []float64 {
	out := make([]float64, len(a))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = a[i*columns+j]
		}
	}
	return out
}

// Multiply returns the product of an r×s and an s×c matrix; every entry is summed in order with fused multiply–adds.
func Multiply(a, b []float64, r, s, c int) []float64 {
	out := make([]float64, r*c)
	for i := range r {
		row := out[i*c:][:c]
		for q, x := range a[i*s:][:s] {
			for j, y := range b[q*c:][:c] {
				row[j] = portable.Fused(x, y, row[j])
			}
		}
	}
	return out
}

// Outer returns the len(x)×len(y) matrix x yᵀ.
func Outer(x, y []float64) []float64 {
	out := make([]float64, 0, len(x)*len(y))
	for _, p := range x {
		for _, q := range y {
			out = append(out, p*q)
		}
	}
	return out
}
