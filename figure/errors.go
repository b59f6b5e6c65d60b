package figure

import "math"

// LabelErrors is the error of the cells of every label of a mode.
type LabelErrors struct {
	Mode        string
	Labels      []string  // in the order to be drawn
	RMSE        []float64 // of the label's cells, ≥ 0
	Uncertainty []float64 // relative standard error of RMSE, drawn as a whisker; NaN where it is not known
	Unit        string    // of RMSE
}

// Errors draws a column for every label, with a whisker of one standard error up and down.
func Errors(e LabelErrors) *Figure {
	c := Chart{
		X: Axis{Label: e.Mode, Categories: e.Labels, AllNames: true},
		Y: Axis{Label: "expected error", Unit: e.Unit},
	}
	bars, whiskers := Bars{Width: 0.7, Colour: Sky}, Points{Colour: Black, Size: 1.2}
	for i, rmse := range e.RMSE {
		x := float64(i)
		bars.X, bars.Y = append(bars.X, x), append(bars.Y, rmse)
		if u := e.Uncertainty[i]; !math.IsNaN(u) {
			whiskers.X, whiskers.Y = append(whiskers.X, x), append(whiskers.Y, rmse)
			whiskers.Low = append(whiskers.Low, rmse*math.Max(0, 1-u))
			whiskers.High = append(whiskers.High, rmse*(1+u))
		}
	}
	c.Bars = []Bars{bars}
	if len(whiskers.X) > 0 {
		c.Points = []Points{whiskers}
	}
	return &Figure{Width: 460, Height: 220, Charts: []Chart{c}}
}
