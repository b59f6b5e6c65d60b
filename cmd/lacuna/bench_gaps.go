package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"lacuna/internal/bench/accuracy"
	"lacuna/internal/bench/gaps"
)

// gapFlags are the flags of `bench accuracy` for gaps in the shapes that real ones have.
type gapFlags struct {
	on     bool
	shapes []string
	seeds  []int
}

func (f *gapFlags) add(command *cobra.Command) {
	flags := command.Flags()
	flags.BoolVar(&f.on, "gaps", false, "instead, hide cells in the shapes that real gaps have; "+
		"the peers are those of peers_gaps.csv")
	flags.StringSliceVar(&f.shapes, "shape", nil, "with --gaps: shapes (default: "+strings.Join(gaps.Shapes(), ",")+")")
	flags.IntSliceVar(&f.seeds, "seeds", nil, "with --gaps: seeds of the hidden cells (default 1,2,3)")
}

func (f *gapFlags) check() error {
	if !f.on && (f.shapes != nil || f.seeds != nil) {
		return usageError{errors.New("--shape and --seeds choose among gaps that have a shape: give --gaps as well")}
	}
	for _, seed := range f.seeds {
		if seed < 0 {
			return usageError{fmt.Errorf("--seeds %d: give whole numbers from 0 on", seed)}
		}
	}
	for _, shape := range f.shapes {
		if !slices.Contains(gaps.Shapes(), shape) {
			return usageError{fmt.Errorf("--shape %s: choose among %s", shape, strings.Join(gaps.Shapes(), ", "))}
		}
	}
	return nil
}

// options takes what the flags of every accuracy benchmark say from o.
func (f *gapFlags) options(o accuracy.Options) gaps.Options {
	g := gaps.Options{Data: o.Data, Datasets: o.Datasets, Shapes: f.shapes, Complete: o.Complete}
	for _, seed := range f.seeds {
		g.Seeds = append(g.Seeds, uint64(seed))
	}
	return g
}

func runBenchGaps(ctx context.Context, a *app, o gaps.Options) error {
	a.say("        %s", gaps.Header)
	o.Each = func(done, all int, r gaps.Result) { a.say("%7s %s", fmt.Sprintf("%d/%d", done, all), r.Line()) }
	results, err := gaps.Run(ctx, o)
	return printResults(a, results, err, func() error {
		if len(results) == 0 {
			return nil
		}
		fmt.Fprintln(a.stdout)
		return gaps.Print(a.stdout, gaps.Summarise(results))
	})
}
