package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna/dataio"
	"lacuna/internal/coordinate"
	"lacuna/tensor"
)

// readResult is how a file was read, in JSON: `read` of `lacuna complete` and of `lacuna data info`.
type readResult struct {
	File      string           `json:"file"`
	Format    string           `json:"format"`
	Separator string           `json:"separator,omitempty"`
	Encoding  string           `json:"encoding,omitempty"`
	Value     []string         `json:"value,omitempty"`
	Lowest    number           `json:"lowest"`
	Highest   number           `json:"highest"`
	Modes     []readMode       `json:"modes"`
	Gaps      []dataio.GapMark `json:"gap_marks,omitempty"`
	Carried   []string         `json:"carried,omitempty"`
	Notes     []string         `json:"notes,omitempty"`
	Doubts    []string         `json:"doubts,omitempty"`
}

// readMode is a mode as it was read.
type readMode struct {
	Name   string `json:"name"`
	Labels int    `json:"labels"`
	Kind   string `json:"kind"` // names, number, year, date, and so on
	First  string `json:"first"`
	Last   string `json:"last"`
	Step   number `json:"step"` // between neighbours, in units; null for names
	Unit   string `json:"unit,omitempty"`
	Absent int    `json:"missing_steps"`

	line string // all this in words
}

// newReadMode says what the labels of a mode were taken for.
func newReadMode(mode tensor.Mode) (m readMode) {
	m = readMode{
		Name: mode.Name, Labels: len(mode.Labels), Kind: "names", Step: number(math.NaN()),
		First: mode.Labels[0], Last: mode.Labels[len(mode.Labels)-1],
	}
	m.line = fmt.Sprintf("%s, %s to %s", count(m.Labels, "name"), m.First, m.Last)
	axis, err := coordinate.Read(mode.Labels, coordinate.Hints{Name: mode.Name})
	switch {
	case err != nil:
		m.line += "; " + err.Error()
	case axis.Kind != coordinate.None:
		m.Kind, m.Step, m.Unit, m.Absent = string(axis.Kind), number(axis.Step), axis.Unit, axis.Missing
		m.line = axis.Describe()
	case axis.Doubt != "":
		m.line += "; " + axis.Doubt
	}
	return m
}

func newReadResult(path string, table *dataio.Table) *readResult {
	observed, reading := table.Observed, table.Reading
	r := &readResult{
		File: path, Format: string(table.Format), Separator: reading.Separator, Encoding: reading.Encoding,
		Value: reading.Value, Gaps: reading.Gaps, Carried: reading.Carried, Notes: reading.Notes,
		Lowest: number(slices.Min(observed.Values)), Highest: number(slices.Max(observed.Values)),
	}
	for _, mode := range observed.Modes {
		r.Modes = append(r.Modes, newReadMode(mode))
	}
	for k := range table.Doubts {
		r.Doubts = append(r.Doubts, table.Doubts[k].Error())
	}
	return r
}

// words tells how the file was read, a line a thing.
func (r *readResult) words(known, gaps int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Read %s: %s", r.File, r.Format)
	if r.Separator != "" {
		fmt.Fprintf(&s, ", separated by %s", r.Separator)
	}
	if r.Encoding != "" && r.Encoding != "UTF-8" {
		fmt.Fprintf(&s, ", in %s", r.Encoding)
	}
	s.WriteString(".\n")
	what := "value"
	if len(r.Value) > 0 {
		what = "value " + quotedList(r.Value)
	}
	fmt.Fprintf(&s, "  %s: %s known, from %s to %s; %s%s\n", what, grouped(known), digits(r.Lowest),
		digits(r.Highest), count(gaps, "gap"), r.gapWords())
	for _, mode := range r.Modes {
		fmt.Fprintf(&s, "  %s: %s\n", mode.Name, mode.line)
	}
	if len(r.Carried) > 0 {
		fmt.Fprintf(&s, "  carried through: %s\n", quotedList(r.Carried))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&s, "  %s\n", note)
	}
	return strings.TrimSuffix(s.String(), "\n")
}

// digits writes a number of the table.
func digits(x number) string { return strconv.FormatFloat(float64(x), 'g', 6, 64) }

// gapWords tells what marks the gaps.
func (r *readResult) gapWords() string {
	var marks []string
	for k, mark := range r.Gaps {
		if k == 6 {
			marks = append(marks, "…")
			break
		}
		text := "empty"
		if mark.Text != "" {
			text = strconv.Quote(mark.Text)
		}
		marks = append(marks, grouped(mark.Count)+" "+text)
	}
	switch {
	case len(marks) == 0:
		return ""
	case len(marks) == 1:
		_, text, _ := strings.Cut(marks[0], " ")
		return " (" + text + ")"
	}
	return " (" + strings.Join(marks, ", ") + ")"
}

// quotedList spells names, the first few and the last of many.
func quotedList(names []string) string {
	const most = 8
	var texts []string
	for k, name := range names {
		if len(names) > most && k == most-2 {
			texts = append(texts, fmt.Sprintf("… (%d in all)", len(names)), strconv.Quote(names[len(names)-1]))
			break
		}
		texts = append(texts, strconv.Quote(name))
	}
	return strings.Join(texts, ", ")
}

// ofColumns names the value columns in a sentence about the values; "" for an array.
func ofColumns(table *dataio.Table) string {
	if len(table.Reading.Value) == 0 {
		return ""
	}
	return " of " + quotedList(table.Reading.Value)
}
