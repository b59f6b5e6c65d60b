package dataio

import "fmt"

// Options of Read. The zero value reads a long CSV whose last column is the value and all others indices, and any
// file of another format.
type Options struct {
	// Index names the index columns, in the order of the modes. Default: all columns but the value column. A column
	// that is neither index nor value is carried through untouched.
	Index []string
	// Value names the value column. Default: the last column that Index does not name.
	Value string

	// Wide says that a CSV holds one value column for every label of the last mode. Index then defaults to the first
	// column, Columns to all others.
	Wide     bool
	Columns  []string // the value columns of a wide CSV
	WideName string   // the name of the last mode of a wide CSV; default "column"

	// FullGrid makes gaps of all combinations of index labels that the file does not list. A .tns file that marks no
	// gap (no value nan) is read so in any case: in that format, what is absent is a gap.
	FullGrid bool

	// Missing lists further spellings of a gap, compared as text and as a number; "0" makes gaps of zeros. Empty,
	// NA, NaN, null and -, in any case, are always gaps.
	Missing []string

	Duplicates Duplicates // what to do with a cell that is listed with different values

	// Order says what puts the labels of a mode, by its name, in order. Default: the coordinates of the labels, where
	// all of them have one (numbers, dates, times, months and their like), else the rows in which they first appear.
	// The order decides which labels are neighbours; what is written keeps the rows of the file.
	Order map[string]Order
	// Periods are those of modes, by name, in units of the mode's coordinates. Default: those of the calendar.
	Periods map[string][]float64
	// Dates says how dates such as 01/02/2020 are read: dmy or mdy. Default: as the other labels of the mode tell.
	Dates string
	// Predict adds labels that the file does not name.
	Predict []Prediction

	// Array names the array of a .npz or MAT file. Default: the only one there is.
	Array string

	// Memory is how many bytes reading may take. Default: what the machine has available.
	Memory float64
}

// Duplicates says what becomes of a cell that is listed with different values. Equal ones are merged in any case.
type Duplicates int

// The policies. The zero value refuses the file.
const (
	RefuseDuplicates Duplicates = iota
	MeanOfDuplicates
	FirstOfDuplicates
	LastOfDuplicates
)

// ParseDuplicates reads a policy: refuse (or ""), mean, first, last.
func ParseDuplicates(name string) (Duplicates, error) {
	switch name {
	case "", "refuse":
		return RefuseDuplicates, nil
	case "mean":
		return MeanOfDuplicates, nil
	case "first":
		return FirstOfDuplicates, nil
	case "last":
		return LastOfDuplicates, nil
	}
	return 0, fmt.Errorf("%q is no way to treat duplicates: choose mean, first, last or refuse", name)
}
