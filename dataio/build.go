package dataio

import (
	"fmt"
	"slices"

	"lacuna/internal/memory"
	"lacuna/tensor"
)

// builder collects the cells of a file in the order of its rows. Observed cells and gaps share columns of one capacity:
// while cells come in, observed ones are put at the front, gaps at the back from the end on. So no column is ever too
// long or moved where the reader knows the number of cells, whatever the share of gaps.
type builder struct {
	path      string
	options   Options
	names     []string           // of the modes
	labels    [][]string         // of every mode, in order of first appearance
	numbers   []map[string]int32 // label to index
	index     [][]int32          // of observed cells
	values    []float64
	listed    int                // gaps so far
	gaps      [][]int32          // in the order of the rows, when all cells have come in
	limits    []bounds           // of some of the gaps
	conflicts []Error            // of labels that are dates, but not for sure which
	columns   *columns           // what they are, for a table of columns; else nil
	merged    []map[string]int32 // with Options.MergeLabels: what labels have in common to index
	respelt   int                // labels that were merged with another one
	settled   int                // cells of different values, settled by Options.Duplicates
}

func newBuilder(path string, options Options, names []string, capacity int) *builder {
	b := &builder{path: path, options: options, names: names}
	for range names {
		b.labels = append(b.labels, nil)
		b.numbers = append(b.numbers, map[string]int32{})
		b.index = append(b.index, column[int32](capacity))
		b.merged = append(b.merged, map[string]int32{})
	}
	b.values = column[float64](capacity)
	return b
}

// column makes room for numbers.
func column[T int32 | float64](capacity int) []T {
	numbers := make([]T, 0, capacity)
	memory.LargePages(numbers)
	return numbers
}

// label numbers a label of mode n in order of first appearance.
func (b *builder) label(n int, text []byte) int32 {
	if i, ok := b.numbers[n][string(text)]; ok {
		return i
	}
	if b.options.MergeLabels {
		return b.mergedLabel(n, string(text))
	}
	return b.newLabel(n, string(text))
}

// mergedLabel numbers a label that is spelt in a new way.
func (b *builder) mergedLabel(n int, text string) int32 {
	same := commonLabel(text)
	i, ok := b.merged[n][same]
	if !ok {
		i = b.newLabel(n, text)
		b.merged[n][same] = i
	} else {
		b.respelt++
	}
	b.numbers[n][text] = i
	return i
}

func (b *builder) newLabel(n int, text string) int32 {
	i := int32(len(b.labels[n]))
	b.numbers[n][text] = i
	b.labels[n] = append(b.labels[n], text)
	return i
}

func (b *builder) observe(cell []int32, value float64) {
	if len(b.values)+b.listed == cap(b.values) {
		b.reserve(1)
	}
	for n, i := range cell {
		b.index[n] = append(b.index[n], i)
	}
	b.values = append(b.values, value)
}

func (b *builder) gap(cell []int32) {
	if len(b.values)+b.listed == cap(b.values) {
		b.reserve(1)
	}
	b.listed++
	at := cap(b.values) - b.listed
	for n, i := range cell {
		b.index[n][:at+1][at] = i
	}
}

// reserve makes room for more cells, observed or not.
func (b *builder) reserve(more int) {
	used, old := len(b.values)+b.listed, cap(b.values)
	if used+more <= old {
		return
	}
	const least = 1 << 10
	room := max(least, used+more, old+old/4)
	values := append(column[float64](room), b.values...)
	b.values = values
	for n, before := range b.index {
		index := append(column[int32](room), before...)
		copy(index[room-b.listed:room], before[old-b.listed:old])
		b.index[n] = index
	}
}

// listGaps sets b.gaps.
func (b *builder) listGaps() {
	b.gaps = make([][]int32, len(b.index))
	most := cap(b.values)
	for n, column := range b.index {
		b.gaps[n] = column[most-b.listed : most : most]
		slices.Reverse(b.gaps[n])
		b.index[n] = column[:len(column):len(column)]
	}
}

const noValues = "no cell has a value"

func (b *builder) fail(problem, remedy string) error {
	return &Error{Path: b.path, Problem: problem, Remedy: remedy}
}

