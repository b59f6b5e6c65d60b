package main

import (
	"os"
	"slices"

	. "lacuna/internal/kernel/_gen/wasm"
)

// inPage are the kernels that kernel.wasm has, for a page.
var inPage = []string{"gemmSub", "addGram", "products", "pairDots", "scaleRows"}

// writeWasm writes them. They multiply and add by relaxed_madd of WebAssembly 3.0, which rounds once or twice, as the
// processor can. The module's function fused tells which: where it is twice, none of the others may be used.
func writeWasm() error {
	return os.WriteFile("../kernel.wasm", Module(fusedSIMD(), gemmSubSIMD(), addGramSIMD(), productsSIMD(), pairDotsSIMD(),
		scaleRowsSIMD()), 0o644)
}

// page calls the module's kernel where it may be used.
func (k kernel) page(bytes int) string {
	if bytes != 8 || !slices.Contains(inPage, k.name) {
		return k.reference(bytes)
	}
	arguments := k.arguments(false)
	return "if cpu.SIMD {\n" + k.name + "SIMD(" + arguments + ")\n} else {\n" + k.reference(bytes) + "}\n"
}

// fusedSIMD returns x y + z.
func fusedSIMD() *Function {
	f := &Function{Name: "fused"}
	p := f.Takes(F64, 3)
	f.Returns(F64, Number(Fused(Both(p[0].Get()), Both(p[1].Get()), Both(p[2].Get())), 0))
	return f
}

const (
	pair      = 16               // bytes of two numbers
	laneGroup = 8 * lanes        // bytes
	pairs     = laneGroup / pair // of a lane group
)

// tile is a rectangle of C, one or two rows high: to every row is added Σ_k a_k b_k, where a_k are numbers of the row
// and b_k are vectors.
type tile struct {
	c, a              []Local // of every row, where it is and where a_k is
	b                 Local   // where b_k is
	nextA, nextB      Local   // bytes from one to the next
	terms             Local   // k, counted down
	sums, row, factor []Local
}

func newTile(f *Function) *tile {
	p := f.Has(I32, 8)
	return &tile{
		c: p[:2], a: p[2:4], b: p[4], nextA: p[5], nextB: p[6], terms: p[7],
		sums: f.Has(V128, 2*pairs), row: f.Has(V128, pairs), factor: f.Has(V128, 2),
	}
}

// update does so for so many rows and pairs of columns; a single column counts as no pair.
func (t *tile) update(rows, columns int, minus bool) Statement {
	load := func(at Local, v int) Expression {
		if columns == 0 {
			return LoadFirst(at.Get())
		}
		return Load(at.Get(), v*pair)
	}
	var begin, term, end Statement
	width := max(columns, 1)
	for i := range rows {
		factor := LoadBoth(t.a[i].Get(), 0)
		if minus {
			factor = Negative(factor)
		}
		term = Block(term, t.factor[i].Set(factor), t.a[i].Advance(t.nextA.Get()))
	}
	for v := range width {
		term = Block(term, t.row[v].Set(load(t.b, v)))
		for i := range rows {
			sum := t.sums[i*width+v]
			begin = Block(begin, sum.Set(load(t.c[i], v)))
			term = Block(term, sum.Set(Fused(t.factor[i].Get(), t.row[v].Get(), sum.Get())))
			if columns == 0 {
				end = Block(end, StoreFirst(t.c[i].Get(), sum.Get()))
			} else {
				end = Block(end, Store(t.c[i].Get(), v*pair, sum.Get()))
			}
		}
	}
	return Block(begin, Repeat(t.terms, term, t.b.Advance(t.nextB.Get())), end)
}

// place sets where the tile is whose first entry is C[i,j] and whose a begin at a number of A.
func (t *tile) place(c, i, j, stride Local, a, first Expression, nextRow Expression, b, k Local) Statement {
	return Block(
		t.c[0].Set(Add(c.Get(), Times8(Add(Mul(i.Get(), stride.Get()), j.Get())))),
		t.c[1].Set(Add(t.c[0].Get(), Times8(stride.Get()))),
		t.a[0].Set(Add(a, Times8(first))),
		t.a[1].Set(Add(t.a[0].Get(), Times8(nextRow))),
		t.b.Set(Add(b.Get(), Times8(j.Get()))),
		t.terms.Set(k.Get()),
	)
}

// byTwo does something for two rows at a time from row i, or for the one that is left.
func byTwo(i, end Local, cover func(rows int) Statement) Statement {
	return While(Less(i.Get(), end.Get()),
		If(Less(Add(i.Get(), Constant(1)), end.Get()), cover(2), cover(1)),
		i.Advance(Constant(2)))
}

