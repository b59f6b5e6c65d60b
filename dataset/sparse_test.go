package dataset

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestSparseIsPartOfTheWhole compares with the tensor that lists all cells.
func TestSparseIsPartOfTheWhole(t *testing.T) {
	shape := tensor.Shape{10, 9, 8}
	whole := Synthetic(shape, 3, 0, 7)
	for _, known := range []int{100, 600} {
		o := SparseOptions{Shape: shape, Rank: 3, Noise: 0.5, Known: known, Gaps: 40, Seed: 7}
		table := Sparse(o)
		observed, gaps, clean := table.Split()
		if observed.Len() != known || gaps.Len() != 40 || len(clean) != 40 {
			t.Fatalf("%d known, %d gaps, %d clean values", observed.Len(), gaps.Len(), len(clean))
		}
		var noise []float64
		for c, v := range table.Clean {
			at := (int(table.Cells.Index[0][c])*9+int(table.Cells.Index[1][c]))*8 + int(table.Cells.Index[2][c])
			if math.Abs(v-whole.Values[at]) > 1e-12 {
				t.Fatalf("cell %d holds %v, the whole has %v", c, v, whole.Values[at])
			}
			noise = append(noise, table.Cells.Values[c]-v)
		}
		_, signal := tensor.Moments(table.Clean)
		if _, deviation := tensor.Moments(noise); math.Abs(deviation/signal-0.5) > 0.1 {
			t.Errorf("noise of %.3f deviations, want 0.5", deviation/signal)
		}
	}
}

func TestDistinct(t *testing.T) {
	for _, count := range []int{0, 1, 30, 70, 100} {
		drawn := distinct(100, count, rng.New(1, "distinct"))
		for k := 1; k < len(drawn); k++ {
			if drawn[k] <= drawn[k-1] || drawn[k] >= 100 {
				t.Fatalf("%d of 100: %v", count, drawn)
			}
		}
		if len(drawn) != count {
			t.Errorf("%d of 100: %d numbers", count, len(drawn))
		}
	}
}

func TestFloor(t *testing.T) {
	o := SparseOptions{Shape: tensor.Shape{1000, 500, 100}, Rank: 8, Noise: 0.3, Known: 1_000_000}
	if got := o.Floor(); math.Abs(got-0.0339) > 1e-4 {
		t.Errorf("floor %v, want 0.3 √(8 · 1598 / 10⁶)", got)
	}
}
