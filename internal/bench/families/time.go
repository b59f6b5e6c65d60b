package families

import (
	"context"
	"math"
	"slices"

	"lacuna/internal/bench/cputime"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// Time is what a sweep of a family costs, in seconds of processor time.
type Time struct {
	Family string  `json:"family"`
	Values string  `json:"values"` // kind of the table
	Cells  int     `json:"cells"`
	Sweep  float64 `json:"sweep_seconds"`
	Normal float64 `json:"gaussian_sweep_seconds"` // of gaussian noise on the same cells, varied where the family's is
	Ratio  float64 `json:"ratio"`
}

// timed are the families with tables of values for them.
var timed = []struct{ family, kind string }{
	{"student", "positive"},
	{"lognormal", "positive"},
	{"counts", "counts"},
	{"binomial", "counts"},
	{"ordinal", "ordinal"},
	{"bernoulli", "binary"},
}

// MeasureTime compares sweeps of every family with those of gaussian noise: eight blocks, one thread, the least of several turns.
func MeasureTime(ctx context.Context, o Options) (all []Time, err error) {
	o.defaults()
	for _, t := range timed {
		observed, _ := o.generate(t.kind, 0)
		family, err := posterior.FamilyNamed(t.family)
		if err != nil {
			return all, err
		}
		normal := tensor.Observed{Modes: observed.Modes, Index: observed.Index, Values: slices.Clone(observed.Values)}
		mean, deviation := tensor.Moments(normal.Values)
		for c, y := range normal.Values {
			normal.Values[c] = (y - mean) / deviation
		}
		form := slices.IndexFunc(family.Forms, func(f posterior.Form) bool { return f.Raw })
		own := &normal
		if form >= 0 {
			own = observed
		}
		noise := family.Forms[max(form, 0)].Noise
		varied := false
		if s, ok := noise.(posterior.Student); ok {
			varied = s.Varied
		}
		r := Time{Family: t.family, Values: t.kind, Cells: observed.Len()}
		r.Sweep, r.Normal, err = sweeps(ctx, own, noise, &normal, posterior.Gaussian{Varied: varied})
		if err != nil {
			return all, err
		}
		r.Ratio = r.Sweep / r.Normal
		all = append(all, r)
	}
	return all, nil
}

// sweeps measures a sweep of a noise and one of gaussian noise in turns.
func sweeps(
	ctx context.Context, own *tensor.Observed, noise posterior.Noise, cells *tensor.Observed, gaussian posterior.Noise,
) (least, normal float64, err error) {
	const turns, each, blocks = 5, 60, 8
	chains := [2]*posterior.Chain{
		posterior.NewChain(own, posterior.Settings{Blocks: blocks, Noise: noise, Seed: 1, Threads: 1}),
		posterior.NewChain(cells, posterior.Settings{Blocks: blocks, Noise: gaussian, Seed: 1, Threads: 1}),
	}
	seconds := [2]float64{math.Inf(1), math.Inf(1)}
	for range turns {
		for k, chain := range chains {
			begun := cputime.Seconds()
			if _, err := chain.Sweep(ctx, each, each); err != nil {
				return 0, 0, err
			}
			seconds[k] = math.Min(seconds[k], (cputime.Seconds()-begun)/each)
		}
	}
	return seconds[0], seconds[1], nil
}
