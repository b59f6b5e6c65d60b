package dataio

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lacuna/tensor"
)

// part is one of the files of a stack.
type part struct {
	*Table
	label  int32     // in mode 0
	labels [][]int32 // labels[n][i]: the label in mode n+1 of the stack that is label i of the part's mode n
}

// ReadStack reads files of one kind as one table: the first mode has a label a file, its name without the ending, and is
// called as mode says; the others are those of the files, with the labels of all of them. Write then takes a folder and
// writes every file there under its own name.
func ReadStack(paths []string, mode string, o Options) (*Table, error) {
	if len(paths) < 2 {
		return nil, &Error{
			Path: strings.Join(paths, ", "), Problem: "a stack needs two files at least", Remedy: "leave --stack out",
		}
	}
	stack := &Table{Path: fmt.Sprintf("%d files", len(paths))}
	if len(o.Predict) > 0 {
		return nil, &Error{Path: stack.Path, Problem: "--predict has no effect on a stack of files", Remedy: "leave it out"}
	}
	own := o
	own.FullGrid = false // a part's grid is its own
	b := newBuilder(stack.Path, own, []string{mode}, 0)
	o.stacked = true
	for _, path := range paths {
		t, err := Read(path, o)
		if err != nil {
			return nil, err
		}
		if err := b.addPart(stack, t); err != nil {
			return nil, err
		}
	}
	if len(b.labels[0]) < len(paths) {
		return nil, &Error{
			Path: stack.Path, Problem: "two files have the same name", Remedy: "give every file a name of its own",
		}
	}
	return stack, b.stack(stack)
}

// addPart takes up the labels of a file.
func (b *builder) addPart(stack *Table, t *Table) error {
	first := len(stack.parts) == 0
	if first {
		stack.Format, stack.Reading, stack.numbers = t.Format, t.Reading, t.numbers
		for _, mode := range t.modes {
			b.names = append(b.names, mode.Name)
			b.labels = append(b.labels, nil)
			b.numbers = append(b.numbers, map[string]int32{})
			b.merged = append(b.merged, map[string]int32{})
			b.index = append(b.index, nil)
		}
	}
	if len(t.modes) != len(b.names)-1 {
		return &Error{
			Path: t.Path, Problem: fmt.Sprintf("%d modes, the first file has %d", len(t.modes), len(b.names)-1),
			Remedy: "stack files of one kind",
		}
	}
	p := part{Table: t, label: b.label(0, []byte(stem(t.Path))), labels: make([][]int32, len(t.modes))}
	for n, mode := range t.modes {
		if mode.Name != b.names[n+1] {
			return &Error{
				Path: t.Path, Problem: fmt.Sprintf("mode %d is called %q, in the first file %q", n+1, mode.Name, b.names[n+1]),
				Remedy: "stack files of one kind",
			}
		}
		for _, label := range mode.Labels {
			p.labels[n] = append(p.labels[n], b.label(n+1, []byte(label)))
		}
	}
	if !first {
		stack.Reading.Gaps = sumMarks(stack.Reading.Gaps, t.Reading.Gaps)
		stack.Merged += t.Merged
		stack.Reading.Censored = sumLimited(stack.Reading.Censored, t.Reading.Censored)
	} else {
		stack.Merged = t.Merged
	}
	stack.Warnings = append(stack.Warnings, t.Warnings...)
	for _, doubt := range t.Doubts {
		same := func(d Error) bool { return d.Column == doubt.Column && d.Remedy == doubt.Remedy }
		if !slices.ContainsFunc(stack.Doubts, same) {
			stack.Doubts = append(stack.Doubts, doubt)
		}
	}
	if first {
		stack.Unused = slices.Clone(t.Unused)
	} else { // what one file needs is used
		stack.Unused = slices.DeleteFunc(stack.Unused, func(e Error) bool {
			return !slices.ContainsFunc(t.Unused, func(own Error) bool { return own.Problem == e.Problem })
		})
	}
	stack.parts = append(stack.parts, p)
	return nil
}

func sumMarks(a, b []GapMark) []GapMark {
	counts := gapCounts{}
	for _, mark := range append(slices.Clone(a), b...) {
		counts.more([]byte(mark.Text), mark.Count)
	}
	return counts.marks()
}

