package dataio

import (
	"strings"
)

// proposal is how a table would be read with sense: the flags to ask for it.
type proposal struct {
	index, value []string
	lastIsValue  bool // the only value column is the last one, so that its name is not needed
}

// mostModes is how many columns are tried to tell the rows apart.
const mostModes = 8

// propose looks for the columns that tell the rows apart and those that hold measurements. It is nil where there is no
// sense to be made of the table.
func (s *sample) propose() *proposal {
	var labels, numeric []int
	for k := range s.names {
		switch f := s.of(k); {
		case f.filled == 0 || isAdded(s.names[k]) || s.names[k] == "":
		case s.isNumeric(k) && timeWords.MatchString(s.names[k]) && !s.hasGaps(k):
			labels = append(labels, k)
		case s.isNumeric(k):
			if !s.isKey(k) {
				numeric = append(numeric, k)
			}
		case !s.hasGaps(k):
			labels = append(labels, k)
		}
	}
	if len(numeric) == 0 {
		return nil
	}
	measured := numeric
	index := labels
	for len(measured) > 1 && !(len(index) > 0 && s.areUnique(index)) {
		if len(index) == mostModes {
			return nil
		}
		index = append(index, measured[0])
		measured = measured[1:]
	}
	// Words behind the first measurement tell something of it, if the rows are told apart without them.
	for at := len(index) - 1; at > 0; at-- {
		without := append(append([]int{}, index[:at]...), index[at+1:]...)
		if index[at] > measured[0] && s.areUnique(without) {
			index = without
		}
	}
	index = s.key(index)
	if len(index) == 0 {
		return nil
	}
	var values []int
	for _, k := range measured {
		if !s.isStamp(k) && !s.isFlag(k) && !s.isConstant(k) && !s.followsOne(k, index) {
			values = append(values, k)
		}
	}
	if len(values) == 0 {
		values = measured[len(measured)-1:]
	}
	if len(index) == 1 && len(values) == 1 {
		return nil
	}
	p := &proposal{lastIsValue: len(values) == 1 && values[0] == len(s.names)-1}
	for _, k := range index {
		p.index = append(p.index, s.names[k])
	}
	for _, k := range values {
		p.value = append(p.value, s.names[k])
	}
	return p
}

// followsOne tells that a column follows from one of several index columns whose labels repeat often.
func (s *sample) followsOne(column int, index []int) bool {
	const often = 4
	for _, k := range index {
		if len(index) > 1 && len(s.rows) >= often*len(s.of(k).distinct) && s.follows(column, k) {
			return true
		}
	}
	return false
}

// flags spells the proposal as it is typed.
func (p *proposal) flags() string {
	text := "--index " + quoteFlag(p.index)
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
