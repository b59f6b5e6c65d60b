package coordinate

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// role is what a piece of a label says.
type role byte

const (
	text role = iota // nothing: a separator
	year
	shortYear // of two digits
	month
	monthName
	day
	first  // day or month of 01/02/2020
	second // the other one
	quarter
	halfYear
	dayOfYear
	week
	weekdayName
	isoDay // 1 (Monday) to 7
	hour
	minute
	seconds
	fraction // of a second
	half     // AM or PM
	zone
)

// piece is a part of a label with its role.
type piece struct {
	role role
	text string
}

// reading is what one label says; what it does not say is 0.
type reading struct {
	year, month, day, first, second int32
	quarter, halfYear, week, isoDay int32
	weekday                         int32  // 1 (Monday) to 7
	spelling                        uint16 // a bit for every spelling that has the name of the month
	offset                          int32  // of the zone, in minutes
	nanos                           int64  // since midnight
	clock, zoned, dotted, short     bool
}

// parser takes labels apart. Its pieces are those of the last label, and reused.
type parser struct {
	pieces []piece
	core   []int  // the pieces of the date that carry its form: numbers, names of months, marks such as Q and W
	kinds  []byte // of each: its number of digits (2 for one, a letter from 10 on), M for a name, or that of marks
	reading
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c >= utf8.RuneSelf }

// split cuts a label into runs of digits, of letters and of anything else.
func (p *parser) split(label string) {
	class := func(c byte) int {
		switch {
		case isDigit(c):
			return 1
		case isLetter(c):
			return 2
		}
		return 0
	}
	p.pieces = p.pieces[:0]
	for from := 0; from < len(label); {
		to := from + 1
		for to < len(label) && class(label[to]) == class(label[from]) {
			to++
		}
		p.pieces = append(p.pieces, piece{text: label[from:to]})
		from = to
	}
}

// longest is the length of a label above which it is no date.
const longest = 48

// parse reads a label, and tells whether it names a time of the calendar.
func (p *parser) parse(label string) bool {
	label = strings.TrimSpace(label)
	if label == "" || len(label) > longest {
		return false
	}
	p.split(label)
	p.reading, p.core, p.kinds = reading{}, p.core[:0], p.kinds[:0]
	if !p.time() {
		return false
	}
	for i, at := range p.pieces {
		switch {
		case at.role != text || at.text == "T" && i > 0 && i+1 < len(p.pieces) && p.pieces[i+1].role == hour:
		case isDigit(at.text[0]):
			kind := byte(max(2, len(at.text)))
			if kind < 10 {
				kind += '0'
			} else {
				kind += 'a' - 10
			}
			p.core, p.kinds = append(p.core, i), append(p.kinds, kind)
		case isLetter(at.text[0]):
			if !p.word(i) {
				return false
			}
		case i == 0 || i == len(p.pieces)-1 || strings.Trim(at.text, " -/.,:'") != "":
			return false
		}
	}
	return p.assign() && p.valid()
}

// word gives a word its role.
func (p *parser) word(i int) bool {
	name := strings.ToLower(p.pieces[i].text)
	switch k, spelling := findMonth(name); {
	case spelling != 0:
		p.month, p.spelling = int32(k+1), spelling
		p.core, p.kinds = append(p.core, i), append(p.kinds, 'M')
	case marks[name] != 0:
		p.core, p.kinds = append(p.core, i), append(p.kinds, marks[name])
	default:
		p.pieces[i].role, p.weekday = weekdayName, int32(find(weekdayNames[:], name)+1)
		return p.weekday > 0
	}
	return true
}

// marks are words that say what a number beside them is.
var marks = map[string]byte{
	"q": 'Q', "w": 'W', "m": 'N', "h": 'H', "s": 'H',
	"年": 'Y', "月": 'O', "日": 'D', "년": 'Y', "월": 'O', "일": 'D',
}

var weekdayNames = [...]string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}

// find returns the place of the name that word, in small letters, is or shortens as usual; −1 if there is none.
func find(names []string, word string) int {
	return slices.IndexFunc(names, func(name string) bool {
		return word == name || strings.HasPrefix(name, word) &&
			(len(word) == 3 || word == "sept" || word == "tues" || word == "thur" || word == "thurs")
	})
}

