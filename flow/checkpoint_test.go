package flow

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// small is a quick run through two emergences.
func small(t testing.TB, method Method) (*model.Chains, Settings) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1.5, 1}, 0.9, 1)
	settings := Settings{Method: method, Rate: 0.1, Stop: Stop{Evaluations: 900}}
	if !methods[method].controlled {
		settings.Every = 7
	}
	return newChains(t, train, options{blocks: 10, depths: []int{1, 0, 2}, w: 0.2, a: 0.5, seed: 2}), settings
}

func describe(sys System, r Result) string {
	r.Wall = 0
	return fmt.Sprintf("%+v %x", r, sys.State())
}

// A run that is continued from a checkpoint at any step ends like one that never stopped, bit for bit, events and all.
func TestResumeAtEveryStep(t *testing.T) {
	for _, method := range Methods() {
		sys, settings := small(t, method)
		in := newIntegrator(t, sys, settings)
		var saved [][]byte
		whole := in.Run(context.Background(), func(s *Snapshot) bool {
			data, err := in.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			saved = append(saved, data)
			return false
		})
		if len(whole.EmergenceTimes()) < 1 || len(saved) < 20 {
			t.Fatalf("%s: %d emergences, %d checkpoints: this run does not test what it should",
				method, len(whole.EmergenceTimes()), len(saved))
		}
		want := describe(sys, whole)
		for i, data := range saved {
			if i > 6 && i%17 != 0 && len(saved)-i > 4 && !long() {
				continue
			}
			other, _ := small(t, method)
			resumed := newIntegrator(t, other, settings)
			if err := resumed.Restore(data); err != nil {
				t.Fatal(err)
			}
			again, err := resumed.Checkpoint()
			if err != nil || !bytes.Equal(again, data) {
				t.Fatalf("%s: a checkpoint of a restored run differs (%v)", method, err)
			}
			if got := describe(other, resumed.Run(context.Background(), nil)); got != want {
				t.Fatalf("%s: continued from record %d, the run ends\n%.600s\nnot\n%.600s", method, i, got, want)
			}
		}
	}
}

// The same, but stopped by every rule that can strike in the middle: the number of evaluations.
func TestResumeAfterAnyLimit(t *testing.T) {
	apart := 131
	if long() {
		apart = 37
	}
	for _, method := range Methods() {
		sys, settings := small(t, method)
		want := describe(sys, newIntegrator(t, sys, settings).Run(context.Background(), nil))
		for limit := 1; limit < 900; limit += apart {
			first, _ := small(t, method)
			short := settings
			short.Stop.Evaluations = limit
			in := newIntegrator(t, first, short)
			if result := in.Run(context.Background(), nil); result.Status != EvaluationLimit {
				break
			}
			data, err := in.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			for name, prepare := range map[string]func() (*Integrator, System){
				"restored": func() (*Integrator, System) {
					other, _ := small(t, method)
					resumed := newIntegrator(t, other, settings)
					if err := resumed.Restore(data); err != nil {
						t.Fatal(err)
					}
					return resumed, other
				},
				"continued": func() (*Integrator, System) {
					if err := in.SetStop(settings.Stop); err != nil {
						t.Fatal(err)
					}
					return in, first
				},
			} {
				resumed, other := prepare()
				if got := describe(other, resumed.Run(context.Background(), nil)); got != want {
					t.Fatalf("%s: %s after %d evaluations, the run ends\n%.600s\nnot\n%.600s", method, name, limit, got, want)
				}
			}
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	sys, settings := small(t, Implicit)
	in := newIntegrator(t, sys, settings)
	in.Run(context.Background(), func(s *Snapshot) bool { return s.Steps == 20 })
	data, err := in.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	before := sys.State()
	for name, change := range map[string]func(*Settings){
		"method":    func(s *Settings) { s.Method = Explicit },
		"scheme":    func(s *Settings) { s.Scheme = "ros2" },
		"tolerance": func(s *Settings) { s.Tolerance = 1e-3 },
		"rate":      func(s *Settings) { s.Rate = 0.5 },
		"threshold": func(s *Settings) { s.Threshold = 2 },
		"every":     func(s *Settings) { s.Every = 3 },
	} {
		other := settings
		change(&other)
		twin, _ := small(t, Implicit)
		start := twin.State()
		if err := newIntegrator(t, twin, other).Restore(data); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("another %s: error %v", name, err)
		}
		if !bytes.Equal(twin.State(), start) {
			t.Errorf("another %s: the refused checkpoint changed the model", name)
		}
	}
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1.5, 1}, 0.9, 1)
	for name, model := range map[string]*model.Chains{
		"blocks": newChains(t, train, options{blocks: 12, depths: []int{1, 0, 2}}),
		"depths": newChains(t, train, options{blocks: 10, depths: []int{2, 0, 1}}),
	} {
		if err := newIntegrator(t, model, settings).Restore(data); err == nil {
			t.Errorf("a checkpoint of a model with other %s was accepted", name)
		}
	}
	for i := range data {
		damaged := bytes.Clone(data)
		damaged[i] ^= 1 << (i % 8)
		if i%7 == 0 {
			damaged = damaged[:i]
		}
		if err := in.Restore(damaged); err == nil {
			t.Fatalf("a checkpoint damaged at byte %d was accepted", i)
		}
	}
	if !bytes.Equal(before, sys.State()) {
		t.Error("a damaged checkpoint changed the model")
	}
	stop := settings
	stop.Stop = Stop{Time: 1e9, Evaluations: 5}
	other, _ := small(t, Implicit)
	if err := newIntegrator(t, other, stop).Restore(data); err != nil {
		t.Errorf("other stop rules: %v", err)
	}
}

