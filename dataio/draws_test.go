package dataio

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestWriteDraws writes draws in every format, and reads them again.
func TestWriteDraws(t *testing.T) {
	table, err := ReadFrom(strings.NewReader("site,month,y\na,1,1\na,2,\nb,1,3\nb,2,4\nb,3,\n"), "t.csv", Options{})
	if err != nil {
		t.Fatal(err)
	}
	fill := func(index [][]int32, values [][]float64) {
		for d := range values {
			for k := range values[d] {
				values[d][k] = float64(100*(d+1)) + float64(10*index[0][k]) + float64(index[1][k])
			}
		}
	}
	const text = "site,month,y,lacuna_filled,lacuna_draw\n" +
		"a,1,1,0,1\na,2,101,1,1\nb,1,3,0,1\nb,2,4,0,1\nb,3,112,1,1\n" +
		"a,1,1,0,2\na,2,201,1,2\nb,1,3,0,2\nb,2,4,0,2\nb,3,212,1,2\n"
	var out strings.Builder
	if err := table.WriteDrawsTo(&out, 2, fill); err != nil || out.String() != text {
		t.Errorf("%v\n%s\nwant\n%s", err, out.String(), text)
	}
	want := []float64{1, 101, 3, 4, 112, 1, 201, 3, 4, 212}
	type row struct {
		Site string  `parquet:"site"`
		Y    float64 `parquet:"y"`
		Draw int32   `parquet:"lacuna_draw"`
	}
	file := filepath.Join(t.TempDir(), "draws.parquet")
	if err := table.WriteDraws(file, 2, fill); err != nil {
		t.Fatal(err)
	}
	rows, err := parquet.ReadFile[row](file)
	if err != nil || len(rows) != len(want) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for k, r := range rows {
		if r.Y != want[k] || int(r.Draw) != 1+k/5 {
			t.Errorf("row %d is %v, want the value %v", k, r, want[k])
		}
	}
	path := filepath.Join(t.TempDir(), "draws.npz")
	if err := table.WriteDraws(path, 2, fill); err != nil {
		t.Fatal(err)
	}
	again, err := Read(path, Options{Array: "values"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Observed().Values, want) || again.Gaps() != 2 || again.Observed().Modes[0].Name != DrawAxis {
		t.Errorf("npz: %v with %d gaps, mode %s", again.Observed().Values, again.Gaps(), again.Observed().Modes[0].Name)
	}
	if err := table.WriteDraws(filepath.Join(t.TempDir(), "draws.xlsx"), 2, fill); err == nil {
		t.Error("draws were written as a workbook")
	}
}