// table makes the table of the cells that have come in, and checks what concerns it as a whole.
func (b *builder) table(format Format, src source, numbers *numbers) (*Table, error) {
	b.listGaps()
	t, modes, err := b.begin(format, src, numbers, len(b.values))
	if err != nil {
		return nil, err
	}
	observed, err := b.merge(t, modes)
	if err != nil {
		return nil, err
	}
	if len(modes) > 1 {
		observed, err = tensor.NewObserved(modes, observed.Index, observed.Values)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.path, err)
	}
	t.modes, t.cells = modes, &heldCells{observed, b.gaps}
	t.findKnown()
	return t, b.finish(t)
}

// decodedCells are cells of which the modes are found last.
type decodedCells interface {
	cells
	name(modes []tensor.Mode, original [][]int32)
}

// tableOf makes the table of an array, each cell of which is there once.
func (b *builder) tableOf(format Format, src source, numbers *numbers, cells decodedCells) (*Table, error) {
	b.listGaps()
	known, _ := cells.count()
	t, modes, err := b.begin(format, src, numbers, known)
	if err != nil {
		return nil, err
	}
	if _, err := tensor.NewObserved(modes, make([][]int32, len(modes)), nil); err != nil {
		return nil, fmt.Errorf("%s: %w", b.path, err)
	}
	cells.name(modes, t.original)
	t.modes, t.cells = modes, cells
	return t, b.finish(t)
}

// begin makes a table without cells, of which so many are known, and its modes.
func (b *builder) begin(format Format, src source, numbers *numbers, known int) (*Table, []tensor.Mode, error) {
	if known == 0 && !b.options.Further {
		e := &Error{Path: b.path, Problem: noValues, Remedy: "give a table in which some cells have a value"}
		if b.columns != nil && b.columns.value >= 0 {
			e.Column = b.columns.names[b.columns.value]
		}
		return nil, nil, e
	}
	for n := len(b.labels) - 1; n >= 0; n-- {
		if len(b.labels[n]) > 1 || b.options.Further && len(b.labels[n]) == 1 {
			continue
		}
		if !b.options.DropSingle || b.columns == nil || n >= len(b.columns.index) || len(b.names) == 2 {
			return nil, nil, b.singleLabel(format, n)
		}
		b.drop(n)
	}
	t := &Table{Path: b.path, Format: format, numbers: numbers, source: src}
	modes, err := b.order(t)
	return t, modes, err
}

// finish completes a table that has its cells.
func (b *builder) finish(t *Table) error {
	t.look()
	if err := b.checkSpread(t); err != nil {
		return err
	}
	if err := t.takeLimits(b.limits); err != nil {
		return err
	}
	var err error
	if b.options.FullGrid {
		err = t.useGrid()
	} else {
		err = t.predict()
	}
	if err != nil {
		return err
	}
	b.warn(t)
	b.describe(t)
	return nil
}

// leastSpread is by how much values have to differ: squares of differences are added up.
const leastSpread = 1e-150

func (b *builder) checkSpread(t *Table) error {
	low, high := t.Range()
	if spread := high - low; !(spread > 0) || spread >= leastSpread {
		return nil
	}
	e := &Error{
		Path: b.path, Problem: fmt.Sprintf("the values lie from %.3g to %.3g, too close to one another to be told apart", low, high),
		Remedy: "give them in a unit that makes them larger, so that they differ by 1e-150 or more",
	}
	if b.columns != nil && b.columns.value >= 0 {
		e.Column = b.columns.names[b.columns.value]
	}
	return e
}

// drop makes no mode of an index column.
func (b *builder) drop(n int) {
	c := b.columns
	c.notes = append(c.notes, fmt.Sprintf("column %q has a single label, %q: it is carried through", b.names[n],
		b.labels[n][0]))
	if c.constants == nil {
		c.constants = map[int]string{}
	}
	c.constants[c.index[n]] = b.labels[n][0]
	c.index = slices.Delete(c.index, n, n+1)
	b.names, b.labels = slices.Delete(b.names, n, n+1), slices.Delete(b.labels, n, n+1)
	b.index, b.gaps = slices.Delete(b.index, n, n+1), slices.Delete(b.gaps, n, n+1)
	b.numbers = slices.Delete(b.numbers, n, n+1)
}

