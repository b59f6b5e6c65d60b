package model

import (
	"fmt"
	"testing"

	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

// benchmarkCells is the paper's size: 10×10×10×10, a fifth of the cells observed.
func benchmarkCells(b *testing.B) *tensor.Observed {
	stream := rng.New(1, "benchmark")
	index := make([][]int32, 4)
	var values []float64
	for c := range int32(10_000) {
		if stream.Float64() < 0.2 {
			for n, power := range []int32{1000, 100, 10, 1} {
				index[n] = append(index[n], c/power%10)
			}
			values = append(values, stream.NormFloat64())
		}
	}
	cells, err := tensor.NewObserved(tensor.NumberedModes(tensor.Shape{10, 10, 10, 10}), index, values)
	if err != nil {
		b.Fatal(err)
	}
	return cells
}

func BenchmarkGradient(b *testing.B) {
	cells := benchmarkCells(b)
	for _, depth := range []int{0, 1, 3, 5} {
		b.Run(fmt.Sprintf("chains/depth=%d", depth), func(b *testing.B) {
			m, err := NewChains(cells, loss.Square, Config{Blocks: 500, Depths: []int{depth}})
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Draw(StartConfig{}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				m.Gradient(0, nil)
			}
		})
	}
	for _, depth := range []float64{0, 1.5, 5} {
		b.Run(fmt.Sprintf("balanced/depth=%g", depth), func(b *testing.B) {
			m, err := NewBalanced(cells, loss.Square, BalancedConfig{Blocks: 500, Depths: []float64{depth}})
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Draw(StartConfig{SigmaW: 0.3}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				m.Gradient(0, nil)
			}
		})
	}
}

// BenchmarkDescend times a whole step of descent, which reads and writes every parameter once.
func BenchmarkDescend(b *testing.B) {
	cells := benchmarkCells(b)
	for _, depth := range []int{0, 1, 3, 5} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			m, err := NewChains(cells, loss.Square, Config{Blocks: 500, Depths: []int{depth}})
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Draw(StartConfig{}); err != nil {
				b.Fatal(err)
			}
			m.Gradient(0, nil)
			for b.Loop() {
				m.Descend(1e-9)
			}
		})
	}
}

// BenchmarkSharpness takes the largest eigenvalues at the paper's size, depth 3, among five grown blocks or as many as
// there are.
func BenchmarkSharpness(b *testing.B) {
	observed := benchmarkCells(b)
	for _, count := range []int{1, 50} {
		for _, grown := range []int{5, 500} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("count=%d/grown=%d/threads=%d", count, grown, threads), func(b *testing.B) {
					c, err := NewChains(observed, loss.Square, Config{Blocks: 500, Depths: []int{3}, Threads: threads})
					if err != nil {
						b.Fatal(err)
					}
					if err := c.Draw(StartConfig{SigmaW: 0.005, SigmaA: 0.1, Seed: 1}); err != nil {
						b.Fatal(err)
					}
					large, _ := NewChains(observed, loss.Square, Config{Blocks: grown, Depths: []int{3}})
					large.Draw(StartConfig{SigmaW: 1, SigmaA: 0.32, Seed: 5})
					for r := range grown {
						c.SetBlock(r*(500/grown), large.Block(r))
					}
					c.Gradient(0, nil)
					for b.Loop() {
						if values, err := c.Sharpness(count, 1e-8); err != nil || len(values) != count {
							b.Fatal(len(values), err)
						}
					}
				})
			}
		}
	}
}
