package dataio

import (
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"lacuna/tensor"
)

// cells are the observed cells of a table and the gaps that its file lists.
type cells interface {
	// count is how many cells are observed, and how many gaps are listed.
	count() (observed, gaps int)
	// each yields the observed cells in canonical order, many at a time: their coordinates by mode, and their values. The
	// slices are reused.
	each() iter.Seq2[[][]int32, []float64]
	// values yields the values alone.
	values() iter.Seq[[]float64]
	// eachGap yields the coordinates of the listed gaps, many at a time and in any order. The slices are reused.
	eachGap() iter.Seq[[][]int32]
	// whole holds all of them in memory; the gaps are in the order of their rows, one column a mode. It is the same at
	// every call.
	whole() (observed *tensor.Observed, gaps [][]int32)
}

// heldCells are in memory.
type heldCells struct {
	observed *tensor.Observed
	gaps     [][]int32
}

func (h *heldCells) count() (observed, gaps int) {
	if len(h.gaps) > 0 {
		gaps = len(h.gaps[0])
	}
	return h.observed.Len(), gaps
}

func (h *heldCells) each() iter.Seq2[[][]int32, []float64] {
	return func(yield func([][]int32, []float64) bool) { yield(h.observed.Index, h.observed.Values) }
}

func (h *heldCells) values() iter.Seq[[]float64] {
	return func(yield func([]float64) bool) { yield(h.observed.Values) }
}

func (h *heldCells) eachGap() iter.Seq[[][]int32] {
	return func(yield func([][]int32) bool) {
		if len(h.gaps) > 0 {
			yield(h.gaps)
		}
	}
}

func (h *heldCells) whole() (*tensor.Observed, [][]int32) { return h.observed, h.gaps }

// Modes are the modes of the tensor, with their labels. The slice is the table's.
func (t *Table) Modes() []tensor.Mode { return t.modes }

// Shape is the size of each mode.
func (t *Table) Shape() tensor.Shape { return (&tensor.Observed{Modes: t.modes}).Shape() }

// Known is the number of cells that have a value.
func (t *Table) Known() int {
	known, _ := t.cells.count()
	return known
}

// Observed is the incomplete tensor. The cells of arrays are first put in memory when it is asked for, 8 bytes a cell and 4 a
// mode; what the other methods tell of the values takes none.
func (t *Table) Observed() *tensor.Observed {
	observed, _ := t.cells.whole()
	return observed
}

// listed are the coordinates of the gaps that the file lists: of the k-th one in mode n listed()[n][k].
func (t *Table) listed() [][]int32 {
	_, gaps := t.cells.whole()
	return gaps
}

// listedGaps is the number of gaps that the file lists.
func (t *Table) listedGaps() int {
	_, gaps := t.cells.count()
	return gaps
}

// eachListed yields the coordinates of all cells that the file lists, many at a time: first of the observed ones.
func (t *Table) eachListed() iter.Seq[[][]int32] {
	return func(yield func([][]int32) bool) {
		for index := range t.cells.each() {
			if !yield(index) {
				return
			}
		}
		for index := range t.cells.eachGap() {
			if !yield(index) {
				return
			}
		}
	}
}

// values yields the values of the observed cells in canonical order.
func (t *Table) values() iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for values := range t.cells.values() {
			for _, v := range values {
				if !yield(v) {
					return
				}
			}
		}
	}
}

// survey is what one look at all known values tells.
type survey struct {
	low, high  float64  // the least and the greatest value
	first, sum float64  // the first value, and the sum of the differences from it
	modes      []int    // of which the values are looked at label by label, −1 for all as one
	ends       [][]ends // by these modes and their labels
	met        [][]bool // by mode and index: there is a known cell
}

// look makes the survey.
func (t *Table) look() {
	s := &t.survey
	s.modes, s.met = []int{-1}, make([][]bool, len(t.modes))
	for n, mode := range t.modes {
		if s.met[n] = make([]bool, len(mode.Labels)); len(mode.Labels) <= mostGroups {
			s.modes = append(s.modes, n)
		}
	}
	s.ends = t.newEnds(s.modes)
	s.low, s.high = math.Inf(1), math.Inf(-1)
	for index, values := range t.cells.each() {
		if len(values) == 0 {
			continue
		}
		if s.low > s.high {
			s.first = values[0]
		}
		part := make([][]int32, len(index))
		for from := 0; from < len(values); from += decodedAtOnce { // what one step reads stays in the cache for the next
			to := min(from+decodedAtOnce, len(values))
			for n, column := range index {
				part[n] = column[from:to]
			}
			s.add(values[from:to], part)
			t.addEnds(s.ends, s.modes, nil, part, values[from:to])
		}
	}
}

