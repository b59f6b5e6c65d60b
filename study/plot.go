package study

import (
	"bytes"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/experiment"
	"lacuna/figure"
	"lacuna/internal/atomicfile"
)

// Export writes runs to a file: a table for a name that ends in .csv, all that the ledger knows for .json.
func Export(path string, runs []Run) error {
	var out bytes.Buffer
	var err error
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		err = WriteCSV(&out, runs)
	case ".json":
		err = WriteJSON(&out, runs)
	default:
		return fmt.Errorf("%s: export writes .csv or .json: choose one of these endings", path)
	}
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, out.Bytes())
}

// ByDepth draws the finished runs of uniform whole depth against their depth: effective rank beside test loss, in the
// manner of the paper's Figures 4 and 5.
func ByDepth(title string, runs []Run) *figure.Figure {
	return &figure.Figure{Title: title, Charts: []figure.Chart{RankByDepth("", runs), LossByDepth("", runs)}}
}

// RankByDepth draws effective ranks in the manner of Figure 4: every run a point, coloured by test loss, the true rank
// of a synthetic tensor as a line. As in the paper, runs that ended at rank 0 are counted, not drawn.
func RankByDepth(title string, runs []Run) figure.Chart {
	by := byDepth(title, "effective rank", runs, func(o Outcome) float64 { return float64(o.Rank) })
	by.TrueRank = trueRank(runs)
	return by.Chart()
}

// LossByDepth draws test losses in the manner of Figure 5.
func LossByDepth(title string, runs []Run) figure.Chart {
	by := byDepth(title, "test loss (MSE)", runs, func(o Outcome) float64 { return float64(o.TestMSE) })
	by.Log = true
	return by.Chart()
}

// byDepth takes the finished runs that can be drawn by depth, and counts those of rank 0 and those that failed.
func byDepth(title, label string, runs []Run, value func(Outcome) float64) figure.ByDepth {
	by := figure.ByDepth{Title: title, Label: label, Depths: 1}
	empty, failed := 0, 0
	for _, run := range runs {
		k, uniform := run.Settings.Depth.Uniform()
		if uniform {
			by.Depths = max(by.Depths, int(k)+1)
		}
		switch {
		case run.State == Failed:
			failed++
		case run.State != Done || !uniform || k != math.Trunc(k):
		case run.Outcome.Rank == 0:
			empty++
		default:
			one := figure.DepthRun{
				Depth: int(k), Value: value(run.Outcome), TestLoss: float64(run.Outcome.TestMSE), Censored: run.Outcome.Censored(),
			}
			by.Runs = append(by.Runs, one)
		}
	}
	by.Note = note(len(by.Runs), empty, failed)
	return by
}

func note(drawn, empty, failed int) string {
	text := fmt.Sprintf("%d runs", drawn)
	if empty > 0 {
		text += fmt.Sprintf("; %d ended at rank 0 and are not drawn", empty)
	}
	if failed > 0 {
		text += fmt.Sprintf("; %d failed", failed)
	}
	return text
}

// trueRank is the rank of the synthetic tensors, if all have the same; otherwise 0.
func trueRank(runs []Run) float64 {
	rank := 0
	for i, run := range runs {
		if i > 0 && run.Settings.Rank != rank {
			return 0
		}
		rank = run.Settings.Rank
	}
	return float64(rank)
}

// Panel is a run in the manner of Figures 2 and 3, its blocks' norms against gradient evaluations, or against log flow
// time around the emergences. It needs the run's trajectory.
func Panel(run Run, t *experiment.Trajectory, overTime bool) figure.NormPanel {
	panel := Norms(t, float64(run.Settings.Threshold), overTime)
	panel.Title = "depth " + run.Settings.Depth.String()
	if panel.Singular = run.Settings.Network(); !panel.Singular {
		panel.Of = run.Settings.Blocks
	}
	// The tail after the last emergence can be a million times as long as all before it.
	if times := run.Outcome.Emergences; overTime && len(times) > 0 {
		panel.XMin = float64(times[0]) / 2
		panel.XMax = min(2*float64(times[len(times)-1]), panel.X[len(panel.X)-1])
	}
	return panel
}

