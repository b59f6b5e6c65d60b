//go:build !js

package dataio

import (
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
)

func init() { converters[".parquet"] = writeRowsParquet }

// flatColumn is a column of a file that is written anew.
type flatColumn struct {
	name string
	node parquet.Node
}

// flatWriter writes rows of columns in their order.
type flatWriter struct {
	out  *parquet.GenericWriter[any]
	rows []parquet.Row
}

func newFlatWriter(w io.Writer, name string, columns []flatColumn) *flatWriter {
	group, byName := parquet.Group{}, map[string]parquet.Field{}
	for _, c := range columns {
		group[c.name] = parquet.Compressed(c.node, &parquet.Snappy)
	}
	for _, f := range group.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(columns))
	for k, c := range columns {
		fields[k] = byName[c.name]
	}
	return &flatWriter{out: parquet.NewGenericWriter[any](w, parquet.NewSchema(name, tableNode{group, fields}))}
}

// write writes a row of its own memory.
func (f *flatWriter) write(row parquet.Row) error {
	if f.rows = append(f.rows, row); len(f.rows) < 1024 {
		return nil
	}
	return f.flush()
}

func (f *flatWriter) flush() error {
	_, err := f.out.WriteRows(f.rows)
	f.rows = f.rows[:0]
	return err
}

func (f *flatWriter) close() error {
	if err := f.flush(); err != nil {
		return err
	}
	return f.out.Close()
}

// labelColumns are the columns of the modes, and that of the values.
func (t *Table) labelColumns() (columns []flatColumn) {
	for _, mode := range t.modes {
		columns = append(columns, flatColumn{mode.Name, parquet.String()})
	}
	return append(columns, flatColumn{t.valueName(), parquet.Leaf(parquet.DoubleType)})
}

// labelled is the beginning of a row: the labels of a cell, and its value.
func (t *Table) labelled(coordinate func(n int) int32, value float64) parquet.Row {
	row := make(parquet.Row, 0, len(t.modes)+4)
	for n, mode := range t.modes {
		row = append(row, parquet.ByteArrayValue([]byte(mode.Labels[coordinate(n)])).Level(0, 0, n))
	}
	return append(row, parquet.DoubleValue(value).Level(0, 0, len(t.modes)))
}

// writeRowsParquet writes a row a cell. Where nothing was filled, what filling adds is null.
func writeRowsParquet(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	columns := append(t.labelColumns(), flatColumn{"lacuna_filled", parquet.Leaf(parquet.Int32Type)})
	added := append([]string{"lacuna_stderr"}, extra...)
	for _, name := range added {
		columns = append(columns, flatColumn{name, parquet.Optional(parquet.Leaf(parquet.DoubleType))})
	}
	out := newFlatWriter(w, "table", columns)
	err := t.eachCell(next, unlisted, func(coordinate func(n int) int32, value float64, f *Filled) error {
		row, filled, numbers := t.labelled(coordinate, value), int32(0), []float64(nil)
		if f != nil {
			filled, numbers = 1, append([]float64{f.Stderr}, f.Extra...)
		}
		row = append(row, parquet.Int32Value(filled).Level(0, 0, len(row)))
		for k := range added {
			if k < len(numbers) && !math.IsNaN(numbers[k]) {
				row = append(row, parquet.DoubleValue(numbers[k]).Level(0, 1, len(row)))
			} else {
				row = append(row, parquet.NullValue().Level(0, 0, len(row)))
			}
		}
		return out.write(row)
	})
	if err != nil {
		return err
	}
	return out.close()
}
