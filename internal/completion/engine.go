package completion

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"lacuna/internal/jobarray"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// Slurm says how to deal the chains of a completion out as tasks of Slurm job arrays: those of all folds that measure
// the error, those of the last fit, and the further chains of a large table. Choices, which follow one another, stay with
// the process that submits. The completion has the bits of one without Slurm.
//
// A chain is a pure function of some cells, its settings and a seed, and what it came to is kept in Dir under a name
// that stands for all three and the version. Tasks may be cancelled, killed and requeued; the submitting process may be
// killed too: with the same table and options the next one finds what has been done. When its context ends, it takes the
// array out of the queue.
type Slurm struct {
	Dir string // of cells, chains and job arrays; all nodes see it
	// Command starts one task; Dir, the number of the array and that of the task are appended. It must call RunTask.
	Command []string
	Tasks   int           // size of an array; 0 means one a chain, up to 200
	Options []string      // further options of sbatch, such as --partition=short or --time=2:00:00
	Poll    time.Duration // how often to look; 0 means 5 s
	Version string        // of the program: what another version sampled is sampled again
}

func chainPlace(dir string) jobarray.Place {
	return jobarray.Place{Dir: dir, Results: "chains", Ending: ".chain"}
}

// prepare makes the folders of the directory.
func (s *Slurm) prepare() error {
	for _, name := range []string{"cells", "chains"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, name), 0o777); err != nil {
			return err
		}
	}
	return nil
}

