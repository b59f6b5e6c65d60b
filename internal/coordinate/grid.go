package coordinate

import (
	"iter"
	"math"
	"slices"
)

// tolerance is how far, in steps, a label may lie from the grid: a little more than decimals are off in binary.
const tolerance = 1e-6

// findSteps finds the step and whether the labels lie on its grid.
func (a *Axis) findSteps() {
	differences := make([]float64, len(a.Order)-1)
	for k := range differences {
		differences[k] = a.At[a.Order[k+1]] - a.At[a.Order[k]]
	}
	slices.Sort(differences)
	most := 0
	for from := 0; from < len(differences); {
		to := from + 1
		for to < len(differences) && differences[to]-differences[from] <= tolerance*differences[from] {
			to++
		}
		if to-from > most {
			most, a.Step = to-from, differences[(from+to-1)/2]
		}
		from = to
	}
	a.Regular = float64(most) / float64(len(differences))
	low, span := a.At[a.Order[0]], a.span()
	steps := math.Round(span / a.Step)
	if steps > 1<<52 {
		return
	}
	a.Grid = true
	exact := span / steps
	for _, x := range a.At {
		k := (x - low) / exact
		if math.Abs(k-math.Round(k)) > tolerance {
			a.Grid = false
			return
		}
	}
	a.Step = exact
	a.Missing = int(steps) + 1 - len(a.At)
}

// span is the distance between the first and the last label.
func (a *Axis) span() float64 { return a.At[a.Order[len(a.Order)-1]] - a.At[a.Order[0]] }

// MissingSteps yields the coordinates of the steps that no label names, ascending.
func (a *Axis) MissingSteps() iter.Seq[float64] {
	return func(yield func(float64) bool) {
		if a.Missing == 0 {
			return
		}
		low := a.At[a.Order[0]]
		step := func(x float64) int { return int(math.Round((x - low) / a.Step)) }
		next := 0
		for _, i := range a.Order {
			for ; next < step(a.At[i]); next++ {
				if !yield(low + float64(float64(next)*a.Step)) {
					return
				}
			}
			next++
		}
	}
}

// The lengths of the calendar's periods: the mean year of the Gregorian calendar, and its parts, by unit.
const yearDays = 365.2425

var calendarPeriods = map[string][]float64{
	"second":    {86400, 7 * 86400, yearDays * 86400},
	"minute":    {1440, 7 * 1440, yearDays * 1440},
	"hour":      {24, 7 * 24, yearDays * 24},
	"day":       {7, yearDays},
	"week":      {yearDays / 7},
	"month":     {12},
	"quarter":   {4},
	"half-year": {2},
}

// OfCalendar reports whether all of some periods, in units, are the calendar's: none is.
func OfCalendar(unit string, periods []float64) bool {
	return !slices.ContainsFunc(periods, func(p float64) bool { return !slices.Contains(calendarPeriods[unit], p) })
}

// findPeriods keeps the periods that the labels can show. A circle keeps its own.
func (a *Axis) findPeriods() {
	if a.Cyclic {
		return
	}
	periods := calendarPeriods[a.Unit]
	if a.numbers != nil && a.numbers.second > 0 {
		periods = nil
		for _, seconds := range calendarPeriods["second"] {
			periods = append(periods, seconds*a.numbers.second)
		}
	}
	for _, period := range periods {
		if period >= 2*a.Step && a.span()+a.Step >= 1.5*period {
			a.Periods = append(a.Periods, period)
		}
	}
}
