package dataio

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"lacuna/internal/atomicfile"
	"lacuna/tensor"
)

// DrawCells sets values[d][k] to draw d of the k-th cell, whose coordinate in mode n is index[n][k]. It must not keep index.
type DrawCells func(index [][]int32, values [][]float64)

// DrawFormats lists the endings of the names that WriteDraws takes.
func DrawFormats() []string { return []string{"csv", "csv.gz", "parquet", "npz"} }

// DrawColumn names the column, and DrawAxis the mode, that tells the tables of WriteDraws apart.
const (
	DrawColumn = "lacuna_draw"
	DrawAxis   = DrawColumn
)

// WriteDraws writes the table several times over with other values in its gaps, one behind the other: the cells in
// canonical order, observed values as they are. The format is that of the name's ending, whatever that of the input.
//
// CSV and Parquet have a row a cell: the labels of the modes, the value, lacuna_filled (1 where a gap was filled, else 0)
// and lacuna_draw, from 1 on. A .npz archive has the array values with the draws as its first axis, NaN where a cell is
// neither observed nor a gap, lacuna_filled, which has no axis of draws, and the texts modes, labels_0, labels_1, …
//
// The file appears complete or not at all. Draws of all gaps are held in memory, 8 bytes each.
func (t *Table) WriteDraws(path string, draws int, fill DrawCells) error {
	write := t.WriteDrawsTo
	switch ending := endingOf(path); ending {
	case ".csv":
	case ".parquet":
		write = t.writeDrawsParquet
	case ".npz":
		write = t.writeDrawsNPZ
	default:
		return &Error{
			Path: path, Problem: "draws are written as CSV, Parquet or .npz", Remedy: "give it a name with one of these endings",
		}
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		return compressed(w, path, func(w io.Writer) error { return write(w, draws, fill) })
	})
}

// drawnCells are the cells that are written for every draw.
type drawnCells struct {
	cells  *tensor.Observed // observed ones and gaps, in canonical order
	gap    []int            // number of the gap that a cell is, −1 for an observed one
	values [][]float64      // [draw][gap]
}

func (t *Table) drawn(draws int, fill DrawCells) (*drawnCells, error) {
	o := t.Observed()
	all := &tensor.Observed{Modes: o.Modes, Index: make([][]int32, o.Order()), Values: slices.Clone(o.Values)}
	for n, column := range o.Index {
		all.Index[n] = slices.Clone(column)
	}
	for cell := range t.GapCells() {
		for n, i := range cell {
			all.Index[n] = append(all.Index[n], i)
		}
		all.Values = append(all.Values, math.NaN())
	}
	first := orderCells(all.Modes, all.Index).firsts() // where a gap has a value in another row, the value comes first
	d := &drawnCells{cells: all.Subset(first), gap: make([]int, len(first)), values: make([][]float64, draws)}
	gaps := make([][]int32, o.Order())
	for k, c := range first {
		if d.gap[k] = -1; c >= o.Len() {
			d.gap[k] = len(gaps[0])
			for n := range gaps {
				gaps[n] = append(gaps[n], all.Index[n][c])
			}
		}
	}
	for k := range d.values {
		d.values[k] = make([]float64, len(gaps[0]))
	}
	fill(gaps, d.values)
	for _, values := range d.values {
		for _, value := range values {
			if err := checkFilled(Filled{Value: value}); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// at is the value of the k-th cell in a draw, and 1 where it was filled.
func (d *drawnCells) at(draw, k int) (value float64, filled int) {
	if gap := d.gap[k]; gap >= 0 {
		return d.values[draw][gap], 1
	}
	return d.cells.Values[k], 0
}

// valueName is what the values are called.
func (t *Table) valueName() string {
	if len(t.Reading.Value) == 1 {
		return t.Reading.Value[0]
	}
	return "value"
}

// WriteDrawsTo writes as CSV what WriteDraws writes, to a stream.
func (t *Table) WriteDrawsTo(w io.Writer, draws int, fill DrawCells) error {
	d, err := t.drawn(draws, fill)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	comma := separator{char: ','}
	var line []byte
	for _, mode := range t.modes {
		line = append(appendField(line, mode.Name, comma), ',')
	}
	out.Write(appendField(line, t.valueName(), comma))
	out.WriteString(",lacuna_filled," + DrawColumn + "\n")
	exact := newNumbers(nil, false)
	for draw := range draws {
		for k := range d.gap {
			line = line[:0]
			for n, mode := range t.modes {
				line = append(appendField(line, mode.Labels[d.cells.Index[n][k]], comma), ',')
			}
			value, filled := d.at(draw, k)
			digits := -1
			if filled == 1 {
				digits = valueDigits
			}
			line = append(exact.append(line, value, digits), ',')
			line = append(strconv.AppendInt(line, int64(filled), 10), ',')
			line = append(strconv.AppendInt(line, int64(draw+1), 10), '\n')
			if _, err := out.Write(line); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func (t *Table) writeDrawsNPZ(w io.Writer, draws int, fill DrawCells) error {
	shape := append([]int{draws}, t.Shape()...)
	cells := t.Shape().Cells()
	const most = 1 << 28
	if cells*float64(draws) > most {
		return &Error{
			Path: t.Path, Problem: fmt.Sprintf("%d draws of all %.3g cells are too many for an array", draws, cells),
			Remedy: "write them to a .parquet file, which lists the known cells and the gaps alone",
		}
	}
	d, err := t.drawn(draws, fill)
	if err != nil {
		return err
	}
	size := int(cells)
	values, flags := make([]float64, draws*size), make([]byte, size)
	for k := range values {
		values[k] = math.NaN()
	}
	for k := range d.gap {
		position := 0
		for n, column := range d.cells.Index {
			position = position*shape[n+1] + int(column[k])
		}
		for draw := range draws {
			var filled int
			values[draw*size+position], filled = d.at(draw, k)
			flags[position] = byte(filled)
		}
	}
	out := zip.NewWriter(w)
	add := func(name string, data []byte) {
		if err == nil {
			err = addMember(out, name+".npy", zip.Deflate, data)
		}
	}
	names := []string{DrawAxis}
	for _, mode := range t.modes {
		names = append(names, mode.Name)
	}
	add("values", npyFloats(shape, false, values))
	add("lacuna_filled", append(npyHeader("|u1", false, shape[1:]), flags...))
	add("modes", npyStrings(names))
	add(labelsPrefix+"0", npyStrings(numbersFromOne(draws)))
	for n, mode := range t.modes {
		add(labelsPrefix+strconv.Itoa(n+1), npyStrings(mode.Labels))
	}
	if err != nil {
		return err
	}
	return out.Close()
}

func numbersFromOne(count int) []string {
	texts := make([]string, count)
	for k := range texts {
		texts[k] = strconv.Itoa(k + 1)
	}
	return texts
}
