package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"lacuna/dataio"
	"lacuna/dataset"
	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/atomicfile"
	"lacuna/internal/progress"
	"lacuna/internal/rng"
	"lacuna/internal/trajectory"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/study"
	"lacuna/tensor"
)

// trainModel is a parametrisation as train uses it: one that can be integrated, started and measured.
type trainModel interface {
	flow.System
	Draw(model.StartConfig) error
	ShallowNorms(norms []float64)
	Unbalancedness() float64
	CP(threshold float64) model.CP
	Elsewhere(cells *tensor.Observed) *model.Elsewhere
}

// trainRun is a run under way.
type trainRun struct {
	a *app
	f *trainFlags

	scaling    tensor.Scaling
	train      *tensor.Observed // standardised cells
	test, held *tensor.Observed // nil where there are none
	model      trainModel
	integrator *flow.Integrator
	path       *trajectory.Trajectory

	testError *model.Elsewhere
	shallow   []float64
	counter   *progress.Counter
	saved     time.Time
	result    flow.Result
}

func runTrain(ctx context.Context, a *app, f *trainFlags) error {
	var earlier *checkpoint
	if f.resume != "" {
		var err error
		if earlier, err = loadCheckpoint(f.resume); err != nil {
			return err
		}
		f.settings = earlier.Settings
		if f.settings.DType == "" { // saved before there was a choice
			f.settings.DType = model.Float64
		}
		if f.checkpoint == "" {
			f.checkpoint = f.resume
		}
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := checkOutputs(f.settings.File, f.outputs()...); err != nil {
		return err
	}
	r := &trainRun{a: a, f: f, counter: new(progress.Counter), saved: time.Now()}
	if err := r.prepare(); err != nil {
		return err
	}
	if earlier != nil {
		if err := r.restore(earlier); err != nil {
			return err
		}
	}
	stop := a.progress("training", r.counter)
	defer stop()
	r.result = r.integrator.Run(ctx, r.record)
	stop()
	return r.finish()
}

// prepare makes data, model and integrator.
func (r *trainRun) prepare() error {
	s := &r.f.settings
	known, err := s.data(r.a)
	if err != nil {
		return err
	}
	r.train = known
	if s.Share < 1 {
		r.test, r.train = known.Split(1-s.Share, rng.New(s.DataSeed, "observed").Rand)
		r.test, r.train = r.train, r.test
		if r.train.Len() == 0 {
			return inputError(fmt.Errorf("--observed %v leaves no cell to train on: give a larger share", s.Share))
		}
	}
	if s.Patience > 0 {
		r.train, r.held = r.train.Split(s.HoldOut, rng.New(s.DataSeed, "held out").Rand)
	}
	how, mode, err := parseStandardise(s.Scale, known.Modes)
	if err != nil {
		return usageError{err}
	}
	r.scaling = tensor.FitScaling(r.train, how, mode)
	for _, part := range []**tensor.Observed{&r.train, &r.test, &r.held} {
		if *part != nil {
			*part = r.scaling.Apply(*part)
		}
	}
	if err := r.makeModel(); err != nil {
		return inputError(err)
	}
	if r.test != nil && r.test.Len() > 0 {
		r.testError = r.model.Elsewhere(r.test)
	}
	if r.held != nil && r.held.Len() > 0 {
		r.f.stop.HeldOut = r.model.Elsewhere(r.held).MSE
	}
	r.shallow = make([]float64, s.Blocks)
	r.integrator, err = flow.New(r.model, flow.Settings{
		Method: s.Method, Scheme: s.Scheme, Tolerance: s.Tolerance, Rate: s.Rate,
		Threshold: s.Threshold, Every: s.Every, Stop: r.f.stop,
	})
	if err != nil {
		return usageError{err}
	}
	every := s.Every
	if every == 0 && (s.Method == flow.Descent || s.Method == flow.Normalised) {
		every = 100
	}
	r.path = &trajectory.Trajectory{Every: every}
	return nil
}

// data reads the file, or makes the synthetic tensor, all of whose cells are known.
func (s *trainSettings) data(a *app) (*tensor.Observed, error) {
	if s.Synthetic != "" {
		shape, err := study.ParseShape(s.Synthetic)
		if err != nil {
			return nil, usageError{fmt.Errorf("--synthetic: %w", err)}
		}
		if err := checkCells(shape); err != nil {
			return nil, err
		}
		return dataset.Synthetic(shape, s.TrueRank, s.Noise, s.DataSeed), nil
	}
	table, err := s.Input.read(s.File)
	if err != nil {
		return nil, err
	}
	for _, warning := range table.Warnings {
		a.warn("%s", warning)
	}
	return table.Observed, nil
}

func (r *trainRun) makeModel() error {
	s := &r.f.settings
	l, err := loss.ByName(s.Loss)
	if err != nil {
		return err
	}
	if err := loss.CheckTargets(l, r.train.Values); err != nil {
		return err
	}
	threads := r.f.threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	depths, err := parseDepths(s.Depth, r.train.Order())
	if err != nil {
		return err
	}
	var whole []int
	if !s.Balanced {
		if whole, err = wholeDepths(depths); err != nil {
			return err
		}
	}
	config := model.Config{Blocks: s.Blocks, Depths: whole, Threads: threads}
	switch {
	case s.Balanced:
		r.model, err = model.NewBalanced(r.train, l, model.BalancedConfig{Blocks: s.Blocks, Depths: depths, Threads: threads})
	case s.DType == model.Float32:
		r.model, err = model.NewChains32(r.train, l, config)
	default:
		r.model, err = model.NewChains(r.train, l, config)
	}
	if err != nil {
		return err
	}
	return r.model.Draw(model.StartConfig{Start: s.Start, SigmaW: s.SigmaW, SigmaA: s.SigmaA, Diagonal: s.Diagonal, Seed: s.Seed})
}

// record keeps a snapshot, and now and then a checkpoint.
func (r *trainRun) record(s *flow.Snapshot) (stop bool) {
	test := math.NaN()
	if r.testError != nil {
		test = r.testError.MSE()
	}
	r.model.ShallowNorms(r.shallow)
	r.path.Add(trajectory.Record{
		Steps: s.Steps, Time: s.Time, Step: s.Step, Evaluations: s.Evaluations, Wall: s.Wall.Seconds(),
		Loss: s.Loss, TrainMSE: s.MSE, TestMSE: test, HeldOut: s.HeldOut, Epsilon: r.model.Unbalancedness(),
		Rank: s.Rank, Deep: s.Norms, Shallow: r.shallow,
	})
	r.counter.Note(fmt.Sprintf("%s evaluations, flow time %s, train MSE %s, rank %d", grouped(s.Evaluations), short(s.Time), short(s.MSE), s.Rank))
	if r.f.checkpoint != "" && time.Since(r.saved) > time.Minute {
		r.saved = time.Now()
		if err := r.save(r.f.checkpoint); err != nil {
			r.a.warn("%v", err)
		}
	}
	return false
}

// finish writes what was asked for and tells how the run ended.
func (r *trainRun) finish() error {
	f := r.f
	interrupted := r.result.Status == flow.Interrupted
	if interrupted && f.checkpoint == "" {
		f.checkpoint = "train.checkpoint"
	}
	if f.checkpoint != "" {
		if err := r.save(f.checkpoint); err != nil {
			return err
		}
	}
	if f.output != "" {
		write := func(w io.Writer) error { return r.path.Write(w, f.output) }
		if err := atomicfile.Write(f.output, write); err != nil {
			return err
		}
	}
	if f.picture != "" {
		if err := figure.Save(f.picture, r.figure()); err != nil {
			return err
		}
	}
	if f.factors != "" {
		if err := dataio.WriteFactors(f.factors, r.collapsed()); err != nil {
			return err
		}
	}
	if err := r.tell(); err != nil {
		return err
	}
	switch r.result.Status {
	case flow.Interrupted:
		return withCode(exitInterrupted, fmt.Errorf("interrupted: go on with  lacuna train --resume %s", f.checkpoint))
	case flow.Diverged, flow.StepTooSmall, flow.Runaway:
		return withCode(exitUnmet, fmt.Errorf("the run ended without an answer: %s", statusWords[r.result.Status]))
	}
	return nil
}

// collapsed is the ordinary CP model that the run ended in, blocks in falling order of norm.
func (r *trainRun) collapsed() dataio.Factors {
	cp := r.model.CP(-1)
	norms := slices.Clone(r.path.Last().Deep)
	order := make([]int, len(norms))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case norms[a] > norms[b]:
			return -1
		case norms[a] < norms[b]:
			return 1
		}
		return 0
	})
	out := dataio.Factors{Modes: r.train.Modes, Scaling: r.scaling}
	for _, k := range order {
		out.Norms = append(out.Norms, norms[k])
	}
	for n, mode := range r.train.Modes {
		rows := make([][]float64, len(mode.Labels))
		for i := range rows {
			for _, k := range order {
				rows[i] = append(rows[i], cp.Factors[n][k][i])
			}
		}
		out.Factors = append(out.Factors, rows)
	}
	return out
}

