package coordinate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Parse returns the coordinate of a text in a form that the labels may have.
func (a *Axis) Parse(label string) (x float64, err error) {
	fail := func(why string) (float64, error) {
		return 0, fmt.Errorf("%q is no %s%s, as %q is", label, a.Kind, why, a.labels[a.Order[0]])
	}
	if a.numbers != nil {
		x, _, ok := a.numbers.parse(label)
		if !ok {
			return fail("")
		}
		return x, nil
	}
	var p parser
	if !p.parse(label) {
		return fail("")
	}
	r := p.reading
	a.resolve(&r)
	kind := r.kind()
	switch {
	case kind != a.Kind && (a.Kind != DateTime || kind != Date):
		return fail("")
	case r.first > 0 && !exists(r.year, r.month, r.day):
		return fail("")
	case (kind == Date || kind == DateTime) && (a.Unit == "month" || a.Unit == "year") && !a.onDay(r):
		return fail(" on the same day of the month")
	}
	return a.place(r), nil
}

// onDay tells whether a date lies on the day on which all others lie.
func (a *Axis) onDay(r reading) bool {
	on := int(r.day) == a.monthly.day
	if a.monthly.day == 0 {
		on = int(r.day) == monthLength(int(r.year), int(r.month))
	}
	return on && r.week == 0 && r.nanos == a.monthly.nanos && (a.Unit == "month" || r.month == a.monthly.month)
}

// Label writes a coordinate in the form of the labels. It is false where that form cannot say it, such as half a day
// among dates.
func (a *Axis) Label(x float64) (label string, ok bool) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "", false
	}
	if a.numbers != nil {
		label = a.numbers.write(x)
	} else {
		if math.Abs(x) > a.furthest() {
			return "", false
		}
		label = a.write(x)
	}
	back, err := a.Parse(label)
	return label, err == nil && math.Abs(back-x) <= 1e-9*math.Max(1, math.Abs(x))
}

// furthest is a coordinate beyond which there is no date: the year 10,000, in seconds or in months.
func (a *Axis) furthest() float64 {
	switch a.Unit {
	case "month", "quarter", "half-year", "year":
		return 12 * 10_000
	}
	return 4e11
}

// write writes a number with as many digits behind the point as the labels have, and more where it needs them.
func (f *numbers) write(x float64) string {
	var digits string
	switch {
	case f.exponent:
		digits = strconv.FormatFloat(x, 'g', -1, 64)
	default:
		for decimals := f.decimals; decimals <= f.decimals+10; decimals++ {
			digits = strconv.FormatFloat(x, 'f', decimals, 64)
			if near, _ := strconv.ParseFloat(digits, 64); math.Abs(near-x) <= 1e-9*math.Abs(x) {
				break
			}
		}
	}
	if missing := f.width - len(digits); missing > 0 && x >= 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	if f.comma {
		digits = strings.Replace(digits, ".", ",", 1)
	}
	return f.prefix + digits + f.suffix + f.echo.of(digits)
}

// clarity counts the pieces of a label that show how numbers below ten, or months, are written.
func (p *parser) clarity() int {
	clarity := 0
	if p.clock {
		clarity = 100
	}
	for _, at := range p.pieces {
		switch at.role {
		case month, day, first, second, hour, week:
			if at.text[0] == '0' || len(at.text) == 1 {
				clarity++
			}
		case monthName:
			if len(at.text) != len("may") || !strings.EqualFold(at.text, "may") {
				clarity++
			}
		case fraction:
			clarity += 10
		}
	}
	return clarity
}

// write writes a time of the calendar in the form of the template.
func (a *Axis) write(x float64) string {
	var p parser
	p.parse(a.template)
	r := a.readingAt(x, p.reading)
	var b strings.Builder
	halves := slices.ContainsFunc(p.pieces, func(at piece) bool { return at.role == half })
	for k, at := range p.pieces {
		said := a.piece(at, &r)
		if at.role == hour && halves {
			said = at.digits((r.nanos/hourNanos+11)%12 + 1)
		}
		if k+1 < len(p.pieces) && len(at.text) > 1 && strings.HasSuffix(at.text, " ") {
			// A second space stands for the first of two digits.
			if next := p.pieces[k+1]; len(next.text) == 1 && len(a.piece(next, &r)) == 2 {
				said = said[:len(said)-1]
			}
		}
		b.WriteString(said)
	}
	return b.String()
}

