package linalg

import (
	"cmp"
	"math"
	"slices"
)

// Eigen returns the eigenvalues of a symmetric n×n matrix in falling order, and their eigenvectors as the rows of an n×n
// matrix, by Jacobi's cyclic rotations: 10 n³ multiplications a round, five to ten rounds. a is overwritten.
func Eigen(a []float64, n int) (values, vectors []float64) {
	const rounds, small = 40, 1e-30
	v := Identity(n)
	for range rounds {
		var off, all float64
		for i := range n {
			for j, x := range a[i*n:][:n] {
				all += float64(x * x)
				if j < i {
					off += float64(x * x)
				}
			}
		}
		if off <= small*all {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotate(a, v, p, q, n)
			}
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(a[j*n+j], a[i*n+i]) })
	for _, i := range order {
		values = append(values, a[i*n+i])
		vectors = append(vectors, v[i*n:][:n]...)
	}
	return values, vectors
}

// rotate makes the entries (p, q) and (q, p) of a zero, and turns rows p and q of v along.
func rotate(a, v []float64, p, q, n int) {
	x := a[p*n+q]
	if x == 0 {
		return
	}
	theta := (a[q*n+q] - a[p*n+p]) / (2 * x)
	t := math.Copysign(1/(math.Abs(theta)+math.Sqrt(float64(theta*theta)+1)), theta)
	c := 1 / math.Sqrt(float64(t*t)+1)
	s := t * c
	turn := func(m []float64, i, j int) {
		y, z := m[i], m[j]
		m[i], m[j] = float64(c*y)-float64(s*z), float64(s*y)+float64(c*z)
	}
	for k := range n {
		turn(a, k*n+p, k*n+q)
	}
	for k := range n {
		turn(a, p*n+k, q*n+k)
		turn(v, p*n+k, q*n+k)
	}
}
