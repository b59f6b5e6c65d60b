package xlsx

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Kind is what a cell says of its content.
type Kind string

// The kinds of cells; the text of a formula is its result.
const (
	Number  Kind = ""
	Text    Kind = "s"
	Inline  Kind = "inlineStr"
	Formula Kind = "str"
	Truth   Kind = "b"
	Failure Kind = "e"
	Date    Kind = "d"
)

// Cell is a cell that the sheet lists.
type Cell struct {
	Column, Row int // from 1
	Kind        Kind
	Text        string // as it is stored, "" for an empty cell
	Style       int    // of the cell, or else of its row or column
	Computed    bool   // has a formula

	element               string // what it is called here; known to an Editor, as what follows
	named                 bool   // says where it is
	from, inner, last, to int    // bytes of the sheet: where the element begins and its content, and where they end
	formula               formula
}

// formula is where a formula stands.
type formula struct {
	from, to int
	group    string // that shares it
	first    bool   // of the group: it has the text
}

// Range is a rectangle of cells, both corners inside.
type Range struct{ Left, Top, Right, Bottom int }

// Sheet is what is kept of a sheet that was read: where its rows stand, but not their cells.
type Sheet struct {
	Name   string
	Merged []Range

	part        string
	rows        []place // in rising order of their numbers
	open, close int     // bytes of the list of cells
	columns     []columnStyle
}

// place is where a row stands.
type place struct {
	from   int // bytes of the sheet
	number int32
}

// Row is a row that the sheet lists.
type Row struct {
	Number int    // from 1
	Cells  []Cell // in rising order of their columns

	from, inner int // bytes of the start of the element
	element     string
	named       bool
	style       int
}

type columnStyle struct{ first, last, style int }

// Sheet reads a sheet; nil for a sheet of charts or one that is not there. visit is told of every row in the order in which
// they are stored, ends the reading with an error, and must not keep the cells.
func (b *Book) Sheet(name string, visit func(row *Row) error) (*Sheet, error) {
	s := &Sheet{Name: name}
	for _, l := range b.sheets {
		if l.name == name {
			s.part = l.part
		}
	}
	if s.part == "" {
		return nil, nil
	}
	file, err := b.open(s.part)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p := &sheetParser{book: b, sheet: s, d: xml.NewDecoder(bufio.NewReaderSize(file, 1<<16)), visit: visit}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.part, err)
	}
	slices.SortStableFunc(s.rows, func(a, b place) int { return int(a.number - b.number) })
	for k := range s.rows[min(1, len(s.rows)):] {
		if s.rows[k].number == s.rows[k+1].number {
			return nil, fmt.Errorf("%s: there are two rows %d", s.part, s.rows[k].number)
		}
	}
	return s, nil
}

// kindOf is the kind of a cell by its name.
func kindOf(name string) Kind {
	if name == "n" {
		return Number
	}
	return Kind(name)
}

func (s *Sheet) columnStyle(column int) int {
	for _, c := range s.columns {
		if column >= c.first && column <= c.last {
			return c.style
		}
	}
	return 0
}

// sheetParser reads a sheet as it comes, or a row of it again from where it stands.
type sheetParser struct {
	book   *Book
	sheet  *Sheet
	d      *xml.Decoder
	visit  func(row *Row) error
	data   []byte // of the sheet, where a row is read again; else nil
	base   int    // where the decoder begins
	row    int    // number of the last row
	opened bool   // the list of cells has been met
	cells  []Cell
	text   []byte
}

func (p *sheetParser) offset() int { return p.base + int(p.d.InputOffset()) }

// element is what the element that begins there is called in the file, with its prefix; "" where nobody asks.
func (p *sheetParser) element(from int) string {
	if p.data == nil {
		return ""
	}
	rest := p.data[from+1:]
	if k := bytes.IndexAny(rest, " \t\r\n/>"); k >= 0 {
		return string(rest[:k])
	}
	return ""
}

func (p *sheetParser) parse() error {
	s := p.sheet
	for {
		from := p.offset()
		token, err := p.d.Token()
		if err == io.EOF {
			if !p.opened {
				return fmt.Errorf("there is no list of cells")
			}
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "col":
			first, _ := strconv.Atoi(attribute(e, "min"))
			last, _ := strconv.Atoi(attribute(e, "max"))
			style, _ := strconv.Atoi(attribute(e, "style"))
			s.columns = append(s.columns, columnStyle{first, last, style})
		case "mergeCell":
			if r, ok := rangeOf(attribute(e, "ref")); ok {
				s.Merged = append(s.Merged, r)
			}
		case "sheetData":
			if p.opened {
				return fmt.Errorf("there are two lists of cells")
			}
			s.open, p.opened = from, true
			if err := p.rows(); err != nil {
				return err
			}
		}
	}
}

// rangeOf is the rectangle of a name such as B2:C3.
func rangeOf(name string) (Range, bool) {
	first, last, _ := strings.Cut(name, ":")
	if last == "" {
		last = first
	}
	left, top, err := cellAt(first)
	right, bottom, bad := cellAt(last)
	return Range{left, top, right, bottom}, err == nil && bad == nil
}

