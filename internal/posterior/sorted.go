package posterior

import "lacuna/tensor"

// Sorted is the cells of a table, once for every mode in the order of its indices, so that drawing a factor reads them
// one after another. Chains on the same cells share it; nothing changes it.
type Sorted struct{ modes []sortedMode }

// sortedMode is the cells by one mode: those from starts[i] to starts[i+1] have index i.
type sortedMode struct {
	starts  []int
	ordered bool          // the table is in this order already
	place   []int32       // of every cell of the table; nil: found by counting
	counts  []int32       // where place is nil: the next place of every index at the first cell of every part
	others  []coordinates // others[m] are the cells' coordinates in mode m; none for the mode itself
}

// coordinates of cells in one mode, of 16 bits where its size allows.
type coordinates struct {
	narrow []uint16
	wide   []int32
}

// at returns those from begin to end, in out where they have to be widened.
func (c coordinates) at(begin, end int, out []int32) []int32 {
	if c.narrow == nil {
		return c.wide[begin:end]
	}
	out = out[:end-begin]
	for k, i := range c.narrow[begin:end] {
		out[k] = int32(i)
	}
	return out
}

const (
	narrowSize   = 1 << 16 // of a mode whose indices have 16 bits
	countedCells = 256     // an index, from which counting takes less memory than places
)

// Sort sorts the cells of a table of N modes. For every mode but one whose order the cells have already, as those of
// [tensor.NewObserved] have that of the first, it takes 2(N−1) bytes a cell, 2 more for every other mode of more than 65,536
// indices, and 4 more where the cells are fewer than 256 times its indices.
func Sort(cells *tensor.Observed) *Sorted {
	s := &Sorted{}
	for n, d := range cells.Shape() {
		m := newSortedMode(cells.Index[n], d)
		m.others = make([]coordinates, len(cells.Index))
		for k, column := range cells.Index {
			switch {
			case k == n:
			case m.ordered:
				m.others[k].wide = column
			case len(cells.Modes[k].Labels) <= narrowSize:
				narrow := make([]uint16, len(column))
				m.eachPlace(cells.Index[n], func(c int, place int32) { narrow[place] = uint16(column[c]) })
				m.others[k].narrow = narrow
			default:
				wide := make([]int32, len(column))
				m.eachPlace(cells.Index[n], func(c int, place int32) { wide[place] = column[c] })
				m.others[k].wide = wide
			}
		}
		s.modes = append(s.modes, m)
	}
	return s
}

// newSortedMode finds where cells with these coordinates below d lie when sorted by them, equal ones in the order of the
// table.
func newSortedMode(column []int32, d int) (m sortedMode) {
	m.starts, m.ordered = make([]int, d+1), true
	for c, i := range column {
		m.starts[i+1]++
		m.ordered = m.ordered && (c == 0 || column[c-1] <= i)
	}
	for i := range d {
		m.starts[i+1] += m.starts[i]
	}
	if m.ordered {
		return m
	}
	next := m.firstPlaces()
	if len(column) < countedCells*d {
		m.place = make([]int32, len(column))
		for c, i := range column {
			m.place[c] = next[i]
			next[i]++
		}
		return m
	}
	for p := range parts {
		m.counts = append(m.counts, next...)
		for _, i := range column[partStart(p, len(column)):partStart(p+1, len(column))] {
			next[i]++
		}
	}
	return m
}

func (m *sortedMode) firstPlaces() []int32 {
	next := make([]int32, len(m.starts)-1)
	for i := range next {
		next[i] = int32(m.starts[i])
	}
	return next
}

// eachPlace calls body with the place of every cell, in the order of the table. It is for a mode whose coordinates column has.
func (m *sortedMode) eachPlace(column []int32, body func(c int, place int32)) {
	if m.ordered {
		for c := range column {
			body(c, int32(c))
		}
		return
	}
	next := m.firstPlaces()
	for c, i := range column {
		body(c, next[i])
		next[i]++
	}
}

// places calls body with the places of the cells of a part, some at a time, the first of which it tells.
func (m *sortedMode) places(column []int32, part int, s *rowScratch, body func(first int, place []int32)) {
	begin, end := partStart(part, len(column)), partStart(part+1, len(column))
	if m.place != nil {
		body(begin, m.place[begin:end])
		return
	}
	d := len(m.starts) - 1
	next := s.next[:d]
	copy(next, m.counts[part*d:])
	for begin < end {
		some := column[begin:min(begin+chunk, end)]
		place := s.places[:len(some)]
		for k, i := range some {
			place[k] = next[i]
			next[i]++
		}
		body(begin, place)
		begin += len(some)
	}
}
