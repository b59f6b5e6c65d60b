package completion

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"lacuna/tensor"
)

// Limit says where the values of some cells lie.
type Limit struct {
	Mode, Index int     // the cells of a label of a mode; Mode −1: all cells
	Min, Max    float64 // −Inf and +Inf: no limit
	Whole       bool    // values are whole numbers
}

// limits are those that were given, the narrowest counting, or those that the values show.
type limits []Limit

// at returns what is known of a cell.
func (l limits) at(cell []int32) (low, high float64, whole bool) {
	low, high = math.Inf(-1), math.Inf(1)
	for _, m := range l {
		if m.Mode < 0 || int(cell[m.Mode]) == m.Index {
			low, high, whole = math.Max(low, m.Min), math.Min(high, m.Max), whole || m.Whole
		}
	}
	return low, high, whole
}

// Check returns an error that names the first value outside a limit.
func (m Limit) Check(o *tensor.Observed) error {
	for c, y := range o.Values {
		if (m.Mode < 0 || int(o.Index[m.Mode][c]) == m.Index) && !(y >= m.Min && y <= m.Max) {
			return fmt.Errorf("the known value %v lies outside the limits of %v to %v", y, m.Min, m.Max)
		}
	}
	return nil
}

// findLimits adds to the limits that were given those that the values show: none below 0, whole numbers, and none above
// 100 or 1 where that is reached again and again. Labels with units of their own are looked at one by one; one that has
// censored cells and too few exact values to tell is not below 0 if the whole table is not.
func (j *job) findLimits() (all limits, words []string) {
	const enough, again = 20, 3
	all = slices.Clone(j.Limits)
	groups := map[int][]float64{}
	groupOf := func(index [][]int32, c int) int {
		if j.unit < 0 {
			return -1
		}
		return int(index[j.unit][c])
	}
	for c, y := range j.observed.Values {
		at := groupOf(j.observed.Index, c)
		groups[at] = append(groups[at], y)
	}
	beyond := map[int]bounded{} // what censored cells allow beyond the exact values
	for k := range j.Censored.Len() {
		at := groupOf(j.Censored.Index, k)
		b, met := beyond[at]
		if !met {
			b = bounded{math.Inf(1), math.Inf(-1)}
		}
		beyond[at] = bounded{math.Min(b.low, j.Censored.High[k]), math.Max(b.high, j.Censored.Low[k])}
	}
	for at := range beyond {
		groups[at] = slices.Clip(groups[at]) // also those without an exact value
	}
	amounts := j.observed.Len()+j.Censored.Len() >= enough && j.amounts()
	for _, at := range sortedKeys(groups) {
		values := groups[at]
		few := len(values) < enough
		if _, met := beyond[at]; few && !(met && amounts) {
			continue
		}
		found := Limit{Mode: -1, Min: math.Inf(-1), Max: math.Inf(1), Whole: !few}
		lead := ""
		if at >= 0 {
			found.Mode, found.Index = j.unit, at
			lead = fmt.Sprintf("%s=%s: ", j.observed.Modes[j.unit].Name, j.observed.Modes[j.unit].Labels[at])
		}
		low, high := math.Inf(1), math.Inf(-1)
		for _, y := range values {
			low, high = math.Min(low, y), math.Max(high, y)
		}
		reached := 0
		for _, y := range values {
			found.Whole = found.Whole && y == math.Floor(y)
			if y == high {
				reached++
			}
		}
		below, above := false, false
		if b, met := beyond[at]; met {
			below, above = b.low <= 0, b.high >= high
		}
		if low >= 0 && !below && !j.given(found, func(m Limit) bool { return !math.IsInf(m.Min, -1) }) {
			found.Min = 0
		}
		if low >= 0 && !few && (high == 1 || high == 100) && reached >= again && !below && !above &&
			!j.given(found, func(m Limit) bool { return !math.IsInf(m.Max, 1) }) {
			found.Max = high
		}
		if w := found.words(); w != "" {
			all, words = append(all, found), append(words, lead+w)
		}
	}
	return all, words
}

// amounts reports whether no value of the table is below 0 and every censored cell may have one above: limits of detection
// are those of amounts.
func (j *job) amounts() bool {
	for _, y := range j.observed.Values {
		if y < 0 {
			return false
		}
	}
	for k := range j.Censored.Len() {
		low, high := j.Censored.Low[k], j.Censored.High[k]
		if high <= 0 || !math.IsInf(low, -1) && math.Nextafter(low, math.Inf(1)) < 0 {
			return false
		}
	}
	return true
}

// bounded is the least upper and the greatest lower limit of some censored cells.
type bounded struct{ low, high float64 }

// given reports whether the user gave such a limit for the same cells.
func (j *job) given(found Limit, is func(Limit) bool) bool {
	return slices.ContainsFunc(j.Limits, func(m Limit) bool {
		return is(m) && (m.Mode < 0 || (m.Mode == found.Mode && m.Index == found.Index))
	})
}

// words says a limit that was found.
func (m Limit) words() (words string) {
	add := func(s string) {
		if words != "" {
			words += ", "
		}
		words += s
	}
	if !math.IsInf(m.Min, -1) {
		add("not below " + strconv.FormatFloat(m.Min, 'g', -1, 64))
	}
	if !math.IsInf(m.Max, 1) {
		add("not above " + strconv.FormatFloat(m.Max, 'g', -1, 64))
	}
	if m.Whole {
		add("whole numbers")
	}
	return words
}

// keep brings a value between the limits of a cell.
func (l limits) keep(cell []int32, y float64) float64 {
	low, high, _ := l.at(cell)
	return math.Min(math.Max(y, low), high)
}

// Possible returns the value that is written for a cell of which At returned value: the nearest that is possible there.
func (c *Completion) Possible(cell []int32, value float64) float64 {
	if b, ok := c.censoredAt(cell); ok {
		if _, _, whole := c.limits.at(cell); whole && !c.kindAt(cell).Shares {
			if low, high := math.Floor(b.low)+1, math.Ceil(b.high)-1; low <= high {
				value = math.Min(math.Max(math.RoundToEven(value), low), high)
			}
		}
		return value
	}
	if _, _, whole := c.limits.at(cell); whole && !c.kindAt(cell).Shares {
		value = c.limits.keep(cell, math.RoundToEven(value))
	}
	return value
}

// within brings the bounds of an interval to values that are possible.
func (c *Completion) within(cell []int32, value, low, high float64) (float64, float64) {
	low, high = c.limits.keep(cell, low), c.limits.keep(cell, high)
	if _, _, whole := c.limits.at(cell); whole {
		low, high = math.Ceil(low), math.Floor(high)
		if low > high {
			low = math.RoundToEven(value)
			high = low
		}
	}
	return low, high
}

func sortedKeys[K int | float64, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
