package lacuna

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"lacuna/internal/als"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

// ErrTooFew is returned when there are too few observed cells to learn anything from.
var ErrTooFew = errors.New("lacuna: fewer than two observed cells: give at least two")

// Complete fills a tensor. It returns an error for fewer than two observed cells, for a mode number or a share out of
// range, and for a loss that is not defined for the values. Ending ctx or reaching Options.MaxTime is no error: the
// best completion so far is returned, and its Status says so.
//
// A sampler of Bayesian CP models (package posterior) is run several times in several forms; their averages are
// combined with the weights that held-back cells prefer. Where the cells turn out to be explained exactly by a few
// blocks, those blocks are the answer.
func Complete(ctx context.Context, observed *tensor.Observed, o Options) (*Completion, error) {
	if err := o.check(observed); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	j := &job{options: o, observed: observed, start: time.Now()}
	work := ctx
	if o.MaxTime > 0 {
		var cancel context.CancelFunc
		work, cancel = context.WithTimeout(ctx, o.MaxTime)
		defer cancel()
	}
	c := j.run(work)
	switch {
	case ctx.Err() != nil:
		c.Status = Interrupted
	case work.Err() != nil:
		c.Status = TimeLimit
	}
	c.Seconds = time.Since(j.start).Seconds()
	j.report("done", 1, c.HeldOutNRMSE)
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Effort <= 0 {
		o.Effort = 1
	}
	if o.HoldOut <= 0 {
		o.HoldOut = 0.1
	}
	if o.Level <= 0 {
		o.Level = 0.9
	}
	return o
}

func (o Options) check(observed *tensor.Observed) error {
	if observed.Len() < 2 {
		return ErrTooFew
	}
	for _, n := range o.Smooth {
		if n < 0 || n >= observed.Order() {
			return fmt.Errorf("lacuna: Smooth names mode %d of a tensor with %d modes: modes count from 0", n, observed.Order())
		}
	}
	if o.Standardise == tensor.StandardiseMode && (o.StandardiseMode < 0 || o.StandardiseMode >= observed.Order()) {
		return fmt.Errorf("lacuna: StandardiseMode is %d for a tensor with %d modes: modes count from 0", o.StandardiseMode, observed.Order())
	}
	if o.Effort < 0 {
		return fmt.Errorf("lacuna: Effort is %v: give a positive number, 1 is the default", o.Effort)
	}
	if o.HoldOut >= 1 {
		return fmt.Errorf("lacuna: HoldOut is %v, it is a share of the observed cells below 1", o.HoldOut)
	}
	if o.Level >= 1 {
		return fmt.Errorf("lacuna: Level is %v, it is a probability below 1", o.Level)
	}
	if o.Blocks < 0 {
		return fmt.Errorf("lacuna: %d blocks: give a positive number, or 0 to have it found", o.Blocks)
	}
	if len(o.Depths) > 1 && len(o.Depths) != observed.Order() {
		return fmt.Errorf("lacuna: %d depths for %d modes: give one depth, or one for every mode", len(o.Depths), observed.Order())
	}
	for _, k := range o.Depths {
		if k < 0 {
			return fmt.Errorf("lacuna: depth %d: depths count from 0", k)
		}
	}
	if o.Loss != nil {
		return loss.CheckTargets(o.Loss, observed.Values)
	}
	return nil
}

// job is one call of Complete.
type job struct {
	options  Options
	observed *tensor.Observed
	start    time.Time

	mutex       sync.Mutex
	work, total float64 // nanoseconds of nominal cost, for the progress
	stage       string
	heldOut     float64
	evaluations int
}

// report tells the progress; done < 0 means: by the work that has been spent.
func (j *job) report(stage string, done, heldOut float64) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.stage, j.heldOut = stage, heldOut
	j.tell(done)
}

func (j *job) tell(done float64) {
	if j.options.Progress == nil {
		return
	}
	if done < 0 {
		done = math.Min(0.99, j.work/math.Max(1, j.total))
	}
	j.options.Progress(Progress{Stage: j.stage, Done: done, HeldOut: j.heldOut, Elapsed: time.Since(j.start)})
}

// spent counts work that has been done.
func (j *job) spent(cost float64, evaluations int) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.work += cost
	j.evaluations += evaluations
	j.tell(-1)
}

