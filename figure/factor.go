package figure

import (
	"math"
	"strconv"

	"lacuna/tensor"
)

// Factor draws one factor of one block over its mode: a line over the coordinates of three labels or more, bars
// otherwise.
func Factor(mode tensor.Mode, values []float64, colour Colour) *Figure {
	c := Chart{X: Axis{Label: mode.Name}, Rules: []Rule{{At: 0, Colour: Grey, Width: 0.6}}}
	if len(mode.Coordinates) >= 3 {
		c.Curves = []Curve{{X: mode.Coordinates, Y: values, Colour: colour, Width: 1.1}}
		c.X = overMode(mode)
	} else {
		x := make([]float64, len(values))
		for i := range x {
			x[i] = float64(i)
		}
		c.X.Categories, c.X.AllNames = mode.Labels, true
		c.Bars = []Bars{{X: x, Y: values, Width: 0.8, Colour: colour}}
	}
	return &Figure{Width: 230, Height: 130, Charts: []Chart{c}}
}

// isNumbers tells whether the labels say the coordinates as numbers.
func isNumbers(mode tensor.Mode) bool {
	for i, label := range mode.Labels {
		if x, err := strconv.ParseFloat(label, 64); err != nil || x != mode.Coordinates[i] {
			return false
		}
	}
	return true
}

// placedTicks labels about count categories, those that lie at round times where there are such.
func (a Axis) placedTicks(count int) []tick {
	low, high := a.At[0], a.At[len(a.At)-1]
	round := roundTimes(a.AtUnit, low, high, count)
	var ticks []tick
	for k, place := range round {
		i := nearest(a.At, place)
		spacing := (high - low) / float64(len(round))
		if k > 0 {
			spacing = place - round[k-1]
		}
		if math.Abs(a.At[i]-place) <= spacing/4 {
			ticks = append(ticks, tick{value: a.At[i], label: a.Categories[i]})
		}
	}
	if len(ticks) >= min(2, count) {
		return ticks
	}
	ticks = nil
	next := low
	for i, x := range a.At {
		if x >= next {
			ticks = append(ticks, tick{value: x, label: a.Categories[i]})
			next = x + (high-low)/float64(count)
		}
	}
	return ticks
}

// nearest is the index of the value, among ascending ones, that is nearest to x.
func nearest(values []float64, x float64) int {
	best := 0
	for i, v := range values {
		if math.Abs(v-x) < math.Abs(values[best]-x) {
			best = i
		}
	}
	return best
}
