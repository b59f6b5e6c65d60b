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
	Min, Max    float64 // −Inf and +Inf: what the data show; −NoLimit and NoLimit: none
	Whole       bool    // values are whole numbers
}

// NoLimit, as Limit.Max, says that there is none, whatever the known values show; −NoLimit says it as Limit.Min.
const NoLimit = math.MaxFloat64

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
		if m.Mode >= 0 && int(o.Index[m.Mode][c]) != m.Index {
			continue
		}
		switch {
		case !(y >= m.Min):
			return fmt.Errorf("the known value %v of %s lies below %v, which is to be the least (--min)", y, o.CellName(c), m.Min)
		case !(y <= m.Max):
			return fmt.Errorf("the known value %v of %s lies above %v, which is to be the largest (--max)", y, o.CellName(c), m.Max)
		}
	}
	return nil
}

// findLimits adds to the limits that were given those that the values show: none below or above 0, whole numbers, none above
// 100 or 1 where that is reached again and again, grades from 1 to no more than 10, and an upper end before which values do
// not thin out (ends). Labels with units of their own are looked at one by one; those with too few exact values to tell are as the
// whole table is, and where some lie above 0 and others below, only one that comes close to 0 ends there. Where no labels have such
// units, those of one mode that have names are looked at beside the table.
func (j *job) findLimits() (all limits, words []string) {
	all, words = j.addLimits()
	for k, m := range all {
		if m.Min == -NoLimit {
			all[k].Min = math.Inf(-1)
		}
		if m.Max == NoLimit {
			all[k].Max = math.Inf(1)
		}
	}
	return all, words
}

func (j *job) addLimits() (all limits, words []string) {
	all = slices.Clone(j.Limits)
	whole := j.extents(-1)[0]
	if j.unit < 0 {
		if found := j.limitOf(whole, whole); found.words() != "" {
			all, words = append(all, found), append(words, found.words())
		}
		bounded, own := j.boundedLabels(all)
		return append(all, bounded...), append(words, own...)
	}
	var lines []string
	extents := j.extents(j.unit)
	sides := bothSides(extents)
	for i, own := range extents {
		found := j.limitOf(own, whole)
		if sides {
			found = found.shownBy(own)
		}
		if found.words() != "" {
			all, words = append(all, found), append(words, found.words())
			lines = append(lines, j.labelWords(j.unit, i, found))
		}
	}
	labels := len(j.observed.Modes[j.unit].Labels)
	if same := slices.Compact(slices.Clone(words)); len(words) == labels && len(same) == 1 {
		one := all[len(j.Limits)]
		one.Mode, one.Index = -1, 0
		return append(slices.Clone(j.Limits), one), same
	}
	return all, lines
}

// bothSides reports whether some labels have all their values above 0 and others all below: then the side is a matter of their
// levels, as of series that wander, and not of what the values are.
func bothSides(labels []extent) bool {
	above, below := false, false
	for _, e := range labels {
		if e.count >= enough {
			above, below = above || e.low >= 0, below || e.high <= 0 && e.low < 0
		}
	}
	return above && below
}

// shownBy is the limit without an end at 0 that the values of the label do not come close to themselves.
func (m Limit) shownBy(e extent) Limit {
	const close = 0.02 // of the range of the values
	if e.count < enough || e.zeros >= again {
		return m
	}
	reach := close * (e.high - e.low)
	if m.Min == 0 && e.low > reach {
		m.Min = math.Inf(-1)
	}
	if m.Max == 0 && e.high < -reach {
		m.Max = math.Inf(1)
	}
	return m
}

func (j *job) labelWords(mode, index int, m Limit) string {
	return fmt.Sprintf("%s=%s: %s", j.observed.Modes[mode].Name, j.observed.Modes[mode].Labels[index], m.words())
}

// boundedLabels are limits of labels that have names and reach 0 again and again, but do not pass it: those of the mode in
// which they have most values. A variable among others is such, and so by chance is a place where it is warm.
func (j *job) boundedLabels(known limits) (all limits, words []string) {
	most := 0
	for n, mode := range j.observed.Modes {
		if len(mode.Labels) > mostNamed || !named(mode.Labels) {
			continue
		}
		var own limits
		var lines []string
		count := 0
		for i, e := range j.extents(n) {
			if e.count < enough || e.zeros < again {
				continue
			}
			if found := j.limitOf(e, extent{}).beyond(known); found.words() != "" {
				own, lines, count = append(own, found), append(lines, j.labelWords(n, i, found)), count+e.count
			}
		}
		if count > most {
			most, all, words = count, own, lines
		}
	}
	return all, words
}

const (
	enough    = 20 // exact values that show a limit
	again     = 3  // times that a limit is reached
	mostNamed = 64 // labels of a mode that are looked at one by one without units of their own
)

// extent is what the known values of a label show.
type extent struct {
	mode, index                 int
	count                       int
	low, high                   float64
	whole                       bool
	zeros, highest              int       // how often 0 and the greatest value are reached
	last                        [3]int    // values in the last parts of whole numbers, the last first
	shares                      [2][3]int // in the last, the second and the third tenth below 1, and below 100
	censored                    bool
	leastAbove, greatestBeneath float64 // of the limits of censored cells: the least upper and the greatest lower one
}

