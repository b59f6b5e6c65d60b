package contraction

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lacuna/internal/kernel"
)

// problem is a random set of distinct cells with random factors.
type problem[T kernel.Float] struct {
	shape    []int
	index    [][]int32
	blocks   int
	v        [][]T
	residual []T
}

func newProblem[T kernel.Float](rng *rand.Rand, shape []int, cells, blocks int) *problem[T] {
	p := &problem[T]{shape: shape, blocks: blocks, index: make([][]int32, len(shape))}
	seen := map[string]bool{}
	var coordinates [][]int32
	for range cells {
		cell := make([]int32, len(shape))
		for n, d := range shape {
			cell[n] = rng.Int32N(int32(d))
		}
		if key := fmt.Sprint(cell); !seen[key] {
			seen[key] = true
			coordinates = append(coordinates, cell)
		}
	}
	slices.SortFunc(coordinates, slices.Compare[[]int32])
	for _, cell := range coordinates {
		for n, i := range cell {
			p.index[n] = append(p.index[n], i)
		}
		p.residual = append(p.residual, T(rng.NormFloat64()))
	}
	for _, d := range shape {
		v := make([]T, d*blocks)
		for i := range v {
			v[i] = T(rng.NormFloat64())
		}
		p.v = append(p.v, v)
	}
	return p
}

func (p *problem[T]) zeros() [][]T {
	var g [][]T
	for _, v := range p.v {
		g = append(g, slices.Repeat([]T{T(math.NaN())}, len(v)))
	}
	return g
}

// naive is the definition: predictions and gradients, and the sums of the moduli of their terms.
func (p *problem[T]) naive() (pred, size []float64, g, gSize [][]float64) {
	for _, v := range p.v {
		g, gSize = append(g, make([]float64, len(v))), append(gSize, make([]float64, len(v)))
	}
	pred, size = make([]float64, len(p.residual)), make([]float64, len(p.residual))
	for c := range pred {
		for r := range p.blocks {
			product := 1.0
			for n := range p.shape {
				product *= float64(p.v[n][int(p.index[n][c])*p.blocks+r])
			}
			pred[c] += product
			size[c] += math.Abs(product)
			for n := range p.shape {
				term := float64(p.residual[c])
				for m := range p.shape {
					if m != n {
						term *= float64(p.v[m][int(p.index[m][c])*p.blocks+r])
					}
				}
				g[n][int(p.index[n][c])*p.blocks+r] += term
				gSize[n][int(p.index[n][c])*p.blocks+r] += math.Abs(term)
			}
		}
	}
	return pred, size, g, gSize
}

func (p *problem[T]) evaluate(w way[T]) (pred []T, g [][]T) {
	pred, g = make([]T, len(p.residual)), p.zeros()
	for range 2 { // a plan is used many times
		w.predict(pred, p.v)
		w.gradient(g, func(out []T, cells []int32) {
			for x, c := range cells {
				out[x] = p.residual[c]
			}
		}, p.v)
	}
	return pred, g
}

func near[T kernel.Float](t *testing.T, what string, got []T, want, size []float64) {
	t.Helper()
	tolerance := 1e-13
	if sizeOf[T]() == 4 {
		tolerance = 1e-6
	}
	for i := range want {
		if difference := math.Abs(float64(got[i]) - want[i]); !(difference <= tolerance*size[i]) {
			t.Fatalf("%s: entry %d is %v, by definition %v", what, i, got[i], want[i])
		}
	}
}

func sameBits[T kernel.Float](t *testing.T, what string, a, b []T) {
	t.Helper()
	for i := range a {
		if math.Float64bits(float64(a[i])) != math.Float64bits(float64(b[i])) {
			t.Fatalf("%s: entry %d is %v, and %v", what, i, a[i], b[i])
		}
	}
}

var shapes = []struct {
	shape         []int
	cells, blocks int
}{
	{[]int{1, 1}, 1, 8},
	{[]int{7, 5}, 20, 8},
	{[]int{40, 3}, 100, 24},
	{[]int{300, 200}, 2000, 40},
	{[]int{5, 4, 3}, 30, 16},
	{[]int{1, 9, 1}, 6, 8},
	{[]int{50, 16, 5}, 1200, 48},
	{[]int{100, 90, 80}, 500, 32},
	{[]int{10, 10, 10, 10}, 2000, 104},
	{[]int{10, 10, 10, 10}, 300, 520},
	{[]int{30, 2, 17, 4}, 900, 72},
	{[]int{3, 4, 2, 3, 5}, 200, 16},
	{[]int{6, 1, 5, 2, 4, 3}, 300, 24},
	{[]int{3, 3, 3, 3, 3, 3, 3}, 400, 8},
	{[]int{2, 3, 2, 3, 2, 3, 2, 3}, 500, 16},
}

