package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"lacuna/internal/bench/draws"
	"lacuna/internal/progress"
)

func newBenchDraws(a *app) *cobra.Command {
	var o draws.Options
	command := &cobra.Command{
		Use:   "draws",
		Short: "Regress on drawn tables, pooled by Rubin's rules: how often the interval holds the true slope",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			switch {
			case o.Simulations < 1:
				return usageError{fmt.Errorf("--simulations %d: give a number above 0", o.Simulations)}
			case o.Rows < 5 || o.Columns < 3:
				return usageError{fmt.Errorf("--rows %d --columns %d: give at least 5 and 3", o.Rows, o.Columns)}
			case o.Draws < 2:
				return usageError{fmt.Errorf("--draws %d: give at least 2", o.Draws)}
			case !(o.Missing > 0 && o.Missing < 1):
				return usageError{fmt.Errorf("--missing %v: give a share above 0 and below 1", o.Missing)}
			case o.Threads < 1:
				return usageError{fmt.Errorf("--threads %d: give a number above 0", o.Threads)}
			}
			counter := new(progress.Counter)
			o.Each = func(done int) { counter.Set(float64(done), float64(o.Simulations)) }
			stop := a.progress("bench draws", counter)
			defer stop()
			r, err := draws.Run(command.Context(), o)
			stop()
			if err != nil {
				return cutShort(err)
			}
			if a.json {
				return a.printJSON(r)
			}
			a.say("95 %% intervals that hold the true slope, of %s:", count(r.Simulations, "simulation"))
			a.say("  %s pooled    %s (bias %.3g, %.2f times as wide as with the whole table)", count(o.Draws, "draw"),
				percent(r.Pooled), r.Bias, r.Width)
			a.say("  one draw alone     %s", percent(r.Single))
			a.say("  the filled table   %s (bias %.3g)", percent(r.Filled), r.BiasFilled)
			a.say("  the whole table    %s", percent(r.Known))
			return nil
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.IntVar(&o.Simulations, "simulations", 200, "tables that are generated")
	flags.IntVar(&o.Rows, "rows", 60, "rows of every table")
	flags.IntVar(&o.Columns, "columns", 8, "columns of every table")
	flags.Float64Var(&o.Missing, "missing", 0.25, "share of the cells that are hidden at random")
	flags.IntVar(&o.Draws, "draws", 20, "draws of every table")
	effortFlag(flags, &o.Effort, 0.02, "work to spend on every table")
	flags.IntVar(&o.Threads, "threads", 1, "simulations at a time; the result does not depend on it")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the tables")
	a.jsonFlag(command)
	return command
}
