package coordinate

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// numbers is the form of labels that are numbers.
type numbers struct {
	prefix   string  // what is counted, before every number, with its space
	suffix   string  // a unit behind every number, with its space
	width    int     // of numbers that are padded with zeros, else 0
	decimals int     // behind the point, the most that a label has
	exponent bool    // some label is written as 1e5
	comma    bool    // the decimal sign
	second   float64 // how much a second is, of times since the beginning of 1970; 0 for other numbers
	echo     echo    // what follows every number and repeats it; the zero value for nothing
}

// echo is what some labels of years have behind the year: the year once more, 2000 [YR2000], or the next one, 2000/01.
type echo struct {
	open, close string
	next        int // 1 for the year after
	digits      int // of it that are written
}

var (
	repeatedYear = regexp.MustCompile(`^(\d{4})( ?[\[(][A-Za-z]*)(\d{4})([\])])$`)
	twoYears     = regexp.MustCompile(`^(\d{4})([-/–])(\d{4}|\d{2})$`)
)

// findEcho finds what repeats all labels; for the next year, three labels at least must show it, since 2000-01 is also a
// month.
func findEcho(labels []string) (e echo) {
	const fewest = 3
	if p := repeatedYear.FindStringSubmatch(labels[0]); p != nil {
		e = echo{open: p[2], close: p[4], digits: len(p[3])}
	} else if p := twoYears.FindStringSubmatch(labels[0]); p != nil && len(labels) >= fewest {
		e = echo{open: p[2], next: 1, digits: len(p[3])}
	} else {
		return echo{}
	}
	for _, label := range labels {
		if year, _, found := strings.Cut(label, e.open); !found || len(year) != 4 || label != year+e.of(year) {
			return echo{}
		}
	}
	return e
}

// of is what stands behind a year.
func (e echo) of(year string) string {
	x, err := strconv.Atoi(year)
	if e.digits == 0 || err != nil {
		return ""
	}
	digits := fmt.Sprintf("%04d", x+e.next)
	return e.open + digits[max(0, len(digits)-e.digits):] + e.close
}

// readNumbers takes labels for numbers.
func readNumbers(labels []string, h Hints) (Axis, error) {
	f := numbers{echo: findEcho(labels)}
	if f.echo.digits == 0 {
		least := slices.Min(labels)
		f.prefix, f.suffix, f.comma = prefixOf(least), suffixOf(least), decimalCommas(labels)
	}
	a := Axis{Kind: Number, Unit: strings.TrimSpace(f.suffix), At: make([]float64, len(labels))}
	t := tally{of: len(labels)}
	padded, whole, widths := false, true, map[int]bool{}
	for i, label := range labels {
		x, digits, ok := f.parse(label)
		if !ok {
			if t.fail(label) {
				return Axis{}, nil
			}
			continue
		}
		a.At[i] = x
		unsigned := strings.TrimLeft(digits, "+-")
		padded = padded || len(unsigned) > 1 && unsigned[0] == '0' && unsigned[1] != '.'
		widths[len(digits)] = true
		if mark := strings.IndexAny(digits, ".eE"); mark >= 0 {
			whole = false
			f.exponent = f.exponent || strings.ContainsAny(digits, "eE")
			if digits[mark] == '.' {
				f.decimals = max(f.decimals, len(digits)-mark-1)
			}
		}
		whole = whole && digits == unsigned
	}
	if t.failed > 0 {
		return Axis{Doubt: t.doubt("number")}, nil
	}
	if padded {
		if !whole || len(widths) > 1 {
			return Axis{}, nil
		}
		for f.width = range widths {
		}
	}
	a.numbers = &f
	if whole && f.suffix == "" {
		a.named(h.Name)
		a.sinceEpoch(h.Name)
	}
	if !a.prefixed() {
		return Axis{}, nil
	}
	return a, nil
}

// stampWords are in the names of modes whose numbers may be times since 1970.
var stampWords = regexp.MustCompile(
	`(?i)(^|[^a-z])(date|time|date_?time|(time_?)?stamp|epoch|unix(_?time)?(_?stamp)?|ts)(_?(s|sec|seconds|ms|us|ns))?([^a-z]|$)`)

// SinceEpoch is what numbers from low to high count since 1970, if they lie from 1985 to 2050: seconds, or thousandths,
// millionths or milliardths of them, and how many of these are a second; 0 for other numbers.
func SinceEpoch(low, high float64) (unit string, second float64) {
	const first, last = 473385600, 2524608000
	second = 1
	for _, unit := range []string{"second", "millisecond", "microsecond", "nanosecond"} {
		if low >= first*second && high <= last*second {
			return unit, second
		}
		second *= 1000
	}
	return "", 0
}

// sinceEpoch takes whole numbers for times where the mode's name says that they are.
func (a *Axis) sinceEpoch(name string) {
	if !stampWords.MatchString(name) {
		return
	}
	if unit, second := SinceEpoch(slices.Min(a.At), slices.Max(a.At)); second > 0 {
		a.Unit, a.numbers.second = unit, second
	}
}

// parse reads one number, and returns its text without the unit and with a point.
func (f *numbers) parse(label string) (x float64, digits string, ok bool) {
	if digits, ok = strings.CutPrefix(strings.TrimSpace(label), f.prefix); ok {
		digits, ok = strings.CutSuffix(digits, f.suffix)
	}
	if f.echo.digits > 0 {
		digits, _, _ = strings.Cut(digits, f.echo.open)
		ok = ok && label == digits+f.echo.of(digits)
	}
	if !ok || digits == "" {
		return 0, "", false
	}
	if f.comma {
		digits = strings.Replace(digits, ",", ".", 1)
	}
	for _, c := range []byte(digits) {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, "", false
		}
	}
	x, err := strconv.ParseFloat(digits, 64)
	return x, digits, err == nil && !math.IsInf(x, 0)
}

