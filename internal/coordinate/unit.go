package coordinate

import "math"

// monthly is the form of dates that are months or years: all on one day of the month, or on its last.
type monthly struct {
	day   int   // 0: the last
	month int32 // of years
	nanos int64
}

// instant is the day and the nanoseconds since midnight of a reading, in universal time where it has a zone.
func (r *reading) instant() (day int, nanos int64) {
	day, nanos = r.civilDay(), r.nanos-int64(r.offset)*minuteNanos
	for ; nanos < 0; nanos += dayNanos {
		day--
	}
	for ; nanos >= dayNanos; nanos -= dayNanos {
		day++
	}
	return day, nanos
}

func (r *reading) civilDay() int {
	if r.week > 0 {
		return isoWeek(int(r.year), int(r.week)) + int(r.isoDay) - 1
	}
	return days(int(r.year), int(r.month), int(r.day))
}

// findUnit chooses the unit: the coarsest in which the labels differ by whole numbers.
func (a *Axis) findUnit(readings []reading) {
	switch a.Kind {
	case Date, DateTime:
		if a.findMonthly(readings) {
			return
		}
		a.Unit = clockUnit(readings, func(r *reading) int64 { _, nanos := r.instant(); return nanos })
	case Clock:
		a.Unit = clockUnit(readings, func(r *reading) int64 { return r.nanos })
		if a.Unit == "day" {
			a.Unit = "hour"
		}
		a.circle(float64(dayNanos / nanosOf[a.Unit]))
	case Week:
		a.Unit = "week"
	case Month:
		a.Unit = "month"
	case Quarter:
		a.Unit = "quarter"
	case HalfYear:
		a.Unit = "half-year"
	case MonthName:
		a.Unit = "month"
		a.circle(12)
	case QuarterName:
		a.Unit = "quarter"
		a.circle(4)
	case Weekday:
		a.Unit = "day"
		a.circle(7)
	}
}

func (a *Axis) circle(period float64) { a.Cyclic, a.Periods = true, []float64{period} }

var nanosOf = map[string]int64{
	"second": secondNanos, "minute": minuteNanos, "hour": hourNanos, "day": dayNanos,
}

// clockUnit is the coarsest unit in which all times are alike but for whole numbers; seconds otherwise.
func clockUnit(readings []reading, nanos func(*reading) int64) string {
	start := nanos(&readings[0])
	for _, unit := range []string{"day", "hour", "minute"} {
		alike := true
		for i := range readings {
			alike = alike && (nanos(&readings[i])-start)%nanosOf[unit] == 0
		}
		if alike {
			return unit
		}
	}
	return "second"
}

// findMonthly tells whether dates are months or years.
func (a *Axis) findMonthly(readings []reading) bool {
	const fewest = 3
	if len(readings) < fewest {
		return false
	}
	start := readings[0]
	same, last, years := true, true, true
	for i := range readings {
		r := &readings[i]
		if r.nanos != start.nanos || r.week > 0 {
			return false
		}
		same = same && r.day == start.day
		last = last && int(r.day) == monthLength(int(r.year), int(r.month))
		years = years && r.month == start.month
	}
	if !same && !last {
		return false
	}
	a.monthly = monthly{nanos: start.nanos, month: start.month}
	if !last {
		a.monthly.day = int(start.day)
	}
	a.Unit = "month"
	if years {
		a.Unit = "year"
	}
	return true
}

// place is the coordinate of a resolved reading.
func (a *Axis) place(r reading) float64 {
	switch a.Kind {
	case MonthName:
		return float64(r.month)
	case QuarterName:
		return float64(r.quarter)
	case Weekday:
		return float64(r.weekday - 1)
	case Quarter:
		return float64(4*r.year + r.quarter - 1)
	case HalfYear:
		return float64(2*r.year + r.halfYear - 1)
	case Clock:
		return inUnits(0, r.nanos, nanosOf[a.Unit])
	}
	switch a.Unit {
	case "year":
		return float64(r.year)
	case "month":
		return float64(12*r.year + r.month - 1)
	case "week":
		return float64((isoWeek(int(r.year), int(r.week)) - firstMonday) / 7)
	}
	day, nanos := r.instant()
	return inUnits(day, nanos, nanosOf[a.Unit])
}

// firstMonday is the first day, since 1970-01-01, from which weeks are counted.
const firstMonday = -3

// inUnits is a time in units of so many nanoseconds, which divide the day.
func inUnits(day int, nanos, unit int64) float64 {
	whole := int64(day)*(dayNanos/unit) + nanos/unit
	return float64(whole) + float64(nanos%unit)/float64(unit)
}

// timeOf is the inverse of inUnits, to a microsecond.
func timeOf(x float64, unit int64) (day int, nanos int64) {
	perDay := dayNanos / unit
	whole := int64(math.Floor(x))
	rest := (x - math.Floor(x)) * float64(unit)
	const step = 1000
	nanos = int64(math.Round(rest/step)) * step
	day = floorDivide(int(whole), int(perDay))
	nanos += (whole - int64(day)*perDay) * unit
	if nanos >= dayNanos {
		return day + 1, nanos - dayNanos
	}
	return day, nanos
}
