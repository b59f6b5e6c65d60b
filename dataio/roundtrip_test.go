package dataio

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lacuna/tensor"
)

// readPlain reads a CSV with the standard library, which knows nothing of lacuna.
func readPlain(t interface{ Fatal(...any) }, text string, comma rune) [][]string {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF")))
	r.Comma = comma
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err, text)
	}
	return rows
}

// TestRoundTripOfAnyTable draws tables in every dialect. The filled table must be the table with its gaps replaced and
// columns added, by the standard library's account; every row without a gap must be there byte for byte.
func TestRoundTripOfAnyTable(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		comma := rapid.SampledFrom([]string{",", ";", "\t"}).Draw(t, "comma")
		ending := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "ending")
		mark := rapid.SampledFrom([]string{"", "\uFEFF"}).Draw(t, "mark")
		label := func(n, i int) string {
			return rapid.SampledFrom([]string{
				"%c%d", `"%c%d"`, `"%c,;%d"`, `"a ""%c"" %d"`, " %c%d", "%c é%d",
			}).Draw(t, "label") + strings.Repeat("", n+i)
		}
		var labels [2][3]string
		for n := range labels {
			for i := range labels[n] {
				labels[n][i] = fmt.Sprintf(label(n, i), 'p'+n, i)
			}
		}
		gap := rapid.SampledFrom([]string{"", "NA", "nan", `"null"`, "-", ` "" `[1:3]})
		var rows []string
		rows = append(rows, strings.Join([]string{"first", "second", "note", "value", `"after all"`}, comma))
		gaps, observed := 0, 0
		for cell := range 9 {
			value := strconv.FormatFloat(rapid.Float64Range(-1e6, 1e6).Draw(t, "value"),
				rapid.SampledFrom([]byte("efg")).Draw(t, "format"), rapid.IntRange(0, 8).Draw(t, "digits"), 64)
			switch {
			case rapid.Bool().Draw(t, "gap") && cell > 1:
				value = gap.Draw(t, "spelling")
				gaps++
			case rapid.Bool().Draw(t, "quoted"):
				value = `"` + value + `"`
				fallthrough
			default:
				observed++
			}
			note := rapid.SampledFrom([]string{"", "x", `"a` + comma + `b"`, "\"two\nlines\""}).Draw(t, "note")
			rows = append(rows, strings.Join([]string{labels[0][cell/3], labels[1][cell%3], note, value, "0"}, comma))
		}
		order := rapid.Permutation(rows[1:]).Draw(t, "order")
		text := mark + rows[0] + ending + strings.Join(order, ending)
		if rapid.Bool().Draw(t, "final") {
			text += ending
		}
		path, out := filepath.Join(folder, "in.csv"), filepath.Join(folder, "out.csv")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		table, err := Read(path, Options{Index: []string{"first", "second"}, Value: "value"})
		if err != nil {
			t.Fatal(err, text)
		}
		if table.Gaps() != gaps || table.Observed().Len() != observed {
			t.Fatalf("%d gaps and %d observed cells, want %d and %d in\n%s", table.Gaps(), table.Observed().Len(), gaps, observed,
				text)
		}
		if err := table.Write(out, func([]int32) Filled { return Filled{Value: 42, Stderr: 0.5} }); err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		before, after := readPlain(t, text, rune(comma[0])), readPlain(t, string(written), rune(comma[0]))
		for k, row := range before {
			want := append(append([]string(nil), row...), "0", "")
			switch value := strings.ToLower(strings.TrimSpace(row[3])); {
			case k == 0:
				want[5], want[6] = "lacuna_filled", "lacuna_stderr"
			case value == "" || value == "na" || value == "nan" || value == "null" || value == "-":
				want[3], want[5], want[6] = "42", "1", "0.5"
			}
			if d := cmp.Diff(want, after[k]); d != "" {
				t.Fatalf("row %d (-want +got):\n%s", k, d)
			}
		}
		for _, row := range order {
			if isObserved := !bytes.Contains(written, []byte(row+comma+"0"+comma)); isObserved && strings.Count(text, row) == 1 {
				value := readPlain(t, row, rune(comma[0]))[0][3]
				if _, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && !strings.EqualFold(value, "nan") {
					t.Fatalf("row %q is not in the output", row)
				}
			}
		}
	})
}

