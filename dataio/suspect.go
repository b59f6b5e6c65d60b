package dataio

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// doubts are what looks as if the table was misread.
func (b *builder) doubts(t *Table) []Error {
	var doubts []Error
	if b.columns != nil {
		doubts = b.columns.doubts(b, t)
		if len(doubts) == 0 && !b.options.Further { // whose modes the fit settles
			doubts = b.followers(t)
		}
		if len(doubts) == 0 && !b.options.Further {
			doubts = b.columns.doubtAlone(b)
		}
		if len(doubts) == 0 {
			if gap := b.columns.gapLabel(b.path); gap != nil {
				doubts = append(doubts, *gap)
			}
		}
		doubts = append(append(doubts, b.likeLabels()...), b.totals(t)...)
		if len(doubts) == 0 {
			doubts = b.oddLabels(t)
		}
	}
	column := ""
	if b.columns != nil {
		column = strings.Join(b.columns.valueNames(), ", ")
	}
	doubts = append(doubts, b.conflicts...)
	doubts = append(doubts, t.sentinels()...)
	return append(doubts, t.numbers.doubts(b.path, column)...)
}

// doubts tells of columns that do not look like what they were taken for, unless they were named.
func (c *columns) doubts(b *builder, t *Table) []Error {
	s := c.sample
	if s == nil || len(s.rows) < fewestRows && c.gapLabel(b.path) == nil {
		return nil
	}
	fail := func(problem, remedy string) []Error {
		return []Error{{Path: b.path, Problem: problem, Remedy: remedy}}
	}
	if c.value < 0 {
		return append(c.doubtDecimals(fail), c.doubtWide(fail)...)
	}
	p := s.propose()
	if c.asked.index {
		if c.asked.value {
			return nil
		}
		return c.doubtRest(fail)
	}
	if p == nil || p.series || p.reads(*c) {
		return nil
	}
	named, flags := strconv.Quote(c.names[c.value]), p.flags()
	if !c.asked.value {
		switch {
		case s.isStamp(c.value):
			return fail("the values of the last column, "+named+", look like times", "read "+p.describe()+": "+flags)
		case s.isKey(c.value):
			return fail("the values of the last column, "+named+", number the rows", "read "+p.describe()+": "+flags)
		case s.isFlag(c.value) && p.exact && p.apart && !slices.Contains(p.value, c.names[c.value]):
			return fail("the values of the last column, "+named+", look like flags", "read "+p.describe()+": "+flags)
		}
	}
	var measured []string
	sure := false
	for _, k := range c.index {
		if slices.Contains(p.value, c.names[k]) || s.isClimbing(k) && !slices.Contains(p.index, c.names[k]) {
			measured = append(measured, strconv.Quote(c.names[k]))
			f := s.of(k)
			sure = sure || 2*f.decimals >= f.numbers || s.hasGaps(k)
		}
	}
	if len(measured) == 0 || !p.apart || !sure && !c.isGrid(p, b, t) {
		return nil
	}
	remedy := "read " + p.describe() + ": " + flags
	if c.asked.value {
		remedy = "name the indices: --index " + quoteFlag(p.index)
	}
	what := "looks like measurements, not like labels, since the rows are told apart without it"
	if len(measured) > 1 {
		what = "look like measurements, not like labels, since the rows are told apart without them"
	}
	return fail(fmt.Sprintf("%s %s, by %s", strings.Join(measured, ", "), what, quoted(p.index)), remedy)
}

// doubtAlone tells of an index column that has another label in every row, so that no two cells share one, where the
// indices were not named.
func (c *columns) doubtAlone(b *builder) []Error {
	s := c.sample
	if s == nil || len(s.rows) < fewestRows || c.value < 0 || c.asked.index || len(c.index) < 2 || b.options.stacked {
		return nil
	}
	alone := slices.IndexFunc(c.index, func(k int) bool { return s.of(k).filled == len(s.rows) && s.areUnique([]int{k}) })
	if alone < 0 {
		return nil
	}
	name := c.names[c.index[alone]]
	remedy := "leave it out with --index, or, if the columns behind it are measurements, --wide"
	if p := s.propose(); p != nil && !p.series && p.apart && !p.reads(*c) &&
		(slices.Contains(p.index, name) || slices.Equal(p.value, c.valueNames())) {
		remedy = "read " + p.describe() + ": " + p.flags()
	}
	return []Error{{
		Path: b.path, Column: name, Problem: "every row has a label of its own, so that no two cells share one", Remedy: remedy,
	}}
}

