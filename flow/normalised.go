package flow

import (
	"math"

	"lacuna/internal/portable"
)

// Normalised is the scalar-normalised descent of Razin et al. 2021,
//
//	θ ← θ − η ∇L / (√(EMA ‖∇L‖²) + 1e-6) ,   α = 0.99, bias-corrected.
const Normalised Method = "normalised"

func init() {
	register(Normalised, registration{start: func(in *Integrator) (method, error) {
		return &normalised{descent{fixedStep: fixedStep{in}}}, nil
	}})
}

type normalised struct{ descent }

func (n *normalised) step() Status {
	const decay, floor = 0.99, 1e-6
	st := &n.in.state
	st.Average = float64(decay*st.Average) + float64((1-decay)*n.in.sys.Norm2(0))
	st.Averaged++
	corrected := st.Average / (1 - portable.Pow(decay, float64(st.Averaged)))
	return n.descend(n.in.settings.Rate / (math.Sqrt(corrected) + floor))
}
