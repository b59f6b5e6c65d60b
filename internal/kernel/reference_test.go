package kernel

import (
	"slices"
	"testing"
)

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
		{"Multiply", func(t *testing.T, g *guarded[T], n int) {
			out, x, y := g.vector(n*Lanes), g.vector(n*Lanes), g.vector(n*Lanes)
			want := make([]T, len(out))
			multiplyGo(want, x, y, n)
			Multiply(out, x, y, n)
			same(t, out, want)
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
		{"AdamMatVec", func(t *testing.T, g *guarded[T], n int) {
			for _, cols := range []int{n, 1, 3} {
				size := n * cols * Lanes
				theta, m, s := g.vector(size), g.vector(size), g.vector(size)
				out, y, x, z := g.vector(n*Lanes), g.vector(n*Lanes), g.vector(cols*Lanes), g.vector(cols*Lanes)
				for i := range s {
					s[i] *= s[i]
				}
				by := new(Adam[T])
				by.Set(0.01, 0.99, 0.9, 0.1, 0.999, 0.001, 1.7, 1e-8, 0.3)
				wantTheta, wantM, wantS, wantOut := slices.Clone(theta), slices.Clone(m), slices.Clone(s), make([]T, len(out))
				adamMatVecGo(wantTheta, wantM, wantS, wantOut, y, x, z, by.by[:], n, cols, 0)
				AdamMatVec(theta, m, s, out, y, x, z, by, n, cols, size)
				same(t, theta, wantTheta)
				same(t, m, wantM)
				same(t, s, wantS)
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
		{"CopyLanes", strided(CopyLanes[T], copyLanesGo[T])},
		{"NegateLanes", strided(NegateLanes[T], negateLanesGo[T])},
		{"MultiplyAdds", func(t *testing.T, g *guarded[T], n int) {
			out, want := g.lane(), [Lanes]T{}
			clear(out[:])
			multiplyAddsGo(&want, n)
			if wide[T]() {
				multiplyAdds(lane64(out), n)
			} else {
				multiplyAddsF32(lane32(out), n)
			}
			same(t, out[:], want[:])
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

// strided tests a kernel that moves lane vectors between strides.
func strided[T Float](
	kernel, reference func(out, in []T, n, outStride, inStride int),
) func(*testing.T, *guarded[T], int) {
	return func(t *testing.T, g *guarded[T], n int) {
		a, b := Lanes+g.rng.IntN(20), Lanes+g.rng.IntN(20)
		in, out := g.vector(n*a+Lanes), g.vector(n*b+Lanes)
		clear(in[:Lanes])
		want := slices.Clone(out)
		reference(want, in, n, b, a)
		kernel(out, in, n, b, a)
		same(t, out, want)
	}
}

// pairs tests a kernel on n pairs of a row of a and a row of b.
func pairs(
	run func(t *testing.T, g *guarded[float64], a, b []float64, i, j []int32, stride int),
) func(*testing.T, *guarded[float64], int) {
	return func(t *testing.T, g *guarded[float64], n int) {
		for groups := 1; groups <= 2*maxGroups64+1; groups++ {
			stride := groups * Lanes
			i, j := make([]int32, n), make([]int32, n)
			for k := range i {
				i[k], j[k] = g.rng.Int32N(5), g.rng.Int32N(9)
			}
			run(t, g, g.vector(5*stride), g.vector(9*stride), i, j, stride)
		}
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
	{"AddGram", func(t *testing.T, g *guarded[float64], n int) {
		for _, k := range []int{0, 1, 2, n % 7} {
			stride := (n+Lanes-1)/Lanes*Lanes + Lanes*g.rng.IntN(2)
			c, x, y := g.vector(n*stride), g.vector(k*stride), g.vector(k*stride)
			want := slices.Clone(c)
			addGramGo(want, x, y, 0, n, k, stride)
			from := Lanes * g.rng.IntN(stride/Lanes+1)
			AddGramRows(c, x, y, from, n, k, stride)
			AddGram(c, x, y, min(from, n), k, stride)
			same(t, c, want)
		}
	}},
	{"Products", pairs(func(t *testing.T, g *guarded[float64], a, b []float64, i, j []int32, stride int) {
		out := g.vector(len(i) * stride)
		want := make([]float64, len(out))
		productsGo(want, a, b, i, j, stride, stride)
		Products(out, a, b, i, j, stride)
		same(t, out, want)
	})},
	{"PairDots", pairs(func(t *testing.T, g *guarded[float64], a, b []float64, i, j []int32, stride int) {
		out, want := g.vector(len(i)), make([]float64, len(i))
		pairDotsGo(want, a, b, i, j, stride)
		PairDots(out, a, b, i, j, stride)
		same(t, out, want)
	})},
	{"ScaleRows", func(t *testing.T, g *guarded[float64], n int) {
		stride := n % 7 * Lanes
		out, in, s := g.vector(n*stride), g.vector(n*stride), g.vector(n)
		want := make([]float64, len(out))
		scaleRowsGo(want, in, s, stride)
		ScaleRows(out, in, s, stride)
		same(t, out, want)
	}},
}
