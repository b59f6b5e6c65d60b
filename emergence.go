package lacuna

import (
	"context"
	"math"
	"sort"

	"lacuna/als"
	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/posterior"
	"lacuna/tensor"
)

// follow runs the gradient flow of a deep CP model from a near-zero start on the standardised cells, stopped when the
// cells of one part are predicted no better, and records when its blocks emerged. It shows the structure of the
// tensor one block after another; the filled values do not depend on it.
func (j *job) follow(ctx context.Context, c *Completion, f folds, budget float64) {
	const fewest, patience, ratio = 150, 60, 0.02
	blocks := min(max(8, 2*c.EffectiveRank), 32)
	form := candidate{settings: posterior.Settings{Blocks: blocks, Equal: true, Normal: true}}
	evaluations := int(math.Min(1500, budget/form.cost(f.cells.Shape(), f.cells.Len())))
	if evaluations < fewest || ctx.Err() != nil {
		return
	}
	j.report("following the gradient flow to see the blocks emerge", -1, c.HeldOutNRMSE)
	kept, held := f.without(0)
	train, test := c.Scaling.Apply(kept), c.Scaling.Apply(held)
	depths := []float64{1}
	if len(j.options.Depths) > 0 {
		depths = nil
		for _, k := range j.options.Depths {
			depths = append(depths, float64(k))
		}
	}
	system, err := model.NewBalanced(train, loss.Square, model.BalancedConfig{Blocks: blocks, Depths: depths, Threads: j.options.Threads})
	if err != nil {
		c.Warnings = append(c.Warnings, "the gradient flow was not followed: "+err.Error())
		return
	}
	if err := system.Draw(model.StartConfig{Seed: j.options.Seed}); err != nil {
		panic("lacuna: follow: " + err.Error())
	}
	integrator, err := flow.New(system, flow.Settings{Tolerance: 0.1, Stop: flow.Stop{
		Evaluations: evaluations, Patience: patience,
		HeldOut: func() float64 { return heldOut(system, test) },
	}})
	if err != nil {
		c.Warnings = append(c.Warnings, "the gradient flow was not followed: "+err.Error())
		return
	}
	var times []float64
	var norms [][]float64
	result := integrator.Run(ctx, func(s *flow.Snapshot) bool {
		times = append(times, s.Time)
		norms = append(norms, append([]float64(nil), s.Norms...))
		return false
	})
	j.spent(0, result.Evaluations)
	c.Settings.Depths = j.options.Depths
	if c.Settings.Depths == nil {
		c.Settings.Depths = []int{1}
	}
	c.Emergences = emergences(times, norms, ratio)
}

// emergences lists the blocks whose last norm is above that share of the largest, in order of time.
func emergences(times []float64, norms [][]float64, ratio float64) []Emergence {
	if len(norms) == 0 {
		return nil
	}
	last := norms[len(norms)-1]
	var largest float64
	for _, norm := range last {
		largest = math.Max(largest, norm)
	}
	var list []Emergence
	for r, norm := range last {
		if norm == 0 || norm < ratio*largest {
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
