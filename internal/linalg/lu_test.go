package linalg

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

func TestLU(t *testing.T) {
	stream := rng.New(1, "lu")
	var f LU
	for _, n := range []int{1, 2, 3, 31, 32, 33, 64, 100, 131} {
		a := f.Matrix(n)
		copyOf := make([]float64, n*n)
		for i := range a {
			a[i] = stream.NormFloat64()
			copyOf[i] = a[i]
		}
		want, x := make([]float64, n), make([]float64, n)
		for i := range want {
			want[i] = stream.NormFloat64()
		}
		for i := range n {
			for j := range n {
				x[i] += copyOf[i*n+j] * want[j]
			}
		}
		if err := f.Factor(); err != nil {
			t.Fatal(err)
		}
		f.Solve(x)
		for i := range x {
			if math.Abs(x[i]-want[i]) > 1e-8 {
				t.Fatalf("n = %d: x[%d] = %v, want %v", n, i, x[i], want[i])
			}
		}
	}
}

func TestLURefusesASingularMatrix(t *testing.T) {
	var f LU
	copy(f.Matrix(2), []float64{1, 2, 2, 4})
	if err := f.Factor(); err == nil {
		t.Error("a singular matrix was factored")
	}
}
