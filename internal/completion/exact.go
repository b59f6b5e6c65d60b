package completion

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/als"
	"lacuna/internal/parallel"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// exactFit is a CP model that explains every observed cell to machine precision.
type exactFit struct {
	als.Fit
	scaling tensor.Scaling // a factor alone: subtracting a mean would add a block
	stderr  float64        // of cells that are determined, in the data's units
	freedom *freedom
	widened float64 // factor of the deviation of what is left open
}

func (e *exactFit) at(cell []int32) prediction {
	open := e.widened * e.open(cell)
	return prediction{e.scaling.Undo(cell, e.freedom.cp.At(cell)), open * open, e.stderr * e.stderr}
}

func (e *exactFit) all(index [][]int32, threads int) []prediction { return oneByOne(e, index, threads) }

// open is the deviation of what the known cells leave open of a cell, in the data's units; 0 where they determine it.
func (e *exactFit) open(cell []int32) float64 {
	const negligible = 1e-6 // of the values' deviation: rounding
	if open := e.freedom.stderr(cell); open > negligible {
		return open * e.scaling.Scale[0]
	}
	return 0
}

// learn takes over how large the errors of the same search on fewer cells were, of cells that were determined and of
// those that were not, and gives the held-out cells these standard errors.
func (e *exactFit) learn(again *exactFit, heldOut []HeldOutCell) {
	const fewest = 5
	var known, free, promised, count, frees float64
	open := make([]float64, len(heldOut))
	for k, h := range heldOut {
		square := float64((h.Value - h.Predicted) * (h.Value - h.Predicted))
		if open[k] = again.open(h.Cell); open[k] == 0 {
			known += square
			count++
			continue
		}
		free += square
		promised += float64(open[k] * open[k])
		frees++
	}
	if count > 0 {
		e.stderr = math.Max(e.stderr, math.Sqrt(known/count))
	}
	if frees >= fewest {
		e.widened = math.Max(1, math.Sqrt(free/promised))
	}
	for k := range heldOut {
		heldOut[k].spread, heldOut[k].noise = e.widened*open[k]*e.widened*open[k], e.stderr*e.stderr
	}
}

const (
	exactResidual = 1e-9  // root mean square, in deviations, below which the cells count as explained
	rounding      = 1e-12 // deviation that is not distinguished from 0
	annealed      = 3e-3  // noise of a chain, in deviations, below which polishing is worth a try
	loose         = 0.02  // the same where polishing is cheap: for at most fewCells cells
	fewCells      = 5000
	near          = 0.01 // error on held-back cells, in deviations, that makes an exact model likely
	tooNoisy      = 0.03 // noise of every chain of a batch, in deviations, that rules one out where cells are many
)

// searchExact looks for a CP model without residual when there is a sign that there is one: a chain that predicts
// held-back cells almost exactly, or one that explains its training cells far better than held-back ones, as happens
// when few cells determine the blocks and the chain has not found them.
func (j *job) searchExact(ctx context.Context, f folds, sel selection, budget float64) *exactFit {
	if len(j.Smooth) > 0 || j.Nonnegative || !j.Noise.Exact || j.Censored.Len() > 0 {
		return nil
	}
	suspicious := 5.0
	if f.cells.Len() <= fewCells { // a search is cheap, and few cells are what makes chains fail
		suspicious = 2
	}
	if sel.scattered >= near && sel.overfit < suspicious {
		return nil
	}
	j.report("looking for blocks that explain the observed cells exactly", sel.error)
	return j.exact(ctx, f.cells, j.exactBlocks(sel), 0.5*budget, "exact")
}

// exactBlocks lists the numbers of blocks with which chains are started in turn. A few more blocks than needed make the
// search easier; many more make it overfit.
func (j *job) exactBlocks(sel selection) []int {
	if j.Blocks > 0 {
		return []int{j.Blocks}
	}
	blocks := []int{7, 15, 7, 11}
	if best := sel.candidates[0].settings.Blocks; sel.scattered < near && best > 15 {
		blocks = append([]int{best}, blocks...)
	}
	return blocks
}

// exact runs chains in batches, each batch longer than the one before, until one finds an exact model or the budget is
// spent. A chain anneals itself: the noise that it samples sinks as the fit improves. It may sink too fast where cells are
// few; every other chain has it sink slowly.
func (j *job) exact(
	ctx context.Context, cells *tensor.Observed, blocks []int, budget float64, stream string,
) *exactFit {
	const batch, fewest = 4, 60
	shape := cells.Shape()
	_, deviation := tensor.Moments(cells.Values)
	scaling := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{deviation}}
	data := scaling.Apply(cells)
	limit := annealed
	if cells.Len() <= fewCells {
		limit = loose
	}
	for round, sweeps := 0, 400; ctx.Err() == nil; round++ {
		found, noises := make([]*als.Fit, batch), make([]float64, batch)
		var cost float64
		for k := range batch {
			cost += float64(float64(sweeps) * j.annealer(blocks, round*batch+k, sweeps).cost(shape, cells.Len()))
		}
		if cost > budget { // large data: the first batch alone, with shorter chains
			sweeps = int(float64(sweeps) * budget / cost)
			if round > 0 || sweeps < fewest {
				return nil
			}
			cost = budget
		}
		budget -= cost
		parallel.For(j.Threads, batch, func(k int) {
			c := j.annealer(blocks, round*batch+k, sweeps)
			s := c.settings
			s.Stream = fmt.Sprintf("%s/%d/%d", stream, round, k)
			s.Burn, s.Keep, s.StopBelow = sweeps, 1, 1e-3
			if k == 0 && cells.Len() >= manyCells {
				s.Start = j.spectralStart(ctx, cells, scaling, startKey{cells: stream, blocks: s.Blocks})
			}
			post, err := posterior.Run(ctx, data, s)
			j.spent(float64(sweeps)*c.cost(shape, cells.Len()), sweeps)
			if err != nil {
				return
			}
			if noises[k] = math.Sqrt(post.Samples[0].Scatter.Level()); noises[k] < limit {
				found[k] = prune(ctx, data, post.Samples[0].CP)
			}
		})
		for _, fit := range found {
			if fit != nil {
				return &exactFit{Fit: *fit, scaling: scaling, freedom: newFreedom(fit.CP, data), widened: 1}
			}
		}
		if len(data.Values) > 2*slices.Max(blocks)*perBlock(data) && slices.Min(noises) > tooNoisy {
			return nil
		}
		if round%2 == 1 {
			sweeps = min(2*sweeps, 3200)
		}
	}
	return nil
}

