package dataio

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"codeberg.org/sbinet/npyio/npz"
)

// archiveOf is a .npz archive of arrays, given as names and .npy files in turn.
func archiveOf(t *testing.T, method uint16, members ...any) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for k := 0; k < len(members); k += 2 {
		if err := addMember(w, members[k].(string)+".npy", method, members[k+1].([]byte)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestNamedAxes reads an array whose axes have names and labels: they say which labels are neighbours.
func TestNamedAxes(t *testing.T) {
	nan := math.NaN()
	values := npyFloats([]int{3, 1, 2}, false, []float64{30, nan, 10, 11, 20, 21})
	days, sites := []string{"2020-01-03", "2020-01-01", "2020-01-02"}, []string{"Oslo", "Bergen–ø"}
	archive := archiveOf(t, zip.Store, "x", values, "modes", npyStrings([]string{"day", "run", "site"}),
		"labels_0", npyStrings(days), "labels_2", npyStrings(sites))
	table := mustRead(t, save(t, "t.npz", archive), Options{})
	if got := fmt.Sprint(table.Observed().Modes[0].Name, table.Observed().Modes[0].Labels, table.Observed().Modes[1].Labels); got !=
		"day[2020-01-01 2020-01-02 2020-01-03] [Oslo Bergen–ø]" {
		t.Errorf("modes %s", got)
	}
	if got := fmt.Sprint(table.Observed().Values); got != "[10 11 20 21 30]" {
		t.Errorf("values %s", got)
	}
	after, data := written(t, table, "out.npz", Options{Array: "x"})
	checkFilledCells(t, table, after)
	members, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range members.File {
		if member.Method != zip.Store {
			t.Errorf("%s is compressed, and the input was not", member.Name)
		}
	}
	if !slices.Equal(after.Observed().Modes[0].Labels, table.Observed().Modes[0].Labels) {
		t.Errorf("labels after %v", after.Observed().Modes[0].Labels)
	}
}

// TestListedCells reads a list of cells, fills its gap, and with the full grid the cells that it does not list.
func TestListedCells(t *testing.T) {
	nan := math.NaN()
	list := func(values ...float64) string {
		return archiveOf(t, zip.Store, "value", npyFloats([]int{len(values)}, false, values),
			"index_0", npyInts([]int64{1, 0, 0, 2}), "index_1", npyInts([]int64{0, 0, 1, 1}),
			"modes", npyStrings([]string{"day", "site"}), "labels_0", npyStrings([]string{"7", "5", "6"}))
	}
	table := mustRead(t, save(t, "t.npz", list(50, 70, nan, 61)), Options{})
	if got := fmt.Sprint(table.Observed().Modes[0].Labels, table.Observed().Index, table.Observed().Values, table.Fill()); got !=
		"[5 6 7] [[0 1 2] [0 1 0]] [50 61 70] [[2] [1]]" {
		t.Errorf("read %s", got)
	}
	after, _ := written(t, table, "out.npz", Options{Array: "value"})
	checkFilledCells(t, table, after)

	table = mustRead(t, save(t, "t.npz", list(50, 70, 71, 61)), Options{FullGrid: true})
	if table.Gaps() != 2 {
		t.Fatalf("%d gaps in the full grid, want 2", table.Gaps())
	}
	after, data := written(t, table, "out.npz", Options{Array: "value"})
	if after.Observed().Len() != 6 {
		t.Errorf("%d cells after filling, want 6", after.Observed().Len())
	}
	var rows []int64
	var filled []uint8
	for name, to := range map[string]any{"index_0.npy": &rows, "lacuna_filled.npy": &filled} {
		if err := npz.Read(bytes.NewReader(data), name, to); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprint(rows, filled); got != "[1 0 0 2 1 2] [0 0 0 0 1 1]" { // label 5 is number 1, and 6 is 2
		t.Errorf("the output lists %s", got)
	}
}

// TestBadArchives names what is wrong with the description of an array or a list.
func TestBadArchives(t *testing.T) {
	square := npyFloats([]int{2, 2}, false, []float64{1, 2, 3, math.NaN()})
	vector := npyFloats([]int{2}, false, []float64{1, 2})
	ab, whole := npyStrings([]string{"a", "b"}), npyInts([]int64{0, 1})
	for want, members := range map[string][]any{
		"2 axes, and modes names 3":       {"x", square, "modes", npyStrings([]string{"a", "b", "c"})},
		`modes holds the name "a" twice`:  {"x", square, "modes", npyStrings([]string{"a", "a"})},
		"there is labels_2":               {"x", square, "labels_2", ab},
		"labels_1 holds 3 labels":         {"x", square, "labels_1", npyStrings([]string{"a", "b", "c"})},
		`labels_0 holds the label "a"`:    {"x", square, "labels_0", npyStrings([]string{"a", "a"})},
		"several arrays":                  {"x", square, "labels_0", vector}, // numbers are no labels
		"it is no vector of texts":        {"x", square, "labels_0", npyHeader("<U0", false, []int{2})},
		"its shape tells 2 elements":      {"x", square, "labels_0", npyHeader("<U9", false, []int{2})},
		"the values are a list of cells":  {"x", square, "index_0", whole, "index_1", whole},
		"index_1 has the shape [2] of ty": {"x", vector, "index_0", whole, "index_1", vector},
		"element 1 of index_1 is 5":       {"x", vector, "index_0", whole, "index_1", npyInts([]int64{0, 5}), "labels_1", ab},
		"element 0 of index_0 is -1":      {"x", vector, "index_0", npyInts([]int64{-1, 0}), "index_1", whole},
	} {
		_, err := Read(save(t, "t.npz", archiveOf(t, zip.Store, members...)), Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
	for _, o := range []Options{{FullGrid: true}, {Duplicates: MeanOfDuplicates}} {
		_, err := Read(save(t, "t.npz", archiveOf(t, zip.Store, "x", square)), o)
		if err == nil || !strings.Contains(err.Error(), "has no effect") {
			t.Errorf("options without effect on a whole array: error %v", err)
		}
	}
}
