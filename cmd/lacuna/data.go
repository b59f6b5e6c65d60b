package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"lacuna/dataio"
	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/internal/progress"
	"lacuna/internal/summary"
	"lacuna/tensor"
)

func newData(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "data",
		Short: "Fetch, describe and generate data sets",
		Args:  cobra.ArbitraryArgs,
		RunE:  groupOnly,
	}
	command.AddCommand(newDataList(a), newDataInfo(a), newDataFetch(a), newDataSynthetic(a))
	return command
}

func newDataList(a *app) *cobra.Command {
	command := &cobra.Command{
		Use:   "list",
		Short: "List the data sets that lacuna knows",
		Args:  arguments(),
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.printJSON(dataset.List())
			}
			table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tSHAPE\tWHAT")
			for _, info := range dataset.List() {
				fmt.Fprintf(table, "%s\t%s\t%s\n", info.Name, shapeWords(info.Shape), info.Title)
			}
			return table.Flush()
		},
	}
	a.jsonFlag(command)
	return command
}

func newDataInfo(a *app) *cobra.Command {
	input := new(inputFlags)
	command := &cobra.Command{
		Use:   "info NAME|FILE",
		Short: "Describe a data set, or a file as complete would read it",
		Args:  input.arguments("NAME or FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if input.Stack != "" {
				return runDataInfo(a, args, input)
			}
			if info, err := dataset.Find(args[0]); err == nil {
				return tellDataset(a, info)
			} else if _, statErr := os.Stat(args[0]); statErr != nil {
				return inputError(fmt.Errorf("%w; nor is there a file of that name", err))
			}
			return runDataInfo(a, args, input)
		},
	}
	input.register(command.Flags())
	input.registerCensored(command.Flags())
	input.registerStack(command.Flags())
	input.registerPeriods(command.Flags())
	a.jsonFlag(command)
	return command
}

func tellDataset(a *app, info dataset.Info) error {
	if a.json {
		return a.printJSON(info)
	}
	a.say("%s: %s\nmodes    %s (%s)\nsource   %s\nlicence  %s\nget it   %s",
		info.Name, info.Title, info.Modes, shapeWords(info.Shape), info.Source, info.Licence, info.Get)
	return nil
}

// fileInfo is what `lacuna data info FILE --json` prints.
type fileInfo struct {
	File      string     `json:"file"`
	Format    string     `json:"format"`
	Order     int        `json:"order"`
	Shape     []int      `json:"shape"`
	Modes     []modeInfo `json:"modes"`
	Observed  int        `json:"observed"`
	Gaps      int        `json:"gaps"`
	Censored  int        `json:"censored,omitempty"`
	Merged    int        `json:"merged_duplicates"`
	Mean      number     `json:"mean"`
	Deviation number     `json:"standard_deviation"`
	Warnings  []string   `json:"warnings"`

	Read *summary.Read `json:"read"`
}

type modeInfo struct {
	Name       string   `json:"name"`
	Size       int      `json:"size"`
	First      string   `json:"first"`
	Last       string   `json:"last"`
	Unobserved []string `json:"unobserved"` // labels without any known value
}

func runDataInfo(a *app, paths []string, input *inputFlags) error {
	table, err := input.readAnyhow(paths...)
	if err != nil {
		return err
	}
	mean, deviation := table.Moments()
	censored := table.Reading.Censored.All()
	info := fileInfo{
		File: table.Path, Format: string(table.Format), Order: len(table.Modes()), Shape: table.Shape(), Observed: table.Known(), Gaps: table.Gaps() - censored, Censored: censored,
		Merged: table.Merged, Mean: number(mean), Deviation: number(deviation),
		Warnings: append([]string{}, table.Warnings...), Read: summary.NewRead(table.Path, table),
	}
	for _, mode := range table.Modes() {
		info.Modes = append(info.Modes, modeInfo{
			mode.Name, len(mode.Labels), mode.Labels[0], mode.Labels[len(mode.Labels)-1], []string{},
		})
	}
	for _, empty := range table.Unobserved() {
		mode := &info.Modes[empty.Mode]
		mode.Unobserved = append(mode.Unobserved, table.Modes()[empty.Mode].Labels[empty.Index])
	}
	if a.json {
		return a.printJSON(info)
	}
	a.say("%s", info.Read.Words(info.Observed, info.Gaps))
	for _, mode := range info.Modes {
		if len(mode.Unobserved) > 0 {
			a.say("  without any known value: %s %s", mode.Name, strings.Join(mode.Unobserved, ", "))
		}
	}
	limited := ""
	if censored > 0 {
		limited = fmt.Sprintf(", %s of which limits are known", grouped(censored))
	}
	a.say("  %s known (mean %s, standard deviation %s)%s, %s to fill: %s", count(info.Observed, "cell"), short(mean),
		short(deviation), limited, grouped(info.Gaps), shapeWords(info.Shape))
	for _, warning := range info.Warnings {
		a.warn("%s", warning)
	}
	for _, doubt := range info.Read.Doubts {
		a.warn("complete would stop: %s", doubt)
	}
	return nil
}