// annealer is the k-th chain of a search. Those whose noise sinks slowly know nothing of means and correlations of blocks, in
// which a chain at the noise in between would find more than there is. Many cells need no patience.
func (j *job) annealer(blocks []int, k, sweeps int) candidate {
	const from, to, share = 0.5, 0.05, 0.8 // deviations; of the sweeps: the rest is for the noise to collapse
	s := posterior.Settings{Blocks: blocks[k%len(blocks)], Noise: posterior.Gaussian{}, Seed: j.Seed}
	if k%2 == 0 && j.observed.Len() < manyCells {
		s.Priors = slices.Repeat([]posterior.Prior{posterior.Ridge{}}, j.observed.Order())
		s.Anneal = posterior.Anneal{From: from, To: to, Sweeps: int(share * float64(sweeps))}
	}
	return candidate{settings: s}
}

// prune looks for the fewest of a sample's blocks from which the cells can be explained exactly, and returns them
// polished.
func prune(ctx context.Context, data *tensor.Observed, sample *tensor.CP) *als.Fit {
	order := sample.ByNorm()
	for k := 1; k <= len(order) && float64(k*perBlock(data)) < 0.8*float64(len(data.Values)); k++ {
		if fit := polish(ctx, data, sample.Take(order[:k])); fit != nil {
			return merge(ctx, data, fit)
		}
	}
	return nil
}

// perBlock is the number of entries of a block that are free.
func perBlock(data *tensor.Observed) (free int) {
	for _, d := range data.Shape() {
		free += d - 1
	}
	return free + 1
}

// merge drops blocks as long as the others can take over what they explained: a sample may have split a block in two.
func merge(ctx context.Context, data *tensor.Observed, fit *als.Fit) *als.Fit {
	for r := fit.Blocks - 1; r >= 0 && fit.Blocks > 1; r-- {
		var others []int
		for k := range fit.Blocks {
			if k != r {
				others = append(others, k)
			}
		}
		if fewer := polish(ctx, data, fit.Take(others)); fewer != nil {
			fit, r = fewer, fewer.Blocks
		}
	}
	return fit
}

// polish returns the fit to which the blocks lead when it is exact, else nil.
func polish(ctx context.Context, data *tensor.Observed, blocks *tensor.CP) *als.Fit {
	const quick, thorough, target = 200, 20000, 1e-14
	fit := als.Polish(ctx, data, blocks, target, quick)
	if fit.Residual > target && fit.Residual < 1e-2 {
		fit = als.Polish(ctx, data, fit.CP, target, thorough)
	}
	if fit.Residual > exactResidual {
		return nil
	}
	return &fit
}

// finishExact measures the error of the search on cells that it has not seen, and reports the model.
func (j *job) finishExact(ctx context.Context, exact *exactFit, f folds, sel selection, budget float64) fitted {
	j.report("measuring the error on held-out cells", sel.error)
	out := fitted{
		fit: exact, cp: exact.Sorted(), scaling: exact.scaling, folds: 1, blocks: []int{exact.Blocks},
		method: "one CP model that explains the observed cells exactly", standardisation: "by one factor",
	}
	kept, held := f.without(0)
	again := j.exact(ctx, kept, j.exactBlocks(sel), 0.5*budget, "exact held out")
	if again != nil {
		out.heldOut = j.predictAll(again, kept, held, f, 0)
	} else {
		kept, held = f.without(sel.parts[0])
		out.heldOut = j.predictAll(sel.fit, kept, held, f, sel.parts[0])
		out.warnings = append(out.warnings, "all observed cells are explained exactly, but the same search on nine tenths "+
			"of them did not succeed: the held-out error is that of an average of posterior samples, and says nothing about "+
			"the filled values")
	}
	unit := j.scoring(kept)
	out.scores = score(out.heldOut, unit)
	exact.stderr = math.Max(exact.Residual, rounding) * exact.scaling.Scale[0]
	if again != nil {
		exact.learn(again, out.heldOut)
	}
	seen := j.weigh(out.heldOut, f, exact)
	out.scores.compare(out.heldOut, unit)
	out.calibration = j.calibrate(out.heldOut, f)
	out.calibration.seen = seen
	out.heldOut = out.calibration.apply(out.heldOut)
	return out
}
