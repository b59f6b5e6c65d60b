package flow

import "lacuna/model"

// RMSProp (Tieleman and Hinton 2012) is, with g = ∇L + λθ,
//
//	s ← β₂ s + (1−β₂) g² ,  θ ← θ − η g / (√s + ε) .
const RMSProp Method = "rmsprop"

func init() {
	takes := Update{Beta2: 0.99, Epsilon: 1e-8, WeightDecay: 1, Batch: 1}
	ruling(RMSProp, takes, 2, func(in *Integrator) func(int, float64) model.Rule {
		u := in.settings.Update
		return func(_ int, rate float64) model.Rule {
			return model.Rule{
				Averages: 2, Rate: rate, Decay: u.WeightDecay, Keep: 1, New: 1, Second: u.Beta2, NewSquare: 1 - u.Beta2,
				Scale: 1, Floor: u.Epsilon,
			}
		}
	})
}
