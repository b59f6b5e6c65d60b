package dataio

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"lacuna/internal/memory"
)

// parquetSource is a long table in Parquet: flat columns, some of them indices, one of them the value.
type parquetSource struct {
	path string
	file *parquet.File
	columns
	types   []parquet.Type
	labels  [][]parquet.Value // of every mode, as they are stored
	numbers *numbers
}

// Parquet is a table by columns.
const Parquet Format = "Parquet"

func init() {
	register(kind{format: Parquet, ending: ".parquet", read: readParquet, detect: magic("PAR1")})
}

// readParquet reads a table. The decoder is not ours and meets files that are damaged on purpose: its panics are
// reports of damage.
func readParquet(path string, data []byte, o Options) (table *Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, damagedParquet(path, p)
		}
	}()
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, damagedParquet(path, err)
	}
	s := &parquetSource{path: path, file: file, numbers: newNumbers(o.Missing, false)}
	var names []string
	for _, field := range file.Root().Fields() {
		if !field.Leaf() || field.Repeated() {
			return nil, &Error{
				Path: path, Column: field.Name(), Problem: "holds lists or groups", Remedy: "give a flat table: one row a cell",
			}
		}
		names = append(names, field.Name())
		s.types = append(s.types, field.Type())
	}
	o.Wide = false
	if s.columns, err = roles(path, 0, names, o); err != nil {
		return nil, err
	}
	if err := s.checkSize(o); err != nil {
		return nil, err
	}
	modes := make([]string, len(s.index))
	for n, k := range s.index {
		modes[n] = names[k]
	}
	s.labels = make([][]parquet.Value, len(modes))
	// The count of rows is the file's own word: it does not decide how much is allocated.
	b := newBuilder(path, o, modes, min(int(file.NumRows()), 64*len(data)))
	cell := make([]int32, len(modes))
	var text []byte
	err = s.eachRow(func(number int, row parquet.Row) error {
		for n, k := range s.index {
			if row[k].IsNull() {
				return &Error{
					Path: path, Column: names[k], Problem: fmt.Sprintf("row %d: the label is null", number),
					Remedy: "give the row a label, or remove it",
				}
			}
			text = appendLabel(text[:0], row[k], s.types[k])
			cell[n] = b.label(n, text)
			if int(cell[n]) == len(s.labels[n]) {
				s.labels[n] = append(s.labels[n], row[k].Clone())
			}
		}
		value, gap, problem := s.parse(row[s.value])
		switch {
		case problem != "":
			return &Error{
				Path: path, Column: names[s.value], Value: row[s.value].String(),
				Problem: fmt.Sprintf("in row %d %s", number, problem),
				Remedy:  strings.Replace(numberRemedies[problem], "leave the value empty", "make it null", 1),
			}
		case gap:
			b.gap(cell)
		default:
			b.observe(cell, value)
		}
		return nil
	})
	if err != nil {
		if _, ours := err.(*Error); ours {
			return nil, err
		}
		return nil, damagedParquet(path, err)
	}
	if table, err = b.table(Parquet, s, s.numbers); err != nil {
		return nil, err
	}
	return table, s.checkAdded(path, 0, !table.Complete())
}

func damagedParquet(path string, what any) error {
	return &Error{Path: path, Problem: fmt.Sprintf("the Parquet file cannot be read (%v)", what), Remedy: "write it again"}
}

// checkSize estimates the memory from what the file tells of itself.
func (s *parquetSource) checkSize(o Options) error {
	budget := o.Memory
	if budget == 0 {
		budget = memory.Available()
	}
	size := float64(s.file.NumRows()) * float64(8+4*len(s.index))
	if budget > 0 && size*memoryPerByte > budget {
		return tooBig(s.path, size, budget)
	}
	return nil
}

// eachRow visits the rows, numbered from 1. A row belongs to visit until it returns.
func (s *parquetSource) eachRow(visit func(number int, row parquet.Row) error) error {
	number := 0
	for _, group := range s.file.RowGroups() {
		if err := s.eachRowOf(group, &number, visit); err != nil {
			return err
		}
	}
	return nil
}

