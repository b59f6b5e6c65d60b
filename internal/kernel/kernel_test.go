package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lacuna/internal/cpu"
)

// tiers runs a test with every tier this machine has, by switching off the flags one after another.
func tiers(t *testing.T, test func(t *testing.T)) {
	avx2, avx512 := cpu.AVX2, cpu.AVX512
	defer func() { cpu.AVX2, cpu.AVX512 = avx2, avx512 }()
	if avx512 {
		t.Run("AVX512", test)
	}
	cpu.AVX512 = false
	if avx2 {
		t.Run("AVX2", test)
	}
	cpu.AVX2 = false
	t.Run("reference", test)
}

// guarded hands out random vectors with guard zones on both sides.
type guarded[T Float] struct {
	rng      *rand.Rand
	whole    [][]T
	integers bool
}

const guard = 16

// canary is a NaN that no kernel makes.
func canary[T Float]() T {
	if wide[T]() {
		return T(math.Float64frombits(0x7ff8dead00c0ffee))
	}
	return T(math.Float32frombits(0x7fc0ffee))
}

func bits[T Float](x T) uint64 { return math.Float64bits(float64(x)) }

func (g *guarded[T]) vector(n int) []T {
	whole := make([]T, n+2*guard)
	for i := range whole {
		whole[i] = canary[T]()
		if i >= guard && i < n+guard {
			whole[i] = g.number()
		}
	}
	g.whole = append(g.whole, whole)
	return whole[guard : n+guard : n+guard]
}

// number is normal, or a small integer.
func (g *guarded[T]) number() T {
	if g.integers {
		return T(g.rng.IntN(7) - 3)
	}
	return T(g.rng.NormFloat64())
}

func (g *guarded[T]) lane() *[Lanes]T { return (*[Lanes]T)(g.vector(Lanes)) }

func (g *guarded[T]) check(t *testing.T) {
	t.Helper()
	for _, whole := range g.whole {
		for i := range guard {
			for _, v := range []T{whole[i], whole[len(whole)-1-i]} {
				if bits(v) != bits(canary[T]()) {
					t.Fatalf("a guard zone was written")
				}
			}
		}
	}
}

func same[T Float](t *testing.T, got, want []T) {
	t.Helper()
	for i := range want {
		if bits(got[i]) != bits(want[i]) {
			t.Fatalf("entry %d is %v, the reference says %v", i, got[i], want[i])
		}
	}
}

// runTable returns runs of lengths 0 … most for that many rows, and random targets below n, with spare more.
func runTable(rng *rand.Rand, rows, most, n, spare int) (start, at []int32) {
	start = []int32{int32(rng.IntN(3))}
	for range rows {
		start = append(start, start[len(start)-1]+int32(rng.IntN(most+1)))
	}
	at = make([]int32, items(start)+spare)
	for k := range at {
		at[k] = rng.Int32N(int32(n))
	}
	return start, at
}

func maxGroups[T Float]() int { return MaxLanes[T]() / Lanes }

// testOf is a test of one kernel on random data, n being the size that is varied.
type testOf[T Float] struct {
	name string
	run  func(t *testing.T, g *guarded[T], n int)
}

