// Package coordinate reads the labels of a mode as places on an axis: numbers, years, months, dates, times, quarters,
// half-years, weeks, hours of the day, and names of months and weekdays.
package coordinate

import (
	"fmt"
	"slices"
	"strings"
)

// Kind is what the labels of a mode were taken for.
type Kind string

// The kinds. The empty kind stands for names, which have no coordinate.
const (
	None     Kind = ""
	Number   Kind = "number" // also identifiers that are numbers: whether their order means anything is not known
	Year     Kind = "year"
	Month    Kind = "year and month"
	Date     Kind = "date"
	DateTime Kind = "date and time"
	Quarter  Kind = "quarter"
	HalfYear Kind = "half-year"
	Week     Kind = "week"
	// The kinds of a circle, of which the last label is a neighbour of the first.
	Clock       Kind = "time of day"
	MonthName   Kind = "month of the year"
	Weekday     Kind = "day of the week"
	QuarterName Kind = "quarter of the year"
)

// DateOrder says how 01/02/2020 is read.
type DateOrder string

// The orders. The zero value finds out which one the labels have.
const (
	FindOrder  DateOrder = ""
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
)

// Hints are what is known beside the labels. The zero value knows nothing.
type Hints struct {
	Name  string    // of the mode: whole numbers in a mode called hour, day, month, … are taken for that
	Dates DateOrder // of dates such as 01/02/2020, which also lets years have two digits
}

// Axis is where the labels of a mode lie. Its zero value, of kind None, is that of names.
type Axis struct {
	Kind Kind
	Unit string // of At: second, minute, hour, day, week, month, quarter, half-year, year; a number's own unit, or ""

	// At is the coordinate of every label, all distinct: a number itself; otherwise Units since 1970 (hours, days,
	// weeks), months, quarters or half-years since the year 0, hours (or minutes, seconds) since midnight, 1 to 12 or 0 (Monday)
	// to 6. Dates that all lie on the same day of the month, or on its last, are counted in months or years.
	At    []float64
	Order []int // the labels in ascending order of coordinate

	Step    float64 // the most common difference between neighbours, the smaller one of two as common
	Regular float64 // share of the differences between neighbours that are Step
	Grid    bool    // every label is a whole number of steps from the first
	Missing int     // steps between the first and the last label that no label names; 0 without Grid

	// Periods are those of the calendar, in Units, ascending: a day, a week, a year, as far as two steps and two thirds
	// of the axis let them be seen. With Cyclic there is one, the whole circle.
	Periods []float64
	Cyclic  bool

	UsedDates bool // the order of dates in Hints.Dates decided something

	// Doubt is a sentence, for names that are almost an axis: why they are not one. Almost is the kind of the calendar that
	// all but a few of them have.
	Doubt  string
	Almost Kind

	labels   []string
	numbers  *numbers  // the form of numbers
	template string    // the label whose form others are written in
	spelling uint16    // the spellings of the names of months that all labels have
	dates    DateOrder // found or given
	monthly  monthly
}

// Conflict is an error about labels that are dates, but not for sure which.
type Conflict struct {
	First, Other int // the labels that contradict each other; Other is −1 where there is but one
	Problem      string
	Remedy       string
}

func (c *Conflict) Error() string { return c.Problem + ": " + c.Remedy }

// Read finds what the distinct labels of a mode have in common. The outcome does not depend on their order. An error is
// a *Conflict. It costs one pass over the labels and one sort.
func Read(labels []string, h Hints) (Axis, error) {
	if len(labels) < 2 {
		return Axis{}, nil
	}
	doubt, almost := "", None
	for _, read := range []func([]string, Hints) (Axis, error){readCompact, readNumbers, readCalendar} {
		a, err := read(labels, h)
		switch {
		case err != nil:
			return Axis{}, err
		case a.Kind == None:
			doubt, almost = either(doubt, a.Doubt), a.Almost
			continue
		}
		a.labels = labels
		if same := a.sort(); same != "" {
			doubt = either(doubt, same)
			continue
		}
		a.findSteps()
		a.findPeriods()
		return a, nil
	}
	return Axis{Doubt: doubt, Almost: almost}, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sort fills a.Order, and returns a sentence about two labels in one place.
func (a *Axis) sort() (same string) {
	a.Order = make([]int, len(a.At))
	for i := range a.Order {
		a.Order[i] = i
	}
	compare := func(i, j int) int {
		switch {
		case a.At[i] < a.At[j]:
			return -1
		case a.At[i] > a.At[j]:
			return 1
		}
		return strings.Compare(a.labels[i], a.labels[j])
	}
	if !slices.IsSortedFunc(a.Order, compare) {
		slices.SortFunc(a.Order, compare)
	}
	for k := 1; k < len(a.Order); k++ {
		i, j := a.Order[k-1], a.Order[k]
		if a.At[i] == a.At[j] {
			return fmt.Sprintf("the labels %q and %q are the same %s", a.labels[i], a.labels[j], a.Kind)
		}
	}
	return ""
}

// tally counts labels that are not of a kind.
type tally struct {
	of     int
	failed int
	label  string // the smallest that failed
}

// fail notes a label, and tells whether so many have failed, a sixth, that the kind is out of the question.
func (t *tally) fail(label string) (hopeless bool) {
	if t.failed++; t.failed == 1 || label < t.label {
		t.label = label
	}
	const most = 100
	return t.failed > min(t.of/6, most)
}

// doubt is a sentence about the labels that failed.
func (t *tally) doubt(kind string) string {
	return fmt.Sprintf("%d of %d labels are %ss, but %q is not", t.of-t.failed, t.of, kind, t.label)
}
