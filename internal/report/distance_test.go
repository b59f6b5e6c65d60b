package report

import (
	"math"
	"strings"
	"testing"
)

func TestErrorsNearAndFarAreCompared(t *testing.T) {
	p := withErrors(t)
	p.ByDistance = []DistanceError{
		{From: 1, To: 1, Filled: 40, FilledNRMSE: 0.1, HeldOut: 30, HeldOutNRMSE: 0.12, Uncertainty: 0.1},
		{From: 5, To: 8, Filled: 9, FilledNRMSE: 0.44, HeldOutNRMSE: math.NaN(), Uncertainty: math.NaN()},
	}
	coordinates := p.Observed.Modes[0].Coordinates
	p.Observed.Modes[0].Coordinates = nil
	if page := HTML(p); strings.Contains(page, "Near known cells") {
		t.Error("distances are told where no mode has an order")
	}
	p.Observed.Modes[0].Coordinates = coordinates
	page := HTML(p)
	for _, want := range []string{
		"10 % of the spread of the values off one step from a known cell, and 44 % 5–8 steps from the nearest known cell.",
		"found on hidden cells", "steps to the nearest known cell along " + p.Observed.Modes[0].Name,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	p.ByDistance[1].FilledNRMSE = 0.11
	if page := HTML(p); !strings.Contains(page, "about as good as those beside them") {
		t.Error("errors that hardly grow are said to grow")
	}
	p.ByDistance = p.ByDistance[:1]
	if page := HTML(p); strings.Contains(page, "Near known cells") {
		t.Error("one distance is compared with itself")
	}
}
