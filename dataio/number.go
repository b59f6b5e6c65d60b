package dataio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// largest is the greatest magnitude of a value: squares of values are added up.
const largest = 1e150

// numbers reads values in text.
type numbers struct {
	missing      [][]byte  // spellings of a gap beside the usual ones
	missingValue []float64 // the same as numbers, NaN for what is none
	met          []bool    // which of them a value was
	mayComma     bool      // 7,5 is a number: the comma does not separate fields
	comma        bool      // such a number has been seen, so filled values are written so
	decimal      byte      // '.' or ',' where the options say which one it is; 0: found out
	flags        bool      // what is glued to a number is dropped
	censored     bool      // limits such as <0.5 may stand in place of a number

	counts  gapCounts // of the gaps that were read
	flagged int       // numbers that lost their flags
	marks   marks
}

// marks is the evidence on what dots and commas in the numbers mean: the first number of each kind.
type marks struct {
	eitherComma string // 1,234: a decimal comma, or one between thousands
	eitherDot   string // 1.234, among numbers with commas
	thousands   string // 1,234,567 or 1,234.5: commas stand between thousands
	decimal     string // 7,5 or 1.234,5: the comma is a decimal one
	dot         string // 7.5: the point is a decimal one
}

func newNumbers(missing []string, mayComma bool) *numbers {
	n := &numbers{mayComma: mayComma, counts: gapCounts{}}
	for _, text := range missing {
		text = strings.TrimSpace(text)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			v = math.NaN()
		}
		n.missing, n.missingValue = append(n.missing, []byte(text)), append(n.missingValue, v)
	}
	n.met = make([]bool, len(missing))
	return n
}

// fork reads numbers in the same way, and gathers evidence of its own.
func (n *numbers) fork() *numbers {
	return &numbers{
		missing: n.missing, missingValue: n.missingValue, met: make([]bool, len(n.met)),
		mayComma: n.mayComma, decimal: n.decimal, flags: n.flags, censored: n.censored, counts: gapCounts{},
	}
}

// join takes up the evidence of a fork, whose numbers follow those of n.
func (n *numbers) join(fork *numbers) {
	n.comma = n.comma || fork.comma
	n.flagged += fork.flagged
	for k, met := range fork.met {
		n.met[k] = n.met[k] || met
	}
	for text, count := range fork.counts {
		n.counts.more([]byte(text), *count)
	}
	m, later := &n.marks, &fork.marks
	for _, mark := range []struct{ own, other *string }{
		{&m.eitherComma, &later.eitherComma},
		{&m.eitherDot, &later.eitherDot},
		{&m.thousands, &later.thousands},
		{&m.decimal, &later.decimal},
		{&m.dot, &later.dot},
	} {
		if *mark.own == "" {
			*mark.own = *mark.other
		}
	}
}

// isMissing tells whether a number stands for a gap.
func (n *numbers) isMissing(v float64) bool { return v != v || len(n.missing) > 0 && n.isNamed(v) }

// isNamed is isMissing for the options' numbers alone.
func (n *numbers) isNamed(v float64) bool {
	for k, m := range n.missingValue {
		if v == m {
			n.met[k] = true
			return true
		}
	}
	return false
}

const (
	notANumber = "is no number"
	notFinite  = "is not finite"
	tooLarge   = "is too large"
	withFlag   = "is a number with a flag or a unit"
	signBehind = "has its sign behind it or stands in brackets"
	noInterval = "is no interval: its lower limit is not below the upper one"
)

var numberRemedies = map[string]string{
	notANumber: "write a number, or leave the value empty for a gap; --missing names a further spelling of a gap",
	notFinite:  "write a finite number, or leave the value empty for a gap",
	tooLarge:   "give the values in a unit that keeps them below 1e150, or if it marks a gap say so with --missing",
	withFlag:   "--flags drops such flags",
	signBehind: "write a minus before the number",
	noInterval: "write the lower limit first",
}

