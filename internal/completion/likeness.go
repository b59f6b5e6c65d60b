package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Numbers of cells that are compared with each other.
const (
	mostCompared = 5000 // held out
	mostMatched  = 500  // to be filled
)

// surroundings measures what is known around cells, given that some known cells are hidden.
type surroundings struct {
	*shape
	hidden       []bool // nil: none
	hiddenCounts margins
	unit         tensor.Scaling
}

func newSurroundings(s *shape, hidden []int32, unit tensor.Scaling) surroundings {
	around := surroundings{shape: s, unit: unit}
	if hidden == nil {
		return around
	}
	around.hidden = make([]bool, s.cells.Len())
	index := make([][]int32, len(s.sizes))
	for _, c := range hidden {
		around.hidden[c] = true
		for n, column := range s.cells.Index {
			index[n] = append(index[n], column[c])
		}
	}
	around.hiddenCounts = newMargins(s.sizes, index)
	return around
}

// count is how many known cells have a cell's tuple of indices in a subset of modes.
func (s surroundings) count(at int, cell []int32) int32 {
	sub := &s.known.subsets[at]
	key := sub.key(cell)
	count := sub.count(key)
	if s.hidden != nil {
		count -= s.hiddenCounts.subsets[at].count(key)
	}
	return count
}

// features of a cell: the logarithms of how much is known in each slice and fibre through it, and of how far the next
// known cell is along every mode in which gaps come in stretches, and its predicted value in deviations.
func (s surroundings) features(cell []int32, predicted float64) []float64 {
	var f []float64
	for at := range s.known.subsets {
		f = append(f, portable.Log(1+float64(s.count(at, cell))))
	}
	for n, d := range s.sizes {
		if !s.stretched(n) {
			continue
		}
		next := slices.Clone(cell)
		for _, step := range []int32{-1, 1} {
			far := int32(d) // nothing is known on this side
			for i := cell[n] + step; i >= 0 && int(i) < d; i += step {
				next[n] = i
				if c, known := find(s.cells, next); known && (s.hidden == nil || !s.hidden[c]) {
					far = (i - cell[n]) * step
					break
				}
			}
			f = append(f, portable.Log(float64(far)))
		}
	}
	const light = 0.5 // weight of the predicted value beside what is known around it
	return append(f, light*(predicted-s.unit.Undo(cell, 0))/s.unit.ScaleAt(cell))
}

// stretched reports whether gaps come in stretches along a mode.
func (s *shape) stretched(n int) bool {
	for _, runs := range s.runs {
		if runs[n] {
			return true
		}
	}
	return false
}

// hiddenBy lists the cells that a part hides.
func (f folds) hiddenBy(part int) []int32 {
	hidden := slices.Clone(f.beside[part])
	for c, p := range f.part {
		if int(p) == part {
			hidden = append(hidden, int32(c))
		}
	}
	return hidden
}

// standIn weighs held-out cells so that they stand for cells to be filled: every one of these deals its share out to the
// held-out cells with like features.
func standIn(held, gaps [][]float64, threads int) (weights []float64) {
	const like = 0.5 // distance within which features tell little apart
	shares := make([][]float64, len(gaps))
	parallel.For(threads, len(gaps), func(g int) {
		square := make([]float64, len(held))
		nearest := math.Inf(1)
		for k, f := range held {
			for i, x := range f {
				square[k] += float64((x - gaps[g][i]) * (x - gaps[g][i]))
			}
			nearest = math.Min(nearest, square[k])
		}
		width := 2 * math.Max(like*like, nearest)
		var sum float64
		for k := range square {
			square[k] = portable.Exp((nearest - square[k]) / width)
			sum += square[k]
		}
		for k := range square {
			square[k] /= sum
		}
		shares[g] = square
	})
	weights = make([]float64, len(held))
	for _, share := range shares {
		for k, w := range share {
			weights[k] += w
		}
	}
	return weights
}

// weigh sets the weights of held-out cells: how well each stands for the cells to be filled. seen tells of which
// subsets of modes a held-out cell had nothing known of its tuple: other voids could not be tried.
func (j *job) weigh(cells []HeldOutCell, f folds, fit predictor) (seen []bool) {
	seen = make([]bool, j.shape.whole()+1)
	seen[j.shape.whole()] = true
	if len(j.gaps) == 0 || len(cells) == 0 {
		for k := range cells {
			cells[k].weight = 1
		}
		return seen
	}
	unit := j.scoring(j.observed)
	order := rng.New(j.Seed, "compared").Perm(len(cells))
	order = order[:min(len(order), mostCompared)]
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(cells[a].part, cells[b].part), a-b) })
	held := make([][]float64, len(order))
	var around surroundings
	for k, c := range order {
		if k == 0 || cells[c].part != cells[order[k-1]].part {
			around = newSurroundings(j.shape, f.hiddenBy(cells[c].part), unit)
		}
		for at := range j.shape.known.subsets {
			seen[at] = seen[at] || around.count(at, cells[c].Cell) == 0
		}
		held[k] = around.features(cells[c].Cell, cells[c].Predicted)
	}
	gaps := j.gaps[:min(len(j.gaps), mostMatched)]
	wanted := make([][]float64, len(gaps))
	around = newSurroundings(j.shape, nil, unit)
	parallel.For(j.Threads, len(gaps), func(g int) {
		wanted[g] = around.features(gaps[g], fit.at(gaps[g]).value)
	})
	weights := standIn(held, wanted, j.Threads)
	const flat = 1e-4 // share that is dealt out evenly; of cells unlike all gaps, which may be off by ten times as much, more would be heard
	for k, c := range order {
		cells[c].weight = float64((1-flat)*weights[k]/float64(len(gaps))*float64(len(order))) + flat
	}
	return seen
}
