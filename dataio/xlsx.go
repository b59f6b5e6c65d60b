package dataio

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/memory"
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
	left, width int       // the first column of the table and the last that has anything, from 1
	grid        *xlsxGrid // what the sheet holds
	head        int       // the number of the row of names on the sheet, from 1
	rows        []xlsxRow // of the table
	merged      map[[2]int]string
	stored      [][]int // the rows with the labels of every index column
	numbers     *numbers
	at          int // the row on which it stands
}

// xlsxContent is what a cell holds: a finite number as its bits, else those of a NaN, whose last ones are 0 for nothing and
// otherwise the number of a text, from 1.
type xlsxContent uint64

const xlsxNothing xlsxContent = 0x7FF8 << 48

// number is what a cell holds if that is a number.
func (c xlsxContent) number() (value float64, ok bool) {
	value = math.Float64frombits(uint64(c))
	return value, !math.IsNaN(value)
}

// xlsxGrid is the cells of a sheet, eight bytes each.
type xlsxGrid struct {
	rows   []xlsxRow
	blocks [][]xlsxContent
	cells  int // in all blocks
	width  int // the last column that has anything, from 1
	texts  []string
	number map[string]int // of the texts
}

// xlsxRow is a row with something in it: its cells from the first column of the sheet on.
type xlsxRow struct{ number, block, from, length int32 }

func (g *xlsxGrid) row(r xlsxRow) []xlsxContent { return g.blocks[r.block][r.from:][:r.length] }

