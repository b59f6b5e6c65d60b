package flow

import (
	"cmp"
	"fmt"
	"math"

	"lacuna/model"
)

// Update is what rules that step at a rate may have beside it. Zero values mean the defaults given; a value that the
// method does not know is refused.
type Update struct {
	Momentum     float64  // β of momentum and nesterov, in 0 … 1; 0 means 0.9
	Beta1, Beta2 float64  // of adam and adamw; 0 means 0.9 and 0.999. Beta2 of rmsprop: 0 means 0.99
	Epsilon      float64  // in the denominator of adam, adamw and rmsprop; 0 means 1e-8
	WeightDecay  float64  // λ ≥ 0: adds λθ to the gradient; adamw multiplies θ by 1 − ηλ instead
	Batch        int      // observed cells a step; 0 means all
	Seed         uint64   // of the batches and the label noise
	LabelNoise   float64  // deviation of the noise that every step adds anew to the observed values
	Schedule     Schedule // of the rate; "" means constant
	Horizon      int      // steps T of the schedule; needed by all but constant
	Warmup       int      // steps over which the rate rises from 0
}

// Elementwise is a System whose parameters a rule moves one by one, and that is evaluated on samples of its cells.
type Elementwise interface {
	Descender
	Sampled
	// Remember makes room for the averages of a rule, all 0; Averages and SetAverages copy them out and in.
	Remember(averages int) error
	Averages() []byte
	SetAverages(data []byte) error
	// Update moves θ by a rule, given slot 0 at θ. Sample must follow.
	Update(rule model.Rule)
}

// ruled steps by a rule.
type ruled struct {
	fixedStep
	sys Elementwise
	// rule is the rule of the t-th step, t ≥ 1, at a rate.
	rule func(t int, rate float64) model.Rule
}

// ruling registers a method that steps by the rule that make returns, whose averages Remember makes room for.
func ruling(name Method, takes Update, averages int, make func(in *Integrator) func(t int, rate float64) model.Rule) {
	register(name, registration{takes: takes, start: func(in *Integrator) (method, error) {
		return newRuled(in, averages, make(in))
	}})
}

func newRuled(in *Integrator, averages int, rule func(t int, rate float64) model.Rule) (method, error) {
	sys, ok := in.sys.(Elementwise)
	if !ok {
		return nil, needs(in, "parameters that move one by one")
	}
	in.rules = sys
	return &ruled{fixedStep{in}, sys, rule}, sys.Remember(averages)
}

func (r *ruled) step() Status {
	rate := r.in.rate()
	return r.move(rate, r.rule(r.in.state.Steps+1, rate))
}

// move steps by one rule.
func (r *ruled) move(rate float64, rule model.Rule) Status {
	r.count(rate, 1)
	r.sys.Update(rule)
	r.in.sample()
	return r.in.check()
}

// plain is θ ← θ − η (∇L + λθ).
func plain(in *Integrator) func(int, float64) model.Rule {
	decay := in.settings.Update.WeightDecay
	return func(_ int, rate float64) model.Rule {
		return model.Rule{Rate: rate, Decay: decay, Keep: 1}
	}
}

// check returns an error for a value out of its range, or without effect on a method that takes these.
func (u Update) check(m Method, takes Update) error {
	for _, value := range []struct {
		name     string
		is       float64
		taken    bool
		below    float64
		interval string
	}{
		{"momentum", u.Momentum, takes.Momentum != 0, 1, "0 … 1"},
		{"beta1", u.Beta1, takes.Beta1 != 0, 1, "0 … 1"},
		{"beta2", u.Beta2, takes.Beta2 != 0, 1, "0 … 1"},
		{"epsilon", u.Epsilon, takes.Epsilon != 0, math.Inf(1), "0 …"},
		{"weight decay", u.WeightDecay, takes.WeightDecay != 0, math.Inf(1), "0 …"},
		{"batch", float64(u.Batch), takes.Batch != 0, math.Inf(1), "0 …"},
		{"label noise", u.LabelNoise, takes.Batch != 0, math.Inf(1), "0 …"},
		{"warmup", float64(u.Warmup), takes.Batch != 0, math.Inf(1), "0 …"},
		{"schedule steps", float64(u.Horizon), takes.Batch != 0, math.Inf(1), "0 …"},
	} {
		switch {
		case value.is == 0:
		case !value.taken:
			return fmt.Errorf("flow: %s %v has no effect on integrator %s: leave it out", value.name, value.is, m)
		case !(value.is > 0 && value.is < value.below):
			return fmt.Errorf("flow: %s %v is outside %s", value.name, value.is, value.interval)
		}
	}
	if u.Schedule != "" && takes.Batch == 0 {
		return fmt.Errorf("flow: schedule %s has no effect on integrator %s, which chooses its steps: leave it out", u.Schedule, m)
	}
	return u.Schedule.check(u.Horizon)
}

// withDefaults writes out what a method that takes these values has by default.
func (u Update) withDefaults(takes Update) Update {
	u.Momentum, u.Beta1 = cmp.Or(u.Momentum, takes.Momentum), cmp.Or(u.Beta1, takes.Beta1)
	u.Beta2, u.Epsilon = cmp.Or(u.Beta2, takes.Beta2), cmp.Or(u.Epsilon, takes.Epsilon)
	return u
}
