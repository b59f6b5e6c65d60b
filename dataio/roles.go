package dataio

import (
	"fmt"
	"slices"
	"strings"
)

// columns says what the columns of a table are.
type columns struct {
	names     []string
	index     []int
	value     int    // −1 in a table of several value columns
	wide      []int  // the several value columns
	last      string // the name of their mode
	added     string // a column that lacuna has added before, or ""
	notes     []string
	asked     struct{ index, value bool } // named by the options
	proposed  bool                        // by lacuna, not by who calls
	sample    *sample                     // nil for none
	constants map[int]string              // what stands in all rows of a column that was to be an index
}

// checkAdded refuses a table that lacuna has filled before where its columns would be taken for data or written twice.
func (c columns) checkAdded(path string, line int, gaps bool) error {
	if c.added == "" {
		return nil
	}
	taken := gaps
	for _, k := range append(append([]int{max(c.value, 0)}, c.index...), c.wide...) {
		taken = taken || isAdded(c.names[k])
	}
	if !taken {
		return nil
	}
	return &Error{
		Path: path, Line: line, Problem: fmt.Sprintf("column %q shows that lacuna has filled this file already",
			shorten(c.added)),
		Remedy: "give the original file, or remove lacuna's columns",
	}
}

func isAdded(name string) bool {
	return strings.HasPrefix(name, "lacuna_") || strings.Contains(name, "_lacuna_")
}

// carried are the columns in no role.
func (c columns) carried() (names []string) {
	for k, name := range c.names {
		if name == "" {
			name = fmt.Sprintf("column %d", k+1)
		}
		if k != c.value && !slices.Contains(c.index, k) && !slices.Contains(c.wide, k) {
			names = append(names, name)
		}
	}
	return names
}

// valueNames are the names of the value columns.
func (c columns) valueNames() (names []string) {
	for _, k := range c.valueColumns() {
		names = append(names, c.names[k])
	}
	return names
}

func (c columns) valueColumns() []int {
	if c.value >= 0 {
		return []int{c.value}
	}
	return c.wide
}

// addedNames are the headers of the columns that filling adds.
func (c columns) addedNames(extra []string) []string {
	names := []string{"lacuna_filled"}
	for _, k := range c.valueColumns() {
		prefix := ""
		if c.value < 0 {
			prefix = c.names[k] + "_"
		}
		for _, name := range append([]string{"lacuna_stderr"}, extra...) {
			names = append(names, prefix+name)
		}
	}
	return names
}

// rolesOf finds the columns that the options name, each in one role; some rows of the table, or none, help to choose the
// others. line is that of the header, 0 for a format without lines.
func rolesOf(path string, line int, s *sample, o Options) (columns, error) {
	a := assigner{path: path, line: line, stacked: o.stacked, number: map[string]int{}, used: map[int]string{}}
	a.columns = columns{names: slices.Clone(s.names), value: -1, sample: s}
	a.asked.index, a.asked.value = len(o.Index) > 0, o.Value != "" || len(o.Columns) > 0
	err := a.assign(o)
	return a.columns, err
}

// assigner gives every column its role.
type assigner struct {
	columns
	path string
	line int

	stacked bool           // one index column is enough
	number  map[string]int // of the columns that have a name
	used    map[int]string // the roles given
}

func (a *assigner) fail(problem, remedy string) error {
	return &Error{Path: a.path, Line: a.line, Problem: problem, Remedy: remedy}
}

func (a *assigner) assign(o Options) (err error) {
	if err := a.readNames(o); err != nil {
		return err
	}
	if a.index, err = a.takeAll(o.Index, "index"); err != nil {
		return err
	}
	for _, k := range a.sample.rowNumbers {
		if _, taken := a.used[k]; !taken && a.names[k] != o.Value {
			a.used[k] = "the number of the row"
		}
	}
	values, err := a.named(o)
	switch {
	case err != nil:
		return err
	case o.Wide || len(values) > 1:
		err = a.several(values, o)
	default:
		err = a.one(values)
	}
	if err != nil {
		return err
	}
	for _, k := range a.index {
		if a.names[k] == "" {
			return a.fail(fmt.Sprintf("index column %d has no name", k+1), "give it one, or name the index columns with --index")
		}
	}
	if err := a.checkTwins(); err != nil {
		return err
	}
	return a.checkAdded(a.path, a.line, false)
}