// figure draws the run in the manner of Figure 2, against evaluations and against the logarithm of flow time.
func (r *trainRun) figure() *figure.Figure {
	p := r.path
	panel := figure.NormPanel{
		Norms:     p.Curves(),
		TrainLoss: p.Column(func(r trajectory.Record) float64 { return r.TrainMSE }),
		Threshold: r.f.settings.Threshold,
	}
	if r.testError != nil {
		panel.TestLoss = p.Column(func(r trajectory.Record) float64 { return r.TestMSE })
	}
	byEvaluations, byTime := panel, panel
	byEvaluations.XLabel = "gradient evaluations"
	byEvaluations.X = p.Column(func(r trajectory.Record) float64 { return float64(r.Evaluations) })
	byTime.XLabel, byTime.XLog = "flow time t", true
	byTime.X = p.Column(func(r trajectory.Record) float64 { return r.Time })
	return figure.BlockNorms(r.f.settings.title(), byEvaluations, byTime)
}

func (s *trainSettings) title() string {
	start := string(s.Start)
	if s.Balanced {
		start = string(model.BalancedChain)
	}
	return fmt.Sprintf("depth %s, %s start, %s", s.Depth, start, count(s.Blocks, "block"))
}

var statusWords = map[flow.Status]string{
	flow.Converged:       "the training error reached its limit",
	flow.SmallGradient:   "the gradient reached its limit",
	flow.Equilibrium:     "a stationary point: nothing moves any more",
	flow.TimeLimit:       "the limit of flow time was reached",
	flow.EvaluationLimit: "the limit of gradient evaluations was reached",
	flow.WallLimit:       "the limit of time was reached",
	flow.NoImprovement:   "the held-out error no longer improved",
	flow.Runaway:         "a block ran away: its norm grew far beyond that of the data",
	flow.StepTooSmall:    "no step, however small, met the tolerance",
	flow.Diverged:        "the loss is no longer finite: take a smaller rate",
	flow.Interrupted:     "interrupted",
}

