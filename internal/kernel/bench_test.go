package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// callOf is a call of a kernel that does flops operations and moves so many numbers.
type callOf struct {
	name           string
	flops, numbers int
	call           func()
}

// calls are calls of every kernel: those on chains for matrices of d rows and columns, those on panels for rows of
// that many lane groups.
func calls[T Float](d, groups int) []callOf {
	all := append(chainCalls[T](d), panelCalls[T](groups)...)
	if wide[T]() {
		all = append(append(all, gemmCall(d)), gramCalls(groups)...)
	}
	return all
}

// filled is Make with numbers in it: memory that was never written is one page of zeros, and slower than any other.
func filled[T Float](n int) []T {
	s := Make[T](n)
	for i := range s {
		s[i] = T(1e-3 * float64(i%17))
	}
	return s
}

func chainCalls[T Float](d int) []callOf {
	a, x, y, g := filled[T](d*d*Lanes), filled[T](d*Lanes), filled[T](d*Lanes), filled[T](d*d*Lanes)
	s, along, norm2, by := new([Lanes]T), new([Lanes]T), new(lane), new(Adam[T])
	by.Set(0, 1, 0.9, 0.1, 0.999, 0.001, 1, 1e-8, 1e-3)
	moments := filled[T](2 * d * d * Lanes)
	m, v := len(a), len(x)
	all := []callOf{
		{"MatVec", 2 * m, m, func() { MatVec(y, a, x, d, d) }},
		{"MatTVec", 2 * m, m, func() { MatTVec(y, a, x, d, d) }},
		{"AddOuterMatVec", 6 * m, 2 * m, func() { AddOuterMatVec(a, norm2, y, Outer[T]{1e-12, x, x}, x, d, d, 0) }},
		{"Dot", 2 * v, 2 * v, func() { Dot(s, y, x, d) }},
		{"Norms2", 2 * v, v, func() { Norms2(norm2, x, d) }},
		{"Axpy", 2 * v, 3 * v, func() { Axpy(y, s, x, d) }},
		{"Multiply", v, 3 * v, func() { Multiply(y, x, x, d) }},
		{"AxpyNorm2", 4 * v, 3 * v, func() { AxpyNorm2(y, norm2, s, x, d) }},
		{"AdamMatVec", 20 * m, 6 * m, func() { AdamMatVec(a, moments[:m], moments[m:], y, x, x, x, by, d, d, 0) }},
		{"NegateDots", 5 * v, 3 * v, func() { NegateDots(y, along, s, g, x, d, d*Lanes) }},
		{"CopyLanes", 0, 2 * v, func() { CopyLanes(y, g, d, Lanes, d*Lanes) }},
		{"NegateLanes", v, 2 * v, func() { NegateLanes(y, g, d, Lanes, d*Lanes) }},
		{"SumRows", m, m + v, func() { SumRows(y, g, d, v, v) }},
		{"MultiplyAdds", d * MultiplyAddFlops, 0, func() { MultiplyAdds[T](d) }},
	}
	for _, terms := range []int{1, 2, 4} {
		outers := make([]Outer[T], terms)
		for k := range outers {
			outers[k] = Outer[T]{1e-12, y, x}
		}
		add, norms := fmt.Sprint("AddOuters", terms), fmt.Sprint("OutersNorm2x", terms)
		if terms == 1 {
			add, norms = "AddOuters", "OutersNorm2"
		}
		all = append(all,
			callOf{add, 2 * (terms + 1) * m, 2 * m, func() { AddOuters(a, norm2, outers, d, d) }},
			callOf{norms, 2 * (terms + 1) * m, m, func() { OutersNorm2(norm2, outers, d, d) }})
	}
	if wide[T]() {
		c, one := filled[float64](Lanes*Lanes), new(lane)
		all = append(all, callOf{"AddTile", 2 * len(c), 2 * len(c), func() { AddTile(c, Lanes, one, one) }})
	}
	return all
}

func gemmCall(n int) callOf {
	const k = 48
	c, a, b := filled[float64](n*n), filled[float64](n*k), filled[float64](k*n)
	return callOf{"GemmSub", 2 * n * n * k, 2 * n * n, func() { GemmSub(c, a, b, n, n, k, n, k, n) }}
}

