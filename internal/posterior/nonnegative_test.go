package posterior

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// TestNumbersAboveZero compares the first two moments of normal numbers above 0 with μ + h and 1 + μ² + μh, h = φ(μ)/Φ(μ),
// which far out in the tail is 1/|μ| and 2/μ² but for terms of 1/μ⁴.
func TestNumbersAboveZero(t *testing.T) {
	const draws = 40_000
	for _, mu := range []float64{-1e12, -1e6, -40, -7, -6, -5, -1, 0, 0.5, 4, 1e6} {
		s := rng.New(1, "above zero")
		var sum, squares float64
		for range draws {
			x := aboveZero(s, mu)
			if !(x >= 0) {
				t.Fatalf("%v is drawn around %v", x, mu)
			}
			sum += x
			squares += x * x
		}
		first, second := -1/mu-2/math.Pow(-mu, 3), 2/(mu*mu)-10/math.Pow(mu, 4)
		if mu > -30 {
			h := math.Exp(-mu*mu/2) / math.Sqrt(2*math.Pi) / (math.Erfc(-mu/math.Sqrt2) / 2)
			first, second = mu+h, 1+mu*mu+mu*h
		}
		deviation := math.Sqrt(math.Max(second-first*first, 1e-3*first*first))
		if off := math.Abs(sum/draws - first); off > 5*math.Max(deviation/math.Sqrt(draws), 1e-12*first) {
			t.Errorf("around %v: mean %v, want %v", mu, sum/draws, first)
		}
		if ratio := squares / draws / second; math.Abs(ratio-1) > 0.06 {
			t.Errorf("around %v: mean square %v, want %v", mu, squares/draws, second)
		}
	}
}