// every kernel on random data, n being the size that is varied: it calls the dispatched kernel and the reference on
// the same inputs and compares what they wrote.
func every[T Float]() []testOf[T] {
	return []testOf[T]{
		{"MatVec", func(t *testing.T, g *guarded[T], n int) {
			for _, cols := range []int{n, 1, 3} {
				out, a, x := g.vector(n*Lanes), g.vector(n*cols*Lanes), g.vector(cols*Lanes)
				want := make([]T, len(out))
				matVecGo(want, a, x, n, cols)
				MatVec(out, a, x, n, cols)
				same(t, out, want)
			}
		}},
		{"MatTVec", func(t *testing.T, g *guarded[T], n int) {
			for _, rows := range []int{n, 1, 3} {
				out, a, y := g.vector(n*Lanes), g.vector(n*rows*Lanes), g.vector(rows*Lanes)
				want := make([]T, len(out))
				matTVecGo(want, a, y, rows, n)
				MatTVec(out, a, y, rows, n)
				same(t, out, want)
			}
		}},
		{"Dot", func(t *testing.T, g *guarded[T], n int) {
			out, x, y := g.lane(), g.vector(n*Lanes), g.vector(n*Lanes)
			var want [Lanes]T
			dotGo(&want, x, y, n)
			Dot(out, x, y, n)
			same(t, out[:], want[:])
		}},
		{"Norms2", func(t *testing.T, g *guarded[T], n int) {
			x := g.vector(n * Lanes)
			var got, want lane
			norms2Go(&want, x, n)
			Norms2(&got, x, n)
			same(t, got[:], want[:])
		}},
		{"Axpy", func(t *testing.T, g *guarded[T], n int) {
			y, s, x := g.vector(n*Lanes), g.lane(), g.vector(n*Lanes)
			want := slices.Clone(y)
			axpyGo(want, s, x, n)
			Axpy(y, s, x, n)
			same(t, y, want)
		}},
		{"AxpyNorm2", func(t *testing.T, g *guarded[T], n int) {
			y, norm2, s, x := g.vector(n*Lanes), new(lane), g.lane(), g.vector(n*Lanes)
			want := slices.Clone(y)
			var wantNorm2 lane
			axpyGo(want, s, x, n)
			norms2Go(&wantNorm2, want, n)
			AxpyNorm2(y, norm2, s, x, n)
			same(t, y, want)
			same(t, norm2[:], wantNorm2[:])
		}},
		{"NegateDots", func(t *testing.T, g *guarded[T], n int) {
			stride := Lanes + g.rng.IntN(20)
			y, along, norm2, from, x := g.vector(n*Lanes), g.lane(), g.lane(), g.vector(n*stride+Lanes), g.vector(n*Lanes)
			want := make([]T, len(y))
			var wantAlong, wantNorm2 [Lanes]T
			negateLanesGo(want, from, n, Lanes, stride)
			dotGo(&wantAlong, x, want, n)
			dotGo(&wantNorm2, x, x, n)
			NegateDots(y, along, norm2, from, x, n, stride)
			same(t, y, want)
			same(t, along[:], wantAlong[:])
			same(t, norm2[:], wantNorm2[:])
		}},
		{"AddOuters", func(t *testing.T, g *guarded[T], n int) {
			for terms := range 9 {
				cols := n%7 + terms
				a, norm2 := g.vector(n*cols*Lanes), new(lane)
				outers := g.outers(terms, n, cols)
				want := slices.Clone(a)
				var wantNorm2 lane
				addOutersGo(want, &wantNorm2, outers, n, cols)
				AddOuters(a, norm2, outers, n, cols)
				same(t, a, want)
				same(t, norm2[:], wantNorm2[:])
			}
		}},
		{"AddOuterMatVec", func(t *testing.T, g *guarded[T], n int) {
			for _, cols := range []int{n, 1, 3} {
				a, norm2, out, z := g.vector(n*cols*Lanes), new(lane), g.vector(n*Lanes), g.vector(cols*Lanes)
				outers := g.outers(1, n, cols)
				want, wantOut := slices.Clone(a), make([]T, len(out))
				var wantNorm2 lane
				addOutersGo(want, &wantNorm2, outers, n, cols)
				matVecGo(wantOut, want, z, n, cols)
				AddOuterMatVec(a, norm2, out, outers[0], z, n, cols, n*cols*Lanes)
				same(t, a, want)
				same(t, norm2[:], wantNorm2[:])
				same(t, out, wantOut)
			}
		}},
		{"OutersNorm2", func(t *testing.T, g *guarded[T], n int) {
			for terms := range 9 {
				cols := n%7 + terms
				norm2, outers := new(lane), g.outers(terms, n, cols)
				var want lane
				outersNorm2Go(&want, outers, n, cols)
				OutersNorm2(norm2, outers, n, cols)
				same(t, norm2[:], want[:])
			}
		}},
		{"CopyLanes", func(t *testing.T, g *guarded[T], n int) {
			a, b := Lanes+g.rng.IntN(20), Lanes+g.rng.IntN(20)
			in := g.vector(n*a + Lanes)
			for i := range Lanes {
				in[i] = 0
			}
			for _, k := range []struct {
				kernel, reference func([]T, []T, int, int, int)
			}{{CopyLanes[T], copyLanesGo[T]}, {NegateLanes[T], negateLanesGo[T]}} {
				out := g.vector(n*b + Lanes)
				want := slices.Clone(out)
				k.reference(want, in, n, b, a)
				k.kernel(out, in, n, b, a)
				same(t, out, want)
			}
		}},
		{"SumRows", func(t *testing.T, g *guarded[T], n int) {
			for _, rows := range []int{1, 2, 7} {
				stride := n + g.rng.IntN(3)
				out, m := g.vector(n), g.vector(rows*stride)
				want := make([]T, n)
				sumRowsGo(want, m, rows, n, stride)
				SumRows(out, m, rows, n, stride)
				same(t, out, want)
			}
		}},
		{"Expand", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, at := runTable(g.rng, n, 5, 9, 0)
				stride := lanes + Lanes*g.rng.IntN(2)
				out, parent, v := g.vector(items(start)*lanes), g.vector(n*lanes), g.vector(9*stride)
				want := make([]T, len(out))
				expandGo(want, parent, v, start, at, lanes, stride)
				Expand(out, parent, v, start, at, lanes, stride)
				same(t, out, want)
			}
		}},
		{"Fold", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, at := runTable(g.rng, n, 5, 9, 0)
				stride := lanes + Lanes*g.rng.IntN(2)
				gParent, gV, gOut := g.vector(n*lanes), g.vector(9*stride), g.vector(items(start)*lanes)
				parent, v := g.vector(n*lanes), g.vector(9*stride)
				wantParent, wantV := make([]T, len(gParent)), slices.Clone(gV)
				foldGo(wantParent, wantV, gOut, parent, v, start, at, lanes, stride)
				Fold(gParent, gV, gOut, parent, v, start, at, lanes, stride)
				same(t, gParent, wantParent)
				same(t, gV, wantV)
			}
		}},
		{"RowDots", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, at := runTable(g.rng, n, 9, 12, 3)
				out, p, q := g.vector(items(start)+3), g.vector(n*lanes), g.vector(12*lanes)
				want := make([]T, items(start))
				rowDotsGo(want, p, q, start, at, lanes)
				RowDots(out, p, q, start, at, lanes)
				same(t, out, want)
			}
		}},
		{"RowSums", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, at := runTable(g.rng, n, 9, 12, 0)
				sums, q, s := g.vector(n*lanes), g.vector(12*lanes), g.vector(items(start))
				want := make([]T, len(sums))
				rowSumsGo(want, q, s, start, at, lanes)
				RowSums(sums, q, s, start, at, lanes)
				same(t, sums, want)
			}
		}},
		{"TreeDots", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				tree, leaf := runTable(g.rng, n, 3, 9, 0)
				start, at := runTable(g.rng, items(tree), 9, 12, 3)
				stride := lanes + Lanes*g.rng.IntN(2)
				out, parent, v, q := g.vector(items(start)+3), g.vector(n*lanes), g.vector(9*stride), g.vector(12*lanes)
				rows, want, reference := make([]T, items(tree)*lanes), make([]T, items(start)), make([]T, items(start))
				expandGo(rows, parent, v, tree, leaf, lanes, stride)
				rowDotsGo(want, rows, q, start, at, lanes)
				treeDotsGo(reference, parent, v, tree, leaf, q, start, at, lanes, stride)
				TreeDots(out, parent, v, tree, leaf, q, start, at, lanes, stride)
				same(t, reference, want)
				same(t, out, want)
			}
		}},
		{"TreeSums", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				tree, leaf := runTable(g.rng, n, 3, 9, 0)
				start, at := runTable(g.rng, items(tree), 9, 12, 0)
				stride := lanes + Lanes*g.rng.IntN(2)
				gParent, gV, parent, v := g.vector(n*lanes), g.vector(9*stride), g.vector(n*lanes), g.vector(9*stride)
				q, s := g.vector(12*lanes), g.vector(items(start))
				sums := make([]T, items(tree)*lanes)
				wantParent, wantV := make([]T, len(gParent)), slices.Clone(gV)
				refParent, refV := make([]T, len(gParent)), slices.Clone(gV)
				rowSumsGo(sums, q, s, start, at, lanes)
				foldGo(wantParent, wantV, sums, parent, v, tree, leaf, lanes, stride)
				treeSumsGo(refParent, refV, parent, v, tree, leaf, q, s, start, at, lanes, stride)
				TreeSums(gParent, gV, parent, v, tree, leaf, q, s, start, at, lanes, stride)
				same(t, refParent, wantParent)
				same(t, refV, wantV)
				same(t, gParent, wantParent)
				same(t, gV, wantV)
			}
		}},
		{"CellDots", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, row, cells := g.cells(n)
				outer, stride := lanes+Lanes*g.rng.IntN(2), lanes+Lanes*g.rng.IntN(2)
				out, l, b, c := g.vector(items(start)), g.vector(11*outer), g.vector(9*stride), g.vector(12*stride)
				want := make([]T, len(out))
				cellDotsGo(want, l, b, c, start, row, cells, lanes, outer, stride)
				CellDots(out, l, b, c, start, row, cells, lanes, outer, stride)
				same(t, out, want)
			}
		}},
		{"CellSums", func(t *testing.T, g *guarded[T], n int) {
			for groups := 1; groups <= maxGroups[T](); groups++ {
				lanes := groups * Lanes
				start, row, cells := g.cells(n)
				outer, stride := lanes+Lanes*g.rng.IntN(2), lanes+Lanes*g.rng.IntN(2)
				gL, gB, gC := g.vector(11*outer), g.vector(9*stride), g.vector(12*stride)
				s, l, b, c := g.vector(items(start)), g.vector(11*outer), g.vector(9*stride), g.vector(12*stride)
				wantL, wantB, wantC := slices.Clone(gL), slices.Clone(gB), slices.Clone(gC)
				cellSumsGo(wantL, wantB, wantC, l, b, c, s, start, row, cells, lanes, outer, stride)
				CellSums(gL, gB, gC, l, b, c, s, start, row, cells, lanes, outer, stride)
				same(t, gL, wantL)
				same(t, gB, wantB)
				same(t, gC, wantC)
			}
		}},
	}
}

