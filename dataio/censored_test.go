package dataio

import (
	"archive/zip"
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// TestLimits reads what says limits, and nothing else.
func TestLimits(t *testing.T) {
	inf := math.Inf(1)
	up, down := func(x float64) float64 { return math.Nextafter(x, inf) }, func(x float64) float64 { return math.Nextafter(x, -inf) }
	for _, c := range []struct {
		text      string
		low, high float64
		problem   string
		ok        bool
	}{
		{"<0.5", -inf, 0.5, "", true},
		{"< 0.5", -inf, 0.5, "", true},
		{"<=0.5", -inf, up(0.5), "", true},
		{"≤ 0.5", -inf, up(0.5), "", true},
		{"<-3", -inf, -3, "", true},
		{"<1e-3", -inf, 1e-3, "", true},
		{">200", 200, inf, "", true},
		{">= 200", down(200), inf, "", true},
		{"≥200", down(200), inf, "", true},
		{"0.1..0.5", down(0.1), up(0.5), "", true},
		{"[0.1, 0.5]", down(0.1), up(0.5), "", true},
		{"(0.1;0.5]", down(0.1), up(0.5), "", true},
		{"<0.5 mg", -inf, 0, withFlag, true},
		{"<LOD", -inf, 0, notANumber, true},
		{"0.5..0.1", 0.5, 0.1, noInterval, true},
		{"<", -inf, inf, "", false},
		{"0.5", 0, 0, "", false},
		{"1..", 0, 0, "", false},
		{"a..b", 0, 0, "", false},
		{"[0.5]", 0, 0, "", false},
	} {
		low, high, problem, ok := (&numbers{mayComma: true}).limits([]byte(c.text))
		if ok != c.ok || ok && problem != c.problem || ok && problem == "" && (low != c.low || high != c.high) {
			t.Errorf("%s: from %v to %v, problem %q, a limit: %v", c.text, low, high, problem, ok)
		}
	}
}

// limitRows are the rows of a table with limits.
var limitRows = [][]string{
	{"a", "p", "1.5"},
	{"a", "q", "<0.5"},
	{"a", "r", "2.5"},
	{"b", "p", "> 9"},
	{"b", "q", ""},
	{"b", "r", "0.7"},
	{"c", "p", "3.5"},
	{"c", "q", "0.1..0.5"},
	{"c", "r", "≤0.5"},
}

// TestTablesWithLimits reads the same table as text, a workbook, Parquet and an archive of arrays, and writes it filled.
func TestTablesWithLimits(t *testing.T) {
	type row struct{ Site, Metal, Conc string }
	var rows []row
	text := "Site,Metal,Conc\n"
	cells := [][]any{{"Site", "Metal", "Conc"}}
	for _, r := range limitRows {
		rows = append(rows, row{r[0], r[1], r[2]})
		text += strings.Join(r, ",") + "\n"
		cells = append(cells, []any{r[0], r[1], r[2]})
	}
	var packed bytes.Buffer
	if err := parquet.Write(&packed, rows); err != nil {
		t.Fatal(err)
	}
	wide := "Site,p,q,r\na,1.5,<0.5,2.5\nb,> 9,,0.7\nc,3.5,0.1..0.5,≤0.5\n"
	for _, c := range []struct {
		name, ending string
		data         []byte
		options      Options
	}{
		{"long text", ".csv", []byte(text), Options{}},
		{"wide text", ".csv", []byte(wide), Options{Wide: true}},
		{"several value columns", ".csv", []byte(wide), Options{Index: []string{"Site"}, Value: "p,q,r"}},
		{"workbook", ".xlsx", workbook(t, nil, []string{"x"}, cells), Options{}},
		{"Parquet", ".parquet", packed.Bytes(), Options{}},
	} {
		path := "t" + c.ending
		if _, err := ReadFrom(bytes.NewReader(c.data), path, c.options); err == nil || !strings.Contains(err.Error(), "--censored") {
			t.Errorf("%s: without the option: %v", c.name, err)
		}
		c.options.Censored = true
		table, err := ReadFrom(bytes.NewReader(c.data), path, c.options)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		checkLimited(t, c.name, table)
		out := filepath.Join(t.TempDir(), "out"+c.ending)
		err = table.Write(out, func(cell []int32) Filled {
			return Filled{Value: 0.25, Stderr: 0.125, Extra: []float64{math.NaN(), 0.5}}
		}, "lacuna_above", "lacuna_below")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		_, err = Read(out, Options{})
		if err == nil || !strings.Contains(err.Error(), "filled this file already") && !strings.Contains(err.Error(), "lacuna") {
			t.Errorf("%s: what was written is read again: %v", c.name, err)
		}
	}
}

func checkLimited(t *testing.T, name string, table *Table) {
	t.Helper()
	c := table.Censored()
	if c == nil || len(c.Low) != 4 || *table.Reading.Censored != (Limited{2, 1, 1}) {
		t.Fatalf("%s: limits %+v, counted %+v", name, c, table.Reading.Censored)
	}
	inf := math.Inf(1)
	near := func(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-15 }
	if !slices.EqualFunc(c.Low, []float64{-inf, 9, 0.1, -inf}, near) || !slices.EqualFunc(c.High, []float64{0.5, inf, 0.5, 0.5}, near) {
		t.Errorf("%s: limits from %v to %v", name, c.Low, c.High)
	}
	if !slices.Equal(c.Index[0], []int32{0, 1, 2, 2}) || !slices.Equal(c.Index[1], []int32{1, 0, 1, 2}) {
		t.Errorf("%s: limits at %v", name, c.Index)
	}
	if table.Gaps() != 5 || len(table.Fill()[0]) != 1 || table.Observed().Len() != 4 {
		t.Errorf("%s: %d cells are filled, %d of them gaps, %d known", name, table.Gaps(), len(table.Fill()[0]), table.Observed().Len())
	}
}

// TestFlagsBesideLimits counts each value that loses its unit once, limits too.
func TestFlagsBesideLimits(t *testing.T) {
	text := "a,b,v\nx,p,1.5 mg\nx,q,<0.5 mg\ny,p,0.7 mg\ny,q,0.1 mg\nz,p,>9 mg\nz,q,2.5\n"
	table, err := ReadFrom(strings.NewReader(text), "t.csv", Options{Censored: true, Flags: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(table.Reading.Notes, "flags are dropped from 5 values") || table.Reading.Censored.All() != 2 {
		t.Errorf("notes %q, %+v", table.Reading.Notes, table.Reading.Censored)
	}
}

// TestArraysWithLimits reads limits from the arrays above and below.
func TestArraysWithLimits(t *testing.T) {
	nan := math.NaN()
	shape := []int{3, 3}
	values := []float64{1.5, nan, 2.5, nan, nan, 0.7, 3.5, nan, nan}
	above := []float64{nan, nan, nan, 9, nan, nan, nan, 0.1, nan}
	below := []float64{nan, 0.5, nan, nan, nan, nan, nan, 0.5, 0.5}
	read := func(shapeBelow []int) (*Table, error) {
		archive := archiveOf(t, zip.Store, "values", npyFloats(shape, false, values), "above", npyFloats(shape, false, above),
			"below", npyFloats(shapeBelow, false, below))
		return ReadFrom(strings.NewReader(archive), "t.npz", Options{Censored: true})
	}
	table, err := read(shape)
	if err != nil {
		t.Fatal(err)
	}
	checkLimited(t, "arrays", table)
	if _, err = read([]int{9}); err == nil || !strings.Contains(err.Error(), "shape") {
		t.Errorf("limits of another shape: %v", err)
	}
	below[0] = 2
	if _, err = read(shape); err == nil || !strings.Contains(err.Error(), "has the value 1.5 and limits") {
		t.Errorf("a value beside limits: %v", err)
	}
}

// TestManyLimits reads a text in several pieces: limits belong to their cells for any number of pieces.
func TestManyLimits(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b,v\n")
	const rows, columns = 700, 500
	for i := range rows {
		for k := range columns {
			switch number := i*columns + k; {
			case number%7 == 3:
				text.WriteString(strconv.Itoa(i) + "," + strconv.Itoa(k) + ",<" + strconv.Itoa(number) + "\n")
			case number%11 == 5:
				text.WriteString(strconv.Itoa(i) + "," + strconv.Itoa(k) + ",\n")
			default:
				text.WriteString(strconv.Itoa(i) + "," + strconv.Itoa(k) + "," + strconv.Itoa(number) + ".5\n")
			}
		}
	}
	table, err := ReadFrom(strings.NewReader(text.String()), "t.csv", Options{Censored: true})
	if err != nil {
		t.Fatal(err)
	}
	c := table.Censored()
	if c == nil || len(c.High) != table.Reading.Censored.Below {
		t.Fatal("limits were lost")
	}
	for k, high := range c.High {
		if want := float64(int(c.Index[0][k])*columns + int(c.Index[1][k])); high != want || int(want)%7 != 3 {
			t.Fatalf("cell %d, %d is below %v, not %v", c.Index[0][k], c.Index[1][k], high, want)
		}
	}
}
