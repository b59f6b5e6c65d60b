package posterior

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestFreedomOfCellsIsThatOfGroups compares the likelihoods of ν with those of groups of one cell each, residuals being
// of all sizes.
func TestFreedomOfCellsIsThatOfGroups(t *testing.T) {
	for _, count := range []int{3, 900} {
		data, _ := lowRank(1, tensor.Shape{20, 15, 10}, 1, count, even(1))
		s := newSampler(data, Settings{Noise: Student{}}.withDefaults())
		g := s.noise.(*scales)
		stream := rng.New(1, "residuals")
		var groups []group
		for c := range g.residual {
			g.residual[c] = math.Exp(20 * stream.NormFloat64())
			groups = append(groups, group{1, g.tau * g.weight[c] / g.tails.precision[c] * g.residual[c] * g.residual[c]})
		}
		want := likelihoods(groups)
		for k, got := range g.tails.likelihoods(g) {
			if math.Abs(got-want[k]) > 1e-11*(math.Abs(want[k])+float64(count)*freedoms[k]) {
				t.Errorf("%d cells, ν = %v: %v, want %v", count, freedoms[k], got, want[k])
			}
		}
	}
}

// TestSortedCells compares the order of every mode with a stable sort.
func TestSortedCells(t *testing.T) {
	for _, shape := range []tensor.Shape{{7, 5}, {4, 6, 3}, {3, 2, 4, 5}} {
		data, _ := lowRank(2, shape, 1, 100, even(1))
		for _, first := range []int{-1, 0, 1} { // no order, or that of a mode
			if first >= 0 {
				positions := make([]int, data.Len())
				for k := range positions {
					positions[k] = k
				}
				slices.SortStableFunc(positions, func(a, b int) int {
					return int(data.Index[first][a] - data.Index[first][b])
				})
				data = data.Subset(positions)
			}
			for n, mode := range Sort(data).modes {
				if (mode.place == nil) != (n == first) {
					t.Errorf("%v: mode %d of cells in the order of %d is in order: %v", shape, n, first, mode.place == nil)
				}
				values := arranged(mode.place, data.Values)
				at := 0
				for i := range int32(shape[n]) {
					for c := range data.Values {
						if data.Index[n][c] != i {
							continue
						}
						if at < mode.starts[i] || at >= mode.starts[i+1] || values[at] != data.Values[c] {
							t.Fatalf("%v, mode %d: cell %d is not at %d", shape, n, c, at)
						}
						for m := range shape {
							if m != n && mode.others[m][at] != data.Index[m][c] {
								t.Fatalf("%v, mode %d: coordinate %d of cell %d is wrong", shape, n, m, c)
							}
						}
						at++
					}
				}
			}
		}
	}
}

// TestPredictors compares predictions and designs with the model's own, blocks without a mode included.
func TestPredictors(t *testing.T) {
	for _, shape := range []tensor.Shape{{20, 15}, {12, 10, 8}, {7, 6, 5, 6}} {
		data, _ := lowRank(3, shape, 1, 600, even(1))
		partial := make([]bool, len(shape))
		partial[0] = true
		s := newSampler(data, Settings{Blocks: 9, Partial: [][]bool{partial}}.withDefaults())
		got := make([]float64, data.Len())
		s.predict(got, 0, &s.scratch[0])
		for c := range got {
			if want := s.AtCell(data, c); math.Abs(got[c]-want) > 1e-14 {
				t.Fatalf("%v, cell %d: %v, the model says %v", shape, c, got[c], want)
			}
		}
		design, row := make([]float64, chunk*s.stride), make([]float64, s.Blocks)
		for n, mode := range s.modes {
			s.products(design, n, 0, min(chunk, data.Len()))
			at := mode.place
			for c := range data.Values {
				k := c
				if at != nil {
					k = int(at[c])
				}
				if k >= chunk {
					continue
				}
				s.Others(row, n, data, int32(c))
				if !slices.Equal(design[k*s.stride:][:s.Blocks], row) {
					t.Fatalf("%v, mode %d: the design of cell %d is wrong", shape, n, c)
				}
			}
		}
	}
}
