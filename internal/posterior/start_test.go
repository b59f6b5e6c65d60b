package posterior

import (
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestStartIsWhereTheChainBegins gives the truth as the start: the first sweep is then as close as the noise allows, which
// scattered factors are not.
func TestStartIsWhereTheChainBegins(t *testing.T) {
	shape := tensor.Shape{20, 15, 10}
	data, truth := lowRank(1, shape, 2, 1500, even(0.1))
	model := tensor.NewCP(shape, 2)
	fill(rng.New(1, "test data"), model) // what lowRank made
	for _, noise := range []Noise{Gaussian{}, Student{Varied: true}} {
		errors := map[bool]float64{}
		for _, given := range []bool{true, false} {
			settings := Settings{Blocks: 4, Noise: noise}
			if given {
				settings.Start = model
			}
			s := newSampler(data, settings.withDefaults())
			s.sweep()
			for c, v := range truth {
				e := s.AtCell(data, c) - v
				errors[given] += e * e / float64(len(truth))
			}
		}
		if !(errors[true] < 0.02 && errors[false] > 0.2) {
			t.Errorf("%T: squared error %.3g after a sweep from the truth, %.3g from scattered factors", noise, errors[true],
				errors[false])
		}
	}
}
