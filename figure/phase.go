package figure

import (
	"fmt"
	"math"
	"strconv"
)

// Phase is the share of runs that recover the tensor, by depth, scale of the start and share of cells observed.
type Phase struct {
	Title       string
	Depths      []int
	Scales      []string      // one row each, from the bottom up
	ScaleLabel  string        // what a scale is
	Shares      []float64     // observed shares, ascending and evenly spaced, in percent
	Probability [][][]float64 // [depth][scale][share]; NaN where there is no run
	Limit       float64       // observed share, in percent, at which cells equal degrees of freedom
	Notes       []string      // one a depth; nil for none
}

// Phase diagrams: one heat map a depth, the limit below which no method can recover the tensor as a line.
func (d Phase) Figure() *Figure {
	f := &Figure{Title: d.Title, Width: 270, Height: 205}
	step := 5.0
	if len(d.Shares) > 1 {
		step = d.Shares[1] - d.Shares[0]
	}
	xEdges := make([]float64, len(d.Shares)+1)
	for i := range xEdges {
		xEdges[i] = d.Shares[0] + (float64(i)-0.5)*step
	}
	yEdges := make([]float64, len(d.Scales)+1)
	for j := range yEdges {
		yEdges[j] = float64(j) - 0.5
	}
	for k, depth := range d.Depths {
		c := Chart{
			Title: "depth " + strconv.Itoa(depth),
			X:     Axis{Label: "cells observed", Unit: "%", Min: math.Min(0, xEdges[0]), Max: xEdges[len(xEdges)-1]},
			Y:     Axis{Label: d.ScaleLabel, Categories: d.Scales},
			Heat: &Heat{
				XEdges: xEdges, YEdges: yEdges, Values: percentages(d.Probability[k]),
				Text: wholes(percentages(d.Probability[k])),
			},
			Rules: []Rule{{
				Name: fmt.Sprintf("degrees of freedom (%.3g %%)", d.Limit), At: d.Limit, Vertical: true,
				Colour: Red, Width: 1.4, Dash: Dashed,
			}},
			Colour: &ColourScale{Label: "recovered (%)", Min: 0, Max: 100, Map: Cividis},
		}
		if d.Notes != nil {
			c.Note = d.Notes[k]
		}
		f.Charts = append(f.Charts, c)
	}
	return f
}

// percentages are shares times 100.
func percentages(shares [][]float64) [][]float64 {
	out := make([][]float64, len(shares))
	for j, row := range shares {
		for _, x := range row {
			out[j] = append(out[j], 100*x)
		}
	}
	return out
}

// wholes writes numbers without decimals, and NaN as nothing.
func wholes(values [][]float64) [][]string {
	text := make([][]string, len(values))
	for j, row := range values {
		text[j] = make([]string, len(row))
		for i, x := range row {
			if !math.IsNaN(x) {
				text[j][i] = strconv.Itoa(int(math.Round(x)))
			}
		}
	}
	return text
}
