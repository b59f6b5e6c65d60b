package dataio

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbook makes a workbook of sheets, each the cells from A1 on; nil leaves a cell empty.
func workbook(t testing.TB, change func(book *excelize.File), names []string, sheets ...[][]any) []byte {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	for k, rows := range sheets {
		if k == 0 {
			book.SetSheetName("Sheet1", names[0])
		} else if _, err := book.NewSheet(names[k]); err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, content := range row {
				cell, _ := excelize.CoordinatesToCellName(c+1, r+1)
				if err := book.SetCellValue(names[k], cell, content); content != nil && err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if change != nil {
		change(book)
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func xlsxStyle(t testing.TB, book *excelize.File, format string) int {
	t.Helper()
	style, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		t.Fatal(err)
	}
	return style
}

// xlsxSample has a title above the table, dates, merged labels, an error for a gap, a line of its source below, and a
// second sheet without a table.
func xlsxSample(t testing.TB) []byte {
	return workbook(t, func(book *excelize.File) {
		dates, numbers := xlsxStyle(t, book, `dd/mm/yyyy "d"`), xlsxStyle(t, book, `0.00" mm"`)
		if err := book.MergeCell("rain", "A4", "A5"); err != nil {
			t.Fatal(err)
		}
		book.SetCellStyle("rain", "B4", "B7", dates)
		book.SetCellStyle("rain", "C4", "C7", numbers)
	}, []string{"rain", "notes"}, [][]any{
		{"Rain in two towns"},
		{},
		{"town", "day", "rain", "remark"},
		{"Graz", 43831, 1.25, "wet"},
		{nil, 43832, nil, nil},
		{"Wien", 43831, "#N/A", nil},
		{"Wien", 43832, 4, "01"},
		{"Source: made up"},
	}, [][]any{{"hello"}})
}

func TestXLSX(t *testing.T) {
	data := xlsxSample(t)
	o := Options{Index: []string{"town", "day"}, Value: "rain"}
	table := mustRead(t, save(t, "t.xlsx", string(data)), o)
	if got := fmt.Sprint(table.Format, spelt(table.Observed().Modes), table.Observed().Values, table.Gaps()); got !=
		"Excel[{town [Graz Wien]} {day [2020-01-01 2020-01-02]}][1.25 4] 2" {
		t.Errorf("read %s", got)
	}
	if got := strings.Join(table.Reading.Notes, "; "); !strings.Contains(got, "row 3") ||
		!strings.Contains(got, "the last 1 row") {
		t.Errorf("notes %q", got)
	}
	after, out := written(t, table, "out.xlsx", o, "lacuna_low")
	checkFilledCells(t, table, after)
	before, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	for r := 1; r <= 8; r++ {
		for c := 1; c <= 4; c++ {
			cell, _ := excelize.CoordinatesToCellName(c, r)
			want, _ := before.GetCellValue("rain", cell)
			got, _ := book.GetCellValue("rain", cell)
			if filled := map[string]string{"C5": "51.00 mm", "C6": "60.00 mm"}[cell]; filled != "" {
				want = filled
			}
			if got != want {
				t.Errorf("cell %s is %q, want %q", cell, got, want)
			}
		}
	}
	for cell, want := range map[string]string{
		"E3": "lacuna_filled", "F3": "lacuna_stderr", "G3": "lacuna_low", "E4": "0", "E5": "1", "F4": "", "F5": "0.25 mm",
	} {
		if got, _ := book.GetCellValue("rain", cell); got != want {
			t.Errorf("cell %s is %q, want %q", cell, got, want)
		}
	}
	if got, _ := book.GetCellValue("notes", "A1"); got != "hello" {
		t.Errorf("the other sheet holds %q", got)
	}
}

func TestXLSXSheets(t *testing.T) {
	rows := [][]any{{"a", "b", "v"}, {"x", 1, 2}, {"x", 2, nil}, {"y", 1, 3}}
	path := save(t, "t.xlsx", string(workbook(t, nil, []string{"first", "my second"}, rows, rows)))
	for o, want := range map[string]string{
		"": "several sheets: first, my second: choose one with --sheet", "third": "no sheet",
	} {
		if _, err := Read(path, Options{Sheet: o}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--sheet %q gives %v, want %q", o, err, want)
		}
	}
	table := mustRead(t, path, Options{Sheet: "my second", FullGrid: true})
	var out bytes.Buffer
	if err := table.WriteTo(&out, byCoordinates); err != nil {
		t.Fatal(err)
	}
	book, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := book.GetRows("my second")
	if err != nil || fmt.Sprint(got[2:]) != "[[x 2 51 1 0.25] [y 1 3 0] [y 2 61 1 0.25]]" {
		t.Errorf("rows %v (%v)", got, err)
	}
	if got, _ := book.GetRows("first"); len(got) != 4 || len(got[2]) != 2 {
		t.Errorf("the other sheet is %v", got)
	}
	if _, err := Read(path, Options{Array: "x"}); err == nil || !strings.Contains(err.Error(), "--array has no effect") {
		t.Errorf("--array gives %v", err)
	}
}

func FuzzXLSX(f *testing.F) {
	f.Add(xlsxSample(f))
	fuzzRead(f, "t.xlsx", Options{Index: []string{"town", "day"}, Value: "rain", Duplicates: MeanOfDuplicates})
}

// TestXLSXWithoutCorner reads labels below an empty cell, as pandas writes an index without a name.
func TestXLSXWithoutCorner(t *testing.T) {
	data := workbook(t, nil, []string{"s"}, [][]any{{nil, 2001, 2002}, {"a", 1.5, nil}, {"b", 2.5, 3.5}})
	if got := told(mustRead(t, save(t, "t.xlsx", string(data)), Options{})); got != "row a b, year 2001 2002 | [1.5 2.5 3.5] | 1 gaps | " {
		t.Errorf("read %s", got)
	}
}

func TestXLSXNamesInSeveralRows(t *testing.T) {
	data := workbook(t, func(book *excelize.File) {
		if err := book.MergeCell("s", "B1", "C1"); err != nil {
			t.Fatal(err)
		}
	}, []string{"s"}, [][]any{{"day", "rain", nil, "frost"}, {nil, "ash", "elm", "ash"}, {"mon", 1, nil, 2}, {"tue", 1, 3, 2}})
	_, err := Read(save(t, "t.xlsx", string(data)), Options{})
	if err == nil || !strings.Contains(err.Error(), `:1: column "rain": the name stands over several columns`) {
		t.Errorf("error %v", err)
	}
}

// TestXLSXYearsAcross reads years that are columns, below two lines of which one has as many cells as most rows of a table.
func TestXLSXYearsAcross(t *testing.T) {
	data := workbook(t, nil, []string{"rain"}, [][]any{
		{"Rain by town"},
		{"made", "by hand"},
		{nil},
		{"town", 2001, 2002},
		{"a", 1.5, nil},
		{"b", 2.5, 3.5},
	})
	table := mustRead(t, save(t, "rain.xlsx", string(data)), Options{})
	const want = "town a b, year 2001 2002 | [1.5 2.5 3.5] | 1 gaps | "
	if got := told(table); got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if notes := strings.Join(table.Reading.Notes, "; "); !strings.Contains(notes, "row 4") || !strings.Contains(notes, "called year") {
		t.Errorf("notes %q", notes)
	}
}

// TestXLSXRemarks leaves lines of two cells below a table alone, and takes a row of two labels without a value for a gap.
func TestXLSXRemarks(t *testing.T) {
	rows := [][]any{{"year", "town", "v"}, {2001, "a", 1.5}, {2001, "b", 2.5}, {2002, "a", 3.5}, {2002, "b", nil}}
	for name, test := range map[string]struct {
		below [][]any
		gaps  int
	}{
		"none":        {nil, 1},
		"source":      {[][]any{{"Source:", "Met Office"}}, 1},
		"far below":   {[][]any{{}, {"Source:", "Met Office"}, {"as of May"}}, 1},
		"a row":       {[][]any{{2003, "a"}}, 2},
		"another row": {[][]any{{"2003", "a"}}, 2},
	} {
		path := save(t, "t.xlsx", string(workbook(t, nil, []string{"s"}, append(slices.Clone(rows), test.below...))))
		table, err := Read(path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := table.listedGaps(); got != test.gaps || table.Known() != 3 {
			t.Errorf("%s: %d known, %d gaps; want 3 and %d", name, table.Known(), got, test.gaps)
		}
	}
}