// extents are those of the labels of a mode, or one of all cells where mode is −1.
func (j *job) extents(mode int) []extent {
	labels := 1
	if mode >= 0 {
		labels = len(j.observed.Modes[mode].Labels)
	}
	out := make([]extent, labels)
	for i := range out {
		out[i] = extent{
			mode: mode, index: i, low: math.Inf(1), high: math.Inf(-1), whole: true, leastAbove: math.Inf(1), greatestBeneath: math.Inf(-1),
		}
	}
	of := func(index [][]int32, c int) *extent {
		if mode < 0 {
			return &out[0]
		}
		return &out[index[mode][c]]
	}
	for c, y := range j.observed.Values {
		of(j.observed.Index, c).add(y)
	}
	for c, y := range j.observed.Values {
		e := of(j.observed.Index, c)
		if k := math.Floor((e.high - y) / e.part()); e.whole && k < float64(len(e.last)) {
			e.last[int(k)]++
		}
	}
	for k := range j.Censored.Len() {
		e := of(j.Censored.Index, k)
		e.censored = true
		e.leastAbove = math.Min(e.leastAbove, j.Censored.High[k])
		e.greatestBeneath = math.Max(e.greatestBeneath, j.Censored.Low[k])
	}
	return out
}

func (e *extent) add(y float64) {
	if y < e.low {
		e.low = y
	}
	if y > e.high {
		e.high, e.highest = y, 0
	}
	if y == e.high {
		e.highest++
	}
	if y == 0 {
		e.zeros++
	}
	for k, one := range [2]float64{1, 100} {
		if tenth := math.Ceil(10 - float64(10*y/one)); tenth >= 0 && tenth <= 3 {
			e.shares[k][max(0, int(tenth)-1)]++
		}
	}
	e.count++
	e.whole = e.whole && y == math.Floor(y)
}

// limitOf is what an extent shows, and where it has too few values what the whole table shows.
func (j *job) limitOf(e, whole extent) Limit {
	const grades, rare = 10, 0.02 // the largest grade; the share of the values that reach it, else they may go on
	found := Limit{Mode: e.mode, Index: e.index, Min: math.Inf(-1), Max: math.Inf(1)}
	few, known := e.count < enough, whole.count >= enough
	found.Whole = !few && e.whole || few && known && whole.whole
	amounts := few && whole.count+j.Censored.Len() >= enough && j.amounts(whole)
	mayLow := !j.given(found, func(m Limit) bool { return !math.IsInf(m.Min, -1) })
	mayHigh := !j.given(found, func(m Limit) bool { return !math.IsInf(m.Max, 1) })
	below, above := e.leastAbove <= 0, e.censored && e.greatestBeneath >= e.high
	if (amounts || !few && e.low >= 0) && !below && mayLow {
		found.Min = 0
	}
	switch {
	case few && known && whole.high <= 0 && whole.low < 0 && !whole.censored && mayHigh:
		found.Max = 0
	case few || below || above:
	case e.low >= 0 && (e.high == 1 || e.high == 100) && e.highest >= again && mayHigh:
		found.Max = e.high
	case e.whole && e.low == 1 && e.high > 2 && e.high <= grades && e.highest >= again && float64(e.highest) >= rare*float64(e.count) &&
		!e.censored:
		if mayLow {
			found.Min = 1
		}
		if mayHigh {
			found.Max = e.high
		}
	case e.low >= 0 && e.whole && e.wholeEnd() && mayHigh:
		found.Max = e.high
	case e.low >= 0 && mayHigh && e.shareOf() > 0:
		found.Max = e.shareOf()
	case e.high <= 0 && e.low < 0 && !e.censored && mayHigh:
		found.Max = 0
	}
	return found
}

// part is a tenth of the numbers from 0 to the greatest value.
func (e *extent) part() float64 { return math.Ceil((e.high + 1) / 10) }

// wholeEnd reports whether whole numbers end at the greatest value.
func (e *extent) wholeEnd() bool {
	const least = 3
	return e.high >= least && e.highest >= again && ends(e.last[0], e.last[1], e.last[2])
}

// shareOf is 1 or 100 where values are shares of it, though none need be: they come close to it and to 0, in such numbers that
// they would pass it if they could. 0: they are not.
func (e *extent) shareOf() float64 {
	const low, high = 0.05, 0.98
	for k, one := range [2]float64{1, 100} {
		if e.high <= one && e.high >= high*one && e.low <= low*one && ends(e.shares[k][0], e.shares[k][1], e.shares[k][2]) {
			return one
		}
	}
	return 0
}

// ends reports whether a range ends that has so many values in its last part, the one before and the one before that: would
// their logarithm go on as it bends there, or on a line where it bends upward, ten would lie in the next part, and none does.
// The last part counts a standard error less than it has.
func ends(last, second, third int) bool {
	const expected = 10
	if last == 0 || second == 0 || third == 0 {
		return false
	}
	surely := float64(last) - math.Sqrt(float64(last))
	ratio := surely / float64(second)
	bend := math.Min(1, ratio*float64(third)/float64(second))
	return surely*ratio*bend >= expected
}

// beyond is the limit of a label without what other limits say of it already.
func (m Limit) beyond(all limits) Limit {
	for _, other := range all {
		if other.Mode >= 0 && (other.Mode != m.Mode || other.Index != m.Index) {
			continue
		}
		if other.Min >= m.Min {
			m.Min = math.Inf(-1)
		}
		if other.Max <= m.Max {
			m.Max = math.Inf(1)
		}
		m.Whole = m.Whole && !other.Whole
	}
	return m
}

// named reports whether labels are names rather than numbers.
func named(labels []string) bool {
	for _, label := range labels {
		if _, err := strconv.ParseFloat(label, 64); err == nil {
			return false
		}
	}
	return true
}

// amounts reports whether no value of the table is below 0 and every censored cell may have one above: limits of detection
// are those of amounts.
func (j *job) amounts(whole extent) bool {
	if whole.low < 0 {
		return false
	}
	for k := range j.Censored.Len() {
		low, high := j.Censored.Low[k], j.Censored.High[k]
		if high <= 0 || !math.IsInf(low, -1) && math.Nextafter(low, math.Inf(1)) < 0 {
			return false
		}
	}
	return true
}

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
