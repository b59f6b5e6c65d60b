package dataio

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

type denseRow struct {
	Day   string   `parquet:"day,dict"`
	Site  int32    `parquet:"site"`
	Name  *string  `parquet:"name,optional,dict"`
	Value *float64 `parquet:"value,optional"`
	Other *float64 `parquet:"other,optional,dict"`
}

// denseRows are the rows of a grid in any order, some of which are left out, with gaps.
func denseRows(r *rand.Rand) []denseRow {
	names := []string{"a", "b", "c", "d"}
	var rows []denseRow
	for d := range 60 {
		for s := range 40 {
			for n := range names {
				row := denseRow{Day: fmt.Sprintf("2020-%02d-%02d", 12-d/28, 1+d%28), Site: int32(7 * s), Name: &names[n]}
				if v := r.NormFloat64(); r.IntN(8) > 0 {
					row.Value = &v
				}
				if v := float64(r.IntN(50)); r.IntN(8) > 0 {
					row.Other = &v
				}
				if r.IntN(10) > 0 {
					rows = append(rows, row)
				}
			}
		}
	}
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	return rows
}

func parquetOf(t *testing.T, rows []denseRow) []byte {
	t.Helper()
	var out bytes.Buffer
	// Small pages and two groups of rows: borders of pages do not meet.
	w := parquet.NewGenericWriter[denseRow](&out, parquet.Compression(&zstd.Codec{}), parquet.PageBufferSize(1000))
	half := len(rows) / 2
	for _, part := range [][]denseRow{rows[:half], rows[half:]} {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestDenseRowsAreReadAsListedOnes compares a table of Parquet that is read into the grid of its labels with the same rows
// read one by one.
func TestDenseRowsAreReadAsListedOnes(t *testing.T) {
	for name, o := range map[string]Options{
		"one value":  {Index: []string{"day", "site", "name"}, Value: "value"},
		"codes":      {Index: []string{"day", "site", "name"}, Value: "other"},
		"two values": {Index: []string{"name", "day", "site"}, Value: "value,other"},
		"marks":      {Index: []string{"day", "name", "site"}, Value: "other", Missing: []string{"17"}},
	} {
		t.Run(name, func(t *testing.T) {
			rows := denseRows(rand.New(rand.NewPCG(4, 5)))
			data := parquetOf(t, rows)
			dense, err := parse("t.parquet", data, o)
			if err != nil {
				t.Fatal(err)
			}
			held, ok := dense.cells.(*denseCells)
			if !ok {
				t.Fatalf("the cells are %T", dense.cells)
			}
			if coded := held.grid.Load().codes != nil; coded != (o.Value == "other") {
				t.Errorf("the values are codes: %v", coded)
			}
			// A row that is there twice makes the reader list the cells.
			twice := o
			twice.Duplicates = FirstOfDuplicates
			listed, err := parse("t.parquet", parquetOf(t, append(rows, rows[len(rows)-1])), twice)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := listed.cells.(*heldCells); !ok {
				t.Fatalf("the cells are %T", listed.cells)
			}
			low, high := dense.Range()
			wantLow, wantHigh := listed.Range()
			mean, deviation := dense.Moments()
			wantMean, wantDeviation := listed.Moments()
			if low != wantLow || high != wantHigh || mean != wantMean || deviation != wantDeviation {
				t.Errorf("from %v to %v, mean %v, deviation %v", low, high, mean, deviation)
			}
			gaps := map[string]int{}
			for part := range dense.cells.eachGap() {
				for c := range part[0] {
					key := ""
					for _, column := range part {
						key += fmt.Sprint(column[c], " ")
					}
					gaps[key]++
				}
			}
			known, count := dense.cells.count()
			if !reflect.DeepEqual(dense.Observed(), listed.Observed()) || known != dense.Observed().Len() {
				t.Error("other cells are known")
			}
			repeated := listed.Gaps() - dense.Gaps() // of the row that is there twice
			for n, column := range dense.Fill() {
				if !reflect.DeepEqual(column, listed.Fill()[n][:len(column)]) {
					t.Error("other gaps are listed, or in another order")
				}
			}
			if len(gaps) != count || count != len(dense.Fill()[0]) || repeated < 0 || repeated > 2 {
				t.Errorf("%d gaps in any order, %d counted, %d listed, %d more in the other table", len(gaps), count,
					len(dense.Fill()[0]), repeated)
			}
			fill := func(cell []int32) Filled { return Filled{Value: float64(cell[0]*10000 + cell[1]*100 + cell[2])} }
			var out bytes.Buffer
			if err := dense.WriteTo(&out, fill); err != nil {
				t.Fatal(err)
			}
			o.Missing = nil // all that was one is filled
			again, err := parse("t.parquet", out.Bytes(), o)
			if err != nil {
				t.Fatal(err)
			}
			if again.Gaps() != 0 || again.Known() != known+count {
				t.Errorf("what is written has %d gaps and %d known cells", again.Gaps(), again.Known())
			}
		})
	}
}

// TestWideTextIsReadAsListedCells compares a wide text each row of which has a label of its own with one that has a row
// twice, whose cells are listed.
func TestWideTextIsReadAsListedCells(t *testing.T) {
	t.Run("in order", func(t *testing.T) { wideTextIsReadAsListedCells(t, 1) })
	t.Run("descending", func(t *testing.T) { wideTextIsReadAsListedCells(t, -1) })
}

func wideTextIsReadAsListedCells(t *testing.T, step int) {
	r := rand.New(rand.NewPCG(6, 7))
	text := []byte("place")
	for k := range 90 {
		text = fmt.Appendf(text, ",%d", 400+step*k) // labels that are put in ascending order
	}
	var last string
	for row := range 2000 { // more than one piece of a text
		last = fmt.Sprintf("\np%d", (row*7919)%2003)
		for range 90 {
			switch r.IntN(12) {
			case 0:
				last += ","
			case 1:
				last += ",NA"
			default:
				last += fmt.Sprintf(",%.3f", r.NormFloat64())
			}
		}
		text = append(text, last...)
	}
	dense, err := parse("t.csv", append(text, '\n'), Options{Wide: true})
	if err != nil {
		t.Fatal(err)
	}
	if held, ok := dense.cells.(*denseCells); !ok || held.movable() != (step > 0) {
		t.Fatalf("the cells are %T", dense.cells)
	}
	used, err := parse("t.csv", append(text, '\n'), Options{Wide: true})
	if err != nil {
		t.Fatal(err)
	}
	listed, err := parse("t.csv", append(append(text, last...), '\n'), Options{Wide: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := listed.cells.(*heldCells); !ok {
		t.Fatalf("the cells are %T", listed.cells)
	}
	if !reflect.DeepEqual(dense.Observed(), listed.Observed()) {
		t.Error("other cells are known")
	}
	seen := 0
	for values := range used.cells.values() {
		if seen += len(values); used.Observed().Values[seen-1] != values[len(values)-1] {
			t.Error("while the cells are decoded, other ones are listed")
		}
	}
	if seen != used.Known() || !reflect.DeepEqual(used.Observed(), listed.Observed()) {
		t.Error("other cells are known where they were decoded meanwhile")
	}
	for n, column := range dense.Fill() {
		if len(column) != dense.Gaps() || !reflect.DeepEqual(column, listed.Fill()[n][:len(column)]) {
			t.Error("other gaps are listed, or in another order")
		}
	}
	marks := 0
	for _, mark := range dense.Reading.Gaps {
		marks += mark.Count
	}
	if marks != dense.Gaps() {
		t.Errorf("%d marks for %d gaps", marks, dense.Gaps())
	}
}