// gramCalls are on 64 rows of that many lane groups, and products of rows of two matrices of 100.
func gramCalls(groups int) []callOf {
	const rows, many = 64, 100
	n := groups * Lanes
	rng := rand.New(rand.NewPCG(2, 1))
	a, b, h, w := filled[float64](many*n), filled[float64](many*n), filled[float64](rows*n), filled[float64](rows)
	c, weighted, i, j := filled[float64](n*n), filled[float64](rows*n), make([]int32, rows), make([]int32, rows)
	for k := range i {
		i[k], j[k] = rng.Int32N(many), rng.Int32N(many)
	}
	return []callOf{
		{"Products", rows * n, 3 * rows * n, func() { Products(h, a, b, i, j, n) }},
		{"PairDots", 2 * rows * n, 2 * rows * n, func() { PairDots(w, a, b, i, j, n) }},
		{"ScaleRows", rows * n, 2 * rows * n, func() { ScaleRows(weighted, h, w, n) }},
		{"AddGram", rows * n * (n + Lanes), 2 * rows * n, func() { AddGram(c, weighted, h, n, rows, n) }},
	}
}

// panelCalls work on 100 rows of 20 items, on a tree of 10 parents with 10 leaves each, and on runs of 20 cells.
func panelCalls[T Float](groups int) []callOf {
	const rows, perRow, few = 100, 20, 10
	rng := rand.New(rand.NewPCG(1, 1))
	lanes := groups * Lanes
	start, tree := runsOf(rows, perRow), runsOf(few, rows/few)
	at, row, leaf := make([]int32, rows*perRow+3), make([]int32, rows), make([]int32, rows)
	cells := make([]uint32, rows*perRow)
	for k := range at {
		at[k] = rng.Int32N(rows)
	}
	for k := range cells {
		cells[k] = Cell(rng.IntN(few), rng.IntN(few))
	}
	for u := range rows {
		row[u], leaf[u] = int32(u), int32(u%few)
	}
	p, q, s, out := filled[T](rows*lanes), filled[T](rows*lanes), filled[T](rows*perRow), filled[T](rows*perRow+3)
	v, gV, gC, g := filled[T](few*lanes), filled[T](few*lanes), filled[T](few*lanes), filled[T](rows*lanes)
	m, size := rows*lanes, rows*perRow*lanes
	return []callOf{
		{"RowDots", 2 * size, size, func() { RowDots(out, p, q, start, at, lanes) }},
		{"RowSums", 2 * size, size, func() { RowSums(g, q, s, start, at, lanes) }},
		{"Expand", m, 2 * m, func() { Expand(g, q, v, tree, leaf, lanes, lanes) }},
		{"Fold", 4 * m, 4 * m, func() { Fold(g, gV, p, q, v, tree, leaf, lanes, lanes) }},
		{"TreeDots", m + 2*size, m + size, func() {
			TreeDots(out, p, v, tree, leaf, q, start, at, lanes, lanes)
		}},
		{"TreeSums", 4*m + 2*size, 3*m + size, func() {
			TreeSums(g, gV, p, v, tree, leaf, q, s, start, at, lanes, lanes)
		}},
		{"CellDots", 3 * size, 2 * size, func() { CellDots(out, p, v, gV, start, row, cells, lanes, lanes, lanes) }},
		{"CellSums", 8 * size, 6 * size, func() {
			CellSums(g, gV, gC, p, v, v, s, start, row, cells, lanes, lanes, lanes)
		}},
	}
}

// runsOf is the run table of rows of one length.
func runsOf(rows, length int) []int32 {
	start := make([]int32, rows+1)
	for u := range start {
		start[u] = int32(u * length)
	}
	return start
}

// bench reports the speed of calls.
func bench[T Float](b *testing.B, size int, calls []callOf) {
	for _, c := range calls {
		b.Run(fmt.Sprint(c.name, "/", size), func(b *testing.B) {
			for b.Loop() {
				c.call()
			}
			seconds := b.Elapsed().Seconds() / float64(b.N)
			b.ReportMetric(1e-9*float64(c.flops)/seconds, "GFLOP/s")
			b.ReportMetric(1e-9*float64(c.numbers)*float64(unsafe.Sizeof(T(0)))/seconds, "GB/s")
		})
	}
}

func BenchmarkChain(b *testing.B) {
	b.Run("float64", benchmarkChain[float64])
	b.Run("float32", benchmarkChain[float32])
}

func benchmarkChain[T Float](b *testing.B) {
	for _, d := range []int{5, 10, 16, 50} {
		bench[T](b, d, chainCalls[T](d))
	}
}

func BenchmarkRows(b *testing.B) {
	b.Run("float64", benchmarkRows[float64])
	b.Run("float32", benchmarkRows[float32])
}

func benchmarkRows[T Float](b *testing.B) {
	for groups := 1; groups <= maxGroups[T](); groups++ {
		bench[T](b, groups, panelCalls[T](groups))
	}
}

func BenchmarkGemmSub(b *testing.B) {
	for _, n := range []int{64, 256, 1000} {
		bench[float64](b, n, []callOf{gemmCall(n)})
	}
}

func BenchmarkGram(b *testing.B) {
	for _, groups := range []int{1, 2, 4, 8} {
		bench[float64](b, groups, gramCalls(groups))
	}
}
