package linalg

import (
	"errors"
	"math"

	"lacuna/internal/kernel"
)

// ErrSingular says that a matrix has no usable pivot.
var ErrSingular = errors.New("linalg: the matrix is singular")

const panel = 32

// LU holds a factorisation PA = LU with partial pivoting. Its memory is reused from one Factor to the next.
type LU struct {
	n     int
	a     []float64
	pivot []int
}

// Matrix returns an n×n row-major buffer to be filled and then factored in place.
func (f *LU) Matrix(n int) []float64 {
	if cap(f.a) < n*n {
		f.a = make([]float64, n*n)
	}
	f.n, f.a = n, f.a[:n*n]
	return f.a
}

// Factor factors the buffer that Matrix returned: columns in panels of 32, the rest of the matrix updated by one
// matrix product a panel. It returns ErrSingular where a column has no pivot, and costs 2n³/3 operations.
func (f *LU) Factor() error {
	n, a := f.n, f.a
	if cap(f.pivot) < n {
		f.pivot = make([]int, n)
	}
	f.pivot = f.pivot[:n]
	for k0 := 0; k0 < n; k0 += panel {
		k1 := min(k0+panel, n)
		for k := k0; k < k1; k++ {
			best, at := math.Abs(a[k*n+k]), k
			for i := k + 1; i < n; i++ {
				if value := math.Abs(a[i*n+k]); value > best {
					best, at = value, i
				}
			}
			if !(best > 0) || math.IsInf(best, 0) {
				return ErrSingular
			}
			f.pivot[k] = at
			if at != k {
				swap(a[k*n:][:n], a[at*n:][:n])
			}
			inverse, row := 1/a[k*n+k], a[k*n+k+1:k*n+k1]
			for i := k + 1; i < n; i++ {
				factor := a[i*n+k] * inverse
				a[i*n+k] = factor
				if factor == 0 {
					continue
				}
				other := a[i*n+k+1:][:len(row)]
				for j, value := range row {
					other[j] -= float64(factor * value)
				}
			}
		}
		if k1 == n {
			break
		}
		for k := k0; k < k1; k++ {
			source := a[k*n+k1 : (k+1)*n]
			for i := k + 1; i < k1; i++ {
				factor, other := a[i*n+k], a[i*n+k1:][:len(source)]
				for j, value := range source {
					other[j] -= float64(factor * value)
				}
			}
		}
		kernel.GemmSub(a[k1*n+k1:], a[k1*n+k0:], a[k0*n+k1:], n-k1, n-k1, k1-k0, n, n, n)
	}
	return nil
}

func swap(x, y []float64) {
	for i, v := range x {
		x[i], y[i] = y[i], v
	}
}

// Solve overwrites x, of length n, with A⁻¹x.
func (f *LU) Solve(x []float64) {
	n, a := f.n, f.a
	for k, at := range f.pivot {
		x[k], x[at] = x[at], x[k]
	}
	for i := 1; i < n; i++ {
		x[i] -= DotLanes(a[i*n:][:i], x)
	}
	for i := n - 1; i >= 0; i-- {
		x[i] = (x[i] - DotLanes(a[i*n+i+1:(i+1)*n], x[i+1:])) / a[i*n+i]
	}
}
