package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

// factorsOf lists the factors of block r: mode by mode A_1 … A_k, w.
func factorsOf(b Block) (factors [][]float64) {
	for n := range b.W {
		factors = append(append(factors, b.A[n]...), b.W[n])
	}
	return factors
}

// split cuts a dense direction like flat into the factors of every block.
func split(c *Chains, dense []float64) [][][]float64 {
	out := make([][][]float64, c.Blocks())
	for r := range out {
		for _, factor := range factorsOf(c.Block(r)) {
			out[r] = append(out[r], dense[:len(factor)])
			dense = dense[len(factor):]
		}
	}
	return out
}

func TestSizesRatesAndNormsOfDirections(t *testing.T) {
	const blocks = 13
	for _, p := range problems {
		c := chains(t, someCells(t, p.shape, 0.6, 1), loss.LogCosh, blocks, p.depths, 5)
		terms := stages(c, []int{9, 0, 3})
		largest := func(dense []float64) []float64 {
			out := make([]float64, blocks)
			for r, parts := range split(c, dense) {
				for f, factor := range factorsOf(c.Block(r)) {
					out[r] = math.Max(out[r], math.Sqrt(linalg.Norm2(parts[f])/linalg.Norm2(factor)))
				}
			}
			return out
		}
		got := make([]float64, blocks)
		c.RelativeSizes(got, terms)
		near(t, p.String()+" relative sizes", got, largest(direction(c, terms)), 1e-12)
		c.Rates(got)
		near(t, p.String()+" rates", got, largest(direction(c, []Term{{0, 1}})), 1e-12)
		for j := range 3 {
			nearly(t, p.String()+" norm", c.Norm2(j), linalg.Norm2(direction(c, []Term{{j, 1}})), 1e-12)
		}
	}
}

func TestBalancedSizesRatesAndNorms(t *testing.T) {
	const blocks = 13
	p := problem{tensor.Shape{4, 3, 5}, []int{1, 0, 3}}
	b := balanced(t, someCells(t, p.shape, 0.6, 1), loss.LogCosh, blocks, []float64{1.5, 0, 3}, 5)
	terms := stages(b, []int{9, 0, 3})
	lin := b.Linearise(indices(blocks))
	largest := func(terms []Term) []float64 {
		dense, out := make([]float64, lin.Dim()), make([]float64, blocks)
		lin.Project(dense, terms)
		rows := byBlock(lin, p.shape, b.lin.active)
		for r := range blocks {
			for n, v := range b.Vectors(r) {
				part := pick(dense, rows[:len(v)])
				rows = rows[len(v):]
				out[r] = math.Max(out[r], math.Sqrt(linalg.Norm2(part)/linalg.Norm2(b.Vectors(r)[n])))
			}
		}
		return out
	}
	got := make([]float64, blocks)
	b.RelativeSizes(got, terms)
	near(t, "relative sizes", got, largest(terms), 1e-12)
	b.Rates(got)
	near(t, "rates", got, largest([]Term{{0, 1}}), 1e-12)
}

func TestNormsOfBlocks(t *testing.T) {
	const blocks = 11
	for _, p := range problems {
		c := chains(t, someCells(t, p.shape, 0.6, 1), loss.Square, blocks, p.depths, 5)
		c.Gradient(0, nil)
		c.Move([]Term{{0, 0.3}}) // norms must follow a move
		c.Gradient(0, nil)
		deep, shallow := make([]float64, blocks), make([]float64, blocks)
		c.DeepNorms(deep)
		c.ShallowNorms(shallow)
		var largest, epsilon float64
		var imbalances []float64
		for r := range blocks {
			b := c.Block(r)
			wantDeep, wantShallow := 1.0, 1.0
			for n, v := range b.Vectors() {
				wantDeep *= math.Sqrt(linalg.Norm2(v))
				wantShallow *= math.Sqrt(linalg.Norm2(b.W[n]))
				var want []float64
				for _, factor := range append(slices.Clone(b.A[n]), b.W[n]) {
					want = append(want, linalg.Norm2(factor))
				}
				near(t, "factor norms", c.FactorNorms2(r, n), want, 1e-14)
			}
			nearly(t, "deep norm", deep[r], wantDeep, 1e-13)
			nearly(t, "shallow norm", shallow[r], wantShallow, 1e-13)
			for _, factor := range factorsOf(b) {
				largest = math.Max(largest, linalg.Norm2(factor))
			}
			deepModel := slices.Max(p.depths) > 0
			for n, w := range b.W {
				for m := range b.W {
					if !deepModel {
						epsilon = math.Max(epsilon, math.Abs(linalg.Norm2(w)-linalg.Norm2(b.W[m])))
					}
					for _, a := range b.A[m] {
						epsilon = math.Max(epsilon, math.Abs(linalg.Norm2(w)-linalg.Norm2(a)))
					}
				}
				for _, a := range b.A[n] {
					imbalances = append(imbalances, linalg.Norm2(a)-linalg.Norm2(b.W[0]))
				}
				if n > 0 {
					imbalances = append(imbalances, linalg.Norm2(w)-linalg.Norm2(b.W[0]))
				}
			}
		}
		nearly(t, "largest norm", c.LargestNorm2(), largest, 1e-14)
		nearly(t, "ε", c.Unbalancedness(), epsilon, 1e-13)
		near(t, "imbalances", c.Imbalances(nil), imbalances, 1e-13)
		factors := 0
		for _, k := range p.depths {
			factors += k + 1
		}
		if c.Factors() != float64(factors) {
			t.Errorf("%v factors, want %d", c.Factors(), factors)
		}
		if want := len(flat(c)); c.Parameters() != want {
			t.Errorf("%d parameters, want %d", c.Parameters(), want)
		}
	}
}

