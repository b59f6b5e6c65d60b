package completion

import (
	"context"
	"math"
	"runtime"
	"slices"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

const (
	heldOut     = 30_000  // cells that a fold of a large table holds out
	leastShare  = 0.01    // of the cells in a fold
	sampleCells = 500_000 // of a large table, on which the model is selected
	trialSweeps = 12      // there
	largeWork   = 16e9    // nominal, of selecting there
)

// large reports whether the default budget does not suffice to try the forms of the model on all cells. Of such a table
// the model is selected on a sample, and fitted for as long as that pays.
func (j *job) large() bool {
	const sweeps = 100
	blocks := blockCounts[startCount]
	if j.Blocks > 0 {
		blocks = j.Blocks
	}
	return sweeps*j.formsCost(blocks, j.observed.Shape(), j.observed.Len()) > exploring*defaultBudget
}

// Memory is how many bytes it takes to fill a table of so many known cells, beside the table: those of a chain on all
// cells but those held back, its cells with it, or those of the chains that run at a time on what the model is selected on,
// if that is more. Blocks 0 stand for their number at the start of a search.
func Memory(shape tensor.Shape, cells, blocks, threads int) float64 {
	if blocks == 0 {
		blocks = blockCounts[startCount]
	}
	perCell := float64(4*len(shape)) + 8 + 1 // coordinates, standardised value, and which part holds the cell back
	one := posterior.Memory(shape, cells, blocks, threads) + float64(float64(cells)*perCell)
	return math.Max(one, float64(threads)*posterior.Memory(shape, min(cells, sampleCells), blocks, 1))
}

// memoryCounts is the number of known cells from which memory that is no longer needed is given back at once.
const memoryCounts = 500_000

// tidy gives back the memory of what is no longer needed, of a table where that counts.
func (j *job) tidy() {
	if j.observed.Len() >= memoryCounts {
		runtime.GC()
	}
}

// chooseLarge hides two parts of the cells, the first to measure the error and the last to choose, and selects the model
// on a sample of the others.
func (j *job) chooseLarge(ctx context.Context, budget float64) (folds, selection) {
	j.HoldOut = math.Min(j.HoldOut, math.Max(leastShare, heldOut/float64(j.observed.Len())))
	f := twoFolds(j.shape, j.HoldOut, j.Seed)
	clear(j.shape.lists) // memory
	some := f.sample(sampleCells, j.Seed)
	j.chooseLabels(ctx, some, budget)
	e := exploration{
		work: budget / defaultBudget * largeWork, counts: j.blockCounts(), start: startCount, sweeps: trialSweeps, chains: 1,
		parts: []int{1}, spectral: !j.Nonnegative, // whose blocks have entries of either sign
	}
	values := func(form posterior.Form) bool { return expectsValues(form.Noise) }
	if j.Nonnegative || !slices.ContainsFunc(j.Noise.Forms, values) {
		e.sweeps *= scattered
	}
	if j.Blocks > 0 {
		e.counts, e.start = []int{j.Blocks}, 0
	} else if rank := j.rank(ctx, some); rank > 0 && !j.Nonnegative {
		if !slices.Contains(e.counts, rank) {
			e.counts = append([]int{rank}, e.counts...)
			slices.Sort(e.counts)
		}
		e.start = slices.Index(e.counts, rank)
	}
	j.expect(e.work)
	sel := j.selectModel(ctx, some, e)
	sel.parts = []int{f.parts - 1}
	return f, sel
}

// rank is the number of blocks that the spectra of the cells propose; 0 where they show none.
func (j *job) rank(ctx context.Context, f folds) int {
	kept, _ := f.without(1)
	centre := scaling{kind: centred}
	ranks := j.spansOf(ctx, kept, centre.fit(kept), startKey{cells: "explore/1", scaling: centre}).Ranks()
	if len(ranks) == 0 {
		return 0
	}
	return ranks[0]
}

// sample returns two folds of about so many cells: the last part of f, and a sample of what neither it nor the first
// part hides.
func (f folds) sample(count int, seed uint64) folds {
	last := f.parts - 1
	state := make([]uint8, f.cells.Len()) // 1: held out by the last part, 2: hidden beside it, 3: not to be seen
	free := f.cells.Len()
	set := func(c int, to uint8) {
		if state[c] == 0 {
			state[c] = to
			free--
		}
	}
	for c, p := range f.part {
		switch int(p) {
		case 0:
			set(c, 3)
		case last:
			set(c, 1)
		}
	}
	for _, c := range f.beside[0] {
		set(int(c), 3)
	}
	for _, c := range f.beside[last] {
		set(int(c), 2)
	}
	share, stream := float64(count)/math.Max(1, float64(free)), rng.New(seed, "sample of cells")
	var positions []int
	out := folds{scattered: f.scattered, parts: 2, beside: make([][]int32, 2)}
	for c, s := range state {
		if s == 3 || s == 0 && share < 1 && stream.Float64() >= share {
			continue
		}
		if s == 2 {
			out.beside[1] = append(out.beside[1], int32(len(positions)))
		}
		part := uint8(0)
		if s == 1 {
			part = 1
		}
		positions = append(positions, c)
		out.part, out.piece = append(out.part, part), append(out.piece, f.pieceOf(c))
	}
	out.cells = f.cells.Subset(positions)
	return out
}
