package linalg

import (
	"math"

	"lacuna/internal/kernel"
)

// Cholesky replaces the lower triangle of the n×n matrix a by L, a = L Lᵀ; what is above the diagonal is overwritten. So
// are as many rows below it, x, by L⁻¹x. stride, a multiple of 8, is at least n + below; panel is scratch of 8·stride
// numbers. It reports whether every pivot was positive; if not, a is lost.
func Cholesky(a []float64, n, below, stride int, panel []float64) bool {
	end := n + below
	for begin := 0; begin < n; begin += lanes {
		width := min(lanes, n-begin)
		for i := begin; i < end; i++ {
			for k, x := range a[i*stride+begin:][:width] {
				panel[k*stride+i-begin] = x
			}
		}
		if !factorPanel(panel, width, end-begin, stride) {
			return false
		}
		for i := begin; i < end; i++ {
			row := a[i*stride+begin:][:width]
			for k := range row[:min(width, i-begin+1)] {
				row[k] = panel[k*stride+i-begin]
			}
		}
		// The trailing lower triangle, one block row at a time: what lies above its diagonal block is not needed.
		next := begin + lanes
		for row := next; row < end && next < n; row += lanes {
			height := min(lanes, end-row)
			to, left := a[row*stride+next:], a[row*stride+begin:]
			kernel.GemmSub(to, left, panel[lanes:], height, row-begin, width, stride, stride, stride)
		}
	}
	return true
}

// factorPanel factors columns of L, which lie as rows in panel, to which earlier columns have been applied. What
// is above the diagonal is overwritten.
func factorPanel(panel []float64, width, rows, stride int) bool {
	whole := Stride(rows)
	for j := range width {
		var factors [lanes]float64
		for k := range j {
			factors[k] = panel[k*stride+j]
		}
		column := panel[j*stride:][:whole]
		kernel.GemmSub(column, factors[:], panel, 1, whole, j, stride, lanes, stride)
		pivot := column[j]
		if !(pivot > 0) {
			return false
		}
		pivot = math.Sqrt(pivot)
		inverse := 1 / pivot
		for i := j + 1; i < rows; i++ {
			column[i] *= inverse
		}
		column[j] = pivot
	}
	return true
}

// SolveUpper replaces x by L⁻ᵀ x, L the lower triangle of n rows that Cholesky left.
func SolveUpper(l, x []float64, n, stride int) {
	for i := n - 1; i >= 0; i-- {
		v := x[i] / l[i*stride+i]
		x[i] = v
		for k, w := range l[i*stride:][:i] {
			x[k] -= float64(w * v)
		}
	}
}