// parse reads a value that has no space around it; limits that are asked for are a gap. problem is "" or one of the
// constants above.
func (n *numbers) parse(text []byte) (value float64, gap bool, problem string) {
	if value, point, ok, _ := shortNumber(text); ok && (point < 0 || n.pointIsPlain(text, point)) {
		return value, n.isMissing(value), ""
	}
	value, gap, problem = n.parseExact(text)
	if n.censored && problem != "" && len(text) <= longestNumber {
		if _, _, wrong, ok := n.limits(text); ok {
			return 0, wrong == "", wrong
		}
	}
	return value, gap, problem
}

// parseExact is parse of what is a value or a gap.
func (n *numbers) parseExact(text []byte) (value float64, gap bool, problem string) {
	if value, point, ok := plainNumber(text); ok && n.pointIsPlain(text, point) {
		return value, n.isMissing(value), ""
	}
	if isUsualGap(text) {
		return 0, true, ""
	}
	for k, m := range n.missing {
		if bytes.EqualFold(text, m) {
			n.met[k] = true
			return 0, true, ""
		}
	}
	value, gap, problem = n.number(text)
	if problem != notANumber {
		return value, gap, problem
	}
	if n.isNegative(text) {
		return 0, false, signBehind
	}
	bare, ok := withoutFlag(text)
	if !ok {
		return 0, false, notANumber
	}
	if isUsualGap(bare) {
		value, gap, problem = 0, true, ""
	} else if value, gap, problem = n.number(bare); problem != "" {
		return 0, false, notANumber
	}
	if !n.flags {
		return 0, false, withFlag
	}
	n.flagged++
	return value, gap, ""
}

// isNegative tells that a text is a negative number as bookkeepers write it: 12.3- or (12.3), also with a currency. Its
// sign is no flag.
func (n *numbers) isNegative(text []byte) bool {
	text = bytes.TrimRight(text, " $€£¥₹")
	bare, behind := bytes.CutSuffix(text, []byte("-"))
	if inner, bracket := bytes.CutPrefix(text, []byte("(")); bracket {
		bare, behind = bytes.CutSuffix(inner, []byte(")"))
	}
	if !behind || len(bare) == 0 || bare[0] == '-' || bare[0] == '+' {
		return false
	}
	bare = bytes.TrimSpace(bare)
	if without, ok := withoutFlag(bare); ok {
		bare = without
	}
	_, gap, problem := n.fork().number(bare)
	return problem == "" && !gap
}

// plainNumber reads digits with a sign and a point: exactly, where they are so few that one division rounds right.
// point is where the point stands, −1 for none.
func plainNumber(text []byte) (value float64, point int, ok bool) {
	if value, point, ok, short := shortNumber(text); short {
		return value, point, ok
	}
	return numberByBytes(text)
}

// numberByBytes is plainNumber, one byte after another.
func numberByBytes(text []byte) (value float64, point int, ok bool) {
	const mostDigits, mostPlaces = 15, 22
	at := 0
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		at = 1
	}
	for at < len(text)-1 && text[at] == '0' && text[at+1] != '.' {
		at++
	}
	first, places := at, 0
	var mantissa uint64
	for ; at < len(text) && text[at]-'0' <= 9; at++ {
		mantissa = 10*mantissa + uint64(text[at]-'0')
	}
	digits := at - first
	if point = -1; at < len(text) && text[at] == '.' {
		point, at = at, at+1
		for ; at < len(text) && text[at]-'0' <= 9; at++ {
			mantissa = 10*mantissa + uint64(text[at]-'0')
		}
		places = at - point - 1
		digits += places
	}
	if at < len(text) || digits == 0 || digits > mostDigits || places > mostPlaces {
		return 0, -1, false
	}
	value = float64(mantissa)
	if places > 0 {
		value /= powersOfTen[places]
	}
	if text[0] == '-' {
		value = -value
	}
	return value, point, true
}

