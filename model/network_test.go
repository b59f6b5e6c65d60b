package model

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/internal/synthetic"
	"lacuna/loss"
	"lacuna/tensor"
)

var _ Linearisation = (*Network)(nil)

// networks of every kind, with all lengths of chains, of even and odd order, full and cut.
func eachNetwork(t *testing.T, do func(t *testing.T, n *Network)) {
	t.Helper()
	l, err := loss.ByName("log-cosh")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Networks() {
		for _, c := range []struct {
			shape  tensor.Shape
			depths []int
			bond   int
		}{
			{tensor.Shape{4, 3}, []int{0, 0}, 0},
			{tensor.Shape{3, 4, 2}, []int{0, 0, 0}, 0},
			{tensor.Shape{3, 2, 4}, []int{1, 1, 1}, 0},
			{tensor.Shape{3, 4, 2}, []int{2, 0, 3}, 2},
			{tensor.Shape{2, 3, 2, 2}, []int{0, 1, 0, 2}, 0},
			{tensor.Shape{2, 2, 3, 2, 2}, []int{0, 0, 1, 0, 0}, 2},
		} {
			t.Run(fmt.Sprintf("%s %v %v", kind, []int(c.shape), c.depths), func(t *testing.T) {
				observed, _ := synthetic.Thin(synthetic.Tensor(c.shape, 2, 0, 3), 0.7, 1)
				n, err := NewNetwork(observed, l, NetworkConfig{Kind: kind, Depths: c.depths, Bond: c.bond})
				if err != nil {
					t.Fatal(err)
				}
				if err := n.Draw(StartConfig{SigmaW: 0.6, SigmaA: 0.7, Seed: 5}); err != nil {
					t.Fatal(err)
				}
				do(t, n)
			})
		}
	}
}

func TestNetworkGradientIsTheDerivative(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		n.Gradient(0, nil)
		gradient := slices.Clone(n.slots[0])
		const h = 1e-5
		for i, x := range n.theta {
			n.theta[i] = x + h
			up := n.Gradient(1, nil)
			n.theta[i] = x - h
			down := n.Gradient(1, nil)
			n.theta[i] = x
			if want := (down - up) / (2 * h); math.Abs(gradient[i]-want) > 1e-8 {
				t.Fatalf("parameter %d: −gradient %v, by differences %v", i, gradient[i], want)
			}
		}
	})
}

func TestNetworkHessianIsTheDerivativeOfTheGradient(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		n.Gradient(0, nil)
		dim := n.Dim()
		h := make([]float64, dim*dim)
		n.Hessian(h)
		const step = 1e-5
		for i, x := range n.theta {
			n.theta[i] = x + step
			n.Gradient(1, nil)
			n.theta[i] = x - step
			n.Gradient(2, nil)
			n.theta[i] = x
			for j := range dim {
				if want := (n.slots[2][j] - n.slots[1][j]) / (2 * step); math.Abs(h[j*dim+i]-want) > 1e-7 {
					t.Fatalf("H[%d, %d] = %v, by differences %v", j, i, h[j*dim+i], want)
				}
			}
		}
		values, err := n.Sharpness(1, 1e-10)
		if err != nil {
			t.Fatal(err)
		}
		if exact, _ := linalg.Eigen(h, dim); math.Abs(values[0]-exact[0]) > 1e-9*exact[0] {
			t.Errorf("sharpness %v, largest eigenvalue %v", values[0], exact[0])
		}
	})
}

