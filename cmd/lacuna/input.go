package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

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
	Order      []string `json:"order,omitempty"`
	Period     []string `json:"period,omitempty"`
	Dates      string   `json:"dates,omitempty"`
	Predict    []string `json:"predict,omitempty"`
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
	flags.StringSliceVar(&f.Order, "order", nil, "what puts the labels of a mode in order, as MODE=coordinate, "+
		"MODE=appearance or MODE=none\n(default: numbers, dates and times have coordinates, names have no order)")
	flags.StringVar(&f.Dates, "dates", "",
		"how dates such as 01/02/2020 are read: dmy or mdy (default: as the others tell)")
}

// registerPeriods adds the flags for what fills.
func (f *inputFlags) registerPeriods(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.Period, "period", nil, "after what an ordered mode may repeat, as MODE=12, in its unit "+
		"(default: the calendar's)")
	flags.StringArrayVar(&f.Predict, "predict", nil, "fill also labels that the file does not name, "+
		"as MODE=FROM..TO or MODE=FROM..TO:STEP")
}

func (f *inputFlags) options() (dataio.Options, error) {
	duplicates, err := dataio.ParseDuplicates(f.Duplicates)
	if err != nil {
		return dataio.Options{}, usageError{fmt.Errorf("--duplicates: %w", err)}
	}
	order, err := f.orders()
	if err != nil {
		return dataio.Options{}, usageError{err}
	}
	periods, err := f.periods()
	if err != nil {
		return dataio.Options{}, usageError{err}
	}
	var predictions []dataio.Prediction
	for _, text := range f.Predict {
		p, err := dataio.ParsePrediction(text)
		if err != nil {
			return dataio.Options{}, usageError{fmt.Errorf("--predict %w", err)}
		}
		predictions = append(predictions, p)
	}
	missing := f.Missing
	if f.Zeros {
		missing = append([]string{"0"}, missing...)
	}
	return dataio.Options{
		Index: f.Index, Value: f.Value, Wide: f.Wide, FullGrid: f.FullGrid,
		Missing: missing, Duplicates: duplicates, Array: f.Array,
		Order: order, Periods: periods, Dates: f.Dates, Predict: predictions,
	}, nil
}

// orders reads --order.
func (f *inputFlags) orders() (map[string]dataio.Order, error) {
	orders := map[string]dataio.Order{}
	for _, text := range f.Order {
		mode, name, _ := strings.Cut(text, "=")
		order, err := dataio.ParseOrder(name)
		if err != nil {
			return nil, fmt.Errorf("--order %s: %w, as in --order month=coordinate", text, err)
		}
		if _, twice := orders[mode]; twice {
			return nil, fmt.Errorf("--order %s: mode %s is named twice", text, mode)
		}
		orders[mode] = order
	}
	return orders, nil
}

// periods reads --period.
func (f *inputFlags) periods() (map[string][]float64, error) {
	periods := map[string][]float64{}
	for _, text := range f.Period {
		mode, length, _ := strings.Cut(text, "=")
		period, err := strconv.ParseFloat(length, 64)
		if err != nil || !(period > 0) || math.IsInf(period, 0) {
			return nil, fmt.Errorf("--period %s: give a mode and a number above 0, as in --period month=12", text)
		}
		periods[mode] = append(periods[mode], period)
	}
	return periods, nil
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
