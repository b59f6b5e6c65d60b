package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// TestOnlyWhatNoFormForetellsIsCapped: a value that is far from what either form says does not choose, one that a form misses
// alone counts against it.
func TestOnlyWhatNoFormForetellsIsCapped(t *testing.T) {
	const cells, common, own = 500, 7, 11
	stream := rng.New(3, "errors")
	made := func() *trial {
		errors := []float64(nil)
		for range cells {
			errors = append(errors, 0.1*stream.NormFloat64())
		}
		errors[common] = 5
		return &trial{errors: [][]float64{errors}}
	}
	a, b := made(), made()
	b.errors[0][own] = 3
	e := explorer{first: []*trial{a, b}}
	e.findMistakes()
	if a.error > 0.12 {
		t.Errorf("a value that no form foretells makes an error of %.3f", a.error)
	}
	if least := 3 / math.Sqrt(cells); b.error < least {
		t.Errorf("the error is %.3f, where one value alone makes %.3f", b.error, least)
	}
	later := made()
	later.errors[0][own] = 3
	if e.rescore(later); later.error < 3/math.Sqrt(cells) {
		t.Errorf("of a later form, the error is %.3f", later.error)
	}
}
