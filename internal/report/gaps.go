package report

import (
	"slices"

	"lacuna/figure"
	"lacuna/internal/page"
	"lacuna/tensor"
)

// Map is a drawing of where the gaps are, for a pair of modes.
type Map struct {
	Caption string    `json:"caption"`
	SVG     page.HTML `json:"svg"`
}

// GapMaps draws the gaps of a table as the page does.
func GapMaps(o *tensor.Observed) []Map {
	pictures, _ := gapMaps(o)
	maps := make([]Map, len(pictures))
	for k, p := range pictures {
		maps[k] = Map(p)
	}
	return maps
}

// gapMaps draws the share of cells observed for pairs of modes, the pairs of the longest modes first.
func gapMaps(o *tensor.Observed) (maps []picture, more bool) {
	shape := o.Shape()
	order := make([]int, len(shape))
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int { return shape[b] - shape[a] })
	for b := 1; b < len(order); b++ {
		for a := range b {
			if len(maps) == mostMaps {
				return maps, true
			}
			column, row := order[a], order[b]
			maps = append(maps, picture{
				Caption: o.Modes[row].Name + " by " + o.Modes[column].Name,
				SVG:     inline(figure.Gaps(gapMap(o, row, column))),
			})
		}
	}
	return maps, false
}

func gapMap(o *tensor.Observed, row, column int) figure.GapMap {
	g := figure.GapMap{
		RowMode: o.Modes[row].Name, RowLabels: o.Modes[row].Labels,
		ColumnMode: o.Modes[column].Name, ColumnLabels: o.Modes[column].Labels,
		Observed: make([][]float64, len(o.Modes[row].Labels)),
	}
	for i := range g.Observed {
		g.Observed[i] = make([]float64, len(g.ColumnLabels))
	}
	others := o.Shape().Cells() / float64(len(g.RowLabels)) / float64(len(g.ColumnLabels))
	for c := range o.Values {
		g.Observed[o.Index[row][c]][o.Index[column][c]] += 1 / others
	}
	return g
}
