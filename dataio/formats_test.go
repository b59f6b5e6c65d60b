package dataio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio"
	"codeberg.org/sbinet/npyio/npz"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"gonum.org/v1/gonum/mat"

	"lacuna/tensor"
)

// sharedData is the folder of development data beside the repository.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not there: the development data is not part of the repository", path)
	}
	return path
}

// written writes the filled table and reads the result again.
func written(t *testing.T, table *Table, name string, o Options, extra ...string) (*Table, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := table.Write(path, byCoordinates, extra...); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return again, data
}

// checkFilledCells compares the cells of a filled table with those of the incomplete one and its filled gaps.
func checkFilledCells(t *testing.T, before, after *Table) {
	t.Helper()
	if !after.Complete() {
		t.Errorf("%d gaps are left", after.Gaps())
	}
	want := map[string]float64{}
	for c, v := range before.Observed().Values {
		want[before.Observed().CellName(c)] = v
	}
	for cell := range before.GapCells() {
		one := &tensor.Observed{Modes: before.Observed().Modes}
		for _, i := range cell {
			one.Index = append(one.Index, []int32{i})
		}
		want[one.CellName(0)] = byCoordinates(cell).Value
	}
	got := map[string]float64{}
	for c, v := range after.Observed().Values {
		got[after.Observed().CellName(c)] = v
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("filled cells differ (-want +got):\n%s", d)
	}
}

func TestTNS(t *testing.T) {
	text := "# a comment\n1 1 1 2.50\n1 2 3\t-1e0\r\n2 1 2 0"
	table := mustRead(t, save(t, "t.tns", text), Options{})
	if got := fmt.Sprint(table.Observed().Shape(), table.Observed().Values, table.Gaps()); got != "[2 2 3] [2.5 -1 0] 9" {
		t.Errorf("read %s", got)
	}
	after, data := written(t, table, "out.tns", Options{})
	checkFilledCells(t, table, after)
	if !bytes.HasPrefix(data, []byte(text+"\n1 1 2 501\n")) {
		t.Errorf("written:\n%s", data)
	}
	// With a gap that is marked, only that is filled.
	table = mustRead(t, save(t, "t.tns", "1 1 1\n1 2 NaN \n2 1 2\n"), Options{})
	if got := filledText(t, table, byCoordinates); got != "1 1 1\n1 2 51 \n2 1 2\n" {
		t.Errorf("written:\n%q", got)
	}
	if table = mustRead(t, save(t, "t.tns", "1 1 1\n1 2 nan\n2 1 2\n"), Options{FullGrid: true}); table.Gaps() != 2 {
		t.Errorf("%d gaps, want 2", table.Gaps())
	}
	// Without the name it has to be asked for.
	noname := save(t, "noname", "1 1 1\n1 2 3\n2 1 2\n")
	if table = mustRead(t, noname, Options{Format: "tns"}); table.Format != TNS {
		t.Errorf("read as %s", table.Format)
	}
	if _, err := Read(noname, Options{}); err == nil || !strings.Contains(err.Error(), "--format tns") {
		t.Errorf("without a format: %v", err)
	}
}

func TestNPYAgainstNpyio(t *testing.T) {
	nan := math.NaN()
	values := []float64{1, nan, 3, 4, 5, nan}
	var file bytes.Buffer
	if err := npyio.Write(&file, mat.NewDense(2, 3, values)); err != nil {
		t.Fatal(err)
	}
	table := mustRead(t, save(t, "t.npy", file.String()), Options{})
	if got := fmt.Sprint(table.Observed().Shape(), table.Observed().Values, table.Gaps(),
		table.Observed().Modes[1].Labels); got != "[2 3] [1 3 4 5] 2 [0 1 2]" {
		t.Errorf("read %s", got)
	}
	after, data := written(t, table, "out.npy", Options{})
	checkFilledCells(t, table, after)
	if len(data) != file.Len() {
		t.Errorf("%d bytes, the input has %d", len(data), file.Len())
	}
	var got mat.Dense
	if err := npyio.Read(bytes.NewReader(data), &got); err != nil {
		t.Fatal(err)
	}
	if want := mat.NewDense(2, 3, []float64{1, 51, 3, 4, 5, 62}); !mat.Equal(&got, want) {
		t.Errorf("npyio reads %v, want %v", got, want)
	}
}

