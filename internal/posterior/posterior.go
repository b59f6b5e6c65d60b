// Package posterior samples a Bayesian CP factorisation of an incomplete tensor and averages what it sees.
//
// The model, for every observed cell c with coordinates i_1 … i_N, is
//
//	y_c = Σ_r Π_n u_n[i_n, r] + e_c ,      e_c ~ N(0, 1/τ_c) ,      τ_c = τ · t_c · Π_n ω_n[i_n] ,
//
// with normal rows u_n[i, ·] ~ N(μ_n, Λ_n⁻¹) under a normal–Wishart prior for every mode (Salakhutdinov & Mnih
// 2008; Chen et al. 2019 for tensors), a noise precision for every index of every mode, and a precision t_c for
// every cell, which makes the tails Student's. How far the precisions ω and t vary is itself sampled, so that
// equal noise and normal tails are what the data get when they ask for them.
//
// A block may lack a mode: there its factor is 1, and the block is a matrix or a vector of effects that the
// missing mode shares. Gibbs steps draw rows, priors and noise in turn; each is an exact conditional.
package posterior

import "math"

// Data are observed cells: Index[n][c] is the coordinate of cell c in mode n, Values[c] its value, which
// should be standardised to a deviation near 1. Nothing is modified.
type Data struct {
	Shape  []int
	Index  [][]int32
	Values []float64
}

// Settings of a sampler. The zero value of a field means its default.
type Settings struct {
	Blocks   int      // R, default 8: blocks that have every mode
	Partial  [][]bool // further blocks: Partial[b][n] says whether block b has mode n
	Burn     int      // sweeps before the first kept one, default 100
	Keep     int      // samples kept, default 100
	Thin     int      // sweeps a kept sample, default 1
	Equal    bool     // one noise precision for all indices (ω stays 1)
	Normal   bool     // normal tails (t stays 1)
	Quiet    float64  // stop burning in once the noise's deviation is below it
	Logistic bool     // values are probabilities or 0 and 1, predictions log-odds (not with Quiet)
	Smooth   []int    // modes whose neighbouring indices are tied by a random walk
	Seed     uint64
	Stream   string // name of the stream of random numbers
	Threads  int    // default 1; the samples do not depend on it
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
	return s
}

// Sample is one state of the chain.
type Sample struct {
	Factors [][]float64 // Factors[n][i*R+r]
	Noise   float64     // 1/τ times the mean of 1/t
	Spread  [][]float64 // Spread[n][i] = 1/ω_n[i]
}

// Posterior is the kept samples. It may be read by several goroutines.
type Posterior struct {
	Blocks  int // R, all blocks counted
	Samples []Sample

	logistic bool
}

// At returns the posterior mean of a cell's expected value, the variance of that value between samples, and the
// variance of the noise on it. In a logistic model the expected value is a probability.
func (p *Posterior) At(cell []int32) (mean, variance, noise float64) {
	var sum, squares float64
	shift := 0.0
	for k := range p.Samples {
		s := &p.Samples[k]
		v := s.at(cell, p.Blocks)
		if p.logistic {
			v = 1 / (1 + math.Exp(-v))
			noise += v * (1 - v)
		}
		if k == 0 {
			shift = v
		}
		sum += v - shift
		squares += (v - shift) * (v - shift)
		if p.logistic {
			continue
		}
		e := s.Noise
		for n, i := range cell {
			e *= s.Spread[n][i]
		}
		noise += e
	}
	count := float64(len(p.Samples))
	sum /= count
	return shift + sum, math.Max(0, squares/count-sum*sum), noise / count
}

func (s *Sample) at(cell []int32, blocks int) float64 {
	a := s.Factors[0][int(cell[0])*blocks:][:blocks]
	b := s.Factors[1][int(cell[1])*blocks:][:blocks]
	var total float64
	switch len(cell) {
	case 2:
		for r, x := range a {
			total += x * b[r]
		}
	case 3:
		c := s.Factors[2][int(cell[2])*blocks:][:blocks]
		for r, x := range a {
			total += x * b[r] * c[r]
		}
	case 4:
		c := s.Factors[2][int(cell[2])*blocks:][:blocks]
		d := s.Factors[3][int(cell[3])*blocks:][:blocks]
		for r, x := range a {
			total += x * b[r] * c[r] * d[r]
		}
	default:
		for r, x := range a {
			x *= b[r]
			for n := 2; n < len(cell); n++ {
				x *= s.Factors[n][int(cell[n])*blocks+r]
			}
			total += x
		}
	}
	return total
}
