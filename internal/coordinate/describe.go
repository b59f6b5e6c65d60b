package coordinate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Describe says in one line what the labels were taken for, in which step, and which steps are missing: "30 dates from
// 2020-01-01 to 2020-02-01, step 1 day, 2 steps missing (2020-01-07, 2020-01-08)", the first most of them. It is empty
// for names.
func (a *Axis) Describe(most int) string {
	if a.Kind == None {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s from %s to %s", len(a.At), a.kinds(), a.name(a.Order[0]), a.name(a.Order[len(a.Order)-1]))
	if a.Regular < 0.5 {
		return b.String() + ", at uneven distances"
	}
	b.WriteString(", step " + a.amount(a.Step))
	switch {
	case !a.Grid:
		b.WriteString(", not all at whole steps")
	case a.Missing == 1:
		b.WriteString(", 1 step missing (" + a.listMissing(most) + ")")
	case a.Missing > 1:
		b.WriteString(", " + strconv.Itoa(a.Missing) + " steps missing (" + a.listMissing(most) + ")")
	}
	return b.String()
}

// kinds is the kind in the plural.
func (a *Axis) kinds() string {
	switch a.Kind {
	case Month:
		return "months"
	case DateTime:
		return "times"
	case Clock:
		return "times of day"
	case MonthName:
		return "months of the year"
	case Weekday:
		return "days of the week"
	case QuarterName:
		return "quarters of the year"
	case Number:
		if a.numbers.second > 0 {
			return "times since 1970"
		}
		if a.Unit != "" && a.numbers.suffix == "" {
			return "numbers of " + a.Unit + "s"
		}
	}
	return string(a.Kind) + "s"
}

// name is a label as it is understood: times since 1970, and dates whose day and month could be taken for one another, in
// the form of ISO 8601.
func (a *Axis) name(i int) string {
	var p parser
	label := strings.TrimSpace(a.labels[i])
	if a.numbers != nil && a.numbers.second > 0 {
		return label + " (" + time.UnixMicro(int64(math.Round(a.At[i]/a.numbers.second*1e6))).UTC().Format("2006-01-02 15:04:05") + ")"
	}
	if a.numbers != nil || !p.parse(label) || p.first == 0 {
		return label
	}
	a.resolve(&p.reading)
	return fmt.Sprintf("%s (%04d-%02d-%02d)", label, p.year, p.month, p.day)
}

// amount is a length on the axis with its unit.
func (a *Axis) amount(x float64) string {
	length := strconv.FormatFloat(x, 'g', 10, 64)
	switch {
	case a.Unit == "":
		return length
	case a.numbers != nil && a.numbers.suffix != "" || x == 1:
		return length + " " + a.Unit
	}
	return length + " " + a.Unit + "s"
}

// listMissing names the first missing steps.
func (a *Axis) listMissing(most int) string {
	var names []string
	for x := range a.MissingSteps() {
		if len(names) == most {
			names = append(names, "…")
			break
		}
		name, _ := a.Label(x)
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
