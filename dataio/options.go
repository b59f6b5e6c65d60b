package dataio

import "fmt"

// Options of Read. The zero value reads a long CSV whose last column is the value and all others indices, and any
// file of another format.
type Options struct {
	// Format is the format to read, for a file that does not tell: tns, csv, npy and so on, as files of it end. Default:
	// found out by content.
	Format string

	// Index names the index columns, in the order of the modes. Default: all columns but the value column. A column
	// that is neither index nor value is carried through untouched.
	Index []string
	// Value names the value column. Default: the last column that Index does not name. Several names separated by commas,
	// in which * stands for any text and ? for one letter, make these columns the labels of a last mode; Index then
	// defaults to the columns that tell the rows apart.
	Value string

	// Wide says that a table holds one value column for every label of the last mode. Index then defaults to the first
	// column, Columns to all others that hold numbers. A CSV whose header goes on as years, months, dates or wavelengths
	// do is read so without it.
	Wide     bool
	Columns  []string // the value columns, in place of Value
	WideName string   // the name of the last mode; default "column", or with Value "variable"

	// What text with columns looks like. NoHeader says that its first line is a row; its columns are then called 1, 2, 3,
	// …, or as Names says, which implies NoHeader. Comment begins lines that are no rows; default: # or % where the text
	// begins with it. Decimal is the decimal mark of numbers that can be read in two ways, "." or ","; default: found out.
	// Flags drops what is glued to numbers: 5.5 b, 12.3*.
	NoHeader bool
	Names    []string
	Comment  string
	Decimal  string
	Flags    bool
	// Censored reads limits in place of values: <0.5, ≤ 0.5, <=0.5, >200, ≥200, 0.1..0.5, [0.1, 0.5]. They are gaps of which
	// Table.Censored tells the limits. In a .npz archive the arrays above and below hold them.
	Censored bool
	// FillDown takes an empty label for the one above it, as pivot tables leave repeated labels out.
	FillDown bool

	// MergeLabels makes one label of those that differ by zeros, case or spaces only: 01 and 1, Oslo and OSLO.
	MergeLabels bool
	// Dates says how labels such as 01/02/2020 are read: dmy or mdy. Default: found out.
	Dates string

	// DropSingle leaves out an index column that has a single label, in place of an error.
	DropSingle bool
	// Further says that the table is filled by a fit of another one: all its cells may be gaps, and a mode may have a single
	// label. Default: both are refused.
	Further bool

	// FullGrid makes gaps of all combinations of index labels that the file does not list. A .tns file that marks no
	// gap (no value nan) is read so in any case: in that format, what is absent is a gap.
	FullGrid bool

	// Missing lists further spellings of a gap, compared as text and as a number; "0" makes gaps of zeros. The usual ones
	// are always gaps, in any case: nothing, NA, NaN, null, -, #N/A, None, a dot, a colon, a question mark and so on.
	Missing []string

	Duplicates Duplicates // what to do with a cell that is listed with different values

	// Order says what puts the labels of a mode, by its name, in order. Default: the coordinates of the labels, where
	// all of them have one (numbers, dates, times, months and their like), else the rows in which they first appear.
	// The order decides which labels are neighbours; what is written keeps the rows of the file.
	Order map[string]Order
	// Periods are those of modes, by name, in units of the mode's coordinates. Default: those of the calendar.
	Periods map[string][]float64
	// Predict adds labels that the file does not name.
	Predict []Prediction

	// Array names the array of a .npz or MAT file. Default: the only one there is.
	Array string

	// Sheet names the sheet of an Excel workbook. Default: the only one that holds a table.
	Sheet string

	stacked bool // the table is one of several, of which another mode is made

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