// readXLSX reads a table. The decoder is not ours and meets files that are damaged on purpose: its panics are reports
// of damage.
func readXLSX(path string, data []byte, o Options) (table *Table, err error) {
	defer func() {
		if p := recover(); p != nil {
			table, err = nil, damagedXLSX(path, p)
		}
	}()
	defer memory.Thrift(25)() // the decoder of XML leaves much behind
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
	if err := s.choose(o, limit); err != nil {
		return nil, err
	}
	names, notes, err := s.table()
	if err != nil {
		return nil, err
	}
	known, err := sampleRows(s, names, o.Censored)
	if err != nil {
		return nil, err
	}
	o, across := known.acrossColumns(o, "")
	notes = append(notes, across...)
	return s.columns.readAs(path, s.head, known, o, func(o Options) (*Table, error) {
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

// choose finds the sheet with the table.
func (s *xlsxSource) choose(o Options, limit float64) error {
	var names []string
	for _, name := range s.book.Sheets() {
		if o.Sheet != "" && name != o.Sheet {
			continue
		}
		sheet, grid, err := s.read(name, limit)
		if err != nil {
			return err
		}
		if sheet == nil {
			continue
		}
		full := 0
		for _, row := range grid.rows {
			if count(grid.row(row)) >= 2 {
				full++
			}
		}
		if full >= 2 || o.Sheet != "" {
			names = append(names, name)
			s.sheet, s.grid = sheet, grid
		}
	}
	fail := func(problem, remedy string) error {
		return &Error{Path: s.path, Problem: problem, Remedy: remedy}
	}
	switch {
	case len(names) == 0 && o.Sheet != "":
		return fail(fmt.Sprintf("there is no sheet %q", shorten(o.Sheet)), "choose one of "+list(s.book.Sheets()))
	case len(names) == 0:
		return fail("no sheet holds a table", "give one with a row of names and rows of values below it")
	case len(names) > 1:
		return fail("the workbook has several sheets: "+list(names), "choose one with --sheet "+shellName(names[0]))
	}
	return nil
}

// read reads a sheet; nil for one of charts. A sheet may name cells far away from all others, for which there must be room.
func (s *xlsxSource) read(name string, limit float64) (*xlsx.Sheet, *xlsxGrid, error) {
	const perCell = 8 + 20 // here, and in a table of three modes
	g := &xlsxGrid{number: map[string]int{}}
	var contents []xlsxContent
	sheet, err := s.book.Sheet(name, func(row *xlsx.Row) error {
		contents = contents[:0]
		for k := range row.Cells {
			c := &row.Cells[k]
			if c.Text != "" || c.Computed {
				g.width = max(g.width, c.Column)
			}
			if strings.TrimSpace(c.Text) == "" {
				continue
			}
			for len(contents) < c.Column {
				contents = append(contents, xlsxNothing)
			}
			contents[c.Column-1] = g.content(s.book, c)
		}
		g.add(row.Number, contents)
		if bytes := float64(perCell * g.cells); limit > 0 && bytes > limit {
			return tooBig(s.path, bytes/memoryPerByte, limit)
		}
		return nil
	})
	if e := new(Error); errors.As(err, &e) {
		return nil, nil, e
	}
	if err != nil {
		return nil, nil, damagedXLSX(s.path, err)
	}
	slices.SortFunc(g.rows, func(a, b xlsxRow) int { return int(a.number - b.number) })
	return sheet, g, nil
}

// add adds a row, unless it holds nothing.
func (g *xlsxGrid) add(number int, contents []xlsxContent) {
	if len(contents) == 0 {
		return
	}
	const blockSize = 1 << 16
	last := len(g.blocks) - 1
	if last < 0 || cap(g.blocks[last])-len(g.blocks[last]) < len(contents) {
		g.blocks = append(g.blocks, make([]xlsxContent, 0, min(blockSize, max(g.cells, xlsx.MostColumns))))
		last++
	}
	g.rows = append(g.rows, xlsxRow{int32(number), int32(last), int32(len(g.blocks[last])), int32(len(contents))})
	g.blocks[last] = append(g.blocks[last], contents...)
	g.cells += len(contents)
}

// content is what a cell holds that is not empty. Dates are texts.
func (g *xlsxGrid) content(book *xlsx.Book, cell *xlsx.Cell) xlsxContent {
	value, err := strconv.ParseFloat(cell.Text, 64)
	stored := cell.Kind == xlsx.Number || cell.Kind == xlsx.Formula
	if err != nil || !stored || math.IsNaN(value) || math.IsInf(value, 0) {
		return g.text(cell.Text)
	}
	if book.ShowsDate(cell.Style) {
		if t, ok := book.Time(value); ok {
			switch {
			case value < 1:
				return g.text(t.Format("15:04:05"))
			case value == math.Trunc(value):
				return g.text(t.Format("2006-01-02"))
			}
			return g.text(t.Format("2006-01-02T15:04:05.999"))
		}
	}
	return xlsxContent(math.Float64bits(value))
}

// text is the content of a cell that holds a text.
func (g *xlsxGrid) text(text string) xlsxContent {
	number, known := g.number[text]
	if !known {
		g.texts = append(g.texts, text)
		number = len(g.texts)
		g.number[text] = number
	}
	return xlsxNothing + xlsxContent(number)
}

// spell appends what a cell holds.
func (g *xlsxGrid) spell(out []byte, content xlsxContent) []byte {
	switch v, ok := content.number(); {
	case content == xlsxNothing:
		return out
	case !ok:
		return append(out, g.texts[content-xlsxNothing-1]...)
	case math.Abs(v) < 1e15:
		return strconv.AppendFloat(out, v, 'f', -1, 64)
	default:
		return strconv.AppendFloat(out, v, 'g', -1, 64)
	}
}

// count is the number of cells that hold something.
func count(row []xlsxContent) (filled int) {
	for _, content := range row {
		if content != xlsxNothing {
			filled++
		}
	}
	return filled
}

// table finds the row of names and the rows below it.
func (s *xlsxSource) table() (names, notes []string, err error) {
	g := s.grid
	most, head := 0, -1
	for _, row := range g.rows {
		most = max(most, count(g.row(row)))
	}
	for k, row := range g.rows {
		filled := count(g.row(row))
		title := filled < most && k+1 < len(g.rows) && g.rows[k+1].number > row.number+1 // a line of its own above the table
		if filled >= 2 && 5*filled >= 3*most && !title {
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
	s.width = g.width
	s.left = g.left(head)
	for _, content := range g.row(g.rows[head])[s.left-1:] {
		names = append(names, strings.TrimSpace(string(g.spell(nil, content))))
	}
	s.head = int(g.rows[head].number)
	for _, r := range s.sheet.Merged {
		if at := r.Left - s.left; r.Top == s.head && r.Right > r.Left && 0 <= at && at < len(names) {
			return nil, nil, &Error{
				Path: s.path, Line: s.head, Column: names[at], Problem: "the name stands over several columns",
				Remedy: "give every column a name of its own, all in one row; names in several rows belong in columns of a long " +
					"table, one row a cell",
			}
		}
	}
	s.rows = g.rows[head+1:]
	last := len(s.rows)
	for last > 0 && len(names) > 2 && s.isRemark(last-1, len(names)) {
		last--
	}
	if s.head > 1 {
		notes = append(notes, fmt.Sprintf("the names stand in row %d of sheet %q", s.head, s.sheet.Name))
	}
	if dropped := len(s.rows) - last; dropped > 0 {
		notes = append(notes, fmt.Sprintf("the last %s of the sheet hold no values", plural(dropped, "row")))
	}
	if s.rows = s.rows[:last]; last == 0 {
		return nil, nil, &Error{
			Path: s.path, Problem: "there is no row below the names", Remedy: "give a table with at least one row of data",
		}
	}
	s.merge()
	return names, notes, nil
}

// isRemark tells that a row, behind which there is none of the table, is a line in words below it: one cell, or two, the first of
// which ends with a colon or stands below an empty row of a table with more than two columns of labels.
func (s *xlsxSource) isRemark(k, columns int) bool {
	row := s.grid.row(s.rows[k])
	filled := count(row)
	if filled != 2 || columns == 2 {
		return filled == 1
	}
	var first string
	for _, content := range row {
		if _, ok := content.number(); ok {
			return false
		}
		if first == "" {
			first = strings.TrimSpace(string(s.grid.spell(nil, content)))
		}
	}
	return strings.HasSuffix(first, ":") || columns > 3 && k > 0 && s.rows[k].number > s.rows[k-1].number+1
}

// left is the first column of the table, from 1: that of the first name, or the one before it, if most rows below the names
// have something in it.
func (g *xlsxGrid) left(head int) int {
	first := slices.IndexFunc(g.row(g.rows[head]), func(content xlsxContent) bool { return content != xlsxNothing })
	filled := 0
	for _, row := range g.rows[head+1:] {
		if cells := g.row(row); first > 0 && first <= len(cells) && cells[first-1] != xlsxNothing {
			filled++
		}
	}
	if 2*filled > len(g.rows)-head-1 {
		return first
	}
	return first + 1
}

// content is what a column of a row of the table holds.
func (s *xlsxSource) content(row, column int) xlsxContent {
	if r := s.rows[row]; s.left-1+column < int(r.length) {
		return s.grid.row(r)[s.left-1+column]
	}
	return xlsxNothing
}

// merge writes the content of cells that are merged over several rows into each of them, as labels alone.
func (s *xlsxSource) merge() {
	s.merged = map[[2]int]string{}
	for _, r := range s.sheet.Merged {
		first, inside := slices.BinarySearchFunc(s.rows, r.Top, func(row xlsxRow, top int) int { return int(row.number) - top })
		c := r.Left - s.left
		if !inside || r.Right != r.Left || c < 0 || s.content(first, c) == xlsxNothing {
			continue
		}
		text := string(s.grid.spell(nil, s.content(first, c)))
		for k := first + 1; k < len(s.rows) && int(s.rows[k].number) <= r.Bottom; k++ {
			s.merged[[2]int{k, c}] = text
		}
	}
}

// isWorkbook tells whether a file is an Excel workbook, which is an archive as .npz files are.
func isWorkbook(path string, data []byte) bool {
	named := endingOf(path) == ".xlsx" || endingOf(path) == ".xlsm"
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) && (named || bytes.Contains(data, []byte("xl/workbook.xml")))
}