// shortNumber is plainNumber of a text that has at most eight bytes behind its sign, all of them at once; short is false for
// any other, and near the end of the memory that text lies in.
func shortNumber(text []byte) (value float64, point int, ok, short bool) {
	const word = 8
	bare, signed := text, 0
	if len(text) > 0 && (text[0] == '-' || text[0] == '+') {
		bare, signed = text[1:], 1
	}
	if len(bare)-1 >= word || cap(bare) < word || len(bare) == 0 {
		return 0, -1, false, false
	}
	digits := binary.LittleEndian.Uint64(bare[:word]) << (word * uint(word-len(bare))) // the last byte of bare is the highest
	empty, places := uint(word-len(bare)), 0
	point = -1
	if at := equalBytes(digits, pointBytes); at != 0 {
		first := uint(bits.TrailingZeros64(at)) / word
		places = word - 1 - int(first)
		below := uint64(1)<<(word*first) - 1
		digits = digits&^below&^(0xFF<<(word*first)) | digits&below<<word // what stands before the point moves up
		point = signed + int(first-empty)
		empty++
	}
	if empty == word {
		return 0, -1, false, true
	}
	digits |= zeroBytes & (1<<(word*empty) - 1)
	digits -= zeroBytes // not borrowing where all are digits
	if (digits|(digits+6*bytesOf1))&(0xF0*bytesOf1) != 0 {
		return 0, -1, false, true
	}
	// Neighbours are joined: of one digit, of two, of four.
	digits = digits*10 + digits>>8
	const pairs = 0x000000FF000000FF
	mantissa := ((digits&pairs)*(100+1000000<<32) + (digits>>16&pairs)*(1+10000<<32)) >> 32
	value = float64(uint32(mantissa))
	if places > 0 {
		value /= powersOfTen[places]
	}
	if text[0] == '-' {
		value = -value
	}
	return value, point, true, true
}

// powersOfTen are those that a float64 holds exactly.
var powersOfTen = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
	1e21, 1e22,
}

// pointIsPlain tells whether the point at that place of a number, −1 for none, is a decimal one beyond doubt, or has
// been seen before.
func (n *numbers) pointIsPlain(text []byte, point int) bool {
	const group = 3
	switch {
	case point < 0 || n.decimal == '.' || !n.mayComma && n.decimal == 0:
		return true
	case n.decimal == ',':
		return false
	case len(text)-1-point == group:
		return n.marks.eitherDot != ""
	case n.marks.dot == "":
		n.marks.dot = string(text)
	}
	return true
}

// exponentD is an exponent as Fortran writes it: 1.5D+02.
var exponentD = regexp.MustCompile(`^([-+]?[\d.]+)[dD]([-+]?\d+)$`)

// longestNumber is the length of a text that is surely no number.
const longestNumber = 400

// number reads a number in any spelling.
func (n *numbers) number(text []byte) (value float64, gap bool, problem string) {
	if bytes.ContainsAny(text, "xX_") || len(text) > longestNumber {
		return 0, false, notANumber
	}
	plain, ok := n.plain(text)
	if !ok {
		return 0, false, notANumber
	}
	value, err := strconv.ParseFloat(exponentD.ReplaceAllString(plain, "${1}e$2"), 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, false, tooLarge
	case err != nil:
		return 0, false, notANumber
	case math.IsNaN(value):
		return 0, true, ""
	case math.IsInf(value, 0):
		return 0, false, notFinite
	case math.Abs(value) > largest:
		return 0, n.isMissing(value), tooLargeUnless(n.isMissing(value))
	}
	return value, n.isMissing(value), ""
}

func tooLargeUnless(gap bool) string {
	if gap {
		return ""
	}
	return tooLarge
}

// append writes a filled value or an error bar with so many significant digits.
func (n *numbers) append(out []byte, value float64, digits int) []byte {
	if math.IsInf(value, 0) {
		if value < 0 {
			out = append(out, '-')
		}
		return append(out, "Inf"...)
	}
	from := len(out)
	out = strconv.AppendFloat(out, value, 'g', digits, 64)
	if n.comma {
		if at := bytes.IndexByte(out[from:], '.'); at >= 0 {
			out[from+at] = ','
		}
	}
	return out
}

// The digits that are written: of a filled value more than anybody knows of it, of an error bar enough.
const (
	valueDigits  = 13
	stderrDigits = 6
)