func (s *parquetSource) eachRowOf(group parquet.RowGroup, number *int, visit func(int, parquet.Row) error) error {
	rows := group.Rows()
	defer rows.Close()
	batch := make([]parquet.Row, 256)
	for {
		n, err := rows.ReadRows(batch)
		for _, row := range batch[:n] {
			*number++
			if len(row) != len(s.names) {
				return fmt.Errorf("row %d has %d values", *number, len(row))
			}
			if err := visit(*number, row); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// parse reads a value of the value column, as numbers.parse does.
func (s *parquetSource) parse(v parquet.Value) (value float64, gap bool, problem string) {
	if v.IsNull() {
		return 0, true, ""
	}
	switch v.Kind() {
	case parquet.Int32:
		value = float64(v.Int32())
	case parquet.Int64:
		value = float64(v.Int64())
	case parquet.Float:
		value = float64(v.Float())
	case parquet.Double:
		value = v.Double()
	case parquet.ByteArray:
		return s.numbers.parse(bytes.TrimSpace(v.ByteArray()))
	default:
		return 0, false, notANumber
	}
	if logical := s.types[s.value].LogicalType(); logical != nil {
		if _, isInteger := logical.Value.(*format.IntType); !isInteger {
			return 0, false, notANumber
		}
	}
	switch {
	case s.numbers.isMissing(value):
		return 0, true, ""
	case math.IsInf(value, 0):
		return 0, false, notFinite
	case math.Abs(value) > largest:
		return 0, false, tooLarge
	}
	return value, false, ""
}

func (s *parquetSource) line(int) int { return 0 }

// tableNode is the root of a table with its columns in a given order.
type tableNode struct {
	parquet.Node
	fields []parquet.Field
}

func (t tableNode) Fields() []parquet.Field { return t.fields }

// schema is that of the file with the columns that filling adds, and a value column that can hold any number.
func (s *parquetSource) schema(extra []string) *parquet.Schema {
	root := s.file.Root()
	codec := root.Columns()[s.value].Compression()
	added := parquet.Group{}
	add := func(name string, node parquet.Node) {
		if codec != nil {
			node = parquet.Compressed(node, codec)
		}
		added[name] = node
	}
	add("lacuna_filled", parquet.Leaf(parquet.Int32Type))
	for _, name := range append([]string{"lacuna_stderr"}, extra...) {
		add(name, parquet.Optional(parquet.Leaf(parquet.DoubleType)))
	}
	if s.becomesDouble() {
		add(s.names[s.value], parquet.Optional(parquet.Leaf(parquet.DoubleType)))
	}
	addedFields := map[string]parquet.Field{}
	for _, f := range added.Fields() {
		addedFields[f.Name()] = f
	}
	var fields []parquet.Field
	for k, f := range root.Fields() {
		if k == s.value && s.becomesDouble() {
			f = addedFields[f.Name()]
		}
		fields = append(fields, f)
	}
	for _, name := range append([]string{"lacuna_filled", "lacuna_stderr"}, extra...) {
		fields = append(fields, addedFields[name])
	}
	return parquet.NewSchema(s.file.Schema().Name(), tableNode{root, fields})
}

// becomesDouble tells that the value column holds integers, which filled values are not.
func (s *parquetSource) becomesDouble() bool {
	kind := s.types[s.value].Kind()
	return kind == parquet.Int32 || kind == parquet.Int64
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
	err = s.eachRow(func(_ int, row parquet.Row) error {
		var filled Filled
		value, gap, _ := s.parse(row[s.value])
		if gap {
			filled = next()
			row[s.value] = s.filledValue(filled.Value)
		} else if s.becomesDouble() {
			row[s.value] = parquet.DoubleValue(value).Level(0, 1, s.value)
		}
		return rows.add(row, gap, filled)
	})
	if err != nil {
		return err
	}
	for cell, filled := range unlisted {
		row := make(parquet.Row, len(s.names))
		for k, f := range s.file.Root().Fields() {
			if f.Optional() {
				row[k] = parquet.NullValue().Level(0, 0, k)
			} else {
				row[k] = parquet.ZeroValue(s.types[k].Kind()).Level(0, 0, k)
			}
		}
		for n, k := range s.index {
			row[k] = s.labels[n][cell[n]]
		}
		row[s.value] = s.filledValue(filled.Value)
		if err := rows.add(row, true, filled); err != nil {
			return err
		}
	}
	if err := rows.flush(); err != nil {
		return err
	}
	return out.Close()
}

// filledValue is a number as the value column stores it.
func (s *parquetSource) filledValue(value float64) parquet.Value {
	var v parquet.Value
	switch s.types[s.value].Kind() {
	case parquet.Float:
		v = parquet.FloatValue(float32(value))
	case parquet.ByteArray:
		v = parquet.ByteArrayValue(s.numbers.append(nil, value, valueDigits))
	default:
		v = parquet.DoubleValue(value)
	}
	level := 0
	if s.becomesDouble() || s.file.Root().Fields()[s.value].Optional() {
		level = 1
	}
	return v.Level(0, level, s.value)
}

// parquetWriter gathers rows, since writing them one at a time is slow.
type parquetWriter struct {
	source *parquetSource
	out    *parquet.GenericWriter[any]
	extra  []string
	rows   []parquet.Row
}

func (p *parquetWriter) add(row parquet.Row, gap bool, filled Filled) error {
	if gap {
		if err := checkFilled(filled); err != nil {
			return err
		}
	}
	row = row.Clone()
	k := len(p.source.names)
	flag := int32(0)
	if gap {
		flag = 1
	}
	row = append(row, parquet.Int32Value(flag).Level(0, 0, k))
	for e := range 1 + len(p.extra) {
		k++
		v := parquet.NullValue().Level(0, 0, k)
		switch {
		case gap && e == 0:
			v = parquet.DoubleValue(filled.Stderr).Level(0, 1, k)
		case gap && e <= len(filled.Extra):
			v = parquet.DoubleValue(filled.Extra[e-1]).Level(0, 1, k)
		}
		row = append(row, v)
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
