package spectral

import (
	"context"
	"fmt"
	"math"

	"lacuna/internal/als"
	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

const (
	mostCore  = 1000 // entries of a core
	perEntry  = 20   // cells that are sampled for each of them
	coreTries = 8    // random starts of the CP model of the core
	sweeps    = 200
)

// Start returns a CP model with that many blocks, whose factors lie in the spans found, every block's norm shared evenly
// among its modes. It returns nil when there are too few cells or ctx ends. It costs up to 10¹⁰ operations.
func (s *Spans) Start(ctx context.Context, blocks int) *tensor.CP {
	order := len(s.width)
	side := int(portable.Pow(mostCore, 1/float64(order)) + 1e-9)
	shape := make(tensor.Shape, order)
	entries := 1
	for n, width := range s.width {
		shape[n] = min(width, blocks, side)
		entries *= shape[n]
	}
	if entries == 0 || s.data.Len() < 2*entries {
		return nil
	}
	core := s.coreOf(ctx, shape, entries)
	if core == nil {
		return nil
	}
	small := decompose(ctx, core, blocks, s.seed, s.threads)
	if small == nil {
		return nil
	}
	out := tensor.NewCP(s.data.Shape(), blocks)
	for n, d := range out.Shape {
		for i := range d {
			row := out.Factors[n][i*blocks:][:blocks]
			for k, v := range s.vectors[n][i*s.width[n]:][:shape[n]] {
				for r, u := range small.Row(n, int32(k)) {
					row[r] += float64(v * u)
				}
			}
		}
	}
	balance(out)
	return out
}

// coreOf is the core of that shape, which many numbers of blocks share; nil when there is none.
func (s *Spans) coreOf(ctx context.Context, shape tensor.Shape, entries int) *tensor.Observed {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	key := fmt.Sprint(shape)
	core, known := s.cores[key]
	if !known {
		if core = s.core(ctx, shape, entries); core != nil {
			s.cores[key] = core
		}
	}
	return core
}

// core is the least squares fit of a tensor of that shape between the spans to a sample of the cells, as cells of its
// own: y_c ≈ Σ_k core[k] Π_n vectors_n[i_n, k_n]. A ridge keeps it finite where the sample does not determine it.
func (s *Spans) core(ctx context.Context, shape tensor.Shape, entries int) *tensor.Observed {
	const ridge, some, rows = 1e-6, 256, 32
	stride := linalg.Stride(entries + 1)
	gram := make([]float64, (entries+1)*stride)
	h := make([]float64, some*stride)
	sample := rng.New(s.seed, "spectral/sample").Perm(s.data.Len())
	sample = sample[:min(len(sample), perEntry*entries)]
	for len(sample) > 0 {
		if ctx.Err() != nil {
			return nil
		}
		count := min(some, len(sample))
		parallel.For(s.threads, (count+rows-1)/rows, func(p int) {
			for k := p * rows; k < min(count, (p+1)*rows); k++ {
				s.design(h[k*stride:][:entries+1], shape, sample[k])
			}
		})
		parallel.For(s.threads, (entries+rows)/rows, func(p int) {
			kernel.AddGramRows(gram, h, h, p*rows, min(entries+1, (p+1)*rows), count, stride)
		})
		sample = sample[count:]
	}
	var trace float64
	for k := range entries {
		trace += gram[k*stride+k]
	}
	for k := range entries {
		gram[k*stride+k] += ridge * trace / float64(entries)
	}
	if !linalg.Cholesky(gram, entries, 1, stride, make([]float64, 8*stride)) {
		return nil
	}
	values := gram[entries*stride:][:entries]
	linalg.SolveUpper(gram, values, entries, stride)
	index := make([][]int32, len(shape))
	for k := range entries {
		rest := k
		for n := len(shape) - 1; n >= 0; n-- {
			index[n] = append(index[n], int32(rest%shape[n]))
			rest /= shape[n]
		}
	}
	return &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: index, Values: values}
}

// design sets row to the products of the rows of the spans at cell c, the last mode innermost, and the cell's value.
func (s *Spans) design(row []float64, shape tensor.Shape, c int) {
	row[0] = 1
	size := 1
	for n, width := range shape {
		u := s.vectors[n][int(s.data.Index[n][c])*s.width[n]:][:width]
		for p := size - 1; p >= 0; p-- {
			for q := width - 1; q >= 0; q-- {
				row[p*width+q] = row[p] * u[q]
			}
		}
		size *= width
	}
	row[size] = s.data.Values[c]
}

// decompose returns the best of several CP models of the core, each from a random start by alternating least squares.
func decompose(ctx context.Context, core *tensor.Observed, blocks int, seed uint64, threads int) (best *tensor.CP) {
	_, deviation := tensor.Moments(core.Values)
	if deviation == 0 {
		return nil
	}
	fits := make([]als.Fit, coreTries)
	parallel.For(threads, coreTries, func(try int) {
		stream := rng.New(seed, fmt.Sprint("spectral/core/", try))
		from := tensor.NewCP(core.Shape(), blocks)
		for _, factor := range from.Factors {
			for k := range factor {
				factor[k] = stream.NormFloat64()
			}
		}
		fits[try] = als.Refit(ctx, core, from, 1e-6*deviation*deviation, sweeps, 1)
	})
	least := math.Inf(1)
	for _, fit := range fits {
		if ctx.Err() == nil && fit.Residual < least {
			best, least = fit.CP, fit.Residual
		}
	}
	return best
}

// balance gives the entries of every block one root mean square in all modes.
func balance(m *tensor.CP) {
	for r := range m.Blocks {
		product := 1.0
		scales := make([]float64, len(m.Shape))
		for n, d := range m.Shape {
			scales[n] = linalg.Norm(m.Column(n, r)) / math.Sqrt(float64(d))
			product *= scales[n]
		}
		if product == 0 {
			continue
		}
		target := portable.Pow(product, 1/float64(len(m.Shape)))
		for n, factor := range m.Factors {
			for k := r; k < len(factor); k += m.Blocks {
				factor[k] *= target / scales[n]
			}
		}
	}
}
