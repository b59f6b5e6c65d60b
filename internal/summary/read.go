package summary

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"lacuna/dataio"
	"lacuna/tensor"
)

// Read is how a file was read, in JSON: `read` of `lacuna complete` and of `lacuna data info`.
type Read struct {
	File   string `json:"file"`
	Format string `json:"format"`
	dataio.Reading
	Lowest  Number     `json:"lowest"`
	Highest Number     `json:"highest"`
	Modes   []readMode `json:"modes"`
	Doubts  []string   `json:"doubts,omitempty"`
}

// readMode is a mode as it was read.
type readMode struct {
	Name    string   `json:"name"`
	Labels  int      `json:"labels"`
	Order   string   `json:"order"` // coordinate, appearance or none
	Kind    string   `json:"kind"`  // names, number, year, date, and so on
	First   string   `json:"first"`
	Last    string   `json:"last"`
	Step    Number   `json:"step"` // between neighbours, in units; null for names
	Unit    string   `json:"unit,omitempty"`
	Absent  int      `json:"missing_steps"`
	Missing []string `json:"missing,omitempty"` // the first of them
	Periods []Number `json:"periods,omitempty"` // in units
	Added   int      `json:"added_labels"`

	line string // all this in words
}

// newReadMode says what the labels of a mode were taken for.
func newReadMode(mode tensor.Mode, a *dataio.Axis) (m readMode) {
	const most, inWords = 1000, 3
	m = readMode{
		Name: mode.Name, Labels: len(mode.Labels), Order: string(dataio.NoOrder), Kind: "names", Step: Number(math.NaN()),
		First: mode.Labels[0], Last: mode.Labels[len(mode.Labels)-1], Added: a.Added,
	}
	m.line = fmt.Sprintf("%s, %s to %s", Count(m.Labels, "name"), m.First, m.Last)
	if a.Order != "" {
		m.Order = string(a.Order)
	}
	if a.Kind != "" {
		m.Kind, m.Step, m.Unit, m.Absent = a.Kind, Number(a.Step), a.Unit, a.Missing
		m.Missing = a.MissingSteps(most)
		m.line = a.Describe(inWords)
	} else if a.Order != "" {
		m.line += ", " + a.Describe(inWords)
	}
	for k, period := range a.Periods {
		m.Periods = append(m.Periods, Number(period))
		if k == 0 {
			m.line += "; may repeat after "
		} else {
			m.line += ", "
		}
		m.line += Short(period)
	}
	if len(a.Periods) > 0 && a.Unit != "" {
		m.line += " " + a.Unit + "s"
	}
	if a.Doubt != "" {
		m.line += "; " + a.Doubt
	}
	return m
}

// NewRead says how the table of that name was read.
func NewRead(path string, table *dataio.Table) *Read {
	low, high := table.Range()
	r := &Read{
		File: path, Format: string(table.Format), Reading: table.Reading,
		Lowest: Number(low), Highest: Number(high),
	}
	for n, mode := range table.Modes() {
		r.Modes = append(r.Modes, newReadMode(mode, &table.Axes[n]))
	}
	for k := range table.Doubts {
		r.Doubts = append(r.Doubts, table.Doubts[k].Error())
	}
	return r
}

// Words tells how the file was read, a line a thing.
func (r *Read) Words(known, gaps int) string {
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
	fmt.Fprintf(&s, "  %s: %s known, from %s to %s; %s%s%s\n", what, Grouped(known), digits(r.Lowest),
		digits(r.Highest), r.limitWords(), Count(gaps, "gap"), r.gapWords())
	for _, mode := range r.Modes {
		fmt.Fprintf(&s, "  %s: %s\n", strings.Join(strings.Fields(mode.Name), " "), mode.line)
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
func digits(x Number) string { return strconv.FormatFloat(float64(x), 'g', 6, 64) }

// limitWords tells how many values are limits.
func (r *Read) limitWords() string {
	c := r.Censored
	if c.All() == 0 {
		return ""
	}
	var kinds []string
	for _, k := range []struct {
		count int
		what  string
	}{{c.Below, "below a limit"}, {c.Above, "above one"}, {c.Between, "between two"}} {
		if k.count > 0 {
			kinds = append(kinds, Grouped(k.count)+" "+k.what)
		}
	}
	if c.Below == 0 && c.Above > 0 {
		kinds[0] = Grouped(c.Above) + " above a limit"
	}
	if c.Below+c.Above == 0 {
		kinds[0] = Grouped(c.Between) + " between two limits"
	}
	return fmt.Sprintf("%s censored (%s); ", Grouped(c.All()), strings.Join(kinds, ", "))
}

// gapWords tells what marks the gaps.
func (r *Read) gapWords() string {
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
		marks = append(marks, Grouped(mark.Count)+" "+text)
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

// OfColumns names the value columns in a sentence about the values; "" for an array.
func OfColumns(table *dataio.Table) string {
	if len(table.Reading.Value) == 0 {
		return ""
	}
	return " of " + quotedList(table.Reading.Value)
}
