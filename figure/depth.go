package figure

import (
	"math"
	"slices"
	"strconv"

	"lacuna/internal/rng"
)

// DepthRun is one run in the manner of the paper's Figures 4 to 7.
type DepthRun struct {
	Depth    int
	Value    float64 // effective rank, or test loss
	TestLoss float64 // the colour
	Censored bool    // cut off before its end: drawn apart, in grey, where it was
}

// ByDepth says how to draw runs against their depth.
type ByDepth struct {
	Title    string
	Label    string     // of the vertical axis
	Log      bool       // logarithmic vertical axis
	Runs     []DepthRun // every one a point
	Depths   int        // depths 0 … Depths−1 are shown
	TrueRank float64    // drawn as a line when positive
	Note     string
}

// Chart draws every run as a point, displaced a little at random so that clouds can be seen, coloured from green to
// purple by test loss as in the paper.
func (d ByDepth) Chart() Chart {
	jitter := rng.New(0, "figure jitter")
	points := Points{Size: 1.7, Opacity: 0.8}
	if len(d.Runs) > 600 {
		points.Size, points.Opacity = 1.3, 0.7
	}
	cut := Points{Name: "cut off before the end", Size: points.Size, Opacity: 0.45, Colour: Grey}
	for _, run := range d.Runs {
		x, y := float64(run.Depth)+0.6*(jitter.Float64()-0.5), run.Value
		shift := 0.4 * (jitter.Float64() - 0.5)
		if !d.Log {
			y += shift
		}
		if run.Censored {
			cut.X, cut.Y = append(cut.X, x), append(cut.Y, y)
			continue
		}
		points.X, points.Y = append(points.X, x), append(points.Y, y)
		points.Values = append(points.Values, run.TestLoss)
	}
	c := Chart{
		Title:  d.Title,
		X:      Axis{Label: "depth k", Categories: numbers(d.Depths)},
		Y:      Axis{Label: d.Label, Log: d.Log, Whole: !d.Log},
		Points: []Points{points},
		Colour: lossScale(points.Values),
		Note:   d.Note,
	}
	if len(cut.X) > 0 {
		c.Points = []Points{cut, points}
	}
	if d.TrueRank > 0 {
		c.Rules = []Rule{{
			Name: "true rank " + strconv.FormatFloat(d.TrueRank, 'g', -1, 64), At: d.TrueRank, Colour: Blue, Width: 1.2,
		}}
	}
	return c
}

// lossScale runs from the 2nd to the 98th percentile of many losses, so that one diverged run does not take the
// colours of all others; what lies beyond has the colour of the end.
func lossScale(losses []float64) *ColourScale {
	scale := &ColourScale{Label: "test loss (MSE)", Log: true, Map: Greenish}
	const many = 50
	sorted := slices.DeleteFunc(slices.Clone(losses), func(x float64) bool { return !(x > 0) || math.IsInf(x, 1) })
	if len(sorted) < many {
		return scale
	}
	slices.Sort(sorted)
	scale.Min, scale.Max = sorted[len(sorted)*2/100], sorted[len(sorted)*98/100]
	scale.Label += ", 2nd to 98th percentile"
	return scale
}

func numbers(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
