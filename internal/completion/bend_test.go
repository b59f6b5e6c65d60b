package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestStandardErrorsGrowWithTheValue calibrates errors that grow with the filled value, with a model's that do not.
func TestStandardErrorsGrowWithTheValue(t *testing.T) {
	stream := rng.New(1, "values")
	unit := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	held := func(count int, piece func(k int) int32) (cells []HeldOutCell) {
		for k := range count {
			value := 10 * stream.Float64()
			cells = append(cells, HeldOutCell{
				Cell: []int32{0}, Predicted: value, Value: value + (0.5+value/5)*stream.NormFloat64(),
				noise: 1, weight: 1, piece: piece(k),
			})
		}
		return cells
	}
	c := calibrate(held(6000, func(k int) int32 { return int32(k) }), unit)
	for _, value := range []float64{1, 5, 9} {
		want := 0.5 + value/5
		if got := c.stderr([]int32{0}, standing{}, prediction{value: value, noise: 1}); math.Abs(got/want-1) > 0.12 {
			t.Errorf("at %v the standard error is %.3f, the errors %.3f", value, got, want)
		}
	}
	low, high := c.stderr([]int32{0}, standing{}, prediction{-50, 0, 1}), c.stderr([]int32{0}, standing{}, prediction{99, 0, 1})
	if !(low < 1 && high < 3) {
		t.Errorf("beyond the known values %.3f and %.3f", low, high)
	}
	few := calibrate(held(6000, func(k int) int32 { return int32(k % 5) }), unit)
	if a, b := few.stderr([]int32{0}, standing{}, prediction{1, 0, 1}), few.stderr([]int32{0}, standing{}, prediction{9, 0, 1}); a != b {
		t.Errorf("five pieces bend standard errors: %.3f and %.3f", a, b)
	}
}