// wideOnly are the kernels that float32 has no use for.
var wideOnly = []testOf[float64]{
	{"AddTile", func(t *testing.T, g *guarded[float64], n int) {
		stride := Lanes + n
		c, x, y := g.vector(7*stride+Lanes), g.lane(), g.lane()
		want := slices.Clone(c)
		addTileGo(want, stride, x, y)
		AddTile(c, stride, x, y)
		same(t, c, want)
	}},
	{"GemmSub", func(t *testing.T, g *guarded[float64], n int) {
		for _, m := range []int{0, 1, 5, 13, n % 40} {
			k, ldc, lda, ldb := n%9, n+g.rng.IntN(3), n%9+g.rng.IntN(3), n+g.rng.IntN(3)
			c, a, b := g.vector(m*ldc), g.vector(m*lda), g.vector(k*ldb)
			want := slices.Clone(c)
			gemmSubGo(want, a, b, m, n, k, ldc, lda, ldb)
			GemmSub(c, a, b, m, n, k, ldc, lda, ldb)
			same(t, c, want)
		}
	}},
}

// cells returns n runs of cells in 11 rows of l, 9 of b and 12 of c.
func (g *guarded[T]) cells(n int) (start, row []int32, cells []uint32) {
	start = []int32{7}
	for range n {
		start = append(start, start[len(start)-1]+1+g.rng.Int32N(9))
		row = append(row, g.rng.Int32N(11))
	}
	for range items(start) {
		cells = append(cells, Cell(g.rng.IntN(9), g.rng.IntN(12)))
	}
	return start, row, cells
}

