package dataio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
)

func TestStack(t *testing.T) {
	folder := t.TempDir()
	var paths []string
	for name, text := range map[string]string{
		"b.csv": "town,year,v\np,2001,1\np,2003,2\nq,2001,\nq,2003,4\n",
		"a.csv": "town,year,v\nq,2002,5\nq,2001,6\nr,2002,\nr,2001,8\n",
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	if filepath.Base(paths[0]) == "b.csv" {
		paths[0], paths[1] = paths[1], paths[0]
	}
	table, err := ReadStack(paths, "book", Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "book a b, town q r p, year 2001 2002 2003 | [6 5 8 4 1 2] | 2 gaps | "
	if got := told(table); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	out := filepath.Join(t.TempDir(), "filled")
	if err := table.Write(out, byCoordinates); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"a.csv": "town,year,v,lacuna_filled,lacuna_stderr\nq,2002,5,0,\nq,2001,6,0,\nr,2002,511,1,0.25\nr,2001,8,0,\n",
		"b.csv": "town,year,v,lacuna_filled,lacuna_stderr\np,2001,1,0,\np,2003,2,0,\nq,2001,600,1,0.25\nq,2003,4,0,\n",
	} {
		got, err := os.ReadFile(filepath.Join(out, name))
		if d := cmp.Diff(want, string(got)); d != "" || err != nil {
			t.Errorf("%s (-want +got, %v):\n%s", name, err, d)
		}
	}
	for _, bad := range []struct{ out, want string }{
		{folder, "is the folder of the input"}, {paths[0], "is a file"}, {filepath.Join(folder, "x", "y"), "no such folder"},
	} {
		if err := table.CheckOutput(bad.out); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("an output %s gives %v", bad.out, err)
		}
	}
	other := save(t, "c.csv", "land,year,v\nq,2001,1\nr,2001,2\nq,2002,3\n")
	for _, files := range [][]string{{paths[0], other}, paths[:1], {paths[0], paths[0]}} {
		if _, err := ReadStack(files, "book", Options{}); !errors.As(err, new(*Error)) {
			t.Errorf("%v gives %v", files, err)
		}
	}
}

// TestStationFile reads a file as the Met Office writes them, and fills it in its form.
func TestStationFile(t *testing.T) {
	text := lines(
		"Northby", "Location: made up, 12 metres amsl", "Estimated data is marked with a * after the value.",
		"   yyyy  mm   tmax    tmin      af    rain     sun", "              degC    degC    days      mm   hours",
		"   2001   1    6.1     0.4      14    47.2    83.8",
		"   2001   2    8.2*    0.9*    ---    72.4    77.2#",
		"   2002   1    ---     0.4      11    41.5",
		"   2002   2    9.0     1.1       8    77.4  Provisional",
		"Site closed",
	)
	table := mustRead(t, save(t, "northby.txt", text), Options{})
	want := "yyyy 2001 2002, mm 1 2, variable tmax tmin af rain sun | " +
		"[6.1 0.4 14 47.2 83.8 8.2 0.9 72.4 77.2 0.4 11 41.5 9 1.1 8 77.4] | 4 gaps | "
	if got := told(table); got != want || table.Format != StationFile {
		t.Errorf("read %s, want %s", got, want)
	}
	plain := mustRead(t, save(t, "southby.txt", strings.NewReplacer("*", " ", "#", " ").Replace(text)), Options{})
	if len(plain.Unused) > 0 {
		t.Errorf("without flags: %v", plain.Unused)
	}
	var out strings.Builder
	if err := table.WriteTo(&out, func([]int32) Filled { return Filled{Value: 7.5, Stderr: 0.5} }); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(out.String(), "\n")
	for k, want := range map[int]string{
		3: "   yyyy  mm   tmax    tmin      af    rain     sun lacuna_filled tmax_lacuna_stderr",
		6: "   2001   2    8.2*    0.9*    7.5    72.4    77.2# 1 NA NA 0.5 NA NA",
		7: "   2002   1    7.5     0.4      11    41.5  7.5 2 0.5 NA NA NA 0.5",
		8: "   2002   2    9.0     1.1       8    77.4  7.5 1 NA NA NA NA 0.5  Provisional",
		9: "Site closed",
	} {
		if !strings.HasPrefix(rows[k], want) {
			t.Errorf("line %d is %q, want %q", k+1, rows[k], want)
		}
	}
}

