package dataio

import (
	"slices"
	"strings"
)

// proposal is how a table would be read with sense: the flags to ask for it.
type proposal struct {
	index, value []string
	lastIsValue  bool // the only value column is the last one, so that its name is not needed
	series       bool // one index and one value: that is no table
	apart        bool // the index columns tell the rows apart
	exact        bool // a value column has decimals or gaps, as no label has
	sure         bool // nothing else makes sense
	all          bool // every other column of numbers is a value
}

// mostModes is how many columns are tried to tell the rows apart.
const mostModes = 8

// propose looks for the columns that tell the rows apart and those that hold measurements. It is nil where there is no
// sense to be made of the table.
func (s *sample) propose() *proposal {
	labels, numeric := s.sides()
	if len(numeric) == 0 {
		return nil
	}
	measured, index := numeric, slices.Clone(labels)
	isValue := func(k int) bool { return !s.isOdd(k) }
	for slices.ContainsFunc(measured[1:], isValue) && !(len(index) > 0 && s.areUnique(index)) {
		if len(index) == mostModes || !s.mayIndex(measured[0]) {
			return nil
		}
		index = append(index, measured[0])
		measured = measured[1:]
	}
	// Words behind the first measurement tell something of it, if the rows are told apart without them.
	for at := len(index) - 1; at > 0; at-- {
		without := slices.Delete(slices.Clone(index), at, at+1)
		if index[at] > measured[0] && s.areUnique(without) {
			index = without
		}
	}
	// So do names of single rows, beside the times at which they were taken.
	for at := len(index) - 1; at >= 0; at-- {
		without := slices.Delete(slices.Clone(index), at, at+1)
		isTime := func(k int) bool { return timeWords.MatchString(s.names[k]) }
		if !isTime(index[at]) && s.areUnique(index[at:at+1]) && slices.ContainsFunc(without, isTime) && s.areUnique(without) {
			index = without
		}
	}
	if index = s.first(s.key(index)); len(index) == 0 {
		return nil
	}
	values := s.choose(measured, index)
	p := &proposal{
		lastIsValue: len(values) == 1 && values[0] == len(s.names)-1,
		series:      len(index) == 1 && len(values) == 1,
	}
	for _, k := range index {
		p.index = append(p.index, s.nameOf(k))
	}
	p.apart = s.areUnique(index)
	for _, k := range values {
		p.exact = p.exact || 2*s.of(k).decimals >= s.of(k).numbers || s.hasGaps(k)
		p.value = append(p.value, s.names[k])
	}
	p.sure = s.isSure(p, index, values)
	p.all = true
	for k := range s.names {
		rest := s.isNumeric(k) || s.of(k).filled == 0
		p.all = p.all && (!rest || slices.Contains(index, k) || slices.Contains(values, k))
	}
	return p
}

// sides parts the columns that may be labels from those of numbers.
func (s *sample) sides() (labels, numeric []int) {
	var keys []int
	for k := range s.names {
		switch f := s.of(k); {
		case f.filled == 0 || isAdded(s.names[k]) || s.nameOf(k) == "" || s.isTwin(k):
		case s.isNumeric(k) && timeWords.MatchString(s.names[k]) && !s.hasGaps(k):
			labels = append(labels, k)
		case s.isNumeric(k) && s.isKey(k):
			keys = append(keys, k)
		case s.isNumeric(k):
			numeric = append(numeric, k)
		case !s.hasGaps(k):
			labels = append(labels, k)
		}
	}
	// What numbers the rows tells them apart where nothing else does, if it stands before the numbers.
	if len(keys) > 0 && len(numeric) > 0 && keys[0] < numeric[0] && !(len(labels) > 0 && s.areUnique(labels)) {
		all := slices.Clone(labels)
		for _, k := range numeric[:len(numeric)-1] {
			if s.mayIndex(k) {
				all = append(all, k)
			}
		}
		if len(all) == 0 || !s.areUnique(all) {
			labels = append(labels, keys[0])
		}
	}
	return labels, numeric
}

// nameOf is the name under which the options know a column: row for the first one, where it has none.
func (s *sample) nameOf(column int) string {
	if column == 0 && s.names[0] == "" && !slices.Contains(s.names, "row") {
		return "row"
	}
	return s.names[column]
}

// mayIndex tells that a column of numbers may hold labels: it has no gap, and its numbers repeat.
func (s *sample) mayIndex(k int) bool { return !s.hasGaps(k) && 2*len(s.of(k).distinct) <= len(s.rows) }

// first puts in place of an index column the first of the columns that say the same, and sorts them.
func (s *sample) first(index []int) []int {
	for at, k := range index {
		for other := range k {
			timed := timeWords.MatchString(s.names[k]) && !timeWords.MatchString(s.names[other])
			same := s.names[other] != "" && !timed && (s.isKey(k) || !s.isKey(other)) && !slices.Contains(index, other) && s.of(other).decimals == 0 && !s.hasGaps(other)
			if same && len(s.of(k).distinct) == len(s.of(other).distinct) && s.follows(k, other) && s.follows(other, k) {
				index[at] = other
				break
			}
		}
	}
	slices.Sort(index)
	return index
}

// isOdd tells that a column of numbers is no measurement: a time, a flag, the same number everywhere.
func (s *sample) isOdd(k int) bool {
	return s.isStamp(k) || s.isFlag(k) || s.isConstant(k) || s.isClimbing(k)
}

// choose picks the measurements among the columns of numbers; the last one, if none looks like a measurement.
func (s *sample) choose(measured, index []int) (values []int) {
	for _, k := range measured {
		if !s.isOdd(k) && !s.followsOne(k, index) && !(placeWords.MatchString(s.names[k]) && !s.hasGaps(k)) {
			values = append(values, k)
		}
	}
	if len(values) == 0 {
		return measured[len(measured)-1:]
	}
	for at, k := range values {
		if others := slices.Delete(slices.Clone(values), at, at+1); s.isTotal(k, others) {
			return others
		}
	}
	return values
}

// followsOne tells that a column follows from one of several index columns whose labels repeat often.
func (s *sample) followsOne(column int, index []int) bool {
	const often = 4
	for _, k := range index {
		if len(index) > 1 && len(s.rows) >= often*len(s.of(k).distinct) && (s.follows(column, k) || s.repeats(column, k)) {
			return true
		}
	}
	return false
}

// mostNamed is how many names a message lists.
const mostNamed = 30

// flags spells the proposal as it is typed.
func (p *proposal) flags() string {
	if p.series {
		return "--stack NAME --index " + quoteFlag(p.index) + " --value " + quoteFlag(p.value)
	}
	text := "--index " + quoteFlag(p.index)
	if p.all && len(p.value) > mostNamed {
		return text + " --wide"
	}
	if !p.lastIsValue {
		text += " --value " + quoteFlag(p.value)
	}
	return text
}

// quoteFlag spells a list of names for a flag of a shell. Names in a row that begin alike are not joined: what is typed
// is what is read.
func quoteFlag(names []string) string {
	var fields []string
	for _, name := range names {
		if strings.ContainsAny(name, ",\"") {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		fields = append(fields, name)
	}
	text := strings.Join(fields, ",")
	if strings.ContainsAny(text, " \t'\"\\$&|;<>()*?[]#~!`{}") {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}
