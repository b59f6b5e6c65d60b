package contraction

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"lacuna/internal/cpu"
	"lacuna/internal/kernel"
)

func TestChoice(t *testing.T) {
	for _, c := range []struct {
		shape         []int
		cells, blocks int
		halves        bool
	}{
		{[]int{10, 10, 10, 10}, 2000, 504, true},         // the paper
		{[]int{50, 16, 5}, 1200, 504, true},              // months, stations, variables
		{[]int{50, 15, 25}, 5600, 104, true},             //
		{[]int{2000, 3000}, 100_000, 32, true},           // a matrix has nothing but halves
		{[]int{1000, 1000, 1000}, 200_000, 64, false},    // few cells share a pair of indices
		{[]int{1000, 1000, 1000}, 10_000_000, 64, false}, //
		{[]int{100_000, 50_000, 1000}, 10_000_000, 16, false},
	} {
		choice := best[float64](c.shape, c.cells, c.blocks)
		if got := choice.lanes > 0; got != c.halves {
			t.Errorf("%v with %d cells, %d blocks: halves is %v, want %v (%+v)",
				c.shape, c.cells, c.blocks, got, c.halves, choice)
		}
	}
}

func TestCostIsLinear(t *testing.T) {
	shape := []int{1000, 1000, 1000}
	for cells := 100_000; cells < 10_000_000; cells *= 10 {
		few, many := best[float64](shape, cells, 64).cost, best[float64](shape, 10*cells, 64).cost
		if exponent := math.Log10(many / few); exponent > 1.05 {
			t.Errorf("from %d to %d cells the cost grows with the power %.3f", cells, 10*cells, exponent)
		}
	}
}

func TestTiersAgree(t *testing.T) {
	t.Run("float64", tiersAgree[float64])
	t.Run("float32", tiersAgree[float32])
}

func tiersAgree[T kernel.Float](t *testing.T) {
	avx2, avx512 := cpu.AVX2, cpu.AVX512
	defer func() { cpu.AVX2, cpu.AVX512 = avx2, avx512 }()
	for _, s := range shapes {
		p := newProblem[T](rand.New(rand.NewPCG(9, 9)), s.shape, s.cells, s.blocks)
		p.everyWay(t, func(t *testing.T, build func(threads int) way[T]) {
			cpu.AVX2, cpu.AVX512 = avx2, avx512
			pred, g := p.evaluate(build(2))
			for _, off := range []func(){func() { cpu.AVX512 = false }, func() { cpu.AVX2 = false }} {
				off()
				predT, gT := p.evaluate(build(1))
				sameBits(t, "prediction", predT, pred)
				for n := range g {
					sameBits(t, "gradient", gT[n], g[n])
				}
			}
		})
	}
}

func FuzzDefinition(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint16(100), uint8(2))
	f.Add(uint64(2), uint8(5), uint16(300), uint8(9))
	f.Fuzz(func(t *testing.T, seed uint64, order uint8, cells uint16, groups uint8) {
		fuzzDefinition[float64](t, seed, order, cells, groups)
		fuzzDefinition[float32](t, seed, order, cells, groups)
	})
}

func fuzzDefinition[T kernel.Float](t *testing.T, seed uint64, order uint8, cells uint16, groups uint8) {
	rng := rand.New(rand.NewPCG(seed, 1))
	shape := make([]int, 2+int(order)%7)
	for n := range shape {
		shape[n] = 1 + rng.IntN(40/len(shape))
	}
	p := newProblem[T](rng, shape, 1+int(cells)%500, 8*(1+int(groups)%12))
	wantPred, size, wantG, gSize := p.naive()
	p.everyWay(t, func(t *testing.T, build func(threads int) way[T]) {
		pred, g := p.evaluate(build(1 + int(seed%3)))
		near(t, "prediction", pred, wantPred, size)
		for n := range g {
			near(t, fmt.Sprint("gradient of mode ", n), g[n], wantG[n], gSize[n])
		}
	})
}

// Cells are cut into spans, and more residuals than maxSorted are gathered tile by tile: both must not show.
func TestManySpans(t *testing.T) {
	t.Run("float64", manySpans[float64])
	t.Run("float32", manySpans[float32])
}

func manySpans[T kernel.Float](t *testing.T) {
	p := newProblem[T](rand.New(rand.NewPCG(4, 4)), []int{40, 50, 60}, 3*span, 24)
	wantPred, size, wantG, gSize := p.naive()
	order := cellOrder{inner: [2]int{1, 2}, rows: [2]int{64, 64}, lanes: 8}
	sorted := newCellwise[T](p.shape, p.index, p.blocks, 2, order)
	gathered := newCellwise[T](p.shape, p.index, p.blocks, 1, order)
	gathered.sorted = nil
	inPlace := newCellwise[T](p.shape, p.index, p.blocks, 1, order)
	for i := range inPlace.scratch {
		inPlace.scratch[i].v, inPlace.scratch[i].g = nil, nil
	}
	pred, g := p.evaluate(sorted)
	near(t, "prediction", pred, wantPred, size)
	for n := range g {
		near(t, "gradient", g[n], wantG[n], gSize[n])
	}
	for _, other := range []*cellwise[T]{gathered, inPlace} {
		predO, gO := p.evaluate(other)
		sameBits(t, "prediction", predO, pred)
		for n := range g {
			sameBits(t, "gradient", gO[n], g[n])
		}
	}
}

func BenchmarkSparse(b *testing.B) {
	p := newProblem[float64](rand.New(rand.NewPCG(1, 1)), []int{1000, 1000, 1000}, 200_000, 64)
	plan := New[float64](p.shape, p.index, p.blocks, 1)
	pred, g := make([]float64, len(p.residual)), p.zeros()
	flops, bytes := Work[float64](p.shape, len(pred), p.blocks)
	for b.Loop() {
		plan.Predict(pred, p.v)
		plan.Gradient(g, p.residual, p.v)
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(1e-9*flops/seconds, "GFLOP/s")
	b.ReportMetric(1e-9*bytes/seconds, "GB/s")
}
