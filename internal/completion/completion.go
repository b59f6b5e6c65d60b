// Package completion fills a tensor, in stages that each take values and return a value:
//
//	select     which forms of the Bayesian CP model, and how many blocks, held-back cells prefer
//	exact      whether a few blocks explain the observed cells to machine precision, and then which
//	folds      known cells hidden in the shapes of the gaps
//	average    predictions of held-out cells, stacking weights, and a fit to all observed cells
//	companion  what known cells nearby tell beyond the models, where held-out cells gain from it
//	calibrate  what makes standard errors and intervals hold on held-out cells like those to be filled
//	judge      the error to be expected of the filled cells, altogether and by label
//	emergence  when the blocks grow along the gradient flow of a deep model
//
// How much is done of what is the schedule's to say. Run puts the stages together.
package completion

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"lacuna/internal/memory"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// Settings of Run; every field but Progress, Slurm, Depths, Smooth, Nonnegative, Censored, MaxTime and Blocks must be set.
type Settings struct {
	Seed            uint64
	Threads         int
	MaxTime         time.Duration // 0: no limit
	Noise           posterior.Family
	NoiseLabels     []LabelNoise // labels of one mode whose families are known
	Standardise     tensor.Standardise
	StandardiseMode int
	Blocks          int       // 0: found
	Depths          []int     // of the gradient flow; none: 1
	Limits          []Limit   // of the values
	Smooth          []int     // modes whose factors are functions of their coordinates
	Nonnegative     bool      // no factor has a negative entry
	Censored        *Censored // cells beside the observed ones of which limits are known; nil: none
	Fill            [][]int32 // cells to be filled, one column a mode; nil: all that were not observed
	Effort          float64
	HoldOut         float64 // share of the observed cells in a fold
	Level           float64 // of Completion.Interval by default
	Progress        func(Progress)
	Slurm           *Slurm // nil: everything is done here
}

// job is what all stages share.
type job struct {
	Settings
	observed  *tensor.Observed
	gaps      [][]int32 // some of the cells to be filled
	shape     *shape    // of the gaps
	limited   bool      // less was done than held-back cells asked for, to keep to MaxTime
	found     startCache
	limits    limits
	periods   []FoundPeriod
	repeating []int       // modes along which the values show a period, found or proposed
	kinds     *labelKinds // of labels that have families of their own; nil: one kind for all
	unit      int         // mode whose labels have units of their own, or −1
	step      float64     // between the values of a family on a grid
	engine    *engine     // nil: all chains run here
	*meter
}

// fitted is what the stages that fit the table come to.
type fitted struct {
	fit         predictor
	companion   *chosen      // beside the models; nil: none
	alone       []prediction // of the held-out cells, without it
	cp          *tensor.CP   // nil: none was found
	scaling     tensor.Scaling
	heldOut     []HeldOutCell
	heldLimits  []HeldOutCell // those that are censored
	scores      scores
	logScores   LogScores
	calibration calibration
	levels      graded   // of a family of its own
	labelLevels []graded // of labels with families of their own
	laws        *laws    // of labels without; nil: all are normal
	warnings    []string

	method, standardisation string
	blocks                  []int
	weights                 []Weight
	periods                 []FoundPeriod // that a model repeats with
	samples, folds          int
}

// Run fills a tensor with at least two observed cells. It ends early, with the best so far, when ctx or MaxTime does. It
// returns an error when Slurm does not do what it is asked for, or what it keeps in its directory cannot be written or read.
func Run(ctx context.Context, observed *tensor.Observed, s Settings) (*Completion, error) {
	j := &job{Settings: s, observed: observed, meter: newMeter(s.Progress)}
	if observed.Len() >= memoryCounts {
		defer memory.Thrift(10)()
	}
	work := ctx
	if s.MaxTime > 0 {
		var cancel context.CancelFunc
		work, cancel = context.WithTimeout(ctx, s.MaxTime)
		defer cancel()
	}
	work, end := context.WithCancel(work)
	defer end()
	var failure, err error
	j.engine, err = j.newEngine(func(err error) {
		if failure == nil {
			failure = err
		}
		end()
	})
	if err != nil {
		return nil, err
	}
	c := j.run(asking{work, ctx})
	if failure != nil {
		return nil, failure
	}
	switch {
	case ctx.Err() != nil:
		c.Status = Interrupted
	case work.Err() != nil, j.limited:
		c.Status = TimeLimit
	}
	c.Evaluations, c.Seconds = j.evaluations, time.Since(j.start).Seconds()
	j.report("done", c.HeldOutNRMSE)
	return c, nil
}

