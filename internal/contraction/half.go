package contraction

import (
	"slices"

	"lacuna/internal/kernel"
)

// half is one side of a split of the modes: its modes, and the distinct coordinates in them that occur
// among the observed cells, as a tree. Level 0 holds the distinct indices of the first mode in ascending order; a
// row of level l extends its parent, a row of level l−1, by one index of the l-th mode.
type half[T kernel.Float] struct {
	modes  []int
	levels []level
	root   [2]int32 // run table of level 0, whose rows have one parent:
	ones   []T      // a row of ones
}

type level struct {
	start []int32 // children of parent u are start[u] … start[u+1]−1; nil for level 0
	at    []int32 // index of every row in the level's mode
}

func (l *level) rows() int { return len(l.at) }

// newHalf builds the tree and returns the deepest row of every cell.
func newHalf[T kernel.Float](shape, modes []int, index [][]int32) (*half[T], []int32) {
	cells := len(index[0])
	h := &half[T]{modes: modes}
	row := make([]int32, cells)
	parents := 1
	for l, n := range modes {
		d := shape[n]
		keys := make([]int64, cells)
		for c, i := range index[n] {
			keys[c] = int64(row[c])*int64(d) + int64(i)
		}
		distinct := rank(keys, int64(parents)*int64(d), row)
		v := level{at: make([]int32, len(distinct))}
		if l > 0 {
			v.start = make([]int32, parents+1)
		}
		for k, key := range distinct {
			v.at[k] = int32(key % int64(d))
			if l > 0 {
				v.start[key/int64(d)+1]++
			}
		}
		for u := 1; u < len(v.start); u++ {
			v.start[u] += v.start[u-1]
		}
		h.levels = append(h.levels, v)
		parents = len(distinct)
	}
	h.root = [2]int32{0, int32(h.levels[0].rows())}
	h.ones = slices.Repeat([]T{1}, kernel.MaxLanes[T]())
	return h, row
}

// rank returns the distinct keys in ascending order and sets row[c] to the position of keys[c] among them. Keys are
// below limit.
func rank(keys []int64, limit int64, row []int32) []int64 {
	if limit <= 4*int64(len(keys))+1<<16 {
		position := make([]int32, limit)
		for _, key := range keys {
			position[key] = 1
		}
		var distinct []int64
		for key, present := range position {
			if present != 0 {
				position[key] = int32(len(distinct))
				distinct = append(distinct, int64(key))
			}
		}
		for c, key := range keys {
			row[c] = position[key]
		}
		return distinct
	}
	distinct := slices.Clone(keys)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for c, key := range keys {
		at, _ := slices.BinarySearch(distinct, key)
		row[c] = int32(at)
	}
	return distinct
}

func (h *half[T]) rows() int { return h.levels[len(h.levels)-1].rows() }

// inner is the number of levels that must be expanded for the gradient of this half itself.
func (h *half[T]) inner() int { return max(1, len(h.levels)-1) }

// panels are the half products of one tile, and their gradients: a matrix of rows×lanes for every level. The
// deepest gradient is stored if there is one level only, or if asked for.
type panels[T kernel.Float] struct {
	product, gradient [][]T
}

func (h *half[T]) newPanels(lanes int, deepest bool) panels[T] {
	var p panels[T]
	for l := range h.levels {
		rows := h.levels[l].rows()
		p.product = append(p.product, kernel.Make[T](rows*lanes))
		if deepest || l == 0 || l < len(h.levels)-1 {
			p.gradient = append(p.gradient, kernel.Make[T](rows*lanes))
		}
	}
	return p
}

func (p *panels[T]) deepest() []T { return p.product[len(p.product)-1] }

// expand fills the products of levels first to end−1 of a tile from the factors v, whose rows are blocks apart.
func (h *half[T]) expand(p *panels[T], first, end int, v [][]T, t tile, blocks int) {
	for l := first; l < end; l++ {
		level, v := &h.levels[l], v[h.modes[l]]
		if l > 0 {
			kernel.Expand(p.product[l], p.product[l-1], v[t.first:], level.start, level.at, t.lanes, blocks)
		} else {
			kernel.Expand(p.product[0], h.ones, v[t.first:], h.root[:], level.at, t.lanes, blocks)
		}
	}
}

// dots sets out to the products of every cell, in the order o of this half; all levels but the deepest are expanded,
// other are the half products of the other side.
func (h *half[T]) dots(p *panels[T], out []T, v [][]T, o *order, other []T, t tile, blocks int) {
	last := len(h.levels) - 1
	if last == 0 {
		kernel.RowDots(out, p.product[0], other, o.start, o.at, t.lanes)
		return
	}
	level := &h.levels[last]
	kernel.TreeDots(out, p.product[last-1], v[h.modes[last]][t.first:], level.start, level.at,
		other, o.start, o.at, t.lanes, blocks)
}

// order lists the observed cells by the rows of one half: the cells of row u are start[u] … start[u+1]−1, and at
// is their row in the other half, with three rows to spare. cell is where the caller keeps them; same if that
// is the same order.
type order struct {
	start, at, cell []int32
	same            bool
}

// newOrder sorts the cells by (row, other).
func newOrder(row, other []int32, rows, others int) order {
	cell := make([]int32, len(row))
	for c := range cell {
		cell[c] = int32(c)
	}
	cell, _ = sortBy(cell, other, others)
	cell, start := sortBy(cell, row, rows)
	at := make([]int32, len(cell)+3) // RowDots reads 3 more
	same := true
	for k, c := range cell {
		at[k] = other[c]
		same = same && int(c) == k
	}
	return order{start: start, at: at, cell: cell, same: same}
}

// sortBy sorts cells by key[cell] in [0, n), keeping the order of equal keys; start[u] is where key u begins.
func sortBy(cells, key []int32, n int) (sorted, start []int32) {
	start = make([]int32, n+1)
	for _, c := range cells {
		start[key[c]+1]++
	}
	for u := range n {
		start[u+1] += start[u]
	}
	next := slices.Clone(start[:n])
	sorted = make([]int32, len(cells))
	for _, c := range cells {
		sorted[next[key[c]]] = c
		next[key[c]]++
	}
	return sorted, start
}

// fold sets the tile's columns of g for the modes of this half: s are the residuals by the half's order o, other
// the half products of the other side. All levels but the deepest are expanded.
func (h *half[T]) fold(p *panels[T], g, v [][]T, o *order, s, other []T, t tile, blocks int) {
	for _, n := range h.modes {
		clearTile(g[n], t, blocks)
	}
	last := len(h.levels) - 1
	if last == 0 {
		kernel.RowSums(p.gradient[0], other, s, o.start, o.at, t.lanes)
	} else {
		level, n := &h.levels[last], h.modes[last]
		kernel.TreeSums(p.gradient[last-1], g[n][t.first:], p.product[last-1], v[n][t.first:], level.start, level.at,
			other, s, o.start, o.at, t.lanes, blocks)
	}
	h.foldUp(p, last-1, g, v, t, blocks)
}

// foldUp carries the gradient of the products of level l to the factors of levels l to 0.
func (h *half[T]) foldUp(p *panels[T], l int, g, v [][]T, t tile, blocks int) {
	for ; l > 0; l-- {
		level, n := &h.levels[l], h.modes[l]
		kernel.Fold(p.gradient[l-1], g[n][t.first:], p.gradient[l], p.product[l-1], v[n][t.first:],
			level.start, level.at, t.lanes, blocks)
	}
	for k, i := range h.levels[0].at {
		copy(g[h.modes[0]][int(i)*blocks+t.first:][:t.lanes], p.gradient[0][k*t.lanes:])
	}
}