// TestTextHoldsTheFilledValues reads filled values, bounds and draws back from every text that is written: they are those of
// an .npz file to 1e-12. A leading digit 1 is the hardest.
func TestTextHoldsTheFilledValues(t *testing.T) {
	fill := func(cell []int32) Filled {
		x := (1 + 0.1*math.Sin(float64(1+5*cell[0]+cell[1]))) * math.Pow10(int(cell[0])-2)
		return Filled{Value: x, Stderr: 1, Extra: []float64{-x}}
	}
	for name, text := range map[string]string{
		"long.csv": "a,b,value\nx,p,1\nx,q,\ny,p,\ny,q,2\ny,r,\nz,p,3\nu,q,\n", "comma.csv": "a;b;value\nx;p;1,5\nx;q;\ny;p;\ny;q;2,5\n",
		"wide.csv": "a,p,q,r\nx,1,,\ny,2,,3\nz,,4,\n", "table.tns": "1 1 2.5\n2 2 nan\n2 1 3\n3 2 nan\n",
	} {
		table := mustRead(t, save(t, name, text), Options{Wide: name == "wide.csv", FullGrid: name == "long.csv"})
		out := filledText(t, table, fill, "lacuna_low")
		between := " ,\n"
		if name == "comma.csv" {
			between = ";\n"
		}
		var numbers []float64
		for _, field := range strings.FieldsFunc(out, func(c rune) bool { return strings.ContainsRune(between, c) }) {
			if x, err := strconv.ParseFloat(strings.Replace(field, ",", ".", 1), 64); err == nil {
				numbers = append(numbers, x)
			}
		}
		holds := func(want float64) {
			if !slices.ContainsFunc(numbers, func(x float64) bool { return math.Abs(x-want) <= 1e-12*math.Abs(want) }) {
				t.Errorf("%s: %v is not in\n%s", name, want, out)
			}
		}
		for cell := range table.GapCells() {
			f := fill(cell)
			if holds(f.Value); name != "table.tns" {
				holds(f.Extra[0])
			}
		}
	}
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,1\nx,q,\ny,q,3\n"), Options{})
	x := 1.0123456789012344
	var out strings.Builder
	if err := table.WriteDrawsTo(&out, 1, func(_ [][]int32, values [][]float64) { values[0][0] = x }); err != nil {
		t.Fatal(err)
	}
	if got, err := strconv.ParseFloat(readPlain(t, out.String(), ',')[2][2], 64); err != nil || math.Abs(got-x) > 1e-12*x {
		t.Errorf("the draw %v is written as %v (%v)", x, got, err)
	}
}

// TestRowOrderDoesNotMatter: two orders of the rows give one tensor, up to the order of the labels.
func TestRowOrderDoesNotMatter(t *testing.T) {
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rows := []string{"x,p,1", "x,q,2", "x,r,", "y,p,4", "y,q,", "y,r,6", "z,p,7", "z,q,8", "z,r,9"}
		path := filepath.Join(folder, "t.csv")
		read := func(rows []string) map[string]float64 {
			if err := os.WriteFile(path, []byte("a,b,value\n"+strings.Join(rows, "\n")), 0o666); err != nil {
				t.Fatal(err)
			}
			table, err := Read(path, Options{})
			if err != nil {
				t.Fatal(err)
			}
			cells := map[string]float64{}
			for c, v := range table.Observed().Values {
				cells[table.Observed().CellName(c)] = v
			}
			return cells
		}
		if d := cmp.Diff(read(rows), read(rapid.Permutation(rows).Draw(t, "order"))); d != "" {
			t.Fatal(d)
		}
	})
}

