//go:build !js

package dataio

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// XLSX is one sheet of an Excel workbook.
const XLSX Format = "Excel"

func init() {
	register(kind{
		format: XLSX, ending: ".xlsx", also: ".xlsm", takes: takesColumns | takesGrid | takesDuplicates | takesSheet,
		read: readXLSX, detect: func(path string, data []byte) sureness {
			if isWorkbook(path, data) {
				return certain
			}
			return no
		},
	})
}

// xlsxSource is a sheet with a row of names, and rows of cells below it.
type xlsxSource struct {
	path  string
	data  []byte
	sheet string
	columns
	left, width int     // the first column of the table and the last that has anything, from 1
	rows        []int   // their numbers on the sheet, from 1
	cells       [][]any // of every row and column: nil, a float64, or the text
	merged      []map[int]string
	stored      [][]int // the rows with the labels of every index column
	numbers     *numbers
	at          int // the row on which it stands
}

// readXLSX reads a table. The decoder is not ours and meets files that are damaged on purpose: its panics are reports
// of damage.
func readXLSX(path string, data []byte, o Options) (table *Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, damagedXLSX(path, p)
		}
	}()
	limit := budgetOf(o.Memory) / memoryPerByte
	book, err := openXLSX(data, limit)
	if err == excelize.ErrWorkbookFileFormat || err == nil && len(book.GetSheetList()) == 0 {
		return nil, &Error{Path: path, Problem: "the workbook holds no sheet", Remedy: "save it as .xlsx"}
	}
	if err != nil {
		return nil, damagedXLSX(path, err)
	}
	defer book.Close()
	s := &xlsxSource{path: path, data: data}
	grid, err := s.choose(book, o, limit)
	if err != nil {
		return nil, err
	}
	names, notes, err := s.table(book, grid)
	if err != nil {
		return nil, err
	}
	known, err := sampleRows(s, names)
	if err != nil {
		return nil, err
	}
	return s.columns.readAs(path, s.rows[0]-1, known, o, func(o Options) (*Table, error) {
		s.stored, s.numbers = make([][]int, len(names)), newNumbers(o.Missing, true)
		s.notes = append(slices.Clone(notes), s.notes...)
		return readRows(path, XLSX, s, &s.columns, s.numbers, o, len(s.rows), "leave the value empty")
	})
}

// openXLSX opens a workbook of at most so many bytes unpacked; 0 for any number.
func openXLSX(data []byte, limit float64) (*excelize.File, error) {
	const most = 1 << 34
	size := int64(most)
	if limit > 0 {
		size = int64(min(limit, most))
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	unpacked := uint64(0)
	for _, file := range archive.File {
		if unpacked += file.UncompressedSize64; unpacked > uint64(size) {
			return nil, fmt.Errorf("unpacked it is larger than the memory")
		}
		// The library makes room for what is claimed.
		if file.UncompressedSize64/deflateRatio > file.CompressedSize64 {
			return nil, fmt.Errorf("%s claims to be larger than it can be", shorten(file.Name))
		}
	}
	return excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: size, UnzipXMLSizeLimit: size,
	})
}

func damagedXLSX(path string, what any) error {
	text := strings.Join(strings.Fields(fmt.Sprint(what)), " ")
	return &Error{Path: path, Problem: "the workbook cannot be read (" + shorten(text) + ")", Remedy: "save it again"}
}

