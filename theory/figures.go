package theory

import (
	"fmt"
	"math"
	"slices"

	"lacuna/figure"
	"lacuna/internal/portable"
)

// Picture is a figure with the name of its file, without an ending, and a sentence about it.
type Picture struct {
	Name, Caption string
	Figure        *figure.Figure
}

// Pictures draws what the result has data for.
func (r *Result) Pictures() []Picture {
	var out []Picture
	add := func(name, caption string, f *figure.Figure) {
		if f != nil {
			out = append(out, Picture{name, caption, f})
		}
	}
	add("exponents", "Exponent of growth against depth: points are fitted, with 95 % confidence intervals, lines "+
		"are theory. In deep CP it is that of ‖⊗w‖, a root of the norm of a block, and rises by one with every matrix in a "+
		"chain; in deep matrix factorisation, where it is that of an end-to-end singular value, and in plain CP it stays below two.", r.exponents())
	add("end-to-end", "The same runs, the same growth: end to end, as norm of the whole block, the exponent stays below two at "+
		"every depth; for the norm of the vectors w alone, a root of it, it rises by one with every matrix.", r.endToEndPicture())
	add("growth", "Theorem 3.2 (i) along one run: the growth rate of every block that emerged, computed from the "+
		"parameters (lines) and from the formula (dots), and their relative error.", r.growth())
	add("bands", "Growth of the first block from starts of growing unbalancedness: the measured rate (line) stays "+
		"between the bounds of the proof (band), while the equation for balanced starts (dashes) drifts away.", r.bands())
	add("singular-values", "Deep matrix factorisation from a balanced start: singular values emerge one at a time.",
		r.singularValues())
	add("convergence", "Finite differences of recorded norms against the formula: the error falls with the steps "+
		"in a growth phase, at the order of the integrator (dashes).", r.convergence())
	return out
}

