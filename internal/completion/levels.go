package completion

import (
	"math"
	"slices"

	"lacuna/internal/posterior"
)

// newLevels are those of central intervals of the predictive distribution that just held the held-out values, with which
// intervals of a family are calibrated; none of few cells.
func newLevels(cells []HeldOutCell) graded {
	usable := slices.DeleteFunc(slices.Clone(cells), func(h HeldOutCell) bool { return !(h.weight > 0) })
	if len(usable) < fewScores {
		return graded{}
	}
	return newGraded(usable, func(h HeldOutCell) float64 { return h.central }, sample{}, 0)
}

// levelOf is the level of an interval around a filled value that holds that share of the held-out values.
func (g graded) levelOf(level, value float64) float64 {
	const most = 1 - 1e-6
	if q := g.quantile(level, value); q <= 1 {
		return math.Min(q, most)
	}
	return level
}

// ofFamily returns the bounds of a central interval of the predictive distribution of a cell.
func (c *Completion) ofFamily(e *ensemble, cell []int32, value, level float64) (low, high float64) {
	from, to, _ := c.limits.at(cell)
	step, own := c.kindAt(cell).Step, c.levelsOf(cell).levelOf(level, value)
	if !c.ordinal(cell) {
		own = math.Max(own, level)
	}
	return central(e.law(cell, step, from, to), own, step)
}

// ordinal reports whether values of a cell are a few grades, of which any central interval holds more than is asked for.
func (c *Completion) ordinal(cell []int32) bool {
	name := c.Settings.Noise
	if c.kinds != nil {
		name = c.kindAt(cell).Family
	}
	family, err := posterior.FamilyNamed(name)
	return err == nil && family.Levels > 0
}

// floor is a bound below all values, on the grid of those that are known.
func (e *ensemble) floor() float64 { return e.least - float64(2*math.Ceil(e.high-e.low)) }
