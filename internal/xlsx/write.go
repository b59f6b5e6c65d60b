package xlsx

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Change is a new content of a cell. A formula that was there goes.
type Change struct {
	Column, Row int // from 1
	Style       int // number of the style, of Cell.Style or Editor.StyleAt
	Value       any // a float64, an int, a string, or a *Cell of the sheet, whose content is copied
}

// Editor changes the cells of a sheet, which it holds unpacked.
type Editor struct {
	book    *Book
	sheet   *Sheet
	data    []byte
	changes []Change
	out     *bufio.Writer
	removed bool            // some formula is
	dropped map[string]bool // groups of cells whose shared formula has lost its text
	cached  map[int]*Row    // lately read again
	held    int             // cells in cached
	failed  error           // what went wrong first
}

// mostHeld is how many cells of rows that were read again an Editor keeps.
const mostHeld = 1 << 16

// Edit unpacks a sheet again.
func (b *Book) Edit(s *Sheet) (*Editor, error) {
	data, err := b.read(s.part)
	if err != nil {
		return nil, err
	}
	if s.close > len(data) {
		return nil, fmt.Errorf("%s: it is shorter than before", s.part)
	}
	return &Editor{book: b, sheet: s, data: data, dropped: map[string]bool{}, cached: map[int]*Row{}}, nil
}

// row reads a row again, nil where the sheet lists none.
func (e *Editor) row(number int) *Row {
	at, found := slices.BinarySearchFunc(e.sheet.rows, number, func(p place, number int) int { return int(p.number) - number })
	if !found {
		return nil
	}
	if row := e.cached[number]; row != nil {
		return row
	}
	from := e.sheet.rows[at].from
	p := &sheetParser{
		book: e.book, sheet: e.sheet, data: e.data, base: from, row: number - 1,
		d: xml.NewDecoder(bytes.NewReader(e.data[from:e.sheet.close])),
	}
	token, err := p.d.Token()
	row := new(Row)
	if start, ok := token.(xml.StartElement); ok && err == nil {
		row, err = p.readRow(start, from)
	} else if err == nil {
		err = fmt.Errorf("row %d is not where it was", number)
	}
	if err != nil {
		e.fail(fmt.Errorf("%s: %w", e.sheet.part, err))
		return nil
	}
	if e.held += len(row.Cells); e.held > mostHeld {
		clear(e.cached)
		e.held = len(row.Cells)
	}
	e.cached[number] = row
	return row
}

// Cell returns a cell, nil where the sheet lists none.
func (e *Editor) Cell(column, row int) *Cell {
	if r := e.row(row); r != nil {
		return r.cell(column)
	}
	return nil
}

func (r *Row) cell(column int) *Cell {
	at, found := slices.BinarySearchFunc(r.Cells, column, func(c Cell, column int) int { return c.Column - column })
	if !found {
		return nil
	}
	return &r.Cells[at]
}

// StyleAt is the style of a cell, or of its row or column where it has none.
func (e *Editor) StyleAt(column, row int) int {
	if r := e.row(row); r != nil {
		if c := r.cell(column); c != nil {
			return c.Style
		}
		if r.style > 0 {
			return r.style
		}
	}
	return e.sheet.columnStyle(column)
}

func (e *Editor) fail(err error) {
	if e.failed == nil {
		e.failed = err
	}
}

// Set changes a cell. Of two changes of a cell the later one holds.
func (e *Editor) Set(c Change) {
	if c.Column < 1 || c.Column > MostColumns || c.Row < 1 || c.Row > MostRows {
		e.fail(fmt.Errorf("the sheet has no place for row %d, column %d", c.Row, c.Column))
		return
	}
	if old := e.Cell(c.Column, c.Row); old != nil && old.Computed {
		e.removed = true
		if old.formula.first {
			e.dropped[old.formula.group] = true
		}
	}
	e.changes = append(e.changes, c)
}

