package dataio

import (
	"fmt"
	"maps"
	"slices"

	"lacuna/internal/coordinate"
	"lacuna/tensor"
)

// grower is a source that can write rows for labels that it does not have.
type grower interface {
	// grow takes the new labels of mode n, which are numbered after those of the file, or says why it cannot.
	grow(n int, labels []string) error
}

// order finds the coordinates of every mode, adds labels, and numbers the labels in their order. A part of a stack stays
// as it is: the stack is ordered.
func (b *builder) order(t *Table) ([]tensor.Mode, error) {
	t.Axes = make([]Axis, len(b.names))
	t.isNew, t.original = make([][]bool, len(b.names)), make([][]int32, len(b.names))
	modes := make([]tensor.Mode, len(b.names))
	if b.options.stacked {
		for n, name := range b.names {
			modes[n] = tensor.Mode{Name: name, Labels: b.labels[n]}
		}
		return modes, nil
	}
	if err := b.checkNames(); err != nil {
		return nil, err
	}
	usedDates := false
	for n, name := range b.names {
		a := &t.Axes[n]
		if err := b.findAxis(t, n); err != nil {
			return nil, err
		}
		usedDates = usedDates || a.axis.UsedDates
		at, order, err := b.grow(t, n)
		if err != nil {
			return nil, err
		}
		b.renumber(t, n, order)
		modes[n] = tensor.Mode{Name: name, Labels: b.labels[n], Coordinates: at, Unit: a.Unit, Periods: a.Periods}
	}
	if b.options.Dates != "" && !usedDates && len(b.conflicts) == 0 {
		return nil, b.fail("--dates "+b.options.Dates+" has no effect: no mode has dates that it decides", "leave it out")
	}
	return modes, nil
}

// hasColumns tells that the labels of mode n are value columns.
func (b *builder) hasColumns(n int) bool { return b.columns != nil && n >= len(b.columns.index) }

// checkNames refuses options for modes that there are not.
func (b *builder) checkNames() error {
	o := &b.options
	flags := []struct {
		flag  string
		names []string
	}{
		{"--order", slices.Sorted(maps.Keys(o.Order))}, {"--period", slices.Sorted(maps.Keys(o.Periods))}, {"--predict", nil},
	}
	for _, p := range o.Predict {
		flags[2].names = append(flags[2].names, p.Mode)
	}
	for _, f := range flags {
		for _, name := range f.names {
			if !slices.Contains(b.names, name) {
				return b.fail(fmt.Sprintf("%s %s: there is no such mode", f.flag, shorten(name)), "choose one of "+list(b.names))
			}
		}
	}
	switch coordinate.DateOrder(o.Dates) {
	case coordinate.FindOrder, coordinate.DayFirst, coordinate.MonthFirst:
		return nil
	}
	return b.fail(fmt.Sprintf("--dates %s is no order of dates", shorten(o.Dates)),
		"choose dmy (31/12/2020) or mdy (12/31/2020)")
}

// findAxis finds what the labels of mode n are.
func (b *builder) findAxis(t *Table, n int) error {
	a, name := &t.Axes[n], b.names[n]
	insisted := b.options.Order[name]
	var doubt string
	switch insisted {
	case NoOrder:
		axis, err := coordinate.Read(b.labels[n], coordinate.Hints{Name: name, Dates: coordinate.DateOrder(b.options.Dates)})
		if err == nil && axis.Kind == coordinate.None && axis.Almost == coordinate.None {
			return b.fail(fmt.Sprintf("--order %s=none has no effect: its labels are names, which have no order", name),
				"leave it out")
		}
	case ByAppearance:
		a.Order = ByAppearance
	default:
		axis, err := coordinate.Read(b.labels[n], coordinate.Hints{
			Name: name, Dates: coordinate.DateOrder(b.options.Dates),
		})
		if conflict, ok := err.(*coordinate.Conflict); ok {
			b.conflicts = append(b.conflicts, b.conflict(t, n, conflict))
			axis.Doubt = conflict.Error()
		}
		a.almost = axis.Almost != coordinate.None
		if doubt = axis.Doubt; axis.Kind != coordinate.None {
			*a = Axis{
				Order: ByCoordinate, Kind: string(axis.Kind), Unit: axis.Unit, Step: axis.Step, Missing: axis.Missing,
				Periods: axis.Periods, axis: axis,
			}
		}
	}
	if periods, given := b.options.Periods[name]; given && a.Order != "" {
		a.Periods = slices.Sorted(slices.Values(periods))
	}
	if a.Doubt = doubt; a.Order != "" {
		return nil
	}
	why := "its labels are names"
	if doubt != "" {
		why = doubt
	}
	const remedy = "leave the option out, or write the labels as numbers or dates"
	_, period := b.options.Periods[name]
	switch {
	case insisted == ByCoordinate:
		return b.fail(fmt.Sprintf("--order %s=coordinate: %s", name, why), remedy)
	case period:
		return b.fail(fmt.Sprintf("--period %s has no effect: the mode has no order (%s)", name, why),
			"leave it out, or give --order "+name+"=appearance")
	}
	return nil
}

