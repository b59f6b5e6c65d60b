package linalg

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
)

// normals draws vectors of normal numbers.
func normals(n int) func() []float64 {
	stream := rng.New(1, "lanczos")
	return func() []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = stream.NormFloat64()
		}
		return x
	}
}

// The largest eigenvalues of a matrix that is made of known ones.
func TestLanczos(t *testing.T) {
	const n = 96
	normal := normals(n)
	var vectors [][]float64
	want := make([]float64, n)
	for i := range want {
		x := normal()
		for range 2 {
			for _, v := range vectors {
				Axpy(x, -Dot(x, v), v)
			}
		}
		ScaleTo(x, 1)
		vectors = append(vectors, x)
		want[i] = 5 * math.Exp(-float64(i)/6)
		if i > 80 {
			want[i] = -1
		}
	}
	products := 0
	multiply := func(out, x []float64) {
		products++
		clear(out)
		for i, v := range vectors {
			Axpy(out, want[i]*Dot(x, v), v)
		}
	}
	for _, count := range []int{1, 5, 30} {
		products = 0
		got, err := Lanczos(multiply, normal, count, 1e-10, n)
		if err != nil || len(got) != count {
			t.Fatalf("%d values, %v", len(got), err)
		}
		for i, value := range got {
			if math.Abs(value-want[i]) > 1e-9*want[0]*1e-3 {
				t.Errorf("value %d of %d: %v, want %v", i, count, value, want[i])
			}
		}
		if count == 1 && products > 40 {
			t.Errorf("%d products for one value", products)
		}
	}
	if _, err := Lanczos(multiply, normal, 30, 1e-10, 8); err == nil {
		t.Error("no error after too few steps")
	}
	// A space of three dimensions has three values.
	few := func(out, x []float64) {
		clear(out)
		for i := range 3 {
			out[i] = float64(i+1) * x[i]
		}
	}
	start := func() []float64 {
		x := make([]float64, n)
		x[0], x[1], x[2] = 1, 1, 1
		return x
	}
	if got, err := Lanczos(few, start, 9, 1e-10, n); err != nil || len(got) != 3 ||
		!slices.EqualFunc(got, []float64{3, 2, 1}, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
		t.Errorf("%v %v", got, err)
	}
}

// A multiple eigenvalue counts as often as it is one, among the first, the last, and where there are too few for the count.
func TestLanczosOfMultipleEigenvalues(t *testing.T) {
	const n = 64
	normal := normals(n)
	values := []float64{7, 7, 5, 4, 4, 4, 4, 3, 2, 2, 1, 1, 0.5}
	for i := len(values); i < n; i++ {
		values = append(values, 0.4/float64(i))
	}
	multiply := func(out, x []float64) {
		for i := range out {
			out[i] = values[i] * x[i]
		}
	}
	for _, count := range []int{1, 2, 3, 5, 7, 10, 12, 20, n} {
		got, err := Lanczos(multiply, normal, count, 1e-10, n)
		if err != nil || len(got) != count {
			t.Fatalf("%d: %v, %v", count, got, err)
		}
		for i, value := range got {
			if math.Abs(value-values[i]) > 1e-10*math.Max(values[i], 7e-3) {
				t.Errorf("value %d of %d: %v, want %v", i, count, value, values[i])
			}
		}
	}
}

func TestLanczosOfNoNumbers(t *testing.T) {
	for _, entry := range []float64{math.NaN(), math.Inf(1), 1e308} {
		multiply := func(out, x []float64) {
			for i := range out {
				out[i] = entry * x[i] * 4 * float64(i)
			}
		}
		draw := func() []float64 { return slices.Repeat([]float64{1}, 16) }
		if values, err := Lanczos(multiply, draw, 3, 1e-8, 16); err == nil {
			t.Errorf("%v: %v", entry, values)
		}
	}
}
