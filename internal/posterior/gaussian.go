package posterior

import (
	"math"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Gaussian noise: y_c ~ N(x_c, 1/τ_c) with τ_c = τ Π_n ω_n[i_n] and τ ~ Gamma(Shape, Rate). Without Varied, ω is 1.
type Gaussian struct {
	Varied      bool    // a precision for every index of every mode, ω_n[i] ~ Gamma(ν_n/2, ν_n/2) with ν_n sampled
	Shape, Rate float64 // both 0: 10⁻⁶, a prior of τ that is all but flat in its logarithm
}

func init() {
	register(Family{Name: "gaussian", Exact: true, Censored: true, Forms: []Form{
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

func (g Gaussian) start(s *sampler) noise { return newScales(s, g) }

// scales is the noise of a chain whose observations scatter by scale alone. The tails are normal where tails is
// nil.
type scales struct {
	s           *sampler
	varied      bool
	shape, rate float64 // of the prior of τ
	tails       *tails
	values      []float64 // that scatter around the predictors
	latent      *latents  // of censored cells, whose values are drawn; nil: all are exact

	tau      float64
	omega    [][]float64 // precision of an index relative to the mean
	weight   []float64   // τ_c
	residual []float64
	change   []float64 // scratch
	groups   []group   // scratch
	known    halfGammas
}

func newScales(s *sampler, f Gaussian) *scales {
	const flat = 1e-6
	if f.Shape == 0 && f.Rate == 0 {
		f.Shape, f.Rate = flat, flat
	}
	g := &scales{
		s: s, varied: f.Varied, shape: f.Shape, rate: f.Rate, tau: 1, values: s.data.Values,
		weight: linalg.Ones(s.data.Len()), residual: make([]float64, s.data.Len()), known: halfGammas{},
	}
	if g.latent = newLatents(s, nil); g.latent != nil {
		g.values = slices.Clone(g.values)
	}
	for _, d := range s.Shape {
		g.omega = append(g.omega, linalg.Ones(d))
	}
	longest := slices.Max(s.Shape)
	g.groups, g.change = make([]group, longest), make([]float64, longest)
	return g
}

func (g *scales) targets() []float64 {
	if g.latent == nil {
		return nil
	}
	return g.values
}

func (g *scales) weights() []float64 { return g.weight }
func (g *scales) precision() float64 { return g.tau }

// draw draws τ, ω and t given the residuals, sets the weights, and draws the values of censored cells given these.
func (g *scales) draw() {
	count := float64(len(g.residual))
	sum := g.setResiduals()
	if math.IsNaN(sum) || math.IsInf(sum, 0) { // the chain has run away: it starts again
		g.s.scatter()
		g.setResiduals()
		sum = count
	}
	g.tau = gamma(g.s.stream, g.shape+float64(count/2)) / (g.rate + float64(sum/2))
	g.tau = math.Min(g.tau, g.s.mostPrecise())
	if g.varied {
		for n := range g.omega {
			g.drawOmega(n)
		}
	}
	if g.tails != nil {
		g.tails.draw(g)
	}
	g.s.cellParts(func(_ *rowScratch, _, begin, end int) { linalg.Scale(g.weight[begin:end], g.tau) })
	if g.latent != nil {
		g.latent.draw(g)
	}
}

// setResiduals sets the residuals and the weights relative to τ, and returns Σ w e².
func (g *scales) setResiduals() (sum float64) {
	s := g.s
	var sums [parts]float64
	s.cellParts(func(m *rowScratch, part, begin, end int) {
		residual, weight := g.residual[begin:end], g.weight[begin:end]
		if g.tails == nil {
			for c := range weight {
				weight[c] = 1
			}
		} else {
			copy(weight, g.tails.precision[begin:end])
		}
		for n, omega := range g.omega {
			for c, i := range s.data.Index[n][begin:end] {
				weight[c] *= omega[i]
			}
		}
		s.predict(residual, begin, m)
		for c, y := range g.values[begin:end] {
			e := y - residual[c]
			residual[c] = e
			sums[part] += float64(weight[c] * e * e)
		}
	})
	for _, part := range sums {
		sum += part
	}
	return sum
}

// drawOmega draws the precisions of the indices of mode n. The places of the mode's weights hold w e² meanwhile.
func (g *scales) drawOmega(n int) {
	s, omega, mode := g.s, g.omega[n], &g.s.modes[n]
	squares, groups := s.weights[n], g.groups[:len(omega)]
	if !mode.ordered {
		s.cellParts(func(m *rowScratch, part, _, _ int) {
			mode.places(s.data.Index[n], part, m, func(first int, place []int32) {
				for len(place) > 0 {
					some := m.weights[:min(chunk, len(place))]
					for k := range some {
						some[k] = g.weight[first+k] * g.residual[first+k] * g.residual[first+k]
					}
					squares.put(place, some)
					first, place = first+len(some), place[len(some):]
				}
			})
		})
	}
	parallel.For(s.settings.Threads, len(omega), func(i int) {
		var sum float64
		begin, end := mode.starts[i], mode.starts[i+1]
		if mode.ordered {
			for c, e := range g.residual[begin:end] {
				sum += float64(g.weight[begin+c] * e * e)
			}
		} else {
			sum = squares.sum(begin, end)
		}
		groups[i] = group{float64(end - begin), sum * g.tau / omega[i]}
	})
	nu := drawFreedom(s.stream, groups, g.known)
	for i, old := range omega {
		omega[i] = gamma(s.stream, (nu+groups[i].count)/2) / ((nu + groups[i].squares) / 2)
		g.change[i] = omega[i] / old
	}
	s.cellParts(func(_ *rowScratch, _, begin, end int) {
		for k, i := range s.data.Index[n][begin:end] {
			g.weight[begin+k] *= g.change[i]
		}
	})
}

func (g *scales) scatter() Scatter {
	out := spread{level: 1 / g.tau}
	if g.tails != nil {
		out.freedom = g.tails.nu
		out.level *= g.tails.nu / (g.tails.nu - 2)
	}
	if !g.varied {
		return out
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
	level   float64     // 1/τ times the mean of 1/t
	index   [][]float64 // 1/ω_n[i]; nil: ω is 1
	freedom float64     // ν; 0: the tails are normal
}

func (s spread) At(cell []int32, x float64) (mean, variance float64) {
	variance = s.level
	for n, index := range s.index {
		variance *= index[cell[n]]
	}
	return x, variance
}

func (s spread) cells(index [][]int32, _, variance []float64) {
	for c := range variance {
		variance[c] = s.level
	}
	for n, levels := range s.index {
		for c, i := range index[n] {
			variance[c] *= levels[i]
		}
	}
}

// scale is the deviation of the noise, or that of Student's before his tails.
func (s spread) scale(cell []int32) float64 {
	_, variance := s.At(cell, 0)
	if s.freedom > 0 {
		variance *= (s.freedom - 2) / s.freedom
	}
	return math.Sqrt(variance)
}

func (s spread) CDF(cell []int32, x, y float64) float64 {
	z := (y - x) / s.scale(cell)
	if s.freedom > 0 {
		return studentCDF(z, s.freedom)
	}
	return normalCDF(z)
}

func (s spread) LogDensity(cell []int32, x, y float64) float64 {
	scale := s.scale(cell)
	z := (y - x) / scale
	if s.freedom > 0 {
		return logStudent(z, s.freedom) - portable.Log(scale)
	}
	return logNormal(z) - portable.Log(scale)
}

func (s spread) Draw(stream *rng.Stream, cell []int32, x float64) float64 {
	return s.drawOf(stream.NormFloat64(), stream, cell, x)
}

func (s spread) drawOf(z float64, stream *rng.Stream, cell []int32, x float64) float64 {
	if s.freedom > 0 {
		z /= math.Sqrt(gamma(stream, s.freedom/2) / (s.freedom / 2))
	}
	return x + float64(z*s.scale(cell))
}

func (s spread) Level() float64 { return s.level }
