package kernel

import (
	"slices"
	"testing"
)

// definitions test every kernel against its formula, written as plainly as can be. On small integers sums are exact in
// any order and in either type, so that results must be equal.
func definitions[T Float]() []testOf[T] {
	test := func(name string, run func(t *testing.T, g *guarded[T], n int)) testOf[T] {
		return testOf[T]{name + "/definition", func(t *testing.T, g *guarded[T], n int) {
			g.integers = true
			run(t, g, n)
		}}
	}
	return []testOf[T]{
		test("MatVec", func(t *testing.T, g *guarded[T], n int) {
			cols := n % 11
			a, x, y := g.vector(n*cols*Lanes), g.vector(cols*Lanes), g.vector(n*Lanes)
			out, back := g.vector(n*Lanes), g.vector(cols*Lanes)
			wantOut, wantBack := make([]T, len(out)), make([]T, len(back))
			for r := range Lanes {
				for i := range n {
					for j := range cols {
						wantOut[i*Lanes+r] += a[(i*cols+j)*Lanes+r] * x[j*Lanes+r]
						wantBack[j*Lanes+r] += a[(i*cols+j)*Lanes+r] * y[i*Lanes+r]
					}
				}
			}
			MatVec(out, a, x, n, cols)
			MatTVec(back, a, y, n, cols)
			equal(t, out, wantOut)
			equal(t, back, wantBack)
		}),
		test("Dot", func(t *testing.T, g *guarded[T], n int) {
			x, y, s, out := g.vector(n*Lanes), g.vector(n*Lanes), g.lane(), g.lane()
			var want [Lanes]T
			var norm2, wantNorm2 lane
			for i := range x {
				want[i%Lanes] += x[i] * y[i]
				wantNorm2[i%Lanes] += float64(x[i] * x[i])
			}
			Dot(out, x, y, n)
			Norms2(&norm2, x, n)
			equal(t, out[:], want[:])
			equal(t, norm2[:], wantNorm2[:])
			sum := slices.Clone(y)
			for i := range x {
				sum[i] += s[i%Lanes] * x[i]
			}
			Axpy(y, s, x, n)
			equal(t, y, sum)
		}),
		test("CopyLanes", func(t *testing.T, g *guarded[T], n int) {
			from, to := Lanes+g.rng.IntN(9), Lanes+g.rng.IntN(9)
			in, copied, negated := g.vector(n*from+Lanes), g.vector(n*to+Lanes), g.vector(n*to+Lanes)
			wantCopied, wantNegated := slices.Clone(copied), slices.Clone(negated)
			for i := range n {
				for r := range Lanes {
					wantCopied[i*to+r], wantNegated[i*to+r] = in[i*from+r], 0-in[i*from+r]
				}
			}
			CopyLanes(copied, in, n, to, from)
			NegateLanes(negated, in, n, to, from)
			same(t, copied, wantCopied)
			same(t, negated, wantNegated)
		}),
		test("AddOuters", func(t *testing.T, g *guarded[T], n int) {
			terms, cols := n%9, n%5
			a, outers, z, out := g.vector(n*cols*Lanes), g.outers(terms, n, cols), g.vector(cols*Lanes), g.vector(n*Lanes)
			want, change, wantOut := slices.Clone(a), make([]T, len(a)), make([]T, len(out))
			var norm2, wantNorm2, wantChange lane
			for i := range a {
				row, col, r := i/Lanes/max(cols, 1), i/Lanes%max(cols, 1), i%Lanes
				for _, o := range outers {
					change[i] += o.C * o.Y[row*Lanes+r] * o.X[col*Lanes+r]
				}
				want[i] += change[i]
				wantNorm2[r] += float64(want[i]) * float64(want[i])
				wantChange[r] += float64(change[i]) * float64(change[i])
				wantOut[row*Lanes+r] += want[i] * z[col*Lanes+r]
			}
			OutersNorm2(&norm2, outers, n, cols)
			equal(t, norm2[:], wantChange[:])
			if terms == 1 {
				again := slices.Clone(a)
				AddOuterMatVec(again, &norm2, out, outers[0], z, n, cols, 0)
				equal(t, again, want)
				equal(t, norm2[:], wantNorm2[:])
				equal(t, out, wantOut)
			}
			AddOuters(a, &norm2, outers, n, cols)
			equal(t, a, want)
			equal(t, norm2[:], wantNorm2[:])
		}),
		test("SumRows", func(t *testing.T, g *guarded[T], n int) {
			rows, stride := 1+n%7, n+n%3
			m, out, want := g.vector(rows*stride), g.vector(n), make([]T, n)
			for i := range rows {
				for k := range n {
					want[k] += m[i*stride+k]
				}
			}
			SumRows(out, m, rows, n, stride)
			equal(t, out, want)
		}),
		test("Trees", func(t *testing.T, g *guarded[T], n int) {
			lanes := (1 + n%maxGroups[T]()) * Lanes
			tree, leaf := runTable(g.rng, n, 3, 9, 0)
			start, at := runTable(g.rng, items(tree), 5, 12, 3)
			stride, cells, rows := lanes+Lanes*g.rng.IntN(2), items(start), items(tree)
			parent, v, q, s := g.vector(n*lanes), g.vector(9*stride), g.vector(12*lanes), g.vector(cells)
			p, sums, dots, cellsOut := g.vector(rows*lanes), g.vector(rows*lanes), g.vector(cells+3), g.vector(cells+3)
			gV := g.vector(9 * stride)
			gVTree := slices.Clone(gV)
			gParent, gParentTree := g.vector(n*lanes), g.vector(n*lanes)

			wantP, wantSums, wantDots := make([]T, rows*lanes), make([]T, rows*lanes), make([]T, cells)
			wantV, wantParent := slices.Clone(gV), make([]T, n*lanes)
			for u := range n {
				for k := tree[u] - tree[0]; k < tree[u+1]-tree[0]; k++ {
					for c := start[k] - start[0]; c < start[k+1]-start[0]; c++ {
						for r := range lanes {
							product := parent[u*lanes+r] * v[int(leaf[k])*stride+r]
							wantDots[c] += product * q[int(at[c])*lanes+r]
							wantSums[int(k)*lanes+r] += s[c] * q[int(at[c])*lanes+r]
						}
					}
					for r := range lanes {
						sum := wantSums[int(k)*lanes+r]
						wantP[int(k)*lanes+r] = parent[u*lanes+r] * v[int(leaf[k])*stride+r]
						wantParent[u*lanes+r] += sum * v[int(leaf[k])*stride+r]
						wantV[int(leaf[k])*stride+r] += sum * parent[u*lanes+r]
					}
				}
			}
			Expand(p, parent, v, tree, leaf, lanes, stride)
			RowDots(dots, wantP, q, start, at, lanes)
			RowSums(sums, q, s, start, at, lanes)
			Fold(gParent, gV, wantSums, parent, v, tree, leaf, lanes, stride)
			TreeDots(cellsOut, parent, v, tree, leaf, q, start, at, lanes, stride)
			TreeSums(gParentTree, gVTree, parent, v, tree, leaf, q, s, start, at, lanes, stride)
			equal(t, p, wantP)
			equal(t, dots, wantDots)
			equal(t, sums, wantSums)
			equal(t, gParent, wantParent)
			equal(t, gV, wantV)
			equal(t, cellsOut, wantDots)
			equal(t, gParentTree, wantParent)
			equal(t, gVTree, wantV)
		}),
		test("Cells", func(t *testing.T, g *guarded[T], n int) {
			lanes := (1 + n%maxGroups[T]()) * Lanes
			start, row, cells := g.cells(n)
			outer, stride := lanes+Lanes*g.rng.IntN(2), lanes+Lanes*g.rng.IntN(2)
			l, b, c, s := g.vector(11*outer), g.vector(9*stride), g.vector(12*stride), g.vector(items(start))
			gL, gB, gC, out := g.vector(11*outer), g.vector(9*stride), g.vector(12*stride), g.vector(items(start))
			wantL, wantB, wantC, want := slices.Clone(gL), slices.Clone(gB), slices.Clone(gC), make([]T, len(out))
			for u := range n {
				for x := start[u] - start[0]; x < start[u+1]-start[0]; x++ {
					i, j, k := int(row[u])*outer, int(cells[x]%65536)*stride, int(cells[x]/65536)*stride
					for r := range lanes {
						want[x] += l[i+r] * b[j+r] * c[k+r]
						wantL[i+r] += s[x] * b[j+r] * c[k+r]
						wantB[j+r] += s[x] * l[i+r] * c[k+r]
						wantC[k+r] += s[x] * l[i+r] * b[j+r]
					}
				}
			}
			CellDots(out, l, b, c, start, row, cells, lanes, outer, stride)
			CellSums(gL, gB, gC, l, b, c, s, start, row, cells, lanes, outer, stride)
			equal(t, out, want)
			equal(t, gL, wantL)
			equal(t, gB, wantB)
			equal(t, gC, wantC)
		}),
	}
}

