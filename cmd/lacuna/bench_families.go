package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lacuna/internal/bench/families"
	"lacuna/internal/progress"
)

func newBenchFamilies(a *app) *cobra.Command {
	var o families.Options
	var timed bool
	command := &cobra.Command{
		Use:   "families",
		Short: "Fill counts, amounts, grades, shares, yes or no: coverage by tenths of the filled value, log scores",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			for _, kind := range o.Kinds {
				if !slices.Contains(families.Kinds(), kind) {
					return usageError{fmt.Errorf("--kind %q: give some of %s", kind, strings.Join(families.Kinds(), ", "))}
				}
			}
			switch {
			case o.Tables < 1:
				return usageError{fmt.Errorf("--tables %d: give a number above 0", o.Tables)}
			case !(o.Missing > 0 && o.Missing < 1):
				return usageError{fmt.Errorf("--missing %v: give a share above 0 and below 1", o.Missing)}
			}
			if timed {
				times, err := families.MeasureTime(command.Context(), o)
				return printResults(a, times, err, func() error { return printFamilyTimes(a, times) })
			}
			counter := new(progress.Counter)
			o.Each = func(done, all int) { counter.Set(float64(done), float64(all)) }
			stop := a.progress("bench families", counter)
			defer stop()
			results, err := families.Run(command.Context(), o)
			stop()
			return printResults(a, results, err, func() error { return printFamilies(a, results) })
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&o.Kinds, "kind", families.Kinds(), "kinds of values")
	flags.IntVar(&o.Tables, "tables", 10, "tables of every kind")
	flags.Float64Var(&o.Missing, "missing", 0.3, "share of the cells that are hidden at random")
	flags.StringVar(&o.Data, "data", "", "directory with meteo_uk.csv, whose rain and frost are filled too")
	flags.IntVar(&o.Complete.Threads, "threads", 0, "threads (default: all processors)")
	effortFlag(flags, &o.Complete.Effort, 1, "work to spend on every table")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the tables")
	flags.BoolVar(&timed, "time", false, "instead measure what a sweep of every family costs beside one of gaussian noise")
	for _, other := range []string{"kind", "tables", "data", "threads", "effort"} {
		command.MarkFlagsMutuallyExclusive("time", other)
	}
	a.jsonFlag(command)
	return command
}

func printFamilyTimes(a *app, times []families.Time) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NOISE\tVALUES\tCELLS\tCPU MS A SWEEP\tGAUSSIAN\tRATIO")
	for _, t := range times {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.3f\t%.3f\t%.2f\n", t.Family, t.Values, grouped(t.Cells), 1e3*t.Sweep, 1e3*t.Normal, t.Ratio)
	}
	return table.Flush()
}

func printFamilies(a *app, results []families.Result) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VALUES\tTABLES\tCELLS\tTAKEN FOR\tCOVERAGE OF 90 %, BY TENTHS OF THE FILLED VALUE\tCOMMONEST VALUE\tIMPOSSIBLE\t"+
		"LOG SCORE\tNORMAL\tBETTER")
	for _, r := range results {
		var taken, covered, heaped []string
		for _, family := range slices.Sorted(maps.Keys(r.Families)) {
			taken = append(taken, fmt.Sprintf("%s %d", family, r.Families[family]))
		}
		for _, c := range r.Coverage {
			covered = append(covered, fmt.Sprintf("%.0f", 100*c))
		}
		for _, h := range r.Heaped {
			heaped = append(heaped, fmt.Sprintf("%.0f", 100*h))
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\t%d\t%.3f\t%.3f\t%d of %d\n", r.Kind, r.Tables, grouped(r.Cells),
			strings.Join(taken, ", "), strings.Join(covered, " "), strings.Join(heaped, " "), r.Outside, r.LogScore, r.Normal, r.Better, r.Tables)
	}
	return table.Flush()
}
