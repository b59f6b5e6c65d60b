package posterior

import (
	"fmt"
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

func (g *scales) fromPrior(s *rng.Stream) {
	g.tau = plainGamma(s, g.shape) / g.rate
	if g.varied {
		for _, omega := range g.omega {
			half := freedoms[s.IntN(len(freedoms))] / 2
			for i := range omega {
				omega[i] = plainGamma(s, half) / half
			}
		}
	}
	if g.tails != nil {
		g.tails.nu = freedoms[s.IntN(len(freedoms))]
	}
}

// renew draws the precisions of cells given their values.
func (g *scales) renew(s *rng.Stream) {
	if g.latent != nil {
		g.latent.read(g.s, nil)
		copy(g.values, g.s.data.Values)
	}
	g.renewTails(s)
}

// latentValues sets those of censored cells.
func (g *scales) latentValues(values []float64) {
	if g.latent == nil {
		return
	}
	for _, c := range g.latent.cells {
		values[c] = g.values[c]
	}
}

func (g *scales) renewTails(s *rng.Stream) {
	if g.tails == nil {
		return
	}
	for c, y := range g.values {
		e, precision := y-g.s.AtCell(g.s.data, c), g.tau
		for n, omega := range g.omega {
			precision *= omega[g.s.data.Index[n][c]]
		}
		g.tails.precision[c] = plainGamma(s, (g.tails.nu+1)/2) / ((g.tails.nu + float64(precision*e*e)) / 2)
	}
}

func (g *scales) quantities(visit visitor) {
	visit("precision", g.tau)
	if g.varied {
		for n, omega := range g.omega {
			visit(fmt.Sprintf("precision of label 1 of mode %d", n+1), omega[0])
			visit(fmt.Sprintf("largest precision of mode %d", n+1), largest(omega))
		}
	}
	if g.tails != nil {
		visit("degrees of freedom", g.tails.nu)
	}
}

func largest(x []float64) float64 {
	out := x[0]
	for _, v := range x {
		out = math.Max(out, v)
	}
	return out
}

func (l *logScales) renew(s *rng.Stream) {
	for c, y := range l.s.data.Values {
		l.values[c] = (portable.Log(y) - l.mean) / l.scale
	}
	if l.latent != nil {
		l.latent.read(l.s, l.bring)
	}
	l.renewTails(s)
}

func (l *logScales) latentValues(values []float64) {
	if l.latent == nil {
		return
	}
	for _, c := range l.latent.cells {
		values[c] = portable.Exp(l.mean + float64(l.scale*l.values[c]))
	}
}

func (o *odds) fromPrior(*rng.Stream) {}
func (o *odds) renew(*rng.Stream)     { o.renewed() }
func (o *odds) quantities(visitor)    {}

func (n *negative) fromPrior(s *rng.Stream) { n.size = s.IntN(len(sizes)) }
func (n *negative) renew(*rng.Stream) {
	if n.latent != nil {
		n.latent.read(n.s, nil)
		copy(n.values, n.s.data.Values)
	}
	n.count()
	n.renewed()
}

func (n *negative) latentValues(values []float64) {
	if n.latent == nil {
		return
	}
	for _, c := range n.latent.cells {
		values[c] = n.values[c]
	}
}
func (n *negative) quantities(visit visitor) { visit("size", sizes[n.size]) }

// fromPrior draws cut points until they ascend.
func (o *ordered) fromPrior(s *rng.Stream) {
	for {
		ascending := true
		for k := range o.cuts {
			o.cuts[k] = cutDeviation * s.NormFloat64()
			ascending = ascending && (k == 0 || o.cuts[k-1] < o.cuts[k])
		}
		if ascending {
			return
		}
	}
}

func (o *ordered) renew(*rng.Stream) {
	o.sort()
	o.renewed()
}

func (o *ordered) quantities(visit visitor) {
	for k, cut := range o.cuts {
		visit(fmt.Sprintf("cut point %d", k+1), cut)
	}
}
