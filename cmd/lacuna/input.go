package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"lacuna/dataio"
)

// inputFlags say which part of a file is the tensor. They are saved with every run.
type inputFlags struct {
	Index      []string `json:"index,omitempty"`
	Value      string   `json:"value,omitempty"`
	Wide       bool     `json:"wide,omitempty"`
	FullGrid   bool     `json:"full_grid,omitempty"`
	Zeros      bool     `json:"zeros_are_gaps,omitempty"`
	Missing    []string `json:"missing,omitempty"`
	Duplicates string   `json:"duplicates,omitempty"`
	Array      string   `json:"array,omitempty"`
}

func (f *inputFlags) register(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.Index, "index", nil, "index columns, separated by commas (default: all but the value column)")
	flags.StringVar(&f.Value, "value", "", "value column (default: the last one)")
	flags.BoolVar(&f.Wide, "wide", false, "the CSV has one value column for every label of its last mode")
	flags.BoolVar(&f.FullGrid, "full-grid", false, "fill also the combinations of labels that the file does not list")
	flags.StringVar(&f.Duplicates, "duplicates", "",
		"cells listed with different values: mean, first or last (default: refuse them)")
	flags.BoolVar(&f.Zeros, "zeros-are-gaps", false, "take a value of zero for a gap")
	flags.StringSliceVar(&f.Missing, "missing", nil, "further spellings of a gap, such as -999")
	flags.StringVar(&f.Array, "array", "", "array to read from a .npz or .mat file (default: the only one)")
}

func (f *inputFlags) options() (dataio.Options, error) {
	duplicates, err := dataio.ParseDuplicates(f.Duplicates)
	if err != nil {
		return dataio.Options{}, usageError{fmt.Errorf("--duplicates: %w", err)}
	}
	missing := f.Missing
	if f.Zeros {
		missing = append([]string{"0"}, missing...)
	}
	return dataio.Options{
		Index: f.Index, Value: f.Value, Wide: f.Wide, FullGrid: f.FullGrid,
		Missing: missing, Duplicates: duplicates, Array: f.Array,
	}, nil
}

// pipe is the file name that stands for standard input or standard output.
const pipe = "-"

// read reads the file as the flags say.
func (f *inputFlags) read(path string) (*dataio.Table, error) {
	options, err := f.options()
	if err != nil {
		return nil, err
	}
	var table *dataio.Table
	if path == pipe {
		table, err = dataio.ReadFrom(os.Stdin, dataio.StandardInput, options)
	} else {
		table, err = dataio.Read(path, options)
	}
	return table, fileError(err)
}

// fileError marks what is wrong with a file as the user's to repair.
func fileError(err error) error {
	if e := new(dataio.Error); errors.As(err, &e) {
		return inputError(err)
	}
	return err
}
