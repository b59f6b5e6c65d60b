package dataio

import (
	"io"
	"slices"

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
	kind := s.types[column].Kind()
	return (kind == parquet.Int32 || kind == parquet.Int64) && slices.Contains(s.valueColumns(), column)
}

func (s *parquetSource) write(
	w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string,
) (err error) {
	out := parquet.NewGenericWriter[any](w, s.schema(extra))
	for _, pair := range s.file.Metadata().KeyValueMetadata {
		// These two describe the columns before lacuna's were added.
		if pair.Key != "ARROW:schema" && pair.Key != "pandas" {
			out.SetKeyValueMetadata(pair.Key, pair.Value)
		}
	}
	rows := &parquetWriter{source: s, out: out, extra: extra}
	values := s.valueColumns()
	cells := make([]filledCell, len(values))
	err = s.eachRow(len(s.names), func(_ int, row parquet.Row) error {
		for i, k := range values {
			value, gap, _ := s.parse(row[k], k)
			cells[i] = filledCell{gap: gap}
			if gap {
				cells[i].Filled = next()
				row[k] = s.filledValue(cells[i].Value, k)
			} else if s.becomesDouble(k) {
				row[k] = parquet.DoubleValue(value).Level(0, 1, k)
			}
		}
		return rows.add(row, cells)
	})
	if err != nil {
		return err
	}
	count := 0
	for cell, filled := range unlisted {
		cells[count] = filledCell{filled, true}
		if count++; count < len(values) {
			continue
		}
		count = 0
		if err := rows.add(s.newRow(t, cell, cells), cells); err != nil {
			return err
		}
	}
	if err := rows.flush(); err != nil {
		return err
	}
	return out.Close()
}

// newRow is a row that the file does not list.
func (s *parquetSource) newRow(t *Table, cell []int32, cells []filledCell) parquet.Row {
	row := make(parquet.Row, len(s.names))
	for k, f := range s.file.Root().Fields() {
		switch {
		case s.constants[k] != "":
			row[k] = s.labels[k][0]
		case f.Optional():
			row[k] = parquet.NullValue().Level(0, 0, k)
		default:
			row[k] = parquet.ZeroValue(s.types[k].Kind()).Level(0, 0, k)
		}
	}
	for n, k := range s.index {
		row[k] = s.labels[k][t.appearance(n, cell[n])]
	}
	for i, k := range s.valueColumns() {
		row[k] = s.filledValue(cells[i].Value, k)
	}
	return row
}

// filledCell is a cell of a row, and whether it was a gap.
type filledCell struct {
	Filled
	gap bool
}

// filledValue is a number as a value column stores it.
func (s *parquetSource) filledValue(value float64, column int) parquet.Value {
	var v parquet.Value
	switch s.types[column].Kind() {
	case parquet.Float:
		v = parquet.FloatValue(float32(value))
	case parquet.ByteArray:
		v = parquet.ByteArrayValue(s.numbers.append(nil, value, valueDigits))
	default:
		v = parquet.DoubleValue(value)
	}
	level := 0
	if s.becomesDouble(column) || s.file.Root().Fields()[column].Optional() {
		level = 1
	}
	return v.Level(0, level, column)
}

// parquetWriter gathers rows, since writing them one at a time is slow.
type parquetWriter struct {
	source *parquetSource
	out    *parquet.GenericWriter[any]
	extra  []string
	rows   []parquet.Row
}

func (p *parquetWriter) add(row parquet.Row, cells []filledCell) error {
	row = row.Clone()
	count := int32(0)
	for _, c := range cells {
		if !c.gap {
			continue
		}
		if err := checkFilled(c.Filled); err != nil {
			return err
		}
		count++
	}
	k := len(p.source.names)
	row = append(row, parquet.Int32Value(count).Level(0, 0, k))
	for _, c := range cells {
		for e := range 1 + len(p.extra) {
			k++
			v := parquet.NullValue().Level(0, 0, k)
			switch {
			case c.gap && e == 0:
				v = parquet.DoubleValue(c.Stderr).Level(0, 1, k)
			case c.gap && e <= len(c.Extra):
				v = parquet.DoubleValue(c.Extra[e-1]).Level(0, 1, k)
			}
			row = append(row, v)
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