func FuzzRestore(f *testing.F) {
	sys, settings := small(f, Implicit)
	in := newIntegrator(f, sys, settings)
	in.Run(context.Background(), func(s *Snapshot) bool { return s.Steps == 20 })
	data, err := in.Checkpoint()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:100])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		sys, settings := small(t, Implicit)
		in := newIntegrator(t, sys, settings)
		if in.Restore(data) == nil {
			in.settings.Stop.Evaluations = in.state.Evaluations + 5
			in.Run(context.Background(), nil)
		}
	})
}

// A run to a time and on takes the model where a run without the halt goes, and remembers its step.
func TestHaltAtATime(t *testing.T) {
	for _, method := range []Method{Implicit, Explicit, Explicit54} {
		sys, settings := small(t, method)
		settings.Tolerance = 1e-5
		settings.Stop = Stop{TrainMSE: 1e-3}
		end := run(t, sys, settings).Time
		halted, _ := small(t, method)
		in := newIntegrator(t, halted, settings)
		for _, share := range []float64{0, 1e-9, 0.3, 0.3000001, 0.7} {
			if share*end > 0 {
				until(t, in, share*end)
			}
		}
		direct, _ := small(t, method)
		in2 := newIntegrator(t, direct, settings)
		until(t, in2, 0.7*end)
		if difference := worstDifference(in.state.Norms, in2.state.Norms); difference > 1e-3 {
			t.Errorf("%s: norms differ by %v after halts", method, difference)
		}
		if extra := in.state.Steps - in2.state.Steps; extra > 30 {
			t.Errorf("%s: halts cost %d steps: the step before them is forgotten", method, extra)
		}
	}
	// Nothing has to move for the clock to reach a time.
	sys, settings := small(t, Implicit)
	until(t, newIntegrator(t, sys, settings), 1e-6)
}