// fetchFlags is what the user of `lacuna data fetch` asked for.
type fetchFlags struct {
	output, cache, server string
	refresh, revised      bool
	attempts              int
}

func newDataFetch(a *app) *cobra.Command {
	f := new(fetchFlags)
	command := &cobra.Command{
		Use:   "fetch meteo-uk",
		Short: "Download a data set from its owner and make its tensor",
		Long: `fetch downloads the station files of the UK Met Office (Open Government Licence v3.0), keeps them in a cache
with dates and checksums, builds the paper's tensor of 50 months × 16 stations × 5 variables, checks its sums, and
writes it as a table.`,
		Args: arguments("name of the data set"),
		RunE: func(command *cobra.Command, args []string) error {
			if args[0] != "meteo-uk" {
				return usageError{fmt.Errorf("only meteo-uk can be fetched; 'lacuna data info %s' may say how to get it", args[0])}
			}
			return runDataFetch(command.Context(), a, f)
		},
	}
	flags := command.Flags()
	flags.StringVarP(&f.output, "output", "o", "meteo_uk.csv", "write the table here")
	flags.StringVar(&f.cache, "cache", "",
		"keep the downloaded files here (default: lacuna/meteo-uk in the user's cache directory)")
	flags.BoolVar(&f.refresh, "refresh", false, "download again what is in the cache")
	flags.BoolVar(&f.revised, "accept-revised", false,
		"take the table even if the Met Office has revised its records since the paper")
	flags.IntVar(&f.attempts, "attempts", 4, "attempts to get a file, with growing pauses between them")
	flags.StringVar(&f.server, "server", dataset.MetOfficeURL, "address of the station files")
	return command
}

func runDataFetch(ctx context.Context, a *app, f *fetchFlags) error {
	if err := checkOutputs("", f.output); err != nil {
		return err
	}
	if f.cache == "" {
		folder, err := os.UserCacheDir()
		if err != nil {
			return inputError(fmt.Errorf("there is no cache directory (%w): name one with --cache", err))
		}
		f.cache = filepath.Join(folder, "lacuna", "meteo-uk")
	}
	counter := new(progress.Counter)
	stop := a.progress("fetching", counter)
	defer stop()
	table, manifest, err := dataset.FetchMeteoUK(ctx, dataset.FetchOptions{
		BaseURL: f.server, CacheDir: f.cache, Refresh: f.refresh, Attempts: f.attempts, AcceptRevised: f.revised,
		Progress: func(station string, done, all int) {
			counter.Set(float64(done), float64(all))
			counter.Note(station)
		},
	})
	stop()
	if ctx.Err() != nil {
		return withCode(exitInterrupted, fmt.Errorf("interrupted: what was downloaded is kept in %s", f.cache))
	}
	if revised := new(dataset.SumsError); errors.As(err, &revised) {
		return inputError(fmt.Errorf("%w; --accept-revised takes it as it is", err))
	}
	if err != nil {
		return fileError(err)
	}
	if err := dataio.WriteCSV(f.output, table, func(int) bool { return false }); err != nil {
		return err
	}
	a.say("Wrote %s: %s (%s), from %s kept in %s.\n%s", f.output, shapeWords(table.Shape()), modeNames(table.Modes),
		count(len(manifest.Files), "file"), f.cache, manifest.Licence)
	return nil
}

