package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lacuna/internal/bench/sampler"
	"lacuna/internal/progress"
)

func newBenchSampler(a *app) *cobra.Command {
	var o sampler.Options
	var names []string
	var figures string
	var all []string
	for _, c := range sampler.Cases() {
		all = append(all, c.Name)
	}
	command := &cobra.Command{
		Use:   "sampler",
		Short: "Prove the sampler: calibration by simulation, and Geweke's test of the joint distribution",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			switch {
			case o.DataSets < 45: // five a bin of the chi-square test
				return usageError{fmt.Errorf("--data-sets %d: give at least 45", o.DataSets)}
			case o.Chains < 100:
				return usageError{fmt.Errorf("--chains %d: give at least 100", o.Chains)}
			case o.Threads < 1:
				return usageError{fmt.Errorf("--threads %d: give a number above 0", o.Threads)}
			}
			for _, name := range names {
				if !slices.Contains(all, name) {
					return usageError{fmt.Errorf("--case %s: give some of %s", name, strings.Join(all, ", "))}
				}
			}
			for _, c := range sampler.Cases() {
				if len(names) == 0 || slices.Contains(names, c.Name) {
					o.Cases = append(o.Cases, c)
				}
			}
			return runBenchSampler(command.Context(), a, o, figures)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.DataSets, "data-sets", 500, "data sets of every case for the calibration")
	flags.IntVar(&o.Chains, "chains", 2000, "chains of every case for the joint distribution")
	flags.StringSliceVar(&names, "case", nil, "cases: "+strings.Join(all, ", ")+" (default: all)")
	flags.StringVar(&figures, "figures", "", "write the pictures into this folder")
	flags.IntVar(&o.Threads, "threads", 1, "threads; the result does not depend on it")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of everything that is drawn")
	a.jsonFlag(command)
	return command
}

func runBenchSampler(ctx context.Context, a *app, o sampler.Options, figures string) error {
	if figures != "" {
		if err := os.MkdirAll(figures, 0o777); err != nil {
			return inputError(fmt.Errorf("--figures: %w", err))
		}
	}
	counter := new(progress.Counter)
	o.Each = func(done, all int) { counter.Set(float64(done), float64(all)) }
	stop := a.progress("bench sampler", counter)
	defer stop()
	r, err := sampler.Run(ctx, o)
	stop()
	if err != nil && ctx.Err() == nil {
		return err
	}
	if a.json {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else if err := printSampler(a, r); err != nil {
		return err
	}
	if err != nil {
		return cutShort(err)
	}
	if figures != "" {
		files, err := r.SaveFigures(figures)
		if err != nil {
			return fileError(err)
		}
		a.say("%d files in %s", len(files), figures)
	}
	if !r.Passed {
		return withCode(exitUnmet, fmt.Errorf("the sampler is wrong: see the lines marked FAILS"))
	}
	return nil
}

func printSampler(a *app, r sampler.Result) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CASE\tQUANTITIES\tLEAST P: CHI-SQUARE\tENVELOPE\tFUNCTIONS\tLEAST P: JOINT\tLARGEST |Z|\tRESULT")
	for _, c := range r.Cases {
		result := "holds"
		if len(c.Failed) > 0 {
			result = "FAILS: " + strings.Join(c.Failed, "; ")
		}
		fmt.Fprintf(table, "%s\t%d\t%.2g\t%.2g\t%d\t%.2g\t%.2f\t%s\n", c.Case, len(c.Calibration), c.LeastChiSquare,
			c.LeastEnvelope, len(c.Joint), c.LeastJoint, c.LargestZ(), result)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	a.say("%s, %s a case. A p-value below %.2g fails: %v shared among %s (Bonferroni).",
		count(len(r.Cases), "case"), count(r.DataSets, "data set"), r.Threshold, r.Alpha, count(r.Tests, "test"))
	approximate := map[string][]string{}
	var order []string
	for _, c := range r.Cases {
		if c.Approximate == "" {
			continue
		}
		if approximate[c.Approximate] == nil {
			order = append(order, c.Approximate)
		}
		approximate[c.Approximate] = append(approximate[c.Approximate], c.Case)
	}
	for _, what := range order {
		a.say("Approximate by design, in %s: %s.", strings.Join(approximate[what], ", "), what)
	}
	return nil
}
