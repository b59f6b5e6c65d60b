package posterior

import (
	"fmt"
	"testing"

	"lacuna/tensor"
)

// BenchmarkSweep draws every factor and the noise once, of tables with few cells a row and with many.
func BenchmarkSweep(b *testing.B) {
	for _, table := range []struct {
		shape tensor.Shape
		cells int
	}{{tensor.Shape{1000, 1000, 1000}, 200_000}, {tensor.Shape{1000, 500, 100}, 1_000_000}} {
		data, _ := lowRank(1, table.shape, 8, table.cells, even(0.3))
		order, _ := tensor.SortByIndex(data.Index[0], table.shape[0])
		positions := make([]int, len(order))
		for k, c := range order {
			positions[k] = int(c)
		}
		data = data.Subset(positions)
		for _, noise := range []Noise{Gaussian{}, Student{Varied: true}} {
			for _, blocks := range []int{7, 15, 31, 63} {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%d/%T/%d/%d", table.cells, noise, blocks, threads), func(b *testing.B) {
						s := newSampler(data, Settings{Blocks: blocks, Noise: noise, Threads: threads}.withDefaults())
						s.sweep()
						for b.Loop() {
							s.sweep()
						}
					})
				}
			}
		}
	}
}
