package posterior

import (
	"math"

	"lacuna/internal/portable"
)

// maxOrder is the largest number of entries of a Matérn state.
const maxOrder = 3

// square is a matrix of a Matérn state: its first rows and columns, as many as the order.
type square [maxOrder][maxOrder]float64

// matern is the stationary Gaussian process of variance 1 whose covariance over a distance t in units of 1/λ is
//
//	e^(−t),   (1 + t) e^(−t)   or   (1 + t + t²/3) e^(−t) ,      λ = √(2ν)/length ,
//
// for ν = ½, 3/2 and 5/2. With its first derivatives, the k-th in units of λ^k, it is a Markov process of order
// 1, 2 or 3: x(t + δ) = A x(t) + e, e ~ N(0, Q) (Hartikainen & Särkkä 2010).
type matern struct {
	order      int
	nilpotent  square                      // N: A = e^(−δ) Σ_k N^k δ^k / k!
	response   [maxOrder][maxOrder]float64 // coefficients of the polynomials p of e^(−s) p(s), a unit of noise s ago
	intensity  float64                     // of the noise that drives the process
	stationary square                      // the covariance of x
}

var materns = [...]matern{
	{order: 1, response: square{{1}}, intensity: 2, stationary: square{{1}}},
	{
		order: 2, nilpotent: square{{1, 1}, {-1, -1}}, response: square{{0, 1}, {1, -1}}, intensity: 4,
		stationary: square{{1, 0}, {0, 1}},
	},
	{
		order: 3, nilpotent: square{{1, 1, 0}, {0, 1, 1}, {-1, -3, -2}},
		response: square{{0, 0, 0.5}, {0, 1, -0.5}, {1, -2, 0.5}}, intensity: 16.0 / 3,
		stationary: square{{1, 0, -1.0 / 3}, {0, 1.0 / 3, 0}, {-1.0 / 3, 0, 1}},
	},
}

// step returns A and Q over a distance δ > 0 in units of 1/λ. Q is an integral of squares, so that a short step
// loses no digits: Q = intensity ∫₀^δ e^(−2s) p(s) p(s)ᵀ ds.
func (m *matern) step(delta float64) (a, q square) {
	decay := portable.Exp(-delta)
	power := square{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
	scale := decay
	for k := range m.order {
		for i := range m.order {
			for j := range m.order {
				a[i][j] += float64(scale * power[i][j])
			}
		}
		power = product(power, m.nilpotent, m.order)
		scale *= delta / float64(k+1)
	}
	moments := m.moments(2*delta, decay*decay)
	for i := range m.order {
		for j := range i + 1 {
			var sum float64
			for k, x := range m.response[i][:m.order] {
				for l, y := range m.response[j][:m.order] {
					sum += float64(x * y * moments[k+l])
				}
			}
			q[i][j] = m.intensity * sum
			q[j][i] = q[i][j]
		}
	}
	return a, q
}

// moments returns ∫₀^δ s^k e^(−2s) ds = k!/2^(k+1) P(k+1, x) for x = 2δ, P the regularised incomplete gamma function
// and decay e^(−x).
func (m *matern) moments(x, decay float64) (out [2*maxOrder - 1]float64) {
	last := 2*m.order - 1
	term := decay // e^(−x) x^k/k!
	var terms [2 * maxOrder]float64
	for k := range last + 1 {
		terms[k] = term
		term = float64(term * (x / float64(k+1)))
	}
	var p float64 // P(last, x)
	if x < 4 {
		p = terms[last]
		for k := last + 1; term > 1e-18*p; k++ {
			p += term
			term = float64(term * (x / float64(k+1)))
		}
	} else {
		p = 1
		for _, t := range terms[:last] {
			p -= t
		}
	}
	scale := 0.5
	for k := range last {
		out[k] = scale
		scale *= float64(k+1) / 2
	}
	for k := last - 1; k >= 0; k-- {
		out[k] *= p
		p += terms[k]
	}
	return out
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

func transpose(a square) (out square) {
	for i := range a {
		for j := range a {
			out[i][j] = a[j][i]
		}
	}
	return out
}

// inverse returns the inverse of a positive definite matrix.
func inverse(a square, n int) (out square) {
	var l square // l lᵀ = a
	for i := range n {
		for j := range i + 1 {
			sum := a[i][j]
			for k := range j {
				sum -= float64(l[i][k] * l[j][k])
			}
			if i == j {
				l[i][i] = math.Sqrt(sum)
			} else {
				l[i][j] = sum / l[j][j]
			}
		}
	}
	for c := range n {
		var x [maxOrder]float64
		for i := c; i < n; i++ {
			if i == c {
				x[i] = 1
			}
			for k := c; k < i; k++ {
				x[i] -= float64(l[i][k] * x[k])
			}
			x[i] /= l[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for k := i + 1; k < n; k++ {
				x[i] -= float64(l[k][i] * x[k])
			}
			x[i] /= l[i][i]
		}
		for i := range n {
			out[i][c] = x[i]
		}
	}
	return out
}
