package lacuna

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"time"

	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/posterior"
	"lacuna/tensor"
)

// ErrTooFew is returned when there are too few observed cells to learn anything from.
var ErrTooFew = errors.New("lacuna: fewer than two observed cells: give at least two")

// Complete fills a tensor. It returns an error for fewer than two observed cells and for a loss that is not defined for
// the values; ending ctx or reaching Options.MaxTime is no error: the best completion so far is returned, and its
// Status says so.
func Complete(ctx context.Context, observed *tensor.Observed, o Options) (*Completion, error) {
	if observed.Len() < 2 {
		return nil, ErrTooFew
	}
	if o.Loss != nil {
		if err := loss.CheckTargets(o.Loss, observed.Values); err != nil {
			return nil, err
		}
	}
	if o.Threads <= 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.HoldOut <= 0 {
		o.HoldOut = 0.1
	}
	if o.Level <= 0 {
		o.Level = 0.9
	}
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
	return c, nil
}

// job is one call of Complete.
type job struct {
	options  Options
	observed *tensor.Observed
	start    time.Time
}

func (j *job) progress(stage string, done, heldOut float64) {
	if j.options.Progress != nil {
		j.options.Progress(Progress{Stage: stage, Done: done, HeldOut: heldOut, Elapsed: time.Since(j.start)})
	}
}

func (j *job) run(ctx context.Context) *Completion {
	o := j.options
	c := &Completion{Observed: j.observed, level: o.Level}
	c.Settings.HoldOut = o.HoldOut
	c.Settings.Loss = "square"
	c.Settings.Smooth = o.Smooth
	kept, held := j.observed.Split(o.HoldOut, rng.New(o.Seed, "held out"))
	j.progress("measuring the error on held-out cells", 0, 0)
	trial := j.fit(ctx, kept, "trial")
	j.measure(c, trial, kept, held)
	j.progress("fitting all observed cells", 0.5, c.HeldOutNRMSE)
	final := j.fit(ctx, j.observed, "final")
	c.fit = final
	c.Scaling = final.scaling
	final.describe(c)
	c.scores = sortedScores(c.HeldOut)
	j.warnEmpty(c)
	j.progress("done", 1, c.HeldOutNRMSE)
	return c
}

// measure fills in the held-out error of a fit that has seen kept alone.
func (j *job) measure(c *Completion, fit predictor, kept, held *tensor.Observed) {
	main := fitEffects(kept)
	var errors [3]float64
	for k, value := range held.Values {
		cell := cellAt(held, k)
		predicted, stderr := fit.at(cell)
		c.HeldOut = append(c.HeldOut, HeldOutCell{Cell: cell, Value: value, Predicted: predicted, Stderr: stderr})
		for m, p := range []float64{predicted, main.mean, main.at(cell)} {
			errors[m] += (p - value) * (p - value)
		}
	}
	_, deviation := tensor.Moments(held.Values)
	for m := range errors {
		errors[m] = math.Sqrt(errors[m] / float64(held.Len()))
	}
	c.HeldOutRMSE, c.HeldOutNRMSE = errors[0], errors[0]/deviation
	c.Baselines = []Baseline{
		{Name: "mean", RMSE: errors[1], NRMSE: errors[1] / deviation},
		{Name: "main effects", RMSE: errors[2], NRMSE: errors[2] / deviation},
	}
	for _, b := range c.Baselines {
		if !(c.HeldOutRMSE < b.RMSE) {
			c.Warnings = append(c.Warnings, fmt.Sprintf("the model does not beat a simple predictor (%s) on held-out cells: do not trust the filled values", b.Name))
		}
	}
}

func cellAt(o *tensor.Observed, c int) []int32 {
	cell := make([]int32, o.Order())
	for n, column := range o.Index {
		cell[n] = column[c]
	}
	return cell
}

func (j *job) warnEmpty(c *Completion) {
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

// fitted is a posterior average with what is needed to evaluate it anywhere.
type fitted struct {
	observed  *tensor.Observed
	scaling   tensor.Scaling
	posterior *posterior.Posterior
	effects   effects
	counts    [][]int
}

func (j *job) fit(ctx context.Context, cells *tensor.Observed, stream string) *fitted {
	o := j.options
	f := &fitted{observed: cells, scaling: tensor.FitScaling(cells, o.Standardise, o.StandardiseMode), counts: cells.Counts(), effects: fitEffects(cells)}
	scaled := f.scaling.Apply(cells)
	blocks := o.Blocks
	if blocks == 0 {
		blocks = 16
	}
	data := posterior.Data{Shape: cells.Shape(), Index: cells.Index, Values: scaled.Values}
	chains := make([]*posterior.Posterior, 2)
	parallel.For(o.Threads, len(chains), func(k int) {
		chains[k], _ = posterior.Run(ctx, data, posterior.Settings{Blocks: blocks, Seed: o.Seed, Stream: stream + strconv.Itoa(k)})
	})
	f.posterior = chains[0]
	for _, chain := range chains[1:] {
		f.posterior.Samples = append(f.posterior.Samples, chain.Samples...)
	}
	return f
}

func (f *fitted) at(cell []int32) (value, stderr float64) {
	for n, i := range cell {
		if f.counts[n][i] == 0 {
			return f.effects.at(cell), math.Inf(1)
		}
	}
	if len(f.posterior.Samples) == 0 {
		_, deviation := tensor.Moments(f.observed.Values)
		return f.effects.at(cell), deviation
	}
	mean, variance, noise := f.posterior.At(cell)
	return f.scaling.Undo(cell, mean), f.scaling.ScaleAt(cell) * math.Sqrt(variance+noise)
}

// describe sets the CP model that is reported: the last sample.
func (f *fitted) describe(c *Completion) {
	c.Settings.Method = "average of posterior samples of a Bayesian CP model"
	c.Settings.Blocks = []int{f.posterior.Blocks}
	c.Settings.Samples = len(f.posterior.Samples)
	if len(f.posterior.Samples) == 0 {
		return
	}
	last := f.posterior.Samples[len(f.posterior.Samples)-1]
	c.EffectiveRank = f.posterior.Blocks
	c.Norms = make([]float64, f.posterior.Blocks)
	for r := range c.Norms {
		c.Norms[r] = 1
	}
	for n := range last.Factors {
		d := len(last.Factors[n]) / f.posterior.Blocks
		factor := make([][]float64, d)
		squares := make([]float64, f.posterior.Blocks)
		for i := range factor {
			factor[i] = append([]float64(nil), last.Factors[n][i*f.posterior.Blocks:][:f.posterior.Blocks]...)
			for r, u := range factor[i] {
				squares[r] += u * u
			}
		}
		for r := range squares {
			c.Norms[r] *= math.Sqrt(squares[r])
		}
		c.Factors = append(c.Factors, factor)
	}
}
