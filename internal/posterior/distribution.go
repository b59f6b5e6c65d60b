package posterior

import (
	"math"
	"sync"

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

// truncatedNormal draws from N(mean, 1) between low and high, either of which may be infinite.
func truncatedNormal(s *rng.Stream, mean, low, high float64) float64 {
	a, b := low-mean, high-mean
	if a > 0 {
		return mean - upTo(s, -b, -a)
	}
	return mean + upTo(s, a, b)
}

// upTo draws from N(0, 1) between a and b, a ≤ 0: normal numbers until one lies within, or in a narrow interval uniform
// ones, and in the tail exponential ones, that are accepted in proportion to the density (Robert 1995).
func upTo(s *rng.Stream, a, b float64) float64 {
	const narrow, far = 2, -2
	switch {
	case !(a < b):
		return a
	case b > 0 && b-a > narrow:
		for {
			if x := s.NormFloat64(); x >= a && x <= b {
				return x
			}
		}
	case b > 0:
		for {
			x := a + float64(s.Float64()*(b-a))
			if s.ExpFloat64() >= float64(x*x/2) {
				return x
			}
		}
	case (a-b)*(a+b) < narrow:
		for {
			x := a + float64(s.Float64()*(b-a))
			if s.ExpFloat64() >= (x-b)*(x+b)/2 {
				return x
			}
		}
	}
	rate, beyond := -b, 0.0
	if b > far { // the rate that accepts most
		rate = float64((math.Sqrt(float64(b*b)+4) - b) / 2)
		beyond = rate + b
	}
	for {
		d := s.ExpFloat64() / rate
		x := b - d
		if d -= beyond; x >= a && s.ExpFloat64() >= float64(d*d/2) {
			return x
		}
	}
}

// quickCDF is normalCDF by four terms of Taylor's series at the nearest entry of tableOfCDF, with a relative error below 10⁻⁸.
func quickCDF(table []cdfEntry, x float64) float64 {
	const most = 8
	if !(math.Abs(x) < most) {
		return normalCDF(x)
	}
	at := int(float64((x+most)*cdfSteps) + 0.5)
	e := &table[at]
	y := float64(float64(at)/cdfSteps) - most
	d := x - y
	square := float64(y * y)
	series := float64(d*(3-square)*y) / 24
	series = (square-1)/6 + series
	series = float64(d*series) - float64(y/2)
	return e.cdf + float64(e.density*d*(1+float64(d*series)))
}

const cdfSteps = 64 // to 1

type cdfEntry struct{ cdf, density float64 }

// tableOfCDF is the distribution function of N(0, 1) and its density at −8, −8 + 1/64, …, 8.
var tableOfCDF = sync.OnceValue(func() (out []cdfEntry) {
	for at := range 16*cdfSteps + 1 {
		x := float64(float64(at)/cdfSteps) - 8
		out = append(out, cdfEntry{normalCDF(x), portable.Exp(logNormal(x))})
	}
	return out
})

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
