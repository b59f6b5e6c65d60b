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

// SolveLower replaces x by L⁻¹ x, L the lower triangle of n rows that Cholesky left.
func SolveLower(l, x []float64, n, stride int) {
	for i := range n {
		row := l[i*stride:][:i+1]
		sum := x[i]
		for k, v := range row[:i] {
			sum -= float64(v * x[k])
		}
		x[i] = sum / row[i]
	}
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

// InvertLower sets t to L⁻¹, L the lower triangle of n rows that Cholesky left, and what is above its diagonal to zero.
// Both have that stride, a multiple of 8; work is scratch of 8·stride numbers.
func InvertLower(l, t []float64, n, stride int, work []float64) {
	var corner [lanes * lanes]float64 // minus the inverse of a panel's own triangle
	for begin := 0; begin < n; begin += lanes {
		end := min(begin+lanes, n)
		height := end - begin
		clear(t[begin*stride:][:height*stride])
		clear(corner[:])
		for i := range height {
			own := l[(begin+i)*stride+begin:][:i+1]
			inverse := 1 / own[i]
			for j := range i {
				var sum float64
				for k := j; k < i; k++ {
					sum += float64(own[k] * corner[k*lanes+j])
				}
				corner[i*lanes+j] = -sum * inverse
			}
			corner[i*lanes+i] = -inverse
			for j, x := range corner[i*lanes:][:i+1] {
				t[(begin+i)*stride+begin+j] = -x
			}
		}
		clear(work[:height*stride])
		kernel.GemmSub(work, l[begin*stride:], t, height, begin, begin, stride, stride, stride)
		kernel.GemmSub(t[begin*stride:], corner[:], work, height, begin, height, stride, lanes, stride)
	}
}
