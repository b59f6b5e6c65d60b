package completion

import (
	"math"

	"lacuna/internal/portable"
)

// lineCell is a number y that depends on u.
type lineCell struct{ u, y, weight float64 }

// line is a + b u.
func line(of [2]float64, u float64) float64 { return of[0] + float64(of[1]*u) }

// curvature is the symmetric matrix of second derivatives along a line: its three numbers that differ.
type curvature [3]float64

// add adds a cell's derivative and second derivative in what the line says of it.
func (h *curvature) add(gradient *[2]float64, u, first, second float64) {
	gradient[0] += float64(first)
	gradient[1] += float64(first * u)
	h[0] += float64(second)
	h[1] += float64(second * u)
	h[2] += float64(second * u * u)
}

// step returns a line less Newton's step, of which no part is longer than most.
func (h curvature) step(of, gradient [2]float64, most float64) [2]float64 {
	determinant := float64(h[0]*h[2]) - float64(h[1]*h[1])
	step := [2]float64{
		(float64(h[2]*gradient[0]) - float64(h[1]*gradient[1])) / determinant,
		(float64(h[0]*gradient[1]) - float64(h[1]*gradient[0])) / determinant,
	}
	for k := range of {
		of[k] -= math.Min(math.Max(step[k], -most), most)
	}
	return of
}

const lineRounds = 25 // of Newton's method

// logisticLine is the logistic regression of numbers that are 0 or 1, with a normal prior of the slope.
func logisticLine(cells []lineCell) (of [2]float64) {
	const slope, ridge, most = 3.0, 1e-6, 2.0 // deviation of the slope; precision of the level, longest step
	for range lineRounds {
		gradient := [2]float64{float64(ridge * of[0]), of[1] / (slope * slope)}
		h := curvature{ridge, 0, 1 / (slope * slope)}
		for _, c := range cells {
			p := logistic(line(of, c.u))
			h.add(&gradient, c.u, c.weight*(p-c.y), c.weight*p*(1-p))
		}
		of = h.step(of, gradient, most)
	}
	return of
}

// normalLine is the regression of numbers whose mean is a line, and so is the logarithm of their deviation, the latter with
// a normal prior of its slope.
func normalLine(cells []lineCell) (place, spread [2]float64) {
	const slope, ridge, most = 0.3, 1e-9, 1.0
	for range lineRounds {
		var gradient [2]float64
		h := curvature{ridge, 0, ridge}
		for _, c := range cells {
			precision := c.weight * portable.Exp(float64(-2*line(spread, c.u)))
			h.add(&gradient, c.u, precision*(line(place, c.u)-c.y), precision)
		}
		place = h.step(place, gradient, math.Inf(1))
		gradient, h = [2]float64{0, spread[1] / (slope * slope)}, curvature{ridge, 0, 1 / (slope * slope)}
		for _, c := range cells {
			e := (c.y - line(place, c.u)) * portable.Exp(-line(spread, c.u))
			h.add(&gradient, c.u, c.weight*(1-float64(e*e)), 2*c.weight)
		}
		spread = h.step(spread, gradient, most)
	}
	return place, spread
}
