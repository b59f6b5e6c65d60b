package lacuna_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"lacuna"
	"lacuna/dataset"
	"lacuna/tensor"
)

// generated is a CP tensor of given rank with noise, of which a share of the cells is observed.
type generated struct {
	observed *tensor.Observed
	held     *tensor.Observed
}

func generate(t *testing.T, seed uint64, shape tensor.Shape, rank int, noise, share float64) generated {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	factors := make([][]float64, len(shape))
	for n, d := range shape {
		for range d * rank {
			factors[n] = append(factors[n], r.NormFloat64())
		}
	}
	var index [2][][]int32
	var values [2][]float64
	for k := range index {
		index[k] = make([][]int32, len(shape))
	}
	cell := make([]int, len(shape))
	for {
		v := noise * r.NormFloat64()
		for b := range rank {
			product := 1.0
			for n, i := range cell {
				product *= factors[n][i*rank+b]
			}
			v += product
		}
		to := 1
		if r.Float64() < share {
			to = 0
		}
		values[to] = append(values[to], v)
		for n, i := range cell {
			index[to][n] = append(index[to][n], int32(i))
		}
		n := len(shape) - 1
		for ; n >= 0; n-- {
			if cell[n]++; cell[n] < shape[n] {
				break
			}
			cell[n] = 0
		}
		if n < 0 {
			break
		}
	}
	build := func(k int) *tensor.Observed {
		o, err := tensor.NewObserved(tensor.NumberedModes(shape), index[k], values[k])
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	return generated{build(0), build(1)}
}

func complete(t *testing.T, o *tensor.Observed, options lacuna.Options) *lacuna.Completion {
	t.Helper()
	c, err := lacuna.Complete(context.Background(), o, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func nrmse(c *lacuna.Completion, held *tensor.Observed) float64 {
	var sum float64
	for k, v := range held.Values {
		filled, _ := c.At(held.Cell(k))
		sum += (filled - v) * (filled - v)
	}
	_, deviation := tensor.Moments(held.Values)
	return math.Sqrt(sum/float64(held.Len())) / deviation
}

// small asks for little work, for tests of other things than accuracy.
var small = lacuna.Options{Effort: 0.002}

func TestRecoversALowRankTensorExactly(t *testing.T) {
	for seed := range uint64(2) {
		g := generate(t, seed, tensor.Shape{8, 9, 7, 6}, 3, 0, 0.15)
		c := complete(t, g.observed, lacuna.Options{Effort: 0.1})
		if e := nrmse(c, g.held); e > 1e-9 || c.EffectiveRank != 3 {
			t.Errorf("seed %d: error %.2g, rank %d; want 0 and 3", seed, e, c.EffectiveRank)
		}
		if !(c.HeldOutNRMSE < 1e-9) {
			t.Errorf("seed %d: held-out error %v", seed, c.HeldOutNRMSE)
		}
	}
}

// 184 cells have 1.6 values for every degree of freedom of four blocks: chains whose noise sinks as it likes do not find them.
func TestRecoversATensorThatItsCellsHardlyDetermine(t *testing.T) {
	full := dataset.Synthetic(tensor.Shape{8, 8, 8, 8}, 4, 0, 1000)
	observed, held := dataset.Observe(full, dataset.Random, 0, 0.045, 1000)
	c := complete(t, observed, lacuna.Options{Effort: 0.2})
	if e := nrmse(c, held); e > 1e-9 || c.EffectiveRank != 4 {
		t.Errorf("error %.2g, rank %d; want 0 and 4", e, c.EffectiveRank)
	}
}

func TestNoisyTensorIsFilledNearTheNoise(t *testing.T) {
	const noise = 0.3
	g := generate(t, 5, tensor.Shape{20, 15, 10}, 2, noise, 0.3)
	c := complete(t, g.observed, lacuna.Options{Effort: 0.03})
	_, deviation := tensor.Moments(g.held.Values)
	floor := noise / deviation
	if e := nrmse(c, g.held); e > 1.25*floor {
		t.Errorf("error %.3f, the noise alone is %.3f", e, floor)
	}
	if math.Abs(c.HeldOutNRMSE-nrmse(c, g.held)) > 0.3*c.HeldOutNRMSE {
		t.Errorf("held-out error %.3f, true error %.3f", c.HeldOutNRMSE, nrmse(c, g.held))
	}
	var inside int
	for k, v := range g.held.Values {
		if low, high := c.Interval(g.held.Cell(k), 0.9); low <= v && v <= high {
			inside++
		}
	}
	if share := float64(inside) / float64(g.held.Len()); share < 0.84 || share > 0.96 {
		t.Errorf("90 %% intervals hold %.1f %% of the cells", 100*share)
	}
	if len(c.Baselines) != 2 || !(c.Baselines[0].NRMSE > c.HeldOutNRMSE) {
		t.Errorf("baselines %v, model %v", c.Baselines, c.HeldOutNRMSE)
	}
}

func TestSameBitsForAnyNumberOfThreads(t *testing.T) {
	g := generate(t, 3, tensor.Shape{9, 8, 7}, 2, 0.2, 0.4)
	var want []float64
	for _, threads := range []int{1, 2, 5} {
		o := small
		o.Threads = threads
		c := complete(t, g.observed, o)
		var got []float64
		for k := range g.held.Values {
			value, stderr := c.At(g.held.Cell(k))
			got = append(got, value, stderr)
		}
		if want == nil {
			want = got
		} else if !slices.Equal(got, want) {
			t.Errorf("%d threads give other bits than one", threads)
		}
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	g := generate(t, 3, tensor.Shape{9, 8, 7}, 2, 0.2, 0.4)
	perm := rand.New(rand.NewPCG(1, 1)).Perm(g.observed.Len())
	shuffled := g.observed.Subset(perm)
	again, err := tensor.NewObserved(shuffled.Modes, shuffled.Index, shuffled.Values)
	if err != nil {
		t.Fatal(err)
	}
	a, b := complete(t, g.observed, small), complete(t, again, small)
	for k := range g.held.Values {
		cell := g.held.Cell(k)
		va, _ := a.At(cell)
		vb, _ := b.At(cell)
		if va != vb {
			t.Fatalf("cell %v: %v and %v", cell, va, vb)
		}
	}
}

// TestScalingTheValuesScalesTheAnswer multiplies by a power of two, which rounds nothing: the answer follows to the
// bit.
func TestScalingTheValuesScalesTheAnswer(t *testing.T) {
	g := generate(t, 4, tensor.Shape{9, 8, 7}, 2, 0.2, 0.4)
	const factor = 1024.0
	values := slices.Clone(g.observed.Values)
	for k := range values {
		values[k] *= factor
	}
	a, b := complete(t, g.observed, small), complete(t, g.observed.WithValues(values), small)
	for k := range g.held.Values {
		cell := g.held.Cell(k)
		va, sa := a.At(cell)
		vb, sb := b.At(cell)
		if vb != factor*va || sb != factor*sa {
			t.Fatalf("cell %v: %v ± %v and %v ± %v", cell, va, sa, vb, sb)
		}
	}
}

func TestPermutingTheModesPermutesTheAnswer(t *testing.T) {
	g := generate(t, 6, tensor.Shape{12, 8, 9}, 2, 0.1, 0.5)
	swapped, err := tensor.NewObserved(
		[]tensor.Mode{g.observed.Modes[2], g.observed.Modes[0], g.observed.Modes[1]},
		[][]int32{g.observed.Index[2], g.observed.Index[0], g.observed.Index[1]}, g.observed.Values)
	if err != nil {
		t.Fatal(err)
	}
	o := lacuna.Options{Effort: 0.02}
	a, b := complete(t, g.observed, o), complete(t, swapped, o)
	var sum float64
	for k := range g.held.Values {
		cell := g.held.Cell(k)
		va, _ := a.At(cell)
		vb, _ := b.At([]int32{cell[2], cell[0], cell[1]})
		sum += (va - vb) * (va - vb)
	}
	_, deviation := tensor.Moments(g.held.Values)
	if e := math.Sqrt(sum/float64(g.held.Len())) / deviation; e > 0.08 {
		t.Errorf("answers differ by %.3f of the deviation of the values", e)
	}
}

func TestOrdersTwoToEightAndUnequalModes(t *testing.T) {
	for _, shape := range []tensor.Shape{
		{30, 20}, {200, 2, 3}, {5, 4, 3, 2, 3}, {3, 2, 3, 2, 2, 3}, {2, 3, 2, 2, 3, 2, 2}, {2, 2, 2, 2, 3, 2, 2, 2},
	} {
		g := generate(t, 8, shape, 1, 0.1, 0.5)
		c := complete(t, g.observed, small)
		if e := nrmse(c, g.held); !(e < 0.9) {
			t.Errorf("shape %v: error %v", shape, e)
		}
		if !slices.Equal(c.CP.Shape, shape) || len(c.CP.Factors[0]) != shape[0]*c.EffectiveRank {
			t.Errorf("shape %v: factors of shape %v", shape, c.CP.Shape)
		}
	}
}

func TestAnIndexWithoutCells(t *testing.T) {
	g := generate(t, 9, tensor.Shape{8, 7, 6}, 1, 0.1, 0.6)
	rest, _ := g.observed.Partition(func(c int) bool { return g.observed.Index[1][c] != 3 })
	c := complete(t, rest, small)
	value, stderr := c.At([]int32{2, 3, 4})
	_, known := c.At([]int32{2, 2, 4})
	if !(stderr > known) || math.IsInf(stderr, 1) || math.IsNaN(value) || math.IsInf(value, 0) {
		t.Errorf("got %v ± %v, beside ± %v where something is known", value, stderr, known)
	}
	if len(c.Warnings) == 0 {
		t.Error("no warning")
	}
	if _, stderr := c.At([]int32{2, 2, 4}); math.IsInf(stderr, 0) || !(stderr > 0) {
		t.Errorf("a cell with observed indices has a standard error of %v", stderr)
	}
}

func TestConstantAndTinyTensors(t *testing.T) {
	modes := tensor.NumberedModes(tensor.Shape{3, 3})
	for _, test := range []struct {
		values []float64
		rank   int
	}{{[]float64{7, 7, 7}, 1}, {[]float64{0, 0, 0}, 0}} {
		o, err := tensor.NewObserved(modes, [][]int32{{0, 1, 2}, {0, 1, 2}}, test.values)
		if err != nil {
			t.Fatal(err)
		}
		c := complete(t, o, small)
		if value, _ := c.At([]int32{0, 2}); value != test.values[0] || c.EffectiveRank != test.rank {
			t.Errorf("constant %v: filled with %v, rank %d", test.values[0], value, c.EffectiveRank)
		}
	}
	o, err := tensor.NewObserved(modes, [][]int32{{0, 1, 2}, {0, 1, 2}}, []float64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	c := complete(t, o, small)
	if value, _ := c.At([]int32{0, 1}); math.IsNaN(value) {
		t.Error("three cells give NaN")
	}
	if _, err := lacuna.Complete(context.Background(), o.Subset([]int{0}), small); err == nil {
		t.Error("one observed cell was accepted")
	}
}

func TestCancellationKeepsTheBestSoFar(t *testing.T) {
	g := generate(t, 10, tensor.Shape{12, 10, 9}, 2, 0.2, 0.4)
	before, cancelBefore := context.WithCancel(context.Background())
	cancelBefore()
	during, cancelDuring := context.WithCancel(context.Background())
	defer cancelDuring()
	calls := 0
	for name, run := range map[string]struct {
		ctx      context.Context
		progress func(lacuna.Progress)
	}{
		"before": {before, nil},
		"during": {during, func(lacuna.Progress) {
			if calls++; calls == 6 {
				cancelDuring()
			}
		}},
	} {
		c, err := lacuna.Complete(run.ctx, g.observed, lacuna.Options{Effort: 0.1, Progress: run.progress})
		if err != nil {
			t.Fatal(err)
		}
		if c.Status != lacuna.Interrupted {
			t.Errorf("%s: status %v", name, c.Status)
		}
		if value, stderr := c.At([]int32{1, 2, 3}); math.IsNaN(value) || !(stderr > 0) {
			t.Errorf("%s: %v ± %v", name, value, stderr)
		}
	}
	c, err := lacuna.Complete(context.Background(), g.observed, lacuna.Options{MaxTime: time.Nanosecond})
	if err != nil || c.Status != lacuna.TimeLimit {
		t.Errorf("status %v, error %v", c.Status, err)
	}
}

func TestBernoulliFillsProbabilities(t *testing.T) {
	g := generate(t, 11, tensor.Shape{20, 15, 8}, 1, 0, 0.5)
	binary := func(o *tensor.Observed) *tensor.Observed {
		values := make([]float64, o.Len())
		for k, v := range o.Values {
			if v > -0.2 {
				values[k] = 1
			}
		}
		return o.WithValues(values)
	}
	c := complete(t, binary(g.observed), lacuna.Options{Noise: lacuna.NoiseBernoulli, Effort: 0.02})
	held := binary(g.held)
	var right int
	for k, v := range held.Values {
		p, _ := c.At(held.Cell(k))
		if p < 0 || p > 1 {
			t.Fatalf("probability %v", p)
		}
		if (p > 0.5) == (v == 1) {
			right++
		}
	}
	if share := float64(right) / float64(held.Len()); share < 0.75 {
		t.Errorf("%.2f of the cells are on the right side of one half", share)
	}
	odds := lacuna.Options{Noise: lacuna.NoiseBernoulli}
	if _, err := lacuna.Complete(context.Background(), g.observed, odds); err == nil {
		t.Error("values outside [0, 1] were accepted")
	}
}

// TestSmoothHelpsOnASmoothMode hides most of a slowly varying mode.
func TestSmoothHelpsOnASmoothMode(t *testing.T) {
	shape := tensor.Shape{60, 6, 5}
	r := rand.New(rand.NewPCG(12, 1))
	var index [2][3][]int32
	var values [2][]float64
	for i := range 60 {
		for a := range 6 {
			for b := range 5 {
				v := math.Sin(float64(i)/9+float64(a)) + 0.5*math.Cos(float64(i)/7+float64(b)) + 0.3*r.NormFloat64()
				to := 1
				if r.Float64() < 0.12 {
					to = 0
				}
				values[to] = append(values[to], v)
				for n, k := range []int{i, a, b} {
					index[to][n] = append(index[to][n], int32(k))
				}
			}
		}
	}
	var parts [2]*tensor.Observed
	for k := range parts {
		o, err := tensor.NewObserved(tensor.NumberedModes(shape), index[k][:], values[k])
		if err != nil {
			t.Fatal(err)
		}
		parts[k] = o
	}
	plain := nrmse(complete(t, parts[0], lacuna.Options{Effort: 0.02}), parts[1])
	smooth := nrmse(complete(t, parts[0], lacuna.Options{Effort: 0.02, Smooth: []int{0}}), parts[1])
	if !(smooth < plain) {
		t.Errorf("error %.3f with smoothing, %.3f without", smooth, plain)
	}
}

func TestBadOptionsAreErrors(t *testing.T) {
	g := generate(t, 3, tensor.Shape{4, 4}, 1, 0.1, 0.8)
	for k, o := range []lacuna.Options{
		{Smooth: []int{2}},
		{Blocks: -1},
		{Blocks: 100_000_000},
		{Blocks: math.MaxInt},
		{HoldOut: 1},
		{Level: 1},
		{Effort: -1},
		{Noise: "cauchy"},
		{Standardise: tensor.StandardiseMode, StandardiseMode: 5},
	} {
		if _, err := lacuna.Complete(context.Background(), g.observed, o); err == nil {
			t.Errorf("options %d were accepted", k)
		}
	}
}

// TestHoldOutIsTheShareOfAFold: that share is hidden at a time, and as many folds as the settings tell measure the
// error.
func TestHoldOutIsTheShareOfAFold(t *testing.T) {
	g := generate(t, 5, tensor.Shape{12, 10, 8}, 2, 0.3, 0.5)
	for _, share := range []float64{0.1, 0.25} {
		c := complete(t, g.observed, lacuna.Options{Effort: 0.005, HoldOut: share})
		want := share * float64(c.Settings.Folds*g.observed.Len())
		if c.Settings.Folds < 1 || math.Abs(float64(len(c.HeldOut))-want) > float64(c.Settings.Folds)+0.01*want {
			t.Errorf("share %v: %d folds hold %d cells of %d", share, c.Settings.Folds, len(c.HeldOut), g.observed.Len())
		}
	}
}

// TestEmergencesBelongToBlocksOfTheModel: the time beside a block is that of a block of the flow with the same factors.
func TestEmergencesBelongToBlocksOfTheModel(t *testing.T) {
	g := generate(t, 2, tensor.Shape{9, 8, 7}, 2, 0.01, 0.5)
	c := complete(t, g.observed, lacuna.Options{Effort: 0.03})
	seen := map[int]bool{}
	for _, e := range c.Emergences {
		if !e.Matched {
			continue
		}
		if e.Block >= c.EffectiveRank || seen[e.Block] {
			t.Errorf("block %d of %d is matched again", e.Block, c.EffectiveRank)
		}
		seen[e.Block] = true
		// The norm of a block that has been learnt is that of the model's block.
		if norm := c.Norms[e.Block]; e.Norm < 0.7*norm || e.Norm > 1.4*norm {
			t.Errorf("block %d has norm %.3f, the block of the flow beside it %.3f", e.Block, norm, e.Norm)
		}
	}
	if len(seen) == 0 {
		t.Errorf("no block of the flow is one of the model's: %+v", c.Emergences)
	}
}
