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
		want := likelihoods(groups, halfGammas{})
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
				if mode.ordered != (n == first) {
					t.Errorf("%v: mode %d of cells in the order of %d is in order: %v", shape, n, first, mode.ordered)
				}
				values := make([]float64, data.Len())
				mode.eachPlace(data.Index[n], func(c int, place int32) { values[place] = data.Values[c] })
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
							if m != n && mode.others[m].at(at, at+1, make([]int32, 1))[0] != data.Index[m][c] {
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
		design, row := s.scratch[0].design, make([]float64, s.Blocks)
		for n, mode := range s.modes {
			s.products(&s.scratch[0], n, 0, min(chunk, data.Len()))
			mode.eachPlace(data.Index[n], func(c int, k int32) {
				if k >= chunk {
					return
				}
				s.Others(row, n, data, int32(c))
				if !slices.Equal(design[int(k)*s.stride:][:s.Blocks], row) {
					t.Fatalf("%v, mode %d: the design of cell %d is wrong", shape, n, c)
				}
			})
		}
	}
}

// TestPlacesOfParts compares the places of the cells of every part with those of the table, stored and counted ones.
func TestPlacesOfParts(t *testing.T) {
	data, _ := lowRank(4, tensor.Shape{20, 3, 6}, 1, 1200, even(1))
	s := newSampler(data, Settings{}.withDefaults())
	counted := 0
	for n := range s.modes {
		mode := &s.modes[n]
		want := make([]int32, data.Len())
		mode.eachPlace(data.Index[n], func(c int, place int32) { want[c] = place })
		if mode.place == nil {
			counted++
		}
		c := 0
		for part := range parts {
			mode.places(data.Index[n], part, &s.scratch[0], func(first int, place []int32) {
				if first != c || !slices.Equal(place, want[c:c+len(place)]) {
					t.Fatalf("mode %d: places from cell %d on are wrong, %d is the next", n, first, c)
				}
				c += len(place)
			})
		}
		if c != data.Len() {
			t.Errorf("mode %d: %d cells have places", n, c)
		}
	}
	if counted != 1 {
		t.Errorf("places of %d modes are counted, of one of them the cells are many enough", counted)
	}
}
