package loss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
)

func TestDerivatives(t *testing.T) {
	settings := &fd.Settings{Formula: fd.Central, Step: 1e-5}
	for _, name := range Names() {
		l, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range []float64{-3, -1, -0.2, 0, 0.3, 0.9, 4} {
			for _, a := range []float64{0, 0.5, 1} {
				value := func(w float64) float64 { v, _, _ := l.At(w, a); return v }
				slope := func(w float64) float64 { _, d, _ := l.At(w, a); return d }
				_, first, second := l.At(w, a)
				if want := fd.Derivative(value, w, settings); math.Abs(first-want) > 1e-8 {
					t.Errorf("%s: first derivative at (%v, %v) is %v, differences give %v", name, w, a, first, want)
				}
				if want := fd.Derivative(slope, w, settings); math.Abs(second-want) > 1e-8 {
					t.Errorf("%s: second derivative at (%v, %v) is %v, differences give %v", name, w, a, second, want)
				}
			}
		}
	}
}

func TestLossesStayFiniteFarAway(t *testing.T) {
	for _, name := range Names() {
		l, _ := ByName(name)
		for _, w := range []float64{-800, 800} {
			value, first, second := l.At(w, 0.5)
			if math.IsInf(value, 0) || math.IsNaN(value+first+second) {
				t.Errorf("%s: at %v: %v, %v, %v", name, w, value, first, second)
			}
		}
	}
}

func TestUnknownNameIsAnError(t *testing.T) {
	if _, err := ByName("cubic"); err == nil {
		t.Error("no error")
	}
	if err := CheckTargets(Logistic, []float64{0, 1, 2}); err == nil {
		t.Error("a count passed as a probability")
	}
}
