package figure

// ExponentSeries is the growth exponent of one kind of model by depth: what theory says and what was fitted.
type ExponentSeries struct {
	Name      string
	Depth     []float64
	Theory    []float64 // a line; may be nil
	Fitted    []float64 // points; may be nil
	Low, High []float64 // confidence interval of Fitted; a band
}

// Exponents draws exponents of growth against depth: theory as lines, fits as points with a band of confidence.
func Exponents(title, xLabel string, series ...ExponentSeries) *Figure {
	c := Chart{
		X: Axis{Label: xLabel},
		Y: Axis{Label: "growth exponent of a block's norm"},
	}
	for i, colour := range Distinct(len(series)) {
		s := series[i]
		if s.Theory != nil {
			c.Curves = append(c.Curves, Curve{Name: s.Name, X: s.Depth, Y: s.Theory, Colour: colour})
		}
		if s.Fitted != nil {
			points := Points{X: s.Depth, Y: s.Fitted, Low: s.Low, High: s.High, Colour: colour, Size: 2.4}
			if s.Theory == nil {
				points.Name = s.Name
			}
			c.Points = append(c.Points, points)
		}
		if s.Low != nil {
			c.Bands = append(c.Bands, Band{X: s.Depth, Low: s.Low, High: s.High, Colour: colour})
		}
	}
	return &Figure{Title: title, Charts: []Chart{c}, Width: 420, Height: 300}
}
