package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"lacuna"
	"lacuna/dataio"
	"lacuna/internal/progress"
	"lacuna/internal/report"
)

func runComplete(ctx context.Context, a *app, f *completeFlags) error {
	a.begin()
	if err := f.check(a.json); err != nil {
		return err
	}
	table, err := f.input.readUntil(ctx, f.files...)
	if err != nil {
		return err
	}
	for _, warning := range table.Warnings {
		a.warn("%s", warning)
	}
	if f.output == pipe {
		a.leaveStandardOutput()
	}
	f.file = table.Path
	result := newCompleteResult(table, f.seed)
	result.Read = newReadResult(f.file, table)
	a.say("%s", result.Read.words(table.Observed.Len(), table.Gaps()))
	if table.Complete() {
		return nothingToFill(a, f, table, result)
	}
	if table.Constant() {
		return inputError(fmt.Errorf("%s: every known value%s is %s, so there is nothing to learn: fill the gaps with that "+
			"value, or give a table whose values differ", f.file, ofColumns(table), short(table.Observed.Values[0])))
	}
	if f.output != pipe && f.draws == 0 {
		if err := table.CheckOutput(f.output); err != nil {
			return fileError(err)
		}
	}
	options, err := f.options(table.Observed.Modes)
	if err != nil {
		return err
	}
	options.Fill = table.Fill()
	counter := new(progress.Counter)
	options.Progress = func(p lacuna.Progress) { showProgress(counter, p) }
	stop := a.progress("completing", counter)
	defer stop()
	completion, err := lacuna.Complete(ctx, table.Observed, options)
	stop()
	if err != nil {
		return inputError(fmt.Errorf("%s: %s", f.file, strings.TrimPrefix(err.Error(), "lacuna: ")))
	}
	result.add(completion)
	for _, warning := range completion.Warnings {
		a.warn("%s", warning)
	}
	if err := f.write(a, table, completion, result); err != nil {
		return fileError(err)
	}
	return finishComplete(a, f, completion, result)
}

func nothingToFill(a *app, f *completeFlags, table *dataio.Table, result *completeResult) error {
	result.Status = "nothing-to-fill"
	what := "nothing was written"
	if f.output == pipe {
		what = "it was passed on as it came"
		if err := table.WriteOriginal(a.stdout); err != nil {
			return err
		}
	}
	return a.finish(result, func() string {
		return fmt.Sprintf("%s has no gap: all %s are known, and %s. If gaps are rows that are not listed, give --full-grid; "+
			"if they are zeros, --zeros-are-gaps.", f.file, count(result.Observed, "cell"), what)
	})
}

func showProgress(c *progress.Counter, p lacuna.Progress) {
	c.Set(p.Done, 1)
	note := p.Stage
	if p.HeldOut > 0 {
		note += ", held-out error " + percent(p.HeldOut)
	}
	c.Note(note)
}