func (g *guarded[T]) outers(terms, rows, cols int) []Outer[T] {
	var outers []Outer[T]
	for range terms {
		outers = append(outers, Outer[T]{C: g.number(), Y: g.vector(rows * Lanes), X: g.vector(cols * Lanes)})
	}
	return outers
}

func TestSizes(t *testing.T) {
	t.Run("float64", func(t *testing.T) { sizes(t, slices.Concat(every[float64](), wideOnly, definitions[float64]())) })
	t.Run("float32", func(t *testing.T) { sizes(t, slices.Concat(every[float32](), definitions[float32]())) })
}

func sizes[T Float](t *testing.T, kernels []testOf[T]) {
	for _, kernel := range kernels {
		t.Run(kernel.name, func(t *testing.T) {
			tiers(t, func(t *testing.T) {
				for n := range 101 {
					g := &guarded[T]{rng: rand.New(rand.NewPCG(uint64(n), 1))}
					kernel.run(t, g, n)
					g.check(t)
				}
			})
		})
	}
}

func FuzzKernels(f *testing.F) {
	f.Add(uint8(0), uint8(3), uint64(1))
	f.Fuzz(func(t *testing.T, which, n uint8, seed uint64) {
		fuzz(t, slices.Concat(every[float64](), wideOnly, definitions[float64]()), which, n, seed)
		fuzz(t, slices.Concat(every[float32](), definitions[float32]()), which, n, seed)
	})
}

