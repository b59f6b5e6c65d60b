package posterior

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Bernoulli noise is that of values 0 and 1, or of shares between them: y_c = 1 with probability 1/(1 + exp(−x_c)), so
// that the predictor is a log-odds. Its domain is [0, 1].
type Bernoulli struct{}

// Binomial noise is that of numbers of successes among as many trials in every cell: y_c ~ Bin(T, 1/(1 + exp(−x_c))).
// Its domain is 0, 1, …, T.
type Binomial struct {
	Trials int // T; 0: the largest value
}

func init() {
	register(Family{
		Name: "bernoulli", Domain: "values between 0 and 1", In: func(y float64) bool { return y >= 0 && y <= 1 },
		Forms: []Form{{Name: "logistic", Noise: Bernoulli{}, Raw: true, Effects: true}},
		Suits: func(values []float64) bool { return onlyBits(values) },
	})
	register(Family{
		Name: "binomial", Domain: "whole numbers from 0 on", In: isCount, Whole: true,
		Forms: []Form{{Name: "binomial", Noise: Binomial{}, Raw: true, Effects: true}},
	})
}

func onlyBits(values []float64) bool {
	for _, y := range values {
		if y != 0 && y != 1 {
			return false
		}
	}
	return true
}

// Cost implements Noise.
func (Bernoulli) Cost() float64 { return polyaGammaCost }

// Cost implements Noise.
func (Binomial) Cost() float64 { return polyaGammaCost }

// polyaGammaCost is the nominal time in ns a cell and mode of the draws of one Pólya–Gamma variable a cell.
const polyaGammaCost = 30

func (Bernoulli) start(s *sampler) noise { return newOdds(s, 1) }

func (b Binomial) start(s *sampler) noise {
	return newOdds(s, b.trials(s.data.Values))
}

func (b Binomial) trials(values []float64) float64 {
	trials := float64(b.Trials)
	if b.Trials == 0 {
		for _, y := range values {
			trials = math.Max(trials, y)
		}
	}
	return math.Max(1, trials)
}

// odds is the working regression of a chain (Polson, Scott & Windle 2013): given the log-odds ψ of a cell,
// ω ~ PG(T, ψ), and then the value a acts as the observation (a − T/2)/ω with precision ω.
type odds struct {
	s              *sampler
	trials         float64
	latent         polyaGammas
	weight, target []float64
	streams        []*rng.Stream
	turns
}

func newOdds(s *sampler, trials float64) *odds {
	o := &odds{
		s: s, trials: trials, latent: newPolyaGammas(trials), weight: make([]float64, s.data.Len()),
		target: make([]float64, s.data.Len()), streams: s.cellStreams(),
	}
	o.draw()
	return o
}

func (o *odds) targets() []float64 { return o.target }
func (o *odds) weights() []float64 { return o.weight }
func (o *odds) precision() float64 { return 1 }
func (o *odds) scatter() Scatter   { return coins{o.trials} }

func (o *odds) drawn(part int) (targets, weights bool) { return o.at(part), o.at(part) }

func (o *odds) draw() {
	o.next(false)
	o.s.cellParts(func(m *rowScratch, part, begin, end int) {
		if !o.at(part) {
			return
		}
		weight, target := o.weight[begin:end], o.target[begin:end]
		o.s.predict(weight, begin, m)
		for c, a := range o.s.data.Values[begin:end] {
			weight[c] = o.latent.draw(o.streams[part], weight[c])
			target[c] = (a - float64(o.trials/2)) / weight[c]
		}
	})
}

// coins is the distribution of the number of heads among so many coins by log-odds.
type coins struct{ trials float64 }

func (k coins) At(_ []int32, x float64) (mean, variance float64) {
	p := 1 / (1 + portable.Exp(-x))
	return k.trials * p, k.trials * p * (1 - p)
}

func (k coins) CDF(_ []int32, x, y float64) float64 {
	y = math.Floor(y)
	switch {
	case y < 0:
		return 0
	case y >= k.trials:
		return 1
	}
	return portable.Beta(k.trials-y, y+1, 1/(1+portable.Exp(x)))
}

func (k coins) LogDensity(_ []int32, x, y float64) float64 {
	if y < 0 || y > k.trials {
		return math.Inf(-1)
	}
	norm := portable.LogGamma(k.trials+1) - portable.LogGamma(y+1) - portable.LogGamma(k.trials-y+1)
	return norm - float64(y*softplus(-x)) - float64((k.trials-y)*softplus(x))
}

func (k coins) Draw(s *rng.Stream, _ []int32, x float64) (y float64) {
	p := 1 / (1 + portable.Exp(-x))
	for range int(k.trials) {
		if s.Float64() < p {
			y++
		}
	}
	return y
}

func (coins) Level() float64 { return 1 }

// softplus is log(1 + eˣ).
func softplus(x float64) float64 {
	return math.Max(x, 0) + portable.Log1p(portable.Exp(-math.Abs(x)))
}