// TestParquetOfSeveralValues fills two columns of a table, one of them of integers.
func TestParquetOfSeveralValues(t *testing.T) {
	type row struct {
		Site string   `parquet:"site"`
		Day  int32    `parquet:"day"`
		Note string   `parquet:"note"`
		High *float64 `parquet:"high,optional"`
		Low  *int64   `parquet:"low,optional"`
	}
	float, whole := func(x float64) *float64 { return &x }, func(x int64) *int64 { return &x }
	path := filepath.Join(t.TempDir(), "t.parquet")
	rows := []row{
		{"q", 3, "n", float(1.5), whole(1)},
		{"q", 1, "o", nil, whole(2)},
		{"r", 3, "p", float(2.5), nil},
		{"r", 2, "q", nil, nil},
	}
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{
		{Value: "high,low", Index: []string{"site", "day"}, FullGrid: true},
		{Wide: true, Index: []string{"site", "day"}, FullGrid: true},
	} {
		table := mustRead(t, path, o)
		if got := strings.Replace(told(table), "variable", "column", 1); got !=
			"site q r, day 1 2 3, column high low | [2 1.5 1 2.5] | 8 gaps | note" {
			t.Errorf("read %s", got)
		}
		out := filepath.Join(t.TempDir(), "out.parquet")
		if err := table.Write(out, byCoordinates); err != nil {
			t.Fatal(err)
		}
		type filled struct {
			Site   string   `parquet:"site"`
			Day    int32    `parquet:"day"`
			Note   string   `parquet:"note"`
			High   *float64 `parquet:"high,optional"`
			Low    *float64 `parquet:"low,optional"`
			Filled int32    `parquet:"lacuna_filled"`
			HighE  *float64 `parquet:"high_lacuna_stderr,optional"`
			LowE   *float64 `parquet:"low_lacuna_stderr,optional"`
		}
		got, err := parquet.ReadFile[filled](out)
		if err != nil {
			t.Fatal(err)
		}
		e := float(0.25)
		want := []filled{
			{"q", 3, "n", float(1.5), float(1), 0, nil, nil},
			{"q", 1, "o", float(500), float(2), 1, e, nil},
			{"r", 3, "p", float(2.5), float(621), 1, nil, e},
			{"r", 2, "q", float(610), float(611), 2, e, e},
			{"q", 2, "", float(510), float(511), 2, e, e},
			{"r", 1, "", float(600), float(601), 2, e, e},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("written (-want +got):\n%s", d)
		}
	}
}

// TestOptionsWithoutEffectAreRefused names each of them.
func TestOptionsWithoutEffectAreRefused(t *testing.T) {
	tns := save(t, "t.tns", "1 1 1\n1 2 2\n2 1 3\n")
	for flag, o := range map[string]Options{
		"--no-header": {NoHeader: true}, "--names": {Names: []string{"a"}}, "--comment": {Comment: "#"},
		"--decimal": {Decimal: ","}, "--flags": {Flags: true}, "--index": {Index: []string{"a"}},
		"--value": {Value: "a"}, "--wide": {Wide: true},
		"--merge-labels": {MergeLabels: true}, "--array": {Array: "a"}, "--dates": {Dates: "dmy"},
	} {
		if _, err := Read(tns, o); err == nil || !strings.Contains(err.Error(), flag+" has no effect") {
			t.Errorf("%s gives %v", flag, err)
		}
	}
}
