// Package figure holds figures as plain data and draws them as SVG, PDF or PNG.
//
// A Figure is a grid of Charts; a Chart is axes and layers of numbers. The functions BlockNorms, ByDepth, Phase,
// HeldOut, Calibration, Errors, Gaps and Factor build the figures of this project from results; Render and Save draw any of
// them. Drawing is deterministic: the same data give the same bytes.
package figure

// Figure is one picture: charts side by side, read row by row.
type Figure struct {
	Title   string
	Charts  []Chart
	Columns int     // charts in a row; 0 means up to three
	Width   float64 // of one chart, in points (1/72 inch); 0 means 320
	Height  float64 // of one chart, in points; 0 means 230
}

// Chart is one pair of axes and what is drawn between them, in this order: Heat, Bands, Bars, Curves, Points, Rules.
// Values that are not finite, or not positive on a logarithmic axis, are left out; a curve is broken there, and a value
// of it without a neighbour is a dot.
type Chart struct {
	Title  string
	X, Y   Axis
	Right  *Axis // second vertical axis, for the curves with Right set
	Heat   *Heat
	Bands  []Band
	Bars   []Bars
	Curves []Curve
	Points []Points
	Rules  []Rule
	Colour *ColourScale // of Heat and of the Points that have values; drawn as a colour bar
	Note   string       // a sentence under the axes, in small letters
}

// Axis says what is measured along a side of a chart.
type Axis struct {
	Label      string
	Unit       string // written in brackets after the label
	Log        bool
	Min, Max   float64   // the range when Max > Min; otherwise it is taken from the data
	Categories []string  // names of the positions 0, 1, 2, …, in place of numbers
	At         []float64 // where the Categories lie, ascending; nil: 0, 1, 2, …
	AtUnit     string    // of At, if they are times: second, minute, hour, day, month; round ones are named
	Colour     Colour    // of the label and the numbers; black by default
	Whole      bool      // only whole numbers are labelled
	AllNames   bool      // horizontal axis: turn the names of Categories upright rather than leave some out
	Hidden     bool      // no label, ticks or line
}

// Curve is a line through points in the order given.
type Curve struct {
	Name   string // for the legend; empty means none
	X, Y   []float64
	Colour Colour
	Width  float64 // in points; 0 means 1.2
	Dash   Dash
	Right  bool // measured on the right axis
	Steps  bool // constant between points
}

// Band is the area between two curves.
type Band struct {
	Name         string
	X, Low, High []float64
	Colour       Colour
}

// Points are marks. With Values each is coloured by the chart's colour scale.
type Points struct {
	Name      string
	X, Y      []float64
	Values    []float64
	Low, High []float64 // ends of vertical error bars, if any
	Colour    Colour
	Size      float64 // radius in points; 0 means 2
	Opacity   float64 // 0 means 1
}

// Bars are columns from zero to Y, centred on X, Width wide in units of X.
type Bars struct {
	Name   string
	X, Y   []float64
	Width  float64
	Colour Colour
}

// Heat is a grid of coloured cells: cell (j, i) has Values[j][i] and lies between XEdges[i], XEdges[i+1] and
// YEdges[j], YEdges[j+1]. NaN cells are left empty.
type Heat struct {
	XEdges, YEdges []float64
	Values         [][]float64
	Text           [][]string // written into the cells, if any
}

// Rule is a straight line across the chart.
type Rule struct {
	Name     string
	At       float64
	Vertical bool
	Colour   Colour
	Width    float64
	Dash     Dash
}

// Dash is the pattern of a line.
type Dash int

// The patterns of a line.
const (
	Solid Dash = iota
	Dotted
	Dashed
)

// ColourScale maps values to colours.
type ColourScale struct {
	Label    string
	Log      bool
	Min, Max float64 // the range when Max > Min; otherwise it is taken from the data
	Map      ColourMap
}