// asking is a context that asks the one it comes from too, every time that it is asked whether it has ended: that may have
// something to do then, as the one of the page in the browser, which lets the page be heard.
type asking struct {
	context.Context
	from context.Context
}

func (a asking) Err() error {
	if err := a.from.Err(); err != nil {
		return err
	}
	return a.Context.Err()
}

func (j *job) run(ctx context.Context) *Completion {
	c := &Completion{UnitMode: -1, level: j.Level, seed: j.Seed}
	var remark string
	if j.Nonnegative {
		j.Limits = append(slices.Clone(j.Limits), notBelowZero())
		remark, _ = CheckNonnegative(j.observed)
	}
	j.unit = unitMode(j.observed)
	var found []string
	j.limits, found = j.findLimits()
	j.observed = j.withCensored()
	c.Observed, c.Warnings = j.observed, j.findEmpty()
	if remark != "" {
		c.Warnings = append(c.Warnings, remark)
	}
	c.Settings = Report{Noise: j.Noise.Name, HoldOut: j.HoldOut, Smooth: j.Smooth, Nonnegative: j.Nonnegative, Censored: j.Censored.Len()}
	if _, deviation := tensor.Moments(j.observed.Values); deviation == 0 {
		j.done = 1
		c.take(constantFit(j.observed))
		return c
	}
	c.limits, c.Settings.Limits = j.limits, found
	j.gaps = pickGaps(j.observed, j.Fill, j.Seed)
	j.shape = newShape(j.observed, j.gaps, j.Seed)
	j.shape.sampled = len(j.gaps) >= mostGaps || j.Fill == nil && j.observed.Shape().Cells() > float64(j.observed.Len()+len(j.gaps))
	j.shape.most = j.mostHidden()
	if !j.shape.scattered() { // else blocks tell more than courses, and trials of a period take the work of theirs
		j.observed, j.periods, j.repeating = findPeriods(j.observed, j.scoring(j.observed))
		j.shape.cells = j.observed
	}
	c.shape, c.unit, c.UnitMode = j.shape, j.scoring(j.observed), j.unit
	budget := j.budget()
	j.after = j.describeWork(budget) + j.flowWork(flowing*budget)
	if j.shape.scattered() {
		j.expect(float64((exploring + finishing) * budget))
	} else {
		j.expect(float64((exploringShapes + finishingShapes) * budget))
	}
	asked := j.Noise.Name == posterior.ByLabel
	folds, selected := j.choose(ctx, budget)
	if asked && j.kinds == nil {
		c.Warnings = append(c.Warnings, "no label was found to have a noise of its own: --noise by-label is as auto")
	}
	c.Settings.HoldOut = j.HoldOut
	c.takeFamily(j.Noise)
	c.kinds, c.Settings.NoiseByLabel = j.kinds, j.kinds.noises(j.observed)
	j.step = j.grid()
	if exact := j.searchExact(ctx, folds, selected, budget); exact != nil {
		c.take(j.finishExact(ctx, exact, folds, selected, budget))
	} else if j.large() || selected.candidates[0].spectral {
		c.take(j.finishGrown(ctx, folds, selected, budget))
	} else {
		c.take(j.finishAverage(ctx, folds, selected, budget))
	}
	c.OwnError = ownError(j.Noise, c.HeldOut, j.step)
	j.judgeDistances(c, folds, j.judge(c))
	folds.cells = c.settled(folds.cells)
	flow := j.follow(ctx, c, folds, flowing*budget)
	c.Emergences, c.Settings.Depths = flow.emergences, flow.depths
	c.Warnings = append(c.Warnings, flow.warnings...)
	j.done = 1
	return c
}

