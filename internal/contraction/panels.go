package contraction

import (
	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// halves evaluates the cells as W[c] = ⟨P[p], Q[q]⟩, where P and Q hold the products of each half of the modes, one row
// for every half coordinate that occurs, so that cells share them. Work goes tile by tile of blocks, so
// that the rows of one side stay in cache while those of the other pass through registers.
type halves[T kernel.Float] struct {
	blocks, threads int
	side            [2]*half[T]
	order           [2]order
	tiles           []tile // of predictions
	backward        []tile // of gradients
	chunks          []int  // bounds of ranges of tiles; each range keeps predictions of its own
	width           int    // numbers in the predictions of a range

	scratch []scratch[T]
	partial []T    // predictions by range
	total   []T    // their sums, in the order of side 0
	sorted  [2][]T // residuals in the order of each side

	v, g                                            [][]T
	pred                                            []T
	residual                                        Residuals[T]
	predictRange, gradientTile, sumRange, sortRange func(worker, i int)
}

// tile is a range of blocks: a few lane groups.
type tile struct{ first, lanes int }

// clearTile zeroes the tile's columns of a factor.
func clearTile[T kernel.Float](factor []T, t tile, blocks int) {
	for i := t.first; i < len(factor); i += blocks {
		clear(factor[i : i+t.lanes])
	}
}

// scratch belongs to one thread.
type scratch[T kernel.Float] struct {
	panels [2]panels[T]
	dots   []T
}

// share keeps the deepest products of both sides in the same memory, of which only one is needed at a time, so that
// they stay in the cache. A side of one level is needed with the other.
func (s *scratch[T]) share() {
	p, q := &s.panels[0], &s.panels[1]
	if len(p.product) == 1 || len(q.product) == 1 {
		return
	}
	if len(p.deepest()) < len(q.deepest()) {
		p, q = q, p
	}
	q.product[len(q.product)-1] = p.deepest()[:len(q.deepest())]
}

// maxChunks bounds the number of partial predictions, and so the threads that Predict can use.
const maxChunks = 16

// piece is how many cells a thread takes at a time where work is divided by cells.
const piece = 512

func cut(blocks, lanes int) []tile {
	var tiles []tile
	for first := 0; first < blocks; first += lanes {
		tiles = append(tiles, tile{first, min(lanes, blocks-first)})
	}
	return tiles
}

func newHalves[T kernel.Float](
	shape []int, index [][]int32, blocks, threads int, split [2][]int, lanes int,
) *halves[T] {
	h := &halves[T]{
		blocks: blocks, threads: threads,
		tiles: cut(blocks, lanes), backward: cut(blocks, min(lanes, kernel.SumLanes[T]())),
	}
	cells := len(index[0])
	var row [2][]int32
	for s, modes := range split {
		h.side[s], row[s] = newHalf[T](shape, modes, index)
	}
	for s := range h.side {
		h.order[s] = newOrder(row[s], row[1-s], h.side[s].rows(), h.side[1-s].rows())
		h.sorted[s] = make([]T, cells)
	}
	chunks := min(len(h.tiles), maxChunks)
	for i := range chunks + 1 {
		h.chunks = append(h.chunks, i*len(h.tiles)/chunks)
	}
	h.width = (cells + 3 + kernel.Lanes - 1) &^ (kernel.Lanes - 1)
	h.partial = kernel.Make[T](chunks * h.width)
	h.total = kernel.Make[T](cells)
	for range max(1, min(threads, len(h.backward))) {
		s := scratch[T]{panels: [2]panels[T]{h.side[0].newPanels(lanes, false), h.side[1].newPanels(lanes, false)}}
		s.share()
		if len(h.tiles) > chunks {
			s.dots = kernel.Make[T](h.width)
		}
		h.scratch = append(h.scratch, s)
	}
	h.predictRange, h.gradientTile, h.sumRange, h.sortRange = h.predictChunk, h.gradientOf, h.sum, h.sort
	return h
}

func (h *halves[T]) predict(pred []T, v [][]T) {
	h.pred, h.v = pred, v
	parallel.Workers(h.threads, len(h.chunks)-1, h.predictRange)
	parallel.Workers(h.threads, (len(pred)+piece-1)/piece, h.sumRange)
}

func (h *halves[T]) predictChunk(worker, i int) {
	s, o := &h.scratch[worker], &h.order[0]
	out := h.partial[i*h.width:][:h.width]
	for k, t := range h.tiles[h.chunks[i]:h.chunks[i+1]] {
		dots := out
		if k > 0 {
			dots = s.dots
		}
		p, q := &s.panels[0], &s.panels[1]
		h.side[1].expand(q, 0, len(h.side[1].levels), h.v, t, h.blocks)
		h.side[0].expand(p, 0, h.side[0].inner(), h.v, t, h.blocks)
		h.side[0].dots(p, dots, h.v, o, q.deepest(), t, h.blocks)
		if k == 0 {
			continue
		}
		for c, dot := range s.dots {
			out[c] += dot
		}
	}
}

func (h *halves[T]) sum(_, i int) {
	first, end := i*piece, min((i+1)*piece, len(h.pred))
	out := h.total[first:end]
	if h.order[0].same {
		out = h.pred[first:end]
	}
	kernel.SumRows(out, h.partial[first:], len(h.chunks)-1, len(out), h.width)
	if !h.order[0].same {
		for k, c := range h.order[0].cell[first:end] {
			h.pred[c] = out[k]
		}
	}
}

func (h *halves[T]) gradient(g [][]T, residual Residuals[T], v [][]T) {
	h.g, h.residual, h.v = g, residual, v
	parallel.Workers(h.threads, 2*((len(h.total)+piece-1)/piece), h.sortRange)
	parallel.Workers(h.threads, len(h.backward), h.gradientTile)
}

func (h *halves[T]) sort(_, i int) {
	first, end := i/2*piece, min((i/2+1)*piece, len(h.total))
	h.residual(h.sorted[i%2][first:end], h.order[i%2].cell[first:end])
}

func (h *halves[T]) gradientOf(worker, i int) {
	s, t := &h.scratch[worker], h.backward[i]
	// The products of one side are all that must stay in cache while the other side's gradients are summed.
	h.side[0].expand(&s.panels[0], 0, h.side[0].inner(), h.v, t, h.blocks)
	for side, half := range h.side {
		other, panels := h.side[1-side], &s.panels[1-side]
		first := 0
		if side == 1 {
			first = other.inner()
		}
		other.expand(panels, first, len(other.levels), h.v, t, h.blocks)
		half.fold(&s.panels[side], h.g, h.v, &h.order[side], h.sorted[side], panels.deepest(), t, h.blocks)
	}
}
