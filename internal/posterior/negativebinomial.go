package posterior

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// NegativeBinomial noise is that of counts that scatter at least as much as Poisson's: with μ_c = exp(m + x_c),
//
//	P(y_c) = Γ(y_c + r)/(Γ(r) y_c!) (r/(r + μ_c))^r (μ_c/(r + μ_c))^y_c ,
//
// of mean μ_c and variance μ_c + μ_c²/r. The size r is sampled on a grid from 0.1 to 10⁴ with equal prior weights. Given
// the log-odds ψ_c = m + x_c − log r and ω_c ~ PG(y_c + r, ψ_c), the count acts as the observation (y_c − r)/(2ω_c) of ψ_c
// with precision ω_c (Polson, Scott & Windle 2013). The domain is 0, 1, 2, ….
type NegativeBinomial struct {
	Level float64 // m; 0: the logarithm of the mean count
}

func init() {
	register(Family{
		Name: "counts", Domain: "whole numbers from 0 on", In: isCount, Whole: true, Censored: true,
		Forms: []Form{{Name: "negative binomial", Noise: NegativeBinomial{}, Raw: true, Effects: true}},
		Suits: func(values []float64) bool { return all(values, isCount) && !onlyBits(values) },
	})
}

// isCount accepts whole numbers from 0 on.
func isCount(y float64) bool { return y >= 0 && y == math.Floor(y) }

func all(values []float64, in func(y float64) bool) bool {
	for _, y := range values {
		if !in(y) {
			return false
		}
	}
	return true
}

// Cost implements Noise.
func (NegativeBinomial) Cost() float64 { return 2 * polyaGammaCost }

// sizes is the grid of r: 41 values, each 4/3 times the one before, about.
var sizes = func() (grid [41]float64) {
	for k := range grid {
		grid[k] = portable.Pow(10, float64(float64(k)/8)-1)
	}
	return grid
}()

func (f NegativeBinomial) start(s *sampler) noise {
	count := s.data.Len()
	n := &negative{
		s: s, level: f.Level, size: len(sizes) / 2, weight: make([]float64, count), target: make([]float64, count),
		predictor: make([]float64, count), streams: s.cellStreams(),
	}
	n.values = s.data.Values
	if n.latent = newLatents(s, nil); n.latent != nil {
		n.values = slices.Clone(n.values)
		for _, c := range n.latent.cells {
			first, last := countsBetween(n.latent.low[c], n.latent.high[c])
			n.values[c] = math.Min(math.Max(math.RoundToEven(n.values[c]), first), last)
		}
	}
	if f.Level == 0 {
		var sum float64
		for _, y := range n.values {
			sum += y
		}
		n.level = portable.Log((sum + 0.5) / math.Max(1, float64(count)))
	}
	n.count()
	n.draw()
	return n
}

// negative is the working regression of a chain.
type negative struct {
	s              *sampler
	level          float64
	size           int // place of r in sizes
	values         []float64
	latent         *latents            // of censored cells, whose values are drawn; nil: all are exact
	exact          [len(sizes)]float64 // what the cells with exact values have in constants
	constants      [len(sizes)]float64
	weight, target []float64
	predictor      []float64 // m + x_c, of the parts that are drawn
	streams        []*rng.Stream
	gammas         []polyaGammas // of counts 0, 1, …, of size sized
	sized          int
	turns
}

// tabulated is how many counts have their Pólya–Gamma distributions at hand.
const tabulated = 64

// count sets the part of the log likelihood of every size that does not depend on the predictors,
// Σ_c [log Γ(y_c + r) − log Γ(r) + r log r].
func (n *negative) count() {
	values := n.values
	if n.latent != nil {
		values = nil
		for c, y := range n.values {
			if !n.s.data.IsCensored(c) {
				values = append(values, y)
			}
		}
	}
	for k, r := range sizes {
		n.exact[k] = float64(float64(len(n.values)) * (float64(r*portable.Log(r)) - portable.LogGamma(r)))
	}
	addGammas(&n.exact, values)
	n.countLatents()
}

// countLatents adds what censored cells have in the constants.
func (n *negative) countLatents() {
	n.constants = n.exact
	if n.latent == nil {
		return
	}
	values := make([]float64, len(n.latent.cells))
	for k, c := range n.latent.cells {
		values[k] = n.values[c]
	}
	addGammas(&n.constants, values)
}

// addGammas adds Σ log Γ(y + r) for every size r.
func addGammas(to *[len(sizes)]float64, values []float64) {
	counts := map[float64]float64{}
	var order []float64
	for _, y := range values {
		if counts[y] == 0 {
			order = append(order, y)
		}
		counts[y]++
	}
	for k, r := range sizes {
		for _, y := range order {
			to[k] += float64(counts[y] * portable.LogGamma(y+r))
		}
	}
}

func (n *negative) targets() []float64 { return n.target }
func (n *negative) weights() []float64 { return n.weight }
func (n *negative) precision() float64 { return 1 }

