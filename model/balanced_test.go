package model

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

// From the same balanced rank-one start, the collapsed model and the explicit chains have the same vectors, loss and
// dv/dt.
func TestBalancedIsTheCollapsedChain(t *testing.T) {
	shape := tensor.Shape{5, 4, 3}
	o := someCells(t, shape, 0.6, 1)
	const blocks = 11
	active := indices(blocks)
	for _, depths := range [][]int{{0, 0, 0}, {1, 1, 1}, {2, 0, 3}, {5, 5, 5}} {
		c := chains(t, o, loss.Square, blocks, depths, 1)
		lengths := make([]float64, len(depths))
		for n, k := range depths {
			lengths[n] = float64(k)
		}
		b := balanced(t, o, loss.Square, blocks, lengths, 1)
		start := StartConfig{Start: BalancedChain, SigmaW: 0.7, Seed: 9}
		if err := c.Draw(start); err != nil {
			t.Fatal(err)
		}
		start.Start = ""
		if err := b.Draw(start); err != nil {
			t.Fatal(err)
		}
		for r := range blocks {
			near(t, "vectors at the start", slices.Concat(b.Vectors(r)...), slices.Concat(c.Block(r).Vectors()...), 1e-13)
		}
		nearly(t, "loss", b.Gradient(0, nil), c.Gradient(0, nil), 1e-13)
		explicit, collapsed := c.Linearise(active), b.Linearise(active)
		want, got := make([]float64, explicit.Dim()), make([]float64, collapsed.Dim())
		explicit.Project(want, []Term{{0, 1}})
		collapsed.Project(got, []Term{{0, 1}})
		near(t, "dv/dt", got, want, 1e-12)
		deep, shallow, other := make([]float64, blocks), make([]float64, blocks), make([]float64, blocks)
		c.DeepNorms(deep)
		b.DeepNorms(other)
		near(t, "deep norms", other, deep, 1e-13)
		c.ShallowNorms(shallow)
		b.ShallowNorms(other)
		near(t, "shallow norms", other, shallow, 1e-13)
		nearly(t, "largest norm", b.LargestNorm2(), c.LargestNorm2(), 1e-13)
		if b.Factors() != c.Factors() {
			t.Errorf("%v factors, the chains have %v", b.Factors(), c.Factors())
		}
		if epsilon := b.Unbalancedness(); epsilon > 1e-13*b.LargestNorm2() {
			t.Errorf("ε(0) = %v", epsilon)
		}
	}
}

func TestBalancedConservesImbalances(t *testing.T) {
	o := someCells(t, tensor.Shape{5, 4, 3}, 0.6, 1)
	for _, depths := range [][]float64{{0, 0, 0}, {1, 1, 1}, {2, 0, 3}, {0.5, 1.7, 0}} {
		b := balanced(t, o, loss.Square, 5, depths, 1)
		b.Move([]Term{}) // norms as they are
		for r := range 5 {
			v := b.Vectors(r)
			linalg.ScaleTo(v[0], 1.3) // no longer balanced: the differences must stay what they are
			b.SetVectors(r, v)
		}
		before := b.Imbalances(nil)
		if len(before) != 10 {
			t.Fatalf("%d imbalances of 5 blocks with 3 modes", len(before))
		}
		drift := func(step float64) float64 {
			twin := balanced(t, o, loss.Square, 5, depths, 1)
			if err := twin.SetState(b.State()); err != nil {
				t.Fatal(err)
			}
			twin.Gradient(0, nil)
			twin.Move([]Term{{0, step}})
			var worst float64
			for i, value := range twin.Imbalances(nil) {
				worst = math.Max(worst, math.Abs(value-before[i]))
			}
			return worst
		}
		// An Euler step of h keeps a constant of the flow to h²: ten times less, a hundred times better.
		if one, tenth := drift(1e-2), drift(1e-3); tenth > one/80 || one > 1e-2 {
			t.Errorf("depths %v: drift %v with step 1e-2, %v with step 1e-3", depths, one, tenth)
		}
	}
}

func TestDepthZeroModelsAgree(t *testing.T) {
	o := someCells(t, tensor.Shape{5, 4, 3}, 0.6, 1)
	c, b := chains(t, o, loss.LogCosh, 9, []int{0}, 1), balanced(t, o, loss.LogCosh, 9, []float64{0}, 1)
	for r := range 9 {
		b.SetVectors(r, c.Block(r).W)
	}
	for range 20 {
		nearly(t, "loss", b.Gradient(0, nil), c.Gradient(0, nil), 1e-13)
		c.Move([]Term{{0, 0.1}})
		b.Move([]Term{{0, 0.1}})
	}
	for r := range 9 {
		near(t, "vectors", slices.Concat(b.Vectors(r)...), slices.Concat(c.Block(r).W...), 1e-13)
	}
}

// Imbalances appends ‖v_r^n‖^(2/L_n) − ‖v_r^1‖^(2/L_1) for every block and every mode but the first: constants of the
// flow.
func (b *Balanced) Imbalances(out []float64) []float64 {
	for r := range b.blocks {
		for n := 1; n < len(b.shape); n++ {
			out = append(out, b.factorNorm2(r, n)-b.factorNorm2(r, 0))
		}
	}
	return out
}

// LargestNorm2 returns the largest squared norm ‖v‖^(2/L) of a factor.
func (b *Balanced) LargestNorm2() float64 {
	var worst float64
	for r := range b.blocks {
		for n := range b.shape {
			worst = math.Max(worst, b.factorNorm2(r, n))
		}
	}
	return worst
}
