package flow

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/model"
)

// Adam (Kingma and Ba 2015) at step t, with g = ∇L + λθ,
//
//	m ← β₁ m + (1−β₁) g ,  s ← β₂ s + (1−β₂) g² ,  θ ← θ − η m̂ / (√ŝ + ε) ,
//
// m̂ = m/(1−β₁ᵗ), ŝ = s/(1−β₂ᵗ). AdamW (Loshchilov and Hutter 2019) has g = ∇L and multiplies θ by 1 − ηλ first.
const (
	Adam  Method = "adam"
	AdamW Method = "adamw"
)

func init() {
	takes := Update{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8, WeightDecay: 1, Batch: 1}
	ruling(Adam, takes, 2, func(in *Integrator) func(int, float64) model.Rule { return adam(in, false) })
	ruling(AdamW, takes, 2, func(in *Integrator) func(int, float64) model.Rule { return adam(in, true) })
}

func adam(in *Integrator, decoupled bool) func(int, float64) model.Rule {
	u := in.settings.Update
	return func(t int, rate float64) model.Rule {
		first, second := 1-portable.Pow(u.Beta1, float64(t)), 1-portable.Pow(u.Beta2, float64(t))
		r := model.Rule{
			Averages: 2, Rate: rate / first, Decay: u.WeightDecay, Keep: 1, First: u.Beta1, New: 1 - u.Beta1,
			Second: u.Beta2, NewSquare: 1 - u.Beta2, Scale: 1 / math.Sqrt(second), Floor: u.Epsilon,
		}
		if decoupled {
			r.Decay, r.Keep = 0, 1-float64(rate*u.WeightDecay)
		}
		return r
	}
}