// TestNetworkTensor sums the formulae of the kinds cell by cell.
func TestNetworkTensor(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{3, 4, 2}, 2, 0, 3), 1, 1)
	for _, kind := range Networks() {
		n, err := NewNetwork(observed, loss.Square, NetworkConfig{Kind: kind, Depths: []int{0, 1, 0}})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Draw(StartConfig{SigmaW: 0.6, SigmaA: 0.7, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		n.Gradient(0, nil)
		f := map[string][]float64{}
		for _, p := range n.Parts() {
			f[p.Name] = p.Values
		}
		at := 0
		for i := range 3 {
			for j := range 4 {
				for k := range 2 {
					var want float64
					switch kind {
					case TuckerNetwork: // ranks 3, 4, 2
						for p := range 3 {
							for q := range 4 {
								for r := range 2 {
									for x := range 4 {
										want += f["core"][(p*4+q)*2+r] * f["B_0"][i*3+p] * f["A_1"][j*4+x] * f["B_1"][x*4+q] * f["B_2"][k*2+r]
									}
								}
							}
						}
					case TrainNetwork: // ranks 3, 2
						for p := range 3 {
							for q := range 2 {
								for x := range 4 {
									want += f["H_0"][i*3+p] * f["A_1"][j*4+x] * f["H_1"][(p*4+x)*2+q] * f["H_2"][q*2+k]
								}
							}
						}
					case HierarchicalNetwork: // 2 at the root over modes 1–2 and 3, 12 below
						for s := range 2 {
							for r := range 12 {
								for x := range 4 {
									want += f["W_0_2"][s] * f["W_2"][k*2+s] * f["W_0_1"][r*2+s] * f["W_0"][i*12+r] * f["A_1"][j*4+x] * f["W_1"][x*12+r]
								}
							}
						}
					}
					if got := n.Tensor()[at]; math.Abs(got-want) > 1e-12 {
						t.Fatalf("%s at %d, %d, %d: %v, want %v", kind, i, j, k, got, want)
					}
					at++
				}
			}
		}
	}
}

// TestNetworkParts copies all parameters of a network into another one, by their names.
func TestNetworkParts(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		other, err := NewNetwork(n.observed, n.loss, n.config)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, p := range n.Parts() {
			size := 1
			for _, d := range p.Shape {
				size *= d
			}
			if size != len(p.Values) {
				t.Fatalf("%s of shape %v has %d values", p.Name, p.Shape, len(p.Values))
			}
			count += size
			other.SetPart(p.Name, p.Values)
		}
		if count != n.Parameters() || !bytes.Equal(other.State(), n.State()) {
			t.Errorf("%d of %d parameters", count, n.Parameters())
		}
	})
}

// What the flow conserves has no derivative: M + hM' of θ and θ − h∇L agree to the second order in h.
func TestNetworkImbalancesAreConserved(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		n.Gradient(0, nil)
		const h = 1e-4
		before := n.Imbalances(nil)
		n.Move([]Term{{Slot: 0, C: h}})
		up := n.Imbalances(nil)
		n.Move([]Term{{Slot: 0, C: -2 * h}})
		down := n.Imbalances(nil)
		if len(before) == 0 || n.Unbalancedness() < 1e-3 {
			t.Fatal("nothing to conserve")
		}
		for i := range up {
			if rate := (up[i] - down[i]) / (2 * h); math.Abs(rate) > 1e-10 {
				t.Fatalf("quantity %d of %d changes at the rate %v", i, len(up), rate)
			}
		}
	})
}

func TestNetworkBalancedStart(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		for _, start := range []Start{BalancedGeneral, BalancedChain} {
			if err := n.Draw(StartConfig{Start: start, SigmaW: 0.5, Seed: 2}); err != nil {
				t.Fatal(err)
			}
			if e := n.Unbalancedness(); e > 1e-15 {
				t.Errorf("%s: unbalancedness %v", start, e)
			}
			n.Gradient(0, nil)
			norms := make([]float64, n.Blocks())
			n.DeepNorms(norms)
			for _, u := range n.Unfoldings() {
				if start == BalancedChain && (math.Abs(norms[u.From]-math.Pow(0.5, n.Factors())) > 1e-12 || u.To > u.From+1 && norms[u.From+1] > 1e-8) {
					t.Errorf("%s: singular values %v", u.Name, norms[u.From:u.To])
				}
			}
		}
		if err := n.Draw(StartConfig{Start: Kaiming}); err == nil {
			t.Error("kaiming is no start of a network")
		}
	})
}

