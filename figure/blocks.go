package figure

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// NormPanel is one run in the manner of the paper's Figures 2 and 3.
type NormPanel struct {
	Title     string
	XLabel    string  // what X counts: "gradient evaluations", "flow time t"
	XLog      bool    // points with X ≤ 0 are left out; otherwise X counts
	XMin      float64 // the part of X shown, when XMax > XMin; otherwise all
	XMax      float64
	X         []float64   // one value a record
	Norms     [][]float64 // Norms[r][k]: norm of block r at record k; not modified
	Of        int         // blocks in all, where Norms lacks some that have not emerged
	TrainLoss []float64
	TestLoss  []float64 // may be nil
	Threshold float64   // norm above which a block has emerged; 0 means 1
	Singular  bool      // they are singular values of an unfolding, not norms of blocks
}

// BlockNorms draws one curve a block (left axis) and the losses (right, logarithmic axis) for every run. Blocks that
// emerged are coloured in the order of their emergence, the dormant ones are thin and grey.
func BlockNorms(title string, panels ...NormPanel) *Figure {
	f := &Figure{Title: title, Width: 330, Height: 250}
	if len(panels) == 4 {
		f.Columns = 2
	}
	for _, panel := range panels {
		f.Charts = append(f.Charts, panel.chart())
	}
	return f
}

// Emerged lists the blocks whose norm ever exceeds the threshold, in the order in which it first does.
func (n NormPanel) Emerged() []int {
	threshold := orDefault(n.Threshold, 1)
	first := map[int]int{}
	var blocks []int
	for r, norms := range n.Norms {
		for k, x := range norms {
			if x > threshold {
				first[r] = k
				blocks = append(blocks, r)
				break
			}
		}
	}
	sort.SliceStable(blocks, func(a, b int) bool { return first[blocks[a]] < first[blocks[b]] })
	return blocks
}

func (n NormPanel) chart() Chart {
	emerged := n.Emerged()
	isEmerged := map[int]bool{}
	for _, r := range emerged {
		isEmerged[r] = true
	}
	label, what := "norm of each block", "blocks"
	if n.Singular {
		label, what = "singular values", "singular values"
	}
	c := Chart{
		Title: n.Title,
		X:     Axis{Label: n.XLabel, Log: n.XLog, Min: n.XMin, Max: n.XMax, Whole: !n.XLog},
		Y:     Axis{Label: label},
		Right: &Axis{Label: "loss", Log: true, Colour: Red},
		Note:  fmt.Sprintf("%d of %d %s emerged", len(emerged), max(n.Of, len(n.Norms)), what),
	}
	if n.XLog && !slices.ContainsFunc(n.X, func(x float64) bool { return x > 0 }) {
		c.Note += ", nothing recorded after " + n.XLabel + " = 0"
	}
	for r, norms := range n.Norms {
		if !isEmerged[r] {
			c.Curves = append(c.Curves, Curve{X: n.X, Y: norms, Colour: Grey, Width: 0.5})
		}
	}
	colours := Distinct(len(emerged))
	for i := len(emerged) - 1; i >= 0; i-- {
		curve := Curve{X: n.X, Y: n.Norms[emerged[i]], Colour: colours[i], Width: 1.3}
		if len(emerged) > 30 {
			curve.Width = 0.8
		}
		c.Curves = append(c.Curves, curve)
	}
	train := Curve{Name: "train loss", X: n.X, Y: n.TrainLoss, Colour: Red, Width: 1.4, Dash: Dotted, Right: true}
	c.Curves = append(c.Curves, train)
	if n.TestLoss != nil {
		c.Curves = append(c.Curves, Curve{Name: "test loss", X: n.X, Y: n.TestLoss, Colour: Red, Width: 0.7, Right: true})
	}
	*c.Right = lossAxis(*c.Right, n.TrainLoss, n.TestLoss)
	return c
}

// lossAxis shows whole decades, and no more than forty of them.
func lossAxis(a Axis, losses ...[]float64) Axis {
	e := newExtent(true)
	for _, loss := range losses {
		e.add(loss...)
	}
	if e.min > e.max {
		return a
	}
	a.Max = math.Pow(10, math.Ceil(math.Log10(e.max)))
	a.Min = math.Max(math.Pow(10, math.Floor(math.Log10(e.min))), a.Max*1e-40)
	if a.Min >= a.Max {
		a.Min = a.Max / 10
	}
	return a
}
