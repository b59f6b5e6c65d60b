package flow

import (
	"math"
	"slices"

	"lacuna/model"
)

// Adaptive is gradient descent, θ ← θ − η ∇L, at the largest rate that still descends: η is 1.2 times that of the step
// before, but moves no factor by more than a tenth of its norm, and is halved until L does not rise by more than
// rounding. In a bowl of curvature λ along the gradient L falls up to η = 2/λ, so that η stays between half of that and
// 1.2 times it. A step takes two evaluations and one more for every halving.
const Adaptive Method = "adaptive"

func init() {
	register(Adaptive, registration{start: func(in *Integrator) (method, error) {
		sys, ok := in.sys.(Measured)
		if !ok {
			return nil, needs(in, "rates of its blocks")
		}
		return &adaptive{fixedStep{in}, sys, make([]float64, sys.Blocks())}, nil
	}})
}

type adaptive struct {
	fixedStep
	sys   Measured
	rates []float64
}

func (a *adaptive) step() Status {
	const growth, reach, rounding = 1.2, 0.1, 1e-14
	in, st := a.in, &a.in.state
	a.sys.Rates(a.rates)
	if fastest := slices.Max(a.rates); fastest > 0 {
		if st.Step == 0 {
			st.Step = reach / fastest
		}
		st.Step = math.Min(st.Step, reach/fastest)
	}
	var terms [1]model.Term
	for {
		terms = [1]model.Term{{Slot: 0, C: st.Step}}
		st.Evaluations++
		if value := in.sys.Gradient(1, terms[:]); value <= in.loss*(1+rounding) {
			break
		}
		st.Step /= 2
		st.Rejected++
		if !(st.Step > 1e-290) {
			in.evaluateBase()
			return StepTooSmall
		}
	}
	a.count(st.Step, 1)
	in.sys.Move(terms[:])
	in.evaluateBase()
	st.Step *= growth
	return in.check()
}
