package lacuna

import (
	"context"
	"math"
	"sort"

	"lacuna/flow"
	"lacuna/internal/als"
	"lacuna/internal/parallel"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// follow runs the gradient flow of a deep CP model on the standardised cells from several near-zero starts, and records
// when the blocks of the best run emerged: the run, and its moment, at which the cells of one part are predicted best.
// Later a run may grow spurious blocks. It shows the structure of the tensor one block after another; the filled
// values do not depend on it.
func (j *job) follow(ctx context.Context, c *Completion, f folds, budget float64) {
	const fewest, most, starts = 150, 1500, 6
	blocks := min(max(8, 2*c.EffectiveRank), 32)
	perEvaluation := j.annealer(blocks).cost(f.cells.Shape(), f.cells.Len())
	evaluations := int(math.Min(most, budget/perEvaluation))
	if evaluations < fewest || ctx.Err() != nil || c.EffectiveRank == 0 {
		return
	}
	j.report("following the gradient flow to see the blocks emerge", -1, c.HeldOutNRMSE)
	count := min(starts, max(1, int(budget/perEvaluation/most)))
	kept, held := f.without(0)
	train, test := c.Scaling.Apply(kept), c.Scaling.Apply(held)
	depths := []float64{1}
	c.Settings.Depths = []int{1}
	if len(j.options.Depths) > 0 {
		c.Settings.Depths = j.options.Depths
		depths = nil
		for _, k := range j.options.Depths {
			depths = append(depths, float64(k))
		}
	}
	config := model.BalancedConfig{Blocks: blocks, Depths: depths}
	runs := make([]flowRun, count)
	parallel.For(j.options.Threads, count, func(k int) {
		runs[k] = runFlow(ctx, train, test, config, j.options.Seed+uint64(k), evaluations)
		j.spent(perEvaluation*float64(runs[k].evaluations), runs[k].evaluations)
	})
	best := 0
	for k := range runs {
		if runs[k].err != nil {
			c.Warnings = append(c.Warnings, "the gradient flow was not followed: "+runs[k].err.Error())
			return
		}
		if runs[k].heldOut < runs[best].heldOut {
			best = k
		}
	}
	c.Emergences = emergences(runs[best].times, runs[best].norms, runaway*c.Norms[0])
}

// flowRun is the record of a run up to its best moment.
type flowRun struct {
	times       []float64
	norms       [][]float64
	heldOut     float64
	evaluations int
	err         error
}

func runFlow(ctx context.Context, train, test *tensor.Observed, config model.BalancedConfig, seed uint64, evaluations int) (run flowRun) {
	const patience = 250
	run.heldOut = math.Inf(1)
	system, err := model.NewBalanced(train, loss.Square, config)
	if err != nil {
		run.err = err
		return run
	}
	if run.err = system.Draw(model.StartConfig{Seed: seed}); run.err != nil {
		return run
	}
	integrator, err := flow.New(system, flow.Settings{Tolerance: 0.1, Stop: flow.Stop{
		Evaluations: evaluations, Patience: patience, TrainMSE: 1e-12,
		HeldOut: func() float64 { return heldOut(system, test) },
	}})
	if err != nil {
		run.err = err
		return run
	}
	best := 0
	result := integrator.Run(ctx, func(s *flow.Snapshot) bool {
		run.times = append(run.times, s.Time)
		run.norms = append(run.norms, append([]float64(nil), s.Norms...))
		if s.HeldOut < run.heldOut {
			run.heldOut, best = s.HeldOut, len(run.times)
		}
		return false
	})
	run.times, run.norms, run.evaluations = run.times[:best], run.norms[:best], result.Evaluations
	return run
}

// runaway is the norm, in norms of the model's largest block, beyond which a block of the flow is spurious.
const runaway = 5

// emergences lists the blocks whose last norm is not negligible beside the largest nor above limit, in order of time.
func emergences(times []float64, norms [][]float64, limit float64) []Emergence {
	if len(norms) == 0 {
		return nil
	}
	last := norms[len(norms)-1]
	var largest float64
	for _, norm := range last {
		if norm <= limit {
			largest = math.Max(largest, norm)
		}
	}
	var list []Emergence
	for r, norm := range last {
		if norm == 0 || norm > limit || norm < negligible*largest {
			continue
		}
		for k := range times {
			if norms[k][r] >= norm/2 {
				list = append(list, Emergence{Time: times[k], Norm: norm})
				break
			}
		}
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].Time < list[b].Time })
	for k := range list {
		list[k].Block = k
	}
	return list
}

func heldOut(system *model.Balanced, test *tensor.Observed) float64 {
	cp := system.CP(0)
	fit := als.Fit{Blocks: cp.Rank()}
	for n, d := range test.Shape() {
		factor := make([]float64, d*fit.Blocks)
		for i := range d {
			for r := range fit.Blocks {
				factor[i*fit.Blocks+r] = cp.Factors[n][r][i]
			}
		}
		fit.Factors = append(fit.Factors, factor)
	}
	return als.Error(als.Data{Shape: test.Shape(), Index: test.Index, Values: test.Values}, fit)
}
