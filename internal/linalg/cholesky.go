package linalg

import (
	"math"

	"lacuna/internal/kernel"
)

// Cholesky replaces the lower triangle of the n×n matrix a by L, a = L Lᵀ; what is above the diagonal is overwritten.
// stride is a multiple of 8, panel scratch of 8·stride numbers. It reports whether every pivot was positive.
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
			to, left := a[(end+row)*stride+end:], a[(end+row)*stride+begin:]
			kernel.GemmSub(to, left, panel, height, row+height, width, stride, stride, stride)
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
			pivot -= float64(x * x)
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
				sum -= float64(x * below[k])
			}
			below[j-begin] = sum * inverse
		}
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
