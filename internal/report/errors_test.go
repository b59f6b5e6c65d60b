package report

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// withErrors gives the stations of the example errors from 1 to 12, and the variables errors that differ less.
func withErrors(t *testing.T) *Page {
	p := example(t)
	p.FilledRMSE, p.FilledNRMSE, p.FilledUncertainty = 2.46, 0.62, 0.15
	for i := range 12 {
		p.ByLabel = append(p.ByLabel, LabelError{
			Mode: 1, Index: i, Filled: 50, FilledRMSE: float64(1 + i), HeldOutRMSE: 1, HeldOut: 9, Uncertainty: 0.1,
		})
	}
	for i := range 3 {
		p.ByLabel = append(p.ByLabel, LabelError{
			Mode: 2, Index: i, Filled: 200, FilledRMSE: 2 - float64(i)/4, HeldOutRMSE: 1, HeldOut: 9, Uncertainty: math.NaN(),
		})
	}
	return p
}

func TestHeadlineIsTheErrorOfTheFilledCells(t *testing.T) {
	page := HTML(withErrors(t))
	filled, hidden := strings.Index(page, "± 2.46 °C"), strings.Index(page, "± 1.23 °C")
	if filled < 0 || hidden < filled {
		t.Errorf("the error of the filled cells is at %d, that of the hidden ones at %d", filled, hidden)
	}
	for _, want := range []string{
		"give or take 15 % of that", "follow the main pattern", "variation of the filled cells",
		"Errors are largest for station=station L, about 12 times that of the best, station=station A.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "filled values are</th>") {
		t.Error("the page says NaN, or has a table of labels without units of their own")
	}
}

func TestLabelsWithUnitsOfTheirOwnAreJudgedByTheirSpread(t *testing.T) {
	p := withErrors(t)
	p.Units = "variable"
	for c, i := range p.Observed.Index[2] {
		p.Observed.Values[c] *= []float64{1, 20, 400}[i]
	}
	page := HTML(p)
	for _, want := range []string{
		"largest for variable=tmax, more than 100 times that of the best, variable=rain.", "over the spread of its variable",
		"no better than the mean</td>", "very close</td>",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "± 2.46") {
		t.Error("an error that pools several units is shown")
	}
}

func TestManyLabelsAndUnknownErrors(t *testing.T) {
	p := example(t)
	for i := range 36 {
		p.ByLabel = append(p.ByLabel, LabelError{Index: i, Filled: 5, FilledRMSE: float64(1 + i%7), Uncertainty: 0.2})
	}
	p.ByLabel[0].FilledRMSE, p.ByLabel[1].FilledRMSE, p.ByLabel[2].Filled = math.NaN(), math.Inf(1), 0
	v := newView(p)
	if v.MoreLabels != 3 {
		t.Errorf("%d labels are left out, want 33 − 30", v.MoreLabels)
	}
	p.ByLabel = p.ByLabel[:4]
	if v := newView(p); v.Errors != "" || v.Where != "" {
		t.Error("one label with a known error was compared")
	}
}

func TestWhereErrorsAreLarge(t *testing.T) {
	for want, sizes := range map[string][]float64{
		"about as large for every m": {1, 1.2},
		"about as large for every":   {0, 0},
		"m=1, about 1.5 times":       {1, 1.5},
		"m=1, about 3 times":         {1, 3.2},
		"m=1, more than 100 times":   {0, 1},
	} {
		var lines []labelLine
		for i, size := range sizes {
			lines = append(lines, labelLine{Label: fmt.Sprint(i), Size: size})
		}
		if got := whereLarge("m", lines, false); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q", sizes, got, want)
		}
	}
}
