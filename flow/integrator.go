package flow

import (
	"context"
	"math"
	"slices"
	"time"

	"lacuna/model"
)

// Integrator follows the flow of one system. It is not safe for concurrent use.
type Integrator struct {
	sys       System
	linear    Linearisable // sys, or nil where it has no curvature or the method does not control its error
	descender Descender    // sys, or nil where it is none
	rules     Elementwise  // sys, or nil where the method is not a rule
	sampler   *sampler     // nil where a step takes all cells as they are
	settings  Settings
	method    method
	state     state

	baseReady bool // slot 0 holds −∇L at θ, and loss and mse belong to it
	loss, mse float64
	started   time.Time
	dataNorm  float64
	rounding  float64 // of the train error
}

// state is what a checkpoint saves beside the parameters.
type state struct {
	Clock       clock
	Step        float64 // the next step to try
	LastStep    float64 // the last accepted step
	LastError   float64 // its error over the tolerance
	Rises       float64 // of the loss, of late
	Ceiling     float64 // of steps, since some were unstable; 0: none
	Failed      float64 // the last step rejected for a huge error, four times as large with every accepted one since
	Steps       int
	Rejected    int
	Evaluations int
	Wall        time.Duration
	Average     float64 // EMA of the squared gradient norm
	Averaged    int
	Events      []Event
	RunningAway []float64 // for every suspicious block the train MSE when it became so, else NaN
	Best        float64   // held-out error
	SinceBest   int

	Recorded clock     // time of the last record
	Norms    []float64 // deep norms then
	LogRates []float64 // d ln‖block‖/dt then, of the blocks near the threshold, else NaN
}

// unknown returns n NaNs.
func unknown(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }

// New prepares to integrate a system from its present parameters.
func New(sys System, settings Settings) (*Integrator, error) {
	settings, err := settings.withDefaults()
	if err != nil {
		return nil, err
	}
	in := &Integrator{
		sys: sys, settings: settings, dataNorm: sys.DataNorm(),
		state: state{RunningAway: unknown(sys.Blocks()), Best: math.Inf(1)},
	}
	if r, ok := sys.(Rounder); ok {
		in.rounding = r.RoundingMSE()
	}
	in.descender, _ = sys.(Descender)
	registered := methods[settings.Method]
	if registered.controlled {
		in.linear, _ = sys.(Linearisable)
	}
	if in.method, err = registered.start(in); err != nil {
		return nil, err
	}
	if in.rules != nil {
		if in.sampler, err = newSampler(in.rules, settings.Update); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// Run integrates until a stop rule applies, the recorder asks for it, or ctx is cancelled, between two steps.
// It can be called again to go on, for instance with other stop rules set by SetStop.
func (in *Integrator) Run(ctx context.Context, record Recorder) Result {
	in.started = time.Now()
	status := Running
	fresh := in.state.Norms == nil
	if !in.baseReady {
		in.evaluateBase()
	}
	if in.sampler != nil && !in.regular() {
		in.mse = math.NaN() // only records look at all cells
	}
	if fresh {
		in.state.Evaluations++
		status = in.look(record)
	}
	if status == Running {
		status = in.check()
	}
	for status == Running {
		if ctx.Err() != nil {
			status = Interrupted
			break
		}
		steps := in.state.Steps
		status = in.method.step()
		if in.state.Steps > steps && in.regular() {
			if seen := in.look(record); status == Running {
				status = seen
			}
		}
	}
	in.state.Wall += time.Since(in.started)
	in.started = time.Now()
	if !in.regular() {
		// A record out of turn, which a run that goes on from here must not know of.
		defer func(before state) { in.state = before }(in.state.clone())
		in.look(record)
	}
	return Result{
		Status: status, Time: in.state.Clock.float(), Steps: in.state.Steps, Rejected: in.state.Rejected,
		Evaluations: in.state.Evaluations, Wall: in.state.Wall, Loss: in.loss, MSE: in.mse,
		Rank: model.EffectiveRank(in.state.Norms, in.settings.Threshold), Events: in.state.Events,
	}
}

// regular reports whether the present step is one to record.
func (in *Integrator) regular() bool { return in.state.Steps%in.settings.Every == 0 }

// clone returns a copy that look on the original does not change.
func (s state) clone() state {
	s.Events, s.RunningAway = slices.Clip(s.Events), slices.Clone(s.RunningAway)
	return s
}

// Events returns what happened so far, as far as regular records saw it. The integrator keeps the slice.
func (in *Integrator) Events() []Event { return in.state.Events }

// SetStop replaces the stop rules, for another Run.
func (in *Integrator) SetStop(stop Stop) error {
	settings := in.settings
	settings.Stop = stop
	settings, err := settings.withDefaults()
	if err == nil {
		in.settings = settings
	}
	return err
}

// evaluateBase sets slot 0 to −∇L at θ.
func (in *Integrator) evaluateBase() {
	in.loss = in.sys.Gradient(0, nil)
	in.mse = in.sys.MSE()
	in.baseReady = true
	if in.sampler != nil {
		in.sampler.Sample(in.sampler.draw(in.state.Steps))
	}
	in.method.arrive()
}

// look notes events, records, and applies the stop rules that go by records.
func (in *Integrator) look(record Recorder) Status {
	if in.descender != nil {
		in.descender.Settle()
	}
	if in.sampler != nil && math.IsNaN(in.mse) {
		in.whole()
	}
	events := in.watch()
	status, heldOut := Running, math.NaN()
	if in.ranAway() {
		status = Runaway
	}
	if in.settings.Stop.HeldOut != nil {
		heldOut = in.settings.Stop.HeldOut()
		in.state.SinceBest++
		if heldOut < in.state.Best {
			in.state.Best, in.state.SinceBest = heldOut, 0
		}
		if patience := in.settings.Stop.Patience; patience > 0 && in.state.SinceBest >= patience {
			status = NoImprovement
		}
	}
	if record != nil {
		stop := record(&Snapshot{
			Time: in.state.Clock.float(), Step: in.state.LastStep, Steps: in.state.Steps, Rejected: in.state.Rejected,
			Evaluations: in.state.Evaluations, Wall: in.state.Wall + time.Since(in.started), Loss: in.loss, MSE: in.mse,
			Norms: in.state.Norms, Rank: model.EffectiveRank(in.state.Norms, in.settings.Threshold),
			Active: in.method.implicit(), HeldOut: heldOut, Events: events,
		})
		if stop && status == Running {
			status = Stopped
		}
	}
	return status
}

// check applies the stop rules that are looked at after every step.
func (in *Integrator) check() Status {
	stop := in.settings.Stop
	switch {
	case math.IsNaN(in.loss) || math.IsInf(in.loss, 0):
		return Diverged
	case in.mse <= stop.TrainMSE, stop.TrainMSE > 0 && in.mse <= in.rounding:
		return Converged
	case stop.GradientNorm > 0 && in.gradientNorm() <= stop.GradientNorm:
		return SmallGradient
	case in.state.Clock.float() >= stop.Time:
		return TimeLimit
	case in.state.Evaluations >= stop.Evaluations:
		return EvaluationLimit
	case stop.Wall > 0 && in.state.Wall+time.Since(in.started) >= stop.Wall:
		return WallLimit
	case in.method.atRest():
		return Equilibrium
	}
	return Running
}

// gradientNorm is ‖∂L/∂θ‖.
func (in *Integrator) gradientNorm() float64 {
	if in.descender != nil {
		in.descender.Settle()
	}
	return math.Sqrt(in.sys.Norm2(0))
}
