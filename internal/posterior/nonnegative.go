package posterior

import (
	"math"

	"lacuna/internal/parallel"
	"lacuna/internal/rng"
)

// Nonnegative is the prior of a factor without negative entries, such as spectra or concentrations: independent
// half-normal entries,
//
//	p(u[i, r]) = 2 N(u[i, r]; 0, 1/λ_r) ,   u[i, r] ≥ 0 ,   λ_r ~ Gamma(½, ½) ,
//
// with a precision for every column, as Bayesian non-negative matrix factorisation has it (Schmidt, Winther & Hansen
// 2009, with exponential entries). Given the data a row is a normal vector truncated to the positive orthant; its entries
// are drawn in turn from their conditionals, which are normal numbers above 0.
type Nonnegative struct{}

func (Nonnegative) start(r rows) prior {
	p := &nonnegative{rows: r, precision: make([]float64, len(r.columns)), seeds: make([]uint64, parts)}
	for k := range p.precision {
		p.precision[k] = 1
	}
	return p
}

type nonnegative struct {
	rows
	precision []float64   // λ, of every column
	seeds     []uint64    // of the random numbers of every part of the rows
	scratch   [][]float64 // of every thread: a row's precision
}

// positive is a prior of rows without a negative entry.
type positive interface{ positive() }

func (*nonnegative) positive() {}

// row sets the precision and the shift of a row before it is truncated.
func (p *nonnegative) row(_ int, precision []float64, stride int) {
	clear(precision)
	for k, level := range p.precision {
		precision[k*stride+k] = level
	}
}

// draw samples λ_r ~ Gamma(½ + d/2, ½ + Σ_i u[i, r]²/2).
func (p *nonnegative) draw(s *rng.Stream) {
	shape := float64(1+p.count) / 2
	for k, r := range p.columns {
		var squares float64
		for i := range p.count {
			u := p.factor[i*p.blocks+r]
			squares += float64(u * u)
		}
		p.precision[k] = gamma(s, shape) / ((1 + squares) / 2)
	}
}

// rowPasses is how often the entries of a row are drawn in turn in one sweep: next to its regression a pass costs nothing.
const rowPasses = 3

func (p *nonnegative) drawRows(s *rng.Stream, threads int, data func(thread, i int, precision []float64)) {
	width, stride := len(p.columns), p.stride
	for k := range p.seeds {
		p.seeds[k] = s.Uint64()
	}
	for len(p.scratch) < threads {
		p.scratch = append(p.scratch, make([]float64, (width+1)*stride))
	}
	parallel.Workers(threads, parts, func(worker, part int) {
		begin, end := part*p.count/parts, (part+1)*p.count/parts
		if begin == end {
			return
		}
		stream, precision := rng.New(p.seeds[part], "rows"), p.scratch[worker]
		for i := begin; i < end; i++ {
			p.row(i, precision, stride)
			data(worker, i, precision)
			row := p.factor[i*p.blocks:][:p.blocks]
			for range rowPasses {
				drawAboveZero(stream, row, p.columns, precision, stride)
			}
		}
	})
}

// drawAboveZero draws the entries of a row in turn, given the others, from N(P⁻¹b, P⁻¹) truncated to the positive
// orthant. The lower triangle of P is in precision, rows stride apart, and b is one more row below it.
func drawAboveZero(s *rng.Stream, row []float64, columns []int, precision []float64, stride int) {
	shift := precision[len(columns)*stride:]
	for k, r := range columns {
		mean := shift[k]
		for l, q := range columns {
			if l < k {
				mean -= float64(precision[k*stride+l] * row[q])
			} else if l > k {
				mean -= float64(precision[l*stride+k] * row[q])
			}
		}
		root := math.Sqrt(precision[k*stride+k]) // the mean is b/P, in units of the deviation 1/√P it is b/√P
		row[r] = aboveZero(s, mean/root) / root
	}
}

// aboveZero draws from N(mean, 1) given that the number is not below 0: far out in the tail by the exponential that it is
// like (Robert 1995), without taking the difference of large numbers.
func aboveZero(s *rng.Stream, mean float64) float64 {
	const far = -6
	if mean >= far || math.IsNaN(mean) {
		return truncatedNormal(s, mean, 0, math.Inf(1))
	}
	for {
		x := s.ExpFloat64() / -mean
		if s.ExpFloat64() >= float64(x*x/2) {
			return x
		}
	}
}
