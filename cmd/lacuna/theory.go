package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"lacuna/figure"
	"lacuna/internal/progress"
	"lacuna/theory"
)

// theoryFlags is what the user of `lacuna theory` asked for.
type theoryFlags struct {
	statements []string
	orders     []int
	depths     []string
	blocks     int
	tolerance  float64
	seed       uint64
	threads    int
	figures    string
	report     string
	command    string
}

func newTheory(a *app) *cobra.Command {
	f := new(theoryFlags)
	command := &cobra.Command{
		Use:   "theory",
		Short: "Measure every statement of the paper along real runs",
		Long: `theory runs the gradient flow under the hypothesis of each statement of the paper and measures both of its
sides: the left one from the parameters and their velocities, or from differences of recorded norms; the right one from
the formula. It prints one line a run: the worst relative error over all times and blocks, and whether the statement
holds.

Statements: ` + strings.Join(theory.Statements(), ", ") + `.

The exit code is 3 when a line does not hold.`,
		Example: `  lacuna theory
  lacuna theory --statement theorem-3.2-i --order 3 --depth 2 --json
  lacuna theory --statement exponent --depth 0 --depth 1,2,3
  lacuna theory --figures figures --report theory.html`,
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			f.command = "lacuna theory"
			if len(os.Args) > 2 {
				f.command = "lacuna " + strings.Join(os.Args[1:], " ")
			}
			return runTheory(command.Context(), a, f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringSliceVar(&f.statements, "statement", nil, "statements to measure, separated by commas (default: all)")
	flags.IntSliceVar(&f.orders, "order", nil,
		"orders N of the tensor (default: 3 and 4; 5 as well for exponents; 2 is a deep matrix as well)")
	flags.StringArrayVar(&f.depths, "depth", nil, "depth of the chains: one number, or one a mode, separated by commas; "+
		"may be given again (default: 1, 2, 3 and unequal depths; 0 to 5 for exponents)")
	flags.IntVar(&f.blocks, "blocks", 50, "number of blocks R")
	flags.Float64Var(&f.tolerance, "tolerance", theory.DefaultTolerance,
		"largest relative error for which a statement counts as holding")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of data and starts")
	flags.IntVar(&f.threads, "threads", 0,
		"runs at a time (default: all processors); the result does not depend on it")
	flags.StringVar(&f.figures, "figures", "",
		"write the pictures, and the page as theory.html and theory.md, into this folder")
	flags.StringVar(&f.report, "report", "",
		"write the page that explains every statement to this .html or .md file")
	a.jsonFlag(command)
	command.AddCommand(newTheoryEmergence(a), newTheoryEdge(a), newTheoryJumps(a))
	return command
}

// options checks the flags.
func (f *theoryFlags) options() (theory.Options, error) {
	o := theory.Options{
		Statements: f.statements, Orders: f.orders, Blocks: f.blocks, Tolerance: f.tolerance, Seed: f.seed,
		Threads: f.threads,
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	switch {
	case f.blocks < 1:
		return o, usageError{fmt.Errorf("--blocks %d: give a number of blocks above 0", f.blocks)}
	case !(f.tolerance > 0):
		return o, usageError{fmt.Errorf("--tolerance %v: give a relative error above 0", f.tolerance)}
	case f.threads < 0:
		return o, usageError{fmt.Errorf("--threads %d: give a number above 0", f.threads)}
	}
	for _, text := range f.depths {
		depths, err := parseDepths(text, strings.Count(text, ",")+1)
		if err != nil {
			return o, usageError{err}
		}
		whole, err := wholeDepths(depths)
		if err != nil {
			return o, usageError{err}
		}
		o.Depths = append(o.Depths, whole)
	}
	return o, checkEnding("--report", f.report, []string{"html", "md"})
}

func runTheory(ctx context.Context, a *app, f *theoryFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	if f.figures != "" {
		if err := os.MkdirAll(f.figures, 0o777); err != nil {
			return inputError(fmt.Errorf("--figures: %w", err))
		}
	}
	if err := theory.Check(options); err != nil {
		return usageError{fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "theory: "))}
	}
	result, err := measure(ctx, a, "runs", &options.Progress, func() (*theory.Result, error) { return theory.Run(ctx, options) })
	if err != nil {
		return err
	}
	if a.json {
		if err := a.printJSON(result.Rows); err != nil {
			return err
		}
	} else if !a.quiet {
		if err := result.WriteTable(a.stdout); err != nil {
			return err
		}
		for _, finding := range result.Findings() {
			a.say("\n%s", finding)
		}
	}
	if f.report != "" {
		if err := result.SavePage(f.report, f.command); err != nil {
			return fileError(err)
		}
	}
	if f.figures != "" {
		files, err := result.SaveFigures(f.figures, f.command)
		if err != nil {
			return fileError(err)
		}
		a.say("\n%d files in %s", len(files), f.figures)
	}
	if !result.Holds() {
		return withCode(exitUnmet, fmt.Errorf("a statement does not hold to the tolerance: see the lines marked FAILS"))
	}
	return nil
}

// measure does what a command of theory is for, and shows how many of the things that it tells are done; it is to tell
// what report is set to.
func measure[T any](
	ctx context.Context, a *app, things string, report *func(done, total float64), do func() (T, error),
) (found T, err error) {
	counter := new(progress.Counter)
	*report = counter.Set
	stop := a.progress(things, counter)
	defer stop()
	found, err = do()
	if ctx.Err() != nil {
		err = withCode(exitInterrupted, fmt.Errorf("interrupted; nothing was written"))
	}
	return found, err
}

// asked is a flag that asks for a number above 0, and whether it has one.
type asked struct {
	flag  string
	above bool
}

// aboveZero refuses the first flag whose number is not above 0.
func aboveZero(flags ...asked) error {
	for _, n := range flags {
		if !n.above {
			return usageError{fmt.Errorf("%s: give a number above 0", n.flag)}
		}
	}
	return nil
}

// runsAtATime sets what --threads leaves open to all processors, and refuses a number below 0.
func runsAtATime(threads *int) error {
	if *threads < 0 {
		return usageError{fmt.Errorf("--threads %d: give a number above 0", *threads)}
	}
	if *threads == 0 {
		*threads = runtime.GOMAXPROCS(0)
	}
	return nil
}

// measured is what a command of theory found.
type measured interface {
	WriteTable(io.Writer) error
	Figure() *figure.Figure
}

// printTheory prints what was found, as JSON or as a table with more behind it (nil: nothing), and draws it into picture
// ("": nowhere).
func printTheory(a *app, found measured, picture string, more func(io.Writer) error) (err error) {
	switch {
	case a.json:
		err = a.printJSON(found)
	case !a.quiet:
		if err = found.WriteTable(a.stdout); err == nil && more != nil {
			a.say("")
			err = more(a.stdout)
		}
	}
	if err != nil || picture == "" {
		return err
	}
	if err := figure.Save(picture, found.Figure()); err != nil {
		return fileError(err)
	}
	a.say("\n%s", picture)
	return nil
}
