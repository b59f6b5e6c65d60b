package dataio

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"

	"lacuna/internal/atomicfile"
	"lacuna/internal/parallel"
	"lacuna/tensor"
)

// Table is an incomplete tensor with the file that it came from. It is immutable.
type Table struct {
	Path     string
	Format   Format
	Merged   int      // rows that repeated a cell: merged with its first row, or resolved by Options.Duplicates
	Axes     []Axis   // of every mode: what its labels were taken for
	Warnings []string // sentences about what is odd but no error
	Doubts   []Error  // what looks as if the table was misread, with the remedy: ask before filling it
	Unused   []Error  // options that change nothing on this file, each with what to do: refuse them
	Reading  Reading  // how the file was read

	original [][]int32 // original[n][i]: the number of label i of mode n in order of appearance; nil where i itself
	modes    []tensor.Mode
	cells    cells
	survey   survey
	known    map[int]float64 // listed gaps whose cell has a value in another row
	censored *Censored       // cells of listed gaps of which the file says limits; nil: none
	limited  map[int]bool    // these gaps
	grid     bool            // unlisted cells are gaps too
	unlisted int
	isNew    [][]bool         // isNew[n][i]: label i of mode n is not in the file; nil for a mode without such labels
	added    *tensor.Observed // without a grid: the cells of new labels, in canonical order
	numbers  *numbers
	source   source
	data     []byte // of the file, unpacked
	parts    []part // the files of a stack, which has none of the above
}

// Reading is how a file was read.
type Reading struct {
	Separator string    `json:"separator,omitempty"` // between the fields of a text: commas and so on; "" for other formats
	Encoding  string    `json:"encoding,omitempty"`  // of a text
	Value     []string  `json:"value,omitempty"`     // the value columns; nil for an array
	Carried   []string  `json:"carried,omitempty"`   // the columns that are neither index nor value
	Gaps      []GapMark `json:"gap_marks,omitempty"` // what marks the gaps, where the format spells it
	Censored  *Limited  `json:"censored,omitempty"`  // values of which limits are said; nil: none
	Notes     []string  `json:"notes,omitempty"`     // what was found out, in words
}

// source is a file's content, kept to be written again with its gaps filled.
type source interface {
	// write writes the file. next gives the listed gaps' values in the order of their rows; unlisted yields the
	// other gaps' cells and values in canonical order.
	write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error
	// line is the line (or row) of the k-th observed value, 0 when the format has none.
	line(k int) int
}

// filledCells are cells, with what is written into them.
type filledCells = iter.Seq2[[]int32, Filled]

// convertible is a source that is written in another way under some ending.
type convertible interface{ under(ending string) source }

// Filled is what is written into a gap. Extra holds one number for every further column that Write was asked for, NaN
// where nothing is written.
type Filled struct {
	Value, Stderr float64
	Extra         []float64
}

// column is the place among the value columns of a cell that the file does not list.
func (t *Table) column(cell []int32, c *columns) int {
	n := len(cell) - 1
	if n < len(c.index) {
		return 0
	}
	return int(t.appearance(n, cell[n]))
}

// appearance is the number of label i of mode n in order of appearance; new labels follow those of the file.
func (t *Table) appearance(n int, i int32) int32 {
	if t.original == nil || t.original[n] == nil {
		return i
	}
	return t.original[n][i]
}

// Gaps is the number of cells to be filled: those that the file marks, by limits too (Censored), with Options.FullGrid those that it does not
// list, and those of predicted labels.
func (t *Table) Gaps() int {
	if t.parts != nil {
		gaps := 0
		for _, p := range t.parts {
			gaps += p.Gaps()
		}
		return gaps
	}
	return t.listedGaps() + t.unlisted
}

// Complete tells that there is nothing to fill.
func (t *Table) Complete() bool { return t.Gaps() == 0 }

// GapCells yields the coordinates of every gap in the order in which they are written. The slice is reused.
func (t *Table) GapCells() iter.Seq[[]int32] {
	if t.parts != nil {
		return t.stackedGaps()
	}
	return func(yield func([]int32) bool) {
		cell, gaps := make([]int32, len(t.modes)), t.listed()
		for k := range t.listedGaps() {
			for n := range cell {
				cell[n] = gaps[n][k]
			}
			if !yield(cell) {
				return
			}
		}
		t.eachUnlisted(yield)
	}
}

