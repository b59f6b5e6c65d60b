package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lacuna"
	"lacuna/dataio"
	"lacuna/internal/progress"
	"lacuna/internal/report"
	"lacuna/internal/summary"
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
	result := summary.NewComplete(table, f.seed)
	result.Read = summary.NewRead(f.file, table)
	a.say("%s", result.Read.Words(table.Known(), result.Filled))
	if table.Complete() {
		return nothingToFill(a, f, table, result)
	}
	if table.Constant() {
		return inputError(fmt.Errorf("%s: every known value%s is %s, so there is nothing to learn: fill the gaps with that "+
			"value, or give a table whose values differ", f.file, summary.OfColumns(table), short(table.Observed().Values[0])))
	}
	if f.output != pipe && f.draws == 0 {
		if err := table.CheckOutput(f.output); err != nil {
			return fileError(err)
		}
	}
	if err := f.checkPlaces(table); err != nil {
		return err
	}
	options, err := f.options(table.Modes())
	if err != nil {
		return err
	}
	options.Fill = table.Fill()
	if c := table.Censored(); c != nil {
		censored := lacuna.Censored(*c)
		options.Censored = &censored
	}
	slurm, release, err := f.startEngine()
	if err != nil {
		return err
	}
	if slurm != nil {
		defer release()
		options.Slurm = slurm
	}
	counter := new(progress.Counter)
	options.Progress = func(p lacuna.Progress) { showProgress(counter, p) }
	stop := a.progress("completing", counter)
	defer stop()
	completion, err := lacuna.Complete(ctx, table.Observed(), options)
	stop()
	if errors.Is(err, lacuna.ErrSlurm) {
		return fmt.Errorf("%w%s", err, f.goesOn())
	}
	if err != nil {
		err = fmt.Errorf("%s: %s", f.file, strings.TrimPrefix(err.Error(), "lacuna: "))
		return inputError(errors.Join(err, f.endEngine(slurm, release)))
	}
	result.Add(completion)
	for _, warning := range completion.Warnings {
		a.warn("%s", warning)
	}
	if err := f.write(a, table, completion, result); err != nil {
		return fileError(err)
	}
	if completion.Status != lacuna.Interrupted {
		if err := f.endEngine(slurm, release); err != nil {
			return err
		}
	}
	return finishComplete(a, f, completion, result)
}

func nothingToFill(a *app, f *completeFlags, table *dataio.Table, result *summary.Complete) error {
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
func (f *completeFlags) write(a *app, table *dataio.Table, c *lacuna.Completion, result *summary.Complete) error {
	if f.factors != "" {
		if err := dataio.WriteFactors(f.factors, table.Modes(), c.CP, c.Norms, c.Scaling); err != nil {
			return err
		}
		result.Factors = f.factors
	}
	if f.report != "" {
		if err := report.Save(f.report, summary.Page(table, c, f.how())); err != nil {
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
	censored := table.Censored() != nil
	fill, extra := summary.Fill(c, f.interval/100, censored), summary.Extra(f.interval/100, censored)
	if f.output == pipe {
		out := bufio.NewWriter(a.stdout)
		if err := table.WriteAllTo(out, fill, extra...); err != nil {
			return err
		}
		return out.Flush()
	}
	if err := table.WriteAll(f.output, fill, extra...); err != nil {
		return err
	}
	result.Output = f.output
	return nil
}

// drawCells are the draws of a completion.
func drawCells(c *lacuna.Completion) dataio.DrawCells {
	return func(index [][]int32, values [][]float64) { c.Draws(0, index, values) }
}

// outputName is the output in a message.
func (f *completeFlags) outputName() string {
	if f.output == pipe {
		return "standard output"
	}
	return f.output
}

func finishComplete(a *app, f *completeFlags, c *lacuna.Completion, result *summary.Complete) error {
	if err := a.finish(result, func() string { return result.Text() + f.written() }); err != nil {
		return err
	}
	switch c.Status {
	case lacuna.Interrupted:
		return withCode(exitInterrupted, fmt.Errorf("interrupted: %s holds the best found by then%s",
			f.outputName(), f.goesOn()))
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

// how is what the report tells of the work.
func (f *completeFlags) how() summary.How {
	return summary.How{
		Source: f.file, Output: f.outputName(), ValueName: f.input.Value, Level: f.interval / 100, Seed: f.seed,
		Command: commandLine(os.Args), Version: buildVersion().Version,
	}
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