// Remove removes what a completion kept in Dir.
func (s *Slurm) Remove() error {
	for _, name := range []string{"slurm", "chains", "cells"} {
		if err := os.RemoveAll(filepath.Join(s.Dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// newEngine is the engine that the settings ask for, if any; fail ends the completion.
func (j *job) newEngine(fail func(error)) (*engine, error) {
	if j.Slurm == nil {
		return nil, nil
	}
	return &engine{job: j, slurm: j.Slurm, fail: fail, done: map[string]bool{}}, j.Slurm.prepare()
}

// engine has chains sampled by the tasks of job arrays.
type engine struct {
	*job
	slurm *Slurm
	fail  func(error)     // ends the completion
	done  map[string]bool // chains that are there
}

// dealt is a chain to be sampled elsewhere.
type dealt struct {
	chainWork
	cost   float64 // nominal
	sweeps int
}

// id stands for everything that the chain depends on.
func (w chainWork) id() string {
	text, err := json.Marshal(w)
	if err != nil {
		panic("completion: a chain cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:10])
}

// run has chains sampled that have not been yet. Where ctx or Slurm fails before, some are missing.
func (e *engine) run(ctx context.Context, chains []dealt) {
	byID := map[string]dealt{}
	var pending []chainWork
	for _, d := range chains {
		id := d.id()
		if _, known := byID[id]; known { // a candidate may be listed twice
			continue
		}
		byID[id] = d
		if !e.done[id] && !e.take(id, d) {
			os.Remove(e.path(id))
			pending = append(pending, d.chainWork)
		}
	}
	if len(pending) == 0 || ctx.Err() != nil {
		return
	}
	stage, heldOut := e.reported()
	left := len(pending)
	tell := func() {
		e.report(fmt.Sprintf("%s: Slurm has done %d of %d chains", stage, len(byID)-left, len(byID)), heldOut)
	}
	tell()
	defer func() { e.report(stage, heldOut) }()
	queue := jobarray.Queue[chainWork]{
		Place: chainPlace(e.slurm.Dir), ID: chainWork.id, Tell: tell, Cancel: true,
		Slurm: jobarray.Slurm{
			Command: e.slurm.Command, Tasks: e.slurm.Tasks, Options: e.slurm.Options, Poll: e.slurm.Poll,
		},
		Take: func(id, path string) (bool, error) {
			if outcome, err := readChain(path); err == nil && outcome.Failure != "" {
				chainPlace(e.slurm.Dir).Forget(id)
				return false, errors.New(outcome.Failure)
			}
			if !e.take(id, byID[id]) {
				return false, nil
			}
			left--
			return true, nil
		},
	}
	if err := queue.Run(ctx, pending); err != nil && ctx.Err() == nil {
		e.fail(err)
	}
}

func (e *engine) path(id string) string {
	place := chainPlace(e.slurm.Dir)
	return filepath.Join(place.Dir, place.Results, id+place.Ending)
}

// take notes that a chain is done, if it is there and whole.
func (e *engine) take(id string, d dealt) bool {
	outcome, err := readChain(e.path(id))
	if err != nil || outcome.Failure != "" {
		return false
	}
	e.done[id] = true
	e.spent(d.cost, d.sweeps)
	return true
}

// load returns what a chain came to; nil where it is not done.
func (e *engine) load(d dealt, shape tensor.Shape) (*posterior.Posterior, *tensor.CP) {
	if !e.done[d.id()] {
		return nil, nil
	}
	outcome, err := readChain(e.path(d.id()))
	var post *posterior.Posterior
	if err == nil {
		post, err = outcome.Posterior.Load(shape)
	}
	if err != nil {
		e.fail(fmt.Errorf("a chain that was there cannot be read again: %w", err))
		return nil, nil
	}
	return post, outcome.Last
}

// deal describes the chains of a fitting.
func (e *engine) deal(f *fitting) ([]dealt, error) {
	cells, err := writeCells(e.slurm.Dir, f.cells)
	if err != nil {
		return nil, err
	}
	var all []dealt
	for k, s := range f.runs {
		work, err := e.work(f.members[k/f.chains].candidate, cells, s.Start)
		if err != nil {
			return nil, err
		}
		work.Stream, work.Burn, work.Keep, work.Thin, work.Anneal = s.Stream, s.Burn, s.Keep, s.Thin, s.Anneal
		all = append(all, dealt{work, f.cost(k), f.sweeps})
	}
	return all, nil
}

// fitDealt is fit with the chains sampled elsewhere where there is an engine.
func (j *job) fitDealt(
	ctx context.Context, cells *tensor.Observed, candidates []candidate, weights []float64,
	chains, sweeps int, stream string,
) *ensemble {
	e := j.engine
	if e == nil {
		return j.fit(ctx, cells, candidates, weights, chains, sweeps, stream)
	}
	f := j.newFitting(ctx, cells, candidates, weights, chains, sweeps, stream)
	runs := make([]*posterior.Posterior, len(f.runs))
	all, err := e.deal(f)
	if err != nil {
		e.fail(err)
	}
	e.run(ctx, all)
	for k, d := range all {
		runs[k], _ = e.load(d, cells.Shape())
	}
	for k, s := range f.runs {
		if runs[k] == nil { // an early end
			runs[k] = &posterior.Posterior{Blocks: s.Blocks + len(s.Partial)}
		}
	}
	return f.join(runs)
}

// dealFolds has the chains of many folds sampled at the same time, where there is an engine: fitDealt finds them done.
func (j *job) dealFolds(ctx context.Context, f folds, count int, candidates []candidate, weights []float64, plan schedule) {
	e := j.engine
	if e == nil {
		return
	}
	var all []dealt
	for part := range count {
		kept, _ := f.without(part)
		some, err := e.deal(j.newFitting(ctx, kept, candidates, weights, plan.trials, plan.sweeps, foldName(part)))
		if err != nil {
			e.fail(err)
			return
		}
		all = append(all, some...)
	}
	e.run(ctx, all)
}

// foldName is the name of the random numbers of a fold.
func foldName(part int) string { return fmt.Sprint("fold/", part) }

// branch is a chain of a growth of which is known how long it goes on.
type branch struct {
	candidate candidate
	start     *tensor.CP
	number    int
	before    int // sweeps that count as done, of which samples are not kept
	sweeps    int
}

// grown goes through the chains of some branches in turn, which are sampled at the same time where there is an engine. A
// chain that an early end left without a sample has none.
func (g *growth) grown(ctx context.Context, branches []branch) func(yield func(*strand) bool) {
	e := g.job.engine
	return func(yield func(*strand) bool) {
		if e == nil {
			for _, b := range branches {
				s := g.begin(b.candidate, b.start, b.number)
				s.sweeps = b.before
				g.extend(ctx, s, b.sweeps)
				if s.settle(); !yield(s) {
					return
				}
			}
			return
		}
		all, err := e.dealBranches(g, branches)
		if err != nil {
			e.fail(err)
			return
		}
		e.run(ctx, all)
		cells := g.withValues()
		for k, b := range branches {
			s := &strand{candidate: b.candidate, scaling: b.candidate.scaling.fit(cells), sweeps: b.before + b.sweeps}
			if post, last := e.load(all[k], g.cells.Shape()); post != nil {
				s.samples, s.last = post.Samples, last
			}
			if len(s.samples) > 0 {
				s.expected = g.ensemble(s).all(g.check.Index, g.job.Threads)
			}
			if !yield(s) {
				return
			}
		}
	}
}

func (e *engine) dealBranches(g *growth, branches []branch) ([]dealt, error) {
	cells, err := writeCells(e.slurm.Dir, g.withValues())
	if err != nil {
		return nil, err
	}
	var all []dealt
	for _, b := range branches {
		work, err := e.work(b.candidate, cells, b.start)
		if err != nil {
			return nil, err
		}
		work.Growth = &growthWork{Name: g.name, Number: b.number, Before: b.before, Sweeps: b.sweeps}
		cost := float64(float64(b.sweeps) * b.candidate.cost(g.cells.Shape(), g.count))
		g.work += cost
		all = append(all, dealt{work, cost, b.sweeps})
	}
	return all, nil
}

// work describes a chain of a candidate but for its length.
func (e *engine) work(c candidate, cells string, start *tensor.CP) (w chainWork, err error) {
	w = chainWork{
		Version: e.slurm.Version, Cells: cells, Name: c.name, Kind: int(c.scaling.kind), Mode: c.scaling.mode,
		Blocks: c.settings.Blocks, Partial: c.settings.Partial, Seed: c.settings.Seed,
		Nonnegative: e.Nonnegative,
	}
	for _, course := range c.courses {
		w.Courses = append(w.Courses, int(course))
	}
	if w.Noise, err = posterior.SaveNoise(c.settings.Noise); err == nil && start != nil {
		w.Start, err = writeStart(e.slurm.Dir, start)
	}
	return w, err
}

// candidate is the form of the model that the chain has; priors are made from the modes of the cells.
func (w chainWork) candidate(j *job) (c candidate, err error) {
	c = candidate{name: w.Name, scaling: scaling{kind: scalingKind(w.Kind), mode: w.Mode}}
	for _, k := range w.Courses {
		c.courses = append(c.courses, course(k))
	}
	c.settings = posterior.Settings{
		Blocks: w.Blocks, Partial: w.Partial, Seed: w.Seed, Stream: w.Stream, Burn: w.Burn, Keep: w.Keep, Thin: w.Thin,
		Anneal: w.Anneal, Threads: j.Threads,
	}
	c.settings.Priors = j.priors(c.courses)
	c.settings.Noise, err = w.Noise.Load()
	c.scaling.own = unscaled(c.settings.Noise)
	return c, err
}
