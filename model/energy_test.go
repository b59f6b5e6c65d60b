package model

import (
	"math"
	"testing"

	"lacuna/loss"
	"lacuna/tensor"
)

// One block lies on the observed cell alone, one elsewhere alone, one evenly, and one has a part of both.
func TestObservedEnergy(t *testing.T) {
	observed := &tensor.Observed{
		Modes: tensor.NumberedModes(tensor.Shape{2, 4}), Index: [][]int32{{0}, {1}}, Values: []float64{3},
	}
	c, err := NewChains(observed, loss.Square, Config{Blocks: 5, Depths: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	for r, w := range [][][]float64{
		{{5, 0}, {0, 1e-100, 0, 0}}, {{0, 2}, {0, 7, 0, 0}}, {{1, 1}, {3, 3, -3, 3}}, {{3, 4}, {0, 1, 1, 0}}, {{0, 0}, {1, 1, 1, 1}},
	} {
		c.SetBlock(r, Block{W: w, A: make([][][]float64, 2)})
	}
	c.Gradient(0, nil)
	got := make([]float64, 5)
	c.ObservedEnergy(got)
	for r, want := range []float64{8, 0, 1, 9. / 25 / 2 * 8, math.NaN()} {
		if math.Abs(got[r]-want) > 1e-14 || math.IsNaN(got[r]) != math.IsNaN(want) {
			t.Errorf("block %d: %v, want %v", r, got[r], want)
		}
	}
}