// conflict is an error about dates that contradict each other, with the lines of both.
func (b *builder) conflict(t *Table, n int, c *coordinate.Conflict) Error {
	line := func(label int) int {
		if t.source == nil {
			return 0
		}
		if k := slices.Index(b.index[n], int32(label)); k >= 0 {
			return t.source.line(k)
		}
		return 0
	}
	e := Error{Path: b.path, Line: line(c.First), Column: b.names[n], Problem: c.Problem, Remedy: c.Remedy}
	if c.Other >= 0 && e.Line > 0 {
		if other := line(c.Other); other > 0 {
			e.Problem += fmt.Sprintf(" (line %d)", other)
		}
	}
	return e
}

// grow returns the coordinates of mode n in ascending order, and for each the number of its label, −1 for one that
// b.labels has gained at its end.
func (b *builder) grow(t *Table, n int) (at []float64, order []int, err error) {
	a := &t.Axes[n]
	switch a.Order {
	case ByAppearance:
		for i := range b.labels[n] {
			at, order = append(at, float64(i)), append(order, i)
		}
	case ByCoordinate:
		for _, i := range a.axis.Order {
			at, order = append(at, a.axis.At[i]), append(order, i)
		}
	}
	added, err := b.additions(t, n)
	if err != nil || len(added) == 0 {
		return at, order, err
	}
	known := len(b.labels[n])
	source, grows := t.source.(grower)
	if !grows {
		return nil, nil, b.fail(fmt.Sprintf("a file of the format %s has no place for further labels of mode %s", t.Format,
			b.names[n]), "give the table as CSV, or leave --predict out")
	}
	a.Added = len(added)
	for _, x := range added {
		label, ok := a.axis.Label(x)
		if !ok {
			return nil, nil, b.fail(fmt.Sprintf("mode %s: what lies between the labels cannot be written as %q is", b.names[n],
				shorten(b.labels[n][0])), "give a step that leads from label to label")
		}
		order = append(order, len(b.labels[n]))
		at = append(at, x)
		b.newLabel(n, label)
	}
	if err := source.grow(n, b.labels[n][known:]); err != nil {
		return nil, nil, err
	}
	places := make([]int, len(at))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int {
		if at[i] < at[j] {
			return -1
		}
		return 1
	})
	sorted, numbers := make([]float64, len(at)), make([]int, len(at))
	for k, i := range places {
		sorted[k], numbers[k] = at[i], order[i]
	}
	t.isNew[n] = make([]bool, len(at))
	for k, i := range numbers {
		t.isNew[n][k] = i >= known
	}
	return sorted, numbers, nil
}

// renumber gives the labels of mode n the given order.
func (b *builder) renumber(t *Table, n int, order []int) {
	if slices.IsSorted(order) {
		return
	}
	place, labels := make([]int32, len(order)), make([]string, len(order))
	t.original[n] = make([]int32, len(order))
	for i, old := range order {
		place[old], labels[i], t.original[n][i] = int32(i), b.labels[n][old], int32(old)
	}
	b.labels[n] = labels
	for label, old := range b.numbers[n] {
		b.numbers[n][label] = place[old]
	}
	for _, column := range [][]int32{b.index[n], b.gaps[n]} {
		for c, old := range column {
			column[c] = place[old]
		}
	}
}