// choose finds the sheet with the table, and returns its cells as they are stored.
func (s *xlsxSource) choose(book *excelize.File, o Options, limit float64) (grid [][]string, err error) {
	var names []string
	for _, name := range book.GetSheetList() {
		if o.Sheet != "" && name != o.Sheet {
			continue
		}
		cells, err := s.sheetCells(book, name, limit)
		if err != nil {
			return nil, err
		}
		full := 0
		for _, row := range cells {
			if count(row) >= 2 {
				full++
			}
		}
		if full >= 2 || o.Sheet != "" {
			names = append(names, name)
			s.sheet, grid = name, cells
		}
	}
	fail := func(problem, remedy string) ([][]string, error) {
		return nil, &Error{Path: s.path, Problem: problem, Remedy: remedy}
	}
	switch {
	case len(names) == 0 && o.Sheet != "":
		return fail(fmt.Sprintf("there is no sheet %q", shorten(o.Sheet)), "choose one of "+list(book.GetSheetList()))
	case len(names) == 0:
		return fail("no sheet holds a table", "give one with a row of names and rows of values below it")
	case len(names) > 1:
		return fail("the workbook has several sheets: "+list(names), "choose one with --sheet "+shellName(names[0]))
	}
	return grid, nil
}

// sheetCells are the contents of a sheet. A sheet may name cells far away from all others, for which the library makes
// room.
func (s *xlsxSource) sheetCells(book *excelize.File, name string, limit float64) (cells [][]string, err error) {
	rows, err := book.Rows(name)
	if err != nil {
		return nil, nil // a sheet of charts
	}
	defer rows.Close()
	room := 0.0
	for rows.Next() {
		row, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, damagedXLSX(s.path, err)
		}
		const perCell = 200
		if room += float64(perCell * float64(1+len(row))); limit > 0 && room > limit {
			return nil, tooBig(s.path, room/memoryPerByte, limit)
		}
		cells = append(cells, row)
	}
	if err := rows.Error(); err != nil {
		return nil, damagedXLSX(s.path, err)
	}
	return cells, nil
}

// count is the number of cells that hold something.
func count(row []string) (filled int) {
	for _, text := range row {
		if strings.TrimSpace(text) != "" {
			filled++
		}
	}
	return filled
}

// table finds the row of names and the rows below it.
func (s *xlsxSource) table(book *excelize.File, grid [][]string) (names, notes []string, err error) {
	most, head := 0, -1
	for _, row := range grid {
		most = max(most, count(row))
		s.width = max(s.width, len(row))
	}
	for k, row := range grid {
		if filled := count(row); filled >= 2 && 5*filled >= 3*most {
			head = k
			break
		}
	}
	if head < 0 {
		return nil, nil, &Error{
			Path: s.path, Problem: fmt.Sprintf("sheet %q has no row of names", shorten(s.sheet)),
			Remedy: "put one above the values",
		}
	}
	names, s.left = trimmedRow(grid[head])
	last := len(grid)
	for last > head+1 && (count(grid[last-1]) == 0 || len(names) > 2 && count(grid[last-1]) == 1) {
		last--
	}
	if head > 0 {
		notes = append(notes, fmt.Sprintf("the names stand in row %d of sheet %q", head+1, s.sheet))
	}
	if dropped := len(grid) - last; dropped > 0 && count(grid[len(grid)-1]) > 0 {
		notes = append(notes, fmt.Sprintf("the last %s of the sheet hold no values", plural(dropped, "row")))
	}
	formats := newXLSXFormats(book, s.sheet)
	for k := head + 1; k < last; k++ {
		if count(grid[k]) == 0 {
			continue
		}
		row := make([]any, len(names))
		for c := range row {
			if at := s.left - 1 + c; at < len(grid[k]) {
				row[c] = formats.content(grid[k][at], at+1, k+1)
			}
		}
		s.cells, s.rows = append(s.cells, row), append(s.rows, k+1)
	}
	if len(s.rows) == 0 {
		return nil, nil, &Error{
			Path: s.path, Problem: "there is no row below the names", Remedy: "give a table with at least one row of data",
		}
	}
	return names, notes, s.merge(book)
}

// trimmedRow is a row without the empty cells at its ends, and the column of the first one left, from 1.
func trimmedRow(row []string) (cells []string, left int) {
	for k, text := range row {
		if text = strings.TrimSpace(text); text != "" || left > 0 {
			if left == 0 {
				left = k + 1
			}
			cells = append(cells, text)
		}
	}
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells, left
}

