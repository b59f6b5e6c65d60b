package flow

import (
	"context"
	"testing"

	"lacuna/internal/synthetic"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// From a small start it crosses the plateau, descends at every step, and ends near the edge of the sharpness.
func TestAdaptive(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{5, 5, 5}, 1, 0, 1), 0.8, 1)
	c, err := model.NewChains(observed, loss.Square, model.Config{Blocks: 8, Depths: []int{1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Draw(model.StartConfig{SigmaW: 0.001, SigmaA: 0.1, Seed: 1}); err != nil {
		t.Fatal(err)
	}
	in, err := New(c, Settings{Method: Adaptive, Every: 1, Stop: Stop{TrainMSE: 1e-6, Evaluations: 100_000}})
	if err != nil {
		t.Fatal(err)
	}
	before, near, steps := 0.0, 0, 0
	result := in.Run(context.Background(), func(s *Snapshot) bool {
		if s.Steps > 0 && s.Loss > before*(1+1e-13) {
			t.Errorf("step %d: the loss rose from %v to %v", s.Steps, before, s.Loss)
		}
		before = s.Loss
		if s.Rank > 0 && s.Steps > 0 && s.Step > 0 {
			values, err := c.Sharpness(1, 1e-4)
			if err != nil {
				t.Fatal(err)
			}
			steps++
			if edge := s.Step * values[0] / 2; edge > 0.3 && edge < 3 {
				near++
			}
		}
		return false
	})
	if result.Status != Converged || result.Rank < 1 {
		t.Errorf("%+v", result)
	}
	if near*2 < steps {
		t.Errorf("the rate is near 2/sharpness in %d of %d steps", near, steps)
	}
}
