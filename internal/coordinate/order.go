package coordinate

import "fmt"

// orderDates finds out whether days or months come first in dates such as 01/02/2020. With points days come first,
// unless the labels show otherwise.
func (a *Axis) orderDates(labels []string, readings []reading) error {
	days, months, either, short := -1, -1, -1, -1 // the first label that must have it, may have either
	zoned, dotted := 0, true
	for i, r := range readings {
		if r.zoned {
			zoned++
		}
		if r.first == 0 {
			continue
		}
		if r.short && (short < 0 || labels[i] < labels[short]) {
			short = i
		}
		mayDay, mayMonth := exists(r.year, r.second, r.first), exists(r.year, r.first, r.second)
		switch {
		case !mayMonth && days < 0:
			days = i
		case !mayDay && months < 0:
			months = i
		case mayDay && mayMonth && r.first != r.second:
			dotted = dotted && r.dotted
			if either < 0 {
				either = i
			}
		}
	}
	const remedy = "write all dates in one form, best as 2020-12-31"
	const choose = "say --dates dmy (31/12/2020) or --dates mdy (12/31/2020)"
	given := a.dates
	switch {
	case zoned > 0 && zoned < len(labels):
		a.Doubt = fmt.Sprintf("%d of %d times have a zone, the others have none", zoned, len(labels))
		return nil
	case days >= 0 && months >= 0:
		return &Conflict{
			First: days, Other: months, Remedy: remedy,
			Problem: fmt.Sprintf("%q has the day first, %q has the month first", labels[days], labels[months]),
		}
	case given == DayFirst && months >= 0:
		return &Conflict{First: months, Other: -1, Remedy: "give --dates mdy, or mend the date", Problem: fmt.Sprintf(
			"%q has the month first, --dates dmy says that the day comes first", labels[months])}
	case given == MonthFirst && days >= 0:
		return &Conflict{First: days, Other: -1, Remedy: "give --dates dmy, or mend the date", Problem: fmt.Sprintf(
			"%q has the day first, --dates mdy says that the month comes first", labels[days])}
	// 28/03/21 might begin with the year, 03/28/21 and 28.03.21 do not.
	case given == FindOrder && short >= 0 && months < 0 && !(days >= 0 && readings[days].dotted):
		a.Doubt = fmt.Sprintf("%q has a year of two digits: %s if it is a date", labels[short], choose)
		return nil
	case days >= 0 || given == FindOrder && either >= 0 && dotted && months < 0:
		a.dates = DayFirst
	case months >= 0:
		a.dates = MonthFirst
	case given == FindOrder && either >= 0:
		return &Conflict{First: either, Other: -1, Remedy: choose, Problem: fmt.Sprintf(
			"%q may have the day or the month first, and no other label decides it", labels[either])}
	}
	a.UsedDates = given != FindOrder && (either >= 0 || days >= 0 || months >= 0)
	return nil
}

// resolve makes day and month of the first and second number of a date.
func (a *Axis) resolve(r *reading) {
	switch {
	case r.first == 0:
	case a.dates == MonthFirst:
		r.month, r.day = r.first, r.second
	default:
		r.day, r.month = r.first, r.second
	}
}