// The rates of the logarithms of singular values are their derivatives.
func TestNetworkLogRates(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		n.Gradient(0, nil)
		active := make([]int, n.Blocks())
		norms, up, down := make([]float64, n.Blocks()), make([]float64, n.Blocks()), make([]float64, n.Blocks())
		for i := range active {
			active[i] = i
		}
		n.DeepNorms(norms)
		rates := n.Linearise(active).LogRates(n.slots[0])
		const h = 1e-5
		n.Gradient(1, []Term{{Slot: 0, C: h}})
		n.DeepNorms(up)
		n.Gradient(1, []Term{{Slot: 0, C: -h}})
		n.DeepNorms(down)
		for l, rate := range rates {
			if norms[l] < 1e-2*slices.Max(norms) {
				continue
			}
			if want := (math.Log(up[l]) - math.Log(down[l])) / (2 * h); math.Abs(rate-want) > 1e-6*(1+math.Abs(want)) {
				t.Errorf("d ln σ_%d/dt = %v, by differences %v", l, rate, want)
			}
		}
	})
}

// Updates and samples are those of plain loops, and states go out and in.
func TestNetworkUpdatesAndStates(t *testing.T) {
	eachNetwork(t, func(t *testing.T, n *Network) {
		state := n.State()
		value := n.Gradient(0, nil)
		if err := n.Remember(1); err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(n.theta)
		linalg.Axpy(want, 0.5, n.slots[0])
		n.Update(Rule{Averages: 1, Rate: 0.5, Keep: 1, First: 0.9, New: 1, Averaged: 1})
		for i, x := range want {
			if math.Abs(x-n.theta[i]) > 1e-15 {
				t.Fatalf("parameter %d is %v after an update, want %v", i, n.theta[i], x)
			}
		}
		averages := n.Averages()
		if err := n.SetAverages(averages); err != nil || n.SetAverages(averages[1:]) == nil {
			t.Error("averages do not go out and in")
		}
		if err := n.SetState(state); err != nil || n.SetState(state[1:]) == nil {
			t.Error("the state does not go out and in")
		}
		cells := make([]int32, len(n.at))
		for i, c := range rng.New(1, "cells").Perm(len(cells)) {
			cells[i] = int32(c)
		}
		half := len(cells) / 2
		first := n.Sample(cells[:half], nil)
		g := slices.Clone(n.slots[0])
		second := n.Sample(cells[half:], nil)
		for i := range g {
			g[i] = (float64(half)*g[i] + float64(len(cells)-half)*n.slots[0][i]) / float64(len(cells))
		}
		if mean := (float64(half)*first + float64(len(cells)-half)*second) / float64(len(cells)); math.Abs(mean-value) > 1e-14 {
			t.Errorf("losses of two halves make %v, of all %v", mean, value)
		}
		if again := n.Sample(nil, nil); again != value || n.Loss() != value {
			t.Errorf("loss %v, then %v", value, again)
		}
		for i, x := range n.slots[0] {
			if math.Abs(x-g[i]) > 1e-14 {
				t.Fatalf("gradients of two halves make %v, of all %v", g[i], x)
			}
		}
	})
}

func TestNetworkRefuses(t *testing.T) {
	observed, _ := synthetic.Thin(synthetic.Tensor(tensor.Shape{3, 4}, 2, 0, 3), 1, 1)
	for name, c := range map[string]NetworkConfig{
		"kind": {Kind: "ring", Depths: []int{0, 0}}, "depths": {Kind: TrainNetwork, Depths: []int{1}},
		"negative": {Kind: TrainNetwork, Depths: []int{0, -1}}, "bond": {Kind: TrainNetwork, Depths: []int{0, 0}, Bond: -1},
	} {
		if _, err := NewNetwork(observed, loss.Square, c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