// Write writes the workbook with the cells of the sheet changed. Other parts are copied as they are compressed; the order of
// calculation, which Excel makes anew, is left out where formulas go.
func (e *Editor) Write(w io.Writer) error {
	if e.failed != nil {
		return e.failed
	}
	b := e.book
	slices.SortStableFunc(e.changes, func(a, b Change) int {
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return a.Column - b.Column
	})
	replaced, skip := map[string][]byte{}, ""
	if e.removed {
		if err := b.withoutChain(replaced, &skip); err != nil {
			return err
		}
	}
	out := zip.NewWriter(w)
	for _, file := range b.archive.File {
		name := partName(file.Name)
		content, changed := replaced[name]
		switch {
		case name == skip && skip != "":
			continue
		case name == e.sheet.part:
			part, err := out.Create(file.Name)
			if err != nil {
				return err
			}
			if err := e.edit(part); err != nil {
				return err
			}
			continue
		case !changed:
			if err := out.Copy(file); err != nil {
				return err
			}
			continue
		}
		part, err := out.Create(file.Name)
		if err != nil {
			return err
		}
		if _, err := part.Write(content); err != nil {
			return err
		}
	}
	return out.Close()
}

// withoutChain takes the order of calculation out of the lists of parts.
func (b *Book) withoutChain(replaced map[string][]byte, skip *string) error {
	list := relationsOf(b.home)
	for _, r := range b.relations(list, path.Dir(b.home)) {
		if !r.is("calcChain") {
			continue
		}
		*skip = r.target
		for part, element := range map[string]string{list: "Relationship", "[content_types].xml": "Override"} {
			data, err := b.read(part)
			if err != nil {
				return err
			}
			of := regexp.MustCompile(`(?i)<(\w+:)?` + element + `\s[^>]*` + regexp.QuoteMeta(path.Base(r.target)) + `["'][^>]*>`)
			replaced[part] = of.ReplaceAll(data, nil)
		}
	}
	return nil
}

// edit writes the part with the changes, which are in order.
func (e *Editor) edit(w io.Writer) error {
	s, data, changes := e.sheet, e.data, e.changes
	e.out = bufio.NewWriterSize(w, 1<<16)
	e.out.Write(extended(data[:s.open], changes))
	element := (&sheetParser{data: data}).element(s.open)
	prefix := element[:strings.IndexByte(element, ':')+1]
	fmt.Fprintf(e.out, "<%s>", element)
	row, cell := prefix+"row", prefix+"c"
	at := 0
	for len(changes) > 0 || at < len(s.rows) {
		number := MostRows + 1
		if len(changes) > 0 {
			number = changes[0].Row
		}
		if at < len(s.rows) {
			number = min(number, int(s.rows[at].number))
		}
		n := 0
		for n < len(changes) && changes[n].Row == number {
			n++
		}
		if r := e.row(number); r != nil {
			e.rowStart(r, n > 0)
			e.cells(r.Cells, changes[:n], cell)
			fmt.Fprintf(e.out, "</%s>", r.element)
			at++
		} else {
			fmt.Fprintf(e.out, `<%s r="%d">`, row, number)
			e.cells(nil, changes[:n], cell)
			fmt.Fprintf(e.out, "</%s>", row)
		}
		if e.failed != nil {
			return e.failed
		}
		changes = changes[n:]
	}
	fmt.Fprintf(e.out, "</%s>", element)
	e.out.Write(data[s.close:])
	return e.out.Flush()
}

// rowStart writes the start of a row. Its span, a hint, is left out where cells are added.
func (e *Editor) rowStart(r *Row, changed bool) {
	tag := strings.TrimSuffix(strings.TrimSuffix(string(e.data[r.from:r.inner]), ">"), "/")
	if changed {
		tag = spans.ReplaceAllString(tag, "")
	}
	if !r.named {
		tag = strings.TrimRight(tag, " ") + fmt.Sprintf(` r="%d"`, r.Number)
	}
	e.out.WriteString(tag + ">")
}

var spans = regexp.MustCompile(`\sspans=("[^"]*"|'[^']*')`)