func modeNames(modes []tensor.Mode) string {
	names := make([]string, len(modes))
	for n, mode := range modes {
		names[n] = mode.Name
	}
	return strings.Join(names, " × ")
}

// syntheticFlags is what the user of `lacuna data synthetic` asked for.
type syntheticFlags struct {
	output, truth        string
	stations             bool
	months, stationCount int
	sensors, days        int
	cells, gaps          int
	shape                string
	rank                 int
	noise                float64
	observed             float64
	pattern, mode        string
	seed                 uint64
}

func newDataSynthetic(a *app) *cobra.Command {
	f := new(syntheticFlags)
	command := &cobra.Command{
		Use:   "synthetic",
		Short: "Generate a table with gaps: a random tensor of low rank, or weather that never was",
		Example: `  lacuna data synthetic --shape 10x10x10x10 --rank 5 --observed 0.2 -o tensor.csv --truth whole.csv
  lacuna data synthetic --stations --observed 0.7 --pattern spells --mode month -o stations.csv
  lacuna data synthetic --shape 1000x500x100 --rank 8 --noise 0.3 --cells 1000000 --gaps 20000 -o large.csv --truth gaps.csv
  lacuna data synthetic --sensors 500 --days 365 --observed 0.7 --pattern spells --mode day -o sensors.csv`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error { return runDataSynthetic(a, f) },
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.output, "output", "o", "", "write the table with gaps here, as CSV")
	flags.StringVar(&f.truth, "truth", "", "write the table without gaps here")
	flags.StringVar(&f.shape, "shape", "10x10x10x10", "sizes of the modes")
	flags.IntVar(&f.rank, "rank", 5, "CP rank; the factors' entries are N(0, 1)")
	flags.Float64Var(&f.noise, "noise", 0, "deviation of the noise, over the tensor's own")
	flags.BoolVar(&f.stations, "stations", false, "make a table of months × stations × variables instead")
	flags.IntVar(&f.months, "months", 60, "months of a table of stations")
	flags.IntVar(&f.stationCount, "station-count", 12, "stations of a table of stations")
	flags.IntVar(&f.sensors, "sensors", 0,
		"make a table of so many sensors instead, for every day and hour, with daily and weekly patterns")
	flags.IntVar(&f.days, "days", 365, "days of a table of sensors")
	flags.IntVar(&f.cells, "cells", 0,
		"list so many known cells of the tensor and --gaps gaps, for tensors too large to be listed whole; --truth then "+
			"holds the gaps without noise")
	flags.IntVar(&f.gaps, "gaps", 20_000, "gaps of a table of --cells")
	flags.Float64Var(&f.observed, "observed", 0.2, "share of the cells that stay known")
	flags.StringVar(&f.pattern, "pattern", string(dataset.Random),
		"which cells are missing: random cells, whole fibres along a mode, or spells along it")
	flags.StringVar(&f.mode, "mode", "", "the mode of fibres and spells (default: the first)")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the table and of its gaps")
	return command
}

func (f *syntheticFlags) check() error {
	patterns := []dataset.Pattern{dataset.Random, dataset.Fibres, dataset.Spells}
	switch {
	case f.output == "":
		return usageError{fmt.Errorf("-o is missing: say where to write the table")}
	case !(f.observed > 0 && f.observed <= 1):
		return usageError{fmt.Errorf("--observed %v: give a share above 0, up to 1", f.observed)}
	case f.rank < 1:
		return usageError{fmt.Errorf("--rank %d: give a rank above 0", f.rank)}
	case !(f.noise >= 0):
		return usageError{fmt.Errorf("--noise %v: give 0 or more", f.noise)}
	case f.months < 2 || f.stationCount < 2:
		return usageError{fmt.Errorf("a table of stations needs at least 2 months and 2 stations")}
	case f.sensors < 0 || f.sensors == 1 || f.days < 2:
		return usageError{fmt.Errorf("a table of sensors needs at least 2 sensors and 2 days")}
	case f.cells < 0 || f.cells == 1 || f.gaps < 1:
		return usageError{fmt.Errorf("--cells %d, --gaps %d: give at least 2 known cells and 1 gap", f.cells, f.gaps)}
	case f.stations && f.sensors > 0, f.cells > 0 && (f.stations || f.sensors > 0):
		return usageError{fmt.Errorf("--stations, --sensors and --cells make different tables: give one of them")}
	case !slices.Contains(patterns, dataset.Pattern(f.pattern)):
		return usageError{fmt.Errorf("--pattern %s is unknown, choose one of %s", f.pattern, experiment.List(patterns))}
	}
	if err := checkEnding("-o", f.output, csvEndings); err != nil {
		return err
	}
	if err := checkEnding("--truth", f.truth, csvEndings); err != nil {
		return err
	}
	return checkOutputs("", f.output, f.truth)
}

