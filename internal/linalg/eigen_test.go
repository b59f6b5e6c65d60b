package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestEigen checks A v = λ v, that the vectors are orthonormal and that the values fall.
func TestEigen(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 2, 5, 40} {
		a := make([]float64, n*n)
		for i := range n {
			for j := range i + 1 {
				a[i*n+j] = r.NormFloat64()
				a[j*n+i] = a[i*n+j]
			}
		}
		values, vectors := Eigen(append([]float64(nil), a...), n)
		for k, value := range values {
			if k > 0 && value > values[k-1] {
				t.Errorf("n=%d: eigenvalue %d is larger than the one before", n, k)
			}
			v := vectors[k*n:][:n]
			for i := range n {
				if e := Dot(a[i*n:][:n], v) - value*v[i]; math.Abs(e) > 1e-12*float64(n) {
					t.Errorf("n=%d: residual %v", n, e)
				}
				want := 0.0
				if i == k {
					want = 1
				}
				if e := Dot(vectors[i*n:][:n], v) - want; math.Abs(e) > 1e-12*float64(n) {
					t.Errorf("n=%d: vectors %d and %d are not orthonormal: %v", n, i, k, e)
				}
			}
		}
	}
}
