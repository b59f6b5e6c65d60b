package dataio

import (
	"fmt"
	"slices"
	"strings"
)

// fewestRows is how many rows a proposal rests on.
const fewestRows = 8

// mostIndices is how many columns are read as indices that were not named: every one takes memory for every row.
const mostIndices = 32

const manyIndices = "columns would be indices of a single value"

// readAs reads a table in the roles that the options give its columns. Where that cannot be, and one other way alone
// makes sense, it is read that way, which is said; where the other way is likely but not sure, the error names it.
func (c *columns) readAs(
	path string, line int, known *sample, o Options, read func(o Options) (*Table, error),
) (*Table, error) {
	try := func(o Options, proposed bool) (table *Table, err error) {
		if *c, err = rolesOf(path, line, known, o); err != nil {
			return nil, err
		}
		c.proposed = proposed
		if c.value >= 0 && len(c.index) > mostIndices && !c.asked.index {
			return nil, &Error{
				Path: path, Line: line, Problem: fmt.Sprintf("%d %s", len(c.index), manyIndices),
				Remedy: "if the columns of numbers are values, --wide; if not, name the indices with --index",
			}
		}
		if err := c.gapLabel(path); err != nil && !proposed && c.instead(err).isSure() {
			return nil, err
		}
		return read(o)
	}
	table, err := try(o, false)
	p := c.instead(err)
	if p == nil {
		return table, err
	}
	mended := p.mend(err)
	if p.isSure() && !o.Wide {
		o.Index, o.Columns, o.Value = p.index, p.value, ""
		if table, err := try(o, true); err == nil {
			note := "read as " + p.describe() + ", since otherwise " + mended.reason()
			table.Reading.Notes = append(table.Reading.Notes, note)
			return table, nil
		}
	}
	return nil, mended
}

// instead is how a table would be read with sense that cannot be read as it was tried; nil where nothing is known, or
// where the options name the columns.
func (c *columns) instead(err error) *proposal {
	e, ours := err.(*Error)
	if !ours || c.asked.index && c.asked.value || len(c.sample.rows) < fewestRows {
		return nil
	}
	// A column that is not what it was taken for is named, or its only label; damage to a row is another matter.
	if e.Column == "" && !strings.HasPrefix(e.Problem, "mode ") && !strings.HasPrefix(e.Problem, "two columns ") &&
		!strings.HasSuffix(e.Problem, manyIndices) {
		return nil
	}
	p := c.sample.propose()
	if p == nil || p.reads(*c) || p.series && (!p.apart || strings.HasPrefix(e.Problem, "two columns ")) {
		return nil
	}
	// Where a mode of one label is all that is wrong, its owner says whether to leave it out.
	single := e.Column == "" && slices.Equal(p.value, c.valueNames())
	if p.sure = p.sure && !c.asked.index && !c.asked.value && !single; e.Problem == noValues && !p.sure {
		return nil
	}
	return p
}

// isSure tells that there is a proposal, and that nothing else makes sense.
func (p *proposal) isSure() bool { return p != nil && p.sure }

// mend makes the proposal the remedy of an error.
func (p *proposal) mend(err error) *Error {
	e := *err.(*Error)
	own, _, _ := strings.Cut(e.Remedy, fillDownHint)
	if e.Remedy = "read " + p.describe() + ": " + p.flags(); !p.series && !strings.Contains(own, "--index") {
		e.Remedy += "; or " + own
	}
	return &e
}

// reason is an error without its file and its remedy.
func (e *Error) reason() string {
	bare := Error{Column: e.Column, Value: e.Value, Problem: e.Problem}
	text := strings.TrimPrefix(bare.Error(), ": ")
	if e.Line > 0 {
		return fmt.Sprintf("line %d: %s", e.Line, text)
	}
	return text
}

// isSure tells that the columns of a proposal can be nothing else: the rows are told apart by words, dates and numbers
// that repeat, and every value column is of numbers with decimals or gaps, as no label and no attribute has them.
func (s *sample) isSure(p *proposal, index, values []int) bool {
	if p.series || !p.apart || !p.exact {
		return false
	}
	isLabel := func(k int) bool {
		f := s.of(k)
		return f.filled == len(s.rows) && (!s.isNumeric(k) || f.decimals == 0)
	}
	isValue := func(k int) bool {
		f := s.of(k)
		return f.numbers == f.filled && (2*f.decimals >= f.numbers || s.hasGaps(k))
	}
	return !slices.ContainsFunc(index, func(k int) bool { return !isLabel(k) }) &&
		!slices.ContainsFunc(values, func(k int) bool { return !isValue(k) })
}