func TestDefinition(t *testing.T) {
	t.Run("float64", definition[float64])
	t.Run("float32", definition[float32])
}

func definition[T kernel.Float](t *testing.T) {
	for _, s := range shapes {
		p := newProblem[T](rand.New(rand.NewPCG(1, 2)), s.shape, s.cells, s.blocks)
		wantPred, size, wantG, gSize := p.naive()
		t.Run(fmt.Sprint(s.shape, s.cells, s.blocks), func(t *testing.T) {
			p.everyWay(t, func(t *testing.T, build func(threads int) way[T]) {
				pred, g := p.evaluate(build(1))
				near(t, "prediction", pred, wantPred, size)
				for n := range g {
					near(t, fmt.Sprint("gradient of mode ", n), g[n], wantG[n], gSize[n])
				}
				for _, threads := range []int{2, 3, 5} {
					predT, gT := p.evaluate(build(threads))
					sameBits(t, "prediction, more threads", predT, pred)
					for n := range g {
						sameBits(t, "gradient, more threads", gT[n], g[n])
					}
				}
			})
		})
	}
}

// everyWay runs a test with the plan that New chooses, with a split in halves, and with orders by cells, in tiles of
// all widths.
func (p *problem[T]) everyWay(t *testing.T, test func(t *testing.T, build func(threads int) way[T])) {
	t.Run("chosen", func(t *testing.T) {
		test(t, func(threads int) way[T] { return New[T](p.shape, p.index, p.blocks, threads).way })
	})
	for groups := 1; groups <= kernel.MaxLanes[T]()/kernel.Lanes; groups++ {
		split := [2][]int{{0}, nil}
		for n := 1; n < len(p.shape); n++ {
			split[n%2] = append(split[n%2], n)
		}
		t.Run(fmt.Sprint("halves ", split, groups), func(t *testing.T) {
			test(t, func(threads int) way[T] {
				return newHalves[T](p.shape, p.index, p.blocks, threads, split, groups*kernel.Lanes)
			})
		})
		if len(p.shape) < 3 {
			continue
		}
		inner := [2]int{groups % len(p.shape), (groups + 1) % len(p.shape)}
		order := cellOrder{inner: inner, rows: [2]int{16, 16 << groups}, lanes: groups * kernel.Lanes}
		t.Run(fmt.Sprint("cells ", order), func(t *testing.T) {
			test(t, func(threads int) way[T] { return newCellwise[T](p.shape, p.index, p.blocks, threads, order) })
		})
	}
}

func TestAnyOrderOfCells(t *testing.T) {
	t.Run("float64", anyOrderOfCells[float64])
	t.Run("float32", anyOrderOfCells[float32])
}

func anyOrderOfCells[T kernel.Float](t *testing.T) {
	p := newProblem[T](rand.New(rand.NewPCG(3, 4)), []int{8, 9, 7, 3}, 700, 40)
	pred, g := p.evaluate(New[T](p.shape, p.index, p.blocks, 1).way)
	order := rand.New(rand.NewPCG(5, 6)).Perm(len(pred))
	q := *p
	q.index, q.residual = make([][]int32, len(p.shape)), nil
	var want []T
	for _, c := range order {
		for n := range q.index {
			q.index[n] = append(q.index[n], p.index[n][c])
		}
		q.residual = append(q.residual, p.residual[c])
		want = append(want, pred[c])
	}
	predQ, gQ := q.evaluate(New[T](q.shape, q.index, q.blocks, 1).way)
	sameBits(t, "prediction", predQ, want)
	for n := range g {
		sameBits(t, "gradient", gQ[n], g[n])
	}
}

func TestAllocatesNothing(t *testing.T) {
	t.Run("float64", allocatesNothing[float64])
	t.Run("float32", allocatesNothing[float32])
}

func allocatesNothing[T kernel.Float](t *testing.T) {
	p := newProblem[T](rand.New(rand.NewPCG(7, 8)), []int{10, 10, 10, 10}, 500, 64)
	plan := New[T](p.shape, p.index, p.blocks, 1)
	pred, g := make([]T, len(p.residual)), p.zeros()
	if n := testing.AllocsPerRun(10, func() {
		plan.Predict(pred, p.v)
		plan.Gradient(g, p.residual, p.v)
	}); n != 0 {
		t.Fatalf("%v allocations in a call", n)
	}
}

func BenchmarkPaper(b *testing.B) {
	p := newProblem[float64](rand.New(rand.NewPCG(1, 1)), []int{10, 10, 10, 10}, 2231, 504)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			plan := New[float64](p.shape, p.index, p.blocks, threads)
			pred, g := make([]float64, len(p.residual)), p.zeros()
			for b.Loop() {
				plan.Predict(pred, p.v)
				plan.Gradient(g, p.residual, p.v)
			}
			b.ReportMetric(6e-9*float64(len(pred)*p.blocks)*float64(b.N)/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}
