package contraction

import (
	"math"
	"unsafe"

	"lacuna/internal/kernel"
	"lacuna/internal/portable"
)

// The cost model counts cycles of one thread for a prediction and a gradient, by lane group. Its constants were
// measured on a Zen 4 core with AVX-512 (docs/labbook.md); only ratios matter.
//
// Halves, with tiles of m groups: a cell costs one dot product and two sums, 3 row reads, each
//
//	perCell/m + read(bytes of the panel of the other side) ;
//
// a row of a tree of half coordinates is expanded twice and folded once, perRow if everything is in the L1 cache. By
// cells, perUpdate is the time that the stores of two gradient rows take beyond reading them, and perRun the
// mispredicted branches at the end of a run. With float32 the working sets are half as large; that a lane group is
// half a line is left out.
const (
	perCell   = 1.5
	perRow    = 9.0
	perUpdate = 4.0
	perRun    = 32.0
)

// read is the time to bring one cache line from a working set of that many bytes to the registers.
func read(bytes float64) float64 {
	switch {
	case bytes <= 28<<10:
		return 1
	case bytes <= 768<<10:
		return 2.5
	case bytes <= 16<<20:
		return 7
	}
	return 25
}

// treeCost is the cost of the products of some modes and their gradients, and how many distinct products there are at
// most. Every row of every level reads a row of a factor, at random, and rows of panels, in order.
func treeCost(shape, modes []int, cells int, row float64) (cost, deepest float64) {
	deepest = 1
	for _, n := range modes {
		deepest = min(deepest*float64(shape[n]), float64(cells))
		cost += float64(deepest * (perRow + float64(3*(read(2*row*float64(shape[n]))-1)) +
			float64(2*(read(2*row*deepest)-1))))
	}
	return cost, deepest
}

// halvesCost is the cost of a split with tiles of that many lanes, of numbers of size bytes.
func halvesCost(shape []int, split [2][]int, cells, lanes, size int) float64 {
	groups, row := float64(lanes)/kernel.Lanes, float64(size*lanes)
	var cost float64
	for s, passes := range [2]float64{1, 2} {
		tree, deepest := treeCost(shape, split[s], cells, row)
		cost += tree + float64(passes*float64(cells)*(perCell/groups+read(deepest*row)))
	}
	return cost
}

// cellwiseCost is the cost of an order of work by cells. With λ cells to a run, a cell reads two inner rows, writes
// both of their gradients, and 1/λ of an outer row and its gradient.
func cellwiseCost(shape []int, cells int, o cellOrder, size int) float64 {
	var outer []int
	blocks := 1.0
	for n, d := range shape {
		switch n {
		case o.inner[0]:
			blocks *= math.Ceil(float64(d) / float64(o.rows[0]))
		case o.inner[1]:
			blocks *= math.Ceil(float64(d) / float64(o.rows[1]))
		default:
			outer = append(outer, n)
		}
	}
	row := float64(size * o.lanes)
	tree, outerRows := treeCost(shape, outer, cells, row)
	runs := distinct(blocks*outerRows, float64(cells))
	runsOfBlock := runs / blocks
	// Rows that are used again after others have passed share the cache with them.
	j := min(float64(o.rows[0]), float64(shape[o.inner[0]]))
	k := min(float64(o.rows[1]), float64(shape[o.inner[1]]))
	lambda := float64(cells) / runs
	between := min(k, lambda*float64(o.rows[0])) // rows of the second mode touched before one of the first returns
	readJ, readK := read(2*row*(j+between)), read(2*row*(j+k))
	readOuter := read(2*row*min(runsOfBlock, outerRows)) / 2 // in ascending order: prefetched
	groups := float64(o.lanes) / kernel.Lanes
	perGroup := 2*perCell/groups + perRun/(groups*lambda) + float64(3*(readJ+readK)) + perUpdate +
		(float64(3*readOuter)+perUpdate)/lambda
	cost := float64(float64(cells) * perGroup)
	// Every block brings its rows in once.
	cost += float64(blocks * 3 * (min(j, float64(cells)/blocks) + min(k, float64(cells)/blocks)) * read(16e6) / 2)
	if len(outer) > 1 {
		cost += tree
	}
	return cost
}