var csvEndings = []string{"csv", "csv.gz"}

func runDataSynthetic(a *app, f *syntheticFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	shape, err := experiment.ParseShape(f.shape)
	if err != nil {
		return usageError{fmt.Errorf("--shape: %w", err)}
	}
	var whole *tensor.Observed
	switch {
	case f.cells > 0:
		return f.writeSparse(a, shape)
	case f.sensors > 0:
		whole = dataset.GenerateSensors(dataset.SensorOptions{Days: f.days, Sensors: f.sensors, Seed: f.seed})
	case f.stations:
		whole = dataset.GenerateStations(dataset.StationOptions{Months: f.months, Stations: f.stationCount, Seed: f.seed})
	default:
		if err := checkCells(shape); err != nil {
			return err
		}
		whole = dataset.Synthetic(shape, f.rank, f.noise, f.seed)
	}
	mode := 0
	if f.mode != "" {
		if mode, err = modeNamed("--mode", f.mode, whole.Modes); err != nil {
			return usageError{err}
		}
	}
	known, _ := dataset.Observe(whole, dataset.Pattern(f.pattern), mode, f.observed, f.seed)
	if f.truth != "" {
		if err := dataio.WriteCSV(f.truth, whole, func(int) bool { return false }); err != nil {
			return err
		}
	}
	if err := dataio.WriteCSV(f.output, whole, gapsOf(whole, known)); err != nil {
		return err
	}
	a.say("Wrote %s: generated, %s (%s), %s of %s cells known.", f.output, shapeWords(whole.Shape()),
		modeNames(whole.Modes), grouped(known.Len()), grouped(whole.Len()))
	return nil
}

// writeSparse writes some cells of a tensor that is not listed whole.
func (f *syntheticFlags) writeSparse(a *app, shape tensor.Shape) error {
	if have := shape.Cells(); float64(have) < float64(f.cells+f.gaps) || have > 1<<62 {
		return usageError{fmt.Errorf("--cells %d and --gaps %d: a tensor of shape %s has %.0f cells", f.cells, f.gaps,
			shapeWords(shape), have)}
	}
	table := dataset.Sparse(dataset.SparseOptions{
		Shape: shape, Rank: f.rank, Noise: f.noise, Known: f.cells, Gaps: f.gaps, Seed: f.seed,
	})
	if f.truth != "" {
		_, gaps, clean := table.Split()
		if err := dataio.WriteCSV(f.truth, gaps.WithValues(clean), func(int) bool { return false }); err != nil {
			return err
		}
	}
	if err := dataio.WriteCSV(f.output, table.Cells, func(c int) bool { return table.IsGap[c] }); err != nil {
		return err
	}
	a.say("Wrote %s: generated, %s known cells and %s of a tensor of shape %s.", f.output, grouped(f.cells),
		count(f.gaps, "gap"), shapeWords(shape))
	return nil
}

// gapsOf tells which cells of whole are not among known; both are in canonical order.
func gapsOf(whole, known *tensor.Observed) func(c int) bool {
	gap := make([]bool, whole.Len())
	k := 0
	for c := range gap {
		same := k < known.Len()
		for n := 0; same && n < whole.Order(); n++ {
			same = whole.Index[n][c] == known.Index[n][k]
		}
		if gap[c] = !same; same {
			k++
		}
	}
	return func(c int) bool { return gap[c] }
}
