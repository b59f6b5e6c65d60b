//go:build !js

package dataio

import (
	"bytes"
	"encoding/base64"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// extendedSchema is a schema with further columns, and with columns that have become float64.
func extendedSchema(schema *arrow.Schema, added []string, became map[string]bool, pandas string) *arrow.Schema {
	fields := slices.Clone(schema.Fields())
	for k := range fields {
		if became[fields[k].Name] {
			fields[k].Type, fields[k].Nullable = arrow.PrimitiveTypes.Float64, true
		}
	}
	for k, name := range added {
		field := arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64, Nullable: true}
		if k == 0 {
			field = arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Int32}
		}
		fields = append(fields, field)
	}
	metadata := schema.Metadata()
	keys, values := slices.Clone(metadata.Keys()), slices.Clone(metadata.Values())
	if k := metadata.FindKey(pandasKey); k >= 0 && pandas != "" {
		values[k] = pandas
	}
	metadata = arrow.NewMetadata(keys, values)
	return arrow.NewSchema(fields, &metadata)
}

// extendArrowSchema is extendedSchema for a schema that is stored as text in Parquet; "" for one that is damaged.
func extendArrowSchema(text string, added []string, became map[string]bool, pandas string) (out string) {
	defer func() {
		if recover() != nil {
			out = ""
		}
	}()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || checkArrowMessage(data) != nil {
		return ""
	}
	reader, err := ipc.NewReader(bytes.NewReader(data), ipc.WithMetadataSizeLimit(int64(len(data))))
	if err != nil {
		return ""
	}
	defer reader.Release()
	schema := extendedSchema(reader.Schema(), added, became, pandas)
	payload := ipc.GetSchemaPayload(schema, memory.DefaultAllocator)
	defer payload.Release()
	var stream bytes.Buffer
	if _, err := payload.WritePayload(&stream); err != nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(stream.Bytes())
}

// stays tells that a value column keeps its type, which has filled values too.
func stays(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.FLOAT32, arrow.FLOAT64, arrow.DECIMAL128, arrow.STRING, arrow.LARGE_STRING:
		return true
	}
	return false
}

func (s *arrowSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	damaged := func(what any) error { return damagedArrow(s.path, what) }
	return guarded(w, damaged, func(w io.Writer) error { return s.writeRows(w, t, next, unlisted, extra) })
}

func (s *arrowSource) writeRows(
	w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string,
) (err error) {
	became := map[string]bool{}
	fields := s.schema.Fields()
	for _, k := range s.valueColumns() {
		became[s.names[k]] = !stays(fields[k].Type)
	}
	added := s.addedNames(extra)
	description := s.pandas.with(added, became, t.unlisted/len(s.valueColumns()))
	schema := extendedSchema(s.schema, added, became, description)
	if t.unlisted > 0 { // new rows have nothing but labels and values
		fields := slices.Clone(schema.Fields())
		for k := range s.names {
			fields[k].Nullable = true
		}
		metadata := schema.Metadata()
		schema = arrow.NewSchema(fields, &metadata)
	}
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(schema))
	if err != nil {
		return err
	}
	a := &arrowWriter{source: s, schema: schema, values: make([]float64, len(added)), there: make([]bool, len(added))}
	cells := make([]filledCell, len(s.valueColumns()))
	for b, batch := range s.batches {
		a.begin()
		for row := range int(batch.NumRows()) {
			s.at = arrowPlace{b, row}
			if err := fillRow(s, &s.columns, cells, next); err != nil {
				return err
			}
			if err := a.add(cells, len(extra)); err != nil {
				return err
			}
		}
		if err := out.Write(a.batch(batch.Columns(), int(batch.NumRows()))); err != nil {
			return err
		}
	}
	if err := s.writeNew(out, a, t, unlisted, len(extra)); err != nil {
		return err
	}
	return out.Close()
}

