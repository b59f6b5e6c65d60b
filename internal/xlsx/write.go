package xlsx

import (
	"archive/zip"
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
	Style       int // number of the style, of Cell.Style or Sheet.StyleAt
	Value       any // a float64, an int, a string, or a *Cell of the sheet, whose content is copied
}

// Write writes the workbook with some cells of a sheet changed. Of two changes of a cell the later one holds. Other parts
// are copied as they are compressed; the order of calculation, which Excel makes anew, is left out where formulas go.
func (b *Book) Write(w io.Writer, s *Sheet, changes []Change) error {
	changes = slices.Clone(changes)
	slices.SortStableFunc(changes, func(a, b Change) int {
		if a.Row != b.Row {
			return a.Row - b.Row
		}
		return a.Column - b.Column
	})
	for _, c := range changes {
		if c.Column < 1 || c.Column > MostColumns || c.Row < 1 || c.Row > MostRows {
			return fmt.Errorf("the sheet has no place for row %d, column %d", c.Row, c.Column)
		}
	}
	e := &sheetEditor{sheet: s, dropped: map[string]bool{}}
	for _, c := range changes {
		if old := s.Cell(c.Column, c.Row); old != nil && old.Computed {
			e.removed = true
			if old.formula.first {
				e.dropped[old.formula.group] = true
			}
		}
	}
	replaced := map[string][]byte{s.part: e.edit(changes)}
	skip := ""
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

// sheetEditor writes the part of a sheet anew.
type sheetEditor struct {
	sheet   *Sheet
	out     bytes.Buffer
	removed bool            // some formula is
	dropped map[string]bool // groups of cells whose shared formula has lost its text
}

// edit is the part with the changes, which are in order.
func (e *sheetEditor) edit(changes []Change) []byte {
	s := e.sheet
	e.out.Write(extended(s.data[:s.open], changes))
	fmt.Fprintf(&e.out, "<%s>", s.element)
	row, cell := s.prefixed("row"), s.prefixed("c")
	at := 0
	for len(changes) > 0 || at < len(s.Rows) {
		number := MostRows + 1
		if len(changes) > 0 {
			number = changes[0].Row
		}
		if at < len(s.Rows) && s.Rows[at].Number <= number {
			number = s.Rows[at].Number
		}
		n := 0
		for n < len(changes) && changes[n].Row == number {
			n++
		}
		if at < len(s.Rows) && s.Rows[at].Number == number {
			r := &s.Rows[at]
			e.rowStart(r, n > 0)
			e.cells(r.Cells, changes[:n], cell)
			fmt.Fprintf(&e.out, "</%s>", r.element)
			at++
		} else {
			fmt.Fprintf(&e.out, `<%s r="%d">`, row, number)
			e.cells(nil, changes[:n], cell)
			fmt.Fprintf(&e.out, "</%s>", row)
		}
		changes = changes[n:]
	}
	fmt.Fprintf(&e.out, "</%s>", s.element)
	e.out.Write(s.data[s.close:])
	return e.out.Bytes()
}

// prefixed is an element's name with the prefix of the list of cells.
func (s *Sheet) prefixed(name string) string {
	if k := strings.IndexByte(s.element, ':'); k >= 0 {
		return s.element[:k+1] + name
	}
	return name
}

// rowStart writes the start of a row. Its span, a hint, is left out where cells are added.
func (e *sheetEditor) rowStart(r *Row, changed bool) {
	tag := strings.TrimSuffix(strings.TrimSuffix(string(e.sheet.data[r.from:r.inner]), ">"), "/")
	if changed {
		tag = spans.ReplaceAllString(tag, "")
	}
	if !r.named {
		tag = strings.TrimRight(tag, " ") + fmt.Sprintf(` r="%d"`, r.Number)
	}
	e.out.WriteString(tag + ">")
}

var spans = regexp.MustCompile(`\sspans=("[^"]*"|'[^']*')`)

func (e *sheetEditor) cells(cells []Cell, changes []Change, element string) {
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
func (e *sheetEditor) kept(c *Cell) {
	data, drop := e.sheet.data, e.dropped[c.formula.group]
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
	fmt.Fprintf(&e.out, "</%s>", c.element)
}

// attributes ends the start of a cell.
func (e *sheetEditor) attributes(style int, kind Kind) {
	if style != 0 {
		e.out.WriteString(` s="` + strconv.Itoa(style) + `"`)
	}
	if kind != Number {
		e.out.WriteString(` t="`)
		xml.EscapeText(&e.out, []byte(kind))
		e.out.WriteString(`"`)
	}
	e.out.WriteString(">")
}

// content writes what a cell holds, with or without its formula.
func (e *sheetEditor) content(c *Cell, formula bool) {
	data := e.sheet.data
	if c.Computed && !formula {
		e.out.Write(data[c.inner:c.formula.from])
		e.out.Write(data[c.formula.to:c.last])
		return
	}
	e.out.Write(data[c.inner:c.last])
}

func (e *sheetEditor) changed(c *Change, element string) {
	e.out.WriteString("<" + element + ` r="` + Name(c.Column, c.Row) + `"`)
	prefix := strings.TrimSuffix(element, "c")
	switch value := c.Value.(type) {
	case *Cell:
		e.attributes(c.Style, value.Kind)
		e.content(value, false)
	case string:
		e.attributes(c.Style, Inline)
		fmt.Fprintf(&e.out, `<%sis><%st xml:space="preserve">`, prefix, prefix)
		xml.EscapeText(&e.out, []byte(escaped(value)))
		fmt.Fprintf(&e.out, `</%st></%sis>`, prefix, prefix)
	case int:
		e.attributes(c.Style, Number)
		fmt.Fprintf(&e.out, "<%sv>%d</%sv>", prefix, value, prefix)
	case float64:
		e.attributes(c.Style, Number)
		fmt.Fprintf(&e.out, "<%sv>%s</%sv>", prefix, spelt(value), prefix)
	}
	fmt.Fprintf(&e.out, "</%s>", element)
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
