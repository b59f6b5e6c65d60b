package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lacuna"
	"lacuna/internal/bench"
	"lacuna/internal/bench/accuracy"
	"lacuna/internal/bench/plateau"
	"lacuna/internal/portable"
	"lacuna/internal/progress"
)

func newBench(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "bench",
		Short: "Measure lacuna: the flow, the gradient, the accuracy of completion",
		Args:  cobra.ArbitraryArgs,
		RunE:  groupOnly,
	}
	command.AddCommand(newBenchFlow(a), newBenchGradient(a), newBenchAccuracy(a), newBenchScale(a), newBenchDraws(a),
		newBenchFamilies(a), newBenchSampler(a))
	return command
}

func newBenchFlow(a *app) *cobra.Command {
	var o plateau.Options
	var start string
	command := &cobra.Command{
		Use:   "flow",
		Short: "Follow the flow from the paper's starts: evaluations, time, recovery",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			if start != "" {
				sigma := plateau.Sigma{}
				if _, err := fmt.Sscanf(start, "%g,%g", &sigma.W, &sigma.A); err != nil {
					return usageError{fmt.Errorf("--start %s: give σ_w and σ_A, such as 0.01,0.1", start)}
				}
				o.Sigmas = []plateau.Sigma{sigma}
			}
			if err := checkBenchFlow(command, o); err != nil {
				return err
			}
			return runBenchFlow(command.Context(), a, o)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.Data, "data", "", "directory of the files synthetic_*.csv with mask columns "+
		"(default: generate the paper's tensor, seeds 1 to 5)")
	flags.Float64SliceVar(&o.Observed, "observed", nil, "observed shares (default 0.2)")
	flags.IntSliceVar(&o.Depths, "depth", nil, "depths (default 0,1,2,3,4,5)")
	flags.StringVar(&start, "start", "", "σ_w,σ_A of the start (default: 0.01,0.1 and 0.01,0.01)")
	flags.Float64SliceVar(&o.Tolerances, "tolerance", nil, "tolerances (default 0.01)")
	flags.IntVar(&o.Blocks, "blocks", 0, "blocks (default 500)")
	flags.IntVar(&o.Threads, "threads", 0, "runs at a time (default 1)")
	a.jsonFlag(command)
	return command
}

// checkBenchFlow refuses what no run could be made of, and a 0 that would be taken for a default.
func checkBenchFlow(command *cobra.Command, o plateau.Options) error {
	wrong := func(flag string, value any, give string) error {
		return usageError{fmt.Errorf("--%s %v: give %s", flag, value, give)}
	}
	for _, share := range o.Observed {
		if !(share > 0 && share <= 1) {
			return wrong("observed", share, "shares above 0, up to 1")
		}
	}
	for _, depth := range o.Depths {
		if depth < 0 {
			return wrong("depth", depth, "whole numbers from 0 on")
		}
	}
	for _, tolerance := range o.Tolerances {
		if !(tolerance > 0 && tolerance < 1) {
			return wrong("tolerance", tolerance, "numbers between 0 and 1")
		}
	}
	for _, sigma := range o.Sigmas {
		if !(sigma.W > 0 && sigma.A > 0) {
			return wrong("start", fmt.Sprintf("%v,%v", sigma.W, sigma.A), "deviations above 0")
		}
	}
	switch {
	case command.Flags().Changed("blocks") && o.Blocks < 1:
		return wrong("blocks", o.Blocks, "a number above 0")
	case command.Flags().Changed("threads") && o.Threads < 1:
		return wrong("threads", o.Threads, "a number above 0")
	}
	return nil
}

func runBenchFlow(ctx context.Context, a *app, o plateau.Options) error {
	counter := new(progress.Counter)
	stop := a.progress("bench flow", counter)
	defer stop()
	o.Each = func(done, all int, r plateau.Result) { counter.Set(float64(done), float64(all)) }
	results, err := plateau.Run(ctx, o)
	stop()
	return printResults(a, results, err, func() error { return plateau.Table(a.stdout, results) })
}

// printResults prints what a benchmark found by the time of err, as JSON or by table.
func printResults[R any](a *app, results []R, err error, table func() error) error {
	if err != nil && !errors.Is(err, context.Canceled) {
		return inputError(err)
	}
	if a.json {
		if err := a.printJSON(append([]R{}, results...)); err != nil {
			return err
		}
	} else if err := table(); err != nil {
		return err
	}
	return cutShort(err)
}

// cutShort is the error of a benchmark that was interrupted.
func cutShort(err error) error {
	if errors.Is(err, context.Canceled) {
		return withCode(exitInterrupted, fmt.Errorf("interrupted: these are the results so far"))
	}
	return err
}

