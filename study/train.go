package study

import (
	"context"
	"errors"
	"fmt"
	"math"

	"lacuna/flow"
	"lacuna/internal/rng"
	"lacuna/internal/trajectory"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// trainable is what a run needs of a model.
type trainable interface {
	flow.System
	Draw(model.StartConfig) error
	Elsewhere(*tensor.Observed) *model.Elsewhere
}

// Train does one run on the data of d: it draws the start, follows the flow to a stop and measures the rest of the
// known cells. Values are standardised as fitted on the observed cells, and errors are in those units. When cells are
// held back, the outcome is that of the moment at which the error on them was least; otherwise that of the end.
func (d *Data) Train(ctx context.Context, s Settings) (Outcome, error) {
	s.Normalise()
	if err := s.Check(); err != nil {
		return Outcome{}, err
	}
	train, test, err := d.Split(s)
	if err != nil {
		return Outcome{}, err
	}
	l, err := loss.ByName(s.Loss)
	if err != nil {
		return Outcome{}, err
	}
	kept, back := train, (*tensor.Observed)(nil)
	if s.HoldBack > 0 {
		kept, back = train.Split(float64(s.HoldBack), rng.New(s.Mask, "held back").Rand)
	}
	if kept.Len() == 0 {
		return Outcome{}, errors.New("study: no cell is left to train on: observe more")
	}
	if err := loss.CheckTargets(l, kept.Values); err != nil {
		return Outcome{}, err
	}
	system, err := newModel(kept, l, s)
	if err != nil {
		return Outcome{}, err
	}
	r := &recorder{
		settings: s, test: measure(system, test), back: measure(system, back), system: system,
		way: trajectory.Trajectory{Limit: max(s.Points, 2)}, best: math.Inf(1), squares: squares(test),
	}
	in, err := flow.New(system, r.flowSettings())
	if err != nil {
		return Outcome{}, err
	}
	result := in.Run(ctx, r.record)
	if result.Status == flow.Interrupted {
		return Outcome{}, context.Cause(ctx)
	}
	return r.outcome(result), nil
}

func newModel(kept *tensor.Observed, l loss.Loss, s Settings) (trainable, error) {
	var system trainable
	if s.Balanced {
		balanced, err := model.NewBalanced(kept, l, model.BalancedConfig{Blocks: s.Blocks, Depths: s.Depth})
		if err != nil {
			return nil, err
		}
		system = balanced
	} else {
		depths, err := s.Depth.ints()
		if err != nil {
			return nil, err
		}
		config := model.Config{Blocks: s.Blocks, Depths: depths}
		if s.DType == string(model.Float32) {
			system, err = model.NewChains32(kept, l, config)
		} else {
			system, err = model.NewChains(kept, l, config)
		}
		if err != nil {
			return nil, err
		}
	}
	return system, system.Draw(model.StartConfig{
		Start: model.Start(s.Start), SigmaW: float64(s.SigmaW), SigmaA: float64(s.SigmaA), Diagonal: float64(s.Diagonal), Seed: s.Seed,
	})
}

// measure returns a function for the mean squared error on cells; NaN when there are none.
func measure(system trainable, cells *tensor.Observed) func() float64 {
	if cells == nil || cells.Len() == 0 {
		return func() float64 { return math.NaN() }
	}
	return system.Elsewhere(cells).MSE
}

// squares is the mean squared value of cells.
func squares(cells *tensor.Observed) float64 {
	var sum float64
	for _, v := range cells.Values {
		sum += v * v
	}
	return sum / float64(cells.Len())
}

// recorder watches a run.
type recorder struct {
	settings   Settings
	system     trainable
	test, back func() float64
	squares    float64
	way        trajectory.Trajectory
	best       float64 // least error on the cells held back
	atBest     moment
	last       moment
	keeps      bool // a trajectory
}

// moment is the state of a run that its outcome reports.
type moment struct {
	trainLoss, trainMSE, back, test, time, largest float64
	rank                                           int
}

func (r *recorder) flowSettings() flow.Settings {
	s := r.settings
	stop := flow.Stop{
		TrainMSE: float64(s.TrainMSE), GradientNorm: float64(s.GradientNorm), Time: float64(s.FlowTime),
		Evaluations: s.Evaluations, Runaway: float64(s.Runaway),
	}
	if s.HoldBack > 0 {
		stop.HeldOut, stop.Patience = r.back, s.Patience
	}
	r.keeps = s.Trajectory != "none"
	return flow.Settings{
		Method: flow.Method(s.Method), Tolerance: float64(s.Tolerance), Rate: float64(s.Rate), Threshold: float64(s.Threshold), Stop: stop,
	}
}

func (r *recorder) record(snap *flow.Snapshot) bool {
	now := moment{
		trainLoss: snap.Loss, trainMSE: snap.MSE, back: snap.HeldOut, test: math.NaN(), time: snap.Time, rank: snap.Rank,
	}
	for _, norm := range snap.Norms {
		now.largest = math.Max(now.largest, norm)
	}
	improved := snap.HeldOut < r.best
	if improved || r.keeps {
		now.test = r.test()
	}
	if improved {
		r.best, r.atBest = snap.HeldOut, now
	}
	if r.keeps {
		r.way.Add(trajectory.Record{
			Steps: snap.Steps, Time: snap.Time, Evaluations: snap.Evaluations, Loss: snap.Loss, TrainMSE: snap.MSE,
			TestMSE: now.test, HeldOut: snap.HeldOut, Rank: snap.Rank, Deep: snap.Norms,
		})
	}
	r.last = now
	return false
}

func (r *recorder) outcome(result flow.Result) Outcome {
	at := r.last
	if math.IsNaN(at.test) {
		at.test = r.test()
	}
	if !math.IsInf(r.best, 1) {
		at = r.atBest
	}
	o := Outcome{
		Status: string(result.Status), TrainLoss: Number(at.trainLoss), TrainMSE: Number(at.trainMSE), HeldBackMSE: Number(at.back),
		TestMSE: Number(at.test), RelativeTest: Number(math.Sqrt(at.test / r.squares)), Rank: at.rank, LargestNorm: Number(at.largest),
		FlowTime: Number(at.time), Steps: result.Steps, Evaluations: result.Evaluations,
	}
	for _, t := range result.EmergenceTimes() {
		o.Emergences = append(o.Emergences, Number(t))
	}
	if r.keeps {
		o.Trajectory = r.trajectory()
	}
	return o
}

// trajectory keeps the blocks that the settings ask for.
func (r *recorder) trajectory() *Trajectory {
	t := &Trajectory{}
	for block := range r.system.Blocks() {
		keep := r.settings.Trajectory == "all"
		for _, record := range r.way.Records {
			keep = keep || record.Deep[block] > float64(r.settings.Threshold)
		}
		if keep {
			t.Blocks = append(t.Blocks, block)
		}
	}
	for _, record := range r.way.Records {
		p := Point{
			Time: record.Time, Evaluations: int64(record.Evaluations), TrainLoss: record.Loss, TrainMSE: record.TrainMSE,
			TestMSE: record.TestMSE, HeldBackMSE: record.HeldOut, Rank: int64(record.Rank), Norms: make([]float64, len(t.Blocks)),
		}
		for i, block := range t.Blocks {
			p.Norms[i] = record.Deep[block]
		}
		t.Points = append(t.Points, p)
	}
	return t
}

// Split returns the observed cells of a run and the rest of the known ones, both standardised as fitted on the former.
func (d *Data) Split(s Settings) (train, test *tensor.Observed, err error) {
	known, err := d.load(s)
	if err != nil {
		return nil, nil, err
	}
	if known.rest != nil {
		train, test = known.cells, known.rest
	} else {
		// One permutation serves every share, so that the cells observed at a small share are among those at a larger one.
		count := int(math.Round(float64(s.Observed) * float64(known.cells.Len())))
		observed := make([]bool, known.cells.Len())
		for _, c := range rng.New(s.Mask, "mask").Perm(known.cells.Len())[:count] {
			observed[c] = true
		}
		train, test = known.cells.Partition(func(c int) bool { return observed[c] })
	}
	how, mode := tensor.StandardiseMode, 0
	switch s.Standardise {
	case "none":
		how = tensor.StandardiseNone
	case "global":
		how = tensor.StandardiseGlobal
	case "auto":
		how = tensor.StandardiseAuto
	default:
		mode = -1
		for n, m := range train.Modes {
			if m.Name == s.Standardise {
				mode = n
			}
		}
		if mode < 0 {
			return nil, nil, fmt.Errorf("study: standardise = %q is neither none, global, auto nor the name of a mode", s.Standardise)
		}
	}
	scaling := tensor.FitScaling(train, how, mode)
	return scaling.Apply(train), scaling.Apply(test), nil
}
