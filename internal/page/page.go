// Package page writes a document as one self-contained HTML page, or as Markdown. It is the only writer of either.
//
// A Document is a list of blocks, and every block knows both forms. Plain text is escaped; what is markup already has
// the type HTML. There is no html/template here: a program with one keeps every method of every type, a sixth of its size.
package page

import (
	"io"
	"path/filepath"
	"strings"

	"lacuna/internal/atomicfile"
)

// HTML is text that is markup already: nothing in it is escaped.
type HTML string

// Document is a page.
type Document struct {
	Title  string
	Style  string // of the HTML page: CSS
	Blocks []Block
}

// Block is a part of a page.
type Block interface {
	html() []string     // lines of HTML
	markdown() []string // paragraphs of Markdown
}

// HTML returns the document as a page that needs no other file.
func (d Document) HTML() string {
	lines := []string{
		"<!DOCTYPE html>", `<html lang="en">`, "<head>", `<meta charset="utf-8">`,
		`<meta name="viewport" content="width=device-width, initial-scale=1">`,
		"<title>" + escape(d.Title) + "</title>", "<style>" + d.Style + "</style>", "</head>", "<body>", "<main>",
		"<h1>" + escape(d.Title) + "</h1>",
	}
	lines = append(lines, linesOf(d.Blocks)...)
	return strings.Join(append(lines, "</main>", "</body>", "</html>", ""), "\n")
}

// Markdown returns the document as Markdown, its pictures as files beside it.
func (d Document) Markdown() string {
	return strings.Join(append([]string{"# " + d.Title}, paragraphsOf(d.Blocks)...), "\n\n") + "\n"
}

// Save writes the document to a file, complete or not at all: as Markdown where its name ends in .md, else as HTML.
func (d Document) Save(path string) error {
	write := d.HTML
	if strings.EqualFold(filepath.Ext(path), ".md") {
		write = d.Markdown
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, write())
		return err
	})
}

func linesOf(blocks []Block) []string {
	var lines []string
	for _, b := range blocks {
		lines = append(lines, b.html()...)
	}
	return lines
}

func paragraphsOf(blocks []Block) []string {
	var paragraphs []string
	for _, b := range blocks {
		paragraphs = append(paragraphs, b.markdown()...)
	}
	return paragraphs
}

var escaper = strings.NewReplacer(
	"\x00", "\uFFFD", `"`, "&#34;", "&", "&amp;", "'", "&#39;", "+", "&#43;", "<", "&lt;", ">", "&gt;")

// escape writes text so that HTML shows it as it is, within an element or a quoted attribute.
func escape(text string) string { return escaper.Replace(text) }

// class is an attribute of an element; none for "".
func class(name string) string {
	if name == "" {
		return ""
	}
	return ` class="` + escape(name) + `"`
}

// Span is a piece of a line.
type Span struct{ html, markdown string }

// Plain is text as it is.
func Plain(text string) Span { return Span{escape(text), text} }

// Code is text in a fixed width.
func Code(text string) Span { return Span{"<code>" + escape(text) + "</code>", "`" + text + "`"} }

// Strong is text in bold type.
func Strong(text string) Span {
	return Span{"<strong>" + escape(text) + "</strong>", "**" + text + "**"}
}

// Markup is text with HTML elements that Markdown takes too, such as sub and sup.
func Markup(text HTML) Span { return Span{string(text), string(text)} }
