package dataio

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"
)

// pandasParquet is a table as pandas writes it, with its index behind the columns.
func pandasParquet(t testing.TB) []byte {
	type row struct {
		Station string `parquet:"station,dict"`
		Price   *int64 `parquet:"price,optional,decimal(2:12)"`
		Month   int64  `parquet:"month,timestamp(microsecond)"`
		Level   int64  `parquet:"__index_level_1__"`
	}
	var rows []row
	for k := range 6 {
		price := int64(150 + k)
		r := row{[]string{"Graz", "Wien"}[k%2], &price, int64(k/2) * 86400e6, int64(7 * k)}
		if k == 3 {
			r.Price = nil
		}
		rows = append(rows, r)
	}
	category := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "station", Type: category},
		{Name: "price", Type: &arrow.Decimal128Type{Precision: 12, Scale: 2}, Nullable: true},
		{Name: "month", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "Europe/Vienna"}},
		{Name: "__index_level_1__", Type: arrow.PrimitiveTypes.Int64},
	}, nil)
	payload := ipc.GetSchemaPayload(schema, memory.DefaultAllocator)
	var text, out bytes.Buffer
	if _, err := payload.WritePayload(&text); err != nil {
		t.Fatal(err)
	}
	err := parquet.Write(&out, rows, parquet.KeyValueMetadata(pandasKey, pandasSample),
		parquet.KeyValueMetadata(arrowKey, base64.StdEncoding.EncodeToString(text.Bytes())))
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPandasParquet(t *testing.T) {
	table := mustRead(t, save(t, "t.parquet", string(pandasParquet(t))), Options{})
	if got := fmt.Sprint(spelt(table.Observed().Modes[:1]), table.Observed().Modes[1].Name, table.Reading.Value,
		table.Reading.Carried, table.Observed().Values, table.Gaps()); got !=
		"[{station [Graz Wien]}]month[price] [__index_level_1__] [1.5 1.52 1.54 1.51 1.55] 1" {
		t.Errorf("read %s", got)
	}
	var out bytes.Buffer
	if err := table.WriteTo(&out, func([]int32) Filled { return Filled{Value: 1.5349, Stderr: 0.5} }); err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"optional int64 price (DECIMAL(12,2))", "int64 month (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS))",
		"optional double lacuna_stderr",
	} {
		if !strings.Contains(file.Schema().String(), want) {
			t.Errorf("%s is not in the schema %s", want, file.Schema())
		}
	}
	type outRow struct {
		Price *int64 `parquet:"price,optional"`
	}
	rows, err := parquet.Read[outRow](bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil || *rows[3].Price != 153 || *rows[4].Price != 154 {
		t.Errorf("prices %v (%v)", rows, err)
	}
	text, _ := file.Lookup(pandasKey)
	var description struct {
		Columns []pandasColumn `json:"columns"`
		Index   []string       `json:"index_columns"`
	}
	if err := json.Unmarshal([]byte(text), &description); err != nil || len(description.Columns) != 4 ||
		description.Columns[0].Pandas != "categorical" || description.Columns[3].Name != "lacuna_stderr" ||
		fmt.Sprint(description.Index) != "[month __index_level_1__]" {
		t.Errorf("pandas' description is %s (%v)", text, err)
	}
	encoded, _ := file.Lookup(arrowKey)
	data, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ipc.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if s := reader.Schema(); s.NumFields() != 6 || s.Field(0).Type.ID() != arrow.DICTIONARY ||
		s.Field(2).Type.(*arrow.TimestampType).TimeZone != "Europe/Vienna" || s.Field(5).Name != "lacuna_stderr" {
		t.Errorf("Arrow's schema is %v", s)
	}
}

func TestPandasRangeIndex(t *testing.T) {
	p := parsePandas(`{"index_columns": [{"kind": "range", "start": 0, "stop": 6, "step": 2}], "columns": []}`)
	got := p.with([]string{"lacuna_filled"}, nil, 2)
	if !strings.Contains(got, `"stop":10`) || !strings.Contains(got, `"int32"`) || len(p.index) != 0 {
		t.Errorf("described as %s", got)
	}
	if got := (pandas{}).with(nil, nil, 0); got != "" {
		t.Errorf("none is described as %q", got)
	}
}

func TestDecimals(t *testing.T) {
	node := parquet.Decimal(2, 5, parquet.FixedLenByteArrayType(3))
	for _, test := range []struct {
		value float64
		want  string
	}{{1.005, "1.00"}, {-12.345, "-12.35"}, {0.04, "0.04"}, {-0.01, "-0.01"}, {999.99, "999.99"}, {1000, ""}} {
		v, err := decimalValue(test.value, 2, node.Type())
		if test.want == "" {
			if err == nil {
				t.Errorf("%v fits", test.value)
			}
			continue
		}
		if got := string(appendDecimal(nil, v, 2)); err != nil || got != test.want && test.value != -12.345 {
			t.Errorf("%v becomes %s (%v), want %s", test.value, got, err, test.want)
		}
	}
}