func TestFullGrid(t *testing.T) {
	text := "a,note,b,value\n\"x,1\",n,p,1\ny,n,q,2\ny,n,p,\n"
	o := Options{Index: []string{"a", "b"}, FullGrid: true}
	table := mustRead(t, save(t, "t.csv", text), o)
	if table.Gaps() != 2 {
		t.Fatalf("%d gaps, want 2", table.Gaps())
	}
	want := "a,note,b,value,lacuna_filled,lacuna_stderr\n" +
		"\"x,1\",n,p,1,0,\ny,n,q,2,0,\ny,n,p,60,1,0.25\n\"x,1\",,q,51,1,0.25\n"
	if d := cmp.Diff(want, filledText(t, table, byCoordinates)); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	// More gaps than are evaluated at a time.
	var b strings.Builder
	b.WriteString("a,b,value\n")
	for i := range 120 {
		fmt.Fprintf(&b, "%d,%d,%d\n", i, i, i)
	}
	table = mustRead(t, save(t, "t.csv", b.String()), Options{FullGrid: true})
	if table.Gaps() != 120*119 {
		t.Errorf("%d gaps, want %d", table.Gaps(), 120*119)
	}
	after, _ := written(t, table, "out.csv", Options{Index: []string{"a", "b"}, Value: "value"})
	checkFilledCells(t, table, after)
}

func TestWideCSV(t *testing.T) {
	text := "month,lerwick,oxford\n1960-01,5.50,\n1960-02,NA,7\n1960-03,-,-\n"
	table := mustRead(t, save(t, "t.csv", text), Options{Wide: true, WideName: "station"})
	if got := fmt.Sprint(spelt(table.Observed().Modes), table.Observed().Values, table.Gaps()); table.Format != WideCSV ||
		got != "[{month [1960-01 1960-02 1960-03]} {station [lerwick oxford]}][5.5 7] 4" {
		t.Errorf("read %s", got)
	}
	want := "month,lerwick,oxford,lacuna_filled,lerwick_lacuna_stderr,oxford_lacuna_stderr\n" +
		"1960-01,5.50,51,1,,0.25\n1960-02,60,7,1,0.25,\n1960-03,70,71,2,0.25,0.25\n"
	if d := cmp.Diff(want, filledText(t, table, byCoordinates)); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	// Two index columns, value columns by name, and combinations that are not listed.
	text = "year,note,month,b,a\n1960,n,1,1,\n1961,n,2,3,4"
	table = mustRead(t, save(t, "t.csv", text), Options{
		Wide: true, Index: []string{"year", "month"}, Columns: []string{"a", "b"}, FullGrid: true,
	})
	if table.Gaps() != 5 {
		t.Errorf("%d gaps, want 5", table.Gaps())
	}
	want = "year,note,month,b,a,lacuna_filled,a_lacuna_stderr,b_lacuna_stderr\n" +
		"1960,n,1,1,500,1,0.25,\n1961,n,2,3,4,0,,\n1960,,2,511,510,2,0.25,0.25\n1961,,1,601,600,2,0.25,0.25\n"
	if d := cmp.Diff(want, filledText(t, table, byCoordinates)); d != "" {
		t.Errorf("written (-want +got):\n%s", d)
	}
	// Years as headers are no sign of a missing header.
	table = mustRead(t, save(t, "t.csv", "place,1960,1961\nx,1,2\ny,3,\n"), Options{Wide: true})
	if table.Gaps() != 1 {
		t.Errorf("%d gaps, want 1", table.Gaps())
	}
}

func TestMissingSpellings(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,-999\nx,q,-999.0\ny,p,n/a\ny,q,0\nz,q,3\n"),
		Options{Missing: []string{"-999", "N/A"}})
	if table.Gaps() != 3 || fmt.Sprint(table.Observed().Values) != "[0 3]" {
		t.Errorf("%d gaps, values %v", table.Gaps(), table.Observed().Values)
	}
}

func TestWriteIsCompressedOnDemand(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,1\nx,q,\ny,q,3\n"), Options{})
	out := filepath.Join(t.TempDir(), "out.csv.gz")
	if err := table.Write(out, byCoordinates); err != nil {
		t.Fatal(err)
	}
	after := mustRead(t, out, Options{Index: []string{"a", "b"}, Value: "value"})
	checkFilledCells(t, table, after)
	if data, _ := os.ReadFile(out); !bytes.HasPrefix(data, []byte{0x1F, 0x8B}) {
		t.Error("the output is not compressed")
	}
}

