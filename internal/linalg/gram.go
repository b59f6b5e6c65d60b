package linalg

import "lacuna/internal/kernel"

const lanes = kernel.Lanes

// Stride returns n rounded up to a whole number of lane groups.
func Stride(n int) int { return (n + lanes - 1) / lanes * lanes }

// AddGram adds Σ_c w_c h_c h_cᵀ over the rows h_c of h to the lower triangle of the n×n matrix a. Rows of a and h are
// stride apart, a multiple of 8; h has len(w) rows. What h holds beyond its n columns ends beyond those of a. scratch
// has room for as many numbers as h.
func AddGram(a, h, w, scratch []float64, n, stride int) {
	kernel.ScaleRows(scratch, h, w, stride)
	kernel.AddGram(a, scratch, h, n, len(w), stride)
}
