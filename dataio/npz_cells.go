package dataio

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// indexPrefix begins the names of the arrays that list cells: index_0, index_1, … hold the index of every cell in the
// first mode, the second, and so on, from 0.
const indexPrefix = "index_"

// npzCells is a .npz archive that lists the cells of a tensor: for each its indices, and its value or a gap.
type npzCells struct {
	*npzSource
	index []*npySource // by mode
}

// readIndex reads the arrays that list cells, and takes them from those that may have gaps; nil where there are not two
// at least.
func (a *npzArchive) readIndex() ([]*npySource, error) {
	var index []*npySource
	for n := 0; a.members[indexPrefix+strconv.Itoa(n)] != nil; n++ {
		array, err := a.read(indexPrefix + strconv.Itoa(n))
		if err != nil {
			return nil, err
		}
		index = append(index, array)
	}
	if len(index) < 2 {
		return nil, nil
	}
	a.names = slices.DeleteFunc(a.names, func(name string) bool { return isIndexName(name, len(index)) })
	return index, nil
}

// isIndexName tells the arrays that list cells of so many modes.
func isIndexName(name string, order int) bool {
	number, ok := strings.CutPrefix(name, indexPrefix)
	n, err := strconv.Atoi(number)
	return ok && err == nil && n >= 0 && n < order
}

func (s *npzCells) read(axes npzAxes, o Options) (*Table, error) {
	path, rows := s.array.path, s.array.cells()
	sizes, err := s.sizes(axes)
	if err != nil {
		return nil, err
	}
	modes, err := axes.of(path, sizes)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(sizes))
	for n := range names {
		names[n] = "mode" + strconv.Itoa(n+1)
		if modes != nil {
			names[n] = modes[n].Name
		}
	}
	s.array.numbers = newNumbers(o.Missing, false)
	b := newBuilder(path, o, names, rows)
	for n, size := range sizes {
		labels := numbered(size)
		if modes != nil {
			labels = modes[n].Labels
		}
		for _, label := range labels {
			b.newLabel(n, label)
		}
	}
	cell := make([]int32, len(sizes))
	for row := range rows {
		for n, index := range s.index {
			cell[n] = int32(index.element(row))
		}
		value, gap, problem := s.array.numbers.check(s.array.at(row))
		if wrong := s.array.limits.check(row, s.array.at(row)); wrong != "" {
			return nil, &Error{Path: path, Problem: fmt.Sprintf("element %d %s", row, wrong), Remedy: limitsOfElements}
		}
		switch {
		case problem != "":
			return nil, &Error{
				Path: path, Problem: fmt.Sprintf("element %d: %v %s", row, s.array.at(row), problem),
				Remedy: "give a finite number, or NaN for a gap",
			}
		case gap:
			b.gap(cell)
			s.array.limits.censor(b, row)
		default:
			b.observe(cell, value)
		}
	}
	return b.table(NPZ, s, s.array.numbers)
}

// sizes are the sizes of the modes: the number of labels where there are any, else the greatest index and one. It refuses
// arrays that do not list cells.
func (s *npzCells) sizes(axes npzAxes) ([]int, error) {
	rows := s.array.cells()
	fail := func(problem, remedy string) ([]int, error) {
		return nil, &Error{Path: s.array.path, Problem: problem, Remedy: remedy}
	}
	if len(s.array.shape) != 1 {
		return fail(fmt.Sprintf("beside %s0 the values are a list of cells, and the array has %d axes", indexPrefix,
			len(s.array.shape)), "give a vector of values, or leave the index arrays out")
	}
	sizes := make([]int, len(s.index))
	for n, index := range s.index {
		name := indexPrefix + strconv.Itoa(n)
		if index.kind != 'i' && index.kind != 'u' || !slices.Equal(index.shape, s.array.shape) {
			return fail(fmt.Sprintf("%s has the shape %v of type %c%d, and there are %d values", name, index.shape, index.kind,
				index.size, rows), "give one whole number a value")
		}
		limit := 1e6 + float64(64*float64(rows))
		if labels, given := axes.labels[n]; given {
			sizes[n], limit = len(labels), float64(len(labels))
		}
		for row := range rows {
			i := index.element(row)
			if !(i >= 0 && i < min(limit, math.MaxInt32)) {
				return fail(fmt.Sprintf("element %d of %s is %v", row, name, i),
					fmt.Sprintf("count from 0, below %v", min(limit, math.MaxInt32)))
			}
			sizes[n] = max(sizes[n], int(i)+1)
		}
	}
	return sizes, nil
}

// grow takes every label: all are written anew.
func (s *npzCells) grow(int, []string) error { return nil }

func (s *npzCells) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, extra []string) error {
	rows := s.array.cells()
	added := newAddedArrays(rows+t.unlisted, extra)
	filled, err := s.array.filled(next, added.set)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	if t.unlisted == 0 {
		err = s.copyOthers(out, func(string) bool { return false })
	} else {
		filled, err = s.writeLonger(out, t, filled, unlisted, added)
	}
	if err == nil {
		err = s.writeFilled(out, filled, []int{rows + t.unlisted}, added)
	}
	if err != nil {
		return err
	}
	return out.Close()
}

// writeLonger writes the other members, with the cells that the archive does not list behind those that it lists, and
// returns the values of them all.
func (s *npzCells) writeLonger(
	out *zip.Writer, t *Table, filled []byte, unlisted filledCells, added *addedArrays,
) ([]byte, error) {
	array, err := parseNPY(s.array.path, filled)
	if err != nil {
		return nil, err
	}
	rows := array.cells()
	values := make([]float64, rows, rows+t.unlisted)
	for row := range values {
		values[row] = array.element(row)
	}
	index := make([][]int64, len(s.index))
	for n := range index {
		index[n] = make([]int64, rows, rows+t.unlisted)
		for row := range index[n] {
			index[n][row] = int64(s.index[n].element(row))
		}
	}
	for cell, f := range unlisted {
		if err := checkFilled(f); err != nil {
			return nil, err
		}
		added.set(len(values), f)
		values = append(values, f.Value)
		for n, i := range cell {
			index[n] = append(index[n], int64(t.appearance(n, i)))
		}
	}
	replaced := func(name string) bool {
		return isIndexName(name, len(index)) || strings.HasPrefix(name, labelsPrefix)
	}
	if err := s.copyOthers(out, replaced); err != nil {
		return nil, err
	}
	for n, column := range index {
		number := strconv.Itoa(n)
		if err := addMember(out, indexPrefix+number+".npy", s.method, npyInts(column)); err != nil {
			return nil, err
		}
		labels := npyStrings(t.labelsByAppearance(n))
		if err := addMember(out, labelsPrefix+number+".npy", s.method, labels); err != nil {
			return nil, err
		}
	}
	return npyFloats([]int{len(values)}, false, values), nil
}

// labelsByAppearance are the labels of mode n as the file numbers them, those that were added last.
func (t *Table) labelsByAppearance(n int) []string {
	labels := make([]string, len(t.modes[n].Labels))
	for i, label := range t.modes[n].Labels {
		labels[t.appearance(n, int32(i))] = label
	}
	return labels
}
