package flow

import (
	"math"

	"lacuna/model"
)

// rates holds d ln‖block‖/dt of the blocks near the threshold at the last base point.
type rates struct{ before, now map[int]float64 }

// near is how far, in powers of e, from the threshold a block's rate is followed.
const near = 6

// measure computes the rates at the base point, which must be ready.
func (r *rates) measure(in *Integrator) {
	r.before, r.now = r.now, map[int]float64{}
	var blocks []int
	for block, norm := range in.norms {
		if distance := math.Log(norm / in.settings.Threshold); math.Abs(distance) < near {
			blocks = append(blocks, block)
		}
	}
	const most = 64
	if len(blocks) == 0 || len(blocks) > most {
		return
	}
	for i, rate := range in.logRates(blocks) {
		r.now[blocks[i]] = rate
	}
}

// logRates returns d ln‖⊗v_r‖/dt = Σ_n ⟨v^n, dv^n/dt⟩ / ‖v^n‖² for the given blocks.
func (in *Integrator) logRates(blocks []int) []float64 {
	in.sys.Linearise(blocks)
	b := make([]float64, in.sys.Dim())
	in.sys.Project(b, []model.Term{{Slot: 0, C: 1}})
	return in.sys.LogRates(b)
}

// watch compares the norms with those of the last record and notes what happened.
func (in *Integrator) watch() {
	in.sys.DeepNorms(in.norms)
	in.rates.measure(in)
	threshold, t1 := in.settings.Threshold, in.state.Clock.float()
	for r, now := range in.norms {
		before := in.previous[r]
		switch {
		case before <= threshold && now > threshold:
			in.note(Emergence, r, in.crossing(r, before, now))
		case before > threshold && now <= threshold:
			in.note(Disappearance, r, in.crossing(r, before, now))
		}
		if in.dataNorm > 0 && now > 10*in.dataNorm {
			if _, known := in.state.RunningAway[r]; !known {
				in.state.RunningAway[r] = in.mse
				in.note(RunawayStarted, r, t1)
			}
		}
	}
}

func (in *Integrator) note(kind EventKind, block int, t float64) {
	e := Event{Kind: kind, Block: block, Time: t, Evaluations: in.state.Evaluations}
	in.events = append(in.events, e)
	in.state.Events = append(in.state.Events, e)
}

// crossing interpolates the time at which a block's log norm passed the threshold during the last step.
func (in *Integrator) crossing(r int, before, now float64) float64 {
	h := in.state.LastStep
	y0, y1 := math.Log(before/in.settings.Threshold), math.Log(now/in.settings.Threshold)
	s := y0 / (y0 - y1)
	slope0, ok0 := in.rates.before[r]
	slope1, ok1 := in.rates.now[r]
	if ok0 && ok1 {
		s = hermiteRoot(y0, y1, slope0*h, slope1*h)
	}
	in2 := in.state.Clock
	in2.add(-(1 - s) * h)
	return in2.float()
}

// hermiteRoot returns the zero in [0, 1] of the cubic with the given ends and slopes, whose ends differ in sign.
func hermiteRoot(y0, y1, d0, d1 float64) float64 {
	at := func(s float64) float64 {
		t := 1 - s
		return y0*(1+2*s)*t*t + d0*s*t*t + y1*s*s*(3-2*s) - d1*s*s*t
	}
	low, high := 0.0, 1.0
	for range 60 {
		middle := (low + high) / 2
		if (at(middle) > 0) == (y1 > 0) {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + high) / 2
}

// ranAway reports whether a block's norm passed Stop.Runaway times the data's while the train error fell by less than
// half since it passed 10 times.
func (in *Integrator) ranAway() bool {
	if in.dataNorm == 0 || in.settings.Stop.Runaway < 0 {
		return false
	}
	for r, mse := range in.state.RunningAway {
		if in.norms[r] > in.settings.Stop.Runaway*in.dataNorm && in.mse > mse/2 {
			return true
		}
	}
	return false
}