func (e *Editor) cells(cells []Cell, changes []Change, element string) {
	for len(cells) > 0 || len(changes) > 0 {
		if len(changes) > 1 && changes[0].Column == changes[1].Column {
			changes = changes[1:]
			continue
		}
		if len(changes) == 0 || len(cells) > 0 && cells[0].Column < changes[0].Column {
			e.kept(&cells[0])
			cells = cells[1:]
			continue
		}
		if len(cells) > 0 && cells[0].Column == changes[0].Column {
			cells = cells[1:]
		}
		e.changed(&changes[0], element)
		changes = changes[1:]
	}
}

// kept writes a cell as it is, but for a formula whose text has gone.
func (e *Editor) kept(c *Cell) {
	data, drop := e.data, e.dropped[c.formula.group]
	if c.named && !drop {
		e.out.Write(data[c.from:c.to])
		return
	}
	tag := strings.TrimSuffix(strings.TrimSuffix(string(data[c.from:c.inner]), ">"), "/")
	if !c.named {
		tag = "<" + c.element + ` r="` + Name(c.Column, c.Row) + `"` + tag[1+len(c.element):]
	}
	e.out.WriteString(tag + ">")
	e.content(c, !drop)
	fmt.Fprintf(e.out, "</%s>", c.element)
}

// attributes ends the start of a cell.
func (e *Editor) attributes(style int, kind Kind) {
	if style != 0 {
		e.out.WriteString(` s="` + strconv.Itoa(style) + `"`)
	}
	if kind != Number {
		e.out.WriteString(` t="`)
		xml.EscapeText(e.out, []byte(kind))
		e.out.WriteString(`"`)
	}
	e.out.WriteString(">")
}

// content writes what a cell holds, with or without its formula.
func (e *Editor) content(c *Cell, formula bool) {
	data := e.data
	if c.Computed && !formula {
		e.out.Write(data[c.inner:c.formula.from])
		e.out.Write(data[c.formula.to:c.last])
		return
	}
	e.out.Write(data[c.inner:c.last])
}

func (e *Editor) changed(c *Change, element string) {
	e.out.WriteString("<" + element + ` r="` + Name(c.Column, c.Row) + `"`)
	prefix := strings.TrimSuffix(element, "c")
	switch value := c.Value.(type) {
	case *Cell:
		e.attributes(c.Style, value.Kind)
		e.content(value, false)
	case string:
		e.attributes(c.Style, Inline)
		fmt.Fprintf(e.out, `<%sis><%st xml:space="preserve">`, prefix, prefix)
		xml.EscapeText(e.out, []byte(escaped(value)))
		fmt.Fprintf(e.out, `</%st></%sis>`, prefix, prefix)
	case int:
		e.attributes(c.Style, Number)
		fmt.Fprintf(e.out, "<%sv>%d</%sv>", prefix, value, prefix)
	case float64:
		e.attributes(c.Style, Number)
		fmt.Fprintf(e.out, "<%sv>%s</%sv>", prefix, spelt(value), prefix)
	}
	fmt.Fprintf(e.out, "</%s>", element)
}

// spelt is a number with the digits that it takes to read the same one.
func spelt(value float64) string {
	if size := math.Abs(value); size != 0 && (size < 1e-9 || size >= 1e21) {
		return strconv.FormatFloat(value, 'E', -1, 64)
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

var dimension = regexp.MustCompile(`(<(?:\w+:)?dimension\s[^>]*ref=")([^"]*)(")`)

// extended makes room in the size of the sheet that stands before its cells.
func extended(head []byte, changes []Change) []byte {
	return dimension.ReplaceAllFunc(head, func(found []byte) []byte {
		part := dimension.FindSubmatch(found)
		r, ok := rangeOf(string(part[2]))
		if !ok {
			return found
		}
		for _, c := range changes {
			r.Left, r.Top = min(r.Left, c.Column), min(r.Top, c.Row)
			r.Right, r.Bottom = max(r.Right, c.Column), max(r.Bottom, c.Row)
		}
		return slices.Concat(part[1], []byte(Name(r.Left, r.Top)+":"+Name(r.Right, r.Bottom)), part[3])
	})
}
