package xlsx

import (
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

	element               string // what it is called here
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

// Sheet is the cells of a sheet.
type Sheet struct {
	Name   string
	Rows   []Row // in rising order of their numbers
	Merged []Range

	part        string
	data        []byte
	open, close int // bytes of the list of cells
	element     string
	columns     []columnStyle
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

// Sheet reads the cells of a sheet; nil for a sheet of charts or one that is not there. room is called with the number of
// cells so far, and ends the reading with an error.
func (b *Book) Sheet(name string, room func(cells int) error) (*Sheet, error) {
	s := &Sheet{Name: name}
	for _, l := range b.sheets {
		if l.name == name {
			s.part = l.part
		}
	}
	if s.part == "" {
		return nil, nil
	}
	var err error
	if s.data, err = b.read(s.part); err != nil {
		return nil, err
	}
	p := &sheetParser{book: b, sheet: s, d: xml.NewDecoder(bytes.NewReader(s.data)), room: room}
	if err := p.parse(); err != nil {
		return nil, fmt.Errorf("%s: %w", s.part, err)
	}
	slices.SortStableFunc(s.Rows, func(a, b Row) int { return a.Number - b.Number })
	for k := range s.Rows {
		slices.SortStableFunc(s.Rows[k].Cells, func(a, b Cell) int { return a.Column - b.Column })
	}
	return s, nil
}

// Cell returns a cell, nil where the sheet lists none.
func (s *Sheet) Cell(column, row int) *Cell {
	k, found := slices.BinarySearchFunc(s.Rows, row, func(r Row, row int) int { return r.Number - row })
	if !found {
		return nil
	}
	cells := s.Rows[k].Cells
	c, found := slices.BinarySearchFunc(cells, column, func(c Cell, column int) int { return c.Column - column })
	if !found {
		return nil
	}
	return &cells[c]
}

// StyleAt is the style of a cell, or of its row or column where it has none.
func (s *Sheet) StyleAt(column, row int) int {
	if c := s.Cell(column, row); c != nil {
		return c.Style
	}
	k, found := slices.BinarySearchFunc(s.Rows, row, func(r Row, row int) int { return r.Number - row })
	if found && s.Rows[k].style > 0 {
		return s.Rows[k].style
	}
	return s.columnStyle(column)
}

func (s *Sheet) columnStyle(column int) int {
	for _, c := range s.columns {
		if column >= c.first && column <= c.last {
			return c.style
		}
	}
	return 0
}

type sheetParser struct {
	book  *Book
	sheet *Sheet
	d     *xml.Decoder
	room  func(cells int) error
	cells int
	row   int // number of the last row
}

func (p *sheetParser) offset() int { return int(p.d.InputOffset()) }

// element is what the element that begins there is called in the file, with its prefix.
func (p *sheetParser) element(from int) string {
	rest := p.sheet.data[from+1:]
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
			if s.element == "" {
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
			if s.element != "" {
				return fmt.Errorf("there are two lists of cells")
			}
			s.open, s.element = from, p.element(from)
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
	left, top, err := place(first)
	right, bottom, bad := place(last)
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
	err := p.children("row", func(e xml.StartElement, from int) (err error) {
		row := Row{Number: p.row + 1, from: from, inner: p.offset(), element: p.element(from)}
		if text := attribute(e, "r"); text != "" {
			row.named = true
			if row.Number, err = strconv.Atoi(text); err != nil {
				return err
			}
		}
		if row.Number < 1 || row.Number > MostRows {
			return fmt.Errorf("there is no row %d", row.Number)
		}
		row.style, _ = strconv.Atoi(attribute(e, "s"))
		p.row = row.Number
		if err := p.rowCells(&row); err != nil {
			return err
		}
		s.Rows = append(s.Rows, row)
		return nil
	})
	s.close = p.offset()
	return err
}

// rowCells reads the cells of a row up to its end.
func (p *sheetParser) rowCells(row *Row) error {
	column := 0
	return p.children("c", func(e xml.StartElement, from int) error {
		cell := Cell{
			Column: column + 1, Row: row.Number, Kind: Kind(attribute(e, "t")), from: from,
			inner: p.offset(), element: p.element(from),
		}
		if name := attribute(e, "r"); name != "" {
			c, r, err := place(name)
			if err != nil || r != row.Number {
				return fmt.Errorf("row %d holds a cell %q", row.Number, name)
			}
			cell.Column, cell.named = c, true
		}
		if cell.Kind == "n" {
			cell.Kind = Number
		}
		column = cell.Column
		if column > MostColumns {
			return fmt.Errorf("row %d has too many cells", row.Number)
		}
		if cell.Style, _ = strconv.Atoi(attribute(e, "s")); cell.Style == 0 {
			if cell.Style = row.style; cell.Style == 0 {
				cell.Style = p.sheet.columnStyle(column)
			}
		}
		if p.cells++; p.cells%1024 == 0 {
			if err := p.room(p.cells); err != nil {
				return err
			}
		}
		if err := p.content(&cell); err != nil {
			return err
		}
		row.Cells = append(row.Cells, cell)
		return nil
	})
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
				var text string
				if text, err = p.chars(); err == nil {
					err = p.value(cell, text)
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

func (p *sheetParser) chars() (string, error) {
	var text []byte
	for {
		token, err := p.d.Token()
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.CharData:
			text = append(text, e...)
		case xml.StartElement:
			if err := p.d.Skip(); err != nil {
				return "", err
			}
		case xml.EndElement:
			return string(text), nil
		}
	}
}

func (p *sheetParser) value(cell *Cell, text string) error {
	switch cell.Kind {
	case Text:
		k, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || k < 0 || k >= len(p.book.shared) {
			return fmt.Errorf("cell %s shares text %q, which the workbook lacks", Name(cell.Column, cell.Row), text)
		}
		cell.Text = p.book.shared[k]
	case Formula:
		cell.Text = unescaped(text)
	case Inline:
		if cell.Text == "" {
			cell.Text = text
		}
	default:
		cell.Text = text
	}
	return nil
}
