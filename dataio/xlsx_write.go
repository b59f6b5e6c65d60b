package dataio

import (
	"bytes"
	"io"

	"lacuna/internal/xlsx"
)

func (s *xlsxSource) line(int) int { return 0 }

func (s *xlsxSource) eachRow(visit func(number int) error) error {
	for k, row := range s.rows {
		s.at = k
		if err := visit(int(row.number)); err != nil {
			return err
		}
	}
	return nil
}

func (s *xlsxSource) isNull(column int) bool {
	return s.content(s.at, column) == xlsxNothing && s.merged[[2]int{s.at, column}] == ""
}

func (s *xlsxSource) appendText(out []byte, column int) []byte {
	if content := s.content(s.at, column); content != xlsxNothing {
		return s.grid.spell(out, content)
	}
	return append(out, s.merged[[2]int{s.at, column}]...)
}

func (s *xlsxSource) keep(column int) { s.stored[column] = append(s.stored[column], s.at) }

func (s *xlsxSource) number(column int) (value float64, gap bool, problem string) {
	content := s.content(s.at, column)
	if content == xlsxNothing {
		return 0, true, ""
	}
	if value, ok := content.number(); ok {
		return s.numbers.check(value)
	}
	return s.numbers.parse(bytes.TrimSpace(s.grid.spell(nil, content)))
}

// write writes the workbook with the gaps of the table filled in, and the added columns to the right of all others.
// Cells keep their formats; the added ones have that of the cells they tell of.
func (s *xlsxSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	damaged := func(what any) error { return damagedXLSX(s.path, what) }
	return guarded(w, damaged, func(w io.Writer) error { return s.writeRows(w, t, next, unlisted, extra) })
}

func (s *xlsxSource) writeRows(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	sheet, err := s.book.Edit(s.sheet)
	if err != nil {
		return err
	}
	x := &xlsxWriter{source: s, sheet: sheet, extra: len(extra)}
	added := s.addedNames(extra)
	x.values, x.there = make([]float64, len(added)), make([]bool, len(added))
	head := s.valueColumns()[0]
	for k, name := range added {
		x.set(s.width+1+k, s.head, name, s.left+head, s.head)
	}
	cells := make([]filledCell, len(s.valueColumns()))
	err = s.eachRow(func(number int) error {
		if err := fillRow(s, &s.columns, cells, next); err != nil {
			return err
		}
		x.row(number, number, cells)
		return nil
	})
	if err != nil {
		return err
	}
	last := int(s.rows[len(s.rows)-1].number)
	number := last
	err = t.eachNewRow(&s.columns, unlisted, func(cell []int32, cells []filledCell) error {
		number++
		for n, k := range s.index {
			x.copy(k, number, s.stored[k][t.appearance(n, cell[n])])
		}
		for k := range s.constants {
			x.copy(k, number, s.stored[k][0])
		}
		x.row(number, last, cells)
		return nil
	})
	if err != nil {
		return err
	}
	return sheet.Write(w)
}

// xlsxWriter says what changes.
type xlsxWriter struct {
	source *xlsxSource
	sheet  *xlsx.Editor
	extra  int
	values []float64
	there  []bool
}

// set sets a cell in the format of another.
func (x *xlsxWriter) set(column, row int, value any, likeColumn, likeRow int) {
	x.sheet.Set(xlsx.Change{Column: column, Row: row, Style: x.sheet.StyleAt(likeColumn, likeRow), Value: value})
}

// row fills the gaps of a row and sets the added cells.
func (x *xlsxWriter) row(number, like int, cells []filledCell) {
	s := x.source
	for i, k := range s.valueColumns() {
		if cells[i].gap {
			x.set(s.left+k, number, cells[i].Value, s.left+k, like)
		}
	}
	addedNumbers(cells, x.extra, x.values, x.there)
	x.sheet.Set(xlsx.Change{Column: s.width + 1, Row: number, Value: int(x.values[0])})
	perColumn := 1 + x.extra
	for k, value := range x.values[1:] {
		if x.there[k+1] {
			x.set(s.width+2+k, number, value, s.left+s.valueColumns()[k/perColumn], like)
		}
	}
}

// copy copies a label from another row; a merged one stands in the first.
func (x *xlsxWriter) copy(column, number, from int) {
	s := x.source
	row := int(s.rows[from].number)
	if cell := x.sheet.Cell(s.left+column, row); cell != nil && s.content(from, column) != xlsxNothing {
		x.set(s.left+column, number, cell, s.left+column, row)
	} else if text := s.merged[[2]int{from, column}]; text != "" {
		x.set(s.left+column, number, text, s.left+column, row)
	}
}