// write writes everything that was asked for, the filled table last, so that it is there only when all is.
func (f *completeFlags) write(a *app, table *dataio.Table, c *lacuna.Completion, result *completeResult) error {
	if f.factors != "" {
		if err := dataio.WriteFactors(f.factors, table.Observed.Modes, c.CP, c.Norms, c.Scaling); err != nil {
			return err
		}
		result.Factors = f.factors
	}
	if f.report != "" {
		if err := report.Save(f.report, f.page(table, c, result)); err != nil {
			return err
		}
		result.Report = f.report
	}
	if f.save != "" {
		if err := saveFit(f.save, c); err != nil {
			return err
		}
		result.Fit = f.save
	}
	if f.draws > 0 {
		if err := a.writeDraws(table, drawCells(c), f.output, f.draws); err != nil {
			return err
		}
		result.Draws = f.draws
		if f.output != pipe {
			result.Output = f.output
		}
		return nil
	}
	fill := f.fill(c)
	if f.output == pipe {
		out := bufio.NewWriter(a.stdout)
		if err := table.WriteAllTo(out, fill, f.extra()...); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := table.WriteAll(f.output, fill, f.extra()...); err != nil {
		return err
	}
	result.Output = f.output
	return nil
}

// fill is what is written into gaps.
func (f *completeFlags) fill(c *lacuna.Completion) dataio.FillCells {
	return func(index [][]int32, out []dataio.Filled) {
		value, stderr := make([]float64, len(out)), make([]float64, len(out))
		c.AtAll(index, value, stderr)
		var bounds []float64
		for k := range out {
			out[k] = dataio.Filled{Value: value[k], Stderr: stderr[k]}
			if f.interval > 0 {
				low, high := c.Bounds(value[k], stderr[k], f.interval/100)
				bounds = append(bounds, low, high)
				out[k].Extra = bounds[len(bounds)-2:]
			}
		}
	}
}

// drawCells are the draws of a completion.
func drawCells(c *lacuna.Completion) dataio.DrawCells {
	return func(index [][]int32, values [][]float64) { c.Draws(0, index, values) }
}

// extra names the columns that the output has beside the standard error.
func (f *completeFlags) extra() []string {
	if f.interval > 0 {
		return []string{"lacuna_low", "lacuna_high"}
	}
	return nil
}

// outputName is the output in a message.
func (f *completeFlags) outputName() string {
	if f.output == pipe {
		return "standard output"
	}
	return f.output
}

func finishComplete(a *app, f *completeFlags, c *lacuna.Completion, result *completeResult) error {
	if err := a.finish(result, func() string { return result.summary() + f.written() }); err != nil {
		return err
	}
	switch c.Status {
	case lacuna.Interrupted:
		return withCode(exitInterrupted, fmt.Errorf("interrupted: %s holds the best found by then", f.outputName()))
	case lacuna.TimeLimit:
		a.warn("the time limit was reached: %s holds the best found by then", f.outputName())
	}
	return nil
}

// written says where everything is.
func (f *completeFlags) written() string {
	var s strings.Builder
	fmt.Fprintf(&s, "Wrote %s.", f.outputName())
	if f.draws > 0 {
		fmt.Fprintf(&s, " It holds %s of the table, told apart by lacuna_draw.", count(f.draws, "draw"))
	}
	if f.save != "" {
		fmt.Fprintf(&s, " The fit is in %s: lacuna predict %s TABLE fills further cells.", f.save, f.save)
	}
	if f.report != "" {
		fmt.Fprintf(&s, " The report is %s.", f.report)
	}
	if f.factors != "" {
		fmt.Fprintf(&s, " The factors are in %s.", f.factors)
	}
	return s.String()
}

// page collects what the report shows.
func (f *completeFlags) page(table *dataio.Table, c *lacuna.Completion, result *completeResult) *report.Page {
	p := &report.Page{
		Source: f.file, Output: f.outputName(), ValueName: f.input.Value,
		Observed: table.Observed, Filled: table.Gaps(),
		FilledRMSE: c.FilledRMSE, FilledNRMSE: c.FilledNRMSE, FilledUncertainty: c.FilledUncertainty,
		RMSE: c.HeldOutRMSE, NRMSE: c.HeldOutNRMSE, Level: f.interval / 100,
		CP: c.CP, Emerged: map[int]float64{}, Seconds: c.Seconds,
		Warnings: append(append([]string{}, table.Warnings...), c.Warnings...),
		Command:  commandLine(os.Args), Version: buildVersion().Version, Settings: f.settingsTable(table, c),
	}
	switch c.Status {
	case lacuna.Interrupted:
		p.Status = "The work was interrupted: this is the best found by then."
	case lacuna.TimeLimit:
		p.Status = "The time limit was reached: this is the best found by then."
	}
	if c.UnitMode >= 0 {
		p.Units = table.Observed.Modes[c.UnitMode].Name
	}
	for _, l := range c.ByLabel {
		p.ByLabel = append(p.ByLabel, report.LabelError(l))
	}
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

// settingsTable lists what the completion was made with.
func (f *completeFlags) settingsTable(table *dataio.Table, c *lacuna.Completion) []report.Setting {
	s := c.Settings
	lines := []report.Setting{
		{Name: "method", Value: s.Method},
		{Name: "standardisation", Value: s.Standardisation},
		{Name: "noise", Value: s.Noise},
		{Name: "blocks", Value: fmt.Sprint(s.Blocks)},
		{Name: "posterior samples", Value: grouped(s.Samples)},
		{Name: "held out", Value: fmt.Sprintf("%d × %s", s.Folds, percent(s.HoldOut))},
		{Name: "seed", Value: strconv.FormatUint(f.seed, 10)},
	}
	for n, mode := range table.Observed.Modes {
		const most = 3
		lines = append(lines, report.Setting{Name: "order of " + mode.Name, Value: table.Axes[n].Describe(most)})
	}
	for _, w := range s.Weights {
		lines = append(lines, report.Setting{Name: "weight of " + w.Model, Value: short(w.Weight)})
	}
	return slices.DeleteFunc(lines, func(line report.Setting) bool { return line.Value == "" || line.Value == "[]" })
}

// commandLine spells a command so that a shell would read it back.
func commandLine(args []string) string {
	words := []string{"lacuna"}
	for _, arg := range args[1:] {
		if arg == "" || strings.ContainsAny(arg, " \t\"'\\$&|;<>()*?") {
			arg = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}