// assign gives the pieces of the date their roles.
func (p *parser) assign() bool {
	switch string(p.kinds) {
	case "":
		return !p.zoned && p.clock != (p.weekday > 0)
	case "422":
		return p.between("-/. ") && p.roles(year, month, day)
	case "224":
		return p.between("-/.") && p.roles(first, second, year)
	case "222":
		return p.between("-/.") && p.roles(first, second, shortYear)
	case "42":
		return p.between("-/. ") && p.roles(year, month)
	case "24":
		return p.between("-/. ") && p.roles(month, year)
	case "4M":
		return p.roles(year, monthName)
	case "M4":
		return p.roles(monthName, year)
	case "M2":
		return p.between("-'") && p.roles(monthName, shortYear)
	case "M":
		return p.weekday == 0 && p.roles(monthName)
	case "2M4":
		return p.roles(day, monthName, year)
	case "2M2":
		return p.between("-/. ") && p.roles(day, monthName, shortYear)
	case "4M2":
		return p.roles(year, monthName, day)
	case "M24":
		return p.roles(monthName, day, year)
	case "4Q2":
		return p.roles(year, text, quarter)
	case "Q24":
		return p.roles(text, quarter, year)
	case "2Q4":
		return p.roles(quarter, text, year)
	case "Q2":
		return p.roles(text, quarter)
	case "4H2":
		return p.roles(year, text, halfYear)
	case "H24":
		return p.roles(text, halfYear, year)
	case "2H4":
		return p.roles(halfYear, text, year)
	case "43":
		return p.between("-") && p.roles(year, dayOfYear)
	case "4Y2O":
		return p.roles(year, text, month, text)
	case "4Y2O2D":
		return p.roles(year, text, month, text, day, text)
	case "4N2":
		return p.roles(year, text, month)
	case "4W2":
		return p.roles(year, text, week)
	case "4W22":
		return p.roles(year, text, week, isoDay)
	case "6":
		return p.roles(year, month)
	case "8":
		return p.roles(year, month, day)
	case "a":
		return !p.clock && p.roles(year, month, day, hour)
	case "c":
		return !p.clock && p.roles(year, month, day, hour, minute)
	case "e":
		return !p.clock && p.roles(year, month, day, hour, minute, seconds)
	}
	return false
}

// between tells whether the pieces of the date are separated in one way, by one of the given characters.
func (p *parser) between(marks string) bool {
	separator := p.pieces[p.core[0]+1].text
	p.dotted = separator == "."
	for k := 1; k < len(p.core); k++ {
		if p.core[k] != p.core[k-1]+2 || p.pieces[p.core[k]-1].text != separator {
			return false
		}
	}
	return len(separator) == 1 && strings.Contains(marks, separator)
}

// roles gives the pieces of the date these roles. Digits that are all in one piece are cut: four for the year, two for
// everything else.
func (p *parser) roles(roles ...role) bool {
	if len(p.core) == 1 && len(roles) > 1 {
		i := p.core[0]
		digits := p.pieces[i].text
		p.pieces[i].text = digits[:4]
		for from := 4; from < len(digits); from += 2 {
			i++
			p.pieces = slices.Insert(p.pieces, i, piece{text: digits[from : from+2]})
			p.core = append(p.core, i)
		}
	}
	for k, i := range p.core {
		p.pieces[i].role = roles[k]
		if !p.number(roles[k], p.pieces[i].text) {
			return false
		}
	}
	return true
}

// number notes what a piece of digits says in its role.
func (p *parser) number(r role, digits string) bool {
	value := int64(0)
	for _, c := range []byte(digits) {
		value = 10*value + int64(c-'0')
	}
	x := int32(value)
	switch r {
	case year:
		p.year = x
	case shortYear: // as POSIX has it: 1969 to 2068
		if len(digits) != 2 {
			return false
		}
		p.year, p.short = 1900+x, true
		if x < 69 {
			p.year += 100
		}
	case month:
		p.month = x
	case day:
		p.day = x
	case first:
		p.first = x
	case second:
		p.second = x
	case quarter:
		p.quarter = x
		return len(digits) == 1 && 1 <= x && x <= 4
	case halfYear:
		p.halfYear = x
		return len(digits) == 1 && 1 <= x && x <= 2
	case dayOfYear:
		y, m, d := date(days(int(p.year), 1, 1) + int(x) - 1)
		p.month, p.day = int32(m), int32(d)
		return x >= 1 && int32(y) == p.year
	case week:
		p.week = x
		return x >= 1 && int(x) <= weeksOf(int(p.year))
	case isoDay:
		p.isoDay = x
		return len(digits) == 1 && 1 <= x && x <= 7
	case hour:
		p.nanos += value * hourNanos
		p.clock = true
		return x < 24
	case minute:
		p.nanos += value * minuteNanos
		return x < 60
	case seconds:
		p.nanos += value * secondNanos
		return x < 60
	}
	return true
}

// valid checks the numbers against the calendar.
func (p *parser) valid() bool {
	if p.clock && len(p.core) > 0 && p.day == 0 && p.first == 0 && p.isoDay == 0 {
		return false
	}
	hasYear := slices.ContainsFunc(p.pieces, func(at piece) bool { return at.role == year || at.role == shortYear })
	switch {
	case hasYear && p.year < 1:
		return false
	case slices.ContainsFunc(p.pieces, func(at piece) bool { return at.role == first }):
		return exists(p.year, p.second, p.first) || exists(p.year, p.first, p.second)
	case slices.ContainsFunc(p.pieces, func(at piece) bool { return at.role == day }):
		return exists(p.year, p.month, p.day)
	case slices.ContainsFunc(p.pieces, func(at piece) bool { return at.role == month }):
		return 1 <= p.month && p.month <= 12
	}
	return true
}

// exists tells whether the calendar has that day.
func exists(year, month, day int32) bool {
	return 1 <= month && month <= 12 && 1 <= day && int(day) <= monthLength(int(year), int(month))
}
