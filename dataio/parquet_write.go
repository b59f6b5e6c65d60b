//go:build !js

package dataio

import (
	"io"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
)

// tableNode is the root of a table with its columns in a given order.
type tableNode struct {
	parquet.Node
	fields []parquet.Field
}

func (t tableNode) Fields() []parquet.Field { return t.fields }

// schema is that of the file with the columns that filling adds, and value columns that can hold any number.
func (s *parquetSource) schema(extra []string) *parquet.Schema {
	root := s.file.Root()
	codec := root.Columns()[s.valueColumns()[0]].Compression()
	added := parquet.Group{}
	add := func(name string, node parquet.Node) {
		if codec != nil {
			node = parquet.Compressed(node, codec)
		}
		added[name] = node
	}
	names := s.addedNames(extra)
	for k, name := range names {
		if k == 0 {
			add(name, parquet.Leaf(parquet.Int32Type))
		} else {
			add(name, parquet.Optional(parquet.Leaf(parquet.DoubleType)))
		}
	}
	for k, f := range root.Fields() {
		if s.becomesDouble(k) {
			add(f.Name(), parquet.Optional(parquet.Leaf(parquet.DoubleType)))
		}
	}
	addedFields := map[string]parquet.Field{}
	for _, f := range added.Fields() {
		addedFields[f.Name()] = f
	}
	var fields []parquet.Field
	for k, f := range root.Fields() {
		if s.becomesDouble(k) {
			f = addedFields[f.Name()]
		}
		fields = append(fields, f)
	}
	for _, name := range names {
		fields = append(fields, addedFields[name])
	}
	return parquet.NewSchema(s.file.Schema().Name(), tableNode{root, fields})
}

// becomesDouble tells that a column is a value column and holds integers, which filled values are not.
func (s *parquetSource) becomesDouble(column int) bool {
	if _, isDecimal := decimalScale(s.types[column]); isDecimal {
		return false
	}
	kind := s.types[column].Kind()
	return (kind == parquet.Int32 || kind == parquet.Int64) && slices.Contains(s.valueColumns(), column)
}

func (s *parquetSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	damaged := func(what any) error { return damagedParquet(s.path, what) }
	return guarded(w, damaged, func(w io.Writer) error { return s.writeRows(w, t, next, unlisted, extra) })
}

func (s *parquetSource) writeRows(
	w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string,
) (err error) {
	out := parquet.NewGenericWriter[any](w, s.schema(extra))
	for _, pair := range s.metadata(extra, t.unlisted/len(s.valueColumns())) {
		out.SetKeyValueMetadata(pair.Key, pair.Value)
	}
	rows := &parquetWriter{
		source: s, out: out, extra: extra, values: make([]float64, len(s.addedNames(extra))),
		there: make([]bool, len(s.addedNames(extra))),
	}
	cells := make([]filledCell, len(s.valueColumns()))
	err = s.eachRow(func(int) error {
		if err := fillRow(s, &s.columns, cells, next); err != nil {
			return err
		}
		for i, k := range s.valueColumns() {
			if cells[i].gap {
				if s.row[k], err = s.filledValue(cells[i].Value, k); err != nil {
					return err
				}
			} else if s.becomesDouble(k) {
				value, _, _ := s.number(k)
				s.row[k] = parquet.DoubleValue(value).Level(0, 1, k)
			}
		}
		return rows.add(s.row, cells)
	})
	if err != nil {
		return err
	}
	err = t.eachNewRow(&s.columns, unlisted, func(cell []int32, cells []filledCell) error {
		row, err := s.newRow(t, cell, cells)
		if err != nil {
			return err
		}
		return rows.add(row, cells)
	})
	if err != nil {
		return err
	}
	if err := rows.flush(); err != nil {
		return err
	}
	return out.Close()
}

// newRow is a row that the file does not list.
func (s *parquetSource) newRow(t *Table, cell []int32, cells []filledCell) (row parquet.Row, err error) {
	row = make(parquet.Row, len(s.names))
	for k, f := range s.file.Root().Fields() {
		switch {
		case s.constants[k] != "":
			row[k] = s.stored[k][0]
		case f.Optional():
			row[k] = parquet.NullValue().Level(0, 0, k)
		default:
			row[k] = parquet.ZeroValue(s.types[k].Kind()).Level(0, 0, k)
		}
	}
	for n, k := range s.index {
		row[k] = s.stored[k][t.appearance(n, cell[n])]
	}
	for i, k := range s.valueColumns() {
		if row[k], err = s.filledValue(cells[i].Value, k); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// filledValue is a number as a value column stores it.
func (s *parquetSource) filledValue(value float64, column int) (v parquet.Value, err error) {
	t := s.types[column]
	scale, isDecimal := decimalScale(t)
	switch kind := t.Kind(); {
	case isDecimal:
		if v, err = decimalValue(value, scale, t); err != nil {
			return v, &Error{
				Path: s.path, Column: s.names[column], Value: strconv.FormatFloat(value, 'g', valueDigits, 64),
				Problem: err.Error(), Remedy: "store the column as double",
			}
		}
	case kind == parquet.Float:
		v = parquet.FloatValue(float32(value))
	case kind == parquet.ByteArray:
		v = parquet.ByteArrayValue(s.numbers.append(nil, value, valueDigits))
	default:
		v = parquet.DoubleValue(value)
	}
	level := 0
	if s.becomesDouble(column) || s.file.Root().Fields()[column].Optional() {
		level = 1
	}
	return v.Level(0, level, column), nil
}

// parquetWriter gathers rows, since writing them one at a time is slow.
type parquetWriter struct {
	source *parquetSource
	out    *parquet.GenericWriter[any]
	extra  []string
	rows   []parquet.Row
	values []float64 // of the added columns
	there  []bool
}

func (p *parquetWriter) add(row parquet.Row, cells []filledCell) error {
	addedNumbers(cells, len(p.extra), p.values, p.there)
	row = row.Clone()
	k := len(p.source.names)
	row = append(row, parquet.Int32Value(int32(p.values[0])).Level(0, 0, k))
	for at, value := range p.values[1:] {
		k++
		if p.there[at+1] {
			row = append(row, parquet.DoubleValue(value).Level(0, 1, k))
		} else {
			row = append(row, parquet.NullValue().Level(0, 0, k))
		}
	}
	p.rows = append(p.rows, row)
	if len(p.rows) < 1024 {
		return nil
	}
	return p.flush()
}

func (p *parquetWriter) flush() error {
	_, err := p.out.WriteRows(p.rows)
	p.rows = p.rows[:0]
	return err
}
