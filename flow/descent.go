package flow

import "lacuna/model"

// Descent is gradient descent, θ ← θ − η (∇L + λθ).
const Descent Method = "gd"

func init() {
	takes := Update{WeightDecay: 1, Batch: 1}
	register(Descent, registration{takes: takes, start: func(in *Integrator) (method, error) {
		if u := in.settings.Update; u.Batch != 0 || u.LabelNoise != 0 || u.WeightDecay != 0 {
			return newRuled(in, 0, plain(in))
		}
		return &descent{fixedStep: fixedStep{in}}, nil
	}})
}

type descent struct {
	fixedStep
	terms [1]model.Term
}

func (d *descent) step() Status {
	in, rate := d.in, d.in.rate()
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