// Fill lists the gaps that the file marks, but those that Censored lists, and the cells that Options.Predict adds, one column a mode; nil with
// Options.FullGrid, where all cells that were not observed are gaps. The slices may be the table's.
func (t *Table) Fill() [][]int32 {
	if t.grid {
		return nil
	}
	gaps := t.withoutLimits()
	if t.added == nil {
		return gaps
	}
	out := make([][]int32, len(gaps))
	for n := range gaps {
		out[n] = slices.Concat(gaps[n], t.added.Index[n])
	}
	return out
}

// CheckOutput tells, before long work, whether Write could write to path: a place that takes files, not the input
// itself, and no name that promises another format. The error is an *Error.
func (t *Table) CheckOutput(path string) error {
	if t.parts != nil {
		return t.checkFolder(path)
	}
	if err := atomicfile.Check(path); err != nil {
		return &outputError{Error{Path: path, Problem: err.Error()}}
	}
	in, errIn := os.Stat(t.Path)
	out, errOut := os.Stat(path)
	if errIn == nil && errOut == nil && os.SameFile(in, out) {
		return &Error{Path: path, Problem: "is the input itself", Remedy: "give the output another name"}
	}
	k, ending := kinds[t.Format], endingOf(path)
	converted := t.converted(ending) != nil
	problem := ""
	switch {
	case known(ending) && ending != k.ending && ending != k.also && !converted:
		problem = fmt.Sprintf("the output has the format of the input (%s)", t.Format)
	case slices.Contains(unwritten, ending) && ending != endingOf(t.Path):
		problem = fmt.Sprintf("a %s file is not written", ending)
	}
	if problem != "" {
		return &Error{
			Path: path, Problem: problem,
			Remedy: "give it a name that ends in " + strings.Join(t.endings(), ", "),
		}
	}
	if s, ok := t.source.(*csvSource); ok && (ending == ".tsv" || ending == ".tab") && !converted && s.between.char != '\t' {
		return &Error{
			Path: path, Problem: fmt.Sprintf("its name promises tabs, and as in the input %s separate the fields", s.between.name()),
			Remedy: "give it a name that ends in .csv or .txt",
		}
	}
	if converted {
		if err := t.checkNames(path); err != nil {
			return err
		}
	}
	if text := k.text && !converted || ending == kinds[LongCSV].ending; isGzip(path) && !text {
		return &Error{
			Path: path, Problem: fmt.Sprintf("a %s file is not compressed with gzip", cmp.Or(ending, k.ending)),
			Remedy: "leave .gz out of its name",
		}
	}
	return nil
}

// endings say what outputs end in: that of the input first, then what any table is written as.
func (t *Table) endings() []string {
	own := kinds[t.Format].ending
	out := []string{own + " (as the input)"}
	for _, other := range []struct{ ending, holds string }{
		{".csv", "a row a cell"}, {".parquet", "a row a cell"}, {".npz", "arrays"},
	} {
		if other.ending != own {
			out = append(out, other.ending+" ("+other.holds+")")
		}
	}
	last := len(out) - 1
	out[last] = "or " + out[last]
	return out
}

// HasPlaces tells that what Write writes to path holds standard errors and further columns beside the values: a .tns file
// does not, nor does .npy.
func (t *Table) HasPlaces(path string) bool {
	k, ending := kinds[t.Format], endingOf(path)
	return !k.bare || t.parts == nil && (t.converted(ending) != nil || k.also != "" && ending == k.also)
}

// outputError is an Error whose problem names the path already.
type outputError struct{ inner Error }

func (e *outputError) Error() string { return e.inner.Problem }
func (e *outputError) Unwrap() error { return &e.inner }

// Write writes the table with its gaps filled to path: the format, rows, order and labels of the input, every observed
// value as it was spelt. Text is compressed when path ends in .gz. fill gives the value of a gap; it may be called from
// several goroutines, and must not keep the cell. extra names further columns, numbers of Filled.Extra.
//
// CSV and Parquet gain the columns lacuna_filled (1 where a gap was filled, else 0), lacuna_stderr and extra (empty
// where nothing was filled); a wide CSV gains lacuna_filled, the number of filled cells of the row, and, for every
// value column X, X_lacuna_stderr and so on. MAT and .npz files gain arrays of these names; .npy does when path ends
// in .npz. .tns has no place for them.
//
// The file appears complete or not at all.
func (t *Table) Write(path string, fill func(cell []int32) Filled, extra ...string) error {
	return t.WriteAll(path, oneByOne(fill), extra...)
}