// describe says how the table was read, and what looks wrong with that.
func (b *builder) describe(t *Table) {
	t.Reading.Gaps = t.numbers.counts.marks()
	if b.columns != nil {
		t.Reading.Value, t.Reading.Carried = b.columns.valueNames(), b.columns.carried()
	}
	t.Doubts, t.Unused = b.doubts(t), b.unused(t)
}

func (b *builder) singleLabel(format Format, n int) error {
	e := &Error{Path: b.path, Problem: fmt.Sprintf("mode %q has a single label (%s)", b.names[n], shorten(b.labels[n][0]))}
	switch {
	case b.columns == nil:
		e.Remedy = "leave it out: every mode needs at least two indices"
	case len(b.names) == 2:
		e.Remedy = "give a table with at least two index columns of two labels or more"
	default:
		var others []string
		for m, name := range b.names {
			if m != n {
				others = append(others, name)
			}
		}
		e.Remedy = "leave it out with --index " + quoteFlag(others)
	}
	return e
}

// merge returns the cells in canonical order, each once. It uses up b.index and b.values, which it leaves so.
func (b *builder) merge(t *Table, modes []tensor.Mode) (*tensor.Observed, error) {
	all := &tensor.Observed{Modes: modes, Index: b.index, Values: b.values}
	order := orderCells(modes, b.index)
	if order.unique {
		return all, nil
	}
	var kept, averaged int
	var repeats []int
	for from := 0; from < all.Len(); kept++ {
		to := from + 1
		for to < all.Len() && order.same(from, to) {
			to++
		}
		if to > from+1 {
			repeats = repeats[:0]
			for k := from; k < to; k++ {
				repeats = append(repeats, order.at(k))
			}
			t.Merged += len(repeats) - 1
			value, equal := b.resolve(all, repeats)
			if !equal {
				averaged++
				if b.options.Duplicates == RefuseDuplicates {
					return nil, b.duplicate(t.source, all, repeats)
				}
			}
			all.Values[repeats[0]] = value
		}
		order.keep(kept, from, all.Values)
		from = to
	}
	b.settled = averaged
	if t.Merged > 0 {
		repeat := fmt.Sprintf("%d rows repeat", t.Merged)
		if t.Merged == 1 {
			repeat = "1 row repeats"
		}
		warning := repeat + " a cell with an equal value: merged"
		if averaged > 0 {
			how := [...]string{"", "the mean", "the first", "the last"}[b.options.Duplicates]
			warning = fmt.Sprintf("%s a cell; where the values differ (%d cells), %s is taken", repeat, averaged, how)
		}
		t.Warnings = append(t.Warnings, warning)
	}
	merged := order.arrange(kept, all.Values)
	b.index, b.values = merged.Index, merged.Values
	return merged, nil
}

// resolve returns the value of a cell that is listed at the given positions, in the order of the rows.
func (b *builder) resolve(all *tensor.Observed, same []int) (value float64, equal bool) {
	first := all.Values[same[0]]
	equal = true
	var sum float64
	for _, c := range same {
		sum += all.Values[c] - first
		equal = equal && all.Values[c] == first
	}
	switch {
	case equal || b.options.Duplicates == FirstOfDuplicates:
		return first, equal
	case b.options.Duplicates == LastOfDuplicates:
		return all.Values[same[len(same)-1]], false
	}
	return first + sum/float64(len(same)), false
}

func (b *builder) duplicate(src source, all *tensor.Observed, same []int) error {
	first, other := same[0], same[1]
	for _, c := range same {
		if all.Values[c] != all.Values[first] {
			other = c
			break
		}
	}
	problem := fmt.Sprintf("cell %s has the value %v here and %v", all.CellName(other), all.Values[other],
		all.Values[first])
	if line := src.line(first); line > 0 {
		problem += fmt.Sprintf(" on line %d", line)
	} else {
		problem += " elsewhere"
	}
	return &Error{
		Path: b.path, Line: src.line(other), Problem: problem,
		Remedy: "remove one, or choose with --duplicates mean, first or last",
	}
}

