package posterior

import (
	"errors"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// ErrExtend is returned where the noise does not let further labels be learnt by a regression.
var ErrExtend = errors.New("this family of noise does not let labels be added to a fit: complete the whole table again")

// extendable is a Scatter whose noise is normal around the predictor, or nearly so: further rows of a mode are then a
// weighted regression.
type extendable interface {
	Scatter
	extend(n, count int) Scatter // with further indices of mode n
}

// extend gives further indices the mean variance of those that there are.
func (s spread) extend(n, count int) Scatter {
	if s.index == nil {
		return s
	}
	out := s
	out.index = slices.Clone(s.index)
	mean, _ := tensor.Moments(s.index[n])
	out.index[n] = append(slices.Clone(s.index[n]), slices.Repeat([]float64{mean}, count)...)
	return out
}

// Extend returns the posterior with count further rows of mode n, given some cells that have them, in the units of the
// samples. Every sample has its own rows: a draw from their conditional distribution given the sample's other factors, its
// noise and the cells,
//
//	u ~ N(P⁻¹b, P⁻¹) ,   P = Λ + Σ_c τ_c d_c d_cᵀ ,   b = Λμ + Σ_c τ_c y_c d_c ,   d_c = Π_{m≠n} u_m[i_m] ,
//
// with μ and Λ drawn from their conditional given the sample's rows of the mode, as [NormalWishart] has it. So the rows
// have no order, whatever prior the chain had; the noise of further indices is that of a typical one; and the other
// factors learn nothing from the cells. The normal variates of a row are centred over the samples and stretched to
// variance 1, so that its mean is hardly a matter of chance.
func (p *Posterior) Extend(n, count int, cells *tensor.Observed, stream *rng.Stream) (*Posterior, error) {
	return p.extend(n, count, cells, stream, NormalWishart{})
}

// ExtendNonnegative is Extend for a posterior under [Nonnegative]: rows have its prior, with the precisions drawn from their
// conditional given the sample's rows of the mode, and no negative entry. A row comes from a Gibbs sampler of its own.
func (p *Posterior) ExtendNonnegative(n, count int, cells *tensor.Observed, stream *rng.Stream) (*Posterior, error) {
	return p.extend(n, count, cells, stream, Nonnegative{})
}

func (p *Posterior) extend(n, count int, cells *tensor.Observed, stream *rng.Stream, family Prior) (*Posterior, error) {
	out := &Posterior{Blocks: p.Blocks, Chains: p.Chains}
	if len(p.Samples) == 0 {
		return out, nil
	}
	width := p.Samples[0].Blocks
	normals := centred(len(p.Samples), count*width, stream)
	own := make([][]int, count) // cells of every further row
	first := p.Samples[0].Shape[n]
	for c, i := range cells.Index[n] {
		if int(i) >= first {
			own[int(i)-first] = append(own[int(i)-first], c)
		}
	}
	for k := range p.Samples {
		s := &p.Samples[k]
		noise, ok := s.Scatter.(extendable)
		if !ok {
			return nil, ErrExtend
		}
		e := newExtension(s, n, noise.extend(n, count), family, stream)
		factor := kernel.Make[float64]((first + count) * width)
		copy(factor, s.Factors[n])
		for row, mine := range own {
			e.draw(factor[(first+row)*width:][:width], cells, mine, normals[k][row*width:][:width])
		}
		m := &tensor.CP{Shape: slices.Clone(s.Shape), Blocks: width, Factors: slices.Clone(s.Factors)}
		m.Shape[n] += count
		m.Factors[n] = factor
		out.Samples = append(out.Samples, Sample{m, e.scatter})
	}
	return out, nil
}

// centred are normal numbers whose mean over the samples is 0 and whose variance 1, as far as one sample allows.
func centred(samples, count int, stream *rng.Stream) [][]float64 {
	out := make([][]float64, samples)
	for k := range out {
		out[k] = make([]float64, count)
		for i := range out[k] {
			out[k][i] = stream.NormFloat64()
		}
	}
	if samples < 3 {
		return out
	}
	for i := range count {
		var sum, squares float64
		for k := range out {
			sum += out[k][i]
		}
		mean := sum / float64(samples)
		for k := range out {
			out[k][i] -= mean
			squares += float64(out[k][i] * out[k][i])
		}
		scale := math.Sqrt(float64(samples) / squares)
		for k := range out {
			out[k][i] *= scale
		}
	}
	return out
}

// extension is the regression of further rows of mode n under one sample.
type extension struct {
	sample                   *Sample
	n                        int
	scatter                  Scatter
	columns                  []int     // blocks whose factor of the mode differs between rows
	fixed                    []float64 // the factor's value where it does not, 0 elsewhere
	prior                    rowPrior
	stream                   *rng.Stream
	stride                   int
	precision, panel, design []float64
}

// rowPrior is a prior of independent rows.
type rowPrior interface {
	prior
	row(i int, precision []float64, stride int) // as that of rowwise
}

func newExtension(s *Sample, n int, scatter Scatter, family Prior, stream *rng.Stream) *extension {
	e := &extension{sample: s, n: n, scatter: scatter, stream: stream, fixed: make([]float64, s.Blocks), design: make([]float64, s.Blocks)}
	for r := range s.Blocks {
		column := s.Column(n, r)
		if slices.Min(column) < slices.Max(column) {
			e.columns = append(e.columns, r)
		} else {
			e.fixed[r] = column[0] // the block lacks the mode
		}
	}
	width := len(e.columns)
	e.stride = linalg.Stride(width + 1)
	e.precision, e.panel = make([]float64, (width+1)*e.stride), make([]float64, 8*e.stride)
	e.prior = family.start(rows{
		factor: s.Factors[n], blocks: s.Blocks, columns: e.columns, count: s.Shape[n], stride: e.stride,
	}).(rowPrior)
	e.prior.draw(stream)
	return e
}

// draw draws a row given its cells.
func (e *extension) draw(row []float64, cells *tensor.Observed, own []int, normals []float64) {
	width := len(e.columns)
	copy(row, e.fixed)
	clear(e.precision)
	e.prior.row(0, e.precision, e.stride)
	for _, c := range own {
		e.add(cells, c)
	}
	if _, above := e.prior.(positive); above {
		const passes = 100
		for range passes {
			drawAboveZero(e.stream, row, e.columns, e.precision, e.stride)
		}
		return
	}
	if width == 0 || !linalg.Cholesky(e.precision, width, 1, e.stride, e.panel) {
		return
	}
	mean := e.precision[width*e.stride:][:width]
	for k := range mean {
		mean[k] += normals[k]
	}
	linalg.SolveUpper(e.precision, mean, width, e.stride)
	for k, r := range e.columns {
		row[r] = mean[k]
	}
}

// add adds a cell to the regression.
func (e *extension) add(cells *tensor.Observed, c int) {
	width, y := len(e.columns), cells.Values[c]
	e.sample.Others(e.design, e.n, cells, int32(c))
	for r, x := range e.fixed {
		y -= float64(x * e.design[r])
	}
	_, variance := e.scatter.At(cells.Cell(c), y)
	for k, r := range e.columns {
		weighted := e.design[r] / variance
		for l, q := range e.columns[:k+1] {
			e.precision[k*e.stride+l] += float64(weighted * e.design[q])
		}
		e.precision[width*e.stride+k] += float64(weighted * y)
	}
}
