package flow

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/model"
)

// nearThreshold returns d ln‖block‖/dt at the base point of the blocks whose norm is within a few powers of e of the
// threshold, unless they are very many.
func (in *Integrator) nearThreshold() []float64 {
	const near, most = 6, 64
	var blocks []int
	for r, norm := range in.state.Norms {
		if math.Abs(portable.Log(norm/in.settings.Threshold)) < near {
			blocks = append(blocks, r)
		}
	}
	rates := unknown(len(in.state.Norms))
	if len(blocks) == 0 || len(blocks) > most || in.linear == nil {
		return rates
	}
	for i, rate := range in.logRates(blocks) {
		rates[blocks[i]] = rate
	}
	return rates
}

// logRates returns d ln‖⊗v_r‖/dt = Σ_n ⟨v^n, dv^n/dt⟩ / ‖v^n‖² for the given blocks.
func (in *Integrator) logRates(blocks []int) []float64 {
	lin := in.linear.Linearise(blocks)
	b := make([]float64, lin.Dim())
	lin.Project(b, []model.Term{{Slot: 0, C: 1}})
	return lin.LogRates(b)
}

// watch compares the norms with those of the last record and returns what happened since.
func (in *Integrator) watch() []Event {
	st := &in.state
	before, ratesBefore, start := st.Norms, st.LogRates, st.Recorded
	st.Norms = make([]float64, in.sys.Blocks())
	in.sys.DeepNorms(st.Norms)
	st.LogRates, st.Recorded = in.nearThreshold(), st.Clock
	if before == nil {
		before = st.Norms
	}
	first := len(st.Events)
	for r, now := range st.Norms {
		emerged, was := now > in.settings.Threshold, before[r] > in.settings.Threshold
		if emerged != was {
			kind := Emergence
			if was {
				kind = Disappearance
			}
			in.note(kind, r, in.crossing(r, before[r], start, ratesBefore))
		}
		if in.dataNorm > 0 && now > in.suspicious()*in.dataNorm {
			if math.IsNaN(st.RunningAway[r]) {
				st.RunningAway[r] = in.mse
				in.note(RunawayStarted, r, st.Clock.float())
			}
		}
	}
	slices.SortStableFunc(st.Events[first:], func(a, b Event) int { return cmp.Compare(a.Time, b.Time) })
	return st.Events[first:]
}

func (in *Integrator) note(kind EventKind, block int, t float64) {
	in.state.Events = append(in.state.Events, Event{Kind: kind, Block: block, Time: t, Evaluations: in.state.Evaluations})
}

// crossing interpolates the time since start at which a block's log norm passed the threshold: by a cubic where its
// rate is known at both ends, else by a line.
func (in *Integrator) crossing(r int, before float64, start clock, rates []float64) float64 {
	h := (in.state.Clock.High - start.High) + (in.state.Clock.Low - start.Low)
	y0, y1 := portable.Log(before/in.settings.Threshold), portable.Log(in.state.Norms[r]/in.settings.Threshold)
	s := y0 / (y0 - y1)
	if root := hermiteRoot(y0, y1, rates[r]*h, in.state.LogRates[r]*h); !math.IsNaN(root) {
		s = root
	} else if math.IsNaN(s) {
		s = 1 // a block that was exactly zero
	}
	start.add(float64(s * h))
	return start.float()
}

// hermiteRoot returns the zero in [0, 1] of the cubic with the given ends and slopes, whose ends differ in sign; NaN
// if one of them is not finite.
func hermiteRoot(y0, y1, d0, d1 float64) float64 {
	at := func(s float64) float64 {
		t := 1 - s
		return float64(y0*(1+float64(2*s))*t*t) + float64(d0*s*t*t) +
			float64(float64(y1*s*s)*(3-float64(2*s))) - float64(d1*s*s*t)
	}
	low, high := 0.0, 1.0
	if middle := at(0.5); math.IsNaN(middle) || math.IsInf(middle, 0) {
		return math.NaN()
	}
	for range 60 {
		middle := float64((low + high) / 2)
		if (at(middle) > 0) == (y1 > 0) {
			high = middle
		} else {
			low = middle
		}
	}
	return (low + high) / 2
}

// suspicious is how many times the data's norm a block's norm is from which on it must earn its keep: a tenth of
// Stop.Runaway, but no less than 1 and no more than 10.
func (in *Integrator) suspicious() float64 {
	if in.settings.Stop.Runaway < 0 {
		return 10
	}
	return math.Min(10, math.Max(1, in.settings.Stop.Runaway/10))
}

// ranAway reports whether a block's norm passed Stop.Runaway times the data's while the train error fell by less than
// half since it passed a tenth of that.
func (in *Integrator) ranAway() bool {
	if in.dataNorm == 0 || in.settings.Stop.Runaway < 0 {
		return false
	}
	for r, mse := range in.state.RunningAway {
		if in.state.Norms[r] > in.settings.Stop.Runaway*in.dataNorm && in.mse > mse/2 {
			return true
		}
	}
	return false
}
