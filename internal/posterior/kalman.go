package posterior

import "math"

// kalman is the Kalman filter of one Matérn process of variance 1, of which the share alpha is an observation's own.
type kalman struct {
	matern
	alpha    float64
	a, noise square // of the step
	cov      square // of the state, symmetric
	gain     [maxOrder]float64
	variance float64 // of the innovation
	before   square  // cov before the last step
	settled  bool    // steps of one length have brought cov to its limit
}

// newKalman starts a filter before the first observation.
func newKalman(m matern, alpha float64) *kalman {
	k := &kalman{matern: m, alpha: alpha}
	for i := range m.order {
		k.cov[i][i] = 1 - alpha
	}
	return k
}

// transition sets the length of the steps from now on, in units of 1/λ.
func (k *kalman) transition(delta float64) {
	k.a, k.noise = k.step(delta)
	k.noise = scaled(k.noise, 1-k.alpha)
	k.settled = false
}

// advance returns A x.
func (k *kalman) advance(x [maxOrder]float64) (out [maxOrder]float64) {
	for i := range out {
		for j, v := range x {
			out[i] += float64(k.a[i][j] * v)
		}
	}
	return out
}

// predict sets the covariance of the state after a step.
func (k *kalman) predict() {
	if k.settled {
		return
	}
	half := product(k.a, k.cov, k.order)
	k.cov = product(half, transpose(k.a), k.order)
	for i := range k.order {
		for j := range k.order {
			k.cov[i][j] += k.noise[i][j]
		}
	}
	k.cov[0][1] = k.cov[1][0]
}

// update sets gain and variance of an observation, and the covariance of the state after it.
func (k *kalman) update() {
	const same = 1e-13
	if k.settled {
		return
	}
	k.variance = k.cov[0][0] + k.alpha
	for i := range k.gain {
		k.gain[i] = k.cov[i][0] / k.variance
	}
	k.cov[1][1] -= float64(k.gain[1] * k.cov[0][1])
	for i, g := range k.gain {
		k.cov[i][0], k.cov[0][i] = k.alpha*g, k.alpha*g
	}
	k.settled = true
	for i := range k.order {
		if math.Abs(k.cov[i][i]-k.before[i][i]) > same*k.cov[i][i] {
			k.settled = false
		}
	}
	k.before = k.cov
}
