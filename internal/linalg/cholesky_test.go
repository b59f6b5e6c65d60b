package linalg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGramAndCholesky compares with sums and products written out.
func TestGramAndCholesky(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 7, 8, 9, 16, 17, 31, 33, 50} {
		for _, count := range []int{0, 1, 5, 64, 133} {
			stride := Stride(n)
			a, h, w := make([]float64, n*stride), make([]float64, count*stride), make([]float64, count)
			want := make([]float64, n*n)
			for i := range n {
				a[i*stride+i] = 1
				want[i*n+i] = 1
			}
			for c := range count {
				w[c] = r.Float64() + 0.1
				for i := range n {
					h[c*stride+i] = r.NormFloat64()
				}
				for i := range n {
					for j := range n {
						want[i*n+j] += w[c] * h[c*stride+i] * h[c*stride+j]
					}
				}
			}
			AddGram(a, h, w, make([]float64, stride*count), n, stride)
			if !Cholesky(a, n, stride, make([]float64, 8*stride)) {
				t.Fatalf("n=%d, %d rows: not positive", n, count)
			}
			for i := range n {
				for j := range i + 1 {
					var sum float64
					for k := range j + 1 {
						sum += a[i*stride+k] * a[j*stride+k]
					}
					if math.Abs(sum-want[i*n+j]) > 1e-10*float64(count+1) {
						t.Fatalf("n=%d, %d rows: (LLᵀ)[%d,%d] is %v, want %v", n, count, i, j, sum, want[i*n+j])
					}
				}
			}
			x, b := make([]float64, n), make([]float64, n)
			for i := range x {
				b[i] = r.NormFloat64()
			}
			copy(x, b)
			SolveLower(a, x, n, stride)
			SolveUpper(a, x, n, stride)
			for i := range n {
				sum := -b[i]
				for j := range n {
					sum += want[max(i, j)*n+min(i, j)] * x[j]
				}
				if math.Abs(sum) > 1e-9 {
					t.Fatalf("n=%d: residual %v", n, sum)
				}
			}
		}
	}
}

func TestCholeskyRefusesAnIndefiniteMatrix(t *testing.T) {
	a := []float64{1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0}
	if Cholesky(a, 2, 8, make([]float64, 64)) {
		t.Error("a matrix with a negative eigenvalue was factored")
	}
}

func BenchmarkCholesky32(b *testing.B) {
	const n = 32
	a, work := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := range n {
			a[i*n+j] = 1 / float64(1+i+j)
		}
		a[i*n+i] += 1
	}
	panel := make([]float64, 8*n)
	for b.Loop() {
		copy(work, a)
		Cholesky(work, n, n, panel)
	}
}

func BenchmarkGram32x64(b *testing.B) {
	const n, count = 32, 64
	a, h, w, s := make([]float64, n*n), make([]float64, n*count), make([]float64, count), make([]float64, n*count)
	for b.Loop() {
		AddGram(a, h, w, s, n, n)
	}
}
