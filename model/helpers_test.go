package model

import (
	"fmt"
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

var losses = []loss.Loss{loss.Square, loss.HuberDefault, loss.LogCosh, loss.Logistic}

// someCells returns a random part of the cells of a tensor, every index of every mode among them. Values suit every
// loss: they lie in (0, 1).
func someCells(t testing.TB, shape tensor.Shape, share float64, seed uint64) *tensor.Observed {
	t.Helper()
	stream := rng.New(seed, "cells")
	index := make([][]int32, len(shape))
	var values []float64
	for cell := range int(shape.Cells()) {
		rest := cell
		at := make([]int32, len(shape))
		diagonal := true
		for n := len(shape) - 1; n >= 0; n-- {
			at[n] = int32(rest % shape[n])
			rest /= shape[n]
			diagonal = diagonal && int(at[n]) == cell%shape[n]
		}
		if !diagonal && stream.Float64() > share {
			continue
		}
		for n, i := range at {
			index[n] = append(index[n], i)
		}
		values = append(values, stream.Float64())
	}
	o, err := tensor.NewObserved(tensor.NumberedModes(shape), index, values)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func chains(t testing.TB, o *tensor.Observed, l loss.Loss, blocks int, depths []int, seed uint64) *Chains {
	t.Helper()
	c, err := NewChains(o, l, Config{Blocks: blocks, Depths: depths})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(StartConfig{SigmaW: 0.7, SigmaA: 0.6, Seed: seed}); err != nil {
		t.Fatal(err)
	}
	return c
}

func balanced(t testing.TB, o *tensor.Observed, l loss.Loss, blocks int, depths []float64, seed uint64) *Balanced {
	t.Helper()
	b, err := NewBalanced(o, l, BalancedConfig{Blocks: blocks, Depths: depths})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Draw(StartConfig{SigmaW: 0.9, Seed: seed}); err != nil {
		t.Fatal(err)
	}
	return b
}

// flat lists the parameters of a model block by block.
func flat(c *Chains) []float64 {
	var out []float64
	for r := range c.Blocks() {
		b := c.Block(r)
		for n := range b.W {
			for _, a := range b.A[n] {
				out = append(out, a...)
			}
			out = append(out, b.W[n]...)
		}
	}
	return out
}

// setFlat is the inverse of flat.
func setFlat(c *Chains, x []float64) {
	for r := range c.Blocks() {
		b := c.Block(r)
		for n := range b.W {
			for _, a := range append(b.A[n], b.W[n]) {
				copy(a, x)
				x = x[len(a):]
			}
		}
		c.SetBlock(r, b)
	}
}

// direction returns Σ terms as a dense vector in the order of flat: what Move adds.
func direction(c *Chains, terms []Term) []float64 {
	saved := c.State()
	setFlat(c, make([]float64, len(flat(c))))
	c.Move(terms)
	out := flat(c)
	if err := c.SetState(saved); err != nil {
		panic(err)
	}
	return out
}

func dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// near fails unless every number of got is within tolerance of want, relative to the largest of want.
func near(t testing.TB, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	scale := 0.0
	for _, v := range want {
		scale = math.Max(scale, math.Abs(v))
	}
	for i, v := range got {
		if !(math.Abs(v-want[i]) <= tolerance*scale) {
			t.Fatalf("%s: number %d is %v, want %v (largest %v)", what, i, v, want[i], scale)
		}
	}
}

func nearly(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	near(t, what, []float64{got}, []float64{want}, tolerance)
}

func normals(n int, seed uint64) []float64 {
	stream := rng.New(seed, "normals")
	out := make([]float64, n)
	for i := range out {
		out[i] = stream.NormFloat64()
	}
	return out
}

// problem is a shape with depths; problems go from order 2 to 5.
type problem struct {
	shape  tensor.Shape
	depths []int
}

var problems = []problem{
	{tensor.Shape{4, 3}, []int{0, 0}},
	{tensor.Shape{5, 3}, []int{2, 1}},
	{tensor.Shape{3, 4, 2}, []int{0, 3, 1}},
	{tensor.Shape{2, 3, 4, 3}, []int{1, 0, 2, 1}},
	{tensor.Shape{3, 2, 2, 3, 2}, []int{1, 2, 0, 0, 3}},
	{tensor.Shape{1, 4, 3}, []int{2, 1, 1}},
}

func (p problem) String() string { return fmt.Sprint([]int(p.shape), " depths ", p.depths) }
