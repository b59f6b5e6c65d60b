package theory

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
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
	switch {
	case row.Fitted != nil:
		return fmt.Sprintf("%.4f (%.4f … %.4f), theory %.4f", *row.Fitted, row.CI95[0], row.CI95[1], *row.Predicted)
	case row.OrderMeasured != nil:
		return fmt.Sprintf("shrinks at order %.1f, integrator's %d", *row.OrderMeasured, row.OrderExpected)
	case row.Epsilon != nil:
		return fmt.Sprintf("ε(0) = %.2g, the equation is off by %.1e", *row.Epsilon, *row.EquationError)
	case row.Drift != nil:
		return fmt.Sprintf("conserved along the run to %.1e", *row.Drift)
	case row.Sign != nil:
		note := fmt.Sprintf("without modulus %.0f %% fail", 100*row.Sign.FailingShare)
		if row.UnalignedError != nil {
			note += fmt.Sprintf(", w unaligned at depth 1: %.1g", *row.UnalignedError)
		}
		return note
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
	runs, blocks, negative, flips := 0, 0, 0, 0
	with, unaligned := 0.0, 0.0
	matrixMost, deepMost := 0.0, 0.0
	for _, row := range r.Rows {
		if s := row.Sign; s != nil {
			runs, blocks, negative, flips = runs+1, blocks+s.Blocks, negative+s.Negative, flips+s.Flips
			with = math.Max(with, s.WithModulus)
		}
		if row.UnalignedError != nil {
			unaligned = math.Max(unaligned, *row.UnalignedError)
		}
		if row.Fitted != nil && !math.IsNaN(*row.Fitted) {
			if row.Model == "deep CP" {
				deepMost = math.Max(deepMost, *row.Fitted)
			} else {
				matrixMost = math.Max(matrixMost, *row.Fitted)
			}
		}
	}
	if runs > 0 {
		out = append(out, fmt.Sprintf("The sign in Theorem 3.2 (ii): with |ζ| the statement holds to %.1e in all %d runs. As printed, with ζ, it fails for every block whose ζ is negative: %d of %d blocks at the start. The sign of a singular vector is a matter of convention, and so is that of ζ; even with ṽ followed continuously ⟨ṽ, ŵ⟩ changed its sign %d times. The modulus of the proof is needed.",
			with, runs, negative, blocks, flips))
	}
	if unaligned > 0 {
		out = append(out, fmt.Sprintf("Theorem 3.2 (ii) at depth 1: the proof keeps the matrices at rank one by 1 − 1/k ≥ ½, which needs k ≥ 2. At k = 1 a matrix of rank one gains rank at once, since dA/dt = −g wᵀ, and the statement fails (relative error up to %.2g) unless w lies along the right singular vector of A₁. The lines above start that way in modes of depth 1.", unaligned))
	}
	if deepMost > 0 && matrixMost > 0 {
		out = append(out, fmt.Sprintf("Polynomial against quadratic: the largest exponent fitted is %.3f in deep CP, and %.3f in deep matrices and plain CP.", deepMost, matrixMost))
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