// add takes up values of cells.
func (s *survey) add(values []float64, index [][]int32) {
	low, high, sum, first := s.low, s.high, s.sum, s.first
	for _, v := range values {
		sum += v - first
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	s.low, s.high, s.sum = low, high, sum
	for n, column := range index {
		met := s.met[n]
		for _, i := range column {
			met[i] = true
		}
	}
}

// Range is the least and the greatest known value, ±∞ the wrong way round for none.
func (t *Table) Range() (low, high float64) { return t.survey.low, t.survey.high }

// Moments returns the mean and the population standard deviation of the known values (0, 0 for none).
func (t *Table) Moments() (mean, deviation float64) {
	known := t.Known()
	if known == 0 {
		return 0, 0
	}
	mean = t.survey.first + t.survey.sum/float64(known)
	var squares float64
	for values := range t.cells.values() {
		for _, v := range values {
			squares += float64((v - mean) * (v - mean))
		}
	}
	return mean, math.Sqrt(squares / float64(known))
}

// Constant tells that all observed values are equal: there is nothing to learn from them.
func (t *Table) Constant() bool {
	low, high := t.Range()
	return low >= high
}

// EmptyIndex is an index of a mode that has no observed cell at all.
type EmptyIndex struct{ Mode, Index int }

// Unobserved lists the indices that have no observed cell. What is filled there can only come from the other modes.
func (t *Table) Unobserved() (empty []EmptyIndex) {
	for n, met := range t.survey.met {
		for i, has := range met {
			if !has {
				empty = append(empty, EmptyIndex{n, i})
			}
		}
	}
	return empty
}

// arrayCells are the cells of an array, which are decoded whenever they are asked for.
type arrayCells struct {
	elements
	numbers  *numbers
	modes    []tensor.Mode
	original [][]int32 // by mode: the place in memory of every index; nil for the index itself
	observed int
	gaps     int
	list     func() [][]int32 // lists the gaps in the order of the file; nil: in that of the array

	snapshot func() (decode decoder, end func()) // decodes until end; nil where decode does for ever
	release  func()                              // is called when all cells are in memory; or nil
	once     sync.Once
	held     atomic.Pointer[heldCells] // nil until then
}

// source is what decodes the cells until end is called; nil where they are in memory instead.
func (a *arrayCells) source() (decode decoder, end func()) {
	if a.snapshot != nil {
		return a.snapshot()
	}
	return a.decode, func() {}
}

func (a *arrayCells) name(modes []tensor.Mode, original [][]int32) {
	a.modes, a.original = modes, original
}

func (a *arrayCells) count() (observed, gaps int) { return a.observed, a.gaps }

// decodedAtOnce is about how many cells of an array are decoded at a time.
const decodedAtOnce = 1 << 12

func (a *arrayCells) each() iter.Seq2[[][]int32, []float64] {
	return func(yield func([][]int32, []float64) bool) { a.decodeInOrder(true, yield) }
}

func (a *arrayCells) values() iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		a.decodeInOrder(false, func(_ [][]int32, values []float64) bool { return yield(values) })
	}
}

