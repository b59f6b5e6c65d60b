package dataio

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// save writes a file of the test.
func save(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustRead reads a file that is in order.
func mustRead(t *testing.T, path string, o Options) *Table {
	t.Helper()
	table, err := Read(path, o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// byCoordinates fills a cell with a number that tells its coordinates.
func byCoordinates(cell []int32) Filled {
	value := 0.5
	for _, i := range cell {
		value = 10*value + float64(i)
	}
	return Filled{Value: value, Stderr: 0.25}
}

// filledText writes the table under the same ending and returns the text.
func filledText(t *testing.T, table *Table, fill func([]int32) Filled, extra ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "out"+filepath.Ext(table.Path))
	if err := table.Write(path, fill, extra...); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

func TestLongCSV(t *testing.T) {
	path := save(t, "t.csv", lines(
		"month,station,value",
		"1960,oxford,7.50",
		"1960,lerwick,na",
		`1961,"oxford",`,
		"1961,lerwick, 5e0 ",
		`1962,oxford,"-"`,
	))
	table := mustRead(t, path, Options{})
	if table.Format != LongCSV || table.Gaps() != 3 || table.Observed().Len() != 2 || table.Complete() {
		t.Fatalf("format %q, %d gaps, %d observed", table.Format, table.Gaps(), table.Observed().Len())
	}
	if got := spelt(table.Observed().Modes); got != "[{month [1960 1961 1962]} {station [oxford lerwick]}]" {
		t.Errorf("modes %s", got)
	}
	var cells []string
	for cell := range table.GapCells() {
		cells = append(cells, fmt.Sprint(cell))
	}
	if got := strings.Join(cells, ""); got != "[0 1][1 0][2 0]" {
		t.Errorf("gaps %s", got)
	}
	want := lines(
		"month,station,value,lacuna_filled,lacuna_stderr",
		"1960,oxford,7.50,0,",
		"1960,lerwick,51,1,0.25",
		`1961,"oxford",60,1,0.25`,
		"1961,lerwick, 5e0 ,0,",
		"1962,oxford,70,1,0.25",
	)
	if got := filledText(t, table, byCoordinates); got != want {
		t.Errorf("written:\n%s\nwant:\n%s", got, want)
	}
}

func TestErrorsAreTyped(t *testing.T) {
	_, err := Read(filepath.Join(t.TempDir(), "none.csv"), Options{})
	if e := new(Error); !errors.As(err, &e) {
		t.Errorf("%v is no *Error", err)
	}
}

func TestInfiniteStderr(t *testing.T) {
	table := mustRead(t, save(t, "t.csv", "a;b;v\r\n1;1;2,5\r\n1;2;\r\n2;1;3\r\n2;2;1,25"), Options{})
	got := filledText(t, table, func([]int32) Filled {
		return Filled{Value: 1.5, Stderr: math.Inf(1), Extra: []float64{math.Inf(-1), 2.5}}
	}, "lacuna_low", "lacuna_high")
	want := "a;b;v;lacuna_filled;lacuna_stderr;lacuna_low;lacuna_high\r\n" +
		"1;1;2,5;0;;;\r\n1;2;1,5;1;Inf;-Inf;2,5\r\n2;1;3;0;;;\r\n2;2;1,25;0;;;"
	if got != want {
		t.Errorf("written:\n%q\nwant:\n%q", got, want)
	}
}
