// Package flow integrates the gradient flow dθ/dt = −∂L/∂θ of a model.
//
// New takes a System (what to integrate), Settings (how, and when to stop) and gives an Integrator; Run takes it
// from its present state to a stop. State goes in and comes out as a Checkpoint, so that a run can be continued
// on another day, bit for bit as if it had never stopped. Why a run stopped is a Status, never an error.
//
// The methods share one interface: gradient descent, plain and with momentum, the scalar-normalised descent of Razin et
// al. 2021, Adam, AdamW and RMSprop, on all cells or on batches of them, descent at the largest rate that still descends,
// explicit Runge–Kutta with error control, and (the default) a linearly implicit W-method, which treats the grown
// blocks implicitly and the dormant ones explicitly, so that plateaus of any length cost a few steps.
package flow

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"
)

// Settings says how to integrate and when to stop. The zero value follows the flow at tolerance 1e-2 until the
// training error vanishes or nothing moves any more.
type Settings struct {
	Method    Method  // "" means Implicit
	Scheme    string  // W-method: one of Schemes(); "" means the best measured, ros34pw2
	Tolerance float64 // local error of a step, of every factor relative to its norm; 0 means 1e-2
	Rate      float64 // η of the descents; 0 means 1e-2
	Update    Update  // what rules with a rate may have beside it
	Threshold float64 // deep norm above which a block counts as emerged; 0 means 1, the paper's
	Every     int     // record, and look for events, every so many steps; 0 means 1, or 100 for the descents
	Stop      Stop
}

// Stop holds the stop rules; a run ends at the first that applies. Zero values mean the defaults given.
type Stop struct {
	// TrainMSE is a plain mean squared error on the observed cells, or what float32 can tell from 0 if that is larger;
	// 0 means 1e-14, negative never.
	TrainMSE     float64
	GradientNorm float64       // ‖∂L/∂θ‖; 0 means never
	Time         float64       // flow time, on which an error-controlled method ends exactly; 0 means 1e60
	Evaluations  int           // gradient evaluations; 0 means 1e5 for error-controlled methods, 1e7 for descents
	Wall         time.Duration // 0 means no limit
	// Runaway is the norm of a block over that of the data (estimated for the full tensor) while the train error falls
	// by less than half from a tenth of it (1 to 10) on; 0 means DefaultRunaway, negative never.
	Runaway  float64
	HeldOut  func() float64
	Patience int // stop when HeldOut has not improved for so many records; 0 means never
}

// Status says why a run stopped.
type Status string

// The reasons to stop.
const (
	Running         Status = "running"
	Converged       Status = "converged"        // train MSE below its limit
	SmallGradient   Status = "small-gradient"   // gradient norm below its limit
	Equilibrium     Status = "equilibrium"      // a stationary point: nothing moves any more
	TimeLimit       Status = "time-limit"       // flow time
	EvaluationLimit Status = "evaluation-limit" // gradient evaluations
	WallLimit       Status = "wall-limit"       // wall time
	NoImprovement   Status = "no-improvement"   // held-out error
	Runaway         Status = "runaway"          // a block's norm ran away
	StepTooSmall    Status = "step-too-small"   // no step meets the tolerance
	Diverged        Status = "diverged"         // the loss is no longer finite
	Stopped         Status = "stopped"          // the recorder asked for it
	Interrupted     Status = "interrupted"      // the context was cancelled
)

// DefaultRunaway is the Stop.Runaway of the zero value.
const DefaultRunaway = 100

// forever is a time by which whatever moves has moved.
const forever = 1e60

