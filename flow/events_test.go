package flow

import (
	"context"
	"math"
	"testing"

	"lacuna/model"
	"lacuna/tensor"
)

// pulse is a block whose norm is a known function of time: dx/dt = x·(d ln norm/dt) at x₂, its clock.
func pulse(logNorm, rate func(time float64) float64) *field {
	s := &field{
		theta: []float64{math.Exp(logNorm(0)), 0},
		f:     func(x []float64) []float64 { return []float64{x[0] * rate(x[1]), 1} },
	}
	return s
}

// pulseSystem reports the first coordinate alone as the norm of the block.
type pulseSystem struct{ *field }

func (s pulseSystem) DeepNorms(norms []float64) { norms[0] = s.trial[0] }
func (s pulseSystem) LogRates([]float64) []float64 {
	return []float64{s.slots[0][0] / s.theta[0]}
}

func TestTimesOfEmergenceAndDisappearance(t *testing.T) {
	// ln norm = 3 − (t − 4)²/3: above 1 from t = 1 to t = 7.
	logNorm := func(t float64) float64 { return 3 - (t-4)*(t-4)/3 }
	rate := func(t float64) float64 { return -2 * (t - 4) / 3 }
	for _, method := range []Method{Explicit, Explicit54, Descent} {
		settings := Settings{Method: method, Tolerance: 1e-6, Rate: 5e-4, Every: 1, Stop: Stop{Time: 9, TrainMSE: -1}}
		result := newIntegrator(t, pulseSystem{pulse(logNorm, rate)}, settings).Run(context.Background(), nil)
		if len(result.Events) != 2 || result.Events[0].Kind != Emergence || result.Events[1].Kind != Disappearance {
			t.Fatalf("%s: events %+v", method, result.Events)
		}
		for i, want := range []float64{1, 7} {
			if got := result.Events[i].Time; math.Abs(got-want) > 2e-3 {
				t.Errorf("%s: %s at %v, want %v", method, result.Events[i].Kind, got, want)
			}
		}
		if times := result.EmergenceTimes(); len(times) != 1 || times[0] != result.Events[0].Time {
			t.Errorf("%s: emergence times %v", method, times)
		}
	}
}

func TestRunaway(t *testing.T) {
	grow := func(mse func(x []float64) float64, stop float64) Result {
		s := pulse(func(t float64) float64 { return t - 5 }, func(float64) float64 { return 1 })
		s.norm, s.mse = 3, mse
		return run(t, pulseSystem{s}, Settings{Method: Explicit, Stop: Stop{TrainMSE: -1, Runaway: stop, Time: 20}})
	}
	still := func([]float64) float64 { return 0.7 }
	falling := func(x []float64) float64 { return 1 / x[0] }
	result := grow(still, 0)
	if result.Status != Runaway {
		t.Errorf("a block that grows for nothing: %s", result.Status)
	}
	var started []float64
	for _, e := range result.Events {
		if e.Kind == RunawayStarted {
			started = append(started, e.Time)
		}
	}
	// Ten times the data's norm is reached at 5 + ln 30, the stop at 5 + ln 300; both are noticed at the end of a step.
	if len(started) != 1 || started[0] < 5+math.Log(30) || started[0] > 5+math.Log(300) {
		t.Errorf("noticed at %v", started)
	}
	if result.Time < 5+math.Log(300) || result.Time > 5+math.Log(3000) {
		t.Errorf("stopped at %v", result.Time)
	}
	if result := grow(falling, 0); result.Status != TimeLimit {
		t.Errorf("a block that pays for its growth: %s", result.Status)
	}
	if result := grow(still, -1); result.Status != TimeLimit {
		t.Errorf("runaways allowed: %s", result.Status)
	}
	if result := grow(still, 1e4); result.Time < 5+math.Log(3e4) {
		t.Errorf("a limit of 1e4: %s at %v", result.Status, result.Time)
	}
}

