package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

const pandasSample = `{"index_columns": ["month", "__index_level_1__"], "columns": [{"name": "station", ` +
	`"field_name": "station", "pandas_type": "categorical", "numpy_type": "int8", "metadata": ` +
	`{"num_categories": 2, "ordered": false}}, ` +
	`{"name": "count", "field_name": "count", "pandas_type": "int64", "numpy_type": "int64", "metadata": null}]}`

// arrowSample is a table as pandas writes it: categories, decimals, times, an index with a name and one without.
func arrowSample(t testing.TB, options ...ipc.Option) []byte {
	t.Helper()
	category := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	metadata := arrow.NewMetadata([]string{pandasKey}, []string{pandasSample})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "station", Type: category},
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 6, Scale: 2}, Nullable: true},
		{Name: "count", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "month", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Vienna"}},
		{Name: "__index_level_1__", Type: arrow.PrimitiveTypes.Int64},
	}, &metadata)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for row := range 6 {
		station := b.Field(0).(*array.BinaryDictionaryBuilder)
		if err := station.AppendString([]string{"Graz", "Wien"}[row%2]); err != nil {
			t.Fatal(err)
		}
		if row == 3 {
			b.Field(1).AppendNull()
			b.Field(2).AppendNull()
		} else {
			b.Field(1).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(150 + row)))
			b.Field(2).(*array.Int64Builder).Append(int64(10 * row))
		}
		b.Field(3).(*array.TimestampBuilder).Append(arrow.Timestamp(int64(row/2) * 86400e6))
		b.Field(4).(*array.Int64Builder).Append(int64(7 * row))
	}
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, append(options, ipc.WithSchema(schema))...)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// arrowRows reads a file with the library, and spells its rows.
func arrowRows(t *testing.T, data []byte) (schema *arrow.Schema, rows []string) {
	t.Helper()
	file, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for k := range file.NumRecords() {
		batch, err := file.RecordBatchAt(k)
		if err != nil {
			t.Fatal(err)
		}
		for row := range int(batch.NumRows()) {
			var texts []string
			for _, column := range batch.Columns() {
				texts = append(texts, column.ValueStr(row))
			}
			rows = append(rows, strings.Join(texts, " "))
		}
	}
	return file.Schema(), rows
}

func TestArrow(t *testing.T) {
	for name, options := range map[string][]ipc.Option{"plain": nil, "lz4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
		path := save(t, "t.feather", string(arrowSample(t, options...)))
		table := mustRead(t, path, Options{Value: "price", Index: []string{"month", "station"}})
		if got := fmt.Sprint(table.Format, table.Observed().Values, table.Gaps(), spelt(table.Observed().Modes[1:2])); got !=
			"Arrow[1.5 1.51 1.52 1.54 1.55] 1[{station [Graz Wien]}]" {
			t.Errorf("%s: read %s", name, got)
		}
		out := filepath.Join(t.TempDir(), "out.feather")
		if err := table.Write(out, func([]int32) Filled { return Filled{Value: 1.5349, Stderr: 0.5} }); err != nil {
			t.Fatal(err)
		}
		data, _ := os.ReadFile(out)
		before, wantRows := arrowRows(t, arrowSample(t))
		after, rows := arrowRows(t, data)
		for k, field := range before.Fields() {
			if !field.Equal(after.Field(k)) {
				t.Errorf("%s: field %v has become %v", name, field, after.Field(k))
			}
		}
		for k := range wantRows {
			want := wantRows[k] + " 0 (null)"
			if k == 3 {
				want = strings.Replace(wantRows[k], "(null)", "1.53", 1) + " 1 0.5"
			}
			if rows[k] != want {
				t.Errorf("%s: row %d is %q, want %q", name, k, rows[k], want)
			}
		}
		text, _ := after.Metadata().GetValue(pandasKey)
		if !strings.Contains(text, `"lacuna_stderr"`) || !strings.Contains(text, `"num_categories": 2`) &&
			!strings.Contains(text, `"num_categories":2`) {
			t.Errorf("%s: pandas' description is %s", name, text)
		}
	}
}

// TestArrowFindsTheIndex reads the value behind which pandas' index stands, and makes whole numbers double.
// TestArrowScale refuses a decimal that would be spelt with a billion zeros.
func TestArrowScale(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 6, Scale: -1 << 30}},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Decimal128Builder).Append(decimal128.FromI64(1))
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, ipc.WithSchema(schema))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(b.NewRecordBatch()), w.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = parse("t.arrow", out.Bytes(), Options{})
	if err == nil || !strings.Contains(err.Error(), `column "price" has numbers of -1073741824 decimals`) {
		t.Errorf("the error is %v", err)
	}
}

func TestArrowFindsTheIndex(t *testing.T) {
	path := save(t, "t.arrow", string(arrowSample(t)))
	out := filepath.Join(t.TempDir(), "out.arrow")
	table := mustRead(t, path, Options{Index: []string{"station", "month"}})
	if got := table.Reading.Value[0]; got != "count" {
		t.Errorf("the value is %s, want count", got)
	}
	if err := table.Write(out, func([]int32) Filled { return Filled{Value: 30.5} }); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(out)
	schema, rows := arrowRows(t, data)
	if schema.Field(2).Type.ID() != arrow.FLOAT64 || !strings.Contains(rows[3], " 30.5 ") {
		t.Errorf("field %v, row %q", schema.Field(2), rows[3])
	}
}

// TestArrowNewRows adds the rows of a full grid, with their labels in their own types.
func TestArrowNewRows(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "a", Type: arrow.PrimitiveTypes.Int32},
		{Name: "b", Type: arrow.BinaryTypes.String},
		{Name: "note", Type: arrow.BinaryTypes.String},
		{Name: "v", Type: arrow.PrimitiveTypes.Float32},
	}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for row := range 3 {
		b.Field(0).(*array.Int32Builder).Append(int32(row / 2))
		b.Field(1).(*array.StringBuilder).Append([]string{"x", "y"}[row%2])
		b.Field(2).(*array.StringBuilder).Append("kept")
		b.Field(3).(*array.Float32Builder).Append(float32(row) + 0.5)
	}
	var in bytes.Buffer
	w, err := ipc.NewFileWriter(&in, ipc.WithSchema(schema))
	if err == nil {
		err = w.Write(b.NewRecordBatch())
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	table := mustRead(t, save(t, "t.arrow", in.String()), Options{Index: []string{"a", "b"}, FullGrid: true})
	var out bytes.Buffer
	if err := table.WriteTo(&out, func([]int32) Filled { return Filled{Value: 7, Stderr: math.Inf(1)} }); err != nil {
		t.Fatal(err)
	}
	if _, rows := arrowRows(t, out.Bytes()); rows[3] != "1 y (null) 7 1 +Inf" || rows[0] != "0 x kept 0.5 0 (null)" {
		t.Errorf("rows %q", rows)
	}
}

func FuzzArrow(f *testing.F) {
	f.Add(arrowSample(f))
	f.Add(arrowSample(f, ipc.WithLZ4()))
	fuzzRead(f, "t.arrow", Options{Index: []string{"month", "station"}, Value: "price", Duplicates: MeanOfDuplicates})
}
