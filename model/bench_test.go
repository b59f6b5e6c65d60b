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
