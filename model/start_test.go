package model

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

func drawn(t *testing.T, start StartConfig, shape tensor.Shape, depths []int, blocks int) *Chains {
	t.Helper()
	c := chains(t, someCells(t, shape, 0.5, 1), loss.Square, blocks, depths, 0)
	if err := c.Draw(start); err != nil {
		t.Fatal(err)
	}
	return c
}

func deviation(x []float64) float64 { return math.Sqrt(linalg.Norm2(x) / float64(len(x))) }

// The deviations of Section 5.1, each to five standard errors of its estimate.
func TestDeviationsOfStarts(t *testing.T) {
	shape, depths := tensor.Shape{9, 12, 5}, []int{2, 1, 3}
	for _, start := range []Start{Gaussian, Diagonal, Kaiming, RankOne} {
		c := drawn(t, StartConfig{Start: start, SigmaW: 0.02, SigmaA: 0.3, Diagonal: 0.9, Seed: 7}, shape, depths, 64)
		for n, d := range shape {
			var w, off, on []float64
			for r := range 64 {
				b := c.Block(r)
				w = append(w, b.W[n]...)
				for _, a := range b.A[n] {
					for i, value := range a {
						if i%(d+1) == 0 {
							on = append(on, value)
						} else {
							off = append(off, value)
						}
					}
				}
			}
			sigma := 0.3
			if start == Kaiming {
				sigma = math.Sqrt(2 / float64(d))
			}
			slack := 5.0
			if start == RankOne { // products of two normals: fewer independent numbers, heavier tails
				slack = 5 * math.Sqrt(float64(2*d))
			}
			for what, check := range map[string]struct {
				got, want, count, slack float64
			}{
				"w":            {deviation(w), 0.02, float64(len(w)), 5},
				"off-diagonal": {deviation(off), sigma, float64(len(off)), slack},
			} {
				if math.Abs(check.got-check.want) > check.slack*check.want/math.Sqrt(2*check.count) {
					t.Errorf("%s mode %d: deviation of %s is %v, want %v", start, n, what, check.got, check.want)
				}
			}
			if start == Diagonal {
				for _, value := range on {
					if value != 0.9 {
						t.Fatalf("a diagonal entry is %v", value)
					}
				}
			}
		}
	}
}

func TestBalancedStarts(t *testing.T) {
	shape, depths := tensor.Shape{6, 4, 5}, []int{3, 1, 2}
	for _, start := range []Start{BalancedGeneral, BalancedRankOne, BalancedChain} {
		c := drawn(t, StartConfig{Start: start, SigmaW: 0.1, Seed: 7}, shape, depths, 10)
		if epsilon := c.Unbalancedness(); epsilon > 1e-14*c.LargestNorm2() {
			t.Errorf("%s: ε(0) = %v, factors have squared norm %v", start, epsilon, c.LargestNorm2())
		}
		for r := range 10 {
			b := c.Block(r)
			if size := deviation(b.W[0]); size < 0.02 || size > 0.5 {
				t.Errorf("%s: w has entries of %v, asked for 0.1", start, size)
			}
			for n, d := range shape {
				for i, a := range b.A[n] {
					matrix := mat.NewDense(d, d, a)
					if start == BalancedGeneral {
						if mat.Det(matrix) == 0 {
							t.Errorf("%s: a singular matrix", start)
						}
						continue
					}
					checkRankOne(t, fmt.Sprint(start, " A_", i+1), matrix)
					if i+1 < len(b.A[n]) {
						next := mat.NewDense(d, d, b.A[n][i+1])
						var left, right mat.Dense
						left.Mul(matrix.T(), matrix)
						right.Mul(next, next.T())
						if !mat.EqualApprox(&left, &right, 1e-14) {
							t.Errorf("%s: A_%dᵀA_%d ≠ A_%dA_%dᵀ", start, i+1, i+1, i+2, i+2)
						}
					}
				}
				if start != BalancedChain || depths[n] == 0 {
					continue
				}
				var image mat.VecDense
				image.MulVec(mat.NewDense(d, d, b.A[n][depths[n]-1]), mat.NewVecDense(d, b.W[n]))
				// ‖A w‖ = ‖A‖ ‖w‖ only along the right singular vector of a rank-one A.
				nearly(t, "‖A_k w‖", mat.Norm(&image, 2), math.Sqrt(linalg.Norm2(b.A[n][depths[n]-1])*linalg.Norm2(b.W[n])), 1e-13)
			}
		}
	}
}

func checkRankOne(t *testing.T, what string, m *mat.Dense) {
	t.Helper()
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		t.Fatal("no singular values")
	}
	values := svd.Values(nil)
	if len(values) > 1 && values[1] > 1e-14*values[0] {
		t.Errorf("%s has singular values %v", what, values)
	}
}

