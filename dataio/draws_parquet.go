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
	out := newFlatWriter(w, "draws", append(t.labelColumns(), flatColumn{"lacuna_filled", parquet.Leaf(parquet.Int32Type)},
		flatColumn{DrawColumn, parquet.Leaf(parquet.Int32Type)}))
	order := len(t.modes)
	for draw := range draws {
		for k := range d.gap {
			value, filled := d.at(draw, k)
			row := t.labelled(func(n int) int32 { return d.cells.Index[n][k] }, value)
			if err := out.write(append(row, parquet.Int32Value(int32(filled)).Level(0, 0, order+1),
				parquet.Int32Value(int32(draw+1)).Level(0, 0, order+2))); err != nil {
				return err
			}
		}
	}
	return out.close()
}