func (n *negative) drawn(part int) (targets, weights bool) { return n.at(part), n.at(part) }

// draw draws r, in some of the sweeps, with the ω integrated out. Where r has moved, all ω are those of another r.
func (n *negative) draw() {
	sized := n.parameters()
	n.next(false)
	n.s.cellParts(func(m *rowScratch, part, begin, end int) {
		if sized || n.at(part) {
			n.predict(m, begin, end)
		}
	})
	if n.latent != nil {
		n.drawLatents()
	}
	if sized {
		n.countLatents()
		if n.drawSize() {
			n.whole = true
		}
	}
	n.drawPrecisions()
}

func (n *negative) predict(m *rowScratch, begin, end int) {
	n.s.predict(n.predictor[begin:end], begin, m)
	for c := begin; c < end; c++ {
		n.predictor[c] += n.level
	}
}

// drawPrecisions draws the ω.
func (n *negative) drawPrecisions() {
	r := sizes[n.size]
	log := portable.Log(r)
	if n.gammas == nil || n.sized != n.size {
		n.gammas, n.sized = n.gammas[:0], n.size
		for y := range tabulated {
			n.gammas = append(n.gammas, newPolyaGammas(float64(y)+r))
		}
	}
	n.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		if !n.at(part) {
			return
		}
		stream := n.streams[part]
		for c := begin; c < end; c++ {
			y := n.values[c]
			var p *polyaGammas
			if y < tabulated {
				p = &n.gammas[int(y)]
			} else {
				own := newPolyaGammas(y + r)
				p = &own
			}
			n.weight[c] = p.draw(stream, n.predictor[c]-log)
			n.target[c] = (y-r)/(2*n.weight[c]) + log - n.level
		}
	})
}

// drawLatents draws the counts of censored cells from their probabilities given the predictors and r.
func (n *negative) drawLatents() {
	k := counts{n.level, sizes[n.size]}
	n.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		if !n.at(part) {
			return
		}
		for _, c := range n.latent.within(begin, end) {
			if x := n.predictor[c] - n.level; measurable(x, 0, 0) {
				n.values[c] = k.between(nil, x, n.latent.low[c], n.latent.high[c]).Draw(n.latent.streams[part])
			}
		}
	})
}

// drawSize moves r to a neighbour on the grid, or not (Metropolis), with ω integrated out. It reports whether r has moved.
func (n *negative) drawSize() bool {
	const reach = 3
	to := n.size + 1 + n.s.stream.IntN(reach)
	if n.s.stream.IntN(2) == 0 {
		to = 2*n.size - to
	}
	u := portable.Log(1 - n.s.stream.Float64())
	if to >= 0 && to < len(sizes) && u < n.change(to) {
		n.size = to
		return true
	}
	return false
}

// change is by how much the logarithm of Π_c P(y_c) grows with another size ρ: the change of the constants less
//
//	Σ_c [(y_c + ρ) log(ρ + μ_c) − (y_c + r) log(r + μ_c)] .
func (n *negative) change(size int) float64 {
	r, to := sizes[n.size], sizes[size]
	var sums [parts]float64
	n.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		old := logSum{product: 1} // Π (1 + μ/r)
		for c := begin; c < end; c++ {
			mu := portable.Exp(math.Min(n.predictor[c], mostLogMean))
			old.add(1 + mu/r)
			sums[part] += float64((n.values[c] + to) * portable.Log((to+mu)/(r+mu)))
		}
		sums[part] += float64((to - r) * (old.value() + float64(float64(end-begin)*portable.Log(r))))
	})
	total := n.constants[size] - n.constants[n.size]
	for _, sum := range sums {
		total -= sum
	}
	return total
}

// mostLogMean keeps the mean count of a chain that has run away finite.
const mostLogMean = 300

func (n *negative) scatter() Scatter { return counts{n.level, sizes[n.size]} }

// counts is the distribution of a count by its log mean.
type counts struct{ level, size float64 }

func (k counts) At(_ []int32, x float64) (mean, variance float64) {
	mean = portable.Exp(math.Min(k.level+x, mostLogMean))
	return mean, mean + float64(mean*mean/k.size)
}

func (k counts) CDF(_ []int32, x, y float64) float64 {
	y = math.Floor(y)
	if y < 0 {
		return 0
	}
	return portable.Beta(k.size, y+1, 1/(1+portable.Exp(k.level+x)/k.size))
}

func (k counts) LogDensity(_ []int32, x, y float64) float64 {
	if !isCount(y) {
		return math.Inf(-1)
	}
	psi := k.level + x - portable.Log(k.size)
	norm := portable.LogGamma(y+k.size) - portable.LogGamma(k.size) - portable.LogGamma(y+1)
	return norm - float64(y*softplus(-psi)) - float64(k.size*softplus(psi))
}

func (k counts) Draw(s *rng.Stream, _ []int32, x float64) float64 {
	return poisson(s, portable.Exp(k.level+x)*gamma(s, k.size)/k.size)
}

func (counts) Level() float64 { return 1 }
