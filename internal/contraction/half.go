package contraction

import (
	"slices"

	"lacuna/internal/kernel"
)

// half is one side of a split of the modes: its modes, and the distinct coordinates in them that occur
// among the observed cells, as a tree. Level 0 holds the distinct indices of the first mode in ascending order; a
// row of level l extends its parent, a row of level l−1, by one index of the l-th mode.
type half struct {
	modes  []int
	levels []level
	bounds []int // batches of the deepest level
	batch  int   // rows in the largest batch
}

type level struct {
	start []int32 // children of parent u are start[u] … start[u+1]−1; nil for level 0
	at    []int32 // index of every row in the level's mode
}

func (l *level) rows() int { return len(l.at) }

// newHalf builds the tree and returns the deepest row of every cell.
func newHalf(shape, modes []int, index [][]int32) (*half, []int32) {
	cells := len(index[0])
	h := &half{modes: modes}
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
	h.bounds, h.batch = h.batches()
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

func (h *half) rows() int { return h.levels[len(h.levels)-1].rows() }

// batchRows is how many rows of the deepest gradient are summed before they are folded into their parents: few enough to
// stay in the L1 cache beside a panel, enough to make the calls cheap.
const batchRows = 16

// batches cuts the parents of the deepest level (or the rows, if there is one level) into ranges of at
// most batchRows rows, unless one parent alone has more. It returns the boundaries and the most rows in a range.
func (h *half) batches() (bounds []int, most int) {
	last := &h.levels[len(h.levels)-1]
	n, end := last.rows(), func(i int) int { return i }
	if last.start != nil {
		n, end = len(last.start)-1, func(i int) int { return int(last.start[i]) }
	}
	bounds = []int{0}
	for i := 0; i < n; {
		j := i + 1
		for j < n && end(j+1)-end(i) <= batchRows {
			j++
		}
		most = max(most, end(j)-end(i))
		bounds = append(bounds, j)
		i = j
	}
	return bounds, most
}

// panels are the half products of one tile, and their gradients: a matrix of rows×lanes for every level. Of
// the deepest gradient only one batch exists at a time.
type panels struct {
	product, gradient [][]float64
}

func (h *half) newPanels(lanes int) panels {
	var p panels
	for l := range h.levels {
		rows := h.levels[l].rows()
		p.product = append(p.product, kernel.Make(rows*lanes))
		if l == len(h.levels)-1 {
			rows = h.batch
		}
		p.gradient = append(p.gradient, kernel.Make(rows*lanes))
	}
	return p
}

func (p *panels) deepest() []float64 { return p.product[len(p.product)-1] }

// expand fills the products of a tile from the factors v, whose rows are blocks apart.
func (h *half) expand(p *panels, v [][]float64, t tile, blocks int) {
	for k, i := range h.levels[0].at {
		copy(p.product[0][k*t.lanes:][:t.lanes], v[h.modes[0]][int(i)*blocks+t.first:])
	}
	for l := 1; l < len(h.levels); l++ {
		level := &h.levels[l]
		kernel.Expand(p.product[l], p.product[l-1], v[h.modes[l]][t.first:], level.start, level.at, t.lanes, blocks)
	}
}

// order lists the observed cells by the rows of one half: the cells of row u are start[u] … start[u+1]−1, and at
// is their row in the other half, with three rows to spare. cell is where the caller keeps them; nil if in the same order.
type order struct {
	start, at, cell []int32
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
	if same {
		cell = nil
	}
	return order{start: start, at: at, cell: cell}
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

// gather sets out[k] = values[cell of k] for first ≤ k < end.
func (o *order) gather(out, values []float64, first, end int) {
	if o.cell == nil {
		copy(out[first:end], values[first:end])
		return
	}
	for k, c := range o.cell[first:end] {
		out[first+k] = values[c]
	}
}

// fold sets the tile's columns of g for the modes of this half: s are the residuals by the half's order o, and
// other the half products of the other side.
func (h *half) fold(p *panels, g, v [][]float64, o *order, s, other []float64, t tile, blocks int) {
	for _, n := range h.modes {
		for i := t.first; i < len(g[n]); i += blocks {
			clear(g[n][i : i+t.lanes])
		}
	}
	last := len(h.levels) - 1
	level, sums := &h.levels[last], p.gradient[last]
	for b := range len(h.bounds) - 1 {
		first, end := h.bounds[b], h.bounds[b+1]
		row, rowEnd := first, end
		if last > 0 {
			row, rowEnd = int(level.start[first]), int(level.start[end])
		}
		item := o.start[row]
		kernel.RowSums(sums, other, s[item:], o.start[row:rowEnd+1], o.at[item:], t.lanes)
		if last == 0 {
			h.store(g, sums, level.at[row:rowEnd], t, blocks)
			continue
		}
		n := h.modes[last]
		kernel.Fold(p.gradient[last-1][first*t.lanes:], g[n][t.first:], sums, p.product[last-1][first*t.lanes:], v[n][t.first:],
			level.start[first:end+1], level.at[row:], t.lanes, blocks)
	}
	for l := last - 1; l > 0; l-- {
		level, n := &h.levels[l], h.modes[l]
		kernel.Fold(p.gradient[l-1], g[n][t.first:], p.gradient[l], p.product[l-1], v[n][t.first:],
			level.start, level.at, t.lanes, blocks)
	}
	if last > 0 {
		h.store(g, p.gradient[0], h.levels[0].at, t, blocks)
	}
}

func (h *half) store(g [][]float64, rows []float64, at []int32, t tile, blocks int) {
	for k, i := range at {
		copy(g[h.modes[0]][int(i)*blocks+t.first:][:t.lanes], rows[k*t.lanes:])
	}
}
