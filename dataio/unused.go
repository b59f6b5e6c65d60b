package dataio

import (
	"bytes"
	"fmt"
)

// idle says that a flag does nothing, and why.
func idle(path, flag, why string) Error {
	return Error{Path: path, Problem: fmt.Sprintf("%s has no effect: %s", flag, why), Remedy: "leave it out"}
}

// The flag that merges labels, and why it does nothing: in a stack, other files decide as well.
const (
	mergeFlag = "--merge-labels"
	idleMerge = "no labels differ by zeros, case or spaces only"
)

// unused are the options for tables of any format that changed nothing.
func (b *builder) unused(t *Table) (all []Error) {
	add := func(given bool, flag, why string) {
		if given {
			all = append(all, idle(b.path, flag, why))
		}
	}
	for _, text := range t.numbers.absent() {
		flag := "--missing " + quoteFlag([]string{text})
		if text == "0" {
			flag += " (--zeros-are-gaps)"
		}
		add(true, flag, "no value is that")
	}
	o := &b.options
	add(o.MergeLabels && b.respelt == 0, mergeFlag, idleMerge)
	add(o.Censored && len(b.limits) == 0, "--censored", "no value is a limit, such as <0.5")
	add(o.FullGrid && t.unlisted == 0, "--full-grid", "the file lists every combination of labels")
	add(o.Duplicates != RefuseDuplicates && b.settled == 0, "--duplicates", "no cell is listed with different values")
	return all
}

// unused are the options for text that changed nothing.
func (s *csvSource) unused(o Options) (all []Error) {
	add := func(given bool, flag, why string) {
		if given {
			all = append(all, idle(s.path, flag, why))
		}
	}
	add(o.Comment != "" && !s.hasComment([]byte(o.Comment)), "--comment "+quoteFlag([]string{o.Comment}), "no line begins so")
	add(o.Flags && s.numbers.flagged == 0, "--flags", "no number has a flag, a unit or a currency")
	add(o.FillDown && s.filledDown == 0, "--fill-down", "no label is empty below another one")
	if o.Decimal != "" {
		marks := ","
		if o.Decimal == "." {
			marks = ".,"
		}
		add(!s.hasMark(marks), "--decimal "+o.Decimal, "no value has such a mark")
	}
	return all
}

// hasComment tells that a line begins so.
func (s *csvSource) hasComment(mark []byte) bool {
	text := bytes.TrimPrefix(s.data, byteOrderMark)
	return bytes.HasPrefix(text, mark) || bytes.Contains(text, append([]byte("\n"), mark...))
}

// hasMark tells that one of these characters stands in a value.
func (s *csvSource) hasMark(marks string) bool {
	r := s.records()
	for r.scan() {
		if s.isNoRow(r) {
			continue
		}
		for _, column := range s.valueColumns() {
			if text := r.text(r.fields[column]); bytes.ContainsAny(text, marks) && !isUsualGap(text) {
				return true
			}
		}
	}
	return false
}