// readNames numbers the names. A blank corner above the labels of a table with several value columns is called row.
func (a *assigner) readNames(o Options) error {
	empty := len(a.sample.rows) > 0 && a.sample.of(0).filled == 0
	if a.names[0] == "" && !slices.Contains(a.names, "row") && !empty &&
		(o.Wide || len(a.sample.rows) > 1 && !a.sample.of(0).sequence || slices.Contains(o.Index, "row")) {
		a.names[0] = "row"
		a.notes = append(a.notes, "the first column has no name: it is called row")
	}
	for k, name := range a.names {
		if a.added == "" && isAdded(name) {
			a.added = name
		}
		if _, twice := a.number[name]; !twice {
			a.number[name] = k
		}
		if a.sample.isCopy(k) {
			a.used[k] = "a copy"
			a.notes = append(a.notes, fmt.Sprintf("column %d repeats column %q: it is carried through", k+1, name))
		}
	}
	return nil
}

// checkTwins refuses a role for a column that has its name in common with another one.
func (a *assigner) checkTwins() error {
	for _, k := range slices.Concat(a.index, a.valueColumns()) {
		if name := a.names[k]; a.sample.isTwin(k) {
			return a.fail(fmt.Sprintf("two columns are called %q", shorten(name)), "give every column a name of its own; names that stand in "+
				"several lines belong in columns of a long table, one row a cell")
		}
	}
	return nil
}

func (a *assigner) take(name, use string) (int, error) {
	k, ok := a.number[name]
	if !ok {
		return 0, a.fail(fmt.Sprintf("there is no column %q", shorten(name)), "name one of "+list(a.names))
	}
	if before, twice := a.used[k]; twice {
		return 0, a.fail(fmt.Sprintf("column %q is named as %s and as %s", shorten(name), before, use),
			"name every column once")
	}
	a.used[k] = use
	return k, nil
}

func (a *assigner) takeAll(wanted []string, use string) (taken []int, err error) {
	for _, name := range wanted {
		k, err := a.take(name, use)
		if err != nil {
			return nil, err
		}
		taken = append(taken, k)
	}
	return taken, nil
}

// rest are the columns without a role.
func (a *assigner) rest() (others []int) {
	for k := range a.names {
		if _, taken := a.used[k]; !taken {
			others = append(others, k)
		}
	}
	return others
}

// named are the value columns that the options name: one whole name, or names and patterns separated by commas.
func (a *assigner) named(o Options) (taken []int, err error) {
	if o.Value == "" {
		return a.takeAll(o.Columns, "value")
	}
	if _, whole := a.number[o.Value]; whole {
		return a.takeAll([]string{o.Value}, "value")
	}
	for _, name := range splitNames(o.Value) {
		if _, exact := a.number[name]; exact || !strings.ContainsAny(name, "*?") {
			k, err := a.take(name, "value")
			if err != nil {
				return nil, err
			}
			taken = append(taken, k)
			continue
		}
		found := false
		for _, k := range a.rest() {
			if matches(name, a.names[k]) && !isAdded(a.names[k]) {
				found, a.used[k] = true, "value"
				taken = append(taken, k)
			}
		}
		if !found {
			return nil, a.fail(fmt.Sprintf("no column is called as %q says", shorten(name)), "name some of "+list(a.names))
		}
	}
	return taken, nil
}

// splitNames cuts a list at its commas, but not within double quotes.
func splitNames(text string) (names []string) {
	r := newRecords("", []byte(strings.ReplaceAll(text, "\n", " ")), separator{char: ','}, 0)
	if !r.scan() {
		return []string{text}
	}
	return r.texts()
}

// matches tells whether a pattern, in which * stands for any text and ? for one letter, describes a name.
func matches(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	star, from, i, j := -1, 0, 0, 0
	for j < len(n) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == n[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[i:]), "*") == ""
}