// Measured draws what a trajectory holds beside norms and losses: the sharpness with 2/η, the lists of
// experiment.Measurements, and the energy on observed cells of the blocks that emerged.
func Measured(t *experiment.Trajectory, threshold float64) []figure.Chart {
	var charts []figure.Chart
	evaluations := t.Column(func(r experiment.Record) float64 { return float64(r.Evaluations) })
	x := figure.Axis{Label: "gradient evaluations", Whole: true}
	if slices.ContainsFunc(t.Records, func(r experiment.Record) bool { return len(r.Eigenvalues) > 0 }) {
		c := figure.Chart{
			Title: "sharpness", X: x, Y: figure.Axis{Label: "largest eigenvalue of the Hessian", Log: true},
			Curves: []figure.Curve{
				{Name: "sharpness", X: evaluations, Y: t.Column(experiment.Record.Sharpness), Colour: figure.Blue},
			},
		}
		edge := t.Column(func(r experiment.Record) float64 { return r.Edge })
		if slices.ContainsFunc(edge, func(x float64) bool { return !math.IsNaN(x) }) {
			c.Curves = append(c.Curves, figure.Curve{
				Name: "2 / rate", X: evaluations, Y: edge, Colour: figure.Red, Dash: figure.Dotted,
			})
		}
		charts = append(charts, c)
	}
	charts = append(charts, listed(t, x, evaluations)...)
	if !slices.ContainsFunc(t.Records, func(r experiment.Record) bool { return len(r.Energy) > 0 }) {
		return charts
	}
	energy := figure.Chart{
		Title: "energy on observed cells", X: x, Y: figure.Axis{Label: "share over that expected", Log: true},
		Rules: []figure.Rule{{Name: "phantom below", At: experiment.Phantom, Colour: figure.Red}},
	}
	norms := figure.NormPanel{Norms: t.Curves(), Threshold: threshold}
	emerged := norms.Emerged()
	colours := figure.Distinct(len(emerged))
	for i, block := range emerged {
		y := t.Column(func(r experiment.Record) float64 {
			if len(r.Energy) <= block || r.Deep[block] <= threshold {
				return math.NaN()
			}
			return r.Energy[block]
		})
		energy.Curves = append(energy.Curves, figure.Curve{X: evaluations, Y: y, Colour: colours[i]})
	}
	energy.Note = "blocks above the threshold"
	return append(charts, energy)
}

// listed draws a chart for every list that was measured, a line a number.
func listed(t *experiment.Trajectory, x figure.Axis, evaluations []float64) []figure.Chart {
	var charts []figure.Chart
	for _, list := range experiment.Measurements() {
		length := list.Longest(t)
		if length == 0 {
			continue
		}
		c := figure.Chart{Title: list.Title, X: x, Y: figure.Axis{Label: strings.ReplaceAll(list.Name, "_", " ")}}
		c.Y.Log = list.Name == "balance" || list.Name == "nuclear_norm"
		colours := figure.Distinct(length)
		for i := range length {
			name := fmt.Sprint(i + 1 - len(list.Legend))
			if i < len(list.Legend) {
				name = list.Legend[i]
			}
			y := t.Column(func(r experiment.Record) float64 {
				if values := *list.Of(&r); i < len(values) {
					return values[i]
				}
				return math.NaN()
			})
			c.Curves = append(c.Curves, figure.Curve{
				Name: name, X: evaluations, Y: y, Colour: colours[i], Steps: list.Name == "jumps",
			})
		}
		switch {
		case list.Name == "balance" && length > 1:
			c.Note = "ε, and the gaps of the layers: A₁ … A_k, last w"
		case strings.HasSuffix(list.Title, "unfoldings"):
			c.Note = "one line an unfolding"
		}
		charts = append(charts, c)
	}
	return charts
}

// Norms draws the norms of a trajectory's blocks and its losses against gradient evaluations, or against log flow time.
func Norms(t *experiment.Trajectory, threshold float64, overTime bool) figure.NormPanel {
	panel := figure.NormPanel{
		XLabel: "gradient evaluations", Norms: t.Curves(), Threshold: threshold,
		TrainLoss: t.Column(func(r experiment.Record) float64 { return r.TrainMSE }),
		TestLoss:  t.Column(func(r experiment.Record) float64 { return r.TestMSE }),
		X:         t.Column(func(r experiment.Record) float64 { return float64(r.Evaluations) }),
	}
	if overTime {
		panel.XLabel, panel.XLog = "flow time t", true
		panel.X = t.Column(func(r experiment.Record) float64 { return r.Time })
	}
	return panel
}
