// Package dense solves the many small least-squares problems of row-wise factor updates.
//
// Matrices are row-major with a stride that is a multiple of 8, so that the vector kernels can work on them.
package dense

import (
	"math"

	"lacuna/internal/kernel"
)

const lanes = kernel.Lanes

// Stride returns n rounded up to a whole number of lane groups.
func Stride(n int) int { return (n + lanes - 1) / lanes * lanes }

// Cholesky replaces the lower triangle of the n×n matrix a by L, a = L Lᵀ; what is above the diagonal is overwritten.
// It reports whether every pivot was positive. panel is scratch of 8·stride numbers.
func Cholesky(a []float64, n, stride int, panel []float64) bool {
	for begin := 0; begin < n; begin += lanes {
		end := min(begin+lanes, n)
		if !factorPanel(a, begin, end, n, stride) {
			return false
		}
		if end == n {
			return true
		}
		width, rows := end-begin, n-end
		for i := end; i < n; i++ {
			for k, x := range a[i*stride+begin : i*stride+end] {
				panel[k*stride+i-end] = x
			}
		}
		// The trailing lower triangle, one block row at a time: what lies above its diagonal block is not needed.
		for row := 0; row < rows; row += lanes {
			height := min(lanes, rows-row)
			kernel.GemmSub(a[(end+row)*stride+end:], a[(end+row)*stride+begin:], panel, height, row+height, width, stride, stride, stride)
		}
	}
	return true
}

// factorPanel factors columns begin to end of rows begin to n, to which earlier columns have been applied.
func factorPanel(a []float64, begin, end, n, stride int) bool {
	for j := begin; j < end; j++ {
		row := a[j*stride+begin:][:j-begin+1]
		pivot := row[j-begin]
		for _, x := range row[:j-begin] {
			pivot -= x * x
		}
		if !(pivot > 0) {
			return false
		}
		pivot = math.Sqrt(pivot)
		row[j-begin] = pivot
		inverse := 1 / pivot
		for i := j + 1; i < n; i++ {
			below := a[i*stride+begin:][:len(row)]
			sum := below[j-begin]
			for k, x := range row[:j-begin] {
				sum -= x * below[k]
			}
			below[j-begin] = sum * inverse
		}
	}
	return true
}

// SolveLower replaces x by L⁻¹ x.
func SolveLower(l, x []float64, n, stride int) {
	for i := range n {
		row := l[i*stride:][:i+1]
		sum := x[i]
		for k, v := range row[:i] {
			sum -= v * x[k]
		}
		x[i] = sum / row[i]
	}
}

// SolveUpper replaces x by L⁻ᵀ x.
func SolveUpper(l, x []float64, n, stride int) {
	for i := n - 1; i >= 0; i-- {
		v := x[i] / l[i*stride+i]
		x[i] = v
		for k, w := range l[i*stride:][:i] {
			x[k] -= w * v
		}
	}
}

// AddGram adds Σ_c w_c h_c h_cᵀ over the rows h_c of h to the lower triangle of the n×n matrix a. a has stride(n), h the same
// stride and len(w) rows. scratch has room for stride·len(w) numbers.
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
