package flow

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// fiveBlocks is a start from which five blocks emerge one after another and recover a tensor of rank five.
func fiveBlocks(t testing.TB, depth int) *model.Chains {
	train, _ := lowRank(t, tensor.Shape{7, 6, 8}, []float64{1.6, 1.3, 1, 0.8, 0.6}, 0.7, 3)
	return newChains(t, train, options{blocks: 24, depths: []int{depth}, w: 0.03, a: 0.2, seed: 5})
}

// Every method is driven to the same answer; those that cannot leave small blocks behind, as far as they come.
func TestEveryMethodReachesTheAnswer(t *testing.T) {
	train, test := lowRank(t, tensor.Shape{5, 4, 6}, []float64{1.2}, 0.8, 1)
	type setup struct {
		settings Settings
		limit    float64
	}
	methods := map[string]setup{
		"rk32":       {Settings{Method: Explicit}, 1e-3},
		"rk54":       {Settings{Method: Explicit54}, 1e-3},
		"gd":         {Settings{Method: Descent, Rate: 0.1}, 1e-3},
		"normalised": {Settings{Method: Normalised, Rate: 2e-3}, 1e-3},
	}
	for _, scheme := range Schemes() {
		methods["flow "+scheme] = setup{Settings{Method: Implicit, Scheme: scheme}, 1e-12}
	}
	for name, m := range methods {
		for _, depth := range []int{0, 1, 2} {
			c := newChains(t, train, options{blocks: 3, depths: []int{depth}, w: 0.1, a: 0.3, seed: 2})
			m.settings.Stop = Stop{TrainMSE: m.limit, Evaluations: 50_000}
			result := run(t, c, m.settings)
			mse := c.Elsewhere(test).MSE()
			t.Logf("%-14s depth %d: %s at t = %.4g after %d evaluations, rank %d, test MSE %.2g",
				name, depth, result.Status, result.Time, result.Evaluations, result.Rank, mse)
			if result.Status != Converged || result.MSE > m.limit {
				t.Errorf("%s depth %d: %s with train MSE %v", name, depth, result.Status, result.MSE)
			}
			if result.Rank != 1 || mse > 100*m.limit {
				t.Errorf("%s depth %d: rank %d, test MSE %v", name, depth, result.Rank, mse)
			}
		}
	}
}

// Lemma 4.1 along a whole run, through five emergences.
func TestConservedDifferencesAlongARun(t *testing.T) {
	for _, depth := range []int{0, 1, 2} {
		for _, tolerance := range []float64{1e-2, 1e-4, 1e-6} {
			stop := Stop{Evaluations: 1_000_000}
			if !long() {
				if tolerance == 1e-6 && depth != 1 {
					continue
				}
				stop.TrainMSE = 1e-4 // all five have grown
			}
			c := fiveBlocks(t, depth)
			before := c.Imbalances(nil)
			result := run(t, c, Settings{Tolerance: tolerance, Stop: stop})
			drift := 0.0
			for i, after := range c.Imbalances(nil) {
				drift = math.Max(drift, math.Abs(after-before[i])/largestNorm2(c))
			}
			emerged := len(result.EmergenceTimes())
			t.Logf("depth %d, tolerance %g: %s, rank %d, %d emergences, %d evaluations, drift %.2g",
				depth, tolerance, result.Status, result.Rank, emerged, result.Evaluations, drift)
			if result.Status != Converged || result.Rank != 5 || emerged < 5 {
				t.Errorf("depth %d: %s, rank %d, %d emergences: this run does not test what it should",
					depth, result.Status, result.Rank, emerged)
			}
			if drift > tolerance {
				t.Errorf("depth %d, tolerance %g: conserved differences drift by %v of the largest squared norm",
					depth, tolerance, drift)
			}
		}
	}
}