// decodeInOrder yields the observed cells in canonical order, with coordinates or without.
func (a *arrayCells) decodeInOrder(coordinates bool, yield func(index [][]int32, values []float64) bool) {
	decode, end := a.source()
	defer end()
	if decode == nil {
		for index, values := range a.held.Load().each() {
			yield(index, values)
		}
		return
	}
	last := len(a.modes) - 1
	length := len(a.modes[last].Labels)
	line, numbers := make([]float64, length), a.numbers.fork()
	room, count := decodedAtOnce+length, 0
	all, values := make([][]int32, len(a.modes)), make([]float64, room)
	var index [][]int32
	if coordinates {
		index = make([][]int32, len(a.modes))
		for n := range all {
			all[n] = make([]int32, room)
		}
	} else {
		all[last] = make([]int32, room)
	}
	deliver := func() bool {
		for n := range index {
			index[n] = all[n][:count]
		}
		return yield(index, values[:count])
	}
	for cell, position := range a.linesInOrder() {
		decode(line, position, a.strides[last])
		more := 0
		out, places := values[count:][:length], all[last][count:][:length]
		if a.original[last] == nil && len(numbers.missing) == 0 {
			for i, v := range line {
				out[more], places[more] = v, int32(i)
				if v == v {
					more++
				}
			}
		} else {
			for i := range line {
				v := line[i]
				if a.original[last] != nil {
					v = line[a.original[last][i]]
				}
				if out[more], places[more] = v, int32(i); !numbers.isMissing(v) {
					more++
				}
			}
		}
		if coordinates {
			for n, i := range cell[:last] {
				same := all[n][count:][:more]
				for k := range same {
					same[k] = i
				}
			}
		}
		if count += more; count >= decodedAtOnce {
			if !deliver() {
				return
			}
			count = 0
		}
	}
	if count > 0 {
		deliver()
	}
}

// linesInOrder yields the lines along the last mode in canonical order, and where they begin in memory. The slice is reused.
func (a *arrayCells) linesInOrder() iter.Seq2[[]int32, int] {
	return func(yield func([]int32, int) bool) {
		cell, last := make([]int32, len(a.modes)), len(a.modes)-1
		for {
			position := 0
			for n, i := range cell[:last] {
				if a.original[n] != nil {
					i = a.original[n][i]
				}
				position += int(i) * a.strides[n]
			}
			if !yield(cell, position) || !advance(cell[:last], a.modes[:last]) {
				return
			}
		}
	}
}

func (a *arrayCells) whole() (*tensor.Observed, [][]int32) {
	a.once.Do(a.gather)
	return a.held.Load().whole()
}

// gather puts all cells in memory.
func (a *arrayCells) gather() {
	o := &tensor.Observed{Modes: a.modes, Index: make([][]int32, len(a.modes)), Values: column[float64](a.observed)}
	for n := range o.Index {
		o.Index[n] = column[int32](a.observed)
	}
	for index, values := range a.each() {
		o.Values = append(o.Values, values...)
		for n, coordinates := range index {
			o.Index[n] = append(o.Index[n], coordinates...)
		}
	}
	a.held.Store(&heldCells{o, a.listed()})
	if a.release != nil {
		a.release()
	}
}

// listed are the gaps in the order of the file.
func (a *arrayCells) listed() [][]int32 {
	if a.list != nil {
		return a.list()
	}
	return a.listGaps()
}

// places are the numbers of the indices of mode n by their place in memory; nil where these are the same.
func (a *arrayCells) places(n int) []int32 {
	if a.original[n] == nil {
		return nil
	}
	places := make([]int32, len(a.original[n]))
	for i, k := range a.original[n] {
		places[k] = int32(i)
	}
	return places
}

func (a *arrayCells) eachGap() iter.Seq[[][]int32] {
	_, gaps := a.whole()
	return (&heldCells{gaps: gaps}).eachGap()
}

// listGaps lists the gaps in the order in which they lie in the array.
func (a *arrayCells) listGaps() [][]int32 {
	decode, end := a.source()
	defer end()
	last, numbers := len(a.modes)-1, a.numbers.fork()
	gaps, place := make([][]int32, len(a.modes)), make([][]int32, len(a.modes))
	for n := range gaps {
		gaps[n], place[n] = column[int32](a.gaps), a.places(n)
	}
	if a.gaps == 0 {
		return gaps
	}
	line := make([]float64, len(a.modes[last].Labels))
	a.eachLine(func(cell []int32, position int) error {
		decode(line, position, a.strides[last])
		for k, v := range line {
			if !numbers.isMissing(v) {
				continue
			}
			cell[last] = int32(k)
			for n, i := range cell {
				if place[n] != nil {
					i = place[n][i]
				}
				gaps[n] = append(gaps[n], i)
			}
		}
		cell[last] = 0
		return nil
	})
	return gaps
}