func TestRankOneStart(t *testing.T) {
	c := drawn(t, StartConfig{Start: RankOne, Seed: 7}, tensor.Shape{6, 4}, []int{2, 1}, 5)
	for r := range 5 {
		for n, d := range []int{6, 4} {
			for _, a := range c.Block(r).A[n] {
				checkRankOne(t, "A", mat.NewDense(d, d, a))
			}
		}
	}
}

func TestMoreBlocksBeginWithTheSame(t *testing.T) {
	for _, start := range Starts() {
		few := drawn(t, StartConfig{Start: start, Seed: 5}, tensor.Shape{4, 3, 5}, []int{1, 0, 2}, 3)
		many := drawn(t, StartConfig{Start: start, Seed: 5}, tensor.Shape{4, 3, 5}, []int{1, 0, 2}, 21)
		if !slices.Equal(flat(few), flat(many)[:len(flat(few))]) {
			t.Errorf("%s: a model of 21 blocks does not begin with those of a model of 3", start)
		}
		other := drawn(t, StartConfig{Start: start, Seed: 6}, tensor.Shape{4, 3, 5}, []int{1, 0, 2}, 3)
		if slices.Equal(flat(few), flat(other)) {
			t.Errorf("%s: two seeds give the same start", start)
		}
	}
}

func TestDrawRefuses(t *testing.T) {
	c := chains(t, someCells(t, tensor.Shape{3, 3}, 0.5, 1), loss.Square, 2, []int{1}, 0)
	before := flat(c)
	for want, start := range map[string]StartConfig{
		"unknown":  {Start: "warm"},
		"positive": {SigmaW: -1},
		"finite":   {SigmaA: math.Inf(1)},
		"and fini": {SigmaW: math.NaN()},
	} {
		if err := c.Draw(start); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", start, err, want)
		}
	}
	if !slices.Equal(flat(c), before) {
		t.Error("a refused start changed the model")
	}
}

func TestConfigRefuses(t *testing.T) {
	o := someCells(t, tensor.Shape{3, 4, 2}, 0.5, 1)
	for _, config := range []Config{
		{Blocks: 0},
		{Blocks: -3},
		{Blocks: 2, Depths: []int{1, 2}},
		{Blocks: 2, Depths: []int{-1}},
		{Blocks: 1 << 50},
		{Blocks: math.MaxInt},
		{Blocks: 1000, Depths: []int{1 << 40}},
		{Blocks: 1, Depths: []int{math.MaxInt}},
	} {
		if _, err := NewChains(o, loss.Square, config); err == nil {
			t.Errorf("%+v was accepted", config)
		}
	}
	for _, config := range []BalancedConfig{
		{Blocks: 0},
		{Blocks: 2, Depths: []float64{1, 2}},
		{Blocks: 2, Depths: []float64{-0.1}},
		{Blocks: 2, Depths: []float64{math.NaN()}},
		{Blocks: 2, Depths: []float64{math.Inf(1)}},
		{Blocks: 1 << 50},
		{Blocks: math.MaxInt},
	} {
		if _, err := NewBalanced(o, loss.Square, config); err == nil {
			t.Errorf("%+v was accepted", config)
		}
	}
	one := chains(t, o, loss.Square, 2, []int{2}, 0)
	if !slices.Equal(one.Depths(), []int{2, 2, 2}) {
		t.Errorf("a single depth gives %v", one.Depths())
	}
}

// allocated returns the bytes that f allocates.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

func TestMemoryRefusal(t *testing.T) {
	o := someCells(t, tensor.Shape{3, 4, 2}, 0.5, 1)
	var refused error
	bytes := allocated(func() { _, refused = NewChains(o, loss.Square, Config{Blocks: 1 << 50, Depths: []int{3}}) })
	if refused == nil {
		t.Skip("this system does not tell how much memory is available")
	}
	if bytes > 1<<20 {
		t.Errorf("a refusal allocated %v bytes", bytes)
	}
	for _, want := range []string{"EiB", "available", "fewer blocks", "smaller depth", "balanced"} {
		if !strings.Contains(refused.Error(), want) {
			t.Errorf("%q does not contain %q", refused, want)
		}
	}
}

// What a model and an integrator's slots really hold must not exceed what is promised.
func TestMemoryIsEnough(t *testing.T) {
	shape := tensor.Shape{20, 30, 25}
	o := someCells(t, shape, 0.05, 1)
	depths := []int{2, 2, 2}
	got := allocated(func() {
		c, err := NewChains(o, loss.Square, Config{Blocks: 100, Depths: depths})
		if err != nil {
			t.Fatal(err)
		}
		for j := range 4 {
			c.slot(j)
			c.slot(Lift(j))
		}
	})
	if want := memoryOf[float64](shape, o.Len(), depths, 100); got > want || got < want/2 {
		t.Errorf("%v bytes allocated, %v announced", got, want)
	}
}
