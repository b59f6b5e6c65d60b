package posterior

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Bernoulli noise is that of values 0 and 1, or of shares between them: y_c = 1 with probability 1/(1 + exp(−x_c)), so
// that the predictor is a log-odds. Its domain is [0, 1].
type Bernoulli struct{}

func init() {
	register(Family{
		Name: "bernoulli", Domain: "values between 0 and 1", In: func(y float64) bool { return y >= 0 && y <= 1 },
		Forms: []Form{{Name: "logistic", Noise: Bernoulli{}, Raw: true, Effects: true}},
	})
}

// Cost implements Noise.
func (Bernoulli) Cost() float64 { return 30 }

func (Bernoulli) start(s *sampler) noise {
	b := &odds{
		s: s, weight: make([]float64, s.data.Len()), target: make([]float64, s.data.Len()), streams: s.cellStreams(),
	}
	b.draw()
	return b
}

// odds is the working regression of a chain (Polson, Scott & Windle 2013): given the log-odds ψ of a cell,
// ω ~ PG(1, ψ), and then the value a acts as the observation (a − ½)/ω with precision ω.
type odds struct {
	s              *sampler
	weight, target []float64
	streams        []*rng.Stream
}

func (b *odds) targets() []float64 { return b.target }
func (b *odds) weights() []float64 { return b.weight }
func (b *odds) precision() float64 { return 1 }
func (b *odds) scatter() Scatter   { return coin{} }

func (b *odds) draw() {
	b.s.cellParts(func(m *rowScratch, part, begin, end int) {
		weight, target := b.weight[begin:end], b.target[begin:end]
		b.s.predict(weight, begin, m)
		for c, a := range b.s.data.Values[begin:end] {
			weight[c] = polyaGamma(b.streams[part], weight[c])
			target[c] = (a - 0.5) / weight[c]
		}
	})
}

// coin is the distribution of 0 and 1 by log-odds.
type coin struct{}

func (coin) At(_ []int32, x float64) (mean, variance float64) {
	p := 1 / (1 + portable.Exp(-x))
	return p, p * (1 - p)
}

func (coin) Level() float64 { return 1 }

// polyaGamma draws from PG(1, ψ) = 1/(2π²) Σ_k g_k / ((k − ½)² + ψ²/(4π²)), g_k exponential; the terms beyond the first
// few are replaced by their mean.
func polyaGamma(s *rng.Stream, psi float64) float64 {
	const terms = 24
	square := psi * psi / (4 * math.Pi * math.Pi)
	var sum, mean float64
	for k := range terms {
		half := float64(k) + 0.5
		d := float64(half*half) + square
		sum += s.ExpFloat64() / d
		mean += 1 / d
	}
	total := 0.25 // the mean of PG(1, ψ) is tanh(ψ/2)/(2ψ)
	if abs := math.Abs(psi); abs > 1e-6 {
		total = portable.Tanh(abs/2) / (2 * abs)
	}
	const norm = 2 * math.Pi * math.Pi
	return math.Max(1e-12, sum/norm+math.Max(0, total-mean/norm))
}