// An event reaches the recorder once, in the record after it happened, and a recorder can stop the run there.
func TestEventsReachTheRecorder(t *testing.T) {
	sys, settings := small(t, Implicit)
	var seen []Event
	result := newIntegrator(t, sys, settings).Run(context.Background(), func(s *Snapshot) bool {
		for _, e := range s.Events {
			if e.Time > s.Time || e.Time < s.Time-s.Step {
				t.Errorf("an event at %v in the record of the step from %v to %v", e.Time, s.Time-s.Step, s.Time)
			}
			seen = append(seen, e)
		}
		rank := 0
		for _, norm := range s.Norms {
			if norm > 1 {
				rank++
			}
		}
		if rank != s.Rank {
			t.Errorf("rank %d in the record, %d norms above 1", s.Rank, rank)
		}
		return false
	})
	if len(seen) == 0 || len(seen) != len(result.Events) {
		t.Fatalf("the recorder saw %d of %d events", len(seen), len(result.Events))
	}
	for i, e := range result.Events {
		if e != seen[i] {
			t.Errorf("event %d: %+v, the recorder saw %+v", i, e, seen[i])
		}
	}
	other, settings := small(t, Implicit)
	stopped := newIntegrator(t, other, settings).Run(context.Background(), func(s *Snapshot) bool {
		return len(s.Events) > 0
	})
	if stopped.Status != Stopped || len(stopped.Events) == 0 || stopped.Events[0] != seen[0] {
		t.Errorf("stopped at the first event: %s with %+v", stopped.Status, stopped.Events)
	}
}

func TestHermiteRoot(t *testing.T) {
	for _, c := range []struct{ f, slope func(s float64) float64 }{
		{func(s float64) float64 { return s - 0.3 }, func(float64) float64 { return 1 }},
		{func(s float64) float64 { return s*s*s - 0.2 }, func(s float64) float64 { return 3 * s * s }},
		{func(s float64) float64 { return 0.5 - s*s }, func(s float64) float64 { return -2 * s }},
		{func(s float64) float64 { return s }, func(float64) float64 { return 1 }},
	} {
		s := hermiteRoot(c.f(0), c.f(1), c.slope(0), c.slope(1))
		if math.Abs(c.f(s)) > 1e-14 {
			t.Errorf("at %v the cubic is %v", s, c.f(s))
		}
	}
	for _, slope := range []float64{math.NaN(), math.Inf(1)} {
		if s := hermiteRoot(-1, 1, slope, 1); !math.IsNaN(s) {
			t.Errorf("with a slope of %v: %v", slope, s)
		}
	}
}

// Steps of any size count after a plateau of any length.
func TestClockKeepsSmallSteps(t *testing.T) {
	var c clock
	c.add(1e15)
	for range 1_000_000 {
		c.add(1e-3)
	}
	if got := c.until(1e15 + 1000); math.Abs(got) > 1e-6 {
		t.Errorf("a thousand steps of 1e-3 after 1e15 are off by %v", got)
	}
	start := c
	c.add(1e-9)
	if got := (c.High - start.High) + (c.Low - start.Low); math.Abs(got-1e-9) > 1e-20 {
		t.Errorf("a step of 1e-9 counts as %v", got)
	}
	if c = (clock{}); c.float() != 0 {
		t.Error("a clock does not begin at 0")
	}
}

// Starts of any magnitude: block norms of 1e-60, and flow times far beyond 1e30.
func TestAnyMagnitude(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 5, 7}, []float64{1.5, 1}, 0.8, 1)
	for _, opt := range []options{
		{blocks: 10, depths: []int{0}, w: 1e-20, a: 1, seed: 1},
		{blocks: 10, depths: []int{1}, w: 1e-10, a: 1e-10, seed: 1},
		{blocks: 10, depths: []int{2}, w: 1e-8, a: 1e-6, seed: 1},
		{blocks: 10, depths: []int{5}, w: 1e-4, a: 1e-4, seed: 1},
		{blocks: 10, depths: []int{1}, start: model.BalancedChain, w: 1e-10, seed: 1},
	} {
		c := newChains(t, train, opt)
		c.Gradient(0, nil)
		norms := make([]float64, 10)
		c.DeepNorms(norms)
		in := newIntegrator(t, c, Settings{Stop: Stop{TrainMSE: 1e-12}})
		result := in.Run(context.Background(), func(s *Snapshot) bool {
			for _, norm := range s.Norms {
				if math.IsNaN(norm) || math.IsInf(norm, 0) {
					t.Fatalf("depth %v: a block norm of %v", opt.depths, norm)
				}
			}
			return false
		})
		t.Logf("depth %v, σ_w %g, σ_A %g: first norm %.2g; %s at t = %.3g after %d evaluations, rank %d",
			opt.depths, opt.w, opt.a, norms[0], result.Status, result.Time, result.Evaluations, result.Rank)
		if norms[0] > 1e-50 {
			t.Errorf("a first norm of %v does not test what it should", norms[0])
		}
		if result.Status != Converged && result.Status != Equilibrium || result.Rank < 2 {
			t.Errorf("depth %v, σ_w %g, σ_A %g: %s with rank %d", opt.depths, opt.w, opt.a, result.Status, result.Rank)
		}
	}
}