func TestNPYTypesAndOrders(t *testing.T) {
	for _, test := range []struct{ name, descr, elements string }{
		{"half", "<f2", "\x00\x3c\x00\xc0\x00\x7e\x01\x00"},
		{"single, big-endian", ">f4", "\x3f\x80\x00\x00\xc0\x00\x00\x00\x7f\xc0\x00\x00\x40\x40\x00\x00"},
		{"int8", "|i1", "\x01\xfe\x00\x03"},
		{"uint16", "<u2", "\x01\x00\xfe\xff\x00\x00\x03\x00"},
		{"int64, big-endian", ">i8", "\x00\x00\x00\x00\x00\x00\x00\x01\xff\xff\xff\xff\xff\xff\xff\xfe" +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03"},
	} {
		for _, fortran := range []bool{false, true} {
			o := Options{Missing: []string{"0"}}
			path := save(t, "t.npy", string(npyHeader(test.descr, fortran, []int{2, 1, 2}))+test.elements)
			table := mustRead(t, path, o)
			second, last := 1, 1
			if fortran {
				second = 2
			}
			want := map[string]float64{"half": math.Ldexp(1, -24), "uint16": 3}[test.name]
			if want == 0 {
				want = 3
			}
			values := table.Observed().Values
			if table.Gaps() != 1 || len(values) != 3 || values[0] != 1 || values[2] != want {
				t.Fatalf("%s: read %v with %d gaps (%d %d)", test.name, values, table.Gaps(), second, last)
			}
			minus := map[string]float64{"uint16": 65534}[test.name]
			if minus == 0 {
				minus = -2
			}
			if values[1] != minus {
				t.Errorf("%s: read %v, want %v in the middle", test.name, values, minus)
			}
			wantGap := map[bool]string{false: "[1 0]", true: "[0 1]"}[fortran]
			for cell := range table.GapCells() {
				if got := fmt.Sprint(cell); got != wantGap {
					t.Errorf("%s, fortran %v: the gap is at %s", test.name, fortran, got)
				}
			}
			after, _ := written(t, table, "out.npy", o)
			checkFilledCells(t, table, after)
		}
	}
}

func TestNPZ(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.npz")
	err := npz.Write(path, map[string]any{
		"data.npy":  mat.NewDense(2, 3, []float64{1, math.NaN(), 3, 4, 5, math.NaN()}),
		"other.npy": []int64{7, 8},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path, Options{}); err == nil || !strings.Contains(err.Error(), "data, other") {
		t.Errorf("error %v does not list the arrays", err)
	}
	o := Options{Array: "data"}
	table := mustRead(t, path, o)
	after, data := written(t, table, "out.npz", o, "lacuna_low")
	checkFilledCells(t, table, after)
	var other []int64
	if err := npz.Read(bytes.NewReader(data), "other.npy", &other); err != nil || fmt.Sprint(other) != "[7 8]" {
		t.Errorf("the other array is %v (%v)", other, err)
	}
	var stderr mat.Dense
	if err := npz.Read(bytes.NewReader(data), "lacuna_stderr.npy", &stderr); err != nil ||
		fmt.Sprint(stderr.RawMatrix().Data) != "[NaN 0.25 NaN NaN NaN 0.25]" {
		t.Errorf("lacuna_stderr is %v (%v)", stderr, err)
	}
	// A .npy may be written as .npz, for the sake of the error bars.
	var file bytes.Buffer
	if err := npyio.Write(&file, mat.NewDense(2, 2, []float64{1, math.NaN(), 3, 4})); err != nil {
		t.Fatal(err)
	}
	single := mustRead(t, save(t, "t.npy", file.String()), Options{})
	after, _ = written(t, single, "out.npz", Options{Array: "arr_0"})
	checkFilledCells(t, single, after)
}

func TestWriteFactors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.npz")
	modes := []tensor.Mode{{Name: "month", Labels: []string{"1960-01", "2"}}, {Name: "Ort", Labels: []string{"Zürich"}}}
	cp := &tensor.CP{Shape: tensor.Shape{2, 1}, Blocks: 3, Factors: [][]float64{{1, 2, 3, 4, 5, 6}, {7, 8, 9}}}
	scaling := tensor.Scaling{Mode: -1, Mean: []float64{10}, Scale: []float64{2}}
	err := WriteFactors(path, modes, cp, []float64{3, 2, 1}, scaling)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var factor mat.Dense
	if err := npz.Read(bytes.NewReader(data), "factor_0.npy", &factor); err != nil ||
		!mat.Equal(&factor, mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})) {
		t.Errorf("factor_0 is %v (%v)", factor, err)
	}
	var labels []string
	if err := npz.Read(bytes.NewReader(data), "labels_0.npy", &labels); err != nil || fmt.Sprint(labels) != "[1960-01 2]" {
		t.Errorf("labels_0 is %q (%v)", labels, err)
	}
}