// stem is the name of a file without folder and endings.
func stem(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".gz")
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// stack makes one tensor of the parts.
func (b *builder) stack(stack *Table) error {
	b.listGaps()
	modes, err := b.order(stack)
	if err != nil {
		return err
	}
	stack.Doubts = append(stack.Doubts, b.conflicts...)
	if b.respelt > 0 {
		stack.Unused = slices.DeleteFunc(stack.Unused, func(e Error) bool { return e.Problem == idle("", mergeFlag, idleMerge).Problem })
	}
	place := make([][]int32, len(b.labels))
	for n := range b.labels {
		place[n] = make([]int32, len(b.labels[n]))
		for i := range place[n] {
			place[n][stack.appearance(n, int32(i))] = int32(i)
		}
	}
	cells := 0
	for _, p := range stack.parts {
		cells += p.Known()
	}
	b.reserve(cells)
	for k := range stack.parts {
		p := &stack.parts[k]
		p.label = place[0][p.label]
		for n := range p.labels {
			for i, label := range p.labels[n] {
				p.labels[n][i] = place[n+1][label]
			}
		}
		o := p.Observed()
		for c, v := range o.Values {
			b.index[0] = append(b.index[0], p.label)
			for n, column := range o.Index {
				b.index[n+1] = append(b.index[n+1], p.labels[n][column[c]])
			}
			b.values = append(b.values, v)
		}
	}
	observed, err := tensor.NewObserved(modes, b.index, b.values)
	if err != nil {
		return fmt.Errorf("%s: %w", stack.Path, err)
	}
	stack.modes, stack.cells = modes, &heldCells{observed: observed}
	stack.look()
	return nil
}

// cell maps a cell of the part into the stack.
func (p part) cell(out, cell []int32) {
	out[0] = p.label
	for n, i := range cell {
		out[n+1] = p.labels[n][i]
	}
}

// stackedGaps yields the gaps of all parts.
func (t *Table) stackedGaps() iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		out := make([]int32, len(t.modes))
		for _, p := range t.parts {
			for cell := range p.GapCells() {
				p.cell(out, cell)
				if !yield(out) {
					return
				}
			}
		}
	}
}

// checkFolder tells whether the files of a stack can be written into a folder.
func (t *Table) checkFolder(folder string) error {
	info, err := os.Stat(folder)
	if err != nil && known(endingOf(folder)) {
		return &Error{
			Path: folder, Problem: "is the name of a file, and a stack is written file by file", Remedy: "give the name of a folder with -o",
		}
	}
	if err == nil && !info.IsDir() {
		return &Error{
			Path: folder, Problem: "is a file, and a stack is written file by file", Remedy: "give the name of a folder with -o",
		}
	}
	if err != nil {
		folder = filepath.Dir(folder)
	}
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return &Error{Path: folder, Problem: "there is no such folder", Remedy: "make it first"}
	}
	for _, p := range t.parts {
		if in, err := os.Stat(filepath.Dir(p.Path)); err == nil && info != nil && os.SameFile(in, info) {
			return &Error{Path: folder, Problem: "is the folder of the input", Remedy: "give another one with -o"}
		}
	}
	return nil
}

// writeStack writes the files of a stack into a folder, which is made if it is not there.
func (t *Table) writeStack(folder string, fill FillCells, extra []string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return &Error{Path: folder, Problem: "the folder cannot be made: " + err.Error(), Remedy: "give another one with -o"}
	}
	for _, p := range t.parts {
		filled := func(index [][]int32, out []Filled) {
			stacked := make([][]int32, len(index)+1)
			from, to := make([]int32, len(index)), make([]int32, len(stacked))
			for k := range out {
				for n, column := range index {
					from[n] = column[k]
				}
				p.cell(to, from)
				for n, i := range to {
					stacked[n] = append(stacked[n], i)
				}
			}
			fill(stacked, out)
		}
		if err := p.WriteAll(filepath.Join(folder, filepath.Base(p.Path)), filled, extra...); err != nil {
			return err
		}
	}
	return nil
}

var errNoStream = errors.New("dataio: a stack of files is no stream")