// FillCells sets what is written into many gaps, whose coordinates in mode n are index[n]. It must not keep index.
type FillCells func(index [][]int32, out []Filled)

// oneByOne fills cells on all processors.
func oneByOne(fill func(cell []int32) Filled) FillCells {
	return func(index [][]int32, out []Filled) {
		const piece = 64
		parallel.For(runtime.GOMAXPROCS(0), (len(out)+piece-1)/piece, func(p int) {
			cell := make([]int32, len(index))
			for k := p * piece; k < min(len(out), (p+1)*piece); k++ {
				for n, column := range index {
					cell[n] = column[k]
				}
				out[k] = fill(cell)
			}
		})
	}
}

// WriteAll is Write for a model that predicts many cells at once faster than one by one.
func (t *Table) WriteAll(path string, fill FillCells, extra ...string) error {
	if err := t.CheckOutput(path); err != nil {
		return err
	}
	if t.parts != nil {
		return t.writeStack(path, fill, extra)
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		return compressed(w, path, func(w io.Writer) error { return t.writeTo(w, path, fill, extra) })
	})
}

// WriteTo writes what Write would write to a file, uncompressed, to a stream. What was written before an error stays.
func (t *Table) WriteTo(w io.Writer, fill func(cell []int32) Filled, extra ...string) error {
	return t.WriteAllTo(w, oneByOne(fill), extra...)
}

// WriteAllTo is WriteTo with what WriteAll takes.
func (t *Table) WriteAllTo(w io.Writer, fill FillCells, extra ...string) error {
	if t.parts != nil {
		return errNoStream
	}
	return t.writeTo(w, "", fill, extra)
}

// WriteOriginal writes the table as it came, uncompressed.
func (t *Table) WriteOriginal(w io.Writer) error {
	if t.parts != nil {
		return errNoStream
	}
	_, err := w.Write(t.data)
	return err
}

func (t *Table) writeTo(w io.Writer, path string, fill FillCells, extra []string) error {
	src := t.source
	if c, ok := src.(convertible); ok {
		src = c.under(endingOf(path))
	}
	if c := t.converted(endingOf(path)); c != nil {
		src = c
	}
	f := &filler{table: t, fill: fill}
	return src.write(w, t, f.next, f.unlisted, extra)
}

// filler asks for many gaps at a time.
type filler struct {
	table *Table
	fill  FillCells
	start int // of batch, among the listed gaps
	at    int // position in batch
	batch []Filled
}

const batchSize = 1 << 14

func (f *filler) next() Filled {
	if f.at == len(f.batch) {
		f.start += len(f.batch)
		f.at = 0
		t := f.table
		gaps := t.listed()
		count := min(batchSize, t.listedGaps()-f.start)
		index := make([][]int32, len(gaps))
		for n, column := range gaps {
			index[n] = column[f.start : f.start+count]
		}
		f.batch = f.evaluate(f.batch, index)
	}
	filled := f.batch[f.at]
	if value, ok := f.table.known[f.start+f.at]; ok {
		filled = Filled{Value: value, Extra: filled.Extra}
		for k := range filled.Extra {
			if !math.IsNaN(filled.Extra[k]) {
				filled.Extra[k] = value
			}
		}
	}
	f.at++
	return filled
}

func (f *filler) evaluate(out []Filled, index [][]int32) []Filled {
	count := len(index[0])
	out = slices.Grow(out[:0], count)[:count]
	f.fill(index, out)
	return out
}

func (f *filler) unlisted(yield func([]int32, Filled) bool) {
	index := make([][]int32, len(f.table.modes))
	cell := make([]int32, len(index))
	var batch []Filled
	flush := func() bool {
		batch = f.evaluate(batch, index)
		for k, filled := range batch {
			for n, column := range index {
				cell[n] = column[k]
			}
			if !yield(cell, filled) {
				return false
			}
		}
		for n := range index {
			index[n] = index[n][:0]
		}
		return true
	}
	stopped := false
	f.table.eachUnlisted(func(cell []int32) bool {
		for n, i := range cell {
			index[n] = append(index[n], i)
		}
		if len(index[0]) == batchSize {
			stopped = !flush()
		}
		return !stopped
	})
	if !stopped {
		flush()
	}
}

var errUnusable = errors.New("dataio: a gap was to be filled with")

// checkFilled refuses to write a value that a reader could not use.
func checkFilled(f Filled) error {
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		return fmt.Errorf("%w %v", errUnusable, f.Value)
	}
	return nil
}
