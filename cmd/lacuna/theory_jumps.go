package main

import (
	"context"

	"github.com/spf13/cobra"

	"lacuna/theory"
)

func newTheoryJumps(a *app) *cobra.Command {
	var o theory.JumpsOptions
	var picture string
	command := &cobra.Command{
		Use:   "jumps",
		Short: "Count jumps of rank under mini-batches and label noise in a deep matrix",
		Long: `jumps counts how often noise takes a deep matrix with weight decay from a minimum of one rank to one of another (Wang and
Jacot, ICLR 2024: downwards with positive probability, upwards never). The loss is half the mean square over the observed
cells of a random matrix of low rank, which keep an error of half their deviation, and half of λ times the squared norm of all factors.

A run descends on all cells to a minimum, follows descent with noise, and descends on all cells again. It prints a line a
kind of noise: in how many runs the second minimum has a lower rank than the first, the same, or a higher; how many
diverged; and how often the rank fell and rose along the others, looked at every 100 steps. The first kind has no noise, for
comparison. Cells are scaled to a mean square of 1.`,
		Example: `  lacuna theory jumps --figure jumps.svg
  lacuna theory jumps --layers 4 --batch 4 --runs 50`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return runTheoryJumps(command.Context(), a, o, picture)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.Size, "size", 8, "rows and columns of the matrix, from 2 to 30")
	flags.IntVar(&o.Rank, "true-rank", 2, "rank of the matrix")
	flags.Float64Var(&o.Observed, "observed", 0.6, "share of the cells observed")
	flags.IntVar(&o.Layers, "layers", 3, "number of factors L, from 2 to 8")
	flags.Float64Var(&o.Start, "sigma", 0.5, "deviation of the entries of the start")
	flags.Float64Var(&o.Decay, "weight-decay", 0.01, "λ")
	flags.Float64Var(&o.Rate, "rate", 0.3, "rate of descent")
	flags.IntVar(&o.Batch, "batch", 2, "observed cells a step, where there are batches")
	flags.Float64Var(&o.Noise, "label-noise", 4, "deviation of the noise that every step adds to the cells, where there is some")
	flags.IntVar(&o.Steps, "steps", 10_000, "steps with noise, at least 100")
	flags.IntVar(&o.Runs, "runs", 200, "runs a kind of noise, each with a matrix, cells and a start of its own")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the first run; the next ones count up")
	flags.IntVar(&o.Threads, "threads", 0, "runs at a time (default: all processors); the result does not depend on it")
	flags.StringVar(&picture, "figure", "", "draw mean ranks and jumps against the steps into this .svg, .pdf or .png file")
	a.jsonFlag(command)
	return command
}

func runTheoryJumps(ctx context.Context, a *app, o theory.JumpsOptions, picture string) error {
	if err := runsAtATime(&o.Threads); err != nil {
		return err
	}
	if err := aboveZero(
		asked{"--size", o.Size > 0},
		asked{"--true-rank", o.Rank > 0},
		asked{"--observed", o.Observed > 0},
		asked{"--layers", o.Layers > 0},
		asked{"--sigma", o.Start > 0},
		asked{"--weight-decay", o.Decay > 0},
		asked{"--rate", o.Rate > 0},
		asked{"--batch", o.Batch > 0},
		asked{"--label-noise", o.Noise > 0},
		asked{"--steps", o.Steps > 0},
		asked{"--runs", o.Runs > 0},
		asked{"--seed", o.Seed > 0},
	); err != nil {
		return err
	}
	if err := o.Check(); err != nil {
		return usageError{err}
	}
	if err := checkEnding("--figure", picture, []string{"svg", "pdf", "png"}); err != nil {
		return err
	}
	result, err := measure(ctx, a, "runs", &o.Progress, func() (*theory.JumpsResult, error) { return theory.CountJumps(ctx, o) })
	if err != nil {
		return err
	}
	return printTheory(a, result, picture, nil)
}