// one gives the roles of a long table: one value column.
func (a *assigner) one(values []int) error {
	others := a.rest()
	switch {
	case len(values) == 1:
		a.value = values[0]
	case len(others) == 0:
		return a.fail("every column is named as an index", "leave the value column out of --index")
	default:
		isKey := func(k int) bool { return slices.Contains(a.sample.keys, k) }
		if without := slices.DeleteFunc(slices.Clone(others), isKey); len(without) > 0 {
			others = without
		}
		a.value = a.lastValue(others)
		a.used[a.value] = "value"
	}
	if len(a.index) > 0 {
		return a.enough()
	}
	for _, k := range a.rest() {
		if a.names[k] == "" && len(a.sample.rows) > 1 && a.sample.of(k).sequence {
			a.notes = append(a.notes, fmt.Sprintf("column %d has no name and numbers the rows: it is carried through", k+1))
			continue
		}
		if a.names[k] == "" && len(a.sample.rows) > 1 && a.sample.of(k).filled == 0 {
			continue
		}
		a.index = append(a.index, k)
	}
	return a.enough()
}

// enough refuses a table of fewer than two modes.
func (a *assigner) enough() error {
	if len(a.index) >= 2 || a.stacked && len(a.index) == 1 {
		return nil
	}
	problem := fmt.Sprintf("%d index column(s) beside the value column %q", len(a.index), shorten(a.names[a.value]))
	if p := a.sample.propose(); p != nil && !a.asked.index && !a.asked.value && len(a.sample.rows) >= fewestRows {
		return a.fail(problem, "read "+p.describe()+": "+p.flags())
	}
	return a.fail(problem, "give at least two")
}

// lastValue is the last of the columns, or the only one of them that holds numbers.
func (a *assigner) lastValue(others []int) int {
	last := others[len(others)-1]
	if !a.asked.index || len(a.sample.rows) == 0 || a.sample.isNumeric(last) {
		return last
	}
	numeric := slices.DeleteFunc(slices.Clone(others), func(k int) bool { return !a.sample.isNumeric(k) })
	if len(numeric) == 1 {
		a.notes = append(a.notes, fmt.Sprintf("the value is column %q, the only one that holds numbers", a.names[numeric[0]]))
		return numeric[0]
	}
	return last
}

// several gives the roles of a table whose last mode is a number of columns.
func (a *assigner) several(values []int, o Options) error {
	a.last = wideName(o)
	known := len(a.sample.rows) > 0
	if len(a.index) == 0 {
		switch {
		case len(values) == 0 && len(a.sample.keys) > 0:
			a.index = slices.Clone(a.sample.keys)
		case len(values) == 0 && (!known || !a.hasWords()):
			a.index = []int{0}
		default:
			a.index = a.findIndex(values)
		}
		for _, k := range a.index {
			a.used[k] = "index"
		}
	}
	if a.wide = values; len(values) == 0 {
		for _, k := range a.rest() {
			if !known || a.sample.isNumeric(k) || a.sample.of(k).filled == 0 {
				a.wide = append(a.wide, k)
			}
		}
	}
	if len(a.wide) < 2 {
		return a.fail(fmt.Sprintf("a wide table needs at least two value columns, here are %d", len(a.wide)),
			"give a table with one column for every label of the last mode, or read it as a long one")
	}
	if len(a.index) == 0 {
		return a.fail("there is no index column beside the value columns", "name one with --index")
	}
	return nil
}

// hasWords tells that a column beside the first holds words, so that not all others are value columns.
func (a *assigner) hasWords() bool {
	return slices.ContainsFunc(a.rest(), func(k int) bool {
		return k > 0 && !a.sample.isNumeric(k) && a.sample.of(k).filled > 0
	})
}

// findIndex finds the columns that tell the rows apart among those that are no values: words and parts of time, and as
// many columns of numbers as are needed.
func (a *assigner) findIndex(values []int) []int {
	var words, rest []int
	for _, k := range a.rest() {
		switch {
		case slices.Contains(values, k) || len(a.sample.rows) > 0 && (a.sample.hasGaps(k) || a.sample.of(k).filled == 0):
		case k == 0 && len(values) == 0 && !a.sample.isKey(0), !a.sample.isNumeric(k), timeWords.MatchString(a.names[k]):
			words = append(words, k)
		default:
			rest = append(rest, k)
		}
	}
	if len(a.sample.rows) == 0 {
		return append(words, rest...)
	}
	if len(values) == 0 {
		return a.sample.key(words)
	}
	for len(rest) > 0 && (len(words) == 0 || !a.sample.areUnique(words)) {
		words, rest = append(words, rest[0]), rest[1:]
	}
	slices.Sort(words)
	return a.sample.key(words)
}

func wideName(o Options) string {
	switch {
	case o.WideName != "":
		return o.WideName
	case o.Wide:
		return "column"
	}
	return "variable"
}
