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

	Sorted *Sorted // of the cells, for several chains on the same ones; nil: the chain sorts them itself

	Seed    uint64
	Stream  string // name of the stream of random numbers
	Threads int    // default 1; the samples do not depend on it
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

// Sample is one state of the chain: the model of the predictor, and how observations scatter around it.
type Sample struct {
	*tensor.CP
	Scatter Scatter
}

// Posterior is the kept samples. It may be read by several goroutines.
type Posterior struct {
	Blocks  int // R, all blocks counted
	Samples []Sample
}

// At returns the posterior mean of a cell's expected value, the variance of that value between samples, and the
// variance of the noise on it.
func (p *Posterior) At(cell []int32) (mean, variance, noise float64) {
	var sum, squares, shift float64
	for k := range p.Samples {
		s := &p.Samples[k]
		v, e := s.Scatter.At(cell, s.CP.At(cell))
		if k == 0 {
			shift = v
		}
		sum += v - shift
		squares += float64((v - shift) * (v - shift))
		noise += e
	}
	count := float64(len(p.Samples))
	sum /= count
	return shift + sum, math.Max(0, squares/count-float64(sum*sum)), noise / count
}