// ofGrams are the definitions of what only float64 has.
var ofGrams = []testOf[float64]{{"Grams/definition", func(t *testing.T, g *guarded[float64], n int) {
	g.integers = true
	const rows, stride = 6, 2 * Lanes
	a, b, w, size := g.vector(rows*stride), g.vector(rows*stride), g.vector(n), n%(stride+1)
	i, j := make([]int32, n), make([]int32, n)
	for k := range i {
		i[k], j[k] = g.rng.Int32N(rows), g.rng.Int32N(rows)
	}
	h, weighted, c := g.vector(n*stride), g.vector(n*stride), g.vector(size*stride)
	want := slices.Clone(c)
	for p := range size {
		for q := range p + 1 {
			for k := range i {
				ofP, ofQ := int(i[k])*stride, int(j[k])*stride
				want[p*stride+q] += w[k] * a[ofP+p] * b[ofQ+p] * a[ofP+q] * b[ofQ+q]
			}
		}
	}
	Products(h, a, b, i, j, stride)
	ScaleRows(weighted, h, w, stride)
	AddGram(c, weighted, h, size, n, stride)
	for p := range size {
		equal(t, c[p*stride:][:p+1], want[p*stride:][:p+1])
	}
}}}

// equal fails unless numbers are equal; zeros may have either sign.
func equal[T Float](t *testing.T, got, want []T) {
	t.Helper()
	for i, value := range want {
		if got[i] != value {
			t.Fatalf("entry %d is %v, by definition %v", i, got[i], value)
		}
	}
}

func TestNorms2OfSmallNumbers(t *testing.T) {
	const small = 0x1p-100
	x := slices.Repeat([]float32{small}, 3*Lanes)
	terms := []Outer[float32]{{C: 1, Y: x[:Lanes], X: slices.Repeat([]float32{1}, 3*Lanes)}}
	a := make([]float32, 3*Lanes)
	var norm2, ofTerms, ofSum lane
	Norms2(&norm2, x, 3)
	OutersNorm2(&ofTerms, terms, 1, 3)
	AddOuters(a, &ofSum, terms, 1, 3)
	for _, got := range [][Lanes]float64{norm2, ofTerms, ofSum} {
		for r, value := range got {
			if value != 3*small*small {
				t.Errorf("the squared norm of lane %d is %v, want %v", r, value, 3*small*small)
			}
		}
	}
}
