package flow

import "lacuna/model"

// Descent with momentum, m ← β m + ∇L from m = 0 (Sutskever et al. 2013, in the form that PyTorch has):
const (
	HeavyBall Method = "momentum" // θ ← θ − η m
	Nesterov  Method = "nesterov" // θ ← θ − η (∇L + β m)
)

func init() {
	takes := Update{Momentum: 0.9, WeightDecay: 1, Batch: 1}
	ruling(HeavyBall, takes, 1, func(in *Integrator) func(int, float64) model.Rule { return momentum(in, 0, 1) })
	ruling(Nesterov, takes, 1, func(in *Integrator) func(int, float64) model.Rule {
		return momentum(in, 1, in.settings.Update.Momentum)
	})
}

func momentum(in *Integrator, direct, averaged float64) func(int, float64) model.Rule {
	u := in.settings.Update
	return func(_ int, rate float64) model.Rule {
		return model.Rule{
			Averages: 1, Rate: rate, Decay: u.WeightDecay, Keep: 1, First: u.Momentum, New: 1, Direct: direct,
			Averaged: averaged,
		}
	}
}