// trainResult is what `lacuna train --json` prints. docs/cli.md describes every field.
type trainResult struct {
	Status         string        `json:"status"`
	Observed       int           `json:"observed"`
	Test           int           `json:"test"`
	Order          int           `json:"order"`
	Shape          []int         `json:"shape"`
	Blocks         int           `json:"blocks"`
	EffectiveRank  int           `json:"effective_rank"`
	Evaluations    int           `json:"evaluations"`
	Steps          int           `json:"steps"`
	Rejected       int           `json:"rejected_steps"`
	FlowTime       number        `json:"flow_time"`
	TrainLoss      number        `json:"train_loss"`
	TrainMSE       number        `json:"train_mse"`
	TestMSE        number        `json:"test_mse"`
	HeldOutMSE     number        `json:"held_out_mse"`
	EmergenceTimes []number      `json:"emergence_times"`
	Seconds        number        `json:"seconds"`
	Output         string        `json:"output,omitempty"`
	Figure         string        `json:"figure,omitempty"`
	Factors        string        `json:"factors,omitempty"`
	Checkpoint     string        `json:"checkpoint,omitempty"`
	Settings       trainSettings `json:"settings"`
}

func (r *trainRun) tell() error {
	f, last := r.f, r.path.Last()
	result := trainResult{
		Status: string(r.result.Status), Observed: r.train.Len(), Order: r.train.Order(), Shape: r.train.Shape(),
		Blocks: f.settings.Blocks, EffectiveRank: r.result.Rank, Evaluations: r.result.Evaluations, Steps: r.result.Steps,
		Rejected: r.result.Rejected, FlowTime: number(r.result.Time), TrainLoss: number(r.result.Loss), TrainMSE: number(r.result.MSE),
		TestMSE: number(last.TestMSE), HeldOutMSE: number(last.HeldOut), EmergenceTimes: []number{}, Seconds: number(r.result.Wall.Seconds()),
		Output: f.output, Figure: f.picture, Factors: f.factors, Checkpoint: f.checkpoint, Settings: f.settings,
	}
	if r.test != nil {
		result.Test = r.test.Len()
	}
	for _, t := range r.result.EmergenceTimes() {
		result.EmergenceTimes = append(result.EmergenceTimes, number(t))
	}
	if r.a.json {
		return r.a.printJSON(result)
	}
	r.a.say("%s", result.summary(statusWords[r.result.Status]))
	return nil
}

func (t *trainResult) summary(why string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "Stopped: %s.\n", why)
	fmt.Fprintf(&s, "%s gradient evaluations in %s s, to flow time %s.\n", grouped(t.Evaluations), short(float64(t.Seconds)), short(float64(t.FlowTime)))
	fmt.Fprintf(&s, "Mean squared error: %s on %s", short(float64(t.TrainMSE)), count(t.Observed, "observed cell"))
	if t.Test > 0 {
		fmt.Fprintf(&s, ", %s on %s", short(float64(t.TestMSE)), count(t.Test, "test cell"))
	}
	fmt.Fprintf(&s, ".\nEffective rank %d of %s.", t.EffectiveRank, count(t.Blocks, "block"))
	if len(t.EmergenceTimes) > 0 {
		var times []string
		for _, emerged := range t.EmergenceTimes {
			times = append(times, short(float64(emerged)))
		}
		fmt.Fprintf(&s, " Blocks emerged at flow times %s.", strings.Join(times, ", "))
	}
	var written []string
	for _, path := range []string{t.Output, t.Figure, t.Factors, t.Checkpoint} {
		if path != "" {
			written = append(written, path)
		}
	}
	if len(written) > 0 {
		fmt.Fprintf(&s, "\nWrote %s.", strings.Join(written, ", "))
	}
	return s.String()
}
