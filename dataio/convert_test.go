package dataio

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func TestConvertedNamesAreTold(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "month,value,a,b\n1,x,1,2\n2,x,3,\n1,y,5,6\n2,y,7,8\n"),
		Options{Index: []string{"month", "value"}, Columns: []string{"a", "b"}})
	for _, name := range []string{"t.parquet", "t.npz"} {
		path := filepath.Join(t.TempDir(), name)
		if err := table.Write(path, byCoordinates); err == nil || !strings.Contains(err.Error(), `column "value"`) {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}

// TestConverted writes a wide table of text as rows of Parquet and as arrays: the cells and numbers of its long CSV.
func TestConverted(t *testing.T) {
	path := save(t, "t.csv", "town,2001,2002,2003\na,1.5,,2.5\nb,,3.5,4.5\n")
	fill := func(cell []int32) Filled {
		f := byCoordinates(cell)
		f.Extra = []float64{f.Value - 1}
		return f
	}
	want := []string{
		"a 2001 1.5 0 null null", "a 2002 51 1 0.25 50", "a 2003 2.5 0 null null",
		"b 2001 60 1 0.25 59", "b 2002 3.5 0 null null", "b 2003 4.5 0 null null",
	}

	rows := filepath.Join(t.TempDir(), "t.parquet")
	if err := mustRead(t, path, Options{}).Write(rows, fill, "lacuna_low"); err != nil {
		t.Fatal(err)
	}
	data, err := os.Open(rows)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	read := parquet.NewGenericReader[any](data)
	got := make([]parquet.Row, 10)
	n, _ := read.ReadRows(got)
	for k := range max(n, len(want)) {
		var texts []string
		for _, v := range got[k] {
			text := "null"
			if !v.IsNull() {
				text = v.String()
			}
			texts = append(texts, text)
		}
		if row := strings.Join(texts, " "); k >= len(want) || row != want[k] {
			t.Errorf("row %d is %q, want %q", k, row, want[min(k, len(want)-1)])
		}
	}
	if names := fmt.Sprint(read.Schema().Columns()); names != "[[town] [year] [value] [lacuna_filled] [lacuna_stderr] [lacuna_low]]" {
		t.Errorf("columns %s", names)
	}

	arrays := filepath.Join(t.TempDir(), "t.npz")
	if err := mustRead(t, path, Options{}).Write(arrays, fill, "lacuna_low"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{
		"values":        {1.5, 51, 2.5, 60, 3.5, 4.5},
		"lacuna_filled": {0, 1, 0, 1, 0, 0},
		"lacuna_stderr": {math.NaN(), 0.25, math.NaN(), 0.25, math.NaN(), math.NaN()},
		"lacuna_low":    {math.NaN(), 50, math.NaN(), 59, math.NaN(), math.NaN()},
	} {
		table := mustRead(t, arrays, Options{Array: name})
		o, at := table.Observed(), 0
		if got := fmt.Sprintf("%s %v %s %v", o.Modes[0].Name, o.Modes[0].Labels, o.Modes[1].Name, o.Modes[1].Labels); got != "town [a b] year [2001 2002 2003]" {
			t.Errorf("%s: modes %s", name, got)
		}
		for k, x := range want {
			if math.IsNaN(x) {
				continue
			}
			if at >= o.Len() || o.Values[at] != x || int(o.Index[0][at])*3+int(o.Index[1][at]) != k {
				t.Fatalf("%s: %v at %v, want %v", name, o.Values, o.Index, want)
			}
			at++
		}
		if at != o.Len() {
			t.Errorf("%s: %d values, want %d", name, o.Len(), at)
		}
	}
}
