package dataio

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// end is one end of the values of a group: the extreme one, how often it stands, and the one next to it.
type end struct {
	value, next float64
	count       int
}

func (e *end) add(v, sign float64) {
	switch d := sign * (v - e.value); {
	case d == 0:
		e.count++
	case d > 0:
		e.value, e.next, e.count = v, e.value, 1
	case sign*(v-e.next) > 0:
		e.next = v
	}
}

// ends are both ends of a group of values.
type ends struct{ low, high end }

func newEnds() ends {
	inf := math.Inf(1)
	return ends{low: end{value: inf, next: inf}, high: end{value: -inf, next: -inf}}
}

// mostGroups is the largest number of labels of a mode whose values are looked at label by label.
const mostGroups = 64

// sentinels doubts values that stand far from all others and repeat: they may mark gaps. Values are looked at together
// and label by label, since what is far from the temperatures may lie among the pressures.
func (t *Table) sentinels() []Error {
	var found []float64
	var doubts []Error
	all := t.survey.ends
	for k, n := range t.survey.modes {
		for range 3 { // a column may have several marks, one beyond the other
			group, e, mark := t.farEnd(n, all[k], found)
			if group < 0 {
				break
			}
			found = append(found, mark)
			doubts = append(doubts, t.sentinel(n, group, mark, e))
			all = t.newEnds(t.survey.modes)
			for index, values := range t.cells.each() {
				t.addEnds(all, t.survey.modes, found, index, values)
			}
		}
	}
	return doubts
}

// newEnds are the ends of no values, by label of some modes.
func (t *Table) newEnds(modes []int) [][]ends {
	all := make([][]ends, len(modes))
	for k, n := range modes {
		size := 1
		if n >= 0 {
			size = len(t.modes[n].Labels)
		}
		all[k] = make([]ends, size)
		for g := range all[k] {
			all[k][g] = newEnds()
		}
	}
	return all
}

// addEnds takes up values by label of some modes, as one for a mode of −1, without those that were found to be marks.
func (t *Table) addEnds(all [][]ends, modes []int, found []float64, index [][]int32, values []float64) {
	for k, n := range modes {
		if n < 0 {
			for _, v := range values {
				all[k][0].add(v, found)
			}
			continue
		}
		for c, v := range values {
			all[k][index[n][c]].add(v, found)
		}
	}
}

func (e *ends) add(v float64, found []float64) {
	if e.low.next < v && v < e.high.next {
		return
	}
	e.addFar(v, found)
}

func (e *ends) addFar(v float64, found []float64) {
	if !slices.Contains(found, v) {
		e.low.add(v, -1)
		e.high.add(v, 1)
	}
}

// farEnd finds a group of mode n, −1 for all values as one, with a mark of gaps at one of its ends.
func (t *Table) farEnd(n int, all []ends, found []float64) (group int, others [2]float64, mark float64) {
	strict := n >= 0 && n != len(t.modes)-1
	for g, e := range all {
		if mayMark(e.low, e.high.value, strict) && t.hasRange(n, g, e.low.value, found) {
			return g, [2]float64{e.low.next, e.high.value}, e.low.value
		}
		if mayMark(e.high, e.low.value, strict) && t.hasRange(n, g, e.high.value, found) {
			return g, [2]float64{e.low.value, e.high.next}, e.high.value
		}
	}
	return -1, others, 0
}

// mayMark tells whether the value at one end of a group is a mark of gaps; other is the value at the other end. Numbers
// that are known for it, -9999 or 32767, need less of a distance, and those alone count where strict is set.
func mayMark(e end, other float64, strict bool) bool {
	distance, spread := math.Abs(e.value-e.next), math.Abs(e.next-other)
	if math.IsInf(distance, 0) || spread == 0 || distance == 0 {
		return false
	}
	alone := math.Signbit(e.value) != math.Signbit(e.next) && math.Signbit(e.value) != math.Signbit(other)
	const nine = -9 // the only negative number
	switch usual := isUsualMark(e.value) || e.value == nine && alone; {
	case math.Abs(e.value) >= 1e15 && distance > 1000*spread:
		return true
	case usual && e.count >= 2:
		return distance >= 0.5*spread || alone && distance >= 0.1*spread
	case usual:
		return distance >= 5*spread
	case strict:
		return false
	case e.value == 0:
		// All others are large: they begin far from zero, seen from where they end.
		return e.count >= 3 && (distance >= 0.5*spread || distance >= 0.02*spread && distance >= 10000)
	}
	return e.count >= 3 && distance >= 3*spread
}

// isUsualMark tells whether a number is known to mark gaps: nines, the ends of the ranges of integers, powers of ten.
func isUsualMark(v float64) bool {
	size := math.Abs(v)
	switch size {
	case 32767, 32768, 65535, 2147483647, 2147483648, 888, 8888, 7777, 1e20, 1e30, 1e31, 1e33, 1e34, 1e35, 1e36, 1e37:
		return true
	}
	text := strconv.FormatFloat(size, 'f', -1, 64)
	whole, part, _ := strings.Cut(text, ".")
	if size < 90 || strings.Trim(whole, "9") != "" {
		return false
	}
	return strings.Trim(part, "9") == "" || part == "5" || part == "25"
}

// hasRange tells that the values of a group without the mark are many enough to be far from.
func (t *Table) hasRange(n, group int, mark float64, found []float64) bool {
	const fewest = 6
	var distinct []float64
	for index, values := range t.cells.each() {
		for c, v := range values {
			if v != mark && (n < 0 || int(index[n][c]) == group) && !slices.Contains(found, v) && !slices.Contains(distinct, v) {
				if distinct = append(distinct, v); len(distinct) == fewest {
					return true
				}
			}
		}
	}
	return false
}

// sentinel says what was found.
func (t *Table) sentinel(n, group int, mark float64, others [2]float64) Error {
	count := 0
	for v := range t.values() {
		if v == mark {
			count++
		}
	}
	text, where := strconv.FormatFloat(mark, 'g', -1, 64), "all others"
	if math.Abs(mark) < 1e15 {
		text = strconv.FormatFloat(mark, 'f', -1, 64)
	}
	if n >= 0 {
		where = fmt.Sprintf("the others of %q", shorten(t.modes[n].Labels[group]))
	}
	side := "below"
	if mark > others[1] {
		side = "above"
	}
	remedy := "--missing " + text
	if mark == 0 {
		remedy = "--zeros-are-gaps"
	}
	column := ""
	if len(t.Reading.Value) == 1 {
		column = t.Reading.Value[0]
	}
	return Error{
		Path: t.Path, Column: column, Value: text,
		Problem: fmt.Sprintf("stands %s, far %s %s (%s to %s)", times(count), side, where,
			strconv.FormatFloat(others[0], 'g', 6, 64), strconv.FormatFloat(others[1], 'g', 6, 64)),
		Remedy: "if it marks a gap, " + remedy,
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}