// choose hides cells and selects the model with them: of a large table, on a sample.
func (j *job) choose(ctx context.Context, budget float64) (folds, selection) {
	if j.large() {
		return j.chooseLarge(ctx, budget)
	}
	f := newFolds(j.shape, j.HoldOut, j.Seed)
	j.chooseFamily(ctx, f, budget)
	j.chooseLabels(ctx, f, budget)
	return f, j.selectModel(ctx, f, j.exploration(f, budget))
}

// take reports what a fit came to.
func (c *Completion) take(f fitted) {
	c.fit, c.Scaling, c.calibration = f.fit, f.scaling, f.calibration
	c.levels, c.labelLevels, c.laws = f.levels, f.labelLevels, f.laws
	c.Settings.Spread = f.laws.words(c.Observed)
	c.HeldOut, c.HeldOutRMSE, c.HeldOutNRMSE = f.heldOut, f.scores.rmse, f.scores.nrmse
	c.Baselines, c.LogScores = f.scores.baselines, f.logScores
	c.Warnings = append(c.Warnings, f.warnings...)
	c.Warnings = append(c.Warnings, f.scores.warnings...)
	if f.calibration.warning != "" {
		c.Warnings = append(c.Warnings, f.calibration.warning)
	}
	s := &c.Settings
	s.Method, s.Standardisation, s.Blocks = f.method, f.standardisation, f.blocks
	s.Weights, s.Samples, s.Folds, s.PeriodsFound = f.weights, f.samples, f.folds, f.periods
	if f.companion != nil {
		s.Neighbours = f.companion.words(c.Observed.Order())
	}
	if c.CP = f.cp; c.CP == nil {
		c.CP = tensor.NewCP(c.Observed.Shape(), 0)
	}
	c.EffectiveRank, c.Norms = c.CP.Blocks, c.CP.Norms()
}

// firstOf spells the first few of some labels.
func firstOf(labels []string) string {
	const most = 5
	if len(labels) > most {
		return strings.Join(labels[:most], ", ") + ", …"
	}
	return strings.Join(labels, ", ")
}

// findEmpty warns of the indices that have no observed cell, in a line a mode.
func (j *job) findEmpty() (warnings []string) {
	for n, counts := range j.observed.Counts() {
		mode := j.observed.Modes[n]
		var empty []string
		for i, count := range counts {
			if count == 0 {
				empty = append(empty, mode.Labels[i])
			}
		}
		switch len(empty) {
		case 0:
		case 1:
			warnings = append(warnings, fmt.Sprintf("%s=%s has no observed cell: its cells are filled from what the "+
				"others have in common", mode.Name, empty[0]))
		default:
			warnings = append(warnings, fmt.Sprintf("%s: %d labels (%s) have no observed cell: their cells are filled from what "+
				"the others have in common", mode.Name, len(empty), firstOf(empty)))
		}
	}
	return warnings
}

// constantFit completes a tensor whose observed cells all hold one value.
func constantFit(observed *tensor.Observed) fitted {
	value := observed.Values[0]
	cp := tensor.NewCP(observed.Shape(), 1)
	for n, factor := range cp.Factors {
		for i := range factor {
			factor[i] = 1
			if n == 0 {
				factor[i] = value
			}
		}
	}
	if value == 0 {
		cp = cp.Take(nil)
	}
	return fitted{
		fit: constant(value), cp: cp, calibration: uncalibrated(), scores: scores{nrmse: math.NaN()},
		method: "the constant value of all observed cells", standardisation: "none",
		scaling: tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}},
		warnings: []string{fmt.Sprintf("all observed cells hold %v: so do all filled cells, and nothing can be said about "+
			"their error", value)},
	}
}

type constant float64

func (v constant) at([]int32) prediction { return prediction{value: float64(v)} }

func (v constant) all(index [][]int32, threads int) []prediction { return oneByOne(v, index, threads) }
