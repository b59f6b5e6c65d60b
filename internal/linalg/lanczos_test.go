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
		got, err := Lanczos(multiply, normal, count, 1e-10, n, 1)
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
	if _, err := Lanczos(multiply, normal, 30, 1e-10, 8, 1); err == nil {
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
	if got, err := Lanczos(few, start, 9, 1e-10, n, 1); err != nil || len(got) != 3 ||
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
		got, err := Lanczos(multiply, normal, count, 1e-10, n, 1)
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
		if values, err := Lanczos(multiply, draw, 3, 1e-8, 16, 1); err == nil {
			t.Errorf("%v: %v", entry, values)
		}
	}
}

// turned applies the symmetric matrix of those eigenvalues whose eigenvectors are the axes, turned by reflections.
func turned(values []float64, normal func() []float64) func(out, x []float64) {
	var axes [][]float64
	for range 4 {
		axis := normal()
		ScaleTo(axis, 1)
		axes = append(axes, axis)
	}
	reflect := func(x, axis []float64) { Axpy(x, -2*DotLanes(axis, x), axis) }
	return func(out, x []float64) {
		copy(out, x)
		for _, axis := range axes {
			reflect(out, axis)
		}
		for i, value := range values {
			out[i] *= value
		}
		for _, axis := range slices.Backward(axes) {
			reflect(out, axis)
		}
	}
}

// Spectra on which vectors lose what makes them orthogonal: gaps of many orders, clusters, nothing but multiple
// eigenvalues, and all the eigenvalues that there are.
func TestLanczosOfHardSpectra(t *testing.T) {
	for name, value := range map[string]func(i, n int) float64{
		"steep":     func(i, _ int) float64 { return math.Pow(10, -float64(i)) },
		"geometric": func(i, _ int) float64 { return math.Exp(-float64(i) / 5) },
		"far ahead": func(i, _ int) float64 {
			return []float64{1e3, 1e3, 1e3, 900, -0.5 * math.Sqrt(float64(i+1))}[min(i, 4)]
		},
		"twelve values": func(i, _ int) float64 { return float64(12 - i%12) },
		"clusters":      func(i, n int) float64 { return 1 + 1e-3*float64(i/(1+n/4)) },
		"nearly zero":   func(i, _ int) float64 { return 1e-9 * math.Sin(float64(i+1)) },
		"zero":          func(int, int) float64 { return 0 },
	} {
		for _, n := range []int{8, 24, 104} {
			values := make([]float64, n)
			for i := range values {
				values[i] = value(i, n)
			}
			multiply := turned(values, normals(n))
			want := slices.Clone(values)
			slices.Sort(want)
			slices.Reverse(want)
			draw := normals(n)
			for _, tolerance := range []float64{1e-6, 1e-9} {
				for count := 1; count <= min(n, 50); count += 4 {
					got, err := Lanczos(multiply, draw, count, tolerance, n, 1)
					if err != nil || len(got) != count {
						t.Fatalf("%s, %d of %d: %d values, %v", name, count, n, len(got), err)
					}
					for i, value := range got {
						if math.Abs(value-want[i]) > 2*tolerance*math.Max(math.Abs(want[i]), 1e-3*math.Abs(want[0])) {
							t.Fatalf("%s, %d of %d, to %v: value %d is %v, not %v", name, count, n, tolerance, i, value, want[i])
						}
					}
				}
			}
		}
	}
}

// The vectors of a start stay orthogonal to √ε, those found too, and nothing depends on the threads.
func TestLanczosVectors(t *testing.T) {
	const n, count = 3*chunk + 5*lanes, 12
	values := make([]float64, n)
	for i := range values {
		values[i] = math.Exp(-float64(i/2) / 9)
	}
	overlaps := func(a, b *vectors) (most float64) {
		for i := range a.count {
			for j := range b.count {
				if a != b || i != j {
					most = math.Max(most, math.Abs(DotLanes(a.at(i), b.at(j))))
				} else {
					most = math.Max(most, math.Abs(DotLanes(a.at(i), a.at(i))-1))
				}
			}
		}
		return most
	}
	var first []float64
	for threads := 1; threads <= 3; threads++ {
		k := &krylov{
			multiply: turned(values, normals(n)), count: count, tolerance: 1e-9, steps: 200, enough: math.Inf(-1),
			basis: vectors{threads: threads}, known: vectors{threads: threads},
		}
		draw := normals(n)
		var got []float64
		for range 2 {
			found, err := k.from(draw())
			if err != nil || len(found) != count {
				t.Fatalf("%d values, %v", len(found), err)
			}
			got = append(got, found...)
			for i, value := range found {
				product, vector := make([]float64, n), k.known.at(len(got)-count+i)
				k.multiply(product, vector)
				Axpy(product, -value, vector)
				if residual := Norm(product); residual > 1e-4 {
					t.Errorf("A x − %v x is %v for vector %d", value, residual, i)
				}
			}
			if most := overlaps(&k.basis, &k.basis); most > overlap {
				t.Errorf("overlaps of %v in a basis of %d", most, k.basis.count)
			}
		}
		if most := overlaps(&k.known, &k.known); most > overlap {
			t.Errorf("overlaps of %v among the vectors found", most)
		}
		if first == nil {
			first = got
		} else if !slices.Equal(got, first) {
			t.Errorf("%d threads: %v, one: %v", threads, got, first)
		}
	}
}
