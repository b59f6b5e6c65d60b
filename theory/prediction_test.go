package theory

import (
	"context"
	"math"
	"reflect"
	"testing"

	"lacuna/internal/portable"
	"lacuna/model"
	"lacuna/tensor"
)

// TestPredictedTimeHasAClosedForm takes a tensor of a single cell: a block of balanced scalars x follows dx/dt = a x^(N−1)
// and passes 1 at (x₀^(2−N) − 1) / ((N − 2) a), for the residual a of the empty model.
func TestPredictedTimeHasAClosedForm(t *testing.T) {
	modes := tensor.NumberedModes(tensor.Shape{1, 1, 1, 1})
	const a, x0 = 30.0, 0.01
	observed, err := tensor.NewObserved(modes, [][]int32{{0}, {0}, {0}, {0}}, []float64{a})
	if err != nil {
		t.Fatal(err)
	}
	x := []float64{x0}
	start := []model.Block{{W: [][]float64{x, x, x, x}, A: make([][][]float64, 4)}}
	for _, how := range []Transition{Jump, Path} {
		found, err := Predict(context.Background(), observed, []int{0, 0, 0, 0}, start, how, 1e-6)
		if err != nil {
			t.Fatal(err)
		}
		want := (1/(x0*x0) - 1) / (2 * a)
		if len(found) != 1 || math.Abs(found[0].Time/want-1) > 1e-5 {
			t.Errorf("%s: %v, want one emergence at %v", how, found, want)
		}
	}
	if _, err := Predict(context.Background(), observed, []int{0, 0, 0, 0}, start, "leap", 0); err == nil {
		t.Error("an unknown transition is taken")
	}
}

func smallEmergences(threads int) EmergenceOptions {
	return EmergenceOptions{
		Shape: tensor.Shape{6, 6, 6}, Rank: 2, Tensors: 2, Blocks: 8, Depths: []int{0, 1}, Sigmas: []float64{1e-2, 1e-4},
		Threads: threads,
	}
}

func TestEmergencesComeWhenPredicted(t *testing.T) {
	r, err := PredictEmergences(context.Background(), smallEmergences(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Summaries {
		bound := 0.1
		if s.Sigma == 1e-4 {
			bound = 0.01
		}
		if s.Compared < 3 || s.Median > bound {
			t.Errorf("depth %d, σ = %v, %s: median error %v of %d", s.Depth, s.Sigma, s.Transition, s.Median, s.Compared)
		}
	}
	again, err := PredictEmergences(context.Background(), smallEmergences(2))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Error("two threads predict otherwise")
	}
	if len(r.Figure().Charts) != 2 {
		t.Error("no two charts")
	}
}

// TestPredictionGoesOnThroughARunaway takes a tensor whose first block alone has no fit: its norm grows without end until
// the second emerges.
func TestPredictionGoesOnThroughARunaway(t *testing.T) {
	r, err := PredictEmergences(context.Background(), EmergenceOptions{
		Depths: []int{0}, Sigmas: []float64{1e-4}, Tensors: 1, Seed: 17,
	})
	if err != nil {
		t.Fatal(err)
	}
	run := r.Runs[0]
	if len(run.Jump) != 1 {
		t.Errorf("%d emergences with a jump to a fit that there is not, want the first one alone", len(run.Jump))
	}
	errors, same := run.Errors(Path)
	if len(run.Measured) < 2 || same != len(run.Measured) {
		t.Fatalf("%d of %d emergences are of the block named", same, len(run.Measured))
	}
	for i, x := range errors {
		if x > 0.01 {
			t.Errorf("emergence %d: the time is off by %v", i+1, x)
		}
	}
}

// TestPullIsTheGradientAtTheResidual compares the pull with the square loss at a model of zeros.
func TestPullIsTheGradientAtTheResidual(t *testing.T) {
	for _, a := range []float64{-2, 0, portable.Exp(1)} {
		_, want, _ := square().At(0, a)
		if _, first, second := (pull{}).At(7, a); first != want || second != 0 {
			t.Errorf("pull at %v: %v, %v", a, first, second)
		}
	}
}

func TestEmergenceOptionsAreChecked(t *testing.T) {
	for _, o := range []EmergenceOptions{
		{Shape: tensor.Shape{5}}, {Observed: 2}, {Rank: -1}, {Depths: []int{9}}, {Sigmas: []float64{0}}, {Tolerance: 1},
	} {
		if _, err := PredictEmergences(context.Background(), o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
