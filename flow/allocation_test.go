package flow

import (
	"context"
	"testing"

	"lacuna/tensor"
)

// A step allocates nothing once the buffers have grown; what a record or a checkpoint keeps is not part of it.
func TestStepsAllocateNothing(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 6, 6}, []float64{3, 2}, 0.6, 1)
	for _, c := range []struct {
		method Method
		depths []int
	}{
		{Implicit, []int{0}},
		{Implicit, []int{2}},
		{Explicit, []int{1}},
		{Explicit54, []int{0}},
		{Descent, []int{2}},
		{Normalised, []int{1}},
	} {
		in := newIntegrator(t, newChains(t, train, options{blocks: 20, depths: c.depths, w: 0.3, a: 0.5, seed: 1}), Settings{
			Method: c.method, Every: 1, Stop: Stop{Evaluations: 400, TrainMSE: -1},
		})
		in.Run(context.Background(), nil)
		implicit := 0
		if got := testing.AllocsPerRun(20, func() {
			in.method.step()
			implicit += in.method.implicit()
		}); got != 0 {
			t.Errorf("%s at depth %v: %v allocations a step", c.method, c.depths, got)
		}
		if c.method == Implicit && implicit == 0 {
			t.Errorf("depth %v: no block was implicit, so nothing was tested", c.depths)
		}
	}
}
