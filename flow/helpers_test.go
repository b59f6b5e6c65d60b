package flow

import (
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// long says whether the longer variants of the tests run.
func long() bool { return os.Getenv("LACUNA_LONG") == "1" }

// lowRank returns a random share of the cells of a sum of rank-one tensors whose factors have normal entries, the
// s-th term scaled by scales[s].
func lowRank(t testing.TB, shape tensor.Shape, scales []float64, share float64, seed uint64) (
	train, test *tensor.Observed,
) {
	t.Helper()
	stream := rng.New(seed, "low rank")
	factors := make([][][]float64, len(scales))
	for s := range scales {
		for _, d := range shape {
			v := make([]float64, d)
			for i := range v {
				v[i] = stream.NormFloat64()
			}
			factors[s] = append(factors[s], v)
		}
	}
	index := make([][]int32, len(shape))
	var values []float64
	for cell := range int(shape.Cells()) {
		at, rest := make([]int, len(shape)), cell
		for n := len(shape) - 1; n >= 0; n-- {
			at[n], rest = rest%shape[n], rest/shape[n]
			index[n] = append(index[n], int32(at[n]))
		}
		var sum float64
		for s, scale := range scales {
			product := scale
			for n, i := range at {
				product *= factors[s][n][i]
			}
			sum += product
		}
		values = append(values, sum)
	}
	all, err := tensor.NewObserved(tensor.NumberedModes(shape), index, values)
	if err != nil {
		t.Fatal(err)
	}
	return all.Split(1-share, stream.Rand)
}

type options struct {
	blocks  int
	depths  []int
	start   model.Start
	w, a    float64
	seed    uint64
	threads int
}

func newChains(t testing.TB, o *tensor.Observed, opt options) *model.Chains {
	t.Helper()
	c, err := model.NewChains(o, loss.Square, model.Config{Blocks: opt.blocks, Depths: opt.depths, Threads: opt.threads})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(model.StartConfig{Start: opt.start, SigmaW: opt.w, SigmaA: opt.a, Seed: opt.seed}); err != nil {
		t.Fatal(err)
	}
	return c
}

func newIntegrator(t testing.TB, sys System, settings Settings) *Integrator {
	t.Helper()
	in, err := New(sys, settings)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func run(t testing.TB, sys System, settings Settings) Result {
	t.Helper()
	return newIntegrator(t, sys, settings).Run(context.Background(), nil)
}

// until goes on to a flow time.
func until(t testing.TB, in *Integrator, time float64) Result {
	t.Helper()
	stop := in.settings.Stop
	stop.Time = time
	if err := in.SetStop(stop); err != nil {
		t.Fatal(err)
	}
	result := in.Run(context.Background(), nil)
	if result.Status != TimeLimit || result.Time != time {
		t.Fatalf("asked for time %v, ended at %v with status %s", time, result.Time, result.Status)
	}
	return result
}

// worstDifference returns the largest |got − want| over the scale of each number, floor at the least.
func worstDifference(got, want []float64) float64 {
	worst := 0.0
	for i, v := range got {
		worst = math.Max(worst, math.Abs(v-want[i])/math.Abs(want[i]))
	}
	return worst
}

// largestNorm2 is the largest squared norm of a factor.
func largestNorm2(c *model.Chains) float64 {
	worst := 0.0
	for r := range c.Blocks() {
		for n := range c.Depths() {
			worst = math.Max(worst, slices.Max(c.FactorNorms2(r, n)))
		}
	}
	return worst
}
