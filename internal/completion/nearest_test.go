package completion

import (
	"math"
	"testing"
)

// listed is a law of whole numbers from 0 on.
type listed []float64

func (l listed) cdf(y float64) (p float64) {
	for k, own := range l {
		if float64(k) <= y {
			p += own
		}
	}
	return p
}

func (l listed) quantile(p float64) float64 {
	for k := range l {
		if l.cdf(float64(k)) >= p {
			return float64(k)
		}
	}
	return float64(len(l) - 1)
}

// TestCentralIntervalsByTheirDefinition compares intervals of whole numbers with all sets of values of some depth.
func TestCentralIntervalsByTheirDefinition(t *testing.T) {
	for _, l := range []listed{
		{0.93, 0.04, 0.02, 0.01},
		{0.3, 0.25, 0.2, 0.15, 0.1},
		{0.02, 0.03, 0.1, 0.4, 0.3, 0.1, 0.05},
		{0.06, 0.13, 0.3, 0.31, 0.13, 0.07},
		{0.01, 0.02, 0.03, 0.94},
	} {
		depth := func(k int) float64 { return math.Min(l.cdf(float64(k)), 1-l.cdf(float64(k-1))) }
		for _, level := range []float64{0.5, 0.85, 0.9, 0.99} {
			wantLow, wantHigh, least := 0, len(l)-1, 1.0
			for k := range l {
				mass, low, high := 0.0, len(l), 0
				for i, p := range l {
					if depth(i) >= depth(k)-chance {
						mass, low, high = mass+p, min(low, i), max(high, i)
					}
				}
				if mass >= level-chance && mass < least {
					wantLow, wantHigh, least = low, high, mass
				}
			}
			low, high := central(l, level-chance, 1)
			if low != float64(wantLow) || high != float64(wantHigh) {
				t.Errorf("%v of %v: %v to %v, want %d to %d", level, l, low, high, wantLow, wantHigh)
			}
		}
		for k := range l {
			mass := 0.0
			for i, p := range l {
				if depth(i) > depth(k)+chance {
					mass += p
				}
			}
			if got := holding(l, float64(k), 1); depth(k) < 0.5 && math.Abs(got-mass) > 1e-6 {
				t.Errorf("%v: %v is nearer than %d, want %v", l, got, k, mass)
			}
		}
	}
}

// TestIntervalsHoldTheirLevelBesideAHeap looks at laws with a heap at one end or none.
func TestIntervalsHoldTheirLevelBesideAHeap(t *testing.T) {
	const step = 1e-6
	inf := math.Inf(1)
	for _, l := range []boundedLaw{{2, 1, -inf, inf}, {1.9, 1, 0, inf}, {1.4, 1, 0, inf}, {0, 1, 0, inf}, {-1, 1, 0, inf}, {8.5, 1, 0, 10}, {10, 1, 0, 10}} {
		for _, level := range []float64{0.5, 0.9} {
			low, high := central(l, level, 0)
			held := l.cdf(high) - under(l, low)
			heap := l.cdf(l.low)
			if top := 1 - under(l, l.high); !math.IsInf(l.high, 1) {
				heap = math.Max(heap, top)
			}
			most := math.Max(level, heap)
			if tail := (1 - level) / 2; heap > tail && heap < 2*tail {
				most = 1 - heap // of the values that are no farther out than the heap
			}
			if held < level-1e-6 || held > most+1e-6 {
				t.Errorf("%v of %v: %v to %v hold %v, at most %v", level, l, low, high, held, most)
			}
			for _, y := range []float64{low - 0.01, high + 0.01} {
				if y > l.low && y < l.high && holding(l, y, step) < level-1e-3 {
					t.Errorf("%v of %v: %v outside is held from %v on", level, l, y, holding(l, y, step))
				}
			}
			if inside := holding(l, low+0.3*(high-low), step); inside > level+1e-6 {
				t.Errorf("%v of %v: a value inside is held from %v on", level, l, inside)
			}
		}
	}
}
