package dataio

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"lacuna/internal/coordinate"
)

// series is a run of columns whose names go on as years, months or wavelengths do: the labels of a mode.
type series struct {
	from, to int // columns [from, to)
	name     string
}

var (
	yearName    = regexp.MustCompile(`^(YR|X|y)?(1[5-9]\d\d|2[01]\d\d)( \[YR\d{4}\])?$`)
	dateName    = regexp.MustCompile(`^X?(1[5-9]\d\d|2[01]\d\d)([-/.](0?[1-9]|1[0-2])([-/.]([0-2]?\d|3[01]))?|-?[QM]\d\d?| ?[年년]( ?\d\d?[月월]( ?\d\d?[日일])?)?)$`)
	quarterName = regexp.MustCompile(`(?i)^((Q[1-4]|[HS][12])[ -/]?(1[5-9]|2[01])\d\d|(1[5-9]|2[01])\d\d[ -/]?(Q[1-4]|[HS][12])|` +
		`(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[ -.'](\d\d|(1[5-9]|2[01])\d\d))$`)
	shortDate = regexp.MustCompile(`^((0?[1-9]|1[0-2])/([0-2]?\d|3[01])/\d{2,4}|([0-2]?\d|3[01])\.(0?[1-9]|1[0-2])\.(1[5-9]|2[01])\d\d)$`)
	fullCount = regexp.MustCompile(`(?i)^(day|week|month|year|hour|visit|wave|session|trial|round)[ _]\d+$`)
	months    = "jan feb mar apr may jun jul aug sep oct nov dec "
)

// findSeries finds the longest series among the names of columns that hold numbers. The first column is none of it.
func (s *sample) findSeries() (found series, ok bool) {
	for from := 1; from < len(s.names); from++ {
		from = max(from, found.to-1)
		for _, kind := range []struct {
			name   string
			least  int
			extend func(from, to int) bool
		}{
			{"year", 2, func(from, to int) bool { return yearName.MatchString(s.names[to]) && s.goesOn(from, to, false) }},
			{"date", 2, func(_, to int) bool {
				name := s.names[to]
				return dateName.MatchString(name) || quarterName.MatchString(name) || shortDate.MatchString(name)
			}},
			{"hour", 6, func(from, to int) bool { return s.clockFollows(from, to) }},
			{"month", 6, func(from, to int) bool { return s.monthFollows(from, to) }},
			{s.counted(from), s.leastCounted(from), func(from, to int) bool { return s.countFollows(from, to) }},
			{"column", 4, func(from, to int) bool { return s.goesOn(from, to, true) }},
		} {
			to := from
			for to < len(s.names) && kind.extend(from, to) && (s.isNumeric(to) || s.of(to).filled == 0) {
				to++
			}
			if to-from >= kind.least && to-from > found.to-found.from {
				found, ok = series{from, to, kind.name}, true
			}
		}
	}
	if isNumber([]byte(s.names[0])) {
		return series{}, false
	}
	return found, ok
}

// acrossColumns makes the columns of a series the labels of a mode, under that name if there is one, unless the options say
// which columns are values. It returns what is to be said of it, which is nothing without a series.
func (s *sample) acrossColumns(o Options, name string) (Options, []string) {
	if o.Wide || o.Value != "" || len(o.Columns) > 0 {
		return o, nil
	}
	run, ok := s.findSeries()
	if !ok {
		return o, nil
	}
	if name == "" {
		name = run.name
	}
	o.Columns, o.WideName = s.names[run.from:run.to], name
	return o, []string{fmt.Sprintf("the columns %s are the labels of a mode, called %s", span0(o.Columns), name)}
}

// digits are the number in a name such as X2000 or 2000 [YR2000].
func nameNumber(name string) (float64, bool) {
	name, _, _ = strings.Cut(strings.TrimLeft(name, "YRXy"), " ")
	x, err := strconv.ParseFloat(name, 64)
	return x, err == nil
}

// goesOn tells that the number in a name goes on rising or falling as those before it do, in equal steps if so asked.
func (s *sample) goesOn(from, to int, equal bool) bool {
	x, ok := nameNumber(s.names[to])
	if !ok || to == from {
		return ok
	}
	before, _ := nameNumber(s.names[to-1])
	if to == from+1 {
		return x != before
	}
	earlier, _ := nameNumber(s.names[to-2])
	step, last := x-before, before-earlier
	if equal {
		return math.Abs(step-last) < 1e-6*math.Abs(last)
	}
	return step*last > 0
}

// counted is what a column called Day 1 counts: day.
func (s *sample) counted(column int) string { return coordinate.Counted(s.names[column]) }

// leastCounted is how many columns that count as one does make a mode: two where the words leave no doubt.
func (s *sample) leastCounted(column int) int {
	if fullCount.MatchString(s.names[column]) {
		return 2
	}
	return 4
}

// countFollows tells that a column called Day 3 counts what the columns before it do, in whatever order, and that all
// columns that do so follow one another, with no further measurement beside them.
func (s *sample) countFollows(from, to int) bool {
	what := s.counted(to)
	if what == "" || to > from {
		return what != "" && what == s.counted(from)
	}
	run := 0
	for k := range s.names {
		f := s.of(k)
		switch {
		case s.counted(k) == what:
			run++
		case s.isNumeric(k) && (s.hasGaps(k) || 2*f.decimals >= f.numbers):
			return false
		}
	}
	for k := from; k < len(s.names) && s.counted(k) == what; k++ {
		run--
	}
	return run == 0
}

// clockName is a time of day.
var clockName = regexp.MustCompile(`^([01]?\d|2[0-4]):[0-5]\d(:[0-5]\d)?$`)

// clockFollows tells that a column is called by a time of day that is later than the one before.
func (s *sample) clockFollows(from, to int) bool {
	padded := func(k int) string { return strings.Repeat("0", max(0, len("00:00")-len(s.names[k]))) + s.names[k] }
	return clockName.MatchString(s.names[to]) && (to == from || padded(to) > padded(to-1))
}

func (s *sample) monthFollows(from, to int) bool {
	at := func(k int) int {
		name := strings.ToLower(s.names[k])
		if len(name) < 3 {
			return -1
		}
		return strings.Index(months, name[:3]+" ")
	}
	return at(to) >= 0 && (to == from || at(to) == at(to-1)+len("jan "))
}