// oddLabels tells of an index column of dates in which a few labels are none, such as a line Max below the table: they cost
// the mode its order.
func (b *builder) oddLabels(t *Table) (doubts []Error) {
	for n, a := range t.Axes {
		if !a.almost || n >= len(b.columns.index) {
			continue
		}
		doubts = append(doubts, Error{
			Path: b.path, Column: b.names[n], Problem: a.Doubt,
			Remedy: "leave out of the file what is no row of the table, or mend the label; if these are names, --order " +
				quoteFlag([]string{b.names[n]}) + "=none",
		})
	}
	return doubts
}

// gapLabel tells of an index column of numbers in which a gap would be a label, where it was not named.
func (c *columns) gapLabel(path string) *Error {
	if c.sample == nil || c.asked.index {
		return nil
	}
	for _, k := range c.index {
		if c.sample.isNumeric(k) && c.sample.hasGaps(k) {
			return &Error{
				Path: path, Column: c.names[k],
				Problem: "it holds numbers and gaps, so that these are measurements rather than labels",
				Remedy:  "--wide, or name the columns with --index and --value",
			}
		}
	}
	return nil
}

// quoted lists names, the first and the last of very many.
func quoted(names []string) string {
	var texts []string
	for k, name := range names {
		switch {
		case len(names) <= mostNamed || k < 3 || k == len(names)-1:
			texts = append(texts, strconv.Quote(shorten(name)))
		case k == 3:
			texts = append(texts, fmt.Sprintf("… (%d in all)", len(names)))
		}
	}
	return strings.Join(texts, ", ")
}

// doubtRest tells of several columns that might be the value where only indices are named.
func (c *columns) doubtRest(fail func(problem, remedy string) []Error) []Error {
	var numeric []string
	for k, name := range c.names {
		rest := !slices.Contains(c.index, k) && c.sample.isNumeric(k) && !isAdded(name)
		if rest && !c.sample.isOdd(k) && !c.sample.followsOne(k, c.index) {
			numeric = append(numeric, name)
		}
	}
	if len(numeric) < 2 && slices.Contains(numeric, c.names[c.value]) || len(numeric) == 0 {
		return nil
	}
	return fail(fmt.Sprintf("%s hold numbers and are no indices; %q alone would be filled", quoted(numeric),
		c.names[c.value]), "say which are the values: --value "+quoteFlag(numeric))
}

// doubtWide tells of value columns that were not named and look like something else.
func (c *columns) doubtWide(fail func(problem, remedy string) []Error) []Error {
	if c.asked.value {
		return nil
	}
	var odd, others []string
	for _, k := range c.wide {
		switch f := c.sample.of(k); {
		case c.sample.isStamp(k) || c.sample.isKey(k) || len(f.distinct) > 1 && c.sample.followsOne(k, c.index):
			odd = append(odd, c.names[k])
		default:
			others = append(others, c.names[k])
		}
	}
	if len(odd) == 0 || len(others) == 0 {
		return nil
	}
	return fail(quoted(odd)+" look like no measurements: each follows from an index, is a time, or numbers the rows",
		"leave them out: --value "+quoteFlag(others))
}

// doubtDecimals tells of a column of numbers with decimals that was found to tell the rows apart, where words stand before it
// that do not: of the latitude of places, some of which have no name of their own.
func (c *columns) doubtDecimals(fail func(problem, remedy string) []Error) []Error {
	if c.asked.index {
		return nil
	}
	for _, k := range c.index {
		f := c.sample.of(k)
		if !c.sample.isNumeric(k) || 2*f.decimals < f.numbers {
			continue
		}
		for j := range k {
			words := c.sample.of(j).filled > 0 && !c.sample.isNumeric(j) && !slices.Contains(c.index, j) && !slices.Contains(c.wide, j)
			if words && c.names[j] != "" {
				return fail(fmt.Sprintf("the rows are told apart by %q, numbers with decimals, and not by %q", c.names[k], c.names[j]),
					"name the columns of labels with --index, and give each row one, or go on with --index "+quoteFlag(c.names[k:k+1]))
			}
		}
	}
	return nil
}

