package summary

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna"
	"lacuna/dataio"
	"lacuna/internal/report"
)

// How is what a report tells of the work beside its result.
type How struct {
	Source, Output string  // the names of the tables
	ValueName      string  // what the cells hold; "": what was read says
	Level          float64 // of the intervals that were written; 0: none
	Seed           uint64
	Command        string // the command line, where there was one
	Version        string // of the program
}

// Page collects what the report shows.
func Page(table *dataio.Table, c *lacuna.Completion, how How) *report.Page {
	p := &report.Page{
		Source: how.Source, Output: how.Output, ValueName: how.ValueName,
		Observed: table.Observed(), Filled: table.Gaps() - table.Reading.Censored.All(), Censored: table.Reading.Censored.All(),
		FilledRMSE: c.FilledRMSE, FilledNRMSE: c.FilledNRMSE, FilledUncertainty: c.FilledUncertainty,
		RMSE: c.HeldOutRMSE, NRMSE: c.HeldOutNRMSE, Level: how.Level,
		CP: c.CP, Emerged: map[int]float64{}, Seconds: c.Seconds,
		Warnings: append(append([]string{}, table.Warnings...), c.Warnings...),
		Command:  how.Command, Version: how.Version, Settings: settings(table, c, how.Seed),
		Nonnegative: c.Settings.Nonnegative,
	}
	switch c.Status {
	case lacuna.Interrupted:
		p.Status = "The work was interrupted: this is the best found by then."
	case lacuna.TimeLimit:
		p.Status = "The time limit was reached: this is the best found by then."
	}
	if c.UnitMode >= 0 {
		p.Units = table.Modes()[c.UnitMode].Name
	}
	for _, l := range c.ByLabel {
		p.ByLabel = append(p.ByLabel, report.LabelError(l))
	}
	for _, d := range c.ByDistance {
		p.ByDistance = append(p.ByDistance, report.DistanceError{
			From: d.From, To: d.To, Filled: d.Filled, HeldOut: d.HeldOut,
			FilledNRMSE: d.FilledNRMSE, HeldOutNRMSE: d.HeldOutNRMSE, Uncertainty: d.Uncertainty,
		})
	}
	value := how.ValueName
	if value == "" {
		value = "value"
	}
	p.Series = series(table, c, value, how.Level)
	for _, h := range c.HeldOut {
		p.HeldOut = append(p.HeldOut, report.HeldOut{Value: h.Value, Predicted: h.Predicted, Stderr: h.Stderr})
	}
	for _, b := range c.Baselines {
		p.Baselines = append(p.Baselines, report.Baseline{Name: b.Name, RMSE: b.RMSE, NRMSE: b.NRMSE})
	}
	for _, e := range c.Emergences {
		if e.Matched {
			p.Emerged[e.Block] = e.Time
		}
	}
	return p
}

// settings lists what the completion was made with.
func settings(table *dataio.Table, c *lacuna.Completion, seed uint64) []report.Setting {
	s := c.Settings
	lines := []report.Setting{
		{Name: "method", Value: s.Method},
		{Name: "standardisation", Value: s.Standardisation},
		{Name: "noise", Value: s.Noise},
		{Name: "noise by label", Value: labelNoises(s.NoiseByLabel)},
		{Name: "around the filled values", Value: labelNoises(s.Spread)},
		{Name: c.OwnError.Name, Value: ownValue(c)},
		{Name: "log score, and with normal scatter", Value: logScores(c)},
		{Name: "blocks", Value: fmt.Sprint(s.Blocks)},
		{Name: "posterior samples", Value: Grouped(s.Samples)},
		{Name: "held out", Value: fmt.Sprintf("%d × %s", s.Folds, Percent(s.HoldOut))},
		{Name: "seed", Value: strconv.FormatUint(seed, 10)},
	}
	for n, mode := range table.Modes() {
		const most = 3
		lines = append(lines, report.Setting{Name: "order of " + mode.Name, Value: table.Axes[n].Describe(most)})
	}
	for _, w := range s.Weights {
		lines = append(lines, report.Setting{Name: "weight of " + w.Model, Value: Short(w.Weight)})
	}
	return slices.DeleteFunc(lines, func(line report.Setting) bool { return line.Value == "" || line.Value == "[]" })
}

// ownValue and logScores are what LogScores and OwnError say, "" where they say nothing.
func ownValue(c *lacuna.Completion) string {
	if c.OwnError.Name == "" {
		return ""
	}
	return Short(c.OwnError.Value)
}

func logScores(c *lacuna.Completion) string {
	if c.OwnError.Name == "" && len(c.Settings.Spread) == 0 || math.IsNaN(c.LogScores.Own) {
		return ""
	}
	return fmt.Sprintf("%.3g, %.3g", c.LogScores.Own, c.LogScores.Normal)
}

// labelNoises lists what the values of labels were taken for.
func labelNoises(labels []lacuna.LabelFamily) string {
	var words []string
	for _, l := range labels {
		words = append(words, strings.TrimSpace(l.Label+" "+l.Noise))
	}
	return strings.Join(words, ", ")
}
