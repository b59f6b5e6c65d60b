package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lacuna/experiment"
	"lacuna/theory"
)

// emergenceFlags is what the user of `lacuna theory emergence` asked for.
type emergenceFlags struct {
	options theory.EmergenceOptions
	shape   string
	list    bool
	figure  string
}

func newTheoryEmergence(a *app) *cobra.Command {
	f := new(emergenceFlags)
	command := &cobra.Command{
		Use:   "emergence",
		Short: "Predict when blocks emerge, and compare with the exact flow",
		Long: `emergence predicts from the start and the data alone which block emerges when: as long as a block is small, it
follows the gradient at the residual that the emerged blocks leave, each by itself; the emerged ones follow their own
flow without the small ones. With the transition "jump" they reach their fit at once, which is the limit of small
starts; with "path" the small blocks see them on their way. The exact flow of all blocks is followed beside it.

It prints a line a depth, scale of the start and transition: how many emergences the exact flow had, how many were
compared, how many were of the block named, and the relative errors of their times.`,
		Example: `  lacuna theory emergence --figure emergence.svg
  lacuna theory emergence --depth 2 --sigma 0.01 --tensors 3 --list
  lacuna theory emergence --shape 10x10x10x10 --true-rank 5 --observed 0.2 --blocks 100 --tensors 5`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error { return runTheoryEmergence(command.Context(), a, f) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.shape, "shape", "8x8x8", "shape of the synthetic tensors")
	flags.IntVar(&f.options.Rank, "true-rank", 3, "CP rank of the tensors")
	flags.Float64Var(&f.options.Observed, "observed", 0.5, "share of the cells observed")
	flags.IntVar(&f.options.Tensors, "tensors", 20, "tensors a depth and scale, each with its own cells and start")
	flags.IntVar(&f.options.Blocks, "blocks", 20, "number of blocks R")
	flags.IntSliceVar(&f.options.Depths, "depth", []int{0, 1, 2, 3}, "depths of the chains, separated by commas")
	flags.Float64SliceVar(&f.options.Sigmas, "sigma", []float64{1e-1, 1e-2, 1e-3, 1e-4},
		"scales σ_w = σ_A of the start, separated by commas")
	flags.Float64Var(&f.options.Tolerance, "tolerance", 1e-3, "tolerance of the integrators")
	flags.Uint64Var(&f.options.Seed, "seed", 1, "seed of the first tensor; the next ones count up")
	flags.BoolVar(&f.list, "list", false, "print a line for every emergence, too")
	flags.IntVar(&f.options.Threads, "threads", 0, "runs at a time (default: all processors); the result does not depend on it")
	flags.StringVar(&f.figure, "figure", "", "draw the errors against the scale of the start into this .svg, .pdf or .png file")
	a.jsonFlag(command)
	return command
}

// check completes the options.
func (f *emergenceFlags) check() (err error) {
	o := &f.options
	if o.Shape, err = experiment.ParseShape(f.shape); err != nil {
		return usageError{fmt.Errorf("--shape: %w", err)}
	}
	if err := runsAtATime(&o.Threads); err != nil {
		return err
	}
	if err := aboveZero(
		asked{"--true-rank", o.Rank > 0},
		asked{"--observed", o.Observed > 0},
		asked{"--tensors", o.Tensors > 0},
		asked{"--blocks", o.Blocks > 0},
		asked{"--tolerance", o.Tolerance > 0},
		asked{"--seed", o.Seed > 0},
	); err != nil {
		return err
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	return checkEnding("--figure", f.figure, []string{"svg", "pdf", "png"})
}

func runTheoryEmergence(ctx context.Context, a *app, f *emergenceFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	result, err := measure(ctx, a, "runs", &f.options.Progress, func() (*theory.EmergenceResult, error) {
		return theory.PredictEmergences(ctx, f.options)
	})
	if err != nil {
		return err
	}
	var more func(io.Writer) error
	if f.list {
		more = result.WriteList
	}
	return printTheory(a, result, f.figure, more)
}