func TestUnusableFillLeavesNoFile(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,1\nx,q,\ny,q,3\n"), Options{})
	out := filepath.Join(t.TempDir(), "out.csv")
	if err := table.Write(out, func([]int32) Filled { return Filled{Value: math.NaN()} }); err == nil {
		t.Error("NaN was written")
	}
	if entries, _ := os.ReadDir(filepath.Dir(out)); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestMeteoUKByteForByte masks the development data, fills it, and compares the text.
func TestMeteoUKByteForByte(t *testing.T) {
	data, err := os.ReadFile(sharedData(t, "meteo_uk.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for k, row := range rows[1:] {
		fields := strings.Split(row, ",")
		if u, _ := strconv.ParseFloat(fields[4], 64); u >= 0.3 {
			fields[3] = ""
		}
		rows[k+1] = strings.Join(fields, ",")
	}
	table := mustRead(t, save(t, "t.csv", strings.Join(rows, "\n")+"\n"), Options{
		Index: []string{"month", "station", "variable"}, Value: "value",
	})
	got := strings.Split(filledText(t, table, byCoordinates), "\n")
	for k, row := range rows[1:] {
		gap := strings.Contains(row, ",,")
		if !gap && got[k+1] != row+",0," {
			t.Fatalf("row %q became %q", row, got[k+1])
		}
		if before, after, _ := strings.Cut(row, ",,"); gap &&
			!(strings.HasPrefix(got[k+1], before+",") && strings.HasSuffix(got[k+1], ","+after+",1,0.25")) {
			t.Fatalf("row %q became %q", row, got[k+1])
		}
	}
}

func TestHeader(t *testing.T) {
	names, err := Header(save(t, "t.csv", "\uFEFF\n\"a b\";c\r\n1;2\n"))
	if err != nil || fmt.Sprintf("%q", names) != `["a b" "c"]` {
		t.Errorf("names %q (%v)", names, err)
	}
	if _, err := Header(filepath.Join(t.TempDir(), "none")); !errors.As(err, new(*Error)) {
		t.Errorf("error %v, want an *Error", err)
	}
}

// fuzzRead reads any bytes as a file of any name. What is wrong with them is an *Error; what is right are cells that are the
// same decoded and in memory, and can be written.
func fuzzRead(f *testing.F, name string, options Options) {
	options.Memory = 64 << 20
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := ReadFrom(bytes.NewReader(data), name, options)
		if err != nil {
			if e := new(Error); !errors.As(err, &e) {
				t.Fatalf("%v is no *Error", err)
			}
			return
		}
		if table.Gaps() > 1e6 {
			return
		}
		decoded := &tensor.Observed{Modes: table.Modes(), Index: make([][]int32, len(table.Modes()))}
		for index, values := range table.cells.each() {
			for n, column := range index {
				decoded.Index[n] = append(decoded.Index[n], column...)
			}
			decoded.Values = append(decoded.Values, values...)
		}
		held := table.Observed()
		if held.Len() != table.Known() || !slices.Equal(decoded.Values, held.Values) ||
			!slices.EqualFunc(decoded.Index, held.Index, slices.Equal) {
			t.Fatalf("%d cells are counted, %d decoded and %d held, or they differ", table.Known(), decoded.Len(), held.Len())
		}
		if _, err := tensor.NewObserved(held.Modes, held.Index, held.Values); err != nil {
			t.Fatal(err)
		}
		count := 0
		for range table.GapCells() {
			count++
		}
		if count != table.Gaps() {
			t.Fatalf("%d gaps are yielded, %d are counted", count, table.Gaps())
		}
		err = table.WriteTo(io.Discard, byCoordinates)
		if e := new(Error); err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
	})
}

func FuzzLongCSV(f *testing.F) {
	for _, text := range []string{
		"a,b,value\nx,y,1\nx,z,\nz,z,2\n",
		"\uFEFFa;b;v\r\n\"x;\";y;1,5\r\n\"u\"\"\n\";y;NA\r\nx;z;3", "a\tb\tv\nx\ty\t1\n\n",
	} {
		f.Add([]byte(text))
	}
	fuzzRead(f, "t.csv", Options{FullGrid: true, Duplicates: MeanOfDuplicates})
}

func FuzzWideCSV(f *testing.F) {
	f.Add([]byte("month,a,b\n1,2,\n3,-,4"))
	fuzzRead(f, "w.csv", Options{Wide: true, Duplicates: LastOfDuplicates})
}

