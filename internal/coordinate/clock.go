package coordinate

import "strings"

// Nanoseconds of a unit.
const (
	secondNanos = 1_000_000_000
	minuteNanos = 60 * secondNanos
	hourNanos   = 60 * minuteNanos
	dayNanos    = 24 * hourNanos
)

// time finds the time of day among the pieces of a label. It is false if there is one that no clock shows.
func (p *parser) time() bool {
	for i, at := range p.pieces {
		switch {
		case at.text == ":" && i > 0 && p.digits(i-1, 1, 2) && p.digits(i+1, 2, 2):
			return p.clockAt(i - 1)
		case i == 1 && at.text == "." && len(p.pieces) == 5 && p.digits(0, 1, 2) && p.is(2, "00") && p.is(3, ".") && p.digits(4, 2, 2):
			return p.clockAt(0) // 18.00.00: there is no month 0
		case at.text == "T" && i > 0 && p.digits(i-1, 8, 8) && (p.digits(i+1, 4, 4) || p.digits(i+1, 6, 6)):
			return p.basicAt(i + 1)
		}
	}
	return true
}

// digits tells whether there is a piece i of so many digits.
func (p *parser) digits(i, least, most int) bool {
	return i < len(p.pieces) && isDigit(p.pieces[i].text[0]) && least <= len(p.pieces[i].text) &&
		len(p.pieces[i].text) <= most
}

// is tells whether piece i is that text.
func (p *parser) is(i int, texts ...string) bool {
	for _, want := range texts {
		if i < len(p.pieces) && strings.EqualFold(p.pieces[i].text, want) {
			return true
		}
	}
	return false
}

// clockAt reads 15:04, 15:04:05, 3:04 PM and their like from piece i on, with a zone.
func (p *parser) clockAt(i int) bool {
	p.pieces[i].role, p.pieces[i+2].role = hour, minute
	hours, colon := int64(0), p.pieces[i+1].text
	for _, c := range []byte(p.pieces[i].text) {
		hours = 10*hours + int64(c-'0')
	}
	ok := p.number(minute, p.pieces[i+2].text)
	p.clock = true
	i += 3
	if p.is(i, colon) && p.digits(i+1, 2, 2) {
		p.pieces[i+1].role = seconds
		ok = ok && p.number(seconds, p.pieces[i+1].text)
		i += 2
		if p.is(i, ".", ",") && p.digits(i+1, 1, 9) {
			p.pieces[i+1].role = fraction
			unit := int64(secondNanos)
			for _, c := range []byte(p.pieces[i+1].text) {
				unit /= 10
				p.nanos += int64(c-'0') * unit
			}
			i += 2
		}
	}
	behind := i
	if p.is(behind, " ") {
		behind++
	}
	if p.is(behind, "AM", "PM") {
		ok = ok && 1 <= hours && hours <= 12
		hours %= 12
		if p.is(behind, "PM") {
			hours += 12
		}
		p.pieces[behind].role = half
		i = behind + 1
	}
	p.nanos += hours * hourNanos
	return ok && p.nanos <= dayNanos && p.zone(i)
}

// basicAt reads 1504 or 150405 from piece i.
func (p *parser) basicAt(i int) bool {
	digits := p.pieces[i].text
	at := []piece{{hour, digits[:2]}, {minute, digits[2:4]}, {seconds, digits[4:]}}[:len(digits)/2]
	ok := true
	for _, a := range at {
		ok = ok && p.number(a.role, a.text)
	}
	p.pieces = append(p.pieces[:i:i], append(at, p.pieces[i+1:]...)...)
	return ok && p.zone(i+len(at))
}

// zone reads the zone that may follow the time: Z, UTC, GMT, +01:00, -0500, +02.
func (p *parser) zone(i int) bool {
	if p.is(i, " ") && p.is(i+1, "Z", "UTC", "GMT") {
		i++
	}
	if p.is(i, "Z", "UTC", "GMT") {
		p.pieces[i].role, p.zoned = zone, true
		return true
	}
	if !p.is(i, "+", "-", " +", " -") || !p.digits(i+1, 2, 4) {
		return true
	}
	digits := p.pieces[i+1].text
	end := i + 2
	if p.is(end, ":") && p.digits(end+1, 2, 2) {
		digits += p.pieces[end+1].text
		end += 2
	}
	if len(digits) == 2 {
		digits += "00"
	}
	if len(digits) != 4 {
		return false
	}
	minutes := 60*int32(10*(digits[0]-'0')+digits[1]-'0') + int32(10*(digits[2]-'0')+digits[3]-'0')
	const furthest = 14 * 60
	if minutes > furthest {
		return false
	}
	if strings.HasSuffix(p.pieces[i].text, "-") {
		minutes = -minutes
	}
	whole := ""
	for _, at := range p.pieces[i:end] {
		whole += at.text
	}
	p.pieces = append(p.pieces[:i], append([]piece{{zone, whole}}, p.pieces[end:]...)...)
	p.offset, p.zoned = minutes, true
	return true
}
