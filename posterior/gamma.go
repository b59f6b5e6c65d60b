package posterior

import (
	"math"

	"lacuna/internal/rng"
)

// gamma draws from the gamma distribution of that shape and rate 1 (Marsaglia & Tsang 2000).
func gamma(s *rng.Stream, shape float64) float64 {
	if shape < 1 {
		return gamma(s, shape+1) * math.Pow(1-s.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-s.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// freedoms are the degrees of freedom among which the variation of precisions is sampled.
var freedoms = []float64{3, 4, 6, 8, 12, 20, 40, 100, 400}

// drawFreedom draws ν given precisions ω ~ Gamma(ν/2, ν/2) from a grid, with equal prior weights: count of them,
// the sum of their logarithms, and their sum.
func drawFreedom(s *rng.Stream, count, sumLog, sum float64) float64 {
	var weights [16]float64
	best := math.Inf(-1)
	for k, nu := range freedoms {
		lg, _ := math.Lgamma(nu / 2)
		weights[k] = count*(nu/2*math.Log(nu/2)-lg) + (nu/2-1)*sumLog - nu/2*sum
		best = math.Max(best, weights[k])
	}
	var total float64
	for k := range freedoms {
		weights[k] = math.Exp(weights[k] - best)
		total += weights[k]
	}
	u := s.Float64() * total
	for k, nu := range freedoms {
		if u -= weights[k]; u <= 0 {
			return nu
		}
	}
	return freedoms[len(freedoms)-1]
}