func fuzz[T Float](t *testing.T, kernels []testOf[T], which, n uint8, seed uint64) {
	tiers(t, func(t *testing.T) {
		g := &guarded[T]{rng: rand.New(rand.NewPCG(seed, 2))}
		kernels[int(which)%len(kernels)].run(t, g, int(n))
		g.check(t)
	})
}

func TestMatVecDefinition(t *testing.T) {
	const rows, cols = 3, 4
	a, x, out, back := make([]float64, rows*cols*Lanes), make([]float64, cols*Lanes), make([]float64, rows*Lanes), make([]float64, cols*Lanes)
	for i := range a {
		a[i] = float64(i%11) - 4
	}
	for i := range x {
		x[i] = float64(i%7) - 2
	}
	MatVec(out, a, x, rows, cols)
	MatTVec(back, a, out, rows, cols)
	for r := range Lanes {
		for i := range rows {
			var sum float64
			for j := range cols {
				sum += a[(i*cols+j)*Lanes+r] * x[j*Lanes+r]
			}
			if out[i*Lanes+r] != sum {
				t.Errorf("A x of lane %d, row %d is %v, want %v", r, i, out[i*Lanes+r], sum)
			}
		}
		for j := range cols {
			var sum float64
			for i := range rows {
				sum += a[(i*cols+j)*Lanes+r] * out[i*Lanes+r]
			}
			if back[j*Lanes+r] != sum {
				t.Errorf("Aᵀ y of lane %d, column %d is %v, want %v", r, j, back[j*Lanes+r], sum)
			}
		}
	}
}

func TestShapePanics(t *testing.T) {
	for name, call := range map[string]func(){
		"MatVec": func() { MatVec(make([]float64, 8), make([]float64, 15), make([]float64, 16), 1, 2) },
		"Dot":    func() { Dot(new(lane), make([]float64, 8), make([]float64, 16), 2) },
		"lanes":  func() { RowSums[float64](nil, nil, nil, []int32{0}, nil, 40) },
		"runs":   func() { RowSums(make([]float64, 8), nil, nil, []int32{0, 1}, nil, 8) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic for a slice that is too short")
				}
			}()
			call()
		})
	}
}

// filled is Make with numbers in it: memory that was never written is one page of zeros, and slower than any other.
func filled[T Float](n int) []T {
	s := Make[T](n)
	for i := range s {
		s[i] = T(1e-3 * float64(i%17))
	}
	return s
}