// The path is the same at every tolerance, and converges at the method's order: the error of a step is held at the
// tolerance, so that of an emergence is in proportion to it.
func TestSamePathAtEveryTolerance(t *testing.T) {
	for _, scheme := range Schemes() {
		for _, depth := range []int{0, 1, 2} {
			times := func(tolerance float64) ([]float64, int) {
				result := run(t, fiveBlocks(t, depth), Settings{
					Scheme: scheme, Tolerance: tolerance, Stop: Stop{TrainMSE: 1e-3, Evaluations: 1_000_000},
				})
				return result.EmergenceTimes(), result.Evaluations
			}
			finest := 1e-6
			if !long() && (depth != 1 || scheme != "ros34pw2") {
				continue
			}
			exact, _ := times(finest)
			if len(exact) < 5 {
				t.Fatalf("depth %d: %d emergences", depth, len(exact))
			}
			var errors []float64
			for _, tolerance := range []float64{1e-1, 1e-2, 1e-3, 1e-4} {
				got, evaluations := times(tolerance)
				if len(got) != len(exact) {
					t.Fatalf("depth %d, tolerance %g: %d emergences, %d at tolerance %g",
						depth, tolerance, len(got), len(exact), finest)
				}
				errors = append(errors, worstDifference(got, exact))
				t.Logf("%s depth %d, tolerance %g: emergence times within %.2g, %d evaluations",
					scheme, depth, tolerance, errors[len(errors)-1], evaluations)
			}
			// The second-order schemes are not held to the crudest tolerance: there ros2 takes 10⁵ evaluations at depth 2.
			for i, off := range errors {
				if off > 0.01 && (i > 0 || scheme == "ros34pw2") {
					t.Errorf("%s depth %d: emergence times at tolerance %g are off by %v",
						scheme, depth, math.Pow(10, -float64(i+1)), off)
				}
			}
			// Three decades of tolerance, of which the first is cut short by the bound on timing.
			if errors[3] > errors[1]/20 {
				t.Errorf("%s depth %d: errors %v do not fall with the tolerance", scheme, depth, errors)
			}
		}
	}
}

// It is the gradient flow: block norms at 50 times against Dormand–Prince at tolerance 1e-12.
func TestNormsAlongTheFlow(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 4, 4}, []float64{1.5, 1}, 0.8, 4)
	for _, depth := range []int{0, 1, 2, 3} {
		times, limit := 50, 1e-6
		if !long() {
			if depth > 1 {
				continue
			}
			times, limit = 10, 0.5
		}
		opt := options{blocks: 8, depths: []int{depth}, w: 0.1, a: 0.4, seed: 2}
		never := Stop{Evaluations: 1 << 40, TrainMSE: -1}
		reference := newIntegrator(t, newChains(t, train, opt), Settings{Method: Explicit54, Tolerance: 1e-12, Stop: never})
		tested := newIntegrator(t, newChains(t, train, opt), Settings{Tolerance: 1e-9, Stop: never})
		end := run(t, newChains(t, train, opt), Settings{Stop: Stop{TrainMSE: limit}}).Time
		worst := 0.0
		for i := range times {
			time := end * float64(i+1) / float64(times)
			until(t, reference, time)
			until(t, tested, time)
			worst = math.Max(worst, worstDifference(tested.state.Norms, reference.state.Norms))
		}
		t.Logf("depth %d: block norms at %d times until %.4g agree within %.2g; %d and %d evaluations",
			depth, times, end, worst, tested.state.Evaluations, reference.state.Evaluations)
		if worst > 1e-8 {
			t.Errorf("depth %d: block norms differ by %v", depth, worst)
		}
	}
}

