package flow

import (
	"bytes"
	"context"
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/model"
	"lacuna/tensor"
)

// reference is deep CP of depth 1 in plain loops that know nothing of package model's layout: v = A w.
type reference struct {
	observed *tensor.Observed
	theta    []float64 // block by block, mode by mode: A row by row, then w
	blocks   int
}

func flatten(c *model.Chains) (theta []float64) {
	for r := range c.Blocks() {
		b := c.Block(r)
		for n := range b.W {
			theta = append(append(theta, b.A[n][0]...), b.W[n]...)
		}
	}
	return theta
}

// gradient is that of ½ the mean squared error over cells, plus λθ.
func (p *reference) gradient(cells []int32, values []float64, decay float64) []float64 {
	shape := p.observed.Shape()
	size := 0
	var start []int
	for _, d := range shape {
		start = append(start, size)
		size += d*d + d
	}
	v, gv := make([][][]float64, p.blocks), make([][][]float64, p.blocks)
	for r := range v {
		for n, d := range shape {
			a := p.theta[r*size+start[n]:]
			w, out := a[d*d:], make([]float64, d)
			for i := range d {
				for j := range d {
					out[i] += a[i*d+j] * w[j]
				}
			}
			v[r], gv[r] = append(v[r], out), append(gv[r], make([]float64, d))
		}
	}
	for i, c := range cells {
		sum := -values[i]
		for r := range v {
			product := 1.0
			for n := range shape {
				product *= v[r][n][p.observed.Index[n][c]]
			}
			sum += product
		}
		for r := range v {
			for n := range shape {
				product := sum / float64(len(cells))
				for m := range shape {
					if m != n {
						product *= v[r][m][p.observed.Index[m][c]]
					}
				}
				gv[r][n][p.observed.Index[n][c]] += product
			}
		}
	}
	g := make([]float64, len(p.theta))
	for r := range v {
		for n, d := range shape {
			at := r*size + start[n]
			for i := range d {
				for j := range d {
					g[at+i*d+j] = gv[r][n][i] * p.theta[at+d*d+j]
					g[at+d*d+j] += gv[r][n][i] * p.theta[at+i*d+j]
				}
			}
		}
	}
	for i, x := range p.theta {
		g[i] += decay * x
	}
	return g
}

// textbook moves θ as the papers write the rules.
func textbook(m Method, u Update, rate float64, t int, theta, g, first, second []float64) {
	for i := range theta {
		switch m {
		case Descent:
			theta[i] -= rate * g[i]
		case HeavyBall, Nesterov:
			first[i] = u.Momentum*first[i] + g[i]
			if m == HeavyBall {
				theta[i] -= rate * first[i]
			} else {
				theta[i] -= rate * (g[i] + u.Momentum*first[i])
			}
		case RMSProp:
			second[i] = u.Beta2*second[i] + (1-u.Beta2)*g[i]*g[i]
			theta[i] -= rate * g[i] / (math.Sqrt(second[i]) + u.Epsilon)
		case Adam, AdamW:
			first[i] = u.Beta1*first[i] + (1-u.Beta1)*g[i]
			second[i] = u.Beta2*second[i] + (1-u.Beta2)*g[i]*g[i]
			mean := first[i] / (1 - math.Pow(u.Beta1, float64(t)))
			square := second[i] / (1 - math.Pow(u.Beta2, float64(t)))
			if m == AdamW {
				theta[i] -= rate * u.WeightDecay * theta[i]
			}
			theta[i] -= rate * mean / (math.Sqrt(square) + u.Epsilon)
		}
	}
}

// Every rule leads in 1,000 steps where plain loops lead, in every parameter.
func TestRulesAreThoseOfTheBooks(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1.5, 1}, 0.8, 4)
	for _, c := range []struct {
		method Method
		update Update
		rate   float64
		within float64
	}{
		{Descent, Update{WeightDecay: 0.01}, 0.1, 1e-10},
		{Descent, Update{Batch: 7, Seed: 3}, 0.05, 1e-10},
		{HeavyBall, Update{}, 0.02, 1e-10},
		{Nesterov, Update{WeightDecay: 0.01}, 0.02, 1e-10},
		{RMSProp, Update{Batch: 7}, 1e-3, 1e-8},
		{Adam, Update{}, 1e-3, 1e-8},
		{Adam, Update{Batch: 7, WeightDecay: 0.01, LabelNoise: 0.1}, 1e-3, 1e-8},
		{AdamW, Update{WeightDecay: 0.1, LabelNoise: 0.1}, 1e-3, 1e-8},
	} {
		sys := newChains(t, train, options{blocks: 11, depths: []int{1}, w: 0.3, a: 0.4, seed: 2})
		p := reference{train, flatten(sys), sys.Blocks()}
		in := newIntegrator(t, sys, Settings{
			Method: c.method, Rate: c.rate, Update: c.update, Stop: Stop{Evaluations: 1001, TrainMSE: -1},
		})
		if result := in.Run(context.Background(), nil); result.Steps != 1000 {
			t.Fatalf("%s: %s after %d steps", c.method, result.Status, result.Steps)
		}
		u := in.settings.Update
		first, second := make([]float64, len(p.theta)), make([]float64, len(p.theta))
		all := make([]int32, train.Len())
		for i := range all {
			all[i] = int32(i)
		}
		samples := sampler{Sampled: sys, batch: u.Batch, seed: u.Seed, noise: u.LabelNoise, epoch: -1}
		for step := range 1000 {
			cells, labels := samples.draw(step)
			if cells == nil {
				cells = all
			}
			if labels == nil {
				for _, cell := range cells {
					labels = append(labels, train.Values[cell])
				}
			}
			decay := u.WeightDecay
			if c.method == AdamW {
				decay = 0
			}
			textbook(c.method, u, c.rate, step+1, p.theta, p.gradient(cells, labels, decay), first, second)
		}
		worst, moved := 0.0, 0.0
		for i, x := range flatten(sys) {
			moved = math.Max(moved, math.Abs(x))
			worst = math.Max(worst, math.Abs(x-p.theta[i])/math.Max(math.Abs(p.theta[i]), 1e-3))
		}
		t.Logf("%s %+v: %.1e", c.method, c.update, worst)
		if !(worst <= c.within) || !(moved > 0.5) {
			t.Errorf("%s %+v: a parameter differs by %.1e, of the largest %.2g", c.method, c.update, worst, moved)
		}
	}
}

