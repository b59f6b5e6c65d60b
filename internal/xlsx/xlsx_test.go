package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

const limit = 1 << 30

// parts makes a workbook of the given parts, which begins with the names of the parts that every workbook has.
func parts(t testing.TB, sheet string, more map[string]string) []byte {
	t.Helper()
	const relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	all := map[string]string{
		"[Content_Types].xml": `<Types><Override PartName="/xl/workbook.xml" ContentType="w"/>` +
			`<Override PartName="/xl/calcChain.xml" ContentType="c"/></Types>`,
		"_rels/.rels": `<Relationships><Relationship Id="a" Type="` + relation + `officeDocument" Target="xl/workbook.xml"/>` +
			`</Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="one" sheetId="1" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="b" Type="` + relation + `worksheet" ` +
			`Target="worksheets/sheet1.xml"/><Relationship Id="c" Type="` + relation + `calcChain" Target="calcChain.xml"/>` +
			`<Relationship Id="d" Type="` + relation + `sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>`,
		"xl/calcChain.xml":         `<calcChain><c r="B1" i="1"/></calcChain>`,
		"xl/sharedStrings.xml":     `<sst><si><t>plain</t></si><si><r><t>two </t></r><r><t>parts</t></r><rPh><t>x</t></rPh></si></sst>`,
		"xl/worksheets/sheet1.xml": sheet,
	}
	for name, text := range more {
		all[name] = text
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range all {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// opened is a workbook, one of its sheets, and that sheet's rows.
type opened struct {
	book  *Book
	sheet *Sheet
	rows  []Row
}

func open(t testing.TB, data []byte, name string) *opened {
	t.Helper()
	b, err := Open(data, limit)
	if err != nil {
		t.Fatal(err)
	}
	o := &opened{book: b}
	o.sheet, err = b.Sheet(name, func(row *Row) error {
		kept := *row
		kept.Cells = slices.Clone(row.Cells)
		o.rows = append(o.rows, kept)
		return nil
	})
	if err != nil || o.sheet == nil {
		t.Fatalf("sheet %v, %v", o.sheet, err)
	}
	return o
}

// cells lists the cells with something in them.
func (o *opened) cells() string {
	text := ""
	for _, r := range o.rows {
		for _, c := range r.Cells {
			if c.Text != "" {
				text += fmt.Sprintf("%s%s=%s ", Name(c.Column, c.Row), c.Kind, c.Text)
			}
		}
	}
	return strings.TrimSpace(text)
}

func (o *opened) edit(t testing.TB) *Editor {
	t.Helper()
	e, err := o.book.Edit(o.sheet)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func written(t testing.TB, e *Editor, changes ...Change) []byte {
	t.Helper()
	for _, c := range changes {
		e.Set(c)
	}
	var out bytes.Buffer
	if err := e.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func part(t testing.TB, data []byte, name string) string {
	t.Helper()
	b, err := Open(data, limit)
	if err != nil {
		t.Fatal(err)
	}
	text, err := b.read(name)
	if err != nil {
		return "none"
	}
	return string(text)
}

func TestCellsOfEveryKind(t *testing.T) {
	s := open(t, parts(t, `<?xml version="1.0" encoding="UTF-8"?>
<x:worksheet xmlns:x="m"><x:sheetData><x:row><x:c t="s"><x:v>1</x:v></x:c><x:c><x:v>1.5</x:v></x:c><x:c/>
<x:c t="inlineStr"><x:is><x:t>a_x000D_b</x:t></x:is></x:c></x:row>
<x:row r="4"><x:c r="C4" t="b"><x:v>1</x:v></x:c><x:c r="D4" t="e"><x:f>1/0</x:f><x:v>#DIV/0!</x:v></x:c>
<x:c t="str"><x:v>7</x:v></x:c><x:c r="AB4" t="n"><x:v>-2e3</x:v></x:c></x:row></x:sheetData>
<x:mergeCells><x:mergeCell ref="A2:B3"/></x:mergeCells></x:worksheet>`, nil), "one")
	want := "A1s=two parts B1=1.5 D1inlineStr=a\rb C4b=1 D4e=#DIV/0! E4str=7 AB4=-2e3"
	if got := s.cells(); got != want {
		t.Errorf("cells %q, want %q", got, want)
	}
	if got := fmt.Sprint(s.sheet.Merged); got != "[{1 2 2 3}]" {
		t.Errorf("merged %s", got)
	}
}

func TestOnlyWhatChangesIsWritten(t *testing.T) {
	sheet := `<x:worksheet xmlns:x="m" xmlns:y="n"><x:dimension ref="A1:B2"/><x:sheetData><x:row spans="1:2" y:more="1">` +
		`<x:c t="s" y:z="2"><x:v>0</x:v></x:c><x:c s="3"/></x:row><x:row r="3"/></x:sheetData><x:last y:q="5"/></x:worksheet>`
	s := open(t, parts(t, sheet, nil), "one").edit(t)
	data := written(t, s,
		Change{Column: 2, Row: 1, Style: 3, Value: 1.25},
		Change{Column: 3, Row: 2, Value: "a <b>\n_x0041_"},
		Change{Column: 4, Row: 3, Value: 1},
		Change{Column: 4, Row: 3, Value: 2},
		Change{Column: 1, Row: 9, Style: 1, Value: s.Cell(1, 1)},
	)
	want := `<x:worksheet xmlns:x="m" xmlns:y="n"><x:dimension ref="A1:D9"/><x:sheetData><x:row y:more="1" r="1">` +
		`<x:c r="A1" t="s" y:z="2"><x:v>0</x:v></x:c><x:c r="B1" s="3"><x:v>1.25</x:v></x:c></x:row>` +
		`<x:row r="2"><x:c r="C2" t="inlineStr"><x:is><x:t xml:space="preserve">a &lt;b&gt;&#xA;_x005F_x0041_</x:t></x:is></x:c></x:row>` +
		`<x:row r="3"><x:c r="D3"><x:v>2</x:v></x:c></x:row>` +
		`<x:row r="9"><x:c r="A9" s="1" t="s"><x:v>0</x:v></x:c></x:row></x:sheetData><x:last y:q="5"/></x:worksheet>`
	if got := part(t, data, "xl/worksheets/sheet1.xml"); got != want {
		t.Errorf("the sheet is\n%s, want\n%s", got, want)
	}
	if after := open(t, data, "one"); after.cells() != "A1s=plain B1=1.25 C2inlineStr=a <b>\n_x0041_ D3=2 A9s=plain" {
		t.Errorf("read again: %q", after.cells())
	}
	for _, name := range []string{"[content_types].xml", "xl/calcchain.xml", "xl/sharedstrings.xml", "xl/_rels/workbook.xml.rels"} {
		if before, after := part(t, parts(t, sheet, nil), name), part(t, data, name); before != after {
			t.Errorf("%s is %s, was %s", name, after, before)
		}
	}
}

func TestFormulasThatGo(t *testing.T) {
	s := open(t, parts(t, `<worksheet><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c>`+
		`<c r="B1"><f t="shared" ref="B1:B2" si="0">A1*2</f></c><c r="C1"><f t="shared" ref="C1:C2" si="1">A1*3</f><v>6</v></c></row>`+
		`<row r="2"><c r="B2" q="7"><f t="shared" si="0"/><v>4</v></c><c r="C2"><f t="shared" si="1"/><v>8</v></c></row>`+
		`</sheetData></worksheet>`, nil), "one").edit(t)
	data := written(t, s, Change{Column: 2, Row: 1, Value: 5.0}, Change{Column: 4, Row: 1, Value: s.Cell(1, 1)})
	want := `<worksheet><sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><v>5</v></c>` +
		`<c r="C1"><f t="shared" ref="C1:C2" si="1">A1*3</f><v>6</v></c><c r="D1"><v>2</v></c></row>` +
		`<row r="2"><c r="B2" q="7"><v>4</v></c><c r="C2"><f t="shared" si="1"/><v>8</v></c></row></sheetData></worksheet>`
	if got := part(t, data, "xl/worksheets/sheet1.xml"); got != want {
		t.Errorf("the sheet is\n%s, want\n%s", got, want)
	}
	for _, name := range []string{"[content_types].xml", "xl/_rels/workbook.xml.rels"} {
		if text := part(t, data, name); strings.Contains(text, "calcChain") || !strings.Contains(text, "workbook.xml") &&
			!strings.Contains(text, "sheet1.xml") {
			t.Errorf("%s is %s", name, text)
		}
	}
	if got := part(t, data, "xl/calcchain.xml"); got != "none" {
		t.Errorf("the order of calculation is still %s", got)
	}
}

// TestOrderOfCells reads rows and cells that are stored out of their order.
func TestOrderOfCells(t *testing.T) {
	o := open(t, parts(t, `<worksheet><sheetData><row r="3"><c r="C3"><v>3</v></c><c r="A3"><v>1</v></c></row><row r="2"><c><v>2</v></c></row>`+
		`</sheetData></worksheet>`, nil), "one")
	if got := o.cells(); got != "A3=1 C3=3 A2=2" {
		t.Errorf("cells %s", got)
	}
	want := `<row r="2"><c r="A2"><v>2</v></c></row><row r="3"><c r="A3"><v>1</v></c><c r="B3"><v>0.5</v></c><c r="C3"><v>3</v></c></row>`
	data := written(t, o.edit(t), Change{Column: 2, Row: 3, Value: 0.5})
	if got := part(t, data, "xl/worksheets/sheet1.xml"); got != "<worksheet><sheetData>"+want+"</sheetData></worksheet>" {
		t.Errorf("written %s", got)
	}
}

// TestAgainstALibrary reads a workbook that another program made, and lets it read what is written.
func TestAgainstALibrary(t *testing.T) {
	book := excelize.NewFile()
	defer book.Close()
	for cell, value := range map[string]any{
		"B2": "name", "C2": "ä <&> \"", "D2": 1.25, "B3": true, "C3": -1e-300, "D3": time.Date(2024, 2, 29, 6, 0, 0, 0, time.UTC), "AA30": 7,
	} {
		if err := book.SetCellValue("Sheet1", cell, value); err != nil {
			t.Fatal(err)
		}
	}
	percent, plain := `0.0" %"`, "[Red]0.00"
	styles := []int{}
	for _, s := range []*excelize.Style{{NumFmt: 14}, {CustomNumFmt: &percent}, {CustomNumFmt: &plain}, {NumFmt: 2}} {
		id, err := book.NewStyle(s)
		if err != nil {
			t.Fatal(err)
		}
		styles = append(styles, id)
	}
	if _, err := book.NewSheet("two"); err != nil {
		t.Fatal(err)
	}
	if err := book.SetCellStr("two", "A1", "second"); err != nil {
		t.Fatal(err)
	}
	file, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	o := open(t, file.Bytes(), "Sheet1")
	b, s := o.book, o.edit(t)
	if got := fmt.Sprint(b.Sheets()); got != "[Sheet1 two]" {
		t.Errorf("sheets %s", got)
	}
	for _, r := range o.rows {
		for _, c := range r.Cells {
			want, err := book.GetCellValue("Sheet1", Name(c.Column, c.Row), excelize.Options{RawCellValue: true})
			if err != nil || c.Text != want {
				t.Errorf("%s is %q, want %q (%v)", Name(c.Column, c.Row), c.Text, want, err)
			}
		}
	}
	if got := o.cells(); strings.Count(got, "=") != 7 || !strings.Contains(got, "AA30=7") {
		t.Errorf("cells %q", got)
	}
	date := s.Cell(4, 3)
	when, ok := b.Time(45351.25)
	if !b.ShowsDate(date.Style) || !ok || !when.Equal(time.Date(2024, 2, 29, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("a date is %q, %v", date.Text, when)
	}
	for k, want := range []bool{true, false, false, false} {
		if b.ShowsDate(styles[k]) != want {
			t.Errorf("style %d shows dates: %v", k, !want)
		}
	}
	data := written(t, s,
		Change{Column: 4, Row: 2, Style: styles[3], Value: 2.5}, Change{Column: 28, Row: 31, Value: " text "},
		Change{Column: 5, Row: 3, Style: date.Style, Value: date})
	after, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	for cell, want := range map[string]string{
		"B2": "name", "C2": "ä <&> \"", "D2": "2.50", "B3": "TRUE", "AA30": "7", "AB31": " text ",
	} {
		if got, err := after.GetCellValue("Sheet1", cell); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", cell, got, want, err)
		}
	}
	first, _ := after.GetCellValue("Sheet1", "D3")
	if copied, _ := after.GetCellValue("Sheet1", "E3"); copied != first || first == "" {
		t.Errorf("the copy of a date is %q, want %q", copied, first)
	}
	if got, _ := after.GetCellValue("two", "A1"); got != "second" {
		t.Errorf("the other sheet holds %q", got)
	}
}

func TestTimes(t *testing.T) {
	for value, want := range map[float64]string{
		1: "1900-01-01 00:00:00", 59: "1900-02-28 00:00:00", 61: "1900-03-01 00:00:00", 43831: "2020-01-01 00:00:00",
		43831.0 + 1.0/3: "2020-01-01 08:00:00", 2958465: "9999-12-31 00:00:00", 0.5: "1899-12-31 12:00:00",
	} {
		if got, ok := new(Book).Time(value); !ok || got.Format(time.DateTime) != want {
			t.Errorf("%v is %v, want %s", value, got, want)
		}
	}
	if got, _ := (&Book{From1904: true}).Time(1.5); got.Format(time.DateTime) != "1904-01-02 12:00:00" {
		t.Errorf("from 1904: %v", got)
	}
	for _, value := range []float64{-1, math.NaN(), math.Inf(1), 3e6} {
		if got, ok := new(Book).Time(value); ok {
			t.Errorf("%v is %v", value, got)
		}
	}
}

// TestFormatsOfDates parts dates and times of a day from numbers and from durations.
func TestFormatsOfDates(t *testing.T) {
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, `[$-407]d\. mmmm yyyy;@`: true, "h:mm AM/PM": true, "mm:ss.0": true,
		"General": false, `0.00" days"`: false, "[Red]0.0%": false, `0\m`: false, "[h]:mm:ss": false, "[HH]:mm": false, "[mm]:ss": false, "[s]": false,
	} {
		if got := showsDate(164, code, true); got != want {
			t.Errorf("%s shows dates: %v", code, got)
		}
	}
	for id, want := range map[int]bool{0: false, 9: false, 14: true, 21: true, 45: true, 46: false, 47: true} {
		if got := showsDate(id, "", false); got != want {
			t.Errorf("format %d shows dates: %v", id, got)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string][2]int{"A1": {1, 1}, "Z9": {26, 9}, "AA10": {27, 10}, "XFD1048576": {MostColumns, MostRows}} {
		column, row, err := cellAt(name)
		if err != nil || [2]int{column, row} != want || Name(column, row) != name {
			t.Errorf("%s is %d, %d (%v), and back %s", name, column, row, err, Name(column, row))
		}
	}
	for _, name := range []string{"", "A", "1", "A0", "XFE1", "A1048577", "AAAAA1", "A-1", "$A$1"} {
		if column, row, err := cellAt(name); err == nil {
			t.Errorf("%q is %d, %d", name, column, row)
		}
	}
}

func TestDamage(t *testing.T) {
	for _, sheet := range []string{
		"", "<worksheet/>", "<worksheet><sheetData>", `<worksheet><sheetData><row r="0"/></sheetData></worksheet>`,
		`<worksheet><sheetData><row r="1"><c r="A2"/></row></sheetData></worksheet>`,
		`<worksheet><sheetData><row r="1"><c t="s"><v>2</v></c></row></sheetData></worksheet>`,
		`<worksheet><sheetData/><sheetData/></worksheet>`,
		`<worksheet><sheetData><row r="2"/><row r="1"/><row r="2"/></sheetData></worksheet>`,
		`<worksheet><sheetData><row><c r="B1"/><c r="A1"/><c r="B1"/></row></sheetData></worksheet>`,
	} {
		b, err := Open(parts(t, sheet, nil), limit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Sheet("one", func(*Row) error { return nil }); err == nil {
			t.Errorf("%q was read", sheet)
		}
	}
	if s, err := (&Book{sheets: []listed{{"charts", ""}}}).Sheet("charts", nil); s != nil || err != nil {
		t.Errorf("a sheet of charts is %v, %v", s, err)
	}
	data := parts(t, "<worksheet><sheetData/></worksheet>", map[string]string{"xl/workbook.xml": "<workbook/>"})
	if _, err := Open(data, limit); !errors.Is(err, ErrNoSheet) {
		t.Errorf("a workbook without sheets gives %v", err)
	}
	if _, err := Open(data, 10); err == nil {
		t.Error("a workbook larger than the limit was opened")
	}
	e := open(t, parts(t, "<worksheet><sheetData/></worksheet>", nil), "one").edit(t)
	if e.Set(Change{Column: 1, Row: MostRows + 1, Value: 1}); e.Write(io.Discard) == nil {
		t.Error("a row beyond the last was written")
	}
	full := errors.New("full")
	b, err := Open(parts(t, "<worksheet><sheetData><row/></sheetData></worksheet>", nil), limit)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sheet("one", func(*Row) error { return full }); !errors.Is(err, full) {
		t.Errorf("without room: %v", err)
	}
}