type parquetRow struct {
	Month   string   `parquet:"month,dict,snappy"`
	Station int64    `parquet:"station"`
	Note    *string  `parquet:"note,optional"`
	Value   *float64 `parquet:"value,optional,snappy"`
}

func TestParquet(t *testing.T) {
	number := func(v float64) *float64 { return &v }
	note := "kept"
	path := filepath.Join(t.TempDir(), "t.parquet")
	rows := []parquetRow{
		{"b", 2, &note, number(1.25)}, {"b", 1, nil, nil}, {"a", 2, nil, number(math.NaN())}, {"c", 1, nil, number(0)},
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	o := Options{Index: []string{"month", "station"}}
	table := mustRead(t, path, o)
	if got := fmt.Sprint(spelt(table.Observed().Modes), table.Observed().Values,
		table.Gaps()); got != "[{month [b a c]} {station [1 2]}][1.25 0] 2" {
		t.Errorf("read %s", got)
	}
	o.FullGrid = true
	table = mustRead(t, path, o)
	out := filepath.Join(t.TempDir(), "out.parquet")
	if err := table.Write(out, byCoordinates, "lacuna_low"); err != nil {
		t.Fatal(err)
	}
	type outRow struct {
		Month   string   `parquet:"month"`
		Station int64    `parquet:"station"`
		Note    *string  `parquet:"note,optional"`
		Value   *float64 `parquet:"value,optional"`
		Filled  int32    `parquet:"lacuna_filled"`
		Stderr  *float64 `parquet:"lacuna_stderr,optional"`
		Low     *float64 `parquet:"lacuna_low,optional"`
	}
	got, err := parquet.ReadFile[outRow](out)
	if err != nil {
		t.Fatal(err)
	}
	stderr := number(0.25)
	want := []outRow{
		{"b", 2, &note, number(1.25), 0, nil, nil},
		{"b", 1, nil, number(50), 1, stderr, nil},
		{"a", 2, nil, number(61), 1, stderr, nil},
		{"c", 1, nil, number(0), 0, nil, nil},
		{"a", 1, nil, number(60), 1, stderr, nil},
		{"c", 2, nil, number(71), 1, stderr, nil},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	opened, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range opened.Root().Fields() {
		names = append(names, f.Name())
	}
	if got := strings.Join(names, " "); got != "month station note value lacuna_filled lacuna_stderr lacuna_low" {
		t.Errorf("columns %s", got)
	}
}

func TestParquetIntegersBecomeDouble(t *testing.T) {
	type row struct {
		A     int32  `parquet:"a"`
		B     string `parquet:"b"`
		Count *int64 `parquet:"count,optional"`
	}
	seven := int64(7)
	path := filepath.Join(t.TempDir(), "t.parquet")
	if err := parquet.WriteFile(path, []row{{1, "x", &seven}, {1, "y", nil}, {2, "x", &seven}}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out.parquet")
	if err := mustRead(t, path, Options{}).Write(out, func([]int32) Filled { return Filled{Value: 6.5} }); err != nil {
		t.Fatal(err)
	}
	type outRow struct {
		A     int32    `parquet:"a"`
		B     string   `parquet:"b"`
		Count *float64 `parquet:"count,optional"`
	}
	got, err := parquet.ReadFile[outRow](out)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || *got[0].Count != 7 || *got[1].Count != 6.5 || *got[2].Count != 7 {
		t.Errorf("read %+v", got)
	}
}

func TestBirminghamMAT(t *testing.T) {
	path := sharedData(t, "birmingham.mat")
	o := Options{Missing: []string{"0"}}
	table := mustRead(t, path, o)
	reference := mustRead(t, sharedData(t, "birmingham.csv.gz"),
		Options{Index: []string{"i0", "i1", "i2"}, Value: "value"})
	if d := cmp.Diff(reference.Observed().Values, table.Observed().Values); d != "" ||
		fmt.Sprint(table.Observed().Shape()) != "[30 77 18]" {
		t.Errorf("shape %v, values differ from the CSV: %v", table.Observed().Shape(), d != "")
	}
	if got := table.Gaps(); got != 30*77*18-35389 {
		t.Errorf("%d gaps", got)
	}
	if got := len(table.Unobserved()); got != 4 {
		t.Errorf("%d indices without a value, four days have none", got)
	}
	after, _ := written(t, table, "out.mat", Options{
		Array: table.source.(*matSource).elements[table.source.(*matSource).chosen].name, Missing: []string{"0"},
	})
	checkFilledCells(t, table, after)
}

func TestIL2(t *testing.T) {
	array := mustRead(t, sharedData(t, "il2.npy"), Options{})
	table := mustRead(t, sharedData(t, "il2.csv"), Options{
		Index: []string{"i0", "i1", "i2", "i3"}, Value: "value", FullGrid: true,
	})
	if array.Gaps() != table.Gaps() || array.Gaps() != 13*4*12*8-4800 {
		t.Errorf("%d gaps in the array, %d in the table", array.Gaps(), table.Gaps())
	}
	if d := cmp.Diff(array.Observed().Values, table.Observed().Values); d != "" {
		t.Errorf("the array and the table differ:\n%s", d)
	}
}

type binaryOrder = interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

var (
	little binaryOrder = binary.LittleEndian
	bigEnd binaryOrder = binary.BigEndian
)

// matHeader is the start of a MAT v5 file.
func matHeader(order binaryOrder) []byte {
	header := append([]byte("MATLAB 5.0 MAT-file, a test"), bytes.Repeat([]byte(" "), 97)...)
	return order.AppendUint16(order.AppendUint16(header, 0x0100), 'M'<<8|'I')
}

// TestMATByteOrders reads arrays in both byte orders, packed and not, beside another variable.
func TestMATByteOrders(t *testing.T) {
	for _, order := range []binaryOrder{little, bigEnd} {
		for _, compressed := range []bool{false, true} {
			s := &matSource{order: order, layout: newLayout([]int{2, 1, 3}, true)}
			out := bytes.NewBuffer(matHeader(order))
			vector := &matSource{order: order, layout: newLayout([]int{1, 2}, true)}
			err := errors.Join(
				vector.writeArray(out, "vector", mxDouble, miDouble, vector.doubles([]float64{8, 9}), compressed),
				s.writeArray(out, "x", mxDouble, miDouble, s.doubles([]float64{1, 2, math.NaN(), 4, 5, 6}), compressed),
			)
			if err != nil {
				t.Fatal(err)
			}
			table := mustRead(t, save(t, "t.mat", out.String()), Options{})
			if got := fmt.Sprint(table.Observed().Shape(), table.Observed().Values, table.Gaps()); got != "[2 3] [1 5 2 4 6] 1" {
				t.Errorf("read %s", got)
			}
			after, data := written(t, table, "out.mat", Options{})
			checkFilledCells(t, table, after)
			if !bytes.HasPrefix(data, out.Bytes()[:200]) && !compressed {
				t.Error("the other variable was changed")
			}
		}
	}
}

// parquetSample is a small table in Parquet.
func parquetSample(t interface{ Fatal(...any) }) []byte {
	one, two := 1.0, 2.0
	var out bytes.Buffer
	if err := parquet.Write(&out, []parquetRow{{"a", 1, nil, &one}, {"b", 1, nil, nil}, {"b", 2, nil, &two}}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
