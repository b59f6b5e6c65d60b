package linalg

import "lacuna/internal/kernel"

const lanes = kernel.Lanes

// Stride returns n rounded up to a whole number of lane groups.
func Stride(n int) int { return (n + lanes - 1) / lanes * lanes }

// AddGram adds Σ_c w_c h_c h_cᵀ over the rows h_c of h to the lower triangle of the n×n matrix a. a has Stride(n), h
// the same stride and len(w) rows. scratch has room for stride·len(w) numbers.
func AddGram(a, h, w, scratch []float64, n int) {
	stride, count := Stride(n), len(w)
	if count == 0 {
		return
	}
	for c, weight := range w {
		for r, x := range h[c*stride:][:n] {
			scratch[r*count+c] = -weight * x
		}
	}
	for row := 0; row < n; row += lanes {
		height := min(lanes, n-row)
		kernel.GemmSub(a[row*stride:], scratch[row*count:], h, height, row+height, count, stride, count, stride)
	}
}