// writeNew writes the rows that the file does not list.
func (s *arrowSource) writeNew(
	out *ipc.FileWriter, a *arrowWriter, t *Table, unlisted filledCells, extra int,
) error {
	places := make([][]arrow.Array, len(s.names))
	rows := 0
	flush := func() error {
		columns := make([]arrow.Array, len(s.names))
		for k := range columns {
			var err error
			if places[k] == nil {
				columns[k] = array.MakeArrayOfNull(memory.DefaultAllocator, s.schema.Field(k).Type, rows)
			} else if columns[k], err = array.Concatenate(places[k], memory.DefaultAllocator); err != nil {
				return err
			}
			places[k] = nil
		}
		err := out.Write(a.batch(columns, rows))
		rows = 0
		return err
	}
	err := t.eachNewRow(&s.columns, unlisted, func(cell []int32, cells []filledCell) error {
		if rows == 0 {
			a.begin()
		}
		take := func(k int, place arrowPlace) {
			column := s.batches[place.batch].Column(k)
			places[k] = append(places[k], array.NewSlice(column, int64(place.row), int64(place.row+1)))
		}
		for n, k := range s.index {
			take(k, s.stored[k][t.appearance(n, cell[n])])
		}
		for k := range s.constants {
			take(k, s.stored[k][0])
		}
		if err := a.add(cells, extra); err != nil {
			return err
		}
		if rows++; rows < 1<<16 {
			return nil
		}
		return flush()
	})
	if err != nil || rows == 0 {
		return err
	}
	return flush()
}

// arrowWriter builds the value columns and the added ones of a batch.
type arrowWriter struct {
	source *arrowSource
	schema *arrow.Schema
	value  []array.Builder // of the value columns
	added  []array.Builder
	values []float64
	there  []bool
}

func (a *arrowWriter) begin() {
	a.value, a.added = nil, nil
	for _, k := range a.source.valueColumns() {
		a.value = append(a.value, array.NewBuilder(memory.DefaultAllocator, a.schema.Field(k).Type))
	}
	for k := len(a.source.names); k < a.schema.NumFields(); k++ {
		a.added = append(a.added, array.NewBuilder(memory.DefaultAllocator, a.schema.Field(k).Type))
	}
}

// add adds a row; where a cell was no gap, that on which the source stands.
func (a *arrowWriter) add(cells []filledCell, extra int) error {
	s := a.source
	for i, k := range s.valueColumns() {
		value := cells[i].Value
		if !cells[i].gap {
			value, _, _ = s.number(k)
		}
		switch b := a.value[i].(type) {
		case *array.Float64Builder:
			b.Append(value)
		case *array.Float32Builder:
			b.Append(float32(value))
		case *array.Decimal128Builder:
			t := b.Type().(*arrow.Decimal128Type)
			if !cells[i].gap {
				b.Append(s.array(k).(*array.Decimal128).Value(s.at.row))
				continue
			}
			number, err := decimal128.FromFloat64(value, t.Precision, t.Scale)
			if err != nil {
				return &Error{
					Path: s.path, Column: s.names[k], Problem: "a filled value does not fit into its decimals",
					Remedy: "store the column as double",
				}
			}
			b.Append(number)
		case array.StringLikeBuilder:
			if cells[i].gap {
				b.Append(string(s.numbers.append(nil, value, valueDigits)))
			} else {
				b.Append(string(s.appendText(nil, k)))
			}
		}
	}
	addedNumbers(cells, extra, a.values, a.there)
	a.added[0].(*array.Int32Builder).Append(int32(a.values[0]))
	for k, b := range a.added[1:] {
		if a.there[k+1] {
			b.(*array.Float64Builder).Append(a.values[k+1])
		} else {
			b.AppendNull()
		}
	}
	return nil
}

// batch is the rows since begin, the other columns as they are.
func (a *arrowWriter) batch(columns []arrow.Array, rows int) arrow.RecordBatch {
	columns = slices.Clone(columns)
	for i, k := range a.source.valueColumns() {
		columns[k] = a.value[i].NewArray()
	}
	for _, b := range a.added {
		columns = append(columns, b.NewArray())
	}
	return array.NewRecordBatch(a.schema, columns, int64(rows))
}
