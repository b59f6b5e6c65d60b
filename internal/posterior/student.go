package posterior

import (
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Student noise has heavier tails than normal ones: y_c ~ N(x_c, 1/(τ_c t_c)) with t_c ~ Gamma(ν/2, ν/2), which is
// Student's t with ν degrees of freedom; ν is sampled, and large where the tails are normal. τ_c is that of Gaussian.
type Student struct {
	Varied      bool    // as of Gaussian
	Shape, Rate float64 // as of Gaussian
}

func init() {
	register(Family{Name: "student", Censored: true, Forms: []Form{
		{Name: "varied noise", Noise: Student{Varied: true}},
		{Name: "equal noise", Noise: Student{}, Pooled: true},
	}})
}

// Cost implements Noise.
func (Student) Cost() float64 { return variedCost }

func (f Student) start(s *sampler) noise {
	g := newScales(s, Gaussian(f))
	g.tails = &tails{precision: linalg.Ones(s.data.Len()), nu: freedoms[len(freedoms)-1], streams: s.cellStreams()}
	return g
}

// tails are the precisions of single cells.
type tails struct {
	precision []float64 // t_c
	nu        float64
	streams   []*rng.Stream
	turns
}

func (t *tails) draw(g *scales) {
	free := t.parameters()
	t.next(free)
	if free {
		t.nu = chooseFreedom(g.s.stream, t.likelihoods(g))
	}
	shape := newGammas((t.nu + 1) / 2)
	g.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		if !t.at(part) {
			return
		}
		stream, weight, precision := t.streams[part], g.weight[begin:end], t.precision[begin:end]
		if !g.varied {
			half, tau := float64(t.nu/2), g.tau/2
			for c, e := range g.residual[begin:end] {
				precision[c] = shape.draw(stream) / (half + float64(tau*float64(e*e)))
				weight[c] = precision[c]
			}
			return
		}
		for c, e := range g.residual[begin:end] {
			others := weight[c] / precision[c]
			precision[c] = shape.draw(stream) / ((t.nu + float64(g.tau*others*e*e)) / 2)
			weight[c] = others * precision[c]
		}
	})
}

// likelihoods are those of the function of that name, every cell being a group.
func (t *tails) likelihoods(g *scales) (weights [len(freedoms)]float64) {
	var logs [parts][len(freedoms)]float64
	g.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		var sums [len(freedoms)]logSum
		for k := range sums {
			sums[k].product = 1
		}
		for c := begin; c < end; c++ {
			e := g.residual[c]
			square := float64(g.tau * (g.weight[c] / t.precision[c]) * e * e)
			for k, nu := range freedoms {
				sums[k].add((nu + square) / 2)
			}
		}
		for k := range sums {
			logs[part][k] = sums[k].value()
		}
	})
	count := float64(len(g.residual))
	for k, nu := range freedoms {
		half := float64(nu/2*portable.Log(nu/2)) - portable.LogGamma(nu/2) + portable.LogGamma((nu+1)/2)
		weights[k] = float64(count * half)
		for part := range logs {
			weights[k] -= float64((nu + 1) / 2 * logs[part][k])
		}
	}
	return weights
}

// logSum is a sum of logarithms of numbers above 1, the last of them as a product, 1 at first.
type logSum struct{ sum, product float64 }

func (s *logSum) add(x float64) {
	const large = 1e150
	if s.product > large || x > large {
		s.sum, s.product = s.value(), 1
	}
	s.product *= x
}

func (s *logSum) value() float64 { return s.sum + portable.Log(s.product) }
