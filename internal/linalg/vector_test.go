package linalg

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// integers returns n small ones, whose sums and products are exact in any order.
func integers(stream *rng.Stream, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = math.Floor(16*stream.Float64()) - 8
	}
	return x
}

func equal(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s of length %d: entry %d is %v, want %v", what, len(want), i, got[i], want[i])
		}
	}
}

func TestVectors(t *testing.T) {
	stream := rng.New(1, "vectors")
	for n := range 40 {
		x, y, s := integers(stream, n), integers(stream, n), float64(n-7)
		var dot, norm2 float64
		added, scaled, ones := make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range n {
			dot += x[i] * y[i]
			norm2 += x[i] * x[i]
			added[i], scaled[i], ones[i] = y[i]+s*x[i], s*x[i], 1
		}
		want := []float64{dot, dot, norm2, math.Sqrt(norm2)}
		equal(t, "scalars", []float64{Dot(x, y), DotLanes(x, y), Norm2(x), Norm(x)}, want)
		Axpy(y, s, x)
		equal(t, "Axpy", y, added)
		Scale(x, s)
		equal(t, "Scale", x, scaled)
		equal(t, "Ones", Ones(n), ones)
	}
	x := []float64{3, 0, -4}
	ScaleTo(x, 10)
	equal(t, "ScaleTo", x, []float64{6, 0, -8})
}

// TestDotIsFused: (1 + ε)² − (1 + 2ε) is ε² if the product is not rounded, else 0.
func TestDotIsFused(t *testing.T) {
	const e = 0x1p-40
	x, y := []float64{1 + 2*e, 1 + e}, []float64{-1, 1 + e}
	if got := Dot(x, y); got != e*e {
		t.Errorf("Dot is %v, want %v", got, e*e)
	}
	sum := []float64{-(1 + 2*e)}
	if Axpy(sum, 1+e, []float64{1 + e}); sum[0] != e*e {
		t.Errorf("Axpy is %v, want %v", sum[0], e*e)
	}
	if got := DotLanes(x, y); got != 0 {
		t.Errorf("DotLanes fuses what is left behind the last lane group: %v", got)
	}
}
