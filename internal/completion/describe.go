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

// negligible is the norm, beside the largest, below which a block does not count.
const negligible = 0.01

// describe fits plain CP models with a ridge to standardised cells and returns the one whose number of blocks the
// cells of a part prefer, blocks in falling order of norm; nil when there was no time for any.
func (j *job) describe(ctx context.Context, scaling tensor.Scaling, f folds, part int, budget float64) *tensor.CP {
	counts := []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16}
	if j.Blocks > 0 {
		counts = []int{j.Blocks}
	}
	kept, held := f.without(part)
	train, test := scaling.Apply(j.sample(kept, counts, budget)), scaling.Apply(held)
	fits, errors, ridges := make([]als.Fit, len(counts)), make([]float64, len(counts)), make([]float64, len(counts))
	parallel.For(j.Threads, len(counts), func(k int) {
		path := als.PathSettings{Blocks: counts[k], Seed: j.Seed, Stream: fmt.Sprint("path/", counts[k])}
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
	fit := als.Refit(ctx, scaling.Apply(f.cells), fits[best].CP, ridges[best], 20)
	norms, order := fit.Norms(), fit.ByNorm()
	for len(order) > 1 && norms[order[len(order)-1]] < negligible*norms[order[0]] {
		order = order[:len(order)-1] // put out by the ridge
	}
	return fit.Take(order)
}

// sample returns as many of the cells, at random, as the budget lets plain CP models of all these sizes be fitted to.
func (j *job) sample(cells *tensor.Observed, counts []int, budget float64) *tensor.Observed {
	const sweeps, fewest = 63, 5000
	var cost float64
	for _, blocks := range counts {
		cost += float64(sweeps * passCost(blocks, cells.Shape(), cells.Len()))
	}
	if cost <= budget || cells.Len() <= fewest {
		return cells
	}
	share := math.Max(budget/cost, fewest/float64(cells.Len()))
	_, some := cells.Split(share, rng.New(j.Seed, "sample").Rand)
	return some
}
