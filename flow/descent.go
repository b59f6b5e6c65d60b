package flow

import "lacuna/model"

// Descent is gradient descent with a fixed rate, θ ← θ − η ∇L.
const Descent Method = "gd"

func init() {
	register(Descent, registration{start: func(in *Integrator) (method, error) {
		return &descent{fixedStep: fixedStep{in}}, nil
	}})
}

type descent struct {
	fixedStep
	terms [1]model.Term
}

func (d *descent) step() Status {
	in, rate := d.in, d.in.settings.Rate
	// A limit on the gradient needs all of slot 0 after every step.
	if in.descender == nil || in.settings.Stop.GradientNorm != 0 {
		return d.descend(rate)
	}
	d.count(rate, 1)
	in.loss = in.descender.Descend(rate)
	in.mse = in.sys.MSE()
	return in.check()
}

// descend moves θ by h along −∇L.
func (d *descent) descend(h float64) Status {
	d.count(h, 1)
	d.terms = [1]model.Term{{Slot: 0, C: h}}
	d.in.sys.Move(d.terms[:])
	d.in.evaluateBase()
	return d.in.check()
}
