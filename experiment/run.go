package experiment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/tensor"
)

// Cells are the data of a run, as the model sees them. The run keeps them and does not change them.
type Cells struct {
	Train   *tensor.Observed
	Test    *tensor.Observed // only measured; nil or empty means none
	HeldOut *tensor.Observed // decides when to stop, after Settings.Patience; nil means none
	Truth   *tensor.CP       // the blocks that the data were made of; nil where they are not known
}

// Run is one training run under way. Its fields are for reading.
type Run struct {
	Settings   Settings
	Cells      Cells
	Model      Model
	Integrator *flow.Integrator
	Path       Trajectory // what Settings.Trajectory keeps; empty for "none"
	Layers     bool       // set before Follow: records hold Epsilon and Shallow, too

	test    func() float64
	shallow []float64
	energy  []float64
	jumps   [2]float64 // emergences and disappearances so far
	sharp   sharp      // nil unless it is measured
	last    Record
	best    Record // at the least error on held-out cells
}

// New builds the model of a run at its start. Settings count as they are: those that are zero have the defaults of the
// packages model and flow.
func New(s Settings, c Cells) (*Run, error) {
	if c.Train.Len() == 0 {
		return nil, errors.New("experiment: no cell is left to train on: observe more")
	}
	m, err := s.Build(c.Train)
	if err != nil {
		return nil, err
	}
	return Of(m, s, c)
}

// Of is New with a model that is built and at its start already. Errors are those of the flow's settings.
func Of(m Model, s Settings, c Cells) (*Run, error) {
	r := &Run{
		Settings: s, Cells: c, Model: m, Path: Trajectory{Every: s.Every}, test: measure(m, c.Test),
		best: Record{HeldOut: math.Inf(1)},
	}
	if _, ok := m.(Blockwise); !ok && s.measures(MeasureEnergy) {
		return nil, fmt.Errorf("experiment: measure = %q: model %s has no blocks: leave %s out", s.Measure, s.parametrisation(), MeasureEnergy)
	}
	if s.Points > 0 {
		r.Path.Limit = max(s.Points, 2)
	}
	if err := s.CheckMeasure(); err != nil {
		return nil, err
	}
	if s.measures(MeasureSharpness) {
		var ok bool
		if r.sharp, ok = m.(sharp); !ok {
			return nil, fmt.Errorf("experiment: measure = %q: model %s has no Hessian: leave %s out", s.Measure, s.parametrisation(), MeasureSharpness)
		}
	}
	if err := r.checkTruth(); err != nil {
		return nil, err
	}
	settings := s.Flow()
	if c.HeldOut != nil {
		settings.Stop.HeldOut = measure(m, c.HeldOut)
	}
	var err error
	r.Integrator, err = flow.New(m, settings)
	return r, err
}

// Flow returns how the settings say to integrate, and when to stop.
func (s *Settings) Flow() flow.Settings {
	return flow.Settings{
		Method: flow.Method(s.Integrator), Scheme: s.Scheme, Tolerance: float64(s.Tolerance), Rate: float64(s.Rate),
		Threshold: float64(s.Threshold), Every: s.Every,
		Update: flow.Update{
			Momentum: float64(s.Momentum), Beta1: float64(s.Beta1), Beta2: float64(s.Beta2), Epsilon: float64(s.Epsilon),
			WeightDecay: float64(s.WeightDecay), Batch: s.Batch, Seed: s.BatchSeed, LabelNoise: float64(s.LabelNoise),
			Schedule: flow.Schedule(s.Schedule), Horizon: s.ScheduleSteps, Warmup: s.Warmup,
		},
		Stop: flow.Stop{
			TrainMSE: float64(s.TrainMSE), GradientNorm: float64(s.GradientNorm), Time: float64(s.FlowTime),
			Evaluations: s.Evaluations, Runaway: float64(s.Runaway), Wall: s.Wall, Patience: s.Patience,
		},
	}
}

// measure returns a function for the mean squared error on cells; NaN when there are none.
func measure(m Model, cells *tensor.Observed) func() float64 {
	if cells == nil || cells.Len() == 0 {
		return func() float64 { return math.NaN() }
	}
	return m.Elsewhere(cells).MSE
}

// Follow takes the run to a stop and calls watch, if not nil, at every record of the flow. A record belongs to the run
// and is valid during the call.
func (r *Run) Follow(ctx context.Context, watch func(*Record)) flow.Result {
	keeps := r.Settings.Trajectory != "" && r.Settings.Trajectory != "none"
	r.jumps = [2]float64{} // the last record of a run that goes on may be one out of turn, which comes again
	r.note(r.Integrator.Events())
	return r.Integrator.Run(ctx, func(s *flow.Snapshot) (stop bool) {
		r.note(s.Events)
		now := Record{
			Steps: s.Steps, Time: s.Time, Step: s.Step, Evaluations: s.Evaluations, Wall: s.Wall.Seconds(), Loss: s.Loss,
			TrainMSE: s.MSE, TestMSE: math.NaN(), HeldOut: s.HeldOut, Epsilon: math.NaN(), Edge: math.NaN(), Rank: s.Rank, Deep: s.Norms,
		}
		for _, norm := range s.Norms {
			now.Largest = math.Max(now.Largest, norm)
		}
		improved := now.HeldOut < r.best.HeldOut
		if improved || keeps {
			now.TestMSE = r.test()
		}
		if keeps || r.Settings.Measure != "" {
			r.measure(&now)
		}
		if keeps {
			if r.Layers {
				if m, ok := r.Model.(Blockwise); ok {
					r.shallow = slices.Grow(r.shallow[:0], len(s.Norms))[:len(s.Norms)]
					m.ShallowNorms(r.shallow)
					now.Shallow = r.shallow
				}
				now.Epsilon = r.Model.Unbalancedness()
			}
			r.Path.Add(now)
		}
		if watch != nil {
			watch(&now)
		}
		now.Deep, now.Shallow, now.Energy = nil, nil, nil
		for _, list := range Measurements() {
			values := list.Of(&now)
			*values = slices.Clone(*values)
		}
		if r.last = now; improved {
			r.best = now
		}
		return false
	})
}

// Outcome returns the record that the run is judged by, without its norms by block: with cells held out, the one at
// which the error on them was least; otherwise the last one.
func (r *Run) Outcome() Record {
	if !math.IsInf(r.best.HeldOut, 1) {
		return r.best
	}
	if math.IsNaN(r.last.TestMSE) {
		r.last.TestMSE = r.test()
	}
	return r.last
}
