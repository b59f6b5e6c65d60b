package theory

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"lacuna/figure"
	"lacuna/internal/page"
)

// Holds reports whether every line of the table holds.
func (r *Result) Holds() bool {
	return !slices.ContainsFunc(r.Rows, func(row Row) bool { return !row.Holds })
}

// cells are the columns of the table for people.
func (row Row) cells() []string {
	verdict := "holds"
	if !row.Holds {
		verdict = "FAILS"
	}
	model := fmt.Sprintf("%s, N = %d", row.Model, row.Order)
	depth := depthName(row.Depths)
	if row.Model == "deep matrix" {
		model, depth = row.Model, depth+" factors"
	}
	return []string{row.Statement, model, depth, row.Hypothesis, fmt.Sprint(row.Emergences), fmt.Sprintf("%.1e",
		row.WorstRelativeError), row.note(), verdict}
}

var headings = []string{"statement", "model", "depth", "hypothesis", "emerged", "worst error", "detail", "verdict"}

// note is what a line says beyond the common columns.
func (row Row) note() string {
	for _, e := range table {
		if e.Name == row.Statement && e.note != nil {
			return e.note(row)
		}
	}
	return ""
}

// WriteTable writes the table for a terminal.
func (r *Result) WriteTable(w io.Writer) error {
	lines := [][]string{headings}
	for _, row := range r.Rows {
		lines = append(lines, row.cells())
	}
	widths := make([]int, len(headings))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var text strings.Builder
		for i, cell := range line {
			text.WriteString(cell)
			text.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(text.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

var intro = []string{
	"A tensor with holes is written as a sum of many blocks W = Σᵣ ⊗ₙ vᵣⁿ. A block is an outer product of one " +
		"vector a mode, and each of these is a chain v = A₁A₂…A_k w of k matrices (the depth) times a vector w. All " +
		"of it is trained from a small start by gradient flow, dθ/dt = −∂L/∂θ.",
	"Every statement below is measured along real runs: the left side from the parameters and their velocities " +
		"alone, the right side from the formula, by separate code. The worst relative error over all times and blocks " +
		"is given; it counts relative to the larger of the two sides, or to a thousandth of the largest value that " +
		"the right side could have where both are nearer to zero than that (for singular values, of the chain's largest).",
	"A hat means: divided by its norm. ε(0) is the unbalancedness of the start, the largest difference between the " +
		"squared norms of a vector and a matrix of one block; 0 means that all factors of a block have one norm.",
}

const identity = "This line is an identity: under its hypothesis it follows by algebra, for any data. That it holds says that neither " +
	"side was miscalculated, and that the flow keeps the hypothesis."

// document is the page of the result. Pictures lie beside it, called Picture.Name and the ending.
func (r *Result) document(pictures []Picture, ending, command string) page.Document {
	d := page.Document{Title: "The theory, measured", Style: pageCSS}
	add := func(blocks ...page.Block) { d.Blocks = append(d.Blocks, blocks...) }
	for _, text := range intro {
		add(page.Text(text))
	}
	add(page.Gap{})
	for _, e := range table {
		list := page.Table{Columns: headings[1:]}
		for _, row := range r.rowsOf(e) {
			list.Rows = append(list.Rows, page.Row{Cells: row.cells()[1:]})
		}
		if len(list.Rows) > 0 {
			formula := page.Paragraph{Class: "formula", Spans: []page.Span{page.Markup(page.HTML(e.Formula))}}
			text := e.Text
			if e.Identity {
				text += " " + identity
			}
			add(page.Section{page.Heading{Level: 2, Text: e.Title}, formula, page.Text(text), list})
		}
	}
	add(page.Gap{})
	for i, text := range r.Findings() {
		if i == 0 {
			add(page.Heading{Level: 2, Text: "What the data answer"})
		}
		add(page.Text(text))
	}
	add(page.Gap{})
	for i, p := range pictures {
		if i == 0 {
			add(page.Heading{Level: 2, Text: "Pictures"})
		}
		add(page.Figure{SVG: figure.InlineSVG(p.Figure), Name: p.Name, File: p.Name + ending, Caption: p.Caption})
	}
	add(page.Gap{})
	if command == "" {
		add(page.Gap{})
	} else {
		add(page.Paragraph{Tag: "footer", Spans: []page.Span{page.Plain("Made by "), page.Code(command), page.Plain(".")}})
	}
	return d
}

// Findings says in sentences what the data answer beyond whether statements hold.
func (r *Result) Findings() []string {
	var out []string
	for _, e := range table {
		if e.findings != nil {
			out = append(out, e.findings(r.rowsOf(e))...)
		}
	}
	return out
}

//go:embed page.css
var pageCSS string

// SavePage writes the page to a file whose name ends in .html or .md; a page of Markdown has no pictures.
func (r *Result) SavePage(path, command string) error {
	var pictures []Picture
	if !strings.EqualFold(filepath.Ext(path), ".md") {
		pictures = r.Pictures()
	}
	return r.document(pictures, "", command).Save(path)
}

// SaveFigures writes the pictures into a folder, which must exist, as SVG and PNG, and the page beside them as
// theory.html and theory.md. It returns the names of the files.
func (r *Result) SaveFigures(folder, command string) ([]string, error) {
	var files []string
	pictures := r.Pictures()
	for _, picture := range pictures {
		for _, ending := range []string{".svg", ".png"} {
			files = append(files, filepath.Join(folder, picture.Name+ending))
			if err := figure.Save(files[len(files)-1], picture.Figure); err != nil {
				return files, err
			}
		}
	}
	document := r.document(pictures, ".svg", command)
	for _, name := range []string{"theory.html", "theory.md"} {
		files = append(files, filepath.Join(folder, name))
		if err := document.Save(files[len(files)-1]); err != nil {
			return files, err
		}
	}
	return files, nil
}
