package dataio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBadInput: each gets one sentence that names the place and the remedy.
func TestBadInput(t *testing.T) {
	good := "month,station,value\n1960,oxford,7.5\n1960,lerwick,6\n1961,oxford,\n1961,lerwick,5\n"
	for _, test := range []struct {
		name, text string
		options    Options
		want       []string
	}{
		{name: "empty", text: "", want: []string{"the file is empty"}},
		{name: "blank", text: " \n\n", want: []string{"the file is empty"}},
		{name: "only a byte order mark", text: "\uFEFF", want: []string{"the file is empty"}},
		{name: "header alone", text: "a,b,value\n", want: []string{"no row below the header"}},
		{name: "no header", text: "1960,oxford,7.5\n1961,oxford,\n", want: []string{":1:", "no header", "7.5"}},
		{name: "no header, first row a gap", text: "1960,oxford,\n1961,oxford,5\n", want: []string{":1:", "no header"}},
		{name: "numbers alone", text: "1,2,3\n1,3,4\n", options: Options{Value: "3"}, want: []string{":1:", "no header"}},
		{name: "short row", text: "a,b,value\nx,y,1\n\nx,z\n", want: []string{":4:", "2 fields where the header has 3"}},
		{name: "long row", text: "a,b,value\nx,y,1\nx,z,1,2\n", want: []string{":3:", "4 fields"}},
		{name: "word", text: "a,b,value\nx,y,1\nx,z,twelve\n", want: []string{
			":3:", `column "value"`, `"twelve" is no number`, "leave the value empty",
		}},
		{name: "hexadecimal", text: "a,b,value\nx,y,0x1p3\n", want: []string{":2:", `"0x1p3" is no number`}},
		{name: "underscore", text: "a,b,value\nx,y,1_000\n", want: []string{":2:", "is no number"}},
		{name: "infinite", text: "a,b,value\nx,y,1\nx,z,-Inf\n", want: []string{":3:", `"-Inf" is not finite`}},
		{name: "infinity", text: "a,b,value\nx,y,Infinity\n", want: []string{"is not finite"}},
		{name: "overflow", text: "a,b,value\nx,y,1e999\n", want: []string{":2:", "too large"}},
		{name: "huge", text: "a,b,value\nx,y,-1e200\n", want: []string{":2:", "too large", "unit"}},
		{name: "long word", text: "a,b,value\nx,y," + strings.Repeat("long", 100) + "\n", want: []string{"…\" is no number"}},
		{name: "thousands", text: "a;b;value\nx;y;1,23,567\n", want: []string{":2:", "is no number"}},
		{name: "flag", text: "a,b,value\nx,y,5.5 b\n", want: []string{":2:", `"5.5 b" is a number with a flag`, "--flags"}},
		{name: "duplicate", text: "a,b,value\nx,y,1\nx,z,3\nz,z,4\nx,y,2\n", want: []string{
			":5:", "a=x, b=y", "value 2 here and 1 on line 2", "--duplicates",
		}},
		{
			name: "no such index", text: good, options: Options{Index: []string{"month", "height"}},
			want: []string{":1:", `no column "height"`, "month, station, value"},
		},
		{name: "no such value", text: good, options: Options{Value: "height"}, want: []string{":1:", `no column "height"`}},
		{
			name: "named twice", text: good, options: Options{Index: []string{"month", "month"}},
			want: []string{":1:", "month", "once"},
		},
		{
			name: "index and value", text: good, options: Options{Index: []string{"month", "station"}, Value: "month"},
			want: []string{":1:", `"month" is named as index and as value`},
		},
		{
			name: "all are indices", text: good, options: Options{Index: []string{"month", "station", "value"}},
			want: []string{"every column is named as an index"},
		},
		{
			name: "one index", text: good, options: Options{Index: []string{"month"}},
			want: []string{"1 index column", "at least two"},
		},
		{name: "one column", text: "value\n1\n2\n", want: []string{"there is one column"}},
		{name: "same name", text: "a,a,value\nx,y,1\n", want: []string{":1:", `two columns are called "a"`}},
		{name: "nameless index", text: ",a,b,value\n0,x,y,1\n", want: []string{":1:", "column 1 has no name"}},
		{
			name: "one label", text: "a,b,c,value\nx,y,1,1\nz,y,2,2\n",
			want: []string{`mode "b" has a single label (y)`, "--index a,c"},
		},
		{
			name: "one label of two modes", text: "a,b,value\nx,y,1\nz,y,2\n",
			want: []string{`mode "b"`, "at least two index columns"},
		},
		{name: "empty label", text: "a,b,value\nx,y,1\n,y,2\n", want: []string{":3:", `column "a"`, "label is empty"}},
		{name: "nothing observed", text: "a,b,value\nx,y,\nz,y,NA\nx,z,-\n", want: []string{"no cell has a value"}},
		{
			name: "filled before", text: "a,b,value,lacuna_filled,lacuna_stderr\nx,y,1,0,\n",
			want: []string{":1:", "lacuna_filled", "already"},
		},
		{
			name: "filled before, with gaps", text: "a,b,value,lacuna_filled\nx,y,1,0\nz,y,,0\nz,z,1,0\n",
			options: Options{Index: []string{"a", "b"}, Value: "value"}, want: []string{":1:", "lacuna_filled", "already"},
		},
		{name: "open quote", text: "a,b,value\nx,\"y,1\nz,y,2\n", want: []string{":2:", "quote"}},
		{name: "binary", text: "\x00\x01\x02", want: []string{"no format that lacuna knows"}},
		{name: "old Macintosh", text: "a,b,value\rx,y,1\r", want: []string{"carriage returns"}},
		{name: "HDF5", text: "\x89HDF\r\n\x1a\n", want: []string{"HDF5", "numpy.save"}},
		{name: "t.nc", text: "\x89HDF\r\n\x1a\n", want: []string{"NetCDF-4", "nccopy -k cdf5 t.nc t_3.nc"}},
		{
			name: "t.mat", text: "MATLAB 7.3 MAT-file" + strings.Repeat(" ", 493) + "\x89HDF\r\n\x1a\n",
			want: []string{"MAT v7.3", "'-v7'"},
		},
		{name: "t.xlsx", text: "PK\x03\x04garbage", want: []string{"the workbook cannot be read"}},
		{name: "damaged NetCDF", text: "CDF\x01\x00", want: []string{"NetCDF file is damaged"}},
		{name: "damaged gzip", text: "\x1F\x8B\x08\x00garbage", want: []string{"compressed file is damaged"}},
		{name: "damaged npy", text: "\x93NUMPY\x01\x00\xFF\xFF{", want: []string{".npy file is damaged"}},
		{name: "damaged zip", text: "PK\x03\x04garbage", want: []string{"archive is damaged"}},
		{name: "damaged Parquet", text: "PAR1garbage", want: []string{"Parquet file cannot be read"}},
		{name: "damaged MAT", text: "MATLAB 5.0 MAT-file", want: []string{"MAT file is damaged"}},
		{
			name: "wide with one column", text: good, options: Options{Wide: true, Index: []string{"month", "station"}},
			want: []string{"at least two value columns"},
		},
		{
			name: "wide, a word", text: "month,oxford,lerwick\n1,2,3\n2,x,3\n", options: Options{Wide: true},
			want: []string{":3:", `column "oxford"`, `"x" is no number`},
		},
		{
			name: "grid too large", text: hugeGrid(), options: Options{FullGrid: true},
			want: []string{"full grid has", "cells"},
		},
		{name: "t.tns", text: "1 1 2\n1 2\n", want: []string{":2:", "2 fields where the first line has 3"}},
		{name: "zero.tns", text: "1 0 2\n", want: []string{":1:", `"0" is no coordinate`}},
		{name: "half.tns", text: "1 1.5 2\n", want: []string{":1:", "is no coordinate"}},
		{name: "word.tns", text: "1 1 2\n1 2 two\n", want: []string{":2:", `"two" is no number`}},
		{name: "inf.tns", text: "1 1 inf\n", want: []string{":1:", "not finite"}},
		{name: "far.tns", text: "1 1 2\n2 2000000000 3\n", want: []string{"2000000000 indices", "renumber"}},
		{name: "comments.tns", text: "# nothing\n", want: []string{"no cell"}},
		{name: "line.tns", text: "1 1 1\n2 1 2\n", want: []string{`mode "mode2" has a single label`, "two indices"}},
	} {
		name := test.name
		if !strings.Contains(name, ".") {
			name = "t.csv"
		}
		path := save(t, name, test.text)
		_, err := Read(path, test.options)
		e := new(Error)
		if !errors.As(err, &e) {
			t.Errorf("%s: error %v, want an *Error", test.name, err)
			continue
		}
		for _, want := range append(test.want, path) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q does not say %q", test.name, err, want)
			}
		}
		if strings.Contains(err.Error(), "\n") || e.Remedy == "" {
			t.Errorf("%s: %q is not one sentence with a remedy", test.name, err)
		}
	}
}