func (j *job) run(ctx context.Context) *Completion {
	c := &Completion{Observed: j.observed, level: j.options.Level, HeldOutRMSE: math.NaN(), HeldOutNRMSE: math.NaN()}
	c.Settings.HoldOut = j.options.HoldOut
	c.Settings.Loss = "square"
	if j.options.Loss != nil {
		c.Settings.Loss = j.options.Loss.Name()
	}
	c.Settings.Smooth = j.options.Smooth
	j.findEmpty(c)
	if _, deviation := tensor.Moments(j.observed.Values); deviation == 0 {
		j.constant(c)
		return c
	}
	folds := newFolds(j.observed, j.options)
	p := j.plan()
	j.total = p.budget
	choice := j.explore(ctx, folds, p)
	if exact := j.searchExact(ctx, folds, choice, p); exact != nil {
		j.finishExact(ctx, c, exact, folds, choice, p)
	} else {
		j.finishAverage(ctx, c, folds, choice, p)
	}
	j.follow(ctx, c, folds, 0.1*p.budget)
	c.Evaluations = j.evaluations
	return c
}

func (j *job) findEmpty(c *Completion) {
	for n, counts := range j.observed.Counts() {
		empty := make([]bool, len(counts))
		mode := j.observed.Modes[n]
		for i, count := range counts {
			if empty[i] = count == 0; empty[i] {
				c.Warnings = append(c.Warnings, fmt.Sprintf("%s=%s has no observed cell: its cells are filled from the main effects of the other modes", mode.Name, mode.Labels[i]))
			}
		}
		c.empty = append(c.empty, empty)
	}
}

// constant completes a tensor whose observed cells all hold one value.
func (j *job) constant(c *Completion) {
	value := j.observed.Values[0]
	c.Warnings = append(c.Warnings, fmt.Sprintf("all observed cells hold %v: so do all filled cells, and nothing can be said about their error", value))
	c.Settings.Method = "the constant value of all observed cells"
	c.Settings.Standardisation = "none"
	c.Scaling = tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	c.HeldOutRMSE = 0
	c.fit, c.stretch = constant(value), 1
	fit := als.Fit{Blocks: 1}
	if value == 0 {
		fit.Blocks = 0
	}
	for n, d := range j.observed.Shape() {
		factor := make([]float64, d*fit.Blocks)
		for i := range factor {
			factor[i] = 1
			if n == 0 {
				factor[i] = value
			}
		}
		fit.Factors = append(fit.Factors, factor)
	}
	c.describe(&fit)
}

type constant float64

func (v constant) at([]int32) (value, stderr float64) { return float64(v), 0 }

// folds are random parts of the observed cells, each of the share that is held out.
type folds struct {
	cells *tensor.Observed
	parts int
	part  []uint8
}

func newFolds(cells *tensor.Observed, o Options) folds {
	f := folds{cells: cells, part: make([]uint8, cells.Len())}
	f.parts = min(max(2, int(math.Round(1/o.HoldOut))), 100)
	for k, c := range rng.New(o.Seed, "folds").Perm(cells.Len()) {
		f.part[c] = uint8(k % f.parts)
	}
	return f
}

// without returns the cells outside a part, and the part.
func (f folds) without(part int) (kept, held *tensor.Observed) {
	return f.cells.Partition(func(c int) bool { return int(f.part[c]) != part })
}

func cellAt(o *tensor.Observed, c int) []int32 {
	cell := make([]int32, o.Order())
	for n, column := range o.Index {
		cell[n] = column[c]
	}
	return cell
}

// negligible is the norm, beside the largest, below which a block does not count.
const negligible = 0.01

// describe reports a CP model: its blocks in falling order of norm.
func (c *Completion) describe(fit *als.Fit) {
	order := byNorm(fit)
	sorted := fit.Take(order)
	c.EffectiveRank = sorted.Blocks
	c.Norms = sorted.Norms()
	c.Factors = nil
	for n, factor := range sorted.Factors {
		rows := make([][]float64, c.Observed.Shape()[n])
		for i := range rows {
			rows[i] = factor[i*sorted.Blocks:][:sorted.Blocks]
		}
		c.Factors = append(c.Factors, rows)
	}
}