// A run that was stopped anywhere goes on to the same bits, and threads change none.
func TestRulesResume(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1.5, 1}, 0.8, 4)
	u := Update{Batch: 7, LabelNoise: 0.1, WeightDecay: 1e-3, Schedule: Cosine, Horizon: 60, Warmup: 5, Seed: 9}
	for _, m := range []Method{Descent, Normalised, HeavyBall, Nesterov, RMSProp, Adam, AdamW} {
		settings := Settings{Method: m, Rate: 1e-2, Every: 10, Update: u, Stop: Stop{Evaluations: 48}}
		if m == Normalised {
			settings.Update.WeightDecay = 0
		}
		fresh := func(threads int) *model.Chains {
			return newChains(t, train, options{blocks: 11, depths: []int{2, 0, 1}, w: 0.3, a: 0.4, seed: 2, threads: threads})
		}
		whole := fresh(1)
		want := run(t, whole, settings)
		part := newIntegrator(t, fresh(1), settings)
		if err := part.SetStop(Stop{Evaluations: 24}); err != nil {
			t.Fatal(err)
		}
		part.Run(context.Background(), nil)
		saved, err := part.Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		sys := fresh(3)
		rest := newIntegrator(t, sys, settings)
		if err := rest.Restore(saved); err != nil {
			t.Fatal(err)
		}
		got := rest.Run(context.Background(), nil)
		if got.Loss != want.Loss || got.Steps != 47 || !bytes.Equal(sys.State(), whole.State()) {
			t.Errorf("%s: resumed loss %v after %d steps, in one go %v", m, got.Loss, got.Steps, want.Loss)
		}
	}
}

// Batches of an epoch are all cells, once each.
func TestBatchesVisitEveryCell(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1}, 0.8, 4)
	sys := newChains(t, train, options{blocks: 1, depths: []int{0}, w: 1})
	s, err := newSampler(sys, Update{Batch: 7, Seed: rng.New(1, "any").Uint64()})
	if err != nil {
		t.Fatal(err)
	}
	batches := (train.Len() + 6) / 7
	for epoch := range 2 {
		seen := map[int32]int{}
		for step := range batches {
			cells, _ := s.draw(epoch*batches + step)
			for _, c := range cells {
				seen[c]++
			}
		}
		for c := range train.Len() {
			if seen[int32(c)] != 1 {
				t.Fatalf("epoch %d: cell %d was visited %d times", epoch, c, seen[int32(c)])
			}
		}
	}
}

func TestUpdatesWithoutEffectAreRefused(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{4, 3, 5}, []float64{1}, 0.8, 4)
	for _, s := range []Settings{
		{Method: Implicit, Update: Update{Batch: 7}},
		{Method: Implicit, Update: Update{Schedule: Linear, Horizon: 9}},
		{Method: Adam, Update: Update{Momentum: 0.5}},
		{Method: Descent, Update: Update{Beta1: 0.5}},
		{Method: Normalised, Update: Update{WeightDecay: 0.5}},
		{Method: Adam, Update: Update{Beta1: 1}},
		{Method: Adam, Update: Update{Batch: train.Len() + 1}},
		{Method: Adam, Update: Update{Schedule: Linear}},
		{Method: Adam, Update: Update{Horizon: 9}},
		{Method: Adam, Update: Update{Batch: 7}, Stop: Stop{GradientNorm: 1}},
	} {
		if _, err := New(newChains(t, train, options{blocks: 1, depths: []int{0}, w: 1}), s); err == nil {
			t.Errorf("%s %+v was accepted", s.Method, s.Update)
		}
	}
}