// hugeGrid lists few cells of a tensor of 1e11 cells.
func hugeGrid() string {
	var b strings.Builder
	b.WriteString("a,b,c,d,value\n")
	for i := range 600 {
		fmt.Fprintf(&b, "%d,%d,%d,%d,1\n", i, i, i, i)
	}
	return b.String()
}

func TestBadPaths(t *testing.T) {
	folder := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(folder, "none.csv"): "there is no such file", folder: "is a directory",
	} {
		_, err := Read(path, Options{})
		if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want an *Error that says %q", err, want)
		}
	}
}

func TestTooBigForMemory(t *testing.T) {
	text := "a,b,value\n" + strings.Repeat("x,y,1\n", 1000)
	if _, err := Read(save(t, "t.csv", text), Options{Memory: 10000}); err == nil ||
		!strings.Contains(err.Error(), "9.77 KiB are available") {
		t.Errorf("error %v does not tell what is available", err)
	}
	// A sparse file of 1 PiB costs nothing to make.
	sparse := filepath.Join(t.TempDir(), "sparse.csv")
	if file, err := os.Create(sparse); err != nil || file.Truncate(1<<50) != nil || file.Close() != nil {
		t.Log("this file system has no sparse files")
	} else if _, err := Read(sparse, Options{}); err == nil ||
		!strings.Contains(err.Error(), "1 PiB of data need about 5 PiB of memory") {
		t.Errorf("error %v does not tell the size", err)
	}
	// Compressed data that grow out of proportion are refused while they are unpacked.
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	for range 100 {
		w.Write(make([]byte, 1<<20))
	}
	w.Close()
	if _, err := Read(save(t, "t.csv.gz", packed.String()), Options{Memory: 5 << 20}); err == nil ||
		!strings.Contains(err.Error(), "5 MiB are available") {
		t.Errorf("error %v does not tell what is available", err)
	}
}

