// Package posterior samples a Bayesian CP factorisation of an incomplete tensor and averages what it sees.
//
// The model, for every observed cell c with coordinates i_1 … i_N, is
//
//	y_c = Σ_r Π_n u_n[i_n, r] + e_c ,      e_c ~ N(0, 1/τ_c) ,      τ_c = τ · t_c · Π_n ω_n[i_n] ,
//
// with normal rows u_n[i, ·] ~ N(μ_n, Λ_n⁻¹) under a normal–Wishart prior for every mode (Salakhutdinov & Mnih
// 2008; Chen et al. 2019 for tensors), a noise precision for every index of every mode, and a precision t_c for
// every cell, which makes the tails Student's. How far the precisions ω and t vary is itself sampled, so that
// equal noise and normal tails are what the data get when they ask for them. Other families of noise and other
// priors stand behind the interfaces [Noise] and [Prior], one file each.
//
// The factor of a mode whose labels lie on a line, such as dates, may have a [GaussianProcess] for its prior: its
// columns are mixtures of independent Matérn processes with periodic parts, all rows are drawn at once, and labels
// without a cell, between the others or beyond, get values with honest variances.
//
// A block may lack a mode: there its factor is 1, and the block is a matrix or a vector of effects that the
// missing mode shares. Gibbs steps draw rows, priors and noise in turn; each is an exact conditional.
package posterior

import (
	"math"

	"lacuna/tensor"
)

// Settings of a sampler. The zero value of a field means its default.
type Settings struct {
	Blocks  int      // R, default 8: blocks that have every mode
	Partial [][]bool // further blocks: Partial[b][n] says whether block b has mode n
	Burn    int      // sweeps before the first kept one, default 100
	Keep    int      // samples kept, default 100
	Thin    int      // sweeps a kept sample, default 1
	Noise   Noise    // how values scatter, default Student{Varied: true}
	Priors  []Prior  // of the factor of every mode; nil, all or one: NormalWishart{}

	// StopBelow ends the burning in once the noise's deviation is below it. It has no effect on Bernoulli noise.
	StopBelow float64

	Anneal Anneal // of the noise, from the first sweep on; the zero value: none

	// Start is a model of the same shape, in the units of the cells, whose blocks the first of the chain's start from, as
	// many of those that have every mode as there are; the others, and all if it is nil, start scattered near zero. It
	// is read only.
	Start *tensor.CP

	Sorted *Sorted // of the cells, for several chains on the same ones; nil: the chain sorts them itself

	Seed    uint64
	Stream  string // name of the stream of random numbers
	Threads int    // default 1; the samples do not depend on it
}

// Anneal keeps the noise from sinking before the chain has seen many models: in sweep k = 0, 1, … Sweeps − 1 the deviation of
// normal or Student's noise is no less than From (To/From)^(k/Sweeps). States until then are no draws of the posterior.
type Anneal struct {
	From, To float64 // deviations, above 0
	Sweeps   int
}

func (s Settings) withDefaults() Settings {
	fill := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	if len(s.Partial) == 0 {
		fill(&s.Blocks, 8)
	}
	fill(&s.Burn, 100)
	fill(&s.Keep, 100)
	fill(&s.Thin, 1)
	fill(&s.Threads, 1)
	if s.Noise == nil {
		s.Noise = Student{Varied: true}
	}
	return s
}

// Sample is one state of the chain: the model of the predictor, its blocks made up to a multiple of 8 by blocks of zeros,
// and how observations scatter around it.
type Sample struct {
	*tensor.CP
	Scatter Scatter
}

// Posterior is the kept samples of some chains. It may be read by several goroutines.
type Posterior struct {
	Blocks  int // R, all blocks counted
	Samples []Sample
	Chains  []int // how many of the samples, in order, each chain kept; nil: they are of one
}

// Join adds the samples of further chains.
func (p *Posterior) Join(others ...*Posterior) {
	if len(others) == 0 {
		return
	}
	p.Chains = p.chains()
	for _, other := range others {
		p.Samples = append(p.Samples, other.Samples...)
		p.Chains = append(p.Chains, other.chains()...)
	}
}

