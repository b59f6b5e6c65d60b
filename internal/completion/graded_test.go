package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestIntervalsKeepToTheirLabelAndLevel calibrates errors whose form changes with the label and the filled value: their
// root mean squares are those of the model, but 90 % of them reach differently far.
func TestIntervalsKeepToTheirLabelAndLevel(t *testing.T) {
	stream := rng.New(3, "forms")
	units := tensor.Scaling{Mode: 0, Mean: []float64{0, 0}, Scale: []float64{1, 1}}
	held := func(count int) (cells []HeldOutCell) {
		for k := range count {
			label, value := int32(k%2), 10*stream.Float64()
			var e float64
			switch u := stream.Float64(); {
			case label == 0 && value < 5: // rarely, and then far
				if u < 0.05 {
					e = math.Sqrt(20)
				}
			case label == 0:
				e = 1
			default:
				e = stream.NormFloat64()
			}
			cells = append(cells, HeldOutCell{
				Cell: []int32{label, 0}, Predicted: value, Value: value + e, noise: 1, weight: 1, piece: int32(k),
			})
		}
		return cells
	}
	c := calibrate(held(2000), units)
	for _, test := range []struct {
		label              int32
		value, least, most float64
	}{{0, 1, 0, 0.05}, {0, 9, 0.9, 1.2}, {1, 1, 1.4, 1.9}, {1, 9, 1.4, 1.9}} {
		cell := []int32{test.label, 0}
		half := c.quantile(cell, test.value, 0.9) * c.stderr(cell, standing{}, prediction{test.value, 0, 1})
		if half < test.least || half > test.most {
			t.Errorf("label %d at %v: half an interval is %.3f, want %v to %v", test.label, test.value, half, test.least, test.most)
		}
	}
}

func TestConformalQuantiles(t *testing.T) {
	of := func(values ...float64) (s sample) {
		for k, v := range values {
			s.values, s.sums = append(s.values, v), append(s.sums, float64(k+1))
		}
		return s
	}
	nine := of(1, 2, 3, 4, 5, 6, 7, 8, 9)
	for _, test := range []struct {
		own, beside sample
		cells       float64
		level, want float64
	}{
		{nine, sample{}, 0, 0.5, 5}, // ⌈0.5 · 10⌉
		{nine, sample{}, 0, 0.9, 9},
		{nine, sample{}, 0, 0.95, math.Inf(1)},
		{sample{}, nine, 0, 0.5, 5},
		{nine, of(100), 9, 0.5, 100}, // half of all is beside
		{nine, of(100), 9, 0.4, 8},
		{sample{}, sample{}, 0, 0.5, math.Inf(1)},
	} {
		if got := test.own.quantile(test.level, test.beside, test.cells); got != test.want {
			t.Errorf("quantile %v of %v beside %v: %v, want %v", test.level, test.own.values, test.beside.values, got, test.want)
		}
	}
	if all := merged([]sample{of(1, 4), of(2, 3, 5)}); all.total() != 5 || all.values[2] != 3 || all.upTo(3) != 3 {
		t.Errorf("merged: %v", all)
	}
}
