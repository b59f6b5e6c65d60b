package posterior

import "lacuna/internal/portable"

// maxOrder is the largest number of entries of a Matérn state.
const maxOrder = 2

// square is a matrix of a Matérn state: its first rows and columns, as many as the order.
type square [maxOrder][maxOrder]float64

// matern is the stationary Gaussian process of variance 1 whose covariance over a distance t in units of 1/λ is, for
// order 1 (ν = ½) e^(−t), and for order 2 (ν = 3/2) (1 + t) e^(−t), with λ = √(2ν)/length. The first, and the second
// with its derivative in units of λ, is a Markov process: x(t + δ) = A x(t) + e, e ~ N(0, Q), x(t) ~ N(0, I)
// (Hartikainen & Särkkä 2010).
type matern struct{ order int }

// step returns A and Q over a distance δ > 0 in units of 1/λ. Q = I − AAᵀ is written so that a short step loses no
// digits.
func (m matern) step(delta float64) (a, q square) {
	decay := portable.Exp(-delta)
	if m.order == 1 {
		a[0][0], q[0][0] = decay, -portable.Expm1(-2*delta)
		return a, q
	}
	a = scaled(square{{1 + delta, delta}, {-delta, 1 - delta}}, decay)
	x, square := float64(2*delta), decay*decay
	q[0][0] = third(x, square)
	q[0][1] = square * x * x / 2
	q[1][0] = q[0][1]
	q[1][1] = q[0][0] + float64(2*x*square)
	return a, q
}

// third returns P(3, x) = 1 − e^(−x) (1 + x + x²/2), P the regularised incomplete gamma function, given e^(−x).
func third(x, decay float64) (p float64) {
	if x > 4 {
		return 1 - float64(decay*(1+x+float64(x*x/2)))
	}
	term := decay * x * x * x / 6
	for k := 4.0; term > 1e-18*p; k++ {
		p += term
		term = float64(term * (x / k))
	}
	return p
}

func scaled(a square, s float64) square {
	for i := range a {
		for j := range a[i] {
			a[i][j] *= s
		}
	}
	return a
}

func product(a, b square, n int) (out square) {
	for i := range n {
		for j := range n {
			for k := range n {
				out[i][j] += float64(a[i][k] * b[k][j])
			}
		}
	}
	return out
}

func transpose(a square) square {
	a[0][1], a[1][0] = a[1][0], a[0][1]
	return a
}

// inverse returns the inverse of a positive definite matrix.
func inverse(a square, n int) (out square) {
	if n == 1 {
		out[0][0] = 1 / a[0][0]
		return out
	}
	down := a[1][0] / a[0][0]
	out[1][1] = 1 / (a[1][1] - float64(down*a[1][0]))
	out[0][1] = -down * out[1][1]
	out[1][0] = out[0][1]
	out[0][0] = 1/a[0][0] - float64(down*out[0][1])
	return out
}
