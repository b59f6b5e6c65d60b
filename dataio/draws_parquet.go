//go:build !js

package dataio

import (
	"io"

	"github.com/parquet-go/parquet-go"
)

func (t *Table) writeDrawsParquet(w io.Writer, draws int, fill DrawCells) error {
	d, err := t.drawn(draws, fill)
	if err != nil {
		return err
	}
	order := len(t.modes)
	columns := parquet.Group{}
	var names []string
	add := func(name string, node parquet.Node) {
		names = append(names, name)
		columns[name] = parquet.Compressed(node, &parquet.Snappy)
	}
	for _, mode := range t.modes {
		add(mode.Name, parquet.String())
	}
	add(t.valueName(), parquet.Leaf(parquet.DoubleType))
	add("lacuna_filled", parquet.Leaf(parquet.Int32Type))
	add(DrawColumn, parquet.Leaf(parquet.Int32Type))
	byName := map[string]parquet.Field{}
	for _, f := range columns.Fields() {
		byName[f.Name()] = f
	}
	fields := make([]parquet.Field, len(names))
	for k, name := range names {
		fields[k] = byName[name]
	}
	out := parquet.NewGenericWriter[any](w, parquet.NewSchema("draws", tableNode{columns, fields}))
	var rows []parquet.Row
	flush := func() error {
		_, err := out.WriteRows(rows)
		rows = rows[:0]
		return err
	}
	for draw := range draws {
		for k := range d.gap {
			row := make(parquet.Row, 0, order+3)
			for n, mode := range t.modes {
				row = append(row, parquet.ByteArrayValue([]byte(mode.Labels[d.cells.Index[n][k]])).Level(0, 0, n))
			}
			value, filled := d.at(draw, k)
			rows = append(rows, append(row, parquet.DoubleValue(value).Level(0, 0, order),
				parquet.Int32Value(int32(filled)).Level(0, 0, order+1),
				parquet.Int32Value(int32(draw+1)).Level(0, 0, order+2)))
			if len(rows) == 1024 {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return out.Close()
}
