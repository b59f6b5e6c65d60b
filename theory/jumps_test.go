package theory

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"
)

func fewJumps(threads int) JumpsOptions {
	return JumpsOptions{Size: 5, Runs: 3, Steps: 1500, Threads: threads}
}

// TestLabelNoiseLowersRanks: at these settings ranks fall under label noise, and no second minimum has a higher rank than the
// first; without noise none has another.
func TestLabelNoiseLowersRanks(t *testing.T) {
	r, err := CountJumps(context.Background(), fewJumps(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Counts {
		if c.Rose > 0 || c.Fell+c.Same+c.Rose+c.Diverged != c.Runs {
			t.Errorf("%+v", c)
		}
		if c.Stirring == Still && (c.Same != c.Runs || c.Falls+c.Rises > 0) {
			t.Errorf("without noise ranks change: %+v", c)
		}
		if c.Stirring == LabelNoise && c.Fell == 0 {
			t.Errorf("no rank fell: %+v", c)
		}
	}
	again, err := CountJumps(context.Background(), fewJumps(2))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(r.Runs, again.Runs, func(a, b JumpRun) bool { return reflect.DeepEqual(a, b) }) {
		t.Error("two threads count otherwise")
	}
	if len(r.Figure().Charts) != 2 {
		t.Error("no two charts")
	}
	for _, bad := range []JumpsOptions{{Size: 1}, {Rank: 9}, {Observed: 2}, {Layers: 9}, {Batch: 99}, {Steps: 5}, {Rate: -1}} {
		if _, err := CountJumps(context.Background(), bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// TestStepIsDescent compares a step with differences of the loss.
func TestStepIsDescent(t *testing.T) {
	n := newStirred(JumpsOptions{Size: 4, Rank: 1, Rate: 1e-3}.withDefaults(), 1)
	loss := func() float64 {
		n.multiply()
		var sum float64
		for c, at := range n.cells {
			left := n.ahead[n.o.Layers][at] - n.values[c]
			sum += left * left / float64(2*len(n.cells))
		}
		for _, x := range n.theta {
			sum += n.o.Decay * x * x / 2
		}
		return sum
	}
	all := make([]int, len(n.cells))
	for c := range all {
		all[c] = c
	}
	before := slices.Clone(n.theta)
	var want []float64
	for i := range n.theta {
		const h = 1e-6
		n.theta[i] = before[i] + h
		up := loss()
		n.theta[i] = before[i] - h
		want = append(want, (up-loss())/(2*h))
		n.theta[i] = before[i]
	}
	n.step(all, n.values)
	for i, g := range want {
		if got := (before[i] - n.theta[i]) / n.o.Rate; math.Abs(got-g) > 1e-7 {
			t.Errorf("parameter %d: gradient %v, want %v", i, got, g)
		}
	}
}
