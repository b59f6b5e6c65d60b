package completion

import (
	"context"
	"fmt"
	"math"

	"lacuna/internal/als"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// pathSweeps is how many sweeps als.Path takes.
const pathSweeps = 63

// negligible is the norm, beside the largest, below which a block does not count.
const negligible = 0.01

// describe fits plain CP models with a ridge to standardised cells and returns the one whose number of blocks the
// cells of a part prefer, blocks in falling order of norm; nil when there was no time for any.
func (j *job) describe(ctx context.Context, scaling tensor.Scaling, f folds, part int, budget float64) *tensor.CP {
	j.tidy()
	counts := j.describeCounts()
	kept, held := f.without(part)
	train, test := scaling.Apply(j.sample(kept, counts, budget)), scaling.Apply(held.Exact())
	fits, errors, ridges := make([]als.Fit, len(counts)), make([]float64, len(counts)), make([]float64, len(counts))
	parallel.For(j.Threads, len(counts), func(k int) {
		k = len(counts) - 1 - k // the longest first
		defer j.spent(pathSweeps*passCost(counts[k], train.Shape(), train.Len()), 0)
		path := als.PathSettings{
			Blocks: counts[k], Seed: j.Seed, Stream: fmt.Sprint("path/", counts[k]), Nonnegative: j.Nonnegative,
		}
		fits[k], errors[k], ridges[k] = als.Path(ctx, train, test, path)
	})
	best := 0
	for k := range errors {
		if errors[k] < 0.98*errors[best] { // a further block has to pay
			best = k
		}
	}
	if fits[best].CP == nil {
		return nil
	}
	j.tidy()
	refit, most := als.Refit, 20
	if j.Nonnegative { // what is written as spectra has to have settled
		refit, most = als.RefitNonnegative, 400
	}
	fit := refit(ctx, scaling.Apply(f.cells), fits[best].CP, ridges[best], j.refits(counts[best], most), j.Threads)
	norms, order := fit.Norms(), fit.ByNorm()
	for len(order) > 1 && norms[order[len(order)-1]] < negligible*norms[order[0]] {
		order = order[:len(order)-1] // put out by the ridge
	}
	return fit.Take(order)
}

// describeCounts lists the numbers of blocks that a description is tried with.
func (j *job) describeCounts() []int {
	if j.Blocks > 0 {
		return []int{j.Blocks}
	}
	return []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16}
}

// describeWork is the nominal work of finding a description.
func (j *job) describeWork(budget float64) (work float64) {
	for _, blocks := range j.describeCounts() {
		work += float64(pathSweeps * passCost(blocks, j.observed.Shape(), j.observed.Len()))
	}
	return math.Min(work, describing*budget)
}

// refits is how many sweeps at most bring a description to all cells, fewer of a large table.
func (j *job) refits(blocks, most int) int {
	const fewest = 3
	affordable := describing * defaultBudget / passCost(blocks, j.observed.Shape(), j.observed.Len())
	return int(math.Min(float64(most), math.Max(fewest, affordable)))
}

// sample returns as many of the cells, at random, as the budget lets plain CP models of all these sizes be fitted to.
func (j *job) sample(cells *tensor.Observed, counts []int, budget float64) *tensor.Observed {
	const fewest = 5000
	var cost float64
	for _, blocks := range counts {
		cost += float64(pathSweeps * passCost(blocks, cells.Shape(), cells.Len()))
	}
	if cost <= budget || cells.Len() <= fewest {
		return cells
	}
	share := math.Max(budget/cost, fewest/float64(cells.Len()))
	_, some := cells.Split(share, rng.New(j.Seed, "sample").Rand)
	return some
}
