package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"lacuna/internal/atomicfile"
	"lacuna/internal/page"
	"lacuna/study"
)

var nan = study.Number(math.NaN())

// write puts reproduction.json, .md and .html into the directory.
func (r *Result) write(dir string) error {
	var list bytes.Buffer
	encoder := json.NewEncoder(&list)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r.Entries()); err != nil {
		return err
	}
	document, err := r.document(dir)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "reproduction.json"), list.Bytes()); err != nil {
		return err
	}
	if err := document.Save(filepath.Join(dir, "reproduction.md")); err != nil {
		return err
	}
	return document.Save(filepath.Join(dir, "reproduction.html"))
}

// Entries lists the entries of all sections; never nil.
func (r *Result) Entries() []Entry {
	entries := []Entry{}
	for _, s := range r.Sections {
		entries = append(entries, s.Entries...)
	}
	return entries
}

// Kept counts the claims that hold, and all of them.
func (r *Result) Kept() (holds, all int) {
	entries := r.Entries()
	for _, e := range entries {
		if e.Holds {
			holds++
		}
	}
	return holds, len(entries)
}

func (r *Result) summary() string {
	holds, all := r.Kept()
	text := fmt.Sprintf("Integrator %s. %d of %d claims hold.", r.Method, holds, all)
	if r.Quick {
		text += " This is the quick version: fewer and smaller runs, from which nothing should be concluded."
	}
	return text
}

//go:embed page.css
var pageCSS string

// document is the report. The pictures in dir are read.
func (r *Result) document(dir string) (page.Document, error) {
	d := page.Document{Title: "Reproduction of Hariz et al. 2022", Style: "\n" + pageCSS}
	add := func(blocks ...page.Block) { d.Blocks = append(d.Blocks, blocks...) }
	add(page.InHTML{page.Dim("Implicit Regularization with Polynomial Growth in Deep Tensor Factorization, ICML 2022.")})
	add(page.Text(r.summary()), page.Gap{})
	for _, s := range r.Sections {
		add(page.Heading{Level: 2, ID: s.Item, Text: s.Title}, page.InHTML{page.Dim("The paper: " + s.Paper)})
		add(page.InMarkdown{page.Paragraph{Spans: []page.Span{page.Strong("The paper."), page.Plain(" " + s.Paper)}}})
		if s.Skipped != "" {
			add(page.Text("Skipped: " + s.Skipped))
			continue
		}
		var pictures []page.Block
		for _, name := range s.Figures {
			svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
			if err != nil {
				return d, err
			}
			svg = svg[bytes.Index(svg, []byte("<svg")):]
			pictures = append(pictures, page.Figure{SVG: string(svg), Name: s.Title, File: name + ".svg"})
		}
		claims := page.Table{Columns: columns}
		for _, e := range s.Entries {
			claims.Rows = append(claims.Rows, page.Row{Class: e.verdict(), Cells: e.cells()})
		}
		add(page.Gap{}, page.InHTML(pictures), page.Gap{}, page.List(s.Found), page.Dim(s.effort()))
		add(page.InMarkdown(pictures), claims, page.Gap{})
	}
	made := "Made by lacuna"
	if r.Version != "" {
		made += " " + r.Version
	}
	add(page.InHTML{page.Dim(made + ".")})
	return d, nil
}

func (s Section) effort() string {
	text := fmt.Sprintf("%d runs, %.0f s", s.Runs, s.Seconds)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	return text + "."
}

var columns = []string{"depth", "observed", "paper", "ours", "effective rank", "claim", "holds", "why not"}

func (e Entry) verdict() string {
	if e.Holds {
		return "yes"
	}
	return "no"
}

func (e Entry) cells() []string {
	return []string{
		whole(e.Depth), strconv.FormatFloat(100*float64(e.Observed), 'g', 4, 64) + " %", real(e.Paper), real(e.Ours),
		whole(e.EffectiveRank), e.Claim, e.verdict(), e.Why,
	}
}

func whole(x *int) string {
	if x == nil {
		return ""
	}
	return strconv.Itoa(*x)
}

func real(x study.Number) string {
	if x != x {
		return ""
	}
	return strconv.FormatFloat(float64(x), 'g', 4, 64)
}
