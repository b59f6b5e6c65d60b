package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"lacuna/theory"
)

func newTheoryEdge(a *app) *cobra.Command {
	var o theory.EdgeOptions
	var picture string
	command := &cobra.Command{
		Use:   "edge",
		Short: "Follow descent beyond the edge of stability in a deep matrix",
		Long: `edge follows gradient descent on ½‖W_L … W_1 − M‖² at rates around 2 over the sharpness L σ₁^(2−2/L) of the balanced
solution (Ghosh, Kwon, Wang, Ravishankar and Qu, ICLR 2025). M is a random 6×6 matrix of rank 2. It prints a line a rate:
the period of ‖W v₁‖ over the last steps, v₁ being the direction of the largest singular value of M, and the balance gap
of the factors along it early and at the end. Below the edge descent settles and keeps its gap; beyond it the period doubles and the gap goes.`,
		Example: `  lacuna theory edge --figure edge.svg
  lacuna theory edge --layers 4 --rate 0.95,1.05,1.2`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error { return runTheoryEdge(command.Context(), a, o, picture) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.Layers, "layers", 3, "number of factors L, from 2 to 8")
	flags.Float64SliceVar(&o.Shares, "rate", nil, "rates over that of the edge, separated by commas (default: 0.90 to 1.40 in steps of 0.01)")
	flags.IntVar(&o.Steps, "steps", 6000, "steps of descent, at least 1,000")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of matrix and start")
	flags.StringVar(&picture, "figure", "", "draw ‖W v₁‖ against the rate and the gaps into this .svg, .pdf or .png file")
	a.jsonFlag(command)
	return command
}

func runTheoryEdge(ctx context.Context, a *app, o theory.EdgeOptions, picture string) error {
	switch {
	case o.Layers < 2 || o.Layers > 8:
		return usageError{fmt.Errorf("--layers %d: give a number from 2 to 8", o.Layers)}
	case o.Steps < 1000:
		return usageError{fmt.Errorf("--steps %d: give 1,000 or more", o.Steps)}
	case o.Seed == 0:
		return usageError{fmt.Errorf("--seed: give a number above 0")}
	}
	for _, share := range o.Shares {
		if !(share > 0 && share <= 10) {
			return usageError{fmt.Errorf("--rate %v: give a multiple of the edge's rate, above 0 and at most 10", share)}
		}
	}
	if err := checkEnding("--figure", picture, []string{"svg", "pdf", "png"}); err != nil {
		return err
	}
	result, err := measure(ctx, a, "rates", &o.Progress, func() (*theory.EdgeResult, error) { return theory.BeyondTheEdge(ctx, o) })
	if err != nil {
		return err
	}
	return printTheory(a, result, picture, nil)
}
