package posterior

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// normalCDF is the distribution function of N(0, 1).
// NormalCDF is the probability that a standard normal number is at most x.
func NormalCDF(x float64) float64 { return normalCDF(x) }

func normalCDF(x float64) float64 { return float64(portable.Erfc(-x*math.Sqrt2/2) / 2) }

// studentCDF is that of Student's t with nu degrees of freedom.
func studentCDF(x, nu float64) float64 {
	tail := float64(portable.Beta(nu/2, 0.5, nu/(nu+float64(x*x))) / 2)
	if x > 0 {
		return 1 - tail
	}
	return tail
}

// logStudent is the logarithm of the density of Student's t with nu degrees of freedom.
func logStudent(x, nu float64) float64 {
	norm := portable.LogGamma((nu+1)/2) - portable.LogGamma(nu/2) - float64(portable.Log(nu*math.Pi)/2)
	return norm - float64((nu+1)/2*portable.Log1p(x*x/nu))
}

// logNormal is the logarithm of the density of N(0, 1).
func logNormal(x float64) float64 { return -float64(x*x/2) - float64(portable.Log(2*math.Pi)/2) }

// truncatedNormal draws from N(mean, 1) between low and high, either of which may be infinite, by inversion; far out in a
// tail by the exponential that the tail is like (Robert 1995).
func truncatedNormal(s *rng.Stream, mean, low, high float64) float64 {
	a, b := low-mean, high-mean
	if a > 0 { // the side where the distribution function is exact
		return mean - upTo(s, -b, -a)
	}
	return mean + upTo(s, a, b)
}

// upTo draws from N(0, 1) between a and b, a ≤ 0.
func upTo(s *rng.Stream, a, b float64) float64 {
	const far = -6
	if b < far {
		for {
			x := b + s.ExpFloat64()/b
			d := x - b
			if x >= a && s.ExpFloat64() >= float64(d*d/2) {
				return x
			}
		}
	}
	low, high := normalCDF(a), normalCDF(b)
	u := low + float64(s.Float64()*(high-low))
	x := float64(math.Sqrt2 * portable.Erfinv(float64(2*u)-1))
	if u < 1e-3 { // 2u − 1 has lost digits
		for range 4 {
			x -= (normalCDF(x) - u) / portable.Exp(logNormal(x))
		}
	}
	return math.Min(math.Max(x, a), b)
}

// poisson draws from the Poisson distribution, by multiplication where the mean is small, and by Hörmann's PTRS (1993).
func poisson(s *rng.Stream, mean float64) float64 {
	if mean < 10 {
		limit, product := portable.Exp(-mean), s.Float64()
		k := 0.0
		for ; product > limit; k++ {
			product *= s.Float64()
		}
		return k
	}
	root, log := math.Sqrt(mean), portable.Log(mean)
	b := 0.931 + float64(2.53*root)
	a := -0.059 + float64(0.02483*b)
	inverse := 1.1239 + 1.1328/(b-3.4)
	squeeze := 0.9277 - 3.6224/(b-2)
	for {
		u, v := s.Float64()-0.5, 1-s.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor(float64((2*a/us+b)*u) + mean + 0.43)
		if us >= 0.07 && v <= squeeze {
			return k
		}
		if k < 0 || (us < 0.013 && v > us) {
			continue
		}
		if portable.Log(v*inverse/(a/(us*us)+b)) <= float64(k*log)-mean-portable.LogGamma(k+1) {
			return k
		}
	}
}
