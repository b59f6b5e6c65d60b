package flow

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

func newChains32(t testing.TB, o *tensor.Observed, opt options) *model.Chains32 {
	t.Helper()
	config := model.Config{Blocks: opt.blocks, Depths: opt.depths, Threads: opt.threads}
	c, err := model.NewChainsOf[float32](o, loss.Square, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(model.StartConfig{Start: opt.start, SigmaW: opt.w, SigmaA: opt.a, Seed: opt.seed}); err != nil {
		t.Fatal(err)
	}
	return c
}

// Five blocks emerge in float32 when they do in float64, and the run ends where rounding begins.
func TestFloat32EmergesAsFloat64(t *testing.T) {
	train, test := lowRank(t, tensor.Shape{7, 6, 8}, []float64{1.6, 1.3, 1, 0.8, 0.6}, 0.7, 3)
	settings := Settings{Stop: Stop{Evaluations: 3000}}
	for _, depth := range []int{0, 1} {
		opt := options{blocks: 24, depths: []int{depth}, w: 0.03, a: 0.2, seed: 5}
		single := newChains32(t, train, opt)
		got, want := run(t, single, settings), run(t, newChains(t, train, opt), settings)
		if len(want.EmergenceTimes()) != 5 || len(got.EmergenceTimes()) != 5 {
			t.Fatalf("depth %d: blocks emerge at %v, in float64 at %v", depth, got.EmergenceTimes(), want.EmergenceTimes())
		}
		if worst := worstDifference(got.EmergenceTimes(), want.EmergenceTimes()); worst > 0.01 {
			t.Errorf("depth %d: emergences at %v, in float64 at %v", depth, got.EmergenceTimes(), want.EmergenceTimes())
		}
		if got.Status != Converged || got.MSE > single.RoundingMSE() || got.MSE < 1e-14 {
			t.Errorf("depth %d: %s with train MSE %v, rounding begins at %v", depth, got.Status, got.MSE, single.RoundingMSE())
		}
		if mse := single.Elsewhere(test).MSE(); got.Rank != 5 || mse > 1e-6 {
			t.Errorf("depth %d: rank %d, test MSE %v", depth, got.Rank, mse)
		}
	}
}

// Between two emergences there are steps far longer than resolution allows the forces on a grown block to be known for.
func TestFloat32PlateausAreLong(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 4, 6, 3}, []float64{1.6, 0.8}, 0.8, 3)
	opt := options{blocks: 8, depths: []int{1}, w: 1e-3, start: model.BalancedGeneral, seed: 5}
	settings := Settings{Stop: Stop{Evaluations: 1500}}
	got, want := run(t, newChains32(t, train, opt), settings), run(t, newChains(t, train, opt), settings)
	emerged := len(want.EmergenceTimes())
	if emerged < 2 || len(got.EmergenceTimes()) != emerged || got.Status != want.Status {
		t.Fatalf("%s, blocks emerge at %v, in float64 %s, at %v",
			got.Status, got.EmergenceTimes(), want.Status, want.EmergenceTimes())
	}
	if worst := worstDifference(got.EmergenceTimes(), want.EmergenceTimes()); worst > 0.01 {
		t.Errorf("emergences at %v, in float64 at %v", got.EmergenceTimes(), want.EmergenceTimes())
	}
}

// Methods that cannot leap follow float64 step by step, to the rounding of float32.
func TestFloat32FollowsFloat64(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 4, 6}, []float64{1.2}, 0.8, 1)
	for _, settings := range []Settings{
		{Method: Explicit, Stop: Stop{Time: 60}},
		{Method: Explicit54, Stop: Stop{Time: 60}},
		{Method: Descent, Rate: 0.1, Stop: Stop{Evaluations: 600}},
		{Method: Normalised, Rate: 2e-3, Stop: Stop{Evaluations: 600}},
	} {
		for _, depth := range []int{0, 2} {
			opt := options{blocks: 3, depths: []int{depth}, w: 0.1, a: 0.3, seed: 2}
			single, double := newChains32(t, train, opt), newChains(t, train, opt)
			got, want := run(t, single, settings), run(t, double, settings)
			if got.Status != want.Status || math.Abs(got.Loss-want.Loss) > 1e-4*want.Loss {
				t.Errorf("%s depth %d: %s with loss %v, in float64 %s with loss %v",
					settings.Method, depth, got.Status, got.Loss, want.Status, want.Loss)
			}
			norms, wantNorms := make([]float64, 3), make([]float64, 3)
			single.DeepNorms(norms)
			double.DeepNorms(wantNorms)
			if worst := worstDifference(norms, wantNorms); worst > 1e-3 || wantNorms[0] == 0 {
				t.Errorf("%s depth %d: norms %v, in float64 %v", settings.Method, depth, norms, wantNorms)
			}
		}
	}
}

func TestFloat32ResumesAndThreads(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 4, 6}, []float64{1.2, 0.7}, 0.8, 1)
	for _, method := range Methods() {
		t.Run(fmt.Sprint(method), func(t *testing.T) {
			opt := options{blocks: 20, depths: []int{1}, w: 0.1, a: 0.3, seed: 2}
			settings := Settings{Method: method, Rate: 0.01, Every: 1, Stop: Stop{Evaluations: 200}}
			whole := newChains32(t, train, opt)
			want := run(t, whole, settings)

			settings.Stop.Evaluations = 77
			in := newIntegrator(t, newChains32(t, train, opt), settings)
			in.Run(context.Background(), nil)
			saved, err := in.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			settings.Stop.Evaluations = 200
			opt.threads = 3
			resumed := newChains32(t, train, opt)
			in = newIntegrator(t, resumed, settings)
			if err := in.Restore(saved); err != nil {
				t.Fatal(err)
			}
			got := in.Run(context.Background(), nil)
			if !bytes.Equal(resumed.State(), whole.State()) || got.Loss != want.Loss || got.Time != want.Time ||
				!slices.Equal(got.EmergenceTimes(), want.EmergenceTimes()) {
				t.Errorf("cut in two, on other threads: loss %v at %v, want %v at %v", got.Loss, got.Time, want.Loss, want.Time)
			}
			opt.threads = 1
			if err := newIntegrator(t, newChains(t, train, opt), settings).Restore(saved); err == nil {
				t.Error("a float64 run went on from a float32 checkpoint")
			}
		})
	}
}
