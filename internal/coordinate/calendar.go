package coordinate

import (
	"math"
	"slices"
	"strings"
)

// compactDigits are the lengths of labels that may be dates without separators: 202001, 20200131, with hours, minutes,
// seconds.
var compactDigits = [...]int{6, 8, 10, 12, 14}

// readCompact takes labels that could be numbers for dates: 202001, 20200131 and longer, and months such as 2020.01.
// All must be such, between 1800 and 2100.
func readCompact(labels []string, h Hints) (Axis, error) {
	const fewest = 3
	digits := len(labels[0])
	compact, dotted := slices.Contains(compactDigits[:], digits) && (digits > 6 || len(labels) >= fewest), false
	for _, label := range labels {
		whole, behind, point := strings.Cut(label, ".")
		if strings.Trim(whole, "0123456789") != "" || label < "1800" || label >= "2101" {
			return Axis{}, nil
		}
		compact = compact && !point && len(label) == digits
		dotted = dotted || len(behind) == 2
		if !compact && (len(whole) != 4 || len(behind) < 1 || len(behind) > 2 || len(labels) < fewest) {
			return Axis{}, nil
		}
	}
	if !compact && !dotted {
		return Axis{}, nil
	}
	a, err := readCalendar(labels, h)
	a.Doubt, a.Almost = "", None
	return a, err
}

// readCalendar takes labels for times of the calendar.
func readCalendar(labels []string, h Hints) (Axis, error) {
	readings := make([]reading, len(labels))
	var p parser
	a := Axis{dates: h.Dates, labels: labels, spelling: math.MaxUint16}
	t := tally{of: len(labels)}
	kinds := map[Kind]int{}
	best := -1
	for i, label := range labels {
		if !p.parse(label) {
			if t.fail(label) {
				return Axis{}, nil
			}
			continue
		}
		readings[i] = p.reading
		if p.spelling != 0 {
			a.spelling &= p.spelling
		}
		kinds[p.kind()]++
		if clarity := p.clarity(); clarity > best || clarity == best && label < a.template {
			best, a.template = clarity, label
		}
	}
	var kind Kind
	switch {
	case a.spelling == 0:
		return Axis{}, nil
	case len(kinds) == 1:
		for kind = range kinds {
		}
	case len(kinds) == 2 && kinds[Date] > 0 && kinds[DateTime] > 0:
		kind = DateTime
	default:
		return Axis{}, nil
	}
	if t.failed > 0 {
		return Axis{Doubt: t.doubt(string(kind)), Almost: kind}, nil
	}
	a.Kind = kind
	if err := a.orderDates(labels, readings); err != nil || a.Doubt != "" {
		return Axis{Doubt: a.Doubt}, err
	}
	for i := range readings {
		a.resolve(&readings[i])
	}
	a.findUnit(readings)
	a.At = make([]float64, len(labels))
	for i, r := range readings {
		a.At[i] = a.place(r)
	}
	return a, nil
}

// kind is that of one label.
func (r *reading) kind() Kind {
	switch {
	case r.quarter > 0 && r.year > 0:
		return Quarter
	case r.quarter > 0:
		return QuarterName
	case r.halfYear > 0:
		return HalfYear
	case r.week > 0 && r.isoDay == 0:
		return Week
	case r.clock && (r.day > 0 || r.first > 0 || r.week > 0):
		return DateTime
	case r.day > 0 || r.first > 0 || r.week > 0:
		return Date
	case r.clock:
		return Clock
	case r.year > 0:
		return Month
	case r.month > 0:
		return MonthName
	}
	return Weekday
}
