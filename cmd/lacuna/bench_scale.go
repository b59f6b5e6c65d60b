package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"lacuna"
	"lacuna/experiment"
	"lacuna/internal/bench/scale"
	"lacuna/internal/progress"
)

func newBenchScale(a *app) *cobra.Command {
	var o scale.Options
	var shape string
	var maxTime seconds
	command := &cobra.Command{
		Use:   "scale",
		Short: "Fill ever larger tables of known rank and noise: error beside the least possible, time, memory",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) (err error) {
			if o.Shape, err = experiment.ParseShape(shape); err != nil {
				return usageError{fmt.Errorf("--shape: %w", err)}
			}
			for _, cells := range o.Cells {
				if cells < 2 {
					return usageError{fmt.Errorf("--cells %d: give at least 2", cells)}
				}
			}
			switch {
			case o.Rank < 1:
				return usageError{fmt.Errorf("--rank %d: give a rank above 0", o.Rank)}
			case !(o.Noise > 0):
				return usageError{fmt.Errorf("--noise %v: give a number above 0", o.Noise)}
			case o.Gaps < 2:
				return usageError{fmt.Errorf("--gaps %d: give at least 2", o.Gaps)}
			}
			o.Complete.MaxTime = time.Duration(maxTime)
			return runBenchScale(command.Context(), a, o)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntSliceVar(&o.Cells, "cells", []int{100_000, 300_000, 1_000_000}, "known cells of every table")
	flags.StringVar(&shape, "shape", "1000x500x100", "sizes of the modes")
	flags.IntVar(&o.Rank, "rank", 8, "CP rank; the factors' entries are N(0, 1)")
	flags.Float64Var(&o.Noise, "noise", 0.3, "deviation of the noise, over the tensor's own")
	flags.IntVar(&o.Gaps, "gaps", 20_000, "cells of every table that are filled")
	flags.IntVar(&o.Complete.Threads, "threads", 0, "threads (default: all processors)")
	effortFlag(flags, &o.Complete.Effort, 1, "work to spend on every table")
	flags.Var(&maxTime, "max-time", "stop the completion of a table after so much time")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the tables")
	a.jsonFlag(command)
	return command
}

func runBenchScale(ctx context.Context, a *app, o scale.Options) error {
	counter := new(progress.Counter)
	stop := a.progress("bench scale", counter)
	defer stop()
	o.Complete.Progress = func(p lacuna.Progress) { showProgress(counter, p) }
	results, err := scale.Run(ctx, o)
	stop()
	return printResults(a, results, err, func() error { return printScale(a, results) })
}

func printScale(a *app, results []scale.Result) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KNOWN CELLS\tNRMSE\tFLOOR\tRATIO\tBLOCKS\tSECONDS\tCPU SECONDS\tFILLING\tBYTES A CELL")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.3f\t%v\t%s\t%s\t%s\t%.0f\n", grouped(r.Cells), short(r.NRMSE), short(r.Floor),
			r.NRMSE/r.Floor, r.Blocks, short(r.Seconds), short(r.CPU), short(r.FillSeconds), r.BytesPerCell)
	}
	return table.Flush()
}
