package posterior

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// polyaGamma draws from PG(b, ψ) = 1/(2π²) Σ_k g_k / ((k − ½)² + ψ²/(4π²)), g_k ~ Gamma(b, 1) (Polson, Scott & Windle
// 2013), b > 0. The first two terms are drawn; the rest is a gamma variable with its mean and its variance, whose third
// cumulant is off by less than 10⁻⁴ of that of the sum.
func polyaGamma(s *rng.Stream, b, psi float64) float64 {
	const terms, norm = 2, 2 * math.Pi * math.Pi
	mean, variance := polyaGammaMoments(math.Abs(psi))
	mean, variance = float64(mean*norm), float64(variance*norm*norm)
	square := psi * psi / (4 * math.Pi * math.Pi)
	var sum float64
	for k := range terms {
		half := float64(k) + 0.5
		d := 1 / (float64(half*half) + square)
		mean -= d
		variance -= float64(d * d)
		if b == 1 {
			sum += float64(s.ExpFloat64() * d)
		} else {
			sum += float64(gamma(s, b) * d)
		}
	}
	sum += float64(gamma(s, b*mean*mean/variance) * variance / mean)
	return math.Max(1e-300, sum/norm)
}

// polyaGammaMoments returns the mean tanh(ψ/2)/(2ψ) and the variance (sinh ψ − ψ)/(4ψ³ cosh²(ψ/2)) of PG(1, ψ), ψ ≥ 0.
func polyaGammaMoments(psi float64) (mean, variance float64) {
	const small = 0.05
	if psi < small {
		z := psi * psi
		return 0.25 - float64(z/48), 1.0/24 - float64(z/120)
	}
	q := portable.Exp(-psi)
	mean = (1 - q) / (1 + q) / (2 * psi)
	// sinh ψ / cosh²(ψ/2) = 2 (1 − q²)/(1 + q)², and 1/cosh²(ψ/2) = 4q/(1 + q)²
	variance = (float64(2*(1-float64(q*q))) - float64(4*q*psi)) / ((1 + q) * (1 + q)) / (4 * psi * psi * psi)
	return mean, variance
}