// isGrid tells that the rows fill much of the grid of the proposed indices, each cell once at most.
func (c *columns) isGrid(p *proposal, b *builder, t *Table) bool {
	const fewest, thinnest = 24, 4
	known, gaps := t.cells.count()
	rows, cells := known+gaps, 1
	var modes []int
	for n, k := range c.index {
		if slices.Contains(p.index, c.names[k]) {
			modes = append(modes, n)
			if cells *= len(b.labels[n]); cells > thinnest*rows {
				return false
			}
		}
	}
	if rows < fewest || rows > cells {
		return false
	}
	seen := make([]bool, cells)
	for part := range t.eachListed() {
		for c := range part[0] {
			at := 0
			for _, n := range modes {
				at = at*len(b.labels[n]) + int(part[n][c])
			}
			if seen[at] {
				return false
			}
			seen[at] = true
		}
	}
	return true
}

// followers doubts index columns that follow from another one.
func (b *builder) followers(t *Table) []Error {
	c := b.columns
	if c.asked.index && !b.options.FullGrid || len(c.index) < 2 {
		return nil
	}
	var kept []int
	var follower, leader string
	for n := range c.index {
		follows := false
		for m := range c.index {
			// Of two that follow from each other the first one stays, and both where they say together what is near what.
			if m != n && len(b.labels[n]) > 1 && !b.arePlace(n, m) && b.follows(t, n, m) && (m < n || !b.follows(t, m, n)) {
				follows, follower, leader = true, b.names[n], b.names[m]
				break
			}
		}
		if !follows {
			kept = append(kept, n)
		}
	}
	if len(kept) == len(c.index) || len(kept) < 2 && c.value >= 0 || len(kept) == 0 {
		return nil
	}
	var value string
	if c.value >= 0 && c.value != len(c.names)-1 || c.asked.value && c.value >= 0 {
		value = " --value " + quoteFlag([]string{c.names[c.value]})
	} else if c.value < 0 && c.asked.value {
		value = " --value " + quoteFlag(c.valueNames())
	}
	flags := func(index []int) string {
		var names []string
		for _, n := range index {
			names = append(names, b.names[n])
		}
		return "--index " + quoteFlag(names) + value
	}
	remedy := "leave it out: " + flags(kept)
	if places := b.placesFor(t, kept); places != nil {
		remedy += "; or let near places tell of each other: " + flags(places)
	}
	return []Error{{
		Path: b.path, Problem: fmt.Sprintf("column %q follows from %q: all rows of one %s have the same %s", follower, leader,
			leader, follower),
		Remedy: remedy,
	}}
}

// arePlace tells that two index columns are the two coordinates of places.
func (b *builder) arePlace(n, m int) bool {
	return !b.options.FullGrid && placeWords.MatchString(b.names[n]) && placeWords.MatchString(b.names[m]) &&
		!heightWords.MatchString(b.names[n]) && !heightWords.MatchString(b.names[m])
}

// placesFor are index columns with two coordinates of places in place of the one that they follow from; nil: there are none.
func (b *builder) placesFor(t *Table, index []int) []int {
	for at, m := range index {
		var places []int
		for n := range b.names[:len(b.columns.index)] {
			if n != m && (len(places) == 0 || b.arePlace(n, places[0])) && b.arePlace(n, n) && b.follows(t, n, m) {
				places = append(places, n)
			}
		}
		if len(places) == 2 && !b.arePlace(m, m) {
			return slices.Concat(index[:at], places, index[at+1:])
		}
	}
	return nil
}

// follows tells that all rows with one label of mode m have one label of mode n, and that enough labels of m occur more
// than once to show it.
func (b *builder) follows(t *Table, n, m int) bool {
	first := make([]int32, len(b.labels[m]))
	for i := range first {
		first[i] = -1
	}
	rows, seen := 0, 0
	for part := range t.eachListed() {
		for c, i := range part[m] {
			rows++
			if first[i] < 0 {
				first[i] = part[n][c]
				seen++
			} else if first[i] != part[n][c] {
				return false
			}
		}
	}
	repeats := rows - seen
	return repeats >= 6 && 2*repeats >= seen
}

// reads tells that a table is read as the proposal says.
func (p *proposal) reads(c columns) bool {
	names := func(columns []int) (names []string) {
		for _, k := range columns {
			names = append(names, c.names[k])
		}
		return names
	}
	return slices.Equal(p.value, c.valueNames()) && slices.Equal(p.index, names(c.index))
}

// describe says the proposal in words.
func (p *proposal) describe() string {
	if p.series {
		return "several such files as one table, since this one is a series"
	}
	return quoted(p.value) + " by " + quoted(p.index)
}
