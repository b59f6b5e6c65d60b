package flow

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// halving is descent at half the rate: what a further integrator needs, in one place.
type halving struct{ descent }

func (h *halving) step() Status { return h.descend(h.in.settings.Rate / 2) }

// TestAFurtherMethodIsOneFile runs an integrator that is declared above alone, through New, and compares it with the
// method that it should equal.
func TestAFurtherMethodIsOneFile(t *testing.T) {
	register("halving", registration{start: func(in *Integrator) (method, error) {
		return &halving{descent{fixedStep: fixedStep{in}}}, nil
	}})
	defer delete(methods, "halving")
	if !slices.Contains(Methods(), "halving") {
		t.Fatalf("the methods are %v", Methods())
	}
	train, _ := lowRank(t, tensor.Shape{6, 5, 4}, []float64{1.5}, 0.8, 3)
	var states [2][]byte
	for i, s := range []Settings{{Method: "halving", Rate: 0.2}, {Method: Descent, Rate: 0.1}} {
		s.Stop.Evaluations = 201
		c := newChains(t, train, options{blocks: 4, depths: []int{1}, w: 0.3, a: 0.3, seed: 5})
		result := newIntegrator(t, c, s).Run(context.Background(), nil)
		if result.Status != EvaluationLimit || result.Steps != 200 {
			t.Fatalf("%s: %s after %d steps", s.Method, result.Status, result.Steps)
		}
		states[i] = c.State()
	}
	if !slices.Equal(states[0], states[1]) {
		t.Error("half of the double rate leads elsewhere than the rate")
	}
	c := newChains(t, train, options{blocks: 2, depths: []int{0}, w: 1})
	if _, err := New(c, Settings{Method: "none"}); err == nil {
		t.Error("a method that is not registered was accepted")
	}
}

// bare is a System and nothing more.
type bare struct{ System }

// A method that asks more of a system than it has is refused; plain descents ask for nothing more, other rules for
// parameters that they may move one by one.
func TestMethodsSayWhatTheyNeed(t *testing.T) {
	plain, explicit := []Method{Descent, Normalised}, []Method{Descent, Normalised, Adaptive, Explicit, Explicit54}
	train, _ := lowRank(t, tensor.Shape{6, 5, 4}, []float64{1.5}, 0.8, 3)
	for _, m := range Methods() {
		c := newChains(t, train, options{blocks: 4, depths: []int{1}, w: 0.3, a: 0.3, seed: 5})
		_, err := New(bare{c}, Settings{Method: m})
		if (err == nil) != slices.Contains(plain, m) {
			t.Errorf("%s on a system that measures nothing: error %v", m, err)
		}
		_, err = New(struct{ Measured }{c}, Settings{Method: m})
		if (err == nil) != slices.Contains(explicit, m) {
			t.Errorf("%s on a system without curvature: error %v", m, err)
		}
	}
}

// TestEveryMethodLowersTheLoss follows one problem with everything that is registered. A tighter tolerance brings what
// controls its error to one path.
func TestEveryMethodLowersTheLoss(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 5, 4}, []float64{1.5}, 0.8, 3)
	norms := map[Method]float64{}
	for _, m := range Methods() {
		c := newChains(t, train, options{blocks: 4, depths: []int{1}, w: 0.3, a: 0.3, seed: 5, start: model.Gaussian})
		in := newIntegrator(t, c, Settings{Method: m, Tolerance: 1e-6, Rate: 1e-3, Stop: Stop{Time: 2}})
		before := -1.0
		result := in.Run(context.Background(), func(s *Snapshot) bool {
			if before < 0 {
				before = s.Loss
			}
			norms[m] = slices.Max(s.Norms)
			return false
		})
		if !(result.Loss < before) {
			t.Errorf("%s: the loss went from %v to %v", m, before, result.Loss)
		}
		if methods[m].controlled && (result.Status != TimeLimit || result.Time != 2) {
			t.Errorf("%s: %s at time %v", m, result.Status, result.Time)
		}
	}
	for m, norm := range norms {
		if ratio := norm / norms[Explicit54]; methods[m].controlled && (ratio < 0.9999 || ratio > 1.0001) {
			t.Errorf("%s: the largest norm at time 2 is %v, %s has %v", m, norm, Explicit54, norms[Explicit54])
		}
	}
	if ratio := norms[Descent] / norms[Explicit54]; ratio < 0.99 || ratio > 1.01 {
		t.Errorf("descent in small steps has norm %v at time 2, the flow %v", norms[Descent], norms[Explicit54])
	}
}

// A factor that is exactly zero has no size to measure a move against. The others pull it away, in every method as in
// descent in small steps; a block of nothing but zeros stays.
func TestFactorsThatAreZero(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 5, 4}, []float64{1.5}, 0.8, 3)
	for name, empty := range map[string]func(b *model.Block){
		"vector": func(b *model.Block) { clear(b.W[0]) },
		"matrix": func(b *model.Block) { clear(b.A[1][0]) },
		"block": func(b *model.Block) {
			for n := range b.W {
				clear(b.W[n])
				clear(b.A[n][0])
			}
		},
	} {
		norms := map[Method]float64{}
		for _, m := range []Method{Descent, Implicit, Explicit, Explicit54, Adaptive} {
			c := newChains(t, train, options{blocks: 4, depths: []int{1}, w: 0.3, a: 0.3, seed: 5, start: model.Gaussian})
			b := c.Block(1)
			empty(&b)
			c.SetBlock(1, b)
			in := newIntegrator(t, c, Settings{Method: m, Tolerance: 1e-3, Rate: 1e-3, Stop: Stop{Time: 20, Evaluations: 25_000}})
			result := in.Run(context.Background(), func(s *Snapshot) bool { norms[m] = s.Norms[1]; return false })
			if result.Status != TimeLimit {
				t.Errorf("%s of zero: %s ends at time %v: %s", name, m, result.Time, result.Status)
			}
			if ratio := norms[m] / norms[Descent]; name == "block" && norms[m] != 0 ||
				name != "block" && m != Adaptive && !(math.Abs(ratio-1) < 1e-3) {
				t.Errorf("%s of zero: its block has norm %v by %s, %v by descent", name, norms[m], m, norms[Descent])
			}
		}
	}
}

// The same of a factor of a network, whose singular values share it.
func TestFactorsOfNetworksThatAreZero(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 3}, []float64{1.5}, 0.8, 3)
	for _, kind := range []model.NetworkKind{model.TuckerNetwork, model.TrainNetwork, model.HierarchicalNetwork} {
		norms := map[Method]float64{}
		for _, m := range []Method{Descent, Implicit, Explicit54} {
			n, err := model.NewNetwork(train, loss.Square, model.NetworkConfig{Kind: kind, Depths: []int{0, 0, 0}, Bond: 2})
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Draw(model.StartConfig{SigmaW: 0.5, Seed: 2}); err != nil {
				t.Fatal(err)
			}
			part := n.Parts()[0]
			n.SetPart(part.Name, make([]float64, len(part.Values)))
			in := newIntegrator(t, n, Settings{Method: m, Tolerance: 1e-4, Rate: 1e-3, Stop: Stop{Time: 5}})
			result := in.Run(context.Background(), func(s *Snapshot) bool { norms[m] = s.Norms[0]; return false })
			if result.Status != TimeLimit || !(math.Abs(norms[m]/norms[Descent]-1) < 2e-3) {
				t.Errorf("%s, %s of zero: %s at time %v with norm %v by %s, %v by descent",
					kind, part.Name, result.Status, result.Time, norms[m], m, norms[Descent])
			}
		}
	}
}
