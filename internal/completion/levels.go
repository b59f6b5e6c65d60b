package completion

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// levels are those of central intervals of the predictive distribution that just held the held-out values, with which
// intervals of a family are calibrated.
type levels struct {
	known  []float64 // ascending
	shares []float64 // of their weights, summed up; the last is 1
}

// newLevels takes them from held-out cells that have a weight.
func newLevels(cells []HeldOutCell) (l levels) {
	usable := slices.DeleteFunc(slices.Clone(cells), func(h HeldOutCell) bool { return !(h.weight > 0) })
	if len(usable) < fewScores {
		return l
	}
	slices.SortStableFunc(usable, func(a, b HeldOutCell) int { return cmp.Compare(a.central, b.central) })
	sum := 0.0
	for _, h := range usable {
		sum += h.weight
		l.known, l.shares = append(l.known, h.central), append(l.shares, sum)
	}
	for k := range l.shares {
		l.shares[k] /= sum
	}
	return l
}

// at is the level of an interval that holds that share of the held-out values, never less than asked for.
func (l levels) at(level float64) float64 {
	count := float64(len(l.known))
	k := sort.SearchFloat64s(l.shares, level*(count+1)/math.Max(1, count))
	if k >= len(l.known) {
		return level
	}
	return math.Max(level, l.known[k])
}

// ofFamily returns the bounds of a central interval of the predictive distribution of a cell.
func (c *Completion) ofFamily(e *ensemble, cell []int32, level float64) (low, high float64) {
	m := e.distribution(cell)
	m.least = c.kindAt(cell).Step
	from, to, _ := c.limits.at(cell)
	from = math.Max(from, e.floor())
	to = math.Min(to, float64(4*e.high)-float64(3*e.low))
	tail := float64((1 - c.levelsOf(cell).at(level)) / 2)
	return m.quantile(tail, from, to), m.quantile(1-tail, from, to)
}

// floor is a bound below all values, on the grid of those that are known.
func (e *ensemble) floor() float64 { return e.least - float64(2*math.Ceil(e.high-e.low)) }
