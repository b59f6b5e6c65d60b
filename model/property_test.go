package model

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

func drawProblem(t *rapid.T) (problem, loss.Loss, uint64) {
	order := rapid.IntRange(2, 5).Draw(t, "order")
	largest := []int{0, 0, 9, 6, 4, 3}[order]
	var p problem
	for n := range order {
		p.shape = append(p.shape, rapid.IntRange(1, largest).Draw(t, fmt.Sprint("d", n)))
		p.depths = append(p.depths, rapid.IntRange(0, 2).Draw(t, fmt.Sprint("k", n)))
	}
	return p, rapid.SampledFrom(losses).Draw(t, "loss"), rapid.Uint64Range(0, 1000).Draw(t, "seed")
}

func rapidChains(t *rapid.T, o *tensor.Observed, l loss.Loss, config Config, seed uint64) *Chains {
	c, err := NewChains(o, l, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(StartConfig{SigmaW: 0.7, SigmaA: 0.6, Seed: seed}); err != nil {
		t.Fatal(err)
	}
	return c
}

func rapidNear(t *rapid.T, what string, got, want []float64, tolerance float64) {
	scale := 0.0
	for _, v := range want {
		scale = math.Max(scale, math.Abs(v))
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= tolerance*scale) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, v, want[i])
		}
	}
}

func TestPermutingModesPermutesTheAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, l, seed := drawProblem(t)
		o := someCells(quiet{}, p.shape, 0.5, seed)
		order := rapid.Permutation(indices(len(p.shape))).Draw(t, "order of modes")
		modes, index, depths := []tensor.Mode{}, [][]int32{}, []int{}
		for _, n := range order {
			modes, index, depths = append(modes, o.Modes[n]), append(index, o.Index[n]), append(depths, p.depths[n])
		}
		turned, err := tensor.NewObserved(modes, index, slices.Clone(o.Values))
		if err != nil {
			t.Fatal(err)
		}
		const blocks = 5
		a := rapidChains(t, o, l, Config{Blocks: blocks, Depths: p.depths}, seed)
		b := rapidChains(t, turned, l, Config{Blocks: blocks, Depths: depths}, seed)
		turn := func(from Block) (to Block) {
			for _, n := range order {
				to.W, to.A = append(to.W, from.W[n]), append(to.A, from.A[n])
			}
			return to
		}
		for r := range blocks {
			b.SetBlock(r, turn(a.Block(r)))
		}
		rapidNear(t, "loss", []float64{b.Gradient(0, nil)}, []float64{a.Gradient(0, nil)}, 1e-12)
		a.Move([]Term{{0, 0.1}})
		b.Move([]Term{{0, 0.1}})
		for r := range blocks {
			var got, want []float64
			for _, factor := range factorsOf(b.Block(r)) {
				got = append(got, factor...)
			}
			for _, factor := range factorsOf(turn(a.Block(r))) {
				want = append(want, factor...)
			}
			rapidNear(t, "block after a step", got, want, 1e-12)
		}
	})
}

func TestScalingFactorsAgainstEachOtherChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, l, seed := drawProblem(t)
		c := rapidChains(t, someCells(quiet{}, p.shape, 0.5, seed), l, Config{Blocks: 3, Depths: p.depths}, seed)
		before := c.Gradient(0, nil)
		prediction := slices.Clone(c.Prediction())
		norms, after := make([]float64, 3), make([]float64, 3)
		c.DeepNorms(norms)
		for r := range 3 {
			b := c.Block(r)
			factors := factorsOf(b)
			up := rapid.IntRange(0, len(factors)-1).Draw(t, "up")
			down := rapid.IntRange(0, len(factors)-1).Draw(t, "down")
			scale := math.Exp(rapid.Float64Range(-3, 3).Draw(t, "log scale"))
			for i := range factors[up] {
				factors[up][i] *= scale
			}
			for i := range factors[down] {
				factors[down][i] /= scale
			}
			c.SetBlock(r, b)
		}
		rapidNear(t, "loss", []float64{c.Gradient(0, nil)}, []float64{before}, 1e-12)
		rapidNear(t, "prediction", c.Prediction(), prediction, 1e-12)
		c.DeepNorms(after)
		rapidNear(t, "deep norms", after, norms, 1e-12)
	})
}

func TestOrderOfCellsAndThreadsChangeNoBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, l, seed := drawProblem(t)
		o := someCells(quiet{}, p.shape, 0.5, seed)
		positions := rng.New(seed, "shuffle").Perm(o.Len())
		mixed := o.Subset(positions)
		shuffled, err := tensor.NewObserved(o.Modes, mixed.Index, mixed.Values)
		if err != nil {
			t.Fatal(err)
		}
		const blocks = 20
		active := []int{19, 3, 8, 9, 10, 11, 12, 13, 14, 15}
		run := func(o *tensor.Observed, threads int) ([]float64, []byte) {
			c := rapidChains(t, o, l, Config{Blocks: blocks, Depths: p.depths, Threads: threads}, seed)
			terms := stages(c, active)
			out := []float64{c.Gradient(4, terms)}
			sizes := make([]float64, blocks)
			c.RelativeSizes(sizes, terms)
			out = append(out, sizes...)
			h, hk := make([]float64, c.lin.Dim()*c.lin.Dim()), make([]float64, c.lin.Dim()*c.lin.Dim())
			c.lin.Hessian(h)
			c.lin.TimesGram(hk, h, c.lin.Rows(nil))
			out = append(append(out, h...), hk...)
			c.Move(terms)
			return out, c.State()
		}
		numbers, state := run(o, 1)
		for _, threads := range []int{1, 2, 3} {
			again, other := run(shuffled, threads)
			if !slices.Equal(numbers, again) || !bytes.Equal(state, other) {
				t.Fatalf("other bits with %d threads and another order of the cells", threads)
			}
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// quiet lets helpers for tests serve rapid's.
type quiet struct{ testing.TB }

func (quiet) Helper()           {}
func (quiet) Fatal(args ...any) { panic(fmt.Sprint(args...)) }