func gemmSubSIMD() *Function {
	f := &Function{Name: "gemmSub"}
	p := f.Takes(I32, 9)
	c, a, b, m, n, k, ldc, lda, ldb := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], p[8]
	q := f.Has(I32, 2)
	i, j := q[0], q[1]
	t := newTile(f)
	place := t.place(c, i, j, ldc, a.Get(), Mul(i.Get(), lda.Get()), lda.Get(), b, k)
	f.Does(
		t.nextA.Set(Constant(8)),
		t.nextB.Set(Times8(ldb.Get())),
		byTwo(i, m, func(rows int) Statement {
			cover := j.Set(Constant(0))
			for _, columns := range []int{lanes, 2, 1} {
				cover = Block(cover, While(Less(Add(j.Get(), Constant(columns-1)), n.Get()),
					place, t.update(rows, columns/2, true), j.Advance(Constant(columns))))
			}
			return cover
		}),
	)
	return f
}

func addGramSIMD() *Function {
	f := &Function{Name: "addGram"}
	p := f.Takes(I32, 7)
	c, x, y, i, to, k, stride := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	j := f.Has(I32, 1)[0]
	t := newTile(f)
	f.Does(
		t.nextA.Set(Times8(stride.Get())),
		t.nextB.Set(Times8(stride.Get())),
		byTwo(i, to, func(rows int) Statement {
			return Block(j.Set(Constant(0)), While(Less(j.Get(), Add(i.Get(), Constant(1))),
				t.place(c, i, j, stride, x.Get(), i.Get(), Constant(1), y, k), t.update(rows, pairs, false),
				j.Advance(Constant(lanes))))
		}),
	)
	return f
}

// rowOf is where a row of a matrix is whose number stands at index.
func rowOf(matrix, index, bytes Local) Expression {
	return Add(matrix.Get(), Mul(LoadI32(index.Get()), bytes.Get()))
}

func advance(by int, pointers ...Local) (s Statement) {
	for _, p := range pointers {
		s = Block(s, p.Advance(Constant(by)))
	}
	return s
}

// groupwise does something for every lane group of a row of so many numbers, and advances pointers with it.
func groupwise(left Local, group Statement, pointers ...Local) Statement {
	return While(Less(Constant(0), left.Get()), group, advance(laneGroup, pointers...), advance(-lanes, left))
}

func productsSIMD() *Function {
	f := &Function{Name: "products"}
	p := f.Takes(I32, 8)
	out, a, b, i, j, count, width, stride := p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]
	q := f.Has(I32, 5)
	x, y, to, bytes, left := q[0], q[1], q[2], q[3], q[4]
	var group Statement
	for at := 0; at < laneGroup; at += pair {
		group = Block(group, Store(to.Get(), at, Product(Load(x.Get(), at), Load(y.Get(), at))))
	}
	f.Does(
		bytes.Set(Times8(stride.Get())),
		Repeat(count,
			x.Set(rowOf(a, i, bytes)),
			y.Set(rowOf(b, j, bytes)),
			to.Set(out.Get()),
			left.Set(width.Get()),
			groupwise(left, group, x, y, to),
			out.Advance(bytes.Get()),
			advance(4, i, j)),
	)
	return f
}

func pairDotsSIMD() *Function {
	f := &Function{Name: "pairDots"}
	p := f.Takes(I32, 7)
	out, a, b, i, j, count, stride := p[0], p[1], p[2], p[3], p[4], p[5], p[6]
	q := f.Has(I32, 4)
	x, y, bytes, left := q[0], q[1], q[2], q[3]
	sums := f.Has(V128, pairs)
	var first, group Statement
	var halves []Expression
	for v, sum := range sums {
		s, t := Load(x.Get(), v*pair), Load(y.Get(), v*pair)
		first = Block(first, sum.Set(Product(s, t)))
		group = Block(group, sum.Set(Fused(s, t, sum.Get())))
		halves = append(halves, AddF64(Number(sum.Get(), 0), Number(sum.Get(), 1)))
	}
	f.Does(
		bytes.Set(Times8(stride.Get())),
		Repeat(count,
			x.Set(rowOf(a, i, bytes)),
			y.Set(rowOf(b, j, bytes)),
			first,
			advance(laneGroup, x, y),
			left.Set(Add(stride.Get(), Constant(-lanes))),
			groupwise(left, group, x, y),
			StoreF64(out.Get(), AddF64(AddF64(halves[0], halves[1]), AddF64(halves[2], halves[3]))),
			advance(8, out),
			advance(4, i, j)),
	)
	return f
}

func scaleRowsSIMD() *Function {
	f := &Function{Name: "scaleRows"}
	p := f.Takes(I32, 5)
	out, in, s, count, stride := p[0], p[1], p[2], p[3], p[4]
	left, factor := f.Has(I32, 1)[0], f.Has(V128, 1)[0]
	var group Statement
	for at := 0; at < laneGroup; at += pair {
		group = Block(group, Store(out.Get(), at, Product(factor.Get(), Load(in.Get(), at))))
	}
	f.Does(Repeat(count,
		factor.Set(LoadBoth(s.Get(), 0)),
		left.Set(stride.Get()),
		groupwise(left, group, in, out),
		advance(8, s)))
	return f
}
