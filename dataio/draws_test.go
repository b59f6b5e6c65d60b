package dataio

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
	want := []float64{1, 101, 3, 4, 112, 1, 201, 3, 4, 212}
	for _, ending := range []string{"csv", "csv.gz", "parquet"} {
		path := filepath.Join(t.TempDir(), "draws."+ending)
		if err := table.WriteDraws(path, 2, fill); err != nil {
			t.Fatal(err)
		}
		again, err := Read(path, Options{Index: []string{DrawColumn, "site", "month"}, Value: "y"})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(again.Observed.Values, want) {
			t.Errorf("%s: %v, want %v", ending, again.Observed.Values, want)
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
	if !slices.Equal(again.Observed.Values, want) || again.Gaps() != 2 || again.Observed.Modes[0].Name != DrawAxis {
		t.Errorf("npz: %v with %d gaps, mode %s", again.Observed.Values, again.Gaps(), again.Observed.Modes[0].Name)
	}
	if err := table.WriteDraws(filepath.Join(t.TempDir(), "draws.xlsx"), 2, fill); err == nil {
		t.Error("draws were written as a workbook")
	}
}
