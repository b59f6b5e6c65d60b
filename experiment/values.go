package experiment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Number is a float64 that can be saved as JSON whatever its value: NaN as null, infinities as strings.
type Number float64

// MarshalJSON implements json.Marshaler.
func (x Number) MarshalJSON() ([]byte, error) {
	switch f := float64(x); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	default:
		return strconv.AppendFloat(nil, f, 'g', -1, 64), nil
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *Number) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "null" {
		text = "nan"
	}
	f, err := strconv.ParseFloat(text, 64)
	*x = Number(f)
	return err
}

func (x Number) String() string { return strconv.FormatFloat(float64(x), 'g', -1, 64) }

// Depths is a depth for all modes, or one for every mode. Only balanced chains may have fractional depths.
type Depths []float64

// Uniform returns the one depth of all modes, and whether there is one.
func (d Depths) Uniform() (k float64, ok bool) {
	if len(d) == 0 {
		return 0, true
	}
	for _, k := range d {
		if k != d[0] {
			return 0, false
		}
	}
	return d[0], true
}

func (d Depths) String() string {
	var words []string
	for _, k := range d {
		words = append(words, strconv.FormatFloat(k, 'g', -1, 64))
	}
	return strings.Join(words, ",")
}

// Whole returns the depths as whole numbers, or an error that says what fractions need.
func (d Depths) Whole() ([]int, error) {
	whole := make([]int, len(d))
	for n, k := range d {
		whole[n] = int(k)
		if float64(whole[n]) != k || k < 0 {
			return nil, fmt.Errorf("experiment: depth %v is not a whole number ≥ 0: fractional depths need balanced = true", k)
		}
	}
	return whole, nil
}

// ParseShape reads sizes such as 10x16x5.
func ParseShape(text string) ([]int, error) {
	var shape []int
	for _, word := range strings.Split(text, "x") {
		d, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || d < 1 {
			return nil, fmt.Errorf("shape = %q is not a list of sizes such as \"10x10x10\"", text)
		}
		shape = append(shape, d)
	}
	if len(shape) < 2 {
		return nil, fmt.Errorf("shape = %q has one mode, at least 2 are needed", text)
	}
	return shape, nil
}
