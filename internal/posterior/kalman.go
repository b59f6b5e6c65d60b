package posterior

import "math"

// kalman is the Kalman filter of one Matérn process of variance 1, of which the share alpha is an observation's own.
type kalman struct {
	*matern
	alpha    float64
	a, noise square // of the step
	cov      square // of the state, symmetric
	gain     [maxOrder]float64
	variance float64 // of the innovation
	before   square  // cov before the last step
	settled  bool    // steps of one length have brought cov to its limit
}

func scaled(a square, s float64) square {
	for i := range a {
		for j := range a[i] {
			a[i][j] *= s
		}
	}
	return a
}

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
	q := k.order
	var half square
	for i := range q {
		for j := range q {
			for l := range q {
				half[i][j] += float64(k.a[i][l] * k.cov[l][j])
			}
		}
	}
	for i := range q {
		for j := range i + 1 {
			sum := k.noise[i][j]
			for l := range q {
				sum += float64(half[i][l] * k.a[j][l])
			}
			k.cov[i][j], k.cov[j][i] = sum, sum
		}
	}
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
	for i := k.order - 1; i > 0; i-- {
		for j := range i {
			k.cov[i][j+1] -= float64(k.gain[i] * k.cov[0][j+1])
			k.cov[j+1][i] = k.cov[i][j+1]
		}
	}
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