// A block of zeros is a stationary point, not a source of NaN: it has no rate, and no error relative to its norm.
func TestZeroBlocksHaveNoRate(t *testing.T) {
	p := problem{tensor.Shape{4, 3, 2}, []int{1, 0, 2}}
	o := someCells(t, p.shape, 0.6, 1)
	c, b := chains(t, o, loss.Square, 3, p.depths, 5), balanced(t, o, loss.Square, 3, []float64{1, 0, 2}, 5)
	zero := c.Block(1)
	for _, factor := range factorsOf(zero) {
		clear(factor)
	}
	c.SetBlock(1, zero)
	b.SetVectors(1, [][]float64{make([]float64, 4), make([]float64, 3), make([]float64, 2)})
	for _, sys := range []interface {
		vspace
		Rates(out []float64)
		RelativeSizes(out []float64, terms []Term)
	}{c, b} {
		terms := stages(sys, []int{0, 2})
		rates, sizes := make([]float64, 3), make([]float64, 3)
		sys.Rates(rates)
		sys.RelativeSizes(sizes, terms)
		if rates[1] != 0 || sizes[1] != 0 {
			t.Errorf("%T: a zero block has rate %v and relative size %v", sys, rates[1], sizes[1])
		}
	}
}

func TestEffectiveRank(t *testing.T) {
	if got := EffectiveRank([]float64{0.5, 1, 1.1, 7, 0}, 1); got != 2 {
		t.Errorf("effective rank %d, want 2", got)
	}
}

func TestCollapsedModelPredictsTheSame(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		for kind, sys := range bothModels(t, p, loss.Square, 11) {
			sys.Gradient(0, nil)
			var cp *tensor.CP
			var prediction []float64
			switch m := sys.(type) {
			case *Chains:
				cp, prediction = m.CP(-1), m.Prediction()
			case *Balanced:
				cp, prediction = m.CP(-1), m.Prediction()
			}
			if cp.Blocks != 11 {
				t.Fatalf("rank %d", cp.Blocks)
			}
			got := make([]float64, o.Len())
			for c := range got {
				got[c] = cp.At(o.Cell(c))
			}
			near(t, fmt.Sprint(p, kind), got, prediction, 1e-13)
			residual := cp.Residual(o)
			nearly(t, "MSE", residual*residual, mseOf(sys), 1e-12)
			norms := make([]float64, 11)
			sys.DeepNorms(norms)
			for r := range norms {
				for n := range p.shape {
					share := math.Pow(norms[r], 1/float64(len(p.shape)))
					nearly(t, "shares of a block's norm", math.Sqrt(linalg.Norm2(cp.Column(n, r))), share, 1e-13)
				}
			}
		}
	}
}

func mseOf(sys vspace) float64 {
	switch m := sys.(type) {
	case *Chains:
		return m.MSE()
	case *Balanced:
		return m.MSE()
	}
	panic("no such model")
}

func TestCollapseKeepsGrownBlocksInOrder(t *testing.T) {
	c := chains(t, someCells(t, tensor.Shape{3, 3}, 0.6, 1), loss.Square, 9, []int{1}, 5)
	c.Gradient(0, nil)
	norms := make([]float64, 9)
	c.DeepNorms(norms)
	sorted := slices.Sorted(slices.Values(norms))
	threshold := sorted[4]
	var want []float64
	for _, norm := range norms {
		if norm > threshold {
			want = append(want, norm)
		}
	}
	cp := c.CP(threshold)
	var got []float64
	for r := range cp.Blocks {
		got = append(got, math.Sqrt(linalg.Norm2(cp.Column(0, r))*linalg.Norm2(cp.Column(1, r))))
	}
	near(t, "norms kept", got, want, 1e-13)
}

// LargestNorm2 returns the largest squared norm of any factor.
func (c *ChainsOf[T]) LargestNorm2() float64 {
	var worst float64
	for _, norm2 := range c.norm2 {
		worst = math.Max(worst, norm2)
	}
	return worst
}