func (b *builder) warn(t *Table) {
	for n, labels := range b.labels {
		known, gaps := t.cells.count()
		rows := known + gaps
		if len(labels) > 50 && 2*len(labels) > rows && !b.options.stacked {
			t.Warnings = append(t.Warnings, fmt.Sprintf("mode %q has %d labels in %d rows: if it is no index, "+
				"leave it out with --index", b.names[n], len(labels), rows))
		}
	}
	if count := len(t.known); count > 0 {
		t.Warnings = append(t.Warnings,
			fmt.Sprintf("%d gaps have a value in another row: they are filled with that value", count))
	}
}

// findKnown finds the listed gaps whose cell is observed in another row.
func (t *Table) findKnown() {
	t.known = map[int]float64{}
	near := 0
	o, gaps := t.cells.whole()
	for k := range gaps[0] {
		c, found := findNear(o, near, func(n int) int32 { return gaps[n][k] })
		if found {
			t.known[k] = o.Values[c]
		}
		near = c
	}
}

// findNear searches a cell that probably stands behind a place, and not far from it.
func findNear(o *tensor.Observed, near int, coordinate func(n int) int32) (position int, found bool) {
	low, high := 0, o.Len()
	for step := 1; near < high; step *= 2 {
		if compareCell(o, near, coordinate) > 0 {
			high = near
			break
		}
		low = near
		near += step
	}
	return findBetween(o, low, high, coordinate)
}

func findBetween(o *tensor.Observed, low, high int, coordinate func(n int) int32) (position int, found bool) {
	for low < high {
		middle := (low + high) / 2
		switch d := compareCell(o, middle, coordinate); {
		case d == 0:
			return middle, true
		case d < 0:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, false
}

// compareCell tells how an observed cell stands to another one: below 0, before it.
func compareCell(o *tensor.Observed, c int, coordinate func(n int) int32) int {
	for n, column := range o.Index {
		if d := int(column[c]) - int(coordinate(n)); d != 0 {
			return d
		}
	}
	return 0
}

// mostCells is the largest grid that is filled as a whole.
const mostCells = 1 << 31

// useGrid makes gaps of the cells that the file does not list.
func (t *Table) useGrid() error {
	cells := t.Shape().Cells()
	if cells > mostCells {
		return &Error{
			Path:    t.Path,
			Problem: fmt.Sprintf("the full grid has %.3g cells, about %s as a file", cells, memory.Format(cells*30)),
			Remedy:  "list the cells to be filled with the value NA instead of asking for the full grid",
		}
	}
	t.grid = true
	gaps := t.listed()
	order := orderCells(t.modes, gaps)
	distinct := 0
	for k := range gaps[0] {
		if _, known := t.known[order.at(k)]; !known && (k == 0 || !order.same(k-1, k)) {
			distinct++
		}
	}
	t.unlisted = int(cells) - t.Known() - distinct
	return nil
}

// eachUnlisted yields the cells that the file does not list, in canonical order. The slice is reused.
func (t *Table) eachUnlisted(yield func([]int32) bool) {
	if t.unlisted == 0 {
		return
	}
	o, gaps := t.cells.whole()
	if t.added != nil {
		for c := range t.added.Values {
			if !yield(t.added.Cell(c)) {
				return
			}
		}
		return
	}
	order := orderCells(o.Modes, gaps)
	cell := make([]int32, o.Order())
	isAt := func(index [][]int32, c int) bool {
		for n, i := range cell {
			if index[n][c] != i {
				return false
			}
		}
		return true
	}
	observed, gap := 0, 0
	for {
		listed := false
		if observed < o.Len() && isAt(o.Index, observed) {
			listed = true
			observed++
		}
		for gap < len(gaps[0]) && isAt(gaps, order.at(gap)) {
			listed = true
			gap++
		}
		if !listed && !yield(cell) {
			return
		}
		if !advance(cell, o.Modes) {
			return
		}
	}
}

// advance moves to the next cell in canonical order; false after the last.
func advance(cell []int32, modes []tensor.Mode) bool {
	for n := len(cell) - 1; n >= 0; n-- {
		if cell[n]++; int(cell[n]) < len(modes[n].Labels) {
			return true
		}
		cell[n] = 0
	}
	return false
}
