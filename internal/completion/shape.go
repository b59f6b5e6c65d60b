package completion

import (
	"math"
	"slices"
	"sort"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// shape is what is learnt of the gaps: around each of some cells to be filled, what is not known either. Known cells
// that are hidden in the same shapes measure what the gaps ask for.
type shape struct {
	cells *tensor.Observed
	sizes tensor.Shape
	known margins
	gaps  [][]int32
	// void[g] are the positions of the smallest subsets of modes whose tuple at gap g has no known cell; whole alone where
	// there is none.
	void    [][]int
	runs    [][]bool       // runs[at][n]: voids of that subset come in stretches along mode n
	lists   map[int]tuples // of the subsets that were asked for
	order   [][]int32      // [n]: 0, 1, 2 …
	sampled bool           // there are more gaps than these
	most    int            // cells that are hidden in the shapes of gaps, altogether; 0: no bound
}

// whole is the position that stands for all modes: the tuple is the cell itself.
func (s *shape) whole() int { return len(s.known.subsets) }

func newShape(o *tensor.Observed, gaps [][]int32, seed uint64) *shape {
	s := &shape{cells: o, sizes: o.Shape(), gaps: gaps, known: newMargins(o.Shape(), o.Index)}
	s.lists = map[int]tuples{}
	for _, d := range s.sizes {
		s.order = append(s.order, identity(d))
	}
	for _, gap := range gaps {
		s.void = append(s.void, s.voidAt(gap))
	}
	s.findRuns(rng.New(seed, "runs"))
	return s
}

// voidAt lists the smallest subsets of the modes whose tuple at a cell has no known cell, and all modes where there is
// none.
func (s *shape) voidAt(cell []int32) []int { return s.voidBeyond(cell, 0) }

// voidBeyond is voidAt where so many of the known cells of every tuple do not count.
func (s *shape) voidBeyond(cell []int32, known int32) (void []int) {
	covered := func(mask int) bool {
		for _, at := range void {
			if m := s.known.subsets[at].mask; m&mask == m {
				return true
			}
		}
		return false
	}
	for at := range s.known.subsets {
		sub := &s.known.subsets[at]
		if sub.count(sub.key(cell)) <= known && !covered(sub.mask) {
			void = append(void, at)
		}
	}
	if void == nil {
		void = []int{s.whole()}
	}
	return void
}

// empty reports whether nothing is known of the tuple that a cell has in a subset of modes, but something of its tuples in
// every part of them: where nothing is known of a part, as of land in every frame of the sea, another gap begins.
func (s *shape) empty(at int, cell []int32) bool {
	mask := 1<<len(s.sizes) - 1
	if at == s.whole() {
		if _, known := find(s.cells, cell); known {
			return false
		}
	} else {
		sub := &s.known.subsets[at]
		if mask = sub.mask; sub.count(sub.key(cell)) > 0 {
			return false
		}
	}
	for k := range s.known.subsets[:at] {
		part := &s.known.subsets[k]
		if part.mask&mask == part.mask && part.count(part.key(cell)) == 0 {
			return false
		}
	}
	return true
}

func (s *shape) modes(at int) (modes []int) {
	if at < s.whole() {
		return s.known.subsets[at].modes
	}
	for n := range s.sizes {
		modes = append(modes, n)
	}
	return modes
}

// extent is how far a gap goes along a mode before something is known, in an order of the mode's indices and its inverse.
func (s *shape) extent(at int, cell []int32, n int, order, rank []int32) (left, right int) {
	next := append([]int32(nil), cell...)
	walk := func(step int) (count int) {
		for k := int(rank[cell[n]]) + step; k >= 0 && k < s.sizes[n]; k += step {
			if next[n] = order[k]; !s.empty(at, next) {
				break
			}
			count++
		}
		return count
	}
	return walk(-1), walk(1)
}

// findRuns tells for every subset of modes along which of them gaps come in stretches: where they go on further from
// index to index than in a random order of the indices.
func (s *shape) findRuns(stream *rng.Stream) {
	const some, clearly = 300, 1.5
	s.runs = make([][]bool, s.whole()+1)
	for at := range s.runs {
		s.runs[at] = make([]bool, len(s.sizes))
		for _, n := range s.modes(at) {
			order, shuffled := s.order[n], identity(s.sizes[n])
			stream.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			rank := inverse(shuffled)
			var there, shuffledThere, count int
			for g, void := range s.void {
				if count == some {
					break
				}
				for _, v := range void {
					if v == at {
						l, r := s.extent(at, s.gaps[g], n, order, order)
						there += l + r
						l, r = s.extent(at, s.gaps[g], n, shuffled, rank)
						shuffledThere += l + r
						count++
					}
				}
			}
			s.runs[at][n] = count > 0 && float64(there) > float64(clearly*float64(shuffledThere))+float64(0.25*float64(count))
		}
	}
}

func identity(d int) []int32 {
	order := make([]int32, d)
	for i := range order {
		order[i] = int32(i)
	}
	return order
}

func inverse(order []int32) []int32 {
	rank := make([]int32, len(order))
	for k, i := range order {
		rank[i] = int32(k)
	}
	return rank
}

// box is the tuples around a gap that are void like its own, within the stretches along the modes that have them.
type box struct {
	at     int
	modes  []int     // along which it is longer than one index
	tuples [][]int32 // indices beside the gap's, of these modes
	own    int       // so many of the tuples are the gap's; the others lengthen it beyond the ends of a mode
}

const longestBox = 100_000 // tuples

func (s *shape) boxAt(at int, cell []int32) box {
	b := box{at: at}
	var low, high []int
	size := 1
	for _, n := range s.modes(at) {
		if !s.runs[at][n] {
			continue
		}
		left, right := s.extent(at, cell, n, s.order[n], s.order[n])
		if left+right == 0 || size*(left+right+1) > longestBox {
			continue
		}
		size *= left + right + 1
		b.modes, low, high = append(b.modes, n), append(low, -left), append(high, right)
	}
	offset, next := slices.Clone(low), slices.Clone(cell)
	for more := true; more; {
		tuple := make([]int32, len(b.modes))
		for k, n := range b.modes {
			tuple[k] = int32(offset[k])
			next[n] = cell[n] + tuple[k]
		}
		if s.empty(at, next) {
			b.tuples = append(b.tuples, tuple)
		}
		more = false
		for k := len(offset) - 1; k >= 0; k-- {
			if offset[k]++; offset[k] <= high[k] {
				more = true
				break
			}
			offset[k] = low[k]
		}
	}
	b.own = len(b.tuples)
	for k, n := range b.modes {
		if int(cell[n])+low[k] == 0 {
			b.extrude(k, int32(low[k]), -1, s.sizes[n])
		}
		if int(cell[n])+high[k] == s.sizes[n]-1 {
			b.extrude(k, int32(high[k]), 1, s.sizes[n])
		}
	}
	return b
}

// extrude lengthens a box that reaches the end of a mode, so that a copy of it reaches that end too.
func (b *box) extrude(k int, end, step int32, size int) {
	for _, tuple := range b.tuples {
		if tuple[k] != end {
			continue
		}
		for i := int32(1); i < int32(size) && len(b.tuples) < longestBox; i++ {
			further := slices.Clone(tuple)
			further[k] += step * i
			b.tuples = append(b.tuples, further)
		}
	}
}

// number is a key of a cell's tuple in a subset of modes.
func (s *shape) number(at int, cell []int32) (key uint64) {
	for _, n := range s.modes(at) {
		key = key*uint64(s.sizes[n]) + uint64(cell[n])
	}
	return key*uint64(len(s.runs)) + uint64(at)
}

// withTuple lists the known cells that have a cell's tuple of indices in a subset of modes.
func (s *shape) withTuple(at int, cell []int32) []int32 {
	if at == s.whole() {
		if c, known := find(s.cells, cell); known {
			return []int32{int32(c)}
		}
		return nil
	}
	sub := &s.known.subsets[at]
	list, known := s.lists[at]
	if !known {
		list = newTuples(sub, s.cells, s.sizes)
		s.lists[at] = list
	}
	return list.cells(s.cells, sub, cell)
}

// tuples are the positions of all known cells, sorted by the indices that they have in a subset of modes.
type tuples []int32

func newTuples(sub *subset, o *tensor.Observed, sizes tensor.Shape) tuples {
	order := identity(o.Len())
	column, next := make([]int32, o.Len()), make([]int32, o.Len())
	for _, n := range sub.modes { // the last one counts most
		for k, c := range order {
			column[k] = o.Index[n][c]
		}
		positions, _ := tensor.SortByIndex(column, sizes[n])
		for k, p := range positions {
			next[k] = order[p]
		}
		order, next = next, order
	}
	return order
}

// cells lists those with a cell's tuple, in the order of the table.
func (t tuples) cells(o *tensor.Observed, sub *subset, cell []int32) []int32 {
	begin, end := t.span(o, sub, cell)
	return t[begin:end:end]
}

// span is where those with a cell's tuple begin and end.
func (t tuples) span(o *tensor.Observed, sub *subset, cell []int32) (begin, end int) {
	compare := func(k int) int {
		for _, n := range slices.Backward(sub.modes) {
			if d := o.Index[n][t[k]] - cell[n]; d != 0 {
				return int(d)
			}
		}
		return 0
	}
	begin = sort.Search(len(t), func(k int) bool { return compare(k) >= 0 })
	return begin, begin + sort.Search(len(t)-begin, func(k int) bool { return compare(begin+k) > 0 })
}

// carry lists the known cells that a copy of boxes around another cell covers, each once, and tells whether the copy
// lies within the tensor.
func (s *shape) carry(boxes []box, to []int32) (hidden []int32, whole bool) {
	whole = true
	for _, b := range boxes {
		listed, fits := s.cover(b, to)
		hidden = append(hidden, listed...)
		whole = whole && fits
	}
	if len(boxes) > 1 {
		slices.Sort(hidden)
		hidden = slices.Compact(hidden)
	}
	return hidden, whole
}

func (s *shape) cover(b box, to []int32) (hidden []int32, fits bool) {
	next := slices.Clone(to)
	fits = true
	for i, tuple := range b.tuples {
		inside := true
		for k, n := range b.modes {
			next[n] = to[n] + tuple[k]
			inside = inside && next[n] >= 0 && int(next[n]) < s.sizes[n]
		}
		if inside {
			hidden = append(hidden, s.withTuple(b.at, next)...)
		} else if i < b.own {
			fits = false
		}
	}
	return hidden, fits
}

// support is how many known cells share the indices of a cell in every subset of modes, when some are hidden.
func (s *shape) support(cell []int32, hidden []int32) []float64 {
	counts := make([]float64, s.whole())
	for at := range s.known.subsets {
		sub := &s.known.subsets[at]
		key := sub.key(cell)
		count := sub.count(key)
		for _, c := range hidden {
			if sub.keyAt(s.cells.Index, int(c)) == key {
				count--
			}
		}
		counts[at] = float64(count)
	}
	return counts
}

// shaped is the share of the gaps that have a shape, a void beyond the cell itself, beside the share of known cells that
// would have one if they were not known: in a sparse table there are voids by chance.
func (s *shape) shaped() float64 {
	const some = 2000 // known cells
	var gaps, known, count float64
	for g, cell := range s.gaps {
		if s.hasShape(cell, s.void[g]) {
			gaps += 1 / float64(len(s.gaps))
		}
	}
	for c := 0; c < s.cells.Len(); c += 1 + s.cells.Len()/some {
		cell := s.cells.Cell(c)
		count++
		if s.hasShape(cell, s.voidBeyond(cell, 1)) {
			known++
		}
	}
	return math.Max(0, gaps-known/count)
}

// scattered reports whether few gaps have a shape.
func (s *shape) scattered() bool {
	const few = 0.1
	return s.shaped() < few
}

func (s *shape) hasShape(cell []int32, void []int) bool {
	for _, at := range void {
		if at < s.whole() {
			return true
		}
		for _, n := range s.modes(at) {
			if s.runs[at][n] {
				if left, right := s.extent(at, cell, n, s.order[n], s.order[n]); left+right > 0 {
					return true
				}
			}
		}
	}
	return false
}
