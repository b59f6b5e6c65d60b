package lacuna

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/als"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// finishAverage combines the candidates with the weights that held-back cells prefer, and measures the combination on
// cells whose values had no part in its weights.
func (j *job) finishAverage(ctx context.Context, c *Completion, f folds, ch choice, p plan) {
	shape := f.cells.Shape()
	p = p.settle(ch.candidates, shape, f.cells.Len(), 0.7)
	j.report("measuring the error on held-out cells", -1, ch.error)
	equal := make([]float64, len(ch.candidates))
	for k := range equal {
		equal[k] = 1 / float64(len(equal))
	}
	var out outOfFold
	for part := range min(p.folds, f.parts-len(ch.parts)) {
		kept, held := f.without(part)
		fit := j.fit(ctx, kept, ch.candidates, equal, p.trials, p.sweeps, fmt.Sprint("fold/", part))
		if ctx.Err() != nil {
			break
		}
		out.add(j, fit, kept, held, part)
	}
	weights := equal
	if len(out.y) > 0 {
		weights = out.weights(func(int) bool { return true })
		out.combine(c, j.options.Seed)
		train, _ := f.without(0)
		c.scoreAgainst(fitEffects(train))
	}
	j.report("fitting all observed cells", -1, c.HeldOutNRMSE)
	var kept []candidate
	var shares []float64
	for k, w := range weights {
		if w > 0.03 {
			kept, shares = append(kept, ch.candidates[k]), append(shares, w)
		}
	}
	final := j.fit(ctx, f.cells, kept, shares, p.chains, p.sweeps, "final")
	if final.samples() == 0 && len(ch.fits) > 0 {
		final = ch.fits[0]
	}
	c.fit = final
	c.calibrate()
	c.Settings.Method = "average of posterior samples of Bayesian CP models"
	for _, m := range final.members {
		c.Settings.Blocks = append(c.Settings.Blocks, m.posterior.Blocks)
		c.Settings.Weights = append(c.Settings.Weights, Weight{fmt.Sprintf("%s, %d blocks", m.candidate.name, m.posterior.Blocks), m.weight})
	}
	c.Settings.Samples = final.samples()
	c.Scaling = final.members[0].scaling
	c.Settings.Standardisation = j.standardisation(c.Scaling)
	j.describeBest(ctx, c, f, ch.parts[0], 0.15*p.budget)
}

func (j *job) standardisation(s tensor.Scaling) string {
	switch {
	case s.Mode >= 0:
		return "by index of " + j.observed.Modes[s.Mode].Name
	case s.Mean[0] == 0 && s.Scale[0] == 1:
		return "none"
	}
	return "global"
}

// outOfFold are predictions of cells by candidates that have not seen them.
type outOfFold struct {
	cells       []HeldOutCell
	part        []int
	y           []float64   // in standardised units, in which weights are chosen
	predictions [][]float64 // of every candidate, in the same units
	raw         [][]float64 // in the data's units
	variances   [][]float64
}

func (o *outOfFold) add(j *job, fit *ensemble, kept, held *tensor.Observed, part int) {
	if o.predictions == nil {
		o.predictions = make([][]float64, len(fit.members))
		o.raw, o.variances = make([][]float64, len(fit.members)), make([][]float64, len(fit.members))
	}
	scaling := j.scoring(kept)
	count := held.Len()
	values, stderrs := make([][]float64, len(fit.members)), make([][]float64, len(fit.members))
	for m := range fit.members {
		values[m], stderrs[m] = make([]float64, count), make([]float64, count)
		single := fit.only(m)
		parallel.For(j.options.Threads, count, func(k int) {
			values[m][k], stderrs[m][k] = single.at(cellAt(held, k))
		})
	}
	for k, value := range held.Values {
		cell := cellAt(held, k)
		if math.IsInf(stderrs[0][k], 1) {
			continue // an index without any training cell: nothing to learn from it
		}
		o.cells = append(o.cells, HeldOutCell{Cell: cell, Value: value})
		o.part = append(o.part, part)
		center, scale := scaling.Undo(cell, 0), scaling.ScaleAt(cell)
		o.y = append(o.y, (value-center)/scale)
		for m := range fit.members {
			o.raw[m] = append(o.raw[m], values[m][k])
			o.predictions[m] = append(o.predictions[m], (values[m][k]-center)/scale)
			o.variances[m] = append(o.variances[m], stderrs[m][k]*stderrs[m][k])
		}
	}
}

