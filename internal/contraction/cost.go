package contraction

import "lacuna/internal/kernel"

// The cost model counts cycles of one thread for a prediction and a gradient, by lane group. Its constants were
// measured on a Zen 4 core with AVX-512 (docs/labbook.md); only ratios matter.
//
// Halves, with tiles of m groups: a cell costs one dot product and two sums, 3 row reads, each
//
//	perCell/m + read(bytes of the panel of the other side) ;
//
// a row of a tree of half coordinates is expanded twice and folded once, perRow.
const (
	perCell = 1.5
	perRow  = 9.0
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

// rows returns at most how many distinct coordinates cells have in the given modes, and in all the prefixes of
// these modes together.
func rows(shape, modes []int, cells int) (deepest, all float64) {
	deepest = 1
	for _, n := range modes {
		deepest = min(deepest*float64(shape[n]), float64(cells))
		all += deepest
	}
	return deepest, all
}

// halvesCost is the cost of a split with tiles of that many lanes.
func halvesCost(shape []int, split [2][]int, cells, lanes int) float64 {
	groups := float64(lanes) / kernel.Lanes
	var deepest [2]float64
	var cost float64
	for s, modes := range split {
		var all float64
		deepest[s], all = rows(shape, modes, cells)
		cost += perRow * all
	}
	row := float64(lanes) * 8
	for s, passes := range [2]float64{1, 2} {
		cost += passes * float64(cells) * (perCell/groups + read(deepest[s]*row))
	}
	return cost
}

// choice is a way to evaluate: the split of the modes into halves, and the tile.
type choice struct {
	split [2][]int
	lanes int
	cost  float64
}

// bestHalves tries every split of the modes and every tile width. Of equal costs the first is taken, so the choice
// depends on nothing but its arguments.
func bestHalves(shape []int, cells, blocks int) choice {
	var best choice
	for mask := 1; mask < 1<<len(shape)-1; mask += 2 {
		var split [2][]int
		for n := range shape {
			side := 1 - mask>>n&1
			split[side] = append(split[side], n)
		}
		for groups := kernel.MaxGroups; groups >= 1; groups-- {
			lanes := groups * kernel.Lanes
			if groups > 1 && 2*lanes > blocks {
				continue // two tiles at least, for two threads
			}
			if cost := halvesCost(shape, split, cells, lanes); best.lanes == 0 || cost < best.cost {
				best = choice{split, lanes, cost}
			}
		}
	}
	return best
}
