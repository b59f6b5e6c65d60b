package figure

import (
	"math"
	"strconv"
)

const mostPoints = 2000 // of a scatter plot; more are thinned evenly

// HeldOut draws predictions of held-back cells against the truth, with the line on which they would be equal.
func HeldOut(truth, predicted []float64, unit string) *Figure {
	e := newExtent(false)
	e.add(truth...)
	e.add(predicted...)
	points := Points{Colour: Blue, Size: 1.6, Opacity: 0.45}
	step := (len(truth) + mostPoints - 1) / mostPoints
	for i := 0; i < len(truth); i += max(1, step) {
		points.X, points.Y = append(points.X, truth[i]), append(points.Y, predicted[i])
	}
	s := e.fit(Axis{}, 0.03)
	return &Figure{Width: 300, Height: 280, Charts: []Chart{{
		X: Axis{Label: "true value", Unit: unit, Min: s.min, Max: s.max},
		Y: Axis{Label: "filled value", Unit: unit, Min: s.min, Max: s.max},
		Curves: []Curve{{
			Name: "filled = true", X: []float64{s.min, s.max}, Y: []float64{s.min, s.max}, Colour: Dim,
			Width: 0.8,
		}},
		Points: []Points{points},
	}}}
}

// Calibration draws the share of held-back cells that fell inside their interval against the share that was
// promised; both in [0, 1].
func Calibration(promised, covered []float64) *Figure {
	x, y := []float64{0}, []float64{0}
	for i := range promised {
		x, y = append(x, 100*promised[i]), append(y, 100*covered[i])
	}
	return &Figure{Width: 300, Height: 280, Charts: []Chart{{
		X: Axis{Label: "interval promised", Unit: "%", Min: 0, Max: 100},
		Y: Axis{Label: "cells inside it", Unit: "%", Min: 0, Max: 100},
		Curves: []Curve{
			{Name: "perfect", X: []float64{0, 100}, Y: []float64{0, 100}, Colour: Dim, Width: 0.8},
			{Name: "measured", X: x, Y: y, Colour: Blue, Width: 1.4},
		},
		Points: []Points{{X: x[1:], Y: y[1:], Colour: Blue, Size: 2.4}},
	}}}
}

// GapMap is the share of cells observed for every pair of indices of two modes.
type GapMap struct {
	RowMode, ColumnMode     string
	RowLabels, ColumnLabels []string
	Observed                [][]float64 // [row][column] in [0, 1]
}

// Gaps draws where the gaps were. Rows run from the top down, as in a table; long modes are binned.
func Gaps(g GapMap) *Figure {
	const most = 60
	rows, columns := bins(len(g.RowLabels), most/2), bins(len(g.ColumnLabels), most)
	h := &Heat{XEdges: edges(columns), YEdges: edges(rows)}
	for j := len(rows) - 2; j >= 0; j-- {
		row := make([]float64, len(columns)-1)
		for i := range row {
			var sum, count float64
			for a := rows[j]; a < rows[j+1]; a++ {
				for b := columns[i]; b < columns[i+1]; b++ {
					sum += g.Observed[a][b]
					count++
				}
			}
			row[i] = 100 * sum / count
		}
		h.Values = append(h.Values, row)
	}
	var y, x []string
	for j := len(rows) - 2; j >= 0; j-- {
		y = append(y, g.RowLabels[rows[j]])
	}
	for i := range len(columns) - 1 {
		x = append(x, g.ColumnLabels[columns[i]])
	}
	return &Figure{Width: 460, Height: 110 + 10*math.Min(22, float64(len(rows))), Charts: []Chart{{
		X:      Axis{Label: g.ColumnMode, Categories: x},
		Y:      Axis{Label: g.RowMode, Categories: y},
		Heat:   h,
		Colour: &ColourScale{Label: "cells observed (%)", Min: 0, Max: 100, Map: Cividis},
	}}}
}

// bins cuts n indices into at most most runs of equal length and returns their starts, n last.
func bins(n, most int) []int {
	size := (n + most - 1) / most
	starts := []int{}
	for i := 0; i < n; i += size {
		starts = append(starts, i)
	}
	return append(starts, n)
}

func edges(starts []int) []float64 {
	e := make([]float64, len(starts))
	for i := range e {
		e[i] = float64(i) - 0.5
	}
	return e
}

// Emergences draws the norm of every block: against the time at which it emerged when all times are known (positive
// and finite), in the order given otherwise.
func Emergences(norms, times []float64) *Figure {
	colours := Distinct(len(norms))
	c := Chart{Y: Axis{Label: "norm of the block"}, X: Axis{Label: "flow time of emergence", Log: true}}
	e := newExtent(true)
	e.add(times...)
	known := len(norms) > 0
	for _, t := range times {
		known = known && t > 0 && !math.IsInf(t, 0)
	}
	if !known {
		c.X = Axis{Label: "block"}
		for i := range norms {
			c.X.Categories = append(c.X.Categories, strconv.Itoa(i+1))
		}
	}
	for i, norm := range norms {
		if !known {
			c.Bars = append(c.Bars, Bars{X: []float64{float64(i)}, Y: []float64{norm}, Width: 0.6, Colour: colours[i]})
			continue
		}
		c.Curves = append(c.Curves, Curve{
			X: []float64{times[i] / 1.02, times[i], e.max * 10}, Y: []float64{0, norm, norm}, Colour: colours[i], Steps: true,
		})
		c.Points = append(c.Points, Points{X: []float64{times[i]}, Y: []float64{norm}, Colour: colours[i], Size: 2.6})
	}
	return &Figure{Width: 460, Height: 200, Charts: []Chart{c}}
}