// Thin returns the posterior with at most so many of its samples, but two of every chain: evenly many of each, evenly
// spaced. They are shared.
func (p *Posterior) Thin(most int) *Posterior {
	out, begin := &Posterior{Blocks: p.Blocks, Chains: []int{}}, 0
	each := max(2, most/max(1, len(p.chains())))
	for _, count := range p.chains() {
		keep := min(count, each)
		for k := range keep {
			out.Samples = append(out.Samples, p.Samples[begin+(2*k+1)*count/(2*keep)])
		}
		out.Chains = append(out.Chains, keep)
		begin += count
	}
	return out
}

func (p *Posterior) chains() []int {
	if p.Chains == nil {
		return []int{len(p.Samples)}
	}
	return p.Chains
}

// pooled combines what K chains say of a cell. With m_k, v_k and e_k the mean of chain k, the variance between its n_k
// samples and that of the noise, chains have the weights w_k ∝ n_k / (v_k + e_k): far from known cells a chain may be lost,
// and knows it.
//
//	mean = Σ w_k m_k ,   variance = Σ w_k v_k + (K+1)/(K−1) Σ w_k (m_k − mean)² ,   noise = Σ w_k e_k .
//
// Chains settle in modes of the posterior, and the truth lies in one of them: its square distance from the mean of K is
// expected to be (K+1)/(K−1) times their variance, which two chains show a third of and ten most of.
type pooled struct{ weight, mean, square, within, noise float64 }

// add leaves out a chain whose numbers are beyond measure, as means over magnitudes can be.
func (q *pooled) add(samples int, mean, variance, noise float64) {
	if !measurable(mean, variance, noise) {
		return
	}
	w := poolWeight(samples, variance, noise)
	q.weight += w
	q.mean += float64(w * mean)
	q.square += float64(w * mean * mean)
	q.within += float64(w * variance)
	q.noise += float64(w * noise)
}

func (q *pooled) result(chains int) (mean, variance, noise float64) {
	if q.weight == 0 {
		return 0, math.Inf(1), 0
	}
	mean = q.mean / q.weight
	between := math.Max(0, q.square/q.weight-float64(mean*mean))
	return mean, q.within/q.weight + float64(unseen(chains)*between), q.noise / q.weight
}

// unseen is the factor of the variance between so many chains.
func unseen(chains int) float64 {
	if chains < 2 {
		return 1
	}
	return float64(chains+1) / float64(chains-1)
}

func measurable(mean, variance, noise float64) bool {
	sum := math.Abs(mean) + variance + noise
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

func poolWeight(samples int, variance, noise float64) float64 {
	const least = 1e-300
	return float64(samples) / (variance + noise + least)
}

// Share is what one chain has in the predictions of some cells.
type Share struct {
	Mean     []float64 // of the chain
	Relative []float64 // w_k / Σ w over n_k / Σ n: how much a sample counts beside the average of all
}

// Shares returns those of every chain, and the factor of the variance between chains, with the weights that At has.
func (p *Posterior) Shares(index [][]int32, threads int) (shares []Share, between float64) {
	cells, begin := len(index[0]), 0
	total := make([]float64, cells)
	variance, noise := make([]float64, cells), make([]float64, cells)
	for _, count := range p.chains() {
		part := &Posterior{Samples: p.Samples[begin : begin+count]}
		begin += count
		own := Share{make([]float64, cells), make([]float64, cells)}
		part.Predict(index, own.Mean, variance, noise, threads)
		for c := range own.Relative {
			if !measurable(own.Mean[c], variance[c], noise[c]) {
				own.Mean[c] = 0
				continue
			}
			own.Relative[c] = poolWeight(1, variance[c], noise[c])
			total[c] += float64(float64(count) * own.Relative[c])
		}
		shares = append(shares, own)
	}
	for _, own := range shares {
		for c := range own.Relative {
			if total[c] > 0 {
				own.Relative[c] *= float64(len(p.Samples)) / total[c]
			}
		}
	}
	return shares, unseen(len(shares))
}

// ChainOf is the number of the chain that a sample belongs to.
func (p *Posterior) ChainOf(sample int) (chain int) {
	for _, count := range p.chains() {
		if sample -= count; sample < 0 {
			break
		}
		chain++
	}
	return chain
}
