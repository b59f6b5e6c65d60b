package posterior

import (
	"math"
	"sync"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// polyaGammas is the distribution PG(b, ψ) = 1/(2π²) Σ_k g_k / ((k − ½)² + ψ²/(4π²)), g_k ~ Gamma(b, 1) (Polson, Scott &
// Windle 2013), of one b > 0. The first terms of the series are drawn, two of them or, from b = 4 on, one; the rest, whose
// share of the variance is below 2 % at ψ = 0, is replaced by a quadratic function of a normal variable with its mean, its
// variance and its third cumulant. The distribution function is off by less than 3·10⁻⁴ for |ψ| ≤ 3 and 6·10⁻⁴ for |ψ| ≤ 6.
type polyaGammas struct {
	b, root, inverse float64 // b, √b and 1/√b
	terms            int
	gamma            gammas // of shape b
	rests            []seriesRest
}

func newPolyaGammas(b float64) polyaGammas {
	const one = 4 // b from which one term is drawn
	p := polyaGammas{b: b}
	if b < 1 {
		return p
	}
	p.root, p.terms, p.gamma = math.Sqrt(b), 2, newGammas(b)
	p.inverse = 1 / p.root
	if b >= one {
		p.terms = 1
	}
	p.rests = restsOfSeries()[p.terms-1]
	return p
}

// draw draws from PG(b, ψ).
func (p *polyaGammas) draw(s *rng.Stream, psi float64) float64 {
	const norm, first, second = 2 * math.Pi * math.Pi, 0.25, 2.25
	square := psi * psi / (4 * math.Pi * math.Pi)
	if p.rests == nil || !(square < mostSquare) {
		return polyaGammaByMoments(s, p.b, psi)
	}
	at := int(float64(square*restSteps) + 0.5)
	rest, d := &p.rests[at], square-float64(float64(at)/restSteps)
	mean := rest.sum - float64(d*(rest.squares-float64(d*rest.cubes)))
	deviation := p.root * (rest.root - float64(d*rest.slope))
	bend := bendOf(rest.skew * p.inverse)
	z, q := s.NormFloat64(), bend*bend
	scale := 1 - float64(q*(1-float64(q*(1.5-float64(q*(2.5-float64(4.375*q))))))) // 1/√(1 + 2q)
	sum := float64(p.b*mean) + float64(deviation*scale*(z+float64(bend*(float64(z*z)-1))))
	a := first + square
	if p.terms == 1 {
		return (sum + p.gamma.draw(s)/a) / norm
	}
	b := second + square
	if p.b == 1 {
		return (sum + (float64(s.ExpFloat64()*b)+float64(s.ExpFloat64()*a))/float64(a*b)) / norm
	}
	return (sum + (float64(p.gamma.draw(s)*b)+float64(p.gamma.draw(s)*a))/float64(a*b)) / norm
}

// bendOf is the a for which z + a(z² − 1), z ~ N(0, 1), has a skewness g = (6a + 8a³)/(1 + 2a²)^(3/2), 0 ≤ g ≤ 1.7, to 1 %.
func bendOf(g float64) float64 {
	square := g * g
	return g * (1.0/6 + float64(square*(0.00743+float64(0.000955*square))))
}

// seriesRest is of the series d_k = 1/((k + ½)² + s), k from some number on: Σ d_k, Σ d_k², Σ d_k³, the root of the second,
// minus its derivative by s, and the skewness 2 Σ d_k³/(Σ d_k²)^(3/2) of Σ g_k d_k, g_k ~ Gamma(1, 1).
type seriesRest struct{ sum, squares, cubes, root, slope, skew float64 }

const (
	mostSquare = 10.0 // the s up to which rests are tabulated: |ψ| up to 19.8
	restSteps  = 64   // to 1
)

// restsOfSeries are those without the first term, and without the first two, at s = 0, 1/64, 2/64, ….
var restsOfSeries = sync.OnceValue(func() (out [2][]seriesRest) {
	const terms = 64
	for k := range out {
		for at := range int(mostSquare*restSteps) + 1 {
			s := float64(float64(at) / restSteps)
			// Σ_{k ≥ K} f(k + ½) = ∫_K^∞ f + f′(K)/24 + …
			const cube = terms * terms * terms
			r := seriesRest{
				sum:     1.0/terms - s/(3*cube) + float64(s*s)/(5*cube*terms*terms) - 2.0/(24*cube),
				squares: 1.0/(3*cube) - float64(2*s)/(5*cube*terms*terms),
			}
			for j := terms - 1; j > k; j-- {
				half := float64(j) + 0.5
				d := 1 / (float64(half*half) + s)
				r.sum += d
				r.squares += float64(d * d)
				r.cubes += float64(d * d * d)
			}
			r.root = math.Sqrt(r.squares)
			r.slope = r.cubes / r.root
			r.skew = 2 * r.cubes / (r.squares * r.root)
			out[k] = append(out[k], r)
		}
	}
	return out
})

// polyaGammaByMoments draws the first two terms of the series, and for the rest a gamma variable with its mean and its
// variance. It is for b < 1 and large |ψ|.
func polyaGammaByMoments(s *rng.Stream, b, psi float64) float64 {
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
		sum += float64(gamma(s, b) * d)
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