// Gradient descent with rate η converges to the flow at first order in η.
func TestDescentConvergesToTheFlow(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 4, 4}, []float64{1.5, 1}, 0.8, 4)
	for _, depth := range []int{0, 2} {
		opt := options{blocks: 8, depths: []int{depth}, w: 0.2, a: 0.5, seed: 2}
		end := math.Round(run(t, newChains(t, train, opt), Settings{Stop: Stop{TrainMSE: 1e-2}}).Time)
		norms := func(settings Settings) []float64 {
			settings.Every = 1
			settings.Stop.TrainMSE = -1
			in := newIntegrator(t, newChains(t, train, opt), settings)
			in.settings.Stop.Time = end
			in.Run(context.Background(), nil)
			if math.Abs(in.state.Clock.float()-end) > 1e-6 {
				t.Fatalf("ended at %v, not %v", in.state.Clock.float(), end)
			}
			return in.state.Norms
		}
		exact := norms(Settings{Tolerance: 1e-8})
		var errors []float64
		for _, eta := range []float64{1. / 16, 1. / 64, 1. / 256} {
			errors = append(errors, worstDifference(norms(Settings{Method: Descent, Rate: eta}), exact))
		}
		orders := []float64{math.Log2(errors[0]/errors[1]) / 2, math.Log2(errors[1]/errors[2]) / 2}
		t.Logf("depth %d: at t = %v, norms off by %.2g: orders %.3f", depth, end, errors, orders)
		if math.Abs(orders[1]-1) > 0.1 {
			t.Errorf("depth %d: descent approaches the flow at orders %v in its rate", depth, orders)
		}
	}
}

// The collapsed parametrisation follows the explicit one from the same balanced rank-one start.
func TestBalancedEqualsExplicit(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 4, 6}, []float64{1.5, 1}, 0.8, 6)
	for _, depth := range []int{1, 2, 3, 5} {
		if !long() && depth > 2 {
			continue
		}
		start := model.StartConfig{Start: model.BalancedChain, SigmaW: 0.4, Seed: 3}
		c := newChains(t, train, options{blocks: 8, depths: []int{depth}, w: 1, a: 1})
		b, err := model.NewBalanced(train, loss.Square, model.BalancedConfig{Blocks: 8, Depths: []float64{float64(depth)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Draw(start); err != nil {
			t.Fatal(err)
		}
		if err := b.Draw(start); err != nil {
			t.Fatal(err)
		}
		settings := Settings{Tolerance: 1e-7, Stop: Stop{TrainMSE: 1e-2, Evaluations: 1_000_000}}
		explicit, collapsed := newIntegrator(t, c, settings), newIntegrator(t, b, settings)
		first := run(t, copyOf(t, c, train, depth), Settings{Tolerance: 1e-3, Stop: Stop{TrainMSE: 1e-2}}).EmergenceTimes()
		if len(first) == 0 {
			t.Fatalf("depth %d: no block emerges", depth)
		}
		worst := 0.0
		for _, share := range []float64{0.1, 0.5, 0.9, 0.99} {
			until(t, explicit, share*first[0])
			until(t, collapsed, share*first[0])
			for r := range 8 {
				want, got := slices.Concat(c.Block(r).Vectors()...), slices.Concat(b.Vectors(r)...)
				size := linalg.Norm(want)
				for i, v := range got {
					worst = math.Max(worst, math.Abs(v-want[i])/size)
				}
			}
		}
		forever := Stop{TrainMSE: 1e-2, Evaluations: 1_000_000}
		if err := explicit.SetStop(forever); err != nil {
			t.Fatal(err)
		}
		if err := collapsed.SetStop(forever); err != nil {
			t.Fatal(err)
		}
		want, got := explicit.Run(context.Background(), nil), collapsed.Run(context.Background(), nil)
		if len(want.EmergenceTimes()) != len(got.EmergenceTimes()) {
			t.Fatalf("depth %d: emergences at %v and %v", depth, want.EmergenceTimes(), got.EmergenceTimes())
		}
		timing := worstDifference(got.EmergenceTimes(), want.EmergenceTimes())
		t.Logf("depth %d: vectors within %.2g until the first emergence, %d emergence times within %.2g; "+
			"%d and %d evaluations", depth, worst, len(first), timing, got.Evaluations, want.Evaluations)
		if worst > 1e-7 || timing > 1e-5 {
			t.Errorf("depth %d: vectors differ by %v, emergence times by %v", depth, worst, timing)
		}
	}
}

func copyOf(t *testing.T, c *model.Chains, train *tensor.Observed, depth int) *model.Chains {
	twin := newChains(t, train, options{blocks: c.Blocks(), depths: []int{depth}})
	if err := twin.SetState(c.State()); err != nil {
		t.Fatal(err)
	}
	return twin
}

// Without noise the default settings find the rank and the missing cells.
func TestRecoversALowRankTensor(t *testing.T) {
	shape, scales := tensor.Shape{9, 8, 7}, []float64{1.5, 1.2, 1}
	for _, depth := range []int{0, 1, 2, 3} {
		train, test := lowRank(t, shape, scales, 0.6, 8)
		c := newChains(t, train, options{blocks: 30, depths: []int{depth}, w: 0.01, a: 0.2, seed: 1})
		result := run(t, c, Settings{})
		mse := c.Elsewhere(test).MSE()
		t.Logf("depth %d: %s, rank %d, %d evaluations, flow time %.3g, test MSE %.2g",
			depth, result.Status, result.Rank, result.Evaluations, result.Time, mse)
		if result.Status != Converged || result.Rank != 3 || mse > 1e-9 {
			t.Errorf("depth %d: %s, rank %d, test MSE %v", depth, result.Status, result.Rank, mse)
		}
	}
}

// The same bits for any number of threads, of every method.
func TestThreadsChangeNoBit(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 4, 6}, []float64{1.2, 0.8}, 0.8, 1)
	for _, method := range Methods() {
		var want string
		for _, threads := range []int{1, 2, 3} {
			c := newChains(t, train, options{blocks: 20, depths: []int{1}, w: 0.1, a: 0.4, seed: 2, threads: threads})
			result := run(t, c, Settings{Method: method, Rate: 0.05, Stop: Stop{Evaluations: 500}})
			result.Wall = 0
			got := fmt.Sprintf("%x %+v", c.State(), result)
			if threads == 1 {
				want = got
			} else if got != want {
				t.Errorf("%s: other bits with %d threads", method, threads)
			}
		}
	}
}

