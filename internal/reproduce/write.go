package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lacuna/internal/atomicfile"
	"lacuna/study"
)

var nan = study.Number(math.NaN())

// write puts reproduction.json, .md and .html into the directory.
func (r *Result) write(dir string) error {
	entries := []Entry{}
	for _, s := range r.Sections {
		entries = append(entries, s.Entries...)
	}
	var list bytes.Buffer
	encoder := json.NewEncoder(&list)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(entries); err != nil {
		return err
	}
	page, err := r.html(dir)
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"reproduction.json": list.Bytes(), "reproduction.md": r.markdown(), "reproduction.html": page,
	} {
		if err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// Kept counts the claims that hold, and all of them.
func (r *Result) Kept() (holds, all int) {
	for _, s := range r.Sections {
		for _, e := range s.Entries {
			all++
			if e.Holds {
				holds++
			}
		}
	}
	return holds, all
}

func (r *Result) summary() string {
	holds, all := r.Kept()
	text := fmt.Sprintf("Integrator %s. %d of %d claims hold.", r.Method, holds, all)
	if r.Quick {
		text += " This is the quick version: fewer and smaller runs, from which nothing should be concluded."
	}
	return text
}

func (r *Result) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Reproduction of Hariz et al. 2022\n\n%s\n", r.summary())
	for _, s := range r.Sections {
		fmt.Fprintf(&b, "\n## %s\n\n**The paper.** %s\n\n", s.Title, s.Paper)
		if s.Skipped != "" {
			fmt.Fprintf(&b, "Skipped: %s\n", s.Skipped)
			continue
		}
		for _, text := range s.Found {
			fmt.Fprintf(&b, "- %s\n", text)
		}
		fmt.Fprintf(&b, "\n%s\n", s.effort())
		for _, name := range s.Figures {
			fmt.Fprintf(&b, "\n![%s](%s.svg)\n", s.Title, name)
		}
		fmt.Fprintf(&b, "\n| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
		for _, e := range s.Entries {
			fmt.Fprintf(&b, "| %s |\n", strings.Join(e.cells(), " | "))
		}
	}
	return b.Bytes()
}

func (s Section) effort() string {
	text := fmt.Sprintf("%d runs, %.0f s", s.Runs, s.Seconds)
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	return text + "."
}

var columns = []string{"depth", "observed", "paper", "ours", "effective rank", "claim", "holds", "why not"}

func (e Entry) cells() []string {
	holds := "yes"
	if !e.Holds {
		holds = "no"
	}
	return []string{
		whole(e.Depth), strconv.FormatFloat(100*float64(e.Observed), 'g', 4, 64) + " %", real(e.Paper), real(e.Ours), whole(e.EffectiveRank), e.Claim, holds, e.Why,
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

//go:embed page.html
var pageHTML string

type htmlSection struct {
	Section
	Pictures []template.HTML
	Rows     []htmlRow
	Effort   string
}

type htmlRow struct {
	Cells []string
	Holds bool
}

// html is the report as one page that holds its pictures.
func (r *Result) html(dir string) ([]byte, error) {
	var sections []htmlSection
	for _, s := range r.Sections {
		h := htmlSection{Section: s, Effort: s.effort()}
		for _, name := range s.Figures {
			svg, err := os.ReadFile(filepath.Join(dir, name+".svg"))
			if err != nil {
				return nil, err
			}
			h.Pictures = append(h.Pictures, template.HTML(svg[bytes.Index(svg, []byte("<svg")):]))
		}
		for _, e := range s.Entries {
			h.Rows = append(h.Rows, htmlRow{e.cells(), e.Holds})
		}
		sections = append(sections, h)
	}
	page, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{"Summary": r.summary(), "Sections": sections, "Columns": columns, "Version": r.Version})
	return b.Bytes(), err
}
