package reproduce

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

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

func (r *Result) summary() string {
	var words []string
	for _, name := range r.Rules {
		holds, all, open := 0, 0, 0
		for _, e := range r.Entries() {
			switch {
			case e.Rule != name:
				continue
			case e.Undecided:
				open++
			case e.Holds:
				holds++
			}
			all++
		}
		words = append(words, fmt.Sprintf("for %s %d of %d claims hold, %d are not decided", ruleNamed(name).words, holds, all,
			open))
	}
	text := upperFirst(strings.Join(words, "; ")) + "."
	if r.Quick {
		text += " This is the quick version: fewer runs, of a thousand steps and fewer blocks, from which nothing should be concluded."
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
	add(page.Heading{Level: 2, ID: "rules", Text: "What holds under which rule"})
	add(page.Text("The paper names neither its update rule nor a rate, a batch, or when it stops. What is taken here instead:"))
	var about []string
	for _, name := range r.Rules {
		about = append(about, "Rule "+name+", in short "+ruleNamed(name).words+". "+ruleNamed(name).about)
	}
	if len(r.Rules) > 1 || r.Rules[0] != rules[0].name {
		about = append(about, fmt.Sprintf("Rules with a rate do %d steps, unless they fit the observed cells before.", r.Steps))
	}
	if r.Epsilon != 0 && slices.Contains(r.Rules, "adam") {
		about = append(about, fmt.Sprintf("Here, by --epsilon, Adam has ε = %g.", r.Epsilon))
	}
	if r.SigmaIs != "" {
		about = append(about, "Here, by --sigma-is, every rule reads σ as a "+r.SigmaIs+".")
	}
	add(page.List(about), page.Text(fmt.Sprintf("A line is a claim, a column a rule: whether the claim holds, the value with its 95 %% interval, and "+
		"of how many runs. A verdict takes %d runs whose end is known at each depth that it compares, %d in Figures 2 and 3; with fewer it "+
		"reads %q. A comparison whose intervals overlap is %s, and so is what hangs on a quantile of all runs (a median, a quartile, the 5th "+
		"or 95th percentile) where as many were cut off as lie beyond it.", enough, normsEnough, tooFew, open)), r.comparison(), page.Gap{})
	for _, s := range r.Sections {
		add(page.Heading{Level: 2, ID: s.id(), Text: s.heading()}, page.InHTML{page.Dim("The paper: " + s.Paper)})
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
			pictures = append(pictures, page.Figure{SVG: string(svg), Name: s.heading(), File: name + ".svg"})
		}
		claims := page.Table{Columns: columns}
		for _, e := range s.Entries {
			claims.Rows = append(claims.Rows, page.Row{Class: strings.ReplaceAll(e.verdict(), " ", "-"), Cells: e.cells()})
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

// id is the anchor of a section, with the rule unless that is the flow.
func (s Section) id() string {
	if s.Rule == "" || s.Rule == rules[0].name {
		return s.Item
	}
	return s.Item + "-" + s.Rule
}

func (s Section) heading() string { return s.Title + " — under " + ruleNamed(s.Rule).words }

// comparison is the claims by rule: a line a claim, a column a rule.
func (r *Result) comparison() page.Table {
	t := page.Table{Columns: append([]string{"item", "depth", "observed", "claim"}, r.Rules...)}
	at := map[string]int{}
	for _, e := range r.Entries() {
		line := []string{e.Item, whole(e.Depth), percent(e.Observed), e.Claim}
		key := strings.Join(line, "|")
		row, known := at[key]
		if !known {
			row = len(t.Rows)
			at[key] = row
			t.Rows = append(t.Rows, page.Row{Cells: append(line, make([]string, len(r.Rules))...)})
		}
		t.Rows[row].Cells[4+slices.Index(r.Rules, e.Rule)] = e.judged()
	}
	return t
}

// judged is an entry in a few words: whether it holds, the value with its interval, and of how many runs it is.
func (e Entry) judged() string {
	text := map[string]string{"yes": "holds", "no": "does not hold", open: open, tooFew: tooFew}[e.verdict()]
	if value := real(e.Ours); value != "" {
		text += ": " + value
		if e.Low == e.Low {
			text += " [" + real(e.Low) + ", " + real(e.High) + "]"
		}
	}
	text += fmt.Sprintf(", %d runs", e.Runs)
	if e.Censored > 0 {
		text += fmt.Sprintf(", %d cut off", e.Censored)
	}
	return text
}

func ruleNamed(name string) rule {
	for _, r := range rules {
		if r.name == name {
			return r
		}
	}
	return rules[0]
}

var columns = []string{
	"depth", "observed", "paper", "ours", "95 %", "runs", "cut off", "effective rank", "claim", "holds", "why not",
}

func (e Entry) verdict() string {
	switch {
	case e.TooFew:
		return tooFew
	case e.Undecided:
		return open
	case e.Holds:
		return "yes"
	}
	return "no"
}

// open is the verdict on a claim that the runs do not decide, tooFew on one that they do not because they are too few.
const (
	open   = "not decided"
	tooFew = "too few runs"
)

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

func (e Entry) cells() []string {
	interval, why := "", e.Why
	if e.Low == e.Low {
		interval = real(e.Low) + " to " + real(e.High)
	}
	if why != "" {
		why = "for " + ruleNamed(e.Rule).words + ": " + why
	}
	return []string{
		whole(e.Depth), percent(e.Observed), real(e.Paper), real(e.Ours),
		interval, strconv.Itoa(e.Runs), strconv.Itoa(e.Censored), whole(e.EffectiveRank), e.Claim, e.verdict(), why,
	}
}

// percent writes a share observed; that of a claim over several is no number.
func percent(share study.Number) string {
	if math.IsNaN(float64(share)) {
		return "several"
	}
	return strconv.FormatFloat(100*float64(share), 'g', 4, 64) + " %"
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