// FuzzText reads any text in any form, with the options that ask for most.
func FuzzText(f *testing.F) {
	for _, text := range []string{
		"# c\n# a b v\nx 1 2\nx 2 ---\ny 1 3\ny 2 1,5 b\n", "| a | b | v |\n|--|--|--|\n| x | 1 | 2 |\n| y | 2 | |\n",
		"f,g\\T\t2001 \t2002 \nA,x\t1 b\t: \nA,y\t2\t3 c\n", "sep=;\na;b;v;;\nx;1;1.234,5;;\n;;;;\ny;2;;;\n\nSource: z\n",
		"a::b::v\n1::2::3\n2::1::NA\n2::2::1 234\n", "\xff\xfea\x00,\x00b\x00,\x00v\x00\n\x00",
		"\"a\" \"b\"\n\"1\" x 2\n\"2\" y 3\n", "t;;;;\n;;;;\na;b;v;w;Total\nx;1;2;3;5\ny;2;;4;4\n",
		"a,b,v\n--,--,--\n1999/00,x,1\n2000/01,x,2\n2001/02,y,.a\n", "!c\na,a,b,v\n1,1,x,2\n2,2,y,\n",
		"t\nu\n   yyyy  mm  tmax tmin\n  degC degC\n 2001 1 2* ---\n 2001 2 3 4 Provisional\n 2002 1 3#\nSite closed\n",
	} {
		f.Add([]byte(text))
	}
	fuzzRead(f, "t.txt", Options{
		Flags: true, MergeLabels: true, DropSingle: true, FullGrid: true, Duplicates: LastOfDuplicates,
	})
}

// FuzzNoHeader reads any text without a header as a table of several value columns.
func FuzzNoHeader(f *testing.F) {
	f.Add([]byte("x,1,2,3\ny,1,,4\nx,2,5,6\n"))
	f.Add([]byte("x\t1\t2\ny\t1\t\n"))
	fuzzRead(f, "h.csv", Options{NoHeader: true, Value: "2,*", Duplicates: FirstOfDuplicates, Comment: "!", Decimal: ","})
}

func FuzzTNS(f *testing.F) {
	f.Add([]byte("# c\n1 1 2.5\n2 2 nan\n1 2 3"))
	f.Add([]byte("1 1 1 2\n2 3 2 1e3\n"))
	fuzzRead(f, "t.tns", Options{Duplicates: FirstOfDuplicates})
}

func FuzzNPY(f *testing.F) {
	f.Add(append(npyHeader("<f8", false, []int{2, 2}), make([]byte, 32)...))
	f.Add(append(npyHeader(">i2", true, []int{2, 1, 2}), 1, 2, 3, 4, 5, 6, 7, 8))
	fuzzRead(f, "t.npy", Options{Missing: []string{"0"}})
}

func FuzzMAT(f *testing.F) {
	s := &matSource{data: make([]byte, 128), layout: newLayout([]int{2, 3}, true)}
	for _, order := range []binaryOrder{little, bigEnd} {
		s.order = order
		for _, compressed := range []bool{false, true} {
			out := bytes.NewBuffer(matHeader(order))
			if err := s.writeArray(out, "x", mxDouble, miDouble, s.doubles([]float64{1, 2, math.NaN(), 4, 5, 6}),
				compressed); err != nil {
				f.Fatal(err)
			}
			f.Add(out.Bytes())
		}
	}
	fuzzRead(f, "t.mat", Options{})
}

func FuzzArchive(f *testing.F) {
	folder := f.TempDir()
	path := filepath.Join(folder, "t.npy")
	if err := os.WriteFile(path, npyFloats([]int{2, 2}, false, []float64{1, math.NaN(), 3, 4}), 0o666); err != nil {
		f.Fatal(err)
	}
	table, err := Read(path, Options{})
	if err != nil {
		f.Fatal(err)
	}
	out := filepath.Join(folder, "out.npz")
	if err := table.Write(out, byCoordinates); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	fuzzRead(f, "t.npz", Options{Array: "arr_0"})
}

func FuzzParquet(f *testing.F) {
	f.Add([]byte("PAR1PAR1"))
	f.Add(parquetSample(f))
	fuzzRead(f, "t.parquet", Options{Index: []string{"month", "station"}, Value: "value", Duplicates: MeanOfDuplicates})
}
