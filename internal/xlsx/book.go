// Package xlsx reads the sheets of Excel workbooks (Office Open XML, ISO/IEC 29500), and writes one back with some cells
// changed and everything else, byte for byte, as it was.
//
// It is not a library of workbooks: no formulas are computed and nothing is formatted.
package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// ErrNoSheet is returned for an archive that holds no workbook, or one without sheets.
var ErrNoSheet = errors.New("xlsx: there is no sheet")

// Largest numbers of rows and columns of a sheet.
const (
	MostRows    = 1 << 20
	MostColumns = 1 << 14
)

// Book is a workbook.
type Book struct {
	From1904 bool // dates are counted from 1904-01-01, else from 1900

	archive *zip.Reader
	parts   map[string]*zip.File // by name in small letters
	home    string               // the part that lists the sheets
	sheets  []listed
	shared  []string
	shows   []bool // dates, by number of the style
}

type listed struct{ name, part string }

// Open reads what a workbook has beside its sheets. Unpacked it may have at most so many bytes. data is kept.
func Open(data []byte, limit int64) (*Book, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	b := &Book{archive: archive, parts: map[string]*zip.File{}, home: "xl/workbook.xml"}
	unpacked := uint64(0)
	for _, file := range archive.File {
		if unpacked += file.UncompressedSize64; unpacked > uint64(limit) || file.UncompressedSize64 > uint64(limit) {
			return nil, errors.New("unpacked it is larger than the memory")
		}
		b.parts[partName(file.Name)] = file
	}
	for _, r := range b.relations("_rels/.rels", "") {
		if r.is("officeDocument") {
			b.home = r.target
		}
	}
	if b.parts[b.home] == nil || !strings.HasSuffix(b.home, ".xml") {
		return nil, ErrNoSheet
	}
	if err := b.contents(); err != nil {
		return nil, err
	}
	if len(b.sheets) == 0 {
		return nil, ErrNoSheet
	}
	return b, nil
}

// partName is a name as parts are looked up.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// open unpacks a part as it is read.
func (b *Book) open(part string) (io.ReadCloser, error) {
	file := b.parts[part]
	if file == nil {
		return nil, fmt.Errorf("%s is missing", part)
	}
	r, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return r, nil
}

func (b *Book) read(part string) ([]byte, error) {
	r, err := b.open(part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, int64(b.parts[part].UncompressedSize64)+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", part, err)
	}
	return data, nil
}

// relation leads from one part to another.
type relation struct{ id, kind, target string }

func (r relation) is(kind string) bool { return strings.HasSuffix(r.kind, "/"+kind) }

// relationsOf is the part with the relations of another.
func relationsOf(part string) string {
	return path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")
}

// relations reads a list of relations, whose targets are told from a folder.
func (b *Book) relations(part, folder string) (relations []relation) {
	data, err := b.read(part)
	if err != nil {
		return nil
	}
	each(data, func(e xml.StartElement, _ int) error {
		if e.Name.Local == "Relationship" {
			target := attribute(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join(folder, target)
			}
			relations = append(relations, relation{attribute(e, "Id"), attribute(e, "Type"), partName(target)})
		}
		return nil
	})
	return relations
}

// contents reads the list of sheets, the texts that they share and the styles.
func (b *Book) contents() error {
	relations := b.relations(relationsOf(b.home), path.Dir(b.home))
	data, err := b.read(b.home)
	if err != nil {
		return err
	}
	err = each(data, func(e xml.StartElement, _ int) error {
		switch e.Name.Local {
		case "workbookPr":
			b.From1904 = truth(attribute(e, "date1904"))
		case "sheet":
			for _, r := range relations {
				if r.id == attribute(e, "id") {
					b.sheets = append(b.sheets, listed{attribute(e, "name"), partOf(r)})
				}
			}
		}
		return nil
	})
	for _, r := range relations {
		switch {
		case err != nil:
		case r.is("sharedStrings"):
			err = b.readShared(r.target)
		case r.is("styles"):
			err = b.readStyles(r.target)
		}
	}
	return err
}

// partOf is the part with the cells of a sheet; "" for one of charts.
func partOf(r relation) string {
	if r.is("worksheet") {
		return r.target
	}
	return ""
}

func (b *Book) readShared(part string) error {
	data, err := b.read(part)
	if err != nil {
		return err
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "si" {
			text, err := textOf(d)
			if err != nil {
				return fmt.Errorf("%s: %w", part, err)
			}
			b.shared = append(b.shared, text)
		}
	}
}

// textOf reads a text to its end, which may be in pieces with types of their own. How it is pronounced is left out.
func textOf(d *xml.Decoder) (string, error) {
	var text strings.Builder
	within := false
	for depth := 1; depth > 0; {
		token, err := d.Token()
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "rPh" {
				if err := d.Skip(); err != nil {
					return "", err
				}
				continue
			}
			depth++
			within = e.Name.Local == "t"
		case xml.EndElement:
			depth--
			within = false
		case xml.CharData:
			if within {
				text.Write(e)
			}
		}
	}
	return unescaped(text.String()), nil
}

// Sheets lists the names of the sheets in their order, those of charts too.
func (b *Book) Sheets() []string {
	names := make([]string, len(b.sheets))
	for k, s := range b.sheets {
		names[k] = s.name
	}
	return names
}

// each visits the elements of a part, with where they begin.
func each(data []byte, visit func(e xml.StartElement, from int) error) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		from := int(d.InputOffset())
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := visit(e, from); err != nil {
				return err
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func truth(text string) bool { return text == "1" || text == "true" || text == "on" }
