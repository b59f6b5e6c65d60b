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
	register(Normalised, registration{takes: Update{Batch: 1}, start: func(in *Integrator) (method, error) {
		n := &normalised{descent: descent{fixedStep: fixedStep{in}}}
		if u := in.settings.Update; u.Batch == 0 && u.LabelNoise == 0 {
			return n, nil
		}
		sampled, err := newRuled(in, 0, plain(in))
		if err == nil {
			n.sampled = sampled.(*ruled)
		}
		return n, err
	}})
}

type normalised struct {
	descent
	sampled *ruled // nil if every step takes all cells
}

func (n *normalised) step() Status {
	const decay, floor = 0.99, 1e-6
	st := &n.in.state
	if n.sampled != nil {
		n.sampled.sys.Settle()
	}
	st.Average = float64(decay*st.Average) + float64((1-decay)*n.in.sys.Norm2(0))
	st.Averaged++
	corrected := st.Average / (1 - portable.Pow(decay, float64(st.Averaged)))
	rate := n.in.rate() / (math.Sqrt(corrected) + floor)
	if n.sampled != nil {
		return n.sampled.move(rate, n.sampled.rule(0, rate))
	}
	return n.descend(rate)
}
