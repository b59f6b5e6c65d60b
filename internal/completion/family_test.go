package completion

import (
	"context"
	"fmt"
	"math"
	"testing"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestFamilyIsChosenInTheUnitsOfEveryLabel fills three variables over magnitudes, of which one has numbers a hundred thousand
// times as large as another: errors in the data's units are those of that one alone, and a form that knows of no other would win.
func TestFamilyIsChosenInTheUnitsOfEveryLabel(t *testing.T) {
	auto, err := posterior.FamilyNamed("auto")
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		o := pollutants(seed)
		j := &job{
			Settings: Settings{Seed: 1, Threads: 1, Noise: auto, Effort: 0.1, HoldOut: 0.1}, observed: o, meter: newMeter(nil), unit: unitMode(o),
		}
		j.shape = newShape(o, pickGaps(o, nil, 1), 1)
		j.chooseFamily(context.Background(), newFolds(j.shape, j.HoldOut, 1), j.budget())
		if j.unit != 2 || j.Noise.Name != "lognormal" {
			t.Errorf("table %d: values over magnitudes were taken for %s, units are those of mode %d", seed, j.Noise.Name, j.unit)
		}
	}
}

// pollutants are log-normal values of day × place × variable, with two common courses, a third of them missing.
func pollutants(seed uint64) *tensor.Observed {
	shape, stream := tensor.Shape{60, 5, 3}, rng.New(seed, "pollutants")
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}
	scale, load := [3]float64{0.05, 1, 5000}, [3][2]float64{}
	for v := range load {
		o.Modes[2].Labels[v] = fmt.Sprint("v", v)
		load[v] = [2]float64{0.7 * stream.NormFloat64(), 0.7 * stream.NormFloat64()}
	}
	for i := range shape[0] {
		a, b := stream.NormFloat64(), stream.NormFloat64()
		for s := range shape[1] {
			for v := range shape[2] {
				y := load[v][0]*a + load[v][1]*b + 0.1*float64(s) + 0.2*stream.NormFloat64()
				if stream.Float64() < 0.3 {
					continue
				}
				for n, k := range []int{i, s, v} {
					o.Index[n] = append(o.Index[n], int32(k))
				}
				o.Values = append(o.Values, math.Exp(y)*scale[v])
			}
		}
	}
	return o
}
