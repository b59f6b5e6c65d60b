package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lacuna"
	"lacuna/dataio"
	"lacuna/loss"
	"lacuna/tensor"
)

// completeFlags is what the user of `lacuna complete` asked for.
type completeFlags struct {
	file  string
	files []string // with --stack several
	input inputFlags

	output, factors, report string
	interval                float64
	draws                   int
	save                    string

	depth, standardise, noise, loss string
	rank                            int
	smooth                          []string
	min, max                        []string
	nonnegative                     bool

	seed    uint64
	threads int
	effort  float64
	maxTime seconds

	engine     engineFlags
	engineDir  string // "": local
	tidyEngine bool   // its files go when the table is filled
}

func newComplete(a *app) *cobra.Command {
	f := new(completeFlags)
	command := &cobra.Command{
		Use:   "complete FILE",
		Short: "Fill the gaps of a table, and say how far to trust what was filled in",
		Long: `complete reads a table with gaps, finds a model of low rank that explains what is known, fills the gaps and
writes the table again: same format, same rows in the same order, known values untouched. Added are the columns
lacuna_filled (1 where a value was filled in) and lacuna_stderr (the error to be expected there).

FILE is text with columns (a header; index columns; a value column, or several with --value a,b or --wide), a station
file of the Met Office, a FROSTT .tns file, a NumPy .npy or .npz array, Parquet or MAT v5. Text may be compressed with
gzip. In text, a gap is an empty value, NA and other usual spellings; in arrays it is NaN. How the file was read is said
first, and where that looks wrong nothing is done. FILE may be -, for standard input; then, or with -o -, the filled table
goes to standard output and the summary to standard error. With --stack several files are one table.

No rank, learning rate or depth is asked for. The error that is reported is the error on known values, each predicted by
models that had not seen it.`,
		Example: `  lacuna complete stations.csv -o filled.csv
  lacuna complete stations.csv -o filled.csv --report filled.html --interval 90
  gunzip -c stations.csv.gz | lacuna complete - > filled.csv
  lacuna complete weather.csv --index date,station --value tmax,tmin,rain
  lacuna complete eem/*.csv --stack sample
  lacuna complete water.csv --censored --noise lognormal --interval 90
  lacuna complete ratings.csv --index user,film,month --value stars --full-grid -o filled.csv`,
		Args: f.input.arguments("FILE"),
		RunE: func(command *cobra.Command, args []string) error {
			f.file, f.files = args[0], args
			if command.Flags().Changed("interval") && f.interval == 0 {
				return usageError{errors.New("--interval 0: give a share in percent, such as 90")}
			}
			if f.depth != "" && f.report == "" {
				return usageError{errors.New("--depth has no effect: it is the flow that the report shows. Leave it out, or ask " +
					"for the report with --report")}
			}
			if command.Flags().Changed("rank") && f.rank < 1 {
				return usageError{fmt.Errorf("--rank %d: give a number of blocks above 0", f.rank)}
			}
			return runComplete(command.Context(), a, f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.output, "output", "o", "",
		"write the filled table here, - for standard output (default: FILE with .filled before its ending)")
	flags.StringVar(&f.report, "report", "", "write a page about the result to this .html file")
	flags.StringVar(&f.factors, "factors", "",
		"write the CP factors that were found, with their labels, to this .npz file")
	flags.Float64Var(&f.interval, "interval", 0,
		"add columns lacuna_low and lacuna_high that hold this share of values, in percent, such as 90")
	flags.IntVar(&f.draws, "draws", 0,
		"write so many tables that differ in the filled values instead, one behind the other, with a\n"+
			"column lacuna_draw: joint draws for multiple imputation, such as 20 (.csv, .parquet, .npz)")
	flags.StringVar(&f.save, "save", "",
		"save the fit to this .fit file, with which lacuna predict fills further cells without refitting")
	a.jsonFlag(command)
	a.progressFlag(command)

	f.input.register(flags)
	f.input.registerCensored(flags)
	f.input.registerStack(flags)
	f.input.registerPeriods(flags)
	flags.StringVar(&f.standardise, "standardise", "auto",
		"none, global, auto, or the name of the mode whose every index gets its own mean and scale")

	flags.StringVar(&f.noise, "noise", "auto", "how values scatter: "+strings.Join(lacuna.Noises(), ", ")+
		"; of single labels, such as rain=lognormal,af=counts")
	flags.StringSliceVar(&f.min, "min", nil,
		"the least value that there can be, or that of a label, such as 0 or rain=0; none: any (default: 0 where no known value is below)")
	flags.StringSliceVar(&f.max, "max", nil, "the same of the largest value, such as 100 or humidity=100 (default: where the known values end)")
	flags.StringVar(&f.loss, "loss", "", "square means --noise gaussian, logistic --noise bernoulli")
	flags.MarkHidden("loss")
	flags.IntVar(&f.rank, "rank", 0, "number of blocks (default: found)")
	flags.StringVar(&f.depth, "depth", "",
		"depth of the gradient flow whose emerging blocks the report shows: one number, or one a mode (default: 1)")
	flags.StringSliceVar(&f.smooth, "smooth", nil,
		"a mode whose neighbouring labels are expected to be alike, such as time")

	flags.BoolVar(&f.nonnegative, "nonnegative", false,
		"no factor has a negative entry, as spectra and the parts of mixtures; --factors and the report hold them")

	flags.Uint64Var(&f.seed, "seed", 1, "seed of every random number")
	flags.IntVar(&f.threads, "threads", 0, "threads (default: all processors); the result does not depend on it")
	effortFlag(flags, &f.effort, 1, "work to spend: 2 takes twice as long for a little less error, 0.5 half")
	flags.Var(&f.maxTime, "max-time", "stop after so much time, such as 90s or 5m, with the best so far")

	f.engine.register(flags, "chain")
	flags.StringVar(&f.engineDir, "engine-dir", "",
		"directory of the files of --engine slurm, which all nodes see; it is kept (default: FILE with the\n"+
			"ending .slurm, until the table is filled)")
	return command
}

// check refuses what can be refused before the file is read, and chooses the output's name.
func (f *completeFlags) check(json bool) error {
	if _, err := f.input.options(); err != nil {
		return err
	}
	switch {
	case f.interval > 0 && f.interval < 1:
		return usageError{fmt.Errorf("--interval %v is %v percent: did you mean %v?", f.interval, f.interval, 100*f.interval)}
	case f.interval != 0 && !(f.interval > 0 && f.interval < 100):
		return usageError{fmt.Errorf("--interval %v: give a share in percent, above 0 and below 100", f.interval)}
	}
	if err := checkThreads(f.threads); err != nil {
		return err
	}
	if err := f.checkNoise(); err != nil {
		return err
	}
	if err := f.checkNonnegative(); err != nil {
		return err
	}
	if err := f.checkDraws(); err != nil {
		return err
	}
	if err := f.checkEngine(); err != nil {
		return err
	}
	outputs := []string{f.report, f.factors, f.save}
	switch {
	case f.input.Stack != "" && f.output == "":
		f.output = stackName(f.file)
	case f.output == "":
		f.output = filledName(f.file)
	}
	if f.input.Stack == "" || f.draws > 0 {
		outputs = append(outputs, f.output)
	} else if f.output == pipe {
		return usageError{errors.New("--stack writes a file for every one that it reads: give -o the name of a folder")}
	}
	if f.output == pipe && json {
		return usageError{errors.New("--json and -o - both want standard output: give -o a file name, " +
			"or take the result from standard error with --progress json")}
	}
	if err := checkEnding("--report", f.report, []string{"html"}); err != nil {
		return err
	}
	if err := checkEnding("--save", f.save, []string{"fit"}); err != nil {
		return err
	}
	if err := checkEnding("--factors", f.factors, []string{"npz"}); err != nil {
		return err
	}
	return checkOutputs(f.file, outputs...)
}

// checkThreads refuses numbers of threads that nobody means; 0 stands for all processors.
func checkThreads(threads int) error {
	const most = 4096
	if threads < 0 || threads > most {
		return usageError{fmt.Errorf("--threads %d: give a number from 1 to %d; without it all processors work", threads, most)}
	}
	return nil
}

// checkPlaces refuses an interval that nothing which is written has a place for.
func (f *completeFlags) checkPlaces(table *dataio.Table) error {
	if f.interval == 0 || f.report != "" || table.HasPlaces(f.output) {
		return nil
	}
	return usageError{fmt.Errorf("--interval has no effect: %s has no place for bounds. Leave it out, or give -o a name that "+
		"ends in .csv or, for an array, in .npz", f.outputName())}
}

// checkNoise refuses a noise that there is not, and puts the noise that --loss means in its place.
func (f *completeFlags) checkNoise() error {
	switch f.loss {
	case "":
	case loss.Square.Name(), loss.Logistic.Name():
		if f.noise != "auto" {
			return usageError{fmt.Errorf("--loss %s and --noise %s both say how values scatter: give --noise alone",
				f.loss, f.noise)}
		}
		f.noise = map[string]string{loss.Square.Name(): "gaussian", loss.Logistic.Name(): "bernoulli"}[f.loss]
	default:
		return usageError{fmt.Errorf("--loss %s: complete minimises no loss, it has a noise: give --noise student for "+
			"values with outliers, or one of %s. Losses are for lacuna train", f.loss, strings.Join(lacuna.Noises(), ", "))}
	}
	if strings.Contains(f.noise, "=") { // read when the labels are known
		return nil
	}
	if !slices.Contains(lacuna.Noises(), f.noise) {
		return usageError{fmt.Errorf("--noise %s is unknown: choose one of %s", f.noise, strings.Join(lacuna.Noises(), ", "))}
	}
	return nil
}

// checkNonnegative refuses what goes ill with factors that have no negative entry.
func (f *completeFlags) checkNonnegative() error {
	switch {
	case !f.nonnegative:
	case len(f.smooth) > 0:
		return usageError{errors.New("--nonnegative and --smooth exclude each other: a smooth factor has entries of either sign")}
	case f.standardise != "auto" && f.standardise != "none":
		return usageError{fmt.Errorf("--nonnegative and --standardise %s exclude each other: taking a mean off leaves values of "+
			"either sign", f.standardise)}
	case !slices.Contains([]string{"auto", "gaussian", "student"}, f.noise):
		return usageError{fmt.Errorf("--nonnegative and --noise %s exclude each other: give --noise gaussian or student, whose "+
			"values are those of the model itself", f.noise)}
	}
	return nil
}

// filledName is the default output: table.csv.gz becomes table.filled.csv.gz, and what was piped in is piped out.
func filledName(path string) string {
	if path == pipe {
		return pipe
	}
	stem, packed := strings.CutSuffix(path, ".gz")
	ending := ""
	if packed {
		ending = ".gz"
	}
	if dot := strings.LastIndexByte(stem, '.'); dot > strings.LastIndexAny(stem, `/\`)+1 {
		stem, ending = stem[:dot], stem[dot:]+ending
	}
	return stem + ".filled" + ending
}

// options translates the flags for a table of these modes.
func (f *completeFlags) options(modes []tensor.Mode) (lacuna.Options, error) {
	o := lacuna.Options{
		Seed: f.seed, Threads: f.threads, MaxTime: time.Duration(f.maxTime),
		Noise: lacuna.Noise(f.noise), Nonnegative: f.nonnegative, Blocks: f.rank, Level: f.interval / 100, Effort: f.effort,
	}
	var err error
	if strings.Contains(f.noise, "=") {
		o.Noise = lacuna.NoiseAuto
		if o.NoiseLabels, err = parseNoises(f.noise, modes); err != nil {
			return o, usageError{err}
		}
	}
	depths, err := parseDepths(f.depth, len(modes))
	if err != nil {
		return o, usageError{err}
	}
	if o.Depths, err = wholeDepths(depths); err != nil {
		return o, usageError{err}
	}
	if o.Standardise, o.StandardiseMode, err = parseStandardise(f.standardise, modes); err != nil {
		return o, usageError{err}
	}
	for _, name := range f.smooth {
		n, err := modeNamed("--smooth", name, modes)
		if err != nil {
			return o, usageError{err}
		}
		o.Smooth = append(o.Smooth, n)
	}
	slices.Sort(o.Smooth)
	o.Limits, err = f.limits(modes)
	return o, err
}
