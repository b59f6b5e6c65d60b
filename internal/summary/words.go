package summary

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Count spells a number of things: 1 gap, 2,000 gaps.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}

// Grouped writes a whole number with a comma between thousands.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0 && text[at-1] != '-'; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// Shape spells the sizes of the modes: 60 × 12 × 5.
func Shape(shape []int) string {
	words := make([]string, len(shape))
	for n, d := range shape {
		words[n] = strconv.Itoa(d)
	}
	return strings.Join(words, " × ")
}

// Short writes a number with three significant digits.
func Short(x float64) string { return strconv.FormatFloat(x, 'g', 3, 64) }

// Percent spells a share.
func Percent(share float64) string {
	if math.IsNaN(share) || math.IsInf(share, 0) {
		return "not known"
	}
	if share < 0.001 {
		return fmt.Sprintf("%.2g %%", 100*share)
	}
	return fmt.Sprintf("%.3g %%", 100*share)
}
