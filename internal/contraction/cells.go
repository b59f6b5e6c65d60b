package contraction

import (
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// cellwise evaluates every cell by itself, for sparse tensors whose cells share too little. Two inner modes are cut
// into blocks of rows; the cells are sorted by block, so that the rows of both stay in cache, and within a block
// by their row in the outer modes, which then passes through registers. The outer modes are one mode, read in
// place, or several, whose products are expanded as in a half.
type cellwise[T kernel.Float] struct {
	blocks, threads int
	inner           [2]int
	outer           int      // the outer mode, if it is one
	tree            *half[T] // the outer modes, if they are several

	spans []cellSpan
	start []int32  // cells of run u are start[u] … start[u+1]−1
	row   []int32  // outer row of run u
	cells []uint32 // inner rows within the block
	cell  []int32  // where the caller keeps the cell

	forward, backward []tile
	shared            panels[T]        // of the tree, for predictions
	scratch           []cellScratch[T] // by thread

	sorted []T // residuals in the order of work, unless there are too many

	v, g         [][]T
	pred         []T
	residual     Residuals[T]
	first, end   int // tiles of forward
	predictSpan  func(worker, i int)
	gradientTile func(worker, i int)
	sortSpan     func(worker, i int)
}

// cellSpan is a piece of one block: runs firstRun to endRun−1, whose inner rows count from base.
type cellSpan struct {
	firstRun, endRun int32
	base             [2]int32
}

type cellScratch[T kernel.Float] struct {
	panels      panels[T]
	sum, values []T
	v, g        [][]T // copies of a tile of the factors, if they are small
}

// span is the most cells in a span.
const span = 4096

// maxSorted is how many residuals are sorted once for all tiles; more are gathered for every tile anew, which needs no
// memory.
const maxSorted = 2 << 20

// maxCopy is how many bytes of factors and gradients a thread copies for a tile. A copy is contiguous: rows of a tile
// in place are blocks apart, often a power of two, and then fill only a part of the cache.
const maxCopy = 16 << 20

// cellOrder is the order of work of a cellwise plan.
type cellOrder struct {
	inner [2]int
	rows  [2]int // rows of a block, powers of two up to 65536
	lanes int    // of a tile of the gradient
}

func newCellwise[T kernel.Float](shape []int, index [][]int32, blocks, threads int, o cellOrder) *cellwise[T] {
	w := &cellwise[T]{blocks: blocks, threads: threads, inner: o.inner}
	w.forward, w.backward = cut(blocks, kernel.MaxLanes[T]()), cut(blocks, o.lanes)
	var outer []int
	for n := range shape {
		if n != o.inner[0] && n != o.inner[1] {
			outer = append(outer, n)
		}
	}
	row, rows := index[outer[0]], shape[outer[0]]
	w.outer = outer[0]
	if len(outer) > 1 {
		w.tree, row = newHalf[T](shape, outer, index)
		rows = w.tree.rows()
		w.shared = w.tree.newPanels(w.forward[0].lanes, false)
	}
	w.sort(shape, index, row, rows, o.rows)
	w.build(index, row, o.rows)
	for range max(1, min(threads, max(len(w.spans), len(w.backward)))) {
		s := cellScratch[T]{sum: kernel.Make[T](span), values: kernel.Make[T](span)}
		if w.tree != nil {
			s.panels = w.tree.newPanels(o.lanes, true)
		}
		if size := 2 * sizeOf[T]() * o.lanes * sum(shape); o.lanes < blocks && size <= maxCopy {
			for _, d := range shape {
				s.v, s.g = append(s.v, kernel.Make[T](d*o.lanes)), append(s.g, kernel.Make[T](d*o.lanes))
			}
		}
		w.scratch = append(w.scratch, s)
	}
	if len(w.cell) <= maxSorted {
		w.sorted = make([]T, len(w.cell))
	}
	w.predictSpan, w.gradientTile, w.sortSpan = w.predictOf, w.gradientOf, w.sortOf
	return w
}

// sort sets cell to the order of work: by block, outer row and inner rows.
func (w *cellwise[T]) sort(shape []int, index [][]int32, row []int32, rows int, size [2]int) {
	j, k := index[w.inner[0]], index[w.inner[1]]
	cell := make([]int32, len(row))
	for c := range cell {
		cell[c] = int32(c)
	}
	sorted := true
	for c := 1; c < len(row) && sorted; c++ {
		a, b := c-1, c
		sorted = row[a] < row[b] || row[a] == row[b] && (j[a] < j[b] || j[a] == j[b] && k[a] <= k[b])
	}
	if !sorted {
		cell, _ = sortBy(cell, k, shape[w.inner[1]])
		cell, _ = sortBy(cell, j, shape[w.inner[0]])
		cell, _ = sortBy(cell, row, rows)
	}
	across := (shape[w.inner[1]] + size[1] - 1) / size[1]
	down := (shape[w.inner[0]] + size[0] - 1) / size[0]
	if across*down > 1 {
		block := make([]int32, len(cell))
		for c := range block {
			block[c] = int32(int(j[c])/size[0]*across + int(k[c])/size[1])
		}
		cell, _ = sortBy(cell, block, across*down)
	}
	w.cell = cell
}

// build cuts the sorted cells into spans and runs.
func (w *cellwise[T]) build(index [][]int32, row []int32, size [2]int) {
	j, k := index[w.inner[0]], index[w.inner[1]]
	w.cells = make([]uint32, len(w.cell))
	var last cellSpan
	runs, cells, lastRow := 0, 0, int32(-1) // of the last span
	visit := func(newSpan func(base [2]int32), newRun func(x int, row int32)) {
		runs, cells, lastRow = 0, 0, -1
		for x, c := range w.cell {
			base := [2]int32{j[c] / int32(size[0]) * int32(size[0]), k[c] / int32(size[1]) * int32(size[1])}
			if x == 0 || base != last.base || cells == span {
				last.base = base
				newSpan(base)
				cells, lastRow = 0, -1
			}
			if row[c] != lastRow {
				lastRow = row[c]
				newRun(x, lastRow)
				runs++
			}
			cells++
		}
	}
	spans := 0
	visit(func([2]int32) { spans++ }, func(int, int32) {})
	w.spans, w.start, w.row = make([]cellSpan, 0, spans), make([]int32, 0, runs+1), make([]int32, 0, runs)
	visit(func(base [2]int32) {
		w.spans = append(w.spans, cellSpan{firstRun: int32(len(w.row)), base: base})
	}, func(x int, row int32) {
		w.start, w.row = append(w.start, int32(x)), append(w.row, row)
	})
	w.start = append(w.start, int32(len(w.cell)))
	for i := range w.spans {
		s := &w.spans[i]
		s.endRun = int32(len(w.row))
		if i+1 < len(w.spans) {
			s.endRun = w.spans[i+1].firstRun
		}
		for x := w.start[s.firstRun]; x < w.start[s.endRun]; x++ {
			c := w.cell[x]
			w.cells[x] = kernel.Cell(int(j[c]-s.base[0]), int(k[c]-s.base[1]))
		}
	}
}

// view is what a tile is evaluated on: the factors or a copy of the tile, in rows that are stride apart.
type view[T kernel.Float] struct {
	v, g   [][]T
	stride int
	tile   tile
}

// outerRows returns the products of the outer modes in a tile, and how far apart their rows are.
func (w *cellwise[T]) outerRows(a *view[T], p *panels[T]) (rows []T, stride int) {
	if w.tree != nil {
		return p.deepest(), a.tile.lanes
	}
	return a.v[w.outer][a.tile.first:], a.stride
}

// innerRows returns the rows of a block of the i-th inner mode in factors v.
func (w *cellwise[T]) innerRows(a *view[T], v [][]T, s *cellSpan, i int) []T {
	return v[w.inner[i]][int(s.base[i])*a.stride+a.tile.first:]
}

func (w *cellwise[T]) predict(pred []T, v [][]T) {
	w.pred, w.v = pred, v
	if w.tree == nil {
		w.first, w.end = 0, len(w.forward)
		parallel.Workers(w.threads, len(w.spans), w.predictSpan)
		return
	}
	for i, t := range w.forward {
		w.tree.expand(&w.shared, 0, len(w.tree.levels), v, t, w.blocks)
		w.first, w.end = i, i+1
		parallel.Workers(w.threads, len(w.spans), w.predictSpan)
	}
}

func (w *cellwise[T]) predictOf(worker, i int) {
	s, scratch := &w.spans[i], &w.scratch[worker]
	start, row := w.start[s.firstRun:s.endRun+1], w.row[s.firstRun:s.endRun]
	first, end := start[0], start[len(start)-1]
	sums, cell := scratch.sum[:end-first], w.cell[first:end]
	for i := w.first; i < w.end; i++ {
		t, out := w.forward[i], scratch.values
		if i == w.first {
			out = sums
		}
		a := view[T]{v: w.v, stride: w.blocks, tile: t}
		l, stride := w.outerRows(&a, &w.shared)
		kernel.CellDots(out, l, w.innerRows(&a, w.v, s, 0), w.innerRows(&a, w.v, s, 1),
			start, row, w.cells[first:end], t.lanes, stride, w.blocks)
		if i > w.first {
			for x, value := range out[:len(sums)] {
				sums[x] += value
			}
		}
	}
	if w.first == 0 {
		for x, c := range cell {
			w.pred[c] = sums[x]
		}
		return
	}
	for x, c := range cell {
		w.pred[c] += sums[x]
	}
}

func (w *cellwise[T]) gradient(g [][]T, residual Residuals[T], v [][]T) {
	w.g, w.residual, w.v = g, residual, v
	if w.sorted != nil {
		parallel.Workers(w.threads, len(w.spans), w.sortSpan)
	}
	parallel.Workers(w.threads, len(w.backward), w.gradientTile)
}

func (w *cellwise[T]) gradientOf(worker, i int) {
	scratch, t := &w.scratch[worker], w.backward[i]
	a := view[T]{v: w.v, g: w.g, stride: w.blocks, tile: t}
	if scratch.v != nil {
		a = view[T]{v: scratch.v, g: scratch.g, stride: t.lanes, tile: tile{0, t.lanes}}
		for n, factor := range w.v {
			for k, i := 0, t.first; i < len(factor); k, i = k+t.lanes, i+w.blocks {
				copy(scratch.v[n][k:k+t.lanes], factor[i:])
			}
			clear(scratch.g[n])
		}
	} else {
		for _, factor := range w.g {
			clearTile(factor, t, w.blocks)
		}
	}
	w.sums(scratch, &a)
	if scratch.g != nil {
		for n, factor := range w.g {
			for k, i := 0, t.first; i < len(factor); k, i = k+t.lanes, i+w.blocks {
				copy(factor[i:i+t.lanes], scratch.g[n][k:])
			}
		}
	}
}

func (w *cellwise[T]) sortOf(_, i int) {
	s := &w.spans[i]
	first, end := w.start[s.firstRun], w.start[s.endRun]
	w.residual(w.sorted[first:end], w.cell[first:end])
}

// sums adds the gradients of all cells in a tile.
func (w *cellwise[T]) sums(scratch *cellScratch[T], a *view[T]) {
	gOuter := a.g[w.outer][a.tile.first:]
	if w.tree != nil {
		w.tree.expand(&scratch.panels, 0, len(w.tree.levels), a.v, a.tile, a.stride)
		gOuter = scratch.panels.gradient[len(w.tree.levels)-1]
		clear(gOuter)
	}
	l, stride := w.outerRows(a, &scratch.panels)
	for i := range w.spans {
		s := &w.spans[i]
		start := w.start[s.firstRun : s.endRun+1]
		first, end := start[0], start[len(start)-1]
		values := scratch.values[:end-first]
		if w.sorted != nil {
			values = w.sorted[first:end]
		} else {
			w.residual(values, w.cell[first:end])
		}
		kernel.CellSums(gOuter, w.innerRows(a, a.g, s, 0), w.innerRows(a, a.g, s, 1),
			l, w.innerRows(a, a.v, s, 0), w.innerRows(a, a.v, s, 1),
			values, start, w.row[s.firstRun:s.endRun], w.cells[first:end], a.tile.lanes, stride, a.stride)
	}
	if w.tree != nil {
		w.tree.foldUp(&scratch.panels, len(w.tree.levels)-1, a.g, a.v, a.tile, a.stride)
	}
}

func sum(shape []int) int {
	total := 0
	for _, d := range shape {
		total += d
	}
	return total
}

// blockRows lists the sizes that blocks of a mode may have: powers of two, the last holding all of it.
func blockRows(d int) []int {
	sizes := []int{16}
	for sizes[len(sizes)-1] < d && sizes[len(sizes)-1] < 1<<16 {
		sizes = append(sizes, 2*sizes[len(sizes)-1])
	}
	return slices.Clip(sizes)
}
