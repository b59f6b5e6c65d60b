package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lacuna/experiment"
	"lacuna/internal/progress"
	"lacuna/internal/reproduce"
	"lacuna/study"
)

// reproduceFlags is what the user of `lacuna reproduce` asked for.
type reproduceFlags struct {
	study  studyFlags
	out    string
	runs   int
	starts int
	steps  int
	quick  bool
	rule   string
	sigma  string
	eps    float64
}

func newReproduce(a *app) *cobra.Command {
	f := new(reproduceFlags)
	command := &cobra.Command{
		Use:   "reproduce " + strings.Join(reproduce.Items(), "|") + "|all",
		Short: "Redo the paper's figures and table, our value beside the published one",
		Long: `reproduce runs the experiments of Hariz et al. 2022, draws their figures in the paper's form, and writes what
the paper reports beside what came out, and whether the claim holds. Real data sets that are not on this machine are
left out, with a word on how to get them. What was finished is not done again when it is started once more.`,
		Args: arguments("ITEM"),
		RunE: func(command *cobra.Command, args []string) error {
			if items := reproduce.Items(); args[0] != "all" && !slices.Contains(items, args[0]) {
				return usageError{fmt.Errorf("there is no item %q, choose one of %s, all", args[0], strings.Join(items, ", "))}
			}
			for _, of := range []struct {
				flag  string
				items []string
			}{{"runs", []string{"fig4", "fig5", "all"}}, {"starts", []string{"fig2", "fig3", "all"}}} {
				if command.Flags().Changed(of.flag) && !slices.Contains(of.items, args[0]) {
					return usageError{fmt.Errorf("--%s has no effect on %s, it is for %s: leave it out", of.flag, args[0],
						strings.Join(of.items, ", "))}
				}
			}
			for _, flag := range []string{"runs", "starts", "steps", "epsilon"} {
				if given := command.Flags().Lookup(flag); given.Changed && given.Value.String() == "0" {
					return usageError{fmt.Errorf("--%s 0: give a number above 0", flag)}
				}
			}
			return runReproduce(command.Context(), a, f, args[0])
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.out, "out", "reproduction", "directory for everything that is written")
	flags.BoolVar(&f.quick, "quick", false, "a small version, from which nothing should be concluded")
	flags.IntVar(&f.runs, "runs", 0, "runs of Figures 4 and 5 for each rule (default 1,500; 24 with --quick)")
	flags.IntVar(&f.starts, "starts", 0, "starts for each depth of Figures 2 and 3 (default 10; 2 with --quick)")
	flags.IntVar(&f.steps, "steps", 0, "steps of the rules with a rate (default 5,000; 1,000 with --quick)")
	flags.StringVar(&f.rule, "rule", "flow", "update rule under which the claims are judged: "+
		strings.Join(reproduce.Rules(), ", ")+", or all side by side")
	flags.StringVar(&f.sigma, "sigma-is", "", "what the paper's σ are: deviation, variance (default: as the rule has it)")
	flags.Float64Var(&f.eps, "epsilon", 0, "ε of Adam (default 1e-8)")
	f.study.register(flags)
	a.jsonFlag(command)
	return command
}

func runReproduce(ctx context.Context, a *app, f *reproduceFlags, item string) error {
	switch {
	case f.rule != "all" && !slices.Contains(reproduce.Rules(), f.rule):
		return usageError{fmt.Errorf("--rule %s is unknown, choose one of %s, all", f.rule, strings.Join(reproduce.Rules(), ", "))}
	case f.runs < 0 || f.starts < 0 || f.steps < 0:
		return usageError{fmt.Errorf("--runs %d, --starts %d, --steps %d: give numbers above 0", f.runs, f.starts, f.steps)}
	case f.sigma != "" && f.sigma != experiment.Deviation && f.sigma != experiment.Variance:
		return usageError{fmt.Errorf("--sigma-is %s is unknown, choose %s or %s", f.sigma, experiment.Deviation, experiment.Variance)}
	case f.steps > 0 && f.rule == "flow":
		return usageError{errors.New("--steps has no effect on the flow, which chooses its steps: leave it out, or choose a --rule")}
	}
	switch {
	case f.eps < 0 || f.eps != f.eps || math.IsInf(f.eps, 0):
		return usageError{fmt.Errorf("--epsilon %g: give a number above 0", f.eps)}
	case f.eps > 0 && f.rule != "adam" && f.rule != "all":
		return usageError{fmt.Errorf("--epsilon has no effect on the rule %s: leave it out, or choose --rule adam", f.rule)}
	}
	slurm, err := f.study.slurm()
	if err != nil {
		return err
	}
	counter := new(progress.Counter)
	options := reproduce.Options{
		Out: f.out, Data: dataFolders(f.study.data), Quick: f.quick, Runs: f.runs, Rule: f.rule, SigmaIs: f.sigma, Starts: f.starts, Epsilon: f.eps,
		Steps:   f.steps,
		Workers: f.study.workers, Slurm: slurm, Version: buildVersion().Version,
		Progress: func(item string, p study.Progress) {
			counter.Set(float64(p.Done+p.Failed), float64(p.Total))
			counter.Note(item + ": " + studyWords(p))
		},
	}
	stop := a.progress("reproduce", counter)
	defer stop()
	result, err := reproduce.Run(ctx, item, options)
	stop()
	switch {
	case errors.Is(err, context.Canceled):
		return withCode(exitInterrupted, fmt.Errorf(
			"interrupted: the same command goes on where it was; finished runs are kept in %s", f.out))
	case errors.Is(err, os.ErrPermission) || errors.Is(err, study.ErrBusy):
		return inputError(err)
	case err != nil:
		return err
	}
	if a.json {
		return a.printJSON(result.Entries())
	}
	for _, section := range result.Sections {
		tellSection(a, section)
	}
	a.say("%s. The report is %s.", verdicts(result.Entries()), filepath.Join(f.out, "reproduction.html"))
	return nil
}

// verdicts says how many claims hold, and of how many the runs do not tell.
func verdicts(entries []reproduce.Entry) string {
	holds, open := 0, 0
	for _, entry := range entries {
		switch {
		case entry.Undecided:
			open++
		case entry.Holds:
			holds++
		}
	}
	return fmt.Sprintf("%d of %s hold, %d are not decided", holds, count(len(entries), "claim"), open)
}

func tellSection(a *app, s reproduce.Section) {
	if s.Skipped != "" {
		a.say("%s: left out: %s", s.Title, s.Skipped)
		return
	}
	a.say("%s, rule %s: %s (%s, %s s)", s.Title, s.Rule, verdicts(s.Entries), count(s.Runs, "run"), short(s.Seconds))
	for _, paragraph := range s.Found {
		a.say("  %s", paragraph)
	}
}
