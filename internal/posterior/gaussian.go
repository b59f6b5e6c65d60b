package posterior

import (
	"math"

	"lacuna/internal/linalg"
)

// Gaussian noise: y_c ~ N(x_c, 1/τ_c) with τ_c = τ Π_n ω_n[i_n] and a flat prior of τ. Without Varied, ω is 1.
type Gaussian struct {
	Varied bool // a precision for every index of every mode, ω_n[i] ~ Gamma(ν_n/2, ν_n/2) with ν_n sampled
}

func init() {
	register(Family{Name: "gaussian", Exact: true, Forms: []Form{
		{Name: "varied noise", Noise: Gaussian{Varied: true}},
		{Name: "equal noise", Noise: Gaussian{}, Pooled: true},
	}})
}

// Cost implements Noise.
func (g Gaussian) Cost() float64 {
	if g.Varied {
		return variedCost
	}
	return 0
}

// variedCost is the nominal time in ns a cell of precisions that are not all one.
const variedCost = 30

func (g Gaussian) start(s *sampler) noise { return newScales(s, g.Varied) }

// scales is the noise of a chain whose observations scatter by scale alone. The tails are normal where tails is
// nil.
type scales struct {
	s      *sampler
	varied bool
	tails  *tails

	tau      float64
	omega    [][]float64 // precision of an index relative to the mean
	weight   []float64   // τ_c
	residual []float64
	groups   []group // scratch
}

func newScales(s *sampler, varied bool) *scales {
	g := &scales{s: s, varied: varied, tau: 1, weight: linalg.Ones(s.data.Len()), residual: make([]float64, s.data.Len())}
	longest := s.data.Len()
	for _, d := range s.Shape {
		g.omega = append(g.omega, linalg.Ones(d))
		longest = max(longest, d)
	}
	g.groups = make([]group, longest)
	return g
}

func (g *scales) targets() []float64 { return g.s.data.Values }
func (g *scales) weights() []float64 { return g.weight }
func (g *scales) precision() float64 { return g.tau }

// draw draws τ, ω and t given the residuals, and sets the weights.
func (g *scales) draw() {
	g.setResiduals()
	const flat = 1e-6
	count := float64(len(g.residual))
	var sum float64
	for c, e := range g.residual {
		w := 1.0
		if g.tails != nil {
			w = g.tails.precision[c]
		}
		for n, omega := range g.omega {
			w *= omega[g.s.data.Index[n][c]]
		}
		g.weight[c] = w // relative precision until the end of this function
		sum += float64(w * e * e)
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) { // the chain has run away: it starts again
		g.s.scatter()
		g.setResiduals()
		sum = count
	}
	g.tau = gamma(g.s.stream, flat+float64(count/2)) / (flat + float64(sum/2))
	if g.varied {
		for n := range g.omega {
			g.drawOmega(n)
		}
	}
	if g.tails != nil {
		g.tails.draw(g)
	}
	for c := range g.weight {
		g.weight[c] *= g.tau
	}
}

func (g *scales) drawOmega(n int) {
	s, omega, mode := g.s, g.omega[n], &g.s.modes[n]
	groups := g.groups[:len(omega)]
	for i, old := range omega {
		cells := mode.cells[mode.starts[i]:mode.starts[i+1]]
		var squares float64
		for _, c := range cells {
			squares += float64(g.weight[c] * g.residual[c] * g.residual[c])
		}
		groups[i] = group{float64(len(cells)), squares * g.tau / old}
	}
	nu := drawFreedom(s.stream, groups)
	for i, old := range omega {
		omega[i] = gamma(s.stream, (nu+groups[i].count)/2) / ((nu + groups[i].squares) / 2)
		for _, c := range mode.cells[mode.starts[i]:mode.starts[i+1]] {
			g.weight[c] *= omega[i] / old
		}
	}
}

func (g *scales) setResiduals() {
	for c, y := range g.s.data.Values {
		g.residual[c] = y - g.s.AtCell(g.s.data, c)
	}
}

func (g *scales) scatter() Scatter {
	out := spread{level: 1 / g.tau}
	if g.tails != nil {
		out.level = g.tails.nu / (g.tails.nu - 2) / g.tau
	}
	for _, omega := range g.omega {
		index := make([]float64, len(omega))
		for i, w := range omega {
			index[i] = 1 / w
		}
		out.index = append(out.index, index)
	}
	return out
}

// spread is the variance of noise that has the predictor for its mean.
type spread struct {
	level float64     // 1/τ times the mean of 1/t
	index [][]float64 // 1/ω_n[i]
}

func (s spread) At(cell []int32, x float64) (mean, variance float64) {
	variance = s.level
	for n, i := range cell {
		variance *= s.index[n][i]
	}
	return x, variance
}

func (s spread) Level() float64 { return s.level }
