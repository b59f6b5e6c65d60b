package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"lacuna/dataio"
)

// inputFlags say which part of a file is the tensor. They are saved with every run.
type inputFlags struct {
	Dates       string   `json:"dates,omitempty"`
	Format      string   `json:"format,omitempty"`
	Index       []string `json:"index,omitempty"`
	Value       string   `json:"value,omitempty"`
	Wide        bool     `json:"wide,omitempty"`
	NoHeader    bool     `json:"no_header,omitempty"`
	Names       []string `json:"names,omitempty"`
	Comment     string   `json:"comment,omitempty"`
	Decimal     string   `json:"decimal,omitempty"`
	Flags       bool     `json:"flags,omitempty"`
	FillDown    bool     `json:"fill_down,omitempty"`
	Censored    bool     `json:"censored,omitempty"`
	MergeLabels bool     `json:"merge_labels,omitempty"`
	FullGrid    bool     `json:"full_grid,omitempty"`
	Zeros       bool     `json:"zeros_are_gaps,omitempty"`
	Missing     []string `json:"missing,omitempty"`
	Duplicates  string   `json:"duplicates,omitempty"`
	Array       string   `json:"array,omitempty"`
	Sheet       string   `json:"sheet,omitempty"`
	Yes         bool     `json:"yes,omitempty"`
	Stack       string   `json:"stack,omitempty"`
	Order       []string `json:"order,omitempty"`
	Period      []string `json:"period,omitempty"`
	Predict     []string `json:"predict,omitempty"`

	further bool // the table is filled by a fit of another one
}

func (f *inputFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.Index, "index", nil,
		"index columns, separated by commas (default: all but the value column)")
	flags.StringVar(&f.Value, "value", "",
		"value column (default: the last one); several, such as tmax,tmin or 'T*', are the labels of a last mode")
	flags.BoolVar(&f.Wide, "wide", false, "the table has one value column for every label of its last mode")
	flags.StringSliceVar(&f.Missing, "missing", nil, "further spellings of a gap, such as -999")
	flags.BoolVar(&f.Zeros, "zeros-are-gaps", false, "take a value of zero for a gap")
	flags.BoolVar(&f.Flags, "flags", false, "drop flags, units and currencies that stand beside numbers: 5.5 b, 12.3*, $7")
	flags.BoolVar(&f.FillDown, "fill-down", false, "take an empty label of a text for the one above it, as in pivot tables")
	flags.BoolVar(&f.FullGrid, "full-grid", false, "fill also the combinations of labels that the file does not list")
	flags.StringVar(&f.Duplicates, "duplicates", "",
		"cells listed with different values: mean, first or last (default: refuse them)")
	flags.BoolVar(&f.MergeLabels, "merge-labels", false,
		"make one label of those that differ by zeros, case or spaces only: 01 and 1")
	flags.BoolVar(&f.NoHeader, "no-header", false, "the first line of a text is a row; columns are called 1, 2, 3, …")
	flags.StringSliceVar(&f.Names, "names", nil, "the names of the columns of a text without a header")
	flags.StringVar(&f.Comment, "comment", "", "lines of a text that begin so are no rows, such as '#'")
	flags.StringVar(&f.Decimal, "decimal", "", "the decimal mark where numbers can be read in two ways: . or ,")
	flags.StringVar(&f.Dates, "dates", "", "how labels such as 01/02/2020 are read: dmy or mdy (default: found out)")
	flags.StringSliceVar(&f.Order, "order", nil, "what puts the labels of a mode in order, as MODE=coordinate, "+
		"MODE=appearance or MODE=none\n(default: numbers, dates and times have coordinates, names have no order)")
	flags.StringVar(&f.Format, "format", "", "the format of the file, such as tns (default: found out)")
	flags.StringVar(&f.Sheet, "sheet", "", "sheet of an Excel workbook (default: the only one with a table)")
	flags.StringVar(&f.Array, "array", "", "array to read from a file that holds several (default: the only one)")
	flags.BoolVar(&f.Yes, "yes", false, "go on where the table looks as if it was misread")
}

// registerCensored adds the flag of commands that know what to do with limits in place of values.
func (f *inputFlags) registerCensored(flags *pflag.FlagSet) {
	flags.BoolVar(&f.Censored, "censored", false,
		"values such as <0.5, >=200 or 0.1..0.5 are limits, as of detection: what is filled lies between them")
}

// registerStack adds the flag of commands that read several files as one table.
func (f *inputFlags) registerStack(flags *pflag.FlagSet) {
	flags.StringVar(&f.Stack, "stack", "", "read several files of one kind as one table: the name of the mode that they make")
}