// bench reports the speed of a kernel call that does flops operations and moves bytes.
func bench(b *testing.B, flops, bytes int, call func()) {
	for b.Loop() {
		call()
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(1e-9*float64(flops)/seconds, "GFLOP/s")
	b.ReportMetric(1e-9*float64(bytes)/seconds, "GB/s")
}

func BenchmarkChain(b *testing.B) {
	for _, d := range []int{5, 10, 16, 50} {
		a, x, y := filled[float64](d*d*Lanes), filled[float64](d*Lanes), filled[float64](d*Lanes)
		var norm2 lane
		b.Run(fmt.Sprint("MatVec/", d), func(b *testing.B) {
			bench(b, 2*len(a), 8*len(a), func() { MatVec(y, a, x, d, d) })
		})
		b.Run(fmt.Sprint("MatTVec/", d), func(b *testing.B) {
			bench(b, 2*len(a), 8*len(a), func() { MatTVec(y, a, x, d, d) })
		})
		b.Run(fmt.Sprint("Dot/", d), func(b *testing.B) {
			bench(b, 2*len(x), 16*len(x), func() { Dot(&norm2, y, x, d) })
		})
		b.Run(fmt.Sprint("AddOuterMatVec/", d), func(b *testing.B) {
			bench(b, 6*len(a), 16*len(a), func() { AddOuterMatVec(a, &norm2, y, Outer[float64]{1e-12, x, x}, x, d, d, 0) })
		})
		b.Run(fmt.Sprint("Axpy/", d), func(b *testing.B) {
			bench(b, 2*len(x), 24*len(x), func() { Axpy(y, &norm2, x, d) })
		})
		for _, terms := range []int{1, 2, 4} {
			outers := make([]Outer[float64], terms)
			for k := range outers {
				outers[k] = Outer[float64]{1e-12, y, x}
			}
			b.Run(fmt.Sprintf("AddOuters%d/%d", terms, d), func(b *testing.B) {
				bench(b, 2*(terms+1)*len(a), 16*len(a), func() { AddOuters(a, &norm2, outers, d, d) })
			})
			b.Run(fmt.Sprintf("OutersNorm2x%d/%d", terms, d), func(b *testing.B) {
				bench(b, 2*(terms+1)*len(a), 8*len(a), func() { OutersNorm2(&norm2, outers, d, d) })
			})
		}
	}
}

func BenchmarkRows(b *testing.B) {
	b.Run("float64", benchmarkRows[float64])
	b.Run("float32", benchmarkRows[float32])
}

func benchmarkRows[T Float](b *testing.B) {
	const rows, perRow = 100, 20
	bytes := 8 * maxGroups64 * Lanes / MaxLanes[T]()
	rng := rand.New(rand.NewPCG(1, 1))
	var start, at []int32
	for u := range rows + 1 {
		start = append(start, int32(u*perRow))
	}
	for range rows*perRow + 3 {
		at = append(at, rng.Int32N(rows))
	}
	for groups := 1; groups <= maxGroups[T](); groups++ {
		lanes := groups * Lanes
		p, q, s, out := filled[T](rows*lanes), filled[T](rows*lanes), filled[T](rows*perRow), filled[T](rows*perRow+3)
		size := rows * perRow * lanes
		b.Run(fmt.Sprint("RowDots/", groups), func(b *testing.B) {
			bench(b, 2*size, bytes*size, func() { RowDots(out, p, q, start, at, lanes) })
		})
		b.Run(fmt.Sprint("RowSums/", groups), func(b *testing.B) {
			bench(b, 2*size, bytes*size, func() { RowSums(p, q, s, start, at, lanes) })
		})
		tree, leaf := []int32{0}, []int32{}
		for u := range 10 {
			tree = append(tree, int32(10*u+10))
			for i := range 10 {
				leaf = append(leaf, int32(i))
			}
		}
		v, gV := filled[T](10*lanes), filled[T](10*lanes)
		b.Run(fmt.Sprint("Expand/", groups), func(b *testing.B) {
			bench(b, rows*lanes, 2*bytes*rows*lanes, func() { Expand(p, q, v, tree, leaf, lanes, lanes) })
		})
		b.Run(fmt.Sprint("Fold/", groups), func(b *testing.B) {
			bench(b, 4*rows*lanes, 4*bytes*rows*lanes, func() { Fold(q, gV, p, q, v, tree, leaf, lanes, lanes) })
		})
	}
}

func BenchmarkGemmSub(b *testing.B) {
	for _, n := range []int{64, 256, 1000} {
		const k = 48
		c, a, x := filled[float64](n*n), filled[float64](n*k), filled[float64](k*n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bench(b, 2*n*n*k, 16*n*n, func() { GemmSub(c, a, x, n, n, k, n, k, n) })
		})
	}
}