// weights are those that the cells accepted by use prefer.
func (o *outOfFold) weights(use func(c int) bool) []float64 {
	var y []float64
	predictions := make([][]float64, len(o.predictions))
	for c, value := range o.y {
		if !use(c) {
			continue
		}
		y = append(y, value)
		for m := range predictions {
			predictions[m] = append(predictions[m], o.predictions[m][c])
		}
	}
	return stack(predictions, y)
}

// combine predicts every cell with weights in which it had no part: those of the other folds, or of the other half when
// there is one fold alone.
func (o *outOfFold) combine(c *Completion, seed uint64) {
	group := o.part
	if o.part[0] == o.part[len(o.part)-1] {
		group = make([]int, len(o.part))
		for k, cell := range rng.New(seed, "halves").Perm(len(group)) {
			group[cell] = k % 2
		}
	}
	for _, g := range slices.Compact(slices.Sorted(slices.Values(group))) {
		w := o.weights(func(c int) bool { return group[c] != g })
		for k := range o.cells {
			if group[k] != g {
				continue
			}
			var mean, square, variance float64
			for m, share := range w {
				v := o.raw[m][k]
				mean += share * v
				variance += share * o.variances[m][k]
			}
			for m, share := range w {
				square += share * (o.raw[m][k] - mean) * (o.raw[m][k] - mean)
			}
			o.cells[k].Predicted, o.cells[k].Stderr = mean, math.Sqrt(variance+square)
		}
	}
	c.HeldOut = o.cells
}

// describeBest fits plain CP models with a ridge and reports the one whose number of blocks held-back cells prefer.
func (j *job) describeBest(ctx context.Context, c *Completion, f folds, part int, budget float64) {
	j.report("describing the tensor by one CP model", -1, c.HeldOutNRMSE)
	counts := []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16}
	if j.options.Blocks > 0 {
		counts = []int{j.options.Blocks}
	}
	kept, held := f.without(part)
	kept = j.sample(kept, counts, budget)
	data := func(o *tensor.Observed) als.Data {
		return als.Data{Shape: o.Shape(), Index: o.Index, Values: c.Scaling.Apply(o).Values}
	}
	train, test := data(kept), data(held)
	fits, errors, ridges := make([]als.Fit, len(counts)), make([]float64, len(counts)), make([]float64, len(counts))
	parallel.For(j.options.Threads, len(counts), func(k int) {
		fits[k], errors[k], ridges[k] = als.Path(ctx, train, test, als.PathSettings{Blocks: counts[k], Seed: j.options.Seed, Stream: fmt.Sprint("path/", counts[k])})
	})
	best := 0
	for k := range errors {
		if errors[k] < 0.98*errors[best] { // a further block has to pay
			best = k
		}
	}
	if fits[best].Blocks == 0 {
		return
	}
	fit := als.Refit(ctx, data(f.cells), fits[best], ridges[best], 20)
	norms := fit.Norms()
	order := byNorm(&fit)
	for len(order) > 1 && norms[order[len(order)-1]] < negligible*norms[order[0]] {
		order = order[:len(order)-1] // put out by the ridge
	}
	fit = fit.Take(order)
	c.describe(&fit)
}

// sample returns as many of the cells, at random, as the budget lets plain CP models of all these sizes be fitted to.
func (j *job) sample(cells *tensor.Observed, counts []int, budget float64) *tensor.Observed {
	const sweeps, fewest = 63, 5000
	var cost float64
	for _, blocks := range counts {
		cost += sweeps * j.annealer(blocks).cost(cells.Shape(), cells.Len())
	}
	if cost <= budget || cells.Len() <= fewest {
		return cells
	}
	share := math.Max(budget/cost, fewest/float64(cells.Len()))
	_, some := cells.Split(share, rng.New(j.options.Seed, "sample").Rand)
	return some
}
