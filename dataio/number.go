package dataio

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
)

// largest is the greatest magnitude of a value: squares of values are added up.
const largest = 1e150

// numbers reads values in text.
type numbers struct {
	missing      [][]byte  // spellings of a gap beside the usual ones
	missingValue []float64 // those among them that are numbers
	mayComma     bool      // 7,5 is a number: the comma does not separate fields
	comma        bool      // such a number has been seen, so filled values are written so
}

func newNumbers(missing []string, mayComma bool) *numbers {
	n := &numbers{mayComma: mayComma}
	for _, text := range missing {
		n.missing = append(n.missing, []byte(strings.TrimSpace(text)))
		if v, err := strconv.ParseFloat(strings.TrimSpace(text), 64); err == nil {
			n.missingValue = append(n.missingValue, v)
		}
	}
	return n
}

// isMissing tells whether a number stands for a gap.
func (n *numbers) isMissing(v float64) bool {
	if math.IsNaN(v) {
		return true
	}
	for _, m := range n.missingValue {
		if v == m {
			return true
		}
	}
	return false
}

var usualGaps = [][]byte{nil, []byte("NA"), []byte("NaN"), []byte("null"), []byte("-")}

func isUsualGap(text []byte) bool {
	for _, gap := range usualGaps {
		if bytes.EqualFold(text, gap) {
			return true
		}
	}
	return false
}

const (
	notANumber = "is no number"
	notFinite  = "is not finite"
	tooLarge   = "is too large"
)

var numberRemedies = map[string]string{
	notANumber: "write a number, or leave the value empty for a gap",
	notFinite:  "write a finite number, or leave the value empty for a gap",
	tooLarge:   "give the values in a unit that keeps them below 1e150",
}

// parse reads a value that has no space around it. problem is "" or one of the constants above.
func (n *numbers) parse(text []byte) (value float64, gap bool, problem string) {
	if isUsualGap(text) {
		return 0, true, ""
	}
	for _, m := range n.missing {
		if bytes.EqualFold(text, m) {
			return 0, true, ""
		}
	}
	if bytes.ContainsAny(text, "xX_") {
		return 0, false, notANumber
	}
	if n.mayComma && bytes.Count(text, []byte(",")) == 1 && bytes.IndexByte(text, '.') < 0 {
		text = bytes.Replace(text, []byte(","), []byte("."), 1)
		defer func() { n.comma = n.comma || problem == "" }()
	}
	value, err := strconv.ParseFloat(string(text), 64)
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
		return 0, false, tooLarge
	}
	return value, n.isMissing(value), ""
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
	valueDigits  = 12
	stderrDigits = 6
)