// readingAt is what a label at x says, in the zone of another.
func (a *Axis) readingAt(x float64, like reading) (r reading) {
	r.offset = like.offset
	whole := int(math.Round(x))
	day := 0
	switch {
	case a.Kind == MonthName:
		r.month = int32(whole)
		return r
	case a.Kind == QuarterName:
		r.quarter = int32(whole)
		return r
	case a.Kind == Weekday:
		r.weekday = int32(whole) + 1
		return r
	case a.Kind == Quarter:
		r.year = int32(floorDivide(whole, 4))
		r.quarter = int32(whole) - 4*r.year + 1
		return r
	case a.Kind == HalfYear:
		r.year = int32(floorDivide(whole, 2))
		r.halfYear = int32(whole) - 2*r.year + 1
		return r
	case a.Kind == Clock:
		day, r.nanos = timeOf(x, nanosOf[a.Unit])
		r.nanos += int64(day) * dayNanos
		return r
	case a.Unit == "month" || a.Unit == "year":
		r.year, r.month = int32(whole), a.monthly.month
		if a.Unit == "month" {
			r.year = int32(floorDivide(whole, 12))
			r.month = int32(whole) - 12*r.year + 1
		}
		r.day, r.nanos = int32(a.monthly.day), a.monthly.nanos
		if r.day == 0 {
			r.day = int32(monthLength(int(r.year), int(r.month)))
		}
		r.weekday = int32(weekday(r.civilDay())) + 1
		return r
	case a.Unit == "week":
		day = 7*whole + firstMonday
	default:
		day, r.nanos = timeOf(x, nanosOf[a.Unit])
		r.nanos += int64(r.offset) * minuteNanos
		for ; r.nanos < 0; r.nanos += dayNanos {
			day--
		}
		for ; r.nanos >= dayNanos; r.nanos -= dayNanos {
			day++
		}
	}
	y, m, d := date(day)
	r.year, r.month, r.day = int32(y), int32(m), int32(d)
	r.weekday = int32(weekday(day)) + 1
	if like.week > 0 {
		y, w := weekOf(day)
		r.year, r.week, r.isoDay = int32(y), int32(w), r.weekday
	}
	return r
}

// digits writes a number with one digit, if it has one and the piece of another label has, or with two.
func (at piece) digits(x int64) string {
	if len(at.text) == 1 {
		return strconv.FormatInt(x, 10)
	}
	return fmt.Sprintf("%02d", x)
}

// piece writes what r says in the form of a piece of another label.
func (a *Axis) piece(at piece, r *reading) string {
	switch at.role {
	case year:
		return fmt.Sprintf("%04d", r.year)
	case shortYear:
		return at.digits(int64(r.year % 100))
	case month:
		return at.digits(int64(r.month))
	case day:
		return at.digits(int64(r.day))
	case first, second:
		if (at.role == first) == (a.dates == MonthFirst) {
			return at.digits(int64(r.month))
		}
		return at.digits(int64(r.day))
	case quarter:
		return at.digits(int64(r.quarter))
	case halfYear:
		return at.digits(int64(r.halfYear))
	case dayOfYear:
		return fmt.Sprintf("%03d", r.civilDay()-days(int(r.year), 1, 1)+1)
	case week:
		return at.digits(int64(r.week))
	case isoDay:
		return at.digits(int64(r.isoDay))
	case monthName:
		return monthIn(a.spelling, at.text, int(r.month)-1)
	case weekdayName:
		return like(at.text, weekdayNames[:], int(r.weekday)-1)
	case hour:
		return at.digits(r.nanos / hourNanos)
	case minute:
		return at.digits(r.nanos / minuteNanos % 60)
	case seconds:
		return at.digits(r.nanos / secondNanos % 60)
	case fraction:
		return fmt.Sprintf("%09d", r.nanos%secondNanos)[:len(at.text)]
	case half:
		return like(at.text, []string{"am", "pm"}, int(r.nanos/hourNanos%24/12))
	}
	return at.text
}

// like writes the k-th name as another is written: short or whole, in small or capital letters.
func like(model string, names []string, k int) string {
	if k < 0 || k >= len(names) {
		return model
	}
	name := names[k]
	if len(model) == 3 || !slices.Contains(names, strings.ToLower(model)) {
		name = name[:3]
	}
	return inCase(model, name)
}

// inCase writes a name in small or capital letters, or with one capital, as another is.
func inCase(model, name string) string {
	switch {
	case model == strings.ToUpper(model):
		return strings.ToUpper(name)
	case model == strings.ToLower(model):
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
