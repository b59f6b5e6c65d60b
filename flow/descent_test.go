package flow

import (
	"bytes"
	"testing"

	"lacuna/tensor"
)

func TestDescentInOneVisitIsDescent(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 4, 4}, []float64{1.5, 1}, 0.8, 4)
	opt := options{blocks: 8, depths: []int{2}, w: 0.3, a: 0.4, seed: 2}
	settings := Settings{Method: Descent, Rate: 0.1, Every: 7, Stop: Stop{Evaluations: 100}}
	once, twice := newChains(t, train, opt), newChains(t, train, opt)
	got, want := run(t, once, settings), run(t, bare{twice}, settings)
	got.Wall, want.Wall = 0, 0
	if got.Loss != want.Loss || got.Steps != want.Steps || got.Time != want.Time {
		t.Errorf("a run of %+v, with Move and Gradient apart %+v", got, want)
	}
	if !bytes.Equal(once.State(), twice.State()) {
		t.Error("the parameters differ from those of Move and Gradient")
	}
}
