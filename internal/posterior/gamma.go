package posterior

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// gamma draws from the gamma distribution of that shape and rate 1.
func gamma(s *rng.Stream, shape float64) float64 {
	if shape < 1 {
		return newGammas(shape+1).draw(s) * portable.Pow(1-s.Float64(), 1/shape)
	}
	return newGammas(shape).draw(s)
}

// gammas are gamma distributions of shape ≥ 1 and rate 1, drawn from as by Marsaglia & Tsang 2000.
type gammas struct{ d, c float64 }

func newGammas(shape float64) gammas {
	d := float64(shape) - 1.0/3
	return gammas{d, 1 / math.Sqrt(9*d)}
}

func (g gammas) draw(s *rng.Stream) float64 {
	for {
		x := s.NormFloat64()
		v := 1 + float64(g.c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		u, square := 1-s.Float64(), x*x
		if u < 1-float64(0.0331*square*square) { // implies what follows, nearly always, and needs no logarithm
			return g.d * v
		}
		if portable.Log(u) < float64(square/2)+g.d-float64(g.d*v)+float64(g.d*portable.Log(v)) {
			return g.d * v
		}
	}
}

// freedoms are the degrees of freedom among which the variation of precisions is sampled.
var freedoms = [...]float64{3, 4, 6, 8, 12, 20, 40, 100, 400}

// group is cells that share one precision ω ~ Gamma(ν/2, ν/2): how many, and Σ τ_c e_c²/ω.
type group struct{ count, squares float64 }

// drawFreedom draws ν from its grid, with equal prior weights, given the residuals of all groups. The precisions are
// integrated out: given their values, ν would hardly move.
//
//	p(e | ν) ∝ Π (ν/2)^(ν/2) Γ((ν + n)/2) / Γ(ν/2) ((ν + S)/2)^(−(ν+n)/2)
func drawFreedom(s *rng.Stream, groups []group, known halfGammas) float64 {
	return chooseFreedom(s, likelihoods(groups, known))
}

// halfGammas are log Γ((ν + n)/2) of the freedoms for every number n of cells met so far.
type halfGammas map[float64]*[len(freedoms)]float64

func (h halfGammas) of(count float64) *[len(freedoms)]float64 {
	known := h[count]
	if known == nil {
		known = new([len(freedoms)]float64)
		for k, nu := range freedoms {
			known[k] = portable.LogGamma((nu + count) / 2)
		}
		h[count] = known
	}
	return known
}

// likelihoods are the logarithms of p(e | ν) for every ν of the grid.
func likelihoods(groups []group, known halfGammas) (weights [len(freedoms)]float64) {
	var base [len(freedoms)]float64
	for k, nu := range freedoms {
		base[k] = float64(nu/2*portable.Log(nu/2)) - portable.LogGamma(nu/2)
	}
	for _, g := range groups {
		top := known.of(g.count)
		for k, nu := range freedoms {
			weights[k] += base[k] + top[k] - float64((nu+g.count)/2*portable.Log((nu+g.squares)/2))
		}
	}
	return weights
}

// chooseFreedom draws ν from its grid by the logarithms of weights.
func chooseFreedom(s *rng.Stream, weights [len(freedoms)]float64) float64 {
	best, total := slices.Max(weights[:]), 0.0
	for k := range weights {
		weights[k] = portable.Exp(weights[k] - best)
		total += weights[k]
	}
	u := float64(s.Float64() * total)
	for k, nu := range freedoms {
		if u -= weights[k]; u <= 0 {
			return nu
		}
	}
	return freedoms[len(freedoms)-1]
}