func newBenchGradient(a *app) *cobra.Command {
	var o bench.GradientOptions
	var each seconds
	command := &cobra.Command{
		Use:   "gradient",
		Short: "Time a gradient and a step, beside the machine's own peaks",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			o.JSON, o.Each = a.json, time.Duration(each)
			for _, threads := range o.Threads {
				if threads < 1 {
					return usageError{fmt.Errorf("--threads %d: give numbers above 0", threads)}
				}
			}
			for _, depth := range o.Depths {
				if depth < 0 {
					return usageError{fmt.Errorf("--depth %d: give whole numbers from 0 on", depth)}
				}
			}
			for _, dtype := range o.DTypes {
				if dtype != "float64" && dtype != "float32" {
					return usageError{fmt.Errorf("--dtype %s: give float64, float32 or both", dtype)}
				}
			}
			if o.Case != "" && o.Case != "paper" && o.Case != "sparse" {
				return usageError{fmt.Errorf("--case %s: give paper or sparse", o.Case)}
			}
			counter := new(progress.Counter)
			if o.JSON { // a table shows by itself how far it is
				stop := a.progress("bench gradient", counter)
				defer stop()
			}
			o.Done = func(cases, all int) { counter.Set(float64(cases), float64(all)) }
			return cutShort(bench.Gradient(command.Context(), a.stdout, o))
		},
	}
	flags := command.Flags()
	flags.IntSliceVar(&o.Threads, "threads", nil, "numbers of threads (default 1,2)")
	flags.IntSliceVar(&o.Depths, "depth", nil, "depths at the paper's size (default 0,1,2,3,4,5)")
	flags.StringSliceVar(&o.DTypes, "dtype", nil, "types of numbers (default float64,float32)")
	flags.StringVar(&o.Case, "case", "", "paper or sparse (default: both)")
	flags.BoolVar(&o.Large, "large", false, "instead, a sparse tensor of 10⁵, 10⁶ and 10⁷ cells, and the memory it takes")
	flags.Var(&each, "each", "time spent on each measurement (default 300ms)")
	a.jsonFlag(command)
	return command
}

func newBenchAccuracy(a *app) *cobra.Command {
	var o accuracy.Options
	var f gapFlags
	command := &cobra.Command{
		Use:   "accuracy",
		Short: "Fill data sets with known answers, beside the scores of other methods",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			if f.on {
				return runBenchGaps(command.Context(), a, f.options(o))
			}
			return runBenchAccuracy(command.Context(), a, o)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&o.Data, "data", ".", "directory of the data sets and of peers.csv")
	flags.StringSliceVar(&o.Datasets, "dataset", nil, "data sets (default: all that the peers' file names, "+
		"and, without --gaps, synthetic_*)")
	f.add(command)
	flags.IntVar(&o.Complete.Threads, "threads", 0, "threads (default: all processors)")
	flags.Uint64Var(&o.Complete.Seed, "seed", 1, "seed of every completion")
	effortFlag(flags, &o.Complete.Effort, 1, "work to spend on every table")
	a.jsonFlag(command)
	return command
}

func runBenchAccuracy(ctx context.Context, a *app, o accuracy.Options) error {
	counter := new(progress.Counter)
	stop := a.progress("bench accuracy", counter)
	defer stop()
	o.Each = func(r accuracy.Result) {
		counter.Note(fmt.Sprintf("%s, %s observed, mask %s: %s", r.Dataset, percent(r.Observed), r.Mask, percent(r.NRMSE)))
	}
	o.Complete.Progress = func(lacuna.Progress) {}
	results, err := accuracy.Run(ctx, o)
	stop()
	return printResults(a, results, err, func() error { return printAccuracy(a, results) })
}

func printAccuracy(a *app, results []accuracy.Result) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DATA SET\tOBSERVED\tMASK\tNRMSE\tBEST PEER\tITS NRMSE\tRATIO\tCOVERAGE OF 90 %\tRANK\tSECONDS")
	var logs, cells float64
	for _, r := range results {
		peer, ratio := "", ""
		if r.Ratio > 0 {
			peer, ratio = short(r.BestNRMSE), fmt.Sprintf("%.3f", r.Ratio)
			logs += portable.Log(r.Ratio)
			cells++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.Dataset, percent(r.Observed), r.Mask, short(r.NRMSE),
			r.BestMethod, peer, ratio, percent(r.Coverage90), r.EffectiveRank, short(r.Seconds))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if cells > 0 {
		a.say("Geometric mean of the ratios over %s: %.3f.", count(int(cells), "cell"), portable.Exp(logs/cells))
	}
	return nil
}
