package page

import (
	"fmt"
	"strings"
)

// Heading is a title within a page; Level is from 2.
type Heading struct {
	Level    int
	ID, Text string
}

func (h Heading) html() []string {
	tag, id := "h"+string(rune('0'+h.Level)), ""
	if h.ID != "" {
		id = ` id="` + escape(h.ID) + `"`
	}
	return []string{"<" + tag + id + ">" + escape(h.Text) + "</" + tag + ">"}
}

func (h Heading) markdown() []string { return []string{strings.Repeat("#", h.Level) + " " + h.Text} }

// Paragraph is running text. Tag is its HTML element; "" means p.
type Paragraph struct {
	Tag, Class string
	Spans      []Span
}

// Text is a paragraph of plain text.
func Text(text string) Paragraph { return Paragraph{Spans: []Span{Plain(text)}} }

// Dim is a paragraph of plain text beside the main thing.
func Dim(text string) Paragraph { return Paragraph{Class: "dim", Spans: []Span{Plain(text)}} }

func (p Paragraph) html() []string {
	tag, text := p.Tag, ""
	if tag == "" {
		tag = "p"
	}
	for _, s := range p.Spans {
		text += s.html
	}
	return []string{"<" + tag + class(p.Class) + ">" + text + "</" + tag + ">"}
}

func (p Paragraph) markdown() []string {
	text := ""
	for _, s := range p.Spans {
		text += s.markdown
	}
	return []string{text}
}

// List is a list of points.
type List []string

func (l List) html() []string {
	lines := []string{"<ul>"}
	for _, text := range l {
		lines[len(lines)-1] += "<li>" + escape(text) + "</li>"
		lines = append(lines, "")
	}
	lines[len(lines)-1] += "</ul>"
	return lines
}

func (l List) markdown() []string {
	if len(l) == 0 {
		return nil
	}
	return []string{"- " + strings.Join(l, "\n- ")}
}

// Table has one cell a column in every row.
type Table struct {
	Columns []string
	Rows    []Row
}

// Row is a line of a table.
type Row struct {
	Class string // of the HTML element
	Cells []string
}

func (t Table) html() []string {
	lines := []string{`<div class="scroll"><table>`, tableRow("", "th", t.Columns)}
	for _, row := range t.Rows {
		lines = append(lines, tableRow(row.Class, "td", row.Cells))
	}
	return append(lines, "</table></div>")
}

func tableRow(name, tag string, cells []string) string {
	line := "<tr" + class(name) + ">"
	for _, cell := range cells {
		line += "<" + tag + ">" + escape(cell) + "</" + tag + ">"
	}
	return line + "</tr>"
}

func (t Table) markdown() []string {
	line := func(cells []string) string {
		text := "|"
		for _, cell := range cells {
			text += " " + strings.ReplaceAll(cell, "|", "\\|") + " |"
		}
		return text
	}
	lines := []string{line(t.Columns), "|" + strings.Repeat("---|", len(t.Columns))}
	for _, row := range t.Rows {
		lines = append(lines, line(row.Cells))
	}
	return []string{strings.Join(lines, "\n")}
}

// Figure is a picture: in HTML within the page, in Markdown a file beside it.
type Figure struct {
	Class   string
	SVG     string // an svg element
	Name    string // stands for the picture where it cannot be shown
	File    string
	Caption string // may be empty
}

func (f Figure) html() []string {
	caption := ""
	if f.Caption != "" {
		caption = "<figcaption>" + escape(f.Caption) + "</figcaption>"
	}
	return []string{"<figure" + class(f.Class) + ">" + f.SVG + caption + "</figure>"}
}

func (f Figure) markdown() []string {
	lines := []string{"![" + f.Name + "](" + f.File + ")"}
	if f.Caption != "" {
		lines = append(lines, f.Caption)
	}
	return lines
}

// Section holds the blocks of one subject.
type Section []Block

func (s Section) html() []string {
	return append(append([]string{"<section>"}, linesOf(s)...), "</section>")
}

func (s Section) markdown() []string { return paragraphsOf(s) }

// Gap is an empty line in the text of an HTML page, for those who read it; it shows nowhere.
type Gap struct{}

func (Gap) html() []string     { return []string{""} }
func (Gap) markdown() []string { return nil }

// InHTML is blocks that Markdown lacks, InMarkdown those that HTML lacks.
type (
	InHTML     []Block
	InMarkdown []Block
)

func (in InHTML) html() []string         { return linesOf(in) }
func (InHTML) markdown() []string        { return nil }
func (InMarkdown) html() []string        { return nil }
func (in InMarkdown) markdown() []string { return paragraphsOf(in) }

// Lines is a part of an HTML page with a layout of its own. It has no form in Markdown.
type Lines []HTML

// Add appends the next line, made by Format.
func (l *Lines) Add(format string, args ...any) { *l = append(*l, Format(format, args...)) }

func (l Lines) html() []string {
	lines := make([]string, len(l))
	for k, line := range l {
		lines[k] = string(line)
	}
	return lines
}

func (Lines) markdown() []string { return nil }

// Format fills arguments in as fmt.Sprintf does with %s and %d: texts escaped, HTML as it is. The format is markup.
func Format(format string, args ...any) HTML {
	escaped := make([]any, len(args))
	for k, arg := range args {
		escaped[k] = arg
		if text, ok := arg.(string); ok {
			escaped[k] = escape(text)
		}
	}
	return HTML(fmt.Sprintf(format, escaped...))
}

// FigureOf is a picture within a line.
func FigureOf(class string, svg HTML, caption string) HTML {
	return HTML(Figure{Class: class, SVG: string(svg), Caption: caption}.html()[0])
}