func (r *Result) exponents() *figure.Figure {
	type point struct{ x, y, low, high float64 }
	var names []string
	orders := map[string]float64{}
	points := map[string][]point{}
	for _, row := range r.Rows {
		if row.Statement != exponent.Name || math.IsNaN(*row.Fitted) {
			continue
		}
		name, x := fmt.Sprintf("deep CP, order %d", row.Order), meanDepth(row.Depths)
		if row.Model == "deep matrix" {
			name, x = row.Model, float64(row.Depths[0]-1)
		} else {
			orders[name] = float64(row.Order)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		points[name] = append(points[name], point{x, *row.Fitted, row.CI95[0], row.CI95[1]})
	}
	if len(names) == 0 {
		return nil
	}
	f := &figure.Figure{Title: "The exponent of growth", Width: 460, Height: 330}
	c := figure.Chart{
		X:    figure.Axis{Label: "depth: matrices in a chain (mean over modes); factors beyond the first"},
		Y:    figure.Axis{Label: "exponent of growth", Min: 0.8, Max: 7},
		Note: "the exponent of plain CP, 2 − 2/N, stays below 2 for every order N",
	}
	for i, colour := range figure.Distinct(len(names)) {
		name := names[i]
		list := points[name]
		slices.SortFunc(list, func(a, b point) int {
			if a.x < b.x {
				return -1
			}
			return 1
		})
		p := figure.Points{Colour: colour, Size: 2.6}
		curve := figure.Curve{Name: name, Colour: colour}
		for _, q := range list {
			p.X, p.Y, p.Low, p.High = append(p.X, q.x), append(p.Y, q.y), append(p.Low, q.low), append(p.High, q.high)
		}
		for x := 0.0; x <= 5.001; x += 0.1 {
			y := 2 - 2/(x+1) // k = x + 1 factors
			if order := orders[name]; order > 0 {
				y = 2 - 2/order + x
			}
			if name == "deep matrix" && x < 0.95 {
				continue
			}
			curve.X, curve.Y = append(curve.X, x), append(curve.Y, y)
		}
		c.Curves, c.Points = append(c.Curves, curve), append(c.Points, p)
	}
	low, high := Exponent(make([]int, 3)), Exponent(make([]int, 5))
	c.Bands = []figure.Band{{
		Name: "plain CP of orders 3 to 5, which has no depth", X: []float64{0, 5},
		Low: []float64{low, low}, High: []float64{high, high}, Colour: figure.Grey,
	}}
	c.Rules = []figure.Rule{{Name: "quadratic", At: 2, Colour: figure.Dim, Dash: figure.Dashed}}
	f.Charts = []figure.Chart{c}
	return f
}

func meanDepth(depths []int) float64 {
	return float64(matrices(depths)) / float64(len(depths))
}

func (r *Result) growth() *figure.Figure {
	t := r.Sides
	if t == nil || len(t.Blocks) == 0 {
		return nil
	}
	rates := figure.Chart{
		Title: "growth rates, depths " + depthName(t.Depths),
		X:     figure.Axis{Label: "flow time t"}, Y: figure.Axis{Label: "rate of Π‖w‖ of each block", Log: true},
		Note: "lines from the parameters, dots from the formula; a line is broken while its block shrinks",
	}
	for i, colour := range figure.Distinct(len(t.Blocks)) {
		rates.Curves = append(rates.Curves,
			figure.Curve{Name: fmt.Sprintf("block %d", t.Blocks[i]), X: t.Time, Y: t.Left[i], Colour: colour, Width: 2},
			figure.Curve{X: t.Time, Y: t.Right[i], Colour: figure.Black, Width: 0.8, Dash: figure.Dotted})
	}
	errors := figure.Chart{
		Title: "worst relative error over all blocks",
		X:     figure.Axis{Label: "flow time t"}, Y: figure.Axis{Label: "relative error", Log: true},
		Curves: []figure.Curve{{X: t.Time, Y: t.Error, Colour: figure.Blue}},
	}
	return &figure.Figure{Title: "Theorem 3.2 (i) along a run", Charts: []figure.Chart{rates, errors}, Columns: 2}
}

func (r *Result) bands() *figure.Figure {
	if len(r.Bands) == 0 {
		return nil
	}
	f := &figure.Figure{Title: "Where the hypothesis fails", Columns: 2}
	for _, b := range r.Bands {
		f.Charts = append(f.Charts, figure.Chart{
			Title: fmt.Sprintf("ε(0) = %.2g, ε₁ = %.2g", b.Epsilon, b.Epsilon1),
			X:     figure.Axis{Label: "norm Π‖w‖ of the block", Log: true},
			Y:     figure.Axis{Label: "growth rate over γ", Log: true},
			Bands: []figure.Band{{Name: "bounds of the proof", X: b.Norm, Low: b.Low, High: b.High, Colour: figure.Sky}},
			Curves: []figure.Curve{
				{Name: "measured", X: b.Norm, Y: b.Rate, Colour: figure.Blue, Width: 1.6},
				{
					Name: "equation of Theorem 3.2 (i)", X: b.Norm, Y: b.Equation, Colour: figure.Orange, Dash: figure.Dashed,
					Width: 1.4,
				},
			},
			Note: fmt.Sprintf("the equation is off by up to %.2g", b.Error),
		})
	}
	return f
}

func (r *Result) singularValues() *figure.Figure {
	t := r.Sigma
	if t == nil {
		return nil
	}
	c := figure.Chart{
		X: figure.Axis{Label: "flow time t"}, Y: figure.Axis{Label: "singular values of W"},
		Right: &figure.Axis{Label: "training error (MSE)", Log: true, Colour: figure.Red},
	}
	for l, colour := range figure.Distinct(len(t.Sigma)) {
		c.Curves = append(c.Curves, figure.Curve{X: t.Time, Y: t.Sigma[l], Colour: colour})
	}
	c.Curves = append(c.Curves, figure.Curve{X: t.Time, Y: t.MSE, Colour: figure.Red, Dash: figure.Dotted, Right: true})
	return &figure.Figure{
		Title: fmt.Sprintf("Deep matrix, %d factors", t.Factors), Charts: []figure.Chart{c},
		Width: 420, Height: 280,
	}
}

func (r *Result) convergence() *figure.Figure {
	c := figure.Chart{
		X: figure.Axis{Label: "steps within growth phases", Log: true}, Y: figure.Axis{Label: "relative error, root " +
			"mean square", Log: true},
	}
	rows := r.rowsOf(trajectory)
	if len(rows) == 0 {
		return nil
	}
	for i, colour := range figure.Distinct(len(rows)) {
		row := rows[i]
		curve := figure.Curve{Name: fmt.Sprintf("depth %s, integrator of order %d", depthName(row.Depths),
			row.OrderExpected), Colour: colour}
		expected := figure.Curve{Colour: colour, Dash: figure.Dashed, Width: 0.8}
		last := row.Convergence[len(row.Convergence)-1]
		for _, k := range row.Convergence {
			curve.X, curve.Y = append(curve.X, float64(k.Records)), append(curve.Y, k.Error)
			expected.X = append(expected.X, float64(k.Records))
			expected.Y = append(expected.Y, last.Error*portable.Pow(float64(last.Records)/float64(k.Records),
				float64(row.OrderExpected)))
		}
		c.Curves = append(c.Curves, curve, expected)
		c.Points = append(c.Points, figure.Points{X: curve.X, Y: curve.Y, Colour: colour})
	}
	return &figure.Figure{Title: "Along the trajectory", Charts: []figure.Chart{c}, Width: 420, Height: 300}
}
