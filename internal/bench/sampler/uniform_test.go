package sampler

import (
	"math"
	"testing"

	"lacuna/internal/rng"
)

// TestChiSquare compares p-values with tables of the χ² distribution with 8 degrees of freedom.
func TestChiSquare(t *testing.T) {
	// Counts 16 ± d of nine bins, Σ d² = 16 · statistic.
	for _, c := range []struct {
		counts    [bins]int
		statistic float64
	}{
		{[bins]int{16, 16, 16, 16, 16, 16, 16, 16, 16}, 0},
		{[bins]int{24, 8, 22, 10, 21, 11, 16, 16, 16}, (64*2 + 36*2 + 25*2) / 16.0},
	} {
		var ranks []int
		for b, n := range c.counts {
			for range n {
				ranks = append(ranks, b*7)
			}
		}
		h := c.statistic / 2
		want := math.Exp(-h) * (1 + h + h*h/2 + h*h*h/6)
		if got := chiSquare(ranks, 62); math.Abs(got-want) > 1e-12 {
			t.Errorf("statistic %.2f: p = %v, want %v", c.statistic, got, want)
		}
	}
	// 15.507 is the 95 % quantile.
	h := 15.507 / 2
	if p := math.Exp(-h) * (1 + h + h*h/2 + h*h*h/6); math.Abs(p-0.05) > 1e-4 {
		t.Errorf("p = %v at the 95 %% quantile", p)
	}
}

// TestEnvelope compares the probability of leaving an envelope with how often uniform ranks leave it.
func TestEnvelope(t *testing.T) {
	const count, top, sets = 60, 62, 4000
	e := newEnvelope(count, top, 3)
	s := rng.New(1, "envelope")
	for _, alpha := range []float64{0.2, 0.05} {
		gamma := e.level(alpha)
		if p := e.outside(gamma); p > alpha || p < 0.8*alpha { // counts are whole numbers
			t.Errorf("the envelope of %v is left with probability %v", alpha, p)
		}
		low, high := e.bounds(gamma)
		var left, small int
		for range sets {
			ranks := make([]int, count)
			for k := range ranks {
				ranks[k] = s.IntN(top + 1)
			}
			out := false
			counts := e.counts(ranks, top)
			for i, n := range counts {
				out = out || n < low[i] || n > high[i]
			}
			if out {
				left++
			}
			if e.pValue(counts) <= alpha {
				small++
			}
		}
		expected := e.outside(gamma)
		error := math.Sqrt(expected * (1 - expected) / sets)
		if share := float64(left) / sets; math.Abs(share-expected) > 4*error {
			t.Errorf("%.4f of uniform ranks leave the envelope, want %.4f", share, expected)
		}
		if share := float64(small) / sets; share > alpha+4*error {
			t.Errorf("%.4f of uniform ranks have p ≤ %v", share, alpha)
		}
	}
}

// TestTiesAreBrokenAtRandom ranks a value among equal ones.
func TestTiesAreBrokenAtRandom(t *testing.T) {
	s := rng.New(1, "ties")
	var counts [4]int
	for range 4000 {
		counts[rankOf(1, []float64{0, 1, 1, 2}, s.IntN)]++
	}
	for r, want := range []float64{0, 4000.0 / 3, 4000.0 / 3, 4000.0 / 3} {
		if math.Abs(float64(counts[r])-want) > 4*math.Sqrt(want) {
			t.Errorf("rank %d: %d times", r, counts[r])
		}
	}
}

// TestCompareUsesBothSimulators makes a difference that only the further draws can show, and none where there is none.
func TestCompareUsesBothSimulators(t *testing.T) {
	s := rng.New(1, "compare")
	for _, shift := range []float64{0, 0.2} {
		var begins, along, further []float64
		for range 1000 {
			x := s.NormFloat64()
			begins = append(begins, x)
			along = append(along, 0.3*x+0.3*s.NormFloat64()+shift)
			for range 4 {
				further = append(further, s.NormFloat64())
			}
		}
		z := compare("x", begins, along, further).Z
		if want := shift / math.Sqrt(0.09/1000+0.49/4000); math.Abs(z-want) > 4 {
			t.Errorf("shift %v: z = %.2f, want %.2f", shift, z, want)
		}
	}
}