// arguments checks that there is one file, or with --stack several; what names them in a message.
func (f *inputFlags) arguments(what string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		switch {
		case f.Stack != "" && len(args) > 1:
			if slices.Contains(args, pipe) {
				return usageError{errors.New("--stack reads files, not standard input")}
			}
			return nil
		case f.Stack != "" && len(args) == 1:
			return usageError{fmt.Errorf("--stack %s: give two files at least", f.Stack)}
		case len(args) > 1 && f.Stack == "":
			return usageError{fmt.Errorf("%q is one argument too many: to read several files as one table, give --stack "+
				"and a name for the mode that they make", args[1])}
		}
		return arguments(what)(command, args)
	}
}

func (f *inputFlags) options() (dataio.Options, error) {
	duplicates, err := dataio.ParseDuplicates(f.Duplicates)
	if err != nil {
		return dataio.Options{}, usageError{fmt.Errorf("--duplicates: %w", err)}
	}
	if f.Decimal != "" && f.Decimal != "." && f.Decimal != "," {
		return dataio.Options{}, usageError{fmt.Errorf("--decimal %s: give . or ,", f.Decimal)}
	}
	if f.Dates != "" && f.Dates != "dmy" && f.Dates != "mdy" {
		return dataio.Options{}, usageError{fmt.Errorf("--dates %s: give dmy or mdy", f.Dates)}
	}
	order, periods, predictions, err := f.axes()
	if err != nil {
		return dataio.Options{}, usageError{err}
	}
	missing := f.Missing
	if f.Zeros {
		missing = append([]string{"0"}, missing...)
	}
	return dataio.Options{
		Format: f.Format, Index: f.Index, Value: f.Value, Wide: f.Wide, FullGrid: f.FullGrid,
		NoHeader: f.NoHeader, Names: f.Names, Comment: f.Comment, Decimal: f.Decimal, Flags: f.Flags, FillDown: f.FillDown, Censored: f.Censored,
		MergeLabels: f.MergeLabels, DropSingle: f.Yes, Dates: f.Dates,
		Missing: missing, Duplicates: duplicates, Array: f.Array, Sheet: f.Sheet, Further: f.further,
		Order: order, Periods: periods, Predict: predictions,
	}, nil
}

// pipe is the file name that stands for standard input or standard output.
const pipe = "-"

// readUntil is read, but an interrupt does not wait for the end of standard input.
func (f *inputFlags) readUntil(ctx context.Context, paths ...string) (*dataio.Table, error) {
	if paths[0] != pipe {
		return f.read(paths...)
	}
	type outcome struct {
		table *dataio.Table
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		table, err := f.read(paths...)
		done <- outcome{table, err}
	}()
	select {
	case o := <-done:
		return o.table, o.err
	case <-ctx.Done():
		err := fmt.Errorf("interrupted before the end of %s: nothing was written", dataio.StandardInput)
		return nil, withCode(exitInterrupted, err)
	}
}

// read reads the file as the flags say, and refuses what looks misread unless --yes is given.
func (f *inputFlags) read(paths ...string) (*dataio.Table, error) {
	table, err := f.readAnyhow(paths...)
	if err == nil && !f.Yes {
		err = doubtful(table)
	}
	return table, err
}

// readAnyhow reads the file, or with --stack the files, however odd it looks.
func (f *inputFlags) readAnyhow(paths ...string) (*dataio.Table, error) {
	options, err := f.options()
	if err != nil {
		return nil, err
	}
	var table *dataio.Table
	switch {
	case f.Stack != "":
		table, err = dataio.ReadStack(paths, f.Stack, options)
	case paths[0] == pipe:
		table, err = dataio.ReadFrom(os.Stdin, dataio.StandardInput, options)
	default:
		table, err = dataio.Read(paths[0], options)
	}
	if err != nil {
		return nil, fileError(err)
	}
	return table, refuseAll(table.Unused, "")
}

// refuseAll is an error of one line for everything that is wrong with a file, and a last one; nil where nothing is.
func refuseAll(wrong []dataio.Error, last string) error {
	if len(wrong) == 0 {
		return nil
	}
	lines := make([]string, len(wrong))
	for k := range wrong {
		lines[k] = wrong[k].Error()
	}
	if last != "" {
		lines = append(lines, last)
	}
	return inputError(errors.New(strings.Join(lines, "\n        ")))
}

// doubtful is an error of one line for everything that looks as if the table was misread; nil where nothing does.
func doubtful(table *dataio.Table) error {
	return refuseAll(table.Doubts, "Nothing was done. If all this is as it should be, --yes goes on.")
}

// fileError marks what is wrong with a file as the user's to repair.
func fileError(err error) error {
	if e := new(dataio.Error); errors.As(err, &e) {
		return inputError(err)
	}
	return err
}

// stackName is the folder into which a stack of files is written unless another is named: that of the first file, with
// .filled behind it.
func stackName(path string) string {
	if folder := filepath.Dir(path); folder != "." {
		return folder + ".filled"
	}
	return "filled"
}
