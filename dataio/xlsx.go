package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/xlsx"
)

// XLSX is one sheet of an Excel workbook.
const XLSX Format = "Excel"

func init() {
	register(kind{
		format: XLSX, ending: ".xlsx", also: ".xlsm", takes: takesColumns | takesGrid | takesDuplicates | takesLimits | takesSheet,
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
	book  *xlsx.Book
	sheet *xlsx.Sheet
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
	const most = 1 << 34
	unpacked := int64(most)
	if limit > 0 {
		unpacked = int64(min(limit, most))
	}
	book, err := xlsx.Open(data, unpacked)
	if err == xlsx.ErrNoSheet {
		return nil, &Error{Path: path, Problem: "the workbook holds no sheet", Remedy: "save it as .xlsx"}
	}
	if err != nil {
		return nil, damagedXLSX(path, err)
	}
	s := &xlsxSource{path: path, book: book}
	grid, err := s.choose(o, limit)
	if err != nil {
		return nil, err
	}
	names, notes, err := s.table(grid)
	if err != nil {
		return nil, err
	}
	known, err := sampleRows(s, names, o.Censored)
	if err != nil {
		return nil, err
	}
	return s.columns.readAs(path, s.rows[0]-1, known, o, func(o Options) (*Table, error) {
		s.stored, s.numbers = make([][]int, len(names)), newNumbers(o.Missing, true)
		s.notes = append(slices.Clone(notes), s.notes...)
		s.numbers.censored = o.Censored
		return readRows(path, XLSX, s, &s.columns, s.numbers, o, len(s.rows), "leave the value empty")
	})
}

func damagedXLSX(path string, what any) error {
	text := strings.Join(strings.Fields(fmt.Sprint(what)), " ")
	return &Error{Path: path, Problem: "the workbook cannot be read (" + shorten(text) + ")", Remedy: "save it again"}
}

// choose finds the sheet with the table, and returns its cells as they are stored.
func (s *xlsxSource) choose(o Options, limit float64) (grid [][]string, err error) {
	var names []string
	for _, name := range s.book.Sheets() {
		if o.Sheet != "" && name != o.Sheet {
			continue
		}
		sheet, cells, err := s.sheetCells(name, limit)
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
			s.sheet, grid = sheet, cells
		}
	}
	fail := func(problem, remedy string) ([][]string, error) {
		return nil, &Error{Path: s.path, Problem: problem, Remedy: remedy}
	}
	switch {
	case len(names) == 0 && o.Sheet != "":
		return fail(fmt.Sprintf("there is no sheet %q", shorten(o.Sheet)), "choose one of "+list(s.book.Sheets()))
	case len(names) == 0:
		return fail("no sheet holds a table", "give one with a row of names and rows of values below it")
	case len(names) > 1:
		return fail("the workbook has several sheets: "+list(names), "choose one with --sheet "+shellName(names[0]))
	}
	return grid, nil
}

// sheetCells are a sheet and its texts, those of every row up to the last. A sheet may name cells far away from all others,
// for which there must be room.
func (s *xlsxSource) sheetCells(name string, limit float64) (sheet *xlsx.Sheet, cells [][]string, err error) {
	const perCell = 200
	room := func(cells int) error {
		if bytes := float64(perCell * cells); limit > 0 && bytes > limit {
			return tooBig(s.path, bytes/memoryPerByte, limit)
		}
		return nil
	}
	sheet, err = s.book.Sheet(name, room)
	if e := new(Error); errors.As(err, &e) {
		return nil, nil, e
	}
	if err != nil {
		return nil, nil, damagedXLSX(s.path, err)
	}
	if sheet == nil {
		return nil, nil, nil
	}
	used := 0
	for _, row := range sheet.Rows {
		var texts []string
		for _, c := range row.Cells {
			if c.Text != "" || c.Computed {
				texts = append(texts, make([]string, max(0, c.Column-len(texts)))...)
				texts[c.Column-1] = c.Text
			}
		}
		used += row.Number - len(cells) + len(texts)
		if err := room(used); err != nil {
			return nil, nil, err
		}
		cells = append(cells, make([][]string, max(0, row.Number-len(cells)))...)
		cells[row.Number-1] = texts
	}
	return sheet, cells, nil
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
func (s *xlsxSource) table(grid [][]string) (names, notes []string, err error) {
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
			Path: s.path, Problem: fmt.Sprintf("sheet %q has no row of names", shorten(s.sheet.Name)),
			Remedy: "put one above the values",
		}
	}
	names, s.left = trimmedRow(grid[head])
	last := len(grid)
	for last > head+1 && (count(grid[last-1]) == 0 || len(names) > 2 && count(grid[last-1]) == 1) {
		last--
	}
	if head > 0 {
		notes = append(notes, fmt.Sprintf("the names stand in row %d of sheet %q", head+1, s.sheet.Name))
	}
	if dropped := len(grid) - last; dropped > 0 && count(grid[len(grid)-1]) > 0 {
		notes = append(notes, fmt.Sprintf("the last %s of the sheet hold no values", plural(dropped, "row")))
	}
	for k := head + 1; k < last; k++ {
		if count(grid[k]) == 0 {
			continue
		}
		row := make([]any, len(names))
		for c := range row {
			if at := s.left - 1 + c; at < len(grid[k]) {
				row[c] = s.content(at+1, k+1)
			}
		}
		s.cells, s.rows = append(s.cells, row), append(s.rows, k+1)
	}
	if len(s.rows) == 0 {
		return nil, nil, &Error{
			Path: s.path, Problem: "there is no row below the names", Remedy: "give a table with at least one row of data",
		}
	}
	s.merge()
	return names, notes, nil
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
func (s *xlsxSource) merge() {
	s.merged = make([]map[int]string, len(s.rows))
	row := map[int]int{}
	for k, number := range s.rows {
		row[number] = k
	}
	for _, r := range s.sheet.Merged {
		first, inside := row[r.Top]
		c := r.Left - s.left
		if !inside || r.Right != r.Left || c < 0 || c >= len(s.cells[first]) || s.cells[first][c] == nil {
			continue
		}
		text := string(appendXLSX(nil, s.cells[first][c]))
		for k := first + 1; k < len(s.rows) && s.rows[k] <= r.Bottom; k++ {
			if s.merged[k] == nil {
				s.merged[k] = map[int]string{}
			}
			s.merged[k][c] = text
		}
	}
}

// content is what a cell holds: nil, a float64, or a text. Dates are texts.
func (s *xlsxSource) content(column, row int) any {
	cell := s.sheet.Cell(column, row)
	if cell == nil || strings.TrimSpace(cell.Text) == "" {
		return nil
	}
	value, err := strconv.ParseFloat(cell.Text, 64)
	stored := cell.Kind == xlsx.Number || cell.Kind == xlsx.Formula
	if err != nil || !stored || math.IsNaN(value) || math.IsInf(value, 0) {
		return cell.Text
	}
	if s.book.ShowsDate(cell.Style) {
		if t, ok := s.book.Time(value); ok {
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

// isWorkbook tells whether a file is an Excel workbook, which is an archive as .npz files are.
func isWorkbook(path string, data []byte) bool {
	named := endingOf(path) == ".xlsx" || endingOf(path) == ".xlsm"
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) && (named || bytes.Contains(data, []byte("xl/workbook.xml")))
}