// merge writes the content of cells that are merged over several rows into each of them, as labels alone.
func (s *xlsxSource) merge(book *excelize.File) error {
	s.merged = make([]map[int]string, len(s.rows))
	ranges, err := book.GetMergeCells(s.sheet)
	if err != nil {
		return damagedXLSX(s.path, err)
	}
	row := map[int]int{}
	for k, number := range s.rows {
		row[number] = k
	}
	for _, r := range ranges {
		column, top, err := excelize.CellNameToCoordinates(r.GetStartAxis())
		if err != nil {
			continue
		}
		right, bottom, err := excelize.CellNameToCoordinates(r.GetEndAxis())
		first, inside := row[top]
		c := column - s.left
		if err != nil || !inside || right != column || c < 0 || c >= len(s.cells[first]) || s.cells[first][c] == nil {
			continue
		}
		text := string(appendXLSX(nil, s.cells[first][c]))
		for k := first + 1; k < len(s.rows) && s.rows[k] <= bottom; k++ {
			if s.merged[k] == nil {
				s.merged[k] = map[int]string{}
			}
			s.merged[k][c] = text
		}
	}
	return nil
}

// xlsxFormats tells numbers from dates by how their cells are shown.
type xlsxFormats struct {
	book     *excelize.File
	sheet    string
	from1904 bool
	isDate   map[int]bool // by number of the style
}

func newXLSXFormats(book *excelize.File, sheet string) *xlsxFormats {
	f := &xlsxFormats{book: book, sheet: sheet, isDate: map[int]bool{}}
	if p, err := book.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		f.from1904 = *p.Date1904
	}
	return f
}

// content is what a cell holds: nil, a float64, or a text. Dates are texts.
func (f *xlsxFormats) content(raw string, column, row int) any {
	if strings.TrimSpace(raw) == "" {
		return nil
	}
	name, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return raw
	}
	kind, err := f.book.GetCellType(f.sheet, name)
	value, bad := strconv.ParseFloat(raw, 64)
	stored := kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber || kind == excelize.CellTypeFormula
	if err != nil || bad != nil || !stored || math.IsNaN(value) || math.IsInf(value, 0) {
		return raw
	}
	if style, err := f.book.GetCellStyle(f.sheet, name); err == nil && f.showsDate(style) {
		if t, err := excelize.ExcelDateToTime(value, f.from1904); err == nil {
			switch {
			case value < 1:
				return t.Format("15:04:05")
			case value == math.Trunc(value):
				return t.Format("2006-01-02")
			}
			return t.Format("2006-01-02T15:04:05.999")
		}
	}
	return value
}

var shownLiterally = regexp.MustCompile(`"[^"]*"|\[[^\]]*\]|\\.|_.|\*.`)

func (f *xlsxFormats) showsDate(style int) bool {
	if is, known := f.isDate[style]; known {
		return is
	}
	s, err := f.book.GetStyle(style)
	is := err == nil && (s.NumFmt >= 14 && s.NumFmt <= 22 || s.NumFmt >= 27 && s.NumFmt <= 36 ||
		s.NumFmt >= 45 && s.NumFmt <= 47 || s.NumFmt >= 50 && s.NumFmt <= 58)
	if err == nil && s.CustomNumFmt != nil && !strings.EqualFold(*s.CustomNumFmt, "General") {
		is = strings.ContainsAny(strings.ToLower(shownLiterally.ReplaceAllString(*s.CustomNumFmt, "")), "ymdhs")
	}
	f.isDate[style] = is
	return is
}

func appendXLSX(out []byte, content any) []byte {
	switch v := content.(type) {
	case float64:
		if math.Abs(v) < 1e15 {
			return strconv.AppendFloat(out, v, 'f', -1, 64)
		}
		return strconv.AppendFloat(out, v, 'g', -1, 64)
	case string:
		return append(out, v...)
	}
	return out
}
