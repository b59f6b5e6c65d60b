package theory

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"lacuna/figure"
	"lacuna/internal/atomicfile"
)

// Holds reports whether every line of the table holds.
func (r *Result) Holds() bool {
	for _, row := range r.Rows {
		if !row.Holds {
			return false
		}
	}
	return true
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
	return []string{row.Statement, model, depth, row.Hypothesis, fmt.Sprint(row.Emergences), fmt.Sprintf("%.1e", row.WorstRelativeError), row.note(), verdict}
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

// page is what both kinds of page show.
type page struct {
	Style    template.CSS
	Intro    []string
	Sections []section
	Findings []string
	Pictures []pagePicture
	Command  string
}

type section struct {
	Explanation
	Headings []string
	Rows     [][]string
}

type pagePicture struct {
	Name, Caption string
	SVG           template.HTML
}

var intro = []string{
	"A tensor with holes is written as a sum of many blocks W = Σᵣ ⊗ₙ vᵣⁿ. A block is an outer product of one vector a mode, and each of these is a chain v = A₁A₂…A_k w of k matrices (the depth) times a vector w. All of it is trained from a small start by gradient flow, dθ/dt = −∂L/∂θ.",
	"Every statement below is measured along real runs: the left side from the parameters and their velocities alone, the right side from the formula, by separate code. The worst relative error over all times and blocks is given; it counts relative to the larger of the two sides, or to a thousandth of the largest value that the right side could have where both are nearer to zero than that (for singular values, of the chain's largest).",
	"A hat means: divided by its norm. ε(0) is the unbalancedness of the start, the largest difference between the squared norms of a vector and a matrix of one block; 0 means that all factors of a block have one norm.",
}

func (r *Result) page(command string) page {
	p := page{Style: template.CSS(pageCSS), Intro: intro, Findings: r.Findings(), Command: command}
	for _, e := range Explanations() {
		s := section{Explanation: e, Headings: append([]string(nil), headings[1:]...)}
		for _, row := range r.Rows {
			if row.Statement == e.Name {
				s.Rows = append(s.Rows, row.cells()[1:])
			}
		}
		if len(s.Rows) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	for _, picture := range r.Pictures() {
		p.Pictures = append(p.Pictures, pagePicture{picture.Name, picture.Caption, template.HTML(figure.InlineSVG(picture.Figure))})
	}
	return p
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

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

var htmlPage = template.Must(template.New("page").Parse(pageHTML))

// WriteHTML writes a self-contained page; command is the command line that made it, for the foot of the page.
func (r *Result) WriteHTML(w io.Writer, command string) error {
	return htmlPage.Execute(w, r.page(command))
}

// WriteMarkdown writes the page as Markdown, with the pictures as files beside it, called Picture.Name and the ending given;
// "" leaves them out.
func (r *Result) WriteMarkdown(w io.Writer, ending, command string) error {
	p := r.page(command)
	var b strings.Builder
	b.WriteString("# The theory, measured\n")
	for _, text := range p.Intro {
		b.WriteString("\n" + text + "\n")
	}
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n%s\n\n", s.Title, s.Formula, s.Text)
		b.WriteString("| " + strings.Join(s.Headings, " | ") + " |\n" + strings.Repeat("|---", len(s.Headings)) + "|\n")
		for _, row := range s.Rows {
			for i, cell := range row {
				row[i] = strings.ReplaceAll(cell, "|", "\\|")
			}
			b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		}
	}
	if len(p.Findings) > 0 {
		b.WriteString("\n## What the data answer\n")
		for _, text := range p.Findings {
			b.WriteString("\n" + text + "\n")
		}
	}
	if ending != "" && len(p.Pictures) > 0 {
		b.WriteString("\n## Pictures\n")
		for _, picture := range p.Pictures {
			fmt.Fprintf(&b, "\n![%s](%s)\n\n%s\n", picture.Name, picture.Name+ending, picture.Caption)
		}
	}
	if command != "" {
		fmt.Fprintf(&b, "\nMade by `%s`.\n", command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// SavePage writes the page to a file whose name ends in .html or .md.
func (r *Result) SavePage(path, command string) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		if strings.EqualFold(filepath.Ext(path), ".html") {
			return r.WriteHTML(w, command)
		}
		return r.WriteMarkdown(w, "", command)
	})
}

// SaveFigures writes the pictures into a folder, which must exist, as SVG and PNG, and the page beside them as theory.html and
// theory.md. It returns the names of the files.
func (r *Result) SaveFigures(folder, command string) ([]string, error) {
	var files []string
	save := func(name string, write func(path string) error) error {
		path := filepath.Join(folder, name)
		files = append(files, path)
		return write(path)
	}
	for _, picture := range r.Pictures() {
		for _, ending := range []string{".svg", ".png"} {
			if err := save(picture.Name+ending, func(path string) error { return figure.Save(path, picture.Figure) }); err != nil {
				return files, err
			}
		}
	}
	err := save("theory.html", func(path string) error {
		return atomicfile.Write(path, func(w io.Writer) error { return r.WriteHTML(w, command) })
	})
	if err != nil {
		return files, err
	}
	return files, save("theory.md", func(path string) error {
		return atomicfile.Write(path, func(w io.Writer) error { return r.WriteMarkdown(w, ".svg", command) })
	})
}
