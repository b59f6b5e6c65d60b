package families

import (
	"context"
	"math"
	"testing"

	"lacuna"
	"lacuna/tensor"
)

// TestTablesOfEveryKindAreFilledWithPossibleValues gives the upper ends of days and shares, which tables so small do not show.
func TestTablesOfEveryKindAreFilledWithPossibleValues(t *testing.T) {
	for _, kind := range Kinds() {
		o := Options{
			Kinds: []string{kind}, Tables: 1, Shape: tensor.Shape{12, 8, 4}, Seed: 3,
			Complete: lacuna.Options{Effort: 0.01, Threads: 2, Seed: 1},
		}
		if kind == "days" || kind == "shares" {
			_, most, _ := bounds(kind)
			o.Complete.Limits = []lacuna.Limit{{Mode: -1, Min: math.Inf(-1), Max: most}}
		}
		results, err := Run(context.Background(), o)
		if err != nil || len(results) != 1 {
			t.Fatalf("%s: %d results: %v", kind, len(results), err)
		}
		r := results[0]
		if r.Kind != kind || r.Tables != 1 || r.Cells < 60 || len(r.Coverage) != 10 || len(r.Heaped) != 10 || math.IsNaN(r.LogScore) {
			t.Errorf("%+v", r)
		}
		if r.Outside > 0 {
			t.Errorf("%s: %d impossible values", kind, r.Outside)
		}
	}
}

func TestMomentsOfGeneratedValues(t *testing.T) {
	o := Options{}
	o.defaults()
	for kind, whole := range map[string]bool{"counts": true, "positive": false, "ordinal": true, "binary": true, "rain": false, "claims": false, "days": true, "shares": false} {
		observed, hidden := o.generate(kind, 0)
		share := float64(hidden.Len()) / o.Shape.Cells()
		if math.Abs(share-0.3) > 0.03 || observed.Len()+hidden.Len() != 3840 {
			t.Errorf("%s: %d and %d cells", kind, observed.Len(), hidden.Len())
		}
		least, most, _ := bounds(kind)
		for _, y := range observed.Values {
			if y < least || y > most || whole && y != math.Round(y) {
				t.Fatalf("%s has the value %v", kind, y)
			}
		}
	}
}

func TestSweepsAreTimed(t *testing.T) {
	times, err := MeasureTime(context.Background(), Options{Shape: tensor.Shape{12, 8, 4}, Seed: 3})
	if err != nil || len(times) != len(timed) {
		t.Fatalf("%d times: %v", len(times), err)
	}
	for _, r := range times {
		if !(r.Sweep >= 0 && r.Normal >= 0) || r.Cells < 200 {
			t.Errorf("%+v", r)
		}
	}
}
