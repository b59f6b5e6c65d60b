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

// DistanceErrors is the error of cells by how far they are from known ones. All slices have one entry a class of
// distances; what is not known is NaN.
type DistanceErrors struct {
	Axis        string    // what the distance is counted along
	Classes     []string  // in the order to be drawn
	Filled      []float64 // to be expected of the cells that are filled
	HeldOut     []float64 // found on cells that were hidden
	Uncertainty []float64 // relative standard error of HeldOut
	Unit        string
}

// ByDistance draws a column for the expected error of every class, and the found one as a mark with a whisker of one
// standard error up and down.
func ByDistance(e DistanceErrors) *Figure {
	c := Chart{
		X: Axis{Label: e.Axis, Categories: e.Classes, AllNames: true},
		Y: Axis{Label: "error", Unit: e.Unit},
	}
	bars := Bars{Name: "expected of filled cells", Width: 0.7, Colour: Sky}
	marks := Points{Name: "found on hidden cells", Colour: Black, Size: 2.4}
	for k := range e.Classes {
		if !math.IsNaN(e.Filled[k]) {
			bars.X, bars.Y = append(bars.X, float64(k)), append(bars.Y, e.Filled[k])
		}
		if held := e.HeldOut[k]; !math.IsNaN(held) {
			u := e.Uncertainty[k]
			if math.IsNaN(u) {
				u = 0
			}
			marks.X, marks.Y = append(marks.X, float64(k)), append(marks.Y, held)
			marks.Low = append(marks.Low, held*math.Max(0, 1-u))
			marks.High = append(marks.High, held*(1+u))
		}
	}
	c.Bars, c.Points = []Bars{bars}, []Points{marks}
	return &Figure{Width: 460, Height: 220, Charts: []Chart{c}}
}