// distinct is the expected number of different boxes that hold something when items fall into boxes at random.
func distinct(boxes, items float64) float64 { return -boxes * portable.Expm1(-items/boxes) }

// choice is a way to evaluate: by halves if lanes > 0, with that split of the modes and tile width, or else by cells.
type choice struct {
	split [2][]int
	lanes int
	order cellOrder
	cost  float64
}

// best tries every split of the modes with every tile width, and every order of work by cells. Of equal costs
// the first is taken, so the choice depends on nothing but its arguments.
func best[T kernel.Float](shape []int, cells, blocks int) choice {
	size := sizeOf[T]()
	best := choice{cost: math.Inf(1)}
	tiles := tileLanes[T](blocks)
	for mask := 1; mask < 1<<len(shape)-1; mask += 2 {
		var split [2][]int
		for n := range shape {
			side := 1 - mask>>n&1
			split[side] = append(split[side], n)
		}
		for _, lanes := range tiles {
			if cost := halvesCost(shape, split, cells, lanes, size); cost < best.cost {
				best = choice{split: split, lanes: lanes, cost: cost}
			}
		}
	}
	if len(shape) < 3 {
		return best
	}
	for j := range shape {
		for k := range shape {
			if k == j {
				continue
			}
			for _, rowsJ := range blockRows(shape[j]) {
				for _, rowsK := range blockRows(shape[k]) {
					for _, lanes := range tiles {
						order := cellOrder{inner: [2]int{j, k}, rows: [2]int{rowsJ, rowsK}, lanes: lanes}
						if cost := cellwiseCost(shape, cells, order, size); cost < best.cost {
							best = choice{order: order, cost: cost}
						}
					}
				}
			}
		}
	}
	return best
}

// tileLanes lists the widths of tiles: the widest first, and two tiles at least if there are two lane groups,
// because tiles are what threads share.
func tileLanes[T kernel.Float](blocks int) []int {
	var widths []int
	for lanes := kernel.MaxLanes[T](); lanes > 0; lanes -= kernel.Lanes {
		if lanes == kernel.Lanes || 2*lanes <= blocks {
			widths = append(widths, lanes)
		}
	}
	return widths
}

// Work is the number of floating-point operations of a prediction and a gradient, in the way that a plan for that many
// cells would choose, a fused multiply–add counting two; and of the bytes that its cells move between the registers
// and the memory where the factors are: none by halves, whose panels are in the L1 cache; by cells, two inner rows for
// the prediction, again for the gradient, and their gradients read and written.
func Work[T kernel.Float](shape []int, cells, blocks int) (flops, bytes float64) {
	c := best[T](shape, cells, (blocks+kernel.Lanes-1)/kernel.Lanes*kernel.Lanes)
	tree := func(modes []int) float64 {
		var rows float64
		deepest := 1.0
		for l, n := range modes {
			deepest = min(deepest*float64(shape[n]), float64(cells))
			if l > 0 {
				rows += deepest
			}
		}
		return float64(5 * rows) // one product, two fused multiply–adds of its derivative
	}
	if c.lanes > 0 {
		return float64(blocks) * (float64(6*float64(cells)) + tree(c.split[0]) + tree(c.split[1])), 0
	}
	var outer []int
	for n := range shape {
		if n != c.order.inner[0] && n != c.order.inner[1] {
			outer = append(outer, n)
		}
	}
	return float64(blocks) * (float64(11*float64(cells)) + tree(outer)), float64(blocks*8*sizeOf[T]()) * float64(cells)
}

func sizeOf[T kernel.Float]() int {
	var x T
	return int(unsafe.Sizeof(x))
}