func TestOutputsThatCannotBe(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,y,1\nx,z,\nz,z,2\n"), Options{})
	folder := filepath.Dir(table.Path)
	for name, want := range map[string]string{
		filepath.Join(folder, "nowhere", "out.csv"): "no directory",
		folder:                              "is a directory",
		table.Path:                          "is the input itself",
		filepath.Join(folder, "out.arrow"):  "ends in .csv",
		filepath.Join(folder, "out.pq"):     "a .pq file is not written",
		filepath.Join(folder, "out.tsv"):    "promises tabs",
		filepath.Join(folder, "out.npz.gz"): "leave .gz out",
		filepath.Join(folder, "out.npy.gz"): "ends in .csv",
		"":                                  "no name",
	} {
		for _, err := range []error{table.CheckOutput(name), table.Write(name, byCoordinates)} {
			if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want an *Error that says %q", name, err, want)
			}
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	// A link to the input is the input.
	link := filepath.Join(folder, "link.csv")
	if os.Symlink(table.Path, link) == nil && table.CheckOutput(link) == nil {
		t.Error("a link to the input is taken for another file")
	}
}

func TestDuplicates(t *testing.T) {
	text := "a,b,value\nx,y,1\nx,z,\nz,z,7\nx,y,2\nx,z,5\nz,z,7.0\nx,y,6\n"
	for policy, want := range map[string]string{"mean": "[3 5 7]", "first": "[1 5 7]", "last": "[6 5 7]"} {
		duplicates, err := ParseDuplicates(policy)
		if err != nil {
			t.Fatal(err)
		}
		table := mustRead(t, save(t, "t.csv", text), Options{Duplicates: duplicates})
		if got := fmt.Sprint(table.Observed().Values); got != want || table.Merged != 3 || len(table.Warnings) == 0 {
			t.Errorf("%s: values %s, want %s; %d merged, warnings %q", policy, got, want, table.Merged, table.Warnings)
		}
		// The rows stay as they are; a gap whose value stands in another row gets that value.
		want := "a,b,value,lacuna_filled,lacuna_stderr\n" +
			"x,y,1,0,\nx,z,5,1,0\nz,z,7,0,\nx,y,2,0,\nx,z,5,0,\nz,z,7.0,0,\nx,y,6,0,\n"
		if d := cmp.Diff(want, filledText(t, table, byCoordinates)); d != "" {
			t.Errorf("%s: written (-want +got):\n%s", policy, d)
		}
	}
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,y,1\nx,y,1.0\nz,z,2\nx,z,1e0\n"), Options{})
	if table.Merged != 1 || !strings.Contains(strings.Join(table.Warnings, ""),
		"1 row repeats a cell with an equal value") {
		t.Errorf("%d merged, warnings %q", table.Merged, table.Warnings)
	}
	if _, err := ParseDuplicates("middle"); err == nil {
		t.Error("an unknown policy is taken")
	}
}

func TestWhatIsReported(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,3\nx,q,3\ny,p,\ny,q,NULL\n"), Options{})
	if !table.Constant() || table.Complete() {
		t.Errorf("constant %v, complete %v", table.Constant(), table.Complete())
	}
	if got := fmt.Sprint(table.Unobserved()); got != "[{0 1}]" {
		t.Errorf("indices without a value: %s", got)
	}
	complete := mustRead(t, save(t, "t.csv", "a,b,value\nx,p,3\nx,q,4\ny,p,0\n"), Options{})
	if !complete.Complete() || complete.Gaps() != 0 || complete.Constant() {
		t.Errorf("complete %v with %d gaps", complete.Complete(), complete.Gaps())
	}
}

func TestBombIsRefused(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(append([]byte("a,b,v\nx,y,1\n"), make([]byte, mostUnpacked)...))
	w.Close()
	path := filepath.Join(t.TempDir(), "t.csv.gz")
	if err := os.WriteFile(path, packed.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, Options{})
	if err == nil || !strings.Contains(err.Error(), "unpacks to more than 250 times its size") {
		t.Errorf("%v", err)
	}
}
