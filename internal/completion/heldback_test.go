package completion

import (
	"testing"

	"lacuna/internal/rng"
)

// TestAFewLargeErrorsTellNothingOfAForm: neither do they make one worse that is better on all other cells, nor do they hide
// that one is worse there.
func TestAFewLargeErrorsTellNothingOfAForm(t *testing.T) {
	const cells = 400
	stream := rng.New(1, "errors")
	var base heldBack
	for range cells {
		e := stream.NormFloat64()
		base.label, base.square = append(base.label, 0), append(base.square, e*e)
	}
	form := func(factor float64, large int) heldBack {
		made := heldBack{label: base.label}
		for c := range cells {
			e := factor * stream.NormFloat64()
			if c < large {
				e = 60
			}
			made.square = append(made.square, e*e)
		}
		return made
	}
	for _, c := range []struct {
		factor float64
		large  int
		worse  bool
	}{{0.9, 0, false}, {0.9, 3, false}, {1.3, 0, true}, {1.3, 3, true}} {
		if got := form(c.factor, c.large).worse(base, -1); got != c.worse {
			t.Errorf("errors %v times as large, %d of them 60: worse is %v", c.factor, c.large, got)
		}
	}
}