func (s Settings) withDefaults() (Settings, error) {
	s.Method = cmp.Or(s.Method, Implicit)
	method, ok := methods[s.Method]
	if !ok {
		return s, fmt.Errorf("flow: method %q is unknown, choose one of %v", s.Method, Methods())
	}
	s.Scheme = cmp.Or(s.Scheme, "ros34pw2")
	if _, ok := schemes[s.Scheme]; !ok {
		return s, fmt.Errorf("flow: scheme %q is unknown, choose one of %s", s.Scheme, strings.Join(Schemes(), ", "))
	}
	s.Tolerance = cmp.Or(s.Tolerance, 1e-2)
	s.Rate = cmp.Or(s.Rate, 1e-2)
	s.Threshold = cmp.Or(s.Threshold, 1)
	if !(s.Tolerance > 0 && s.Tolerance < 1) {
		return s, fmt.Errorf("flow: tolerance %v must be between 0 and 1", s.Tolerance)
	}
	if !(s.Rate > 0) || math.IsInf(s.Rate, 0) {
		return s, fmt.Errorf("flow: rate %v must be positive and finite", s.Rate)
	}
	if !(s.Threshold > 0) || math.IsInf(s.Threshold, 0) {
		return s, fmt.Errorf("flow: threshold %v must be positive and finite", s.Threshold)
	}
	if s.Every < 0 {
		return s, fmt.Errorf("flow: a record every %d steps is none", s.Every)
	}
	if err := s.Update.check(s.Method, method.takes); err != nil {
		return s, err
	}
	s.Update = s.Update.withDefaults(method.takes)
	if s.Stop.GradientNorm > 0 && (s.Update.Batch > 0 || s.Update.LabelNoise > 0) {
		return s, fmt.Errorf("flow: a limit on the gradient has no meaning for that of a sample: use another stop rule")
	}
	evaluations := 100_000
	if !method.controlled {
		s.Every = cmp.Or(s.Every, 100)
		evaluations = 10_000_000
	}
	s.Every = cmp.Or(s.Every, 1)
	s.Stop.TrainMSE = cmp.Or(s.Stop.TrainMSE, 1e-14)
	s.Stop.Time = cmp.Or(s.Stop.Time, forever)
	s.Stop.Evaluations = cmp.Or(s.Stop.Evaluations, evaluations)
	s.Stop.Runaway = cmp.Or(s.Stop.Runaway, DefaultRunaway)
	return s, nil
}

// Snapshot is what a recorder sees: the state of a run between two steps. It is valid during the call.
type Snapshot struct {
	Time        float64 // t
	Step        float64 // the step that led here; 0 at the start
	Steps       int     // accepted steps
	Rejected    int
	Evaluations int
	Wall        time.Duration
	Loss        float64   // L, with the loss's own factor (½ z² for the square loss)
	MSE         float64   // plain mean squared error
	Norms       []float64 // deep norm of every block
	Rank        int       // number of norms above the threshold
	Active      int       // blocks treated implicitly in the last step
	HeldOut     float64   // what Stop.HeldOut returned; NaN without it
	Events      []Event   // what happened since the last record
}

// Recorder is called at the start, every Settings.Every steps and at the end. A true return stops the run.
type Recorder func(*Snapshot) (stop bool)

// EventKind names what happened to a block.
type EventKind string

// The kinds of events.
const (
	Emergence     EventKind = "emergence"     // its norm rose through the threshold
	Disappearance EventKind = "disappearance" // its norm fell through the threshold
	// RunawayStarted says that its norm passed a tenth of Stop.Runaway, 1 to 10 times the data's, for the first time.
	RunawayStarted EventKind = "runaway"
)

// Event is something that happened to a block at a flow time (interpolated within the step).
type Event struct {
	Kind        EventKind
	Block       int
	Time        float64
	Evaluations int
}

// Result is how a run ended.
type Result struct {
	Status      Status
	Time        float64
	Steps       int
	Rejected    int
	Evaluations int
	Wall        time.Duration
	Loss        float64
	MSE         float64
	Rank        int
	Events      []Event
}

// EmergenceTimes returns the times of all emergences, in order.
func (r Result) EmergenceTimes() []float64 {
	var times []float64
	for _, e := range r.Events {
		if e.Kind == Emergence {
			times = append(times, e.Time)
		}
	}
	return times
}
