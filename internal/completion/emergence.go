package completion

import (
	"cmp"
	"context"
	"math"
	"slices"

	"lacuna/experiment"
	"lacuna/internal/parallel"
	"lacuna/tensor"
)

// Emergence tells when a block of the gradient flow grew.
type Emergence struct {
	Time    float64 // of the flow, at which the block's norm first exceeded half its last value
	Norm    float64 // its last value, in standardised units
	Matched bool    // the block is one of Completion.CP: their cosine as tensors is at least 0.85
	Block   int     // where Matched: the number of that block
}

// flowTrace is what following the gradient flow came to.
type flowTrace struct {
	emergences []Emergence
	depths     []int // nil: the flow was not followed
	warnings   []string
}

// Evaluations of a run of the flow: with fewer, it is not followed.
const fewestEvaluations, mostEvaluations = 150, 1500

// flowWork is the nominal work of following the flow, as far as it can be told before the number of blocks is.
func (j *job) flowWork(budget float64) float64 {
	const blocks = 8
	shape, cells := j.observed.Shape(), j.observed.Len()
	if budget/(passCost(blocks, shape, cells)+solveCost(blocks, shape)) < fewestEvaluations {
		return 0
	}
	return budget
}

// follow runs the gradient flow of a deep CP model on the standardised cells from several near-zero starts, and records
// when the blocks of the best run emerged: the run, and its moment, at which the cells of one part are predicted best.
// Later a run may grow spurious blocks. It shows the structure of the tensor one block after another; the filled
// values do not depend on it.
func (j *job) follow(ctx context.Context, c *Completion, f folds, budget float64) flowTrace {
	const starts, patience = 6, 250
	blocks := min(max(8, 2*c.EffectiveRank), 32)
	perEvaluation := passCost(blocks, f.cells.Shape(), f.cells.Len()) + solveCost(blocks, f.cells.Shape())
	evaluations := int(math.Min(mostEvaluations, budget/perEvaluation))
	if evaluations < fewestEvaluations || ctx.Err() != nil || c.EffectiveRank == 0 {
		return flowTrace{}
	}
	j.report("following the gradient flow to see the blocks emerge", c.HeldOutNRMSE)
	count := min(starts, max(1, int(budget/perEvaluation/mostEvaluations)))
	kept, held := f.without(0)
	train, test := c.Scaling.Apply(kept), c.Scaling.Apply(held.Exact())
	trace := flowTrace{depths: []int{1}}
	if len(j.Depths) > 0 {
		trace.depths = j.Depths
	}
	settings := experiment.Settings{
		Balanced: true, Blocks: blocks, Seed: j.Seed,
		Tolerance: 0.1, TrainMSE: 1e-12, Evaluations: evaluations, Patience: patience,
	}
	for _, k := range trace.depths {
		settings.Depth = append(settings.Depth, float64(k))
	}
	runs, errs := make([]flowRun, count), make([]error, count)
	parallel.For(j.Threads, count, func(k int) {
		one := settings
		one.Seed += uint64(k)
		runs[k], errs[k] = runFlow(ctx, experiment.Cells{Train: train, HeldOut: test}, one)
		j.spent(perEvaluation*float64(runs[k].evaluations), runs[k].evaluations)
	})
	best := 0
	for k, err := range errs {
		if err != nil {
			trace.warnings = append(trace.warnings, "the gradient flow was not followed: "+err.Error())
			return trace
		}
		if runs[k].heldOut < runs[best].heldOut {
			best = k
		}
	}
	trace.emergences = runs[best].emergences(c.CP)
	return trace
}

// flowRun is the record of a run up to its best moment.
type flowRun struct {
	times       []float64
	norms       [][]float64
	cp          *tensor.CP // at the best moment, blocks as in norms
	heldOut     float64
	evaluations int
}

func runFlow(ctx context.Context, cells experiment.Cells, s experiment.Settings) (flowRun, error) {
	out, best := flowRun{heldOut: math.Inf(1)}, 0
	run, err := experiment.New(s, cells)
	if err != nil {
		return out, err
	}
	result := run.Follow(ctx, func(r *experiment.Record) {
		out.times = append(out.times, r.Time)
		out.norms = append(out.norms, slices.Clone(r.Deep))
		if r.HeldOut < out.heldOut {
			out.heldOut, out.cp, best = r.HeldOut, run.Model.(experiment.Blockwise).CP(-1), len(out.times)
		}
	})
	out.times, out.norms, out.evaluations = out.times[:best], out.norms[:best], result.Evaluations
	return out, nil
}

// emergences lists the blocks whose last norm is neither negligible beside the largest nor that of a runaway, in
// order of time, and matches them with the blocks of a model of the same cells.
func (run flowRun) emergences(cp *tensor.CP) []Emergence {
	const runaway = 5 // the norm, in norms of the model's largest block, beyond which a block of the flow is spurious
	if len(run.norms) == 0 {
		return nil
	}
	limit, last := runaway*cp.Norms()[0], run.norms[len(run.norms)-1]
	var largest float64
	for _, norm := range last {
		if norm <= limit {
			largest = math.Max(largest, norm)
		}
	}
	matches := match(run.cp, cp)
	var list []Emergence
	for r, norm := range last {
		if norm == 0 || norm > limit || norm < negligible*largest {
			continue
		}
		for k := range run.times {
			if run.norms[k][r] >= norm/2 {
				e := Emergence{Time: run.times[k], Norm: norm}
				e.Block, e.Matched = matches[r]
				list = append(list, e)
				break
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Emergence) int { return cmp.Compare(a.Time, b.Time) })
	return list
}

// match pairs blocks of one CP model with blocks of another, each with at most one, the most alike first. Two blocks
// are alike when their cosine as rank-one tensors, Π_n cos(u_r^n, v_s^n), is at least 0.85, the customary bound of fair
// similarity (Lorenzo-Seva & ten Berge 2006).
func match(from, to *tensor.CP) map[int]int {
	const alike = 0.85
	type pair struct {
		a, b   int
		cosine float64
	}
	var pairs []pair
	for a := range from.Blocks {
		for b := range to.Blocks {
			cosine := 1.0
			for n := range from.Shape {
				cosine *= cosineOf(from.Column(n, a), to.Column(n, b))
			}
			if cosine >= alike {
				pairs = append(pairs, pair{a, b, cosine})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(q.cosine, p.cosine) })
	matches, taken := map[int]int{}, make([]bool, to.Blocks)
	for _, p := range pairs {
		if _, has := matches[p.a]; !has && !taken[p.b] {
			matches[p.a], taken[p.b] = p.b, true
		}
	}
	return matches
}

// cosineOf returns the cosine between two vectors, 0 where one is zero.
func cosineOf(a, b []float64) float64 {
	var product, aa, bb float64
	for i, x := range a {
		product += float64(x * b[i])
		aa += float64(x * x)
		bb += float64(b[i] * b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return product / math.Sqrt(aa*bb)
}