func TestStopRules(t *testing.T) {
	record := 0
	for want, stop := range map[Status]Stop{
		Converged:       {TrainMSE: 0.5},
		SmallGradient:   {GradientNorm: 1e-3, TrainMSE: -1},
		TimeLimit:       {Time: 3},
		EvaluationLimit: {Evaluations: 30},
		WallLimit:       {Wall: time.Nanosecond},
		NoImprovement:   {HeldOut: func() float64 { record++; return math.Abs(float64(record) - 10) }, Patience: 4},
	} {
		sys, settings := small(t, Implicit)
		settings.Stop = stop
		var last Snapshot
		result := newIntegrator(t, sys, settings).Run(context.Background(), func(s *Snapshot) bool {
			last = *s
			return false
		})
		if result.Status != want {
			t.Errorf("status %s, want %s", result.Status, want)
		}
		if last.Steps != result.Steps || last.MSE != result.MSE || last.Time != result.Time {
			t.Errorf("%s: the last record is of step %d, the run ended at %d", want, last.Steps, result.Steps)
		}
		switch want {
		case NoImprovement:
			if record != 14 {
				t.Errorf("the error improved until record 10, the run stopped at %d", record)
			}
		case TimeLimit:
			if result.Time != 3 {
				t.Errorf("ended at time %v", result.Time)
			}
		case EvaluationLimit:
			if result.Evaluations < 30 || result.Evaluations > 45 {
				t.Errorf("ended after %d evaluations", result.Evaluations)
			}
		}
	}
}

func TestStoppedAndInterrupted(t *testing.T) {
	sys, settings := small(t, Implicit)
	in := newIntegrator(t, sys, settings)
	result := in.Run(context.Background(), func(s *Snapshot) bool { return s.Steps == 3 })
	if result.Status != Stopped || result.Steps != 3 {
		t.Errorf("the recorder's stop: %s at step %d", result.Status, result.Steps)
	}
	ctx, cancel := context.WithCancel(context.Background())
	result = in.Run(ctx, func(s *Snapshot) bool {
		if s.Steps == 5 {
			cancel()
		}
		return false
	})
	if result.Status != Interrupted || result.Steps != 5 {
		t.Errorf("a cancelled context: %s at step %d", result.Status, result.Steps)
	}
	if result = in.Run(context.Background(), nil); result.Status != EvaluationLimit && result.Status != Converged {
		t.Errorf("continued: %s", result.Status)
	}
}

func TestSettingsRefused(t *testing.T) {
	sys, _ := small(t, Implicit)
	for _, settings := range []Settings{
		{Method: "sophia"},
		{Scheme: "ros9"},
		{Tolerance: -1},
		{Tolerance: 1},
		{Tolerance: math.NaN()},
		{Rate: -1},
		{Rate: math.Inf(1)},
		{Threshold: -1},
		{Threshold: math.NaN()},
		{Every: -1},
	} {
		if _, err := New(sys, settings); err == nil {
			t.Errorf("%+v was accepted", settings)
		}
	}
}

func TestDivergedDescent(t *testing.T) {
	sys, settings := small(t, Descent)
	settings.Rate = 1e6
	if result := run(t, sys, settings); result.Status != Diverged {
		t.Errorf("a rate of 1e6: %s", result.Status)
	}
}

func TestZeroModelIsAtEquilibrium(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1.5, 1}, 0.9, 1)
	c, err := model.NewChains(train, loss.Square, model.Config{Blocks: 3, Depths: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if result := run(t, c, Settings{}); result.Status != Equilibrium || result.Evaluations != 1 {
		t.Errorf("a model of zeros: %s after %d evaluations", result.Status, result.Evaluations)
	}
}

// A block of zeros among others stays zero and holds nobody up.
func TestZeroBlockAmongOthers(t *testing.T) {
	sys, settings := small(t, Implicit)
	b := sys.Block(4)
	for n := range b.W {
		clear(b.W[n])
		for _, a := range b.A[n] {
			clear(a)
		}
	}
	sys.SetBlock(4, b)
	if result := run(t, sys, settings); result.Status != Converged || result.Rank != 2 {
		t.Errorf("%s with rank %d", result.Status, result.Rank)
	}
}