// children reads the elements of that name within the open one up to its end. visit is told where an element begins, and reads it
// to its end; others are left out.
func (p *sheetParser) children(name string, visit func(e xml.StartElement, from int) error) error {
	for {
		from := p.offset()
		token, err := p.d.Token()
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if e.Name.Local != name {
				err = p.d.Skip()
			} else {
				err = visit(e, from)
			}
			if err != nil {
				return err
			}
		}
	}
}

// rows reads the rows up to the end of their list.
func (p *sheetParser) rows() error {
	s := p.sheet
	err := p.children("row", func(e xml.StartElement, from int) error {
		row, err := p.readRow(e, from)
		if err != nil {
			return err
		}
		if len(s.rows) == MostRows {
			return fmt.Errorf("there are more than %d rows", MostRows)
		}
		s.rows = append(s.rows, place{from, int32(row.Number)})
		return p.visit(row)
	})
	s.close = p.offset()
	return err
}

// readRow reads the row that begins with e up to its end. Its cells last until the next one.
func (p *sheetParser) readRow(e xml.StartElement, from int) (row *Row, err error) {
	row = &Row{Number: p.row + 1, from: from, inner: p.offset(), element: p.element(from)}
	if text := attribute(e, "r"); text != "" {
		row.named = true
		if row.Number, err = strconv.Atoi(text); err != nil {
			return nil, err
		}
	}
	if row.Number < 1 || row.Number > MostRows {
		return nil, fmt.Errorf("there is no row %d", row.Number)
	}
	row.style, _ = strconv.Atoi(attribute(e, "s"))
	p.row = row.Number
	return row, p.rowCells(row)
}

// rowCells reads the cells of a row up to its end.
func (p *sheetParser) rowCells(row *Row) error {
	column, sorted := 0, true
	p.cells = p.cells[:0]
	err := p.children("c", func(e xml.StartElement, from int) error {
		cell := Cell{
			Column: column + 1, Row: row.Number, from: from, inner: p.offset(), element: p.element(from),
		}
		style := 0
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "r":
				c, r, err := cellAt(a.Value)
				if err != nil || r != row.Number {
					return fmt.Errorf("row %d holds a cell %q", row.Number, a.Value)
				}
				cell.Column, cell.named = c, true
			case "s":
				style, _ = strconv.Atoi(a.Value)
			case "t":
				cell.Kind = kindOf(a.Value)
			}
		}
		sorted = sorted && cell.Column > column
		if column = cell.Column; column > MostColumns || len(p.cells) == MostColumns {
			return fmt.Errorf("row %d has too many cells", row.Number)
		}
		if cell.Style = style; style == 0 {
			if cell.Style = row.style; cell.Style == 0 {
				cell.Style = p.sheet.columnStyle(column)
			}
		}
		if err := p.content(&cell); err != nil {
			return err
		}
		p.cells = append(p.cells, cell)
		return nil
	})
	row.Cells = p.cells
	if err != nil || sorted {
		return err
	}
	slices.SortStableFunc(row.Cells, func(a, b Cell) int { return a.Column - b.Column })
	for k := range row.Cells[1:] {
		if row.Cells[k].Column == row.Cells[k+1].Column {
			return fmt.Errorf("there are two cells %s", Name(row.Cells[k].Column, row.Number))
		}
	}
	return nil
}

// content reads a cell up to its end.
func (p *sheetParser) content(cell *Cell) error {
	for {
		from := p.offset()
		token, err := p.d.Token()
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.EndElement:
			cell.last, cell.to = from, p.offset()
			return nil
		case xml.StartElement:
			switch e.Name.Local {
			case "v":
				if err = p.chars(); err == nil {
					err = p.value(cell)
				}
			case "is":
				cell.Text, err = textOf(p.d)
			case "f":
				cell.Computed = true
				if attribute(e, "t") == "shared" {
					cell.formula.group, cell.formula.first = attribute(e, "si"), attribute(e, "ref") != ""
				}
				err = p.d.Skip()
				cell.formula.from, cell.formula.to = from, p.offset()
			default:
				err = p.d.Skip()
			}
			if err != nil {
				return err
			}
		}
	}
}

// chars reads the text of an element up to its end into p.text.
func (p *sheetParser) chars() error {
	p.text = p.text[:0]
	for {
		token, err := p.d.Token()
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.CharData:
			p.text = append(p.text, e...)
		case xml.StartElement:
			if err := p.d.Skip(); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// value makes of p.text what a cell holds.
func (p *sheetParser) value(cell *Cell) error {
	switch cell.Kind {
	case Text:
		k, err := strconv.Atoi(string(bytes.TrimSpace(p.text)))
		if err != nil || k < 0 || k >= len(p.book.shared) {
			return fmt.Errorf("cell %s shares text %q, which the workbook lacks", Name(cell.Column, cell.Row), p.text)
		}
		cell.Text = p.book.shared[k]
	case Formula:
		cell.Text = unescaped(string(p.text))
	case Inline:
		if cell.Text == "" {
			cell.Text = string(p.text)
		}
	default:
		cell.Text = string(p.text)
	}
	return nil
}