// The blocks of a matrix at depth 0 grow together: hundreds of them, each mild, are stiff together. The flow comes to its
// end all the same, from a start that is saved on the way as well, and its loss falls.
func TestManyBlocksThatGrowTogether(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 6}, []float64{1.6, 1.3, 1, 0.8, 0.6, 0.5, 0.4}, 1, 3)
	begin := func() *model.Chains {
		return newChains(t, train, options{blocks: 500, depths: []int{0}, w: 0.01, seed: 1})
	}
	settings := Settings{Method: Implicit, Stop: Stop{Evaluations: 20_000}}
	c := begin()
	result := run(t, c, settings)
	if result.Status != Converged {
		t.Fatalf("%s at train MSE %v after %d evaluations", result.Status, result.MSE, result.Evaluations)
	}
	first := begin()
	cut := settings
	cut.Stop.Evaluations = result.Evaluations * 9 / 10
	in, err := New(first, cut)
	if err != nil {
		t.Fatal(err)
	}
	in.Run(context.Background(), nil)
	if in.state.Ceiling == 0 {
		t.Error("no step was unstable")
	}
	saved, err := in.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	second := begin()
	if in, err = New(second, settings); err != nil {
		t.Fatal(err)
	}
	if err := in.Restore(saved); err != nil {
		t.Fatal(err)
	}
	if again := in.Run(context.Background(), nil); again.Evaluations != result.Evaluations || again.MSE != result.MSE {
		t.Errorf("without a stop %+v, with one %+v", result, again)
	}
}

// However stiff the walls of a valley, a run that goes down it is not at rest.
func TestNotAtRestWhileTheLossFalls(t *testing.T) {
	in, err := New(fiveBlocks(t, 1), Settings{})
	if err != nil {
		t.Fatal(err)
	}
	in.evaluateBase()
	c := in.method.(*controller)
	for r := range c.stiff {
		c.stiff[r] = 1e30
	}
	if c.atRest() {
		t.Errorf("at rest at loss %v with a gradient of norm %v", in.loss, in.gradientNorm())
	}
	for r := range c.stiff {
		c.stiff[r], c.rates[r] = 1e50, 1e30
	}
	if !c.atRest() {
		t.Error("not at rest where the fastest block turns over before the loss falls")
	}
}