// unitOf are the words before numbers that count something, and the unit in which they do.
var unitOf = map[string]string{
	"second": "second", "minute": "minute", "hour": "hour", "day": "day", "week": "week", "month": "month", "year": "year",
	"sec": "second", "min": "minute", "hr": "hour", "d": "day", "wk": "week", "mon": "month", "yr": "year", "fy": "year",
	"stunde": "hour", "tag": "day", "woche": "week", "monat": "month", "jahr": "year",
	"heure": "hour", "jour": "day", "semaine": "week", "mois": "month", "an": "year", "année": "year",
	"t": "", "time": "", "visit": "", "wave": "", "round": "", "cycle": "", "session": "", "trial": "", "step": "", "frame": "",
	"scan": "",
}

// wordOf is the word of what stands before a number.
func wordOf(prefix string) string { return strings.ToLower(strings.Trim(prefix, " _-.:")) }

// prefixOf is what stands before the first digit of a label, if it says what is counted.
func prefixOf(label string) string {
	label = strings.TrimSpace(label)
	prefix := label[:max(0, strings.IndexAny(label, "0123456789"))]
	if before, sign := strings.CutSuffix(prefix, " -"); sign {
		prefix = before + " "
	}
	if _, known := unitOf[wordOf(prefix)]; !known {
		return ""
	}
	return prefix
}

// Counted is what a label such as Day 3 counts, day; empty for another label.
func Counted(label string) string {
	f := numbers{prefix: prefixOf(label)}
	word := wordOf(f.prefix)
	if _, _, ok := f.parse(label); !ok {
		return ""
	}
	return cmp.Or(unitOf[word], word)
}

// prefixed gives numbers the unit that the word before them says. It is false for fiscal years of two digits, whose order
// is not known.
func (a *Axis) prefixed() bool {
	const first, last = 1800, 2100
	word := wordOf(a.numbers.prefix)
	if word == "" {
		return true
	}
	years := slices.Min(a.At) >= first && slices.Max(a.At) <= last
	a.Unit, a.Cyclic, a.Periods = unitOf[word], false, nil
	if a.Unit == "year" && years {
		a.Kind = Year
	}
	return word != "fy" || years
}

// suffixOf is what follows the last digit of a label, if it looks like a unit.
func suffixOf(label string) string {
	label = strings.TrimSpace(label)
	last := strings.LastIndexAny(label, "0123456789.,")
	suffix := label[last+1:]
	const longest = 8
	if last < 0 || len(suffix) > longest || strings.ContainsAny(suffix, "-+:;_()") {
		return ""
	}
	return suffix
}

// decimalCommas tells whether a comma is the decimal sign: no label has a point or a second comma, and the commas do
// not all stand before three digits, as those of thousands do.
func decimalCommas(labels []string) bool {
	decimal := false
	for _, label := range labels {
		_, behind, found := strings.Cut(label, ",")
		if strings.ContainsAny(label, ".") || strings.Contains(behind, ",") {
			return false
		}
		digits := len(behind) - len(strings.TrimLeft(behind, "0123456789"))
		decimal = decimal || found && digits != 3
	}
	return decimal
}

// counted are the names of modes whose whole numbers count something: what, and for those that start anew the first and
// the last number, and the circle.
var counted = map[string]struct {
	unit                string
	first, last, circle float64
}{
	"second": {unit: "second"}, "sec": {unit: "second"},
	"minute": {unit: "minute"}, "min": {unit: "minute"},
	"hour": {"hour", 0, 24, 24}, "hr": {"hour", 0, 24, 24}, "hourofday": {"hour", 0, 24, 24},
	"day": {unit: "day"}, "date": {unit: "day"},
	"dayofyear": {"day", 1, 366, yearDays}, "doy": {"day", 1, 366, yearDays},
	"weekday": {"day", 0, 7, 7}, "dayofweek": {"day", 0, 7, 7}, "dow": {"day", 0, 7, 7},
	"week": {"week", 1, 53, yearDays / 7}, "weekofyear": {"week", 1, 53, yearDays / 7},
	"month": {"month", 1, 12, 12}, "mon": {"month", 1, 12, 12}, "mm": {"month", 1, 12, 12}, "monthofyear": {"month", 1, 12, 12},
	"quarter": {"quarter", 1, 4, 4}, "qtr": {"quarter", 1, 4, 4},
}

// named gives whole numbers the meaning that the name of their mode has.
func (a *Axis) named(name string) {
	least, most := math.Inf(1), math.Inf(-1)
	for _, x := range a.At {
		least, most = min(least, x), max(most, x)
	}
	name = strings.ToLower(strings.NewReplacer("_", "", " ", "", "-", "", ".", "").Replace(name))
	count, known := counted[name]
	if !known {
		count, known = counted[strings.TrimSuffix(name, "s")]
	}
	years := least >= 1800 && most <= 2100
	switch {
	case years && name == "date":
		a.Kind, a.Unit = Year, "year"
	case known && least >= count.first && most <= count.last && most-least < count.circle:
		a.Unit, a.Cyclic, a.Periods = count.unit, true, []float64{count.circle}
	case known:
		a.Unit = count.unit
	case years || strings.TrimSuffix(name, "s") == "year" && least >= 0 && most < 1e4:
		a.Kind, a.Unit = Year, "year"
	}
}
