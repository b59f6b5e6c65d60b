package posterior

import (
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/tensor"
)

// Predict sets the posterior mean of the expected value of every cell, the variance of that value between samples, and
// the variance of the noise on it: what At returns, to the last bit. index[n] are the cells' coordinates in mode n; the
// four of them and the results have one length. Cells whose coordinates but the last agree with those of the cell before
// cost half. The results do not depend on threads.
func (p *Posterior) Predict(index [][]int32, mean, variance, noise []float64, threads int) {
	count := len(mean)
	blocks := (count + chunk - 1) / chunk
	scratch := make([]predictScratch, max(1, min(threads, blocks)))
	parallel.Workers(threads, blocks, func(worker, k int) {
		begin, end := k*chunk, min(count, (k+1)*chunk)
		p.predict(index, begin, end, mean[begin:end], variance[begin:end], noise[begin:end], &scratch[worker])
	})
}

// At returns the posterior mean of a cell's expected value, the variance of that value between samples, and the
// variance of the noise on it; zeros without samples. Chains count as [pooled] says.
func (p *Posterior) At(cell []int32) (mean, variance, noise float64) {
	if len(p.Samples) == 0 {
		return 0, 0, 0
	}
	var shift float64
	var all pooled
	chains, begin := p.chains(), 0
	for _, count := range chains {
		mean, variance, noise = 0, 0, 0
		for k := range p.Samples[begin : begin+count] {
			s := &p.Samples[begin+k]
			x, e := s.Scatter.At(cell, predictor(s.CP, cell))
			if begin+k == 0 {
				shift = finite(x)
			}
			mean += x - shift
			variance += float64((x - shift) * (x - shift))
			noise += e
		}
		if begin += count; count > 0 {
			mean, variance, noise = moments(count, mean, variance, noise)
			all.add(count, mean, variance, noise)
		}
	}
	if len(chains) > 1 {
		mean, variance, noise = all.result(len(chains))
	}
	return shift + mean, variance, noise
}

// finite is x, or 0 where that is no number.
func finite(x float64) float64 {
	if measurable(x, 0, 0) {
		return x
	}
	return 0
}

// moments are those of so many samples, given their sum, that of their squares, and that of their noise.
func moments(count int, sum, squares, noise float64) (mean, variance, level float64) {
	samples := float64(count)
	mean = sum / samples
	return mean, math.Max(0, squares/samples-float64(mean*mean)), noise / samples
}

// predictor is the value of a model whose blocks fill lane groups, summed as kernel.PairDots does.
func predictor(m *tensor.CP, cell []int32) float64 {
	last := len(cell) - 1
	left, right := m.Row(0, cell[0]), m.Row(last, cell[last])
	var sum [kernel.Lanes]float64
	for begin := 0; begin < len(left); begin += kernel.Lanes {
		var product [kernel.Lanes]float64
		copy(product[:], left[begin:])
		for n := 1; n < last; n++ {
			for r, u := range m.Row(n, cell[n])[begin : begin+kernel.Lanes] {
				product[r] *= u
			}
		}
		for r, u := range right[begin : begin+kernel.Lanes] {
			if begin == 0 {
				sum[r] = product[r] * u
			} else {
				sum[r] = portable.Fused(product[r], u, sum[r])
			}
		}
	}
	return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]))
}

// predictScratch is one thread's memory.
type predictScratch struct {
	cells         [][]int32 // coordinates in every mode
	first         [][]int32 // those of the first cell of every run, but for the last mode
	run, ordinals []int32   // of every cell the run that it belongs to; 0, 1, 2, …
	products      []float64 // a row for every run
	x, e, shift   []float64
	all           []pooled
}

// predict works through at most chunk cells.
func (p *Posterior) predict(index [][]int32, begin, end int, mean, variance, noise []float64, m *predictScratch) {
	count, last := end-begin, len(index)-1
	clear(mean)
	clear(variance)
	clear(noise)
	if len(p.Samples) == 0 {
		return
	}
	stride := p.Samples[0].Blocks
	m.prepare(index, begin, end, stride)
	runs := len(m.first[0])
	x, e, shift, all := m.x[:count], m.e[:count], m.shift[:count], m.all[:count]
	clear(all)
	chains, done := p.chains(), 0
	for _, kept := range chains {
		for k := done; k < done+kept; k++ {
			s := &p.Samples[k]
			left, rows := s.Factors[0], m.first[0]
			for n := 1; n < last; n++ {
				kernel.Products(m.products, left, s.Factors[n], rows, m.first[n], stride)
				left, rows = m.products, m.ordinals[:runs]
			}
			rows = m.run
			if last == 1 {
				rows = m.cells[0]
			}
			kernel.PairDots(x, left, s.Factors[last], rows, m.cells[last], stride)
			scatter(s.Scatter, m.cells, x, e)
			if k == 0 {
				for c, v := range x {
					shift[c] = finite(v)
				}
			}
			for c, v := range x {
				d := v - shift[c]
				mean[c] += d
				variance[c] += float64(d * d)
				noise[c] += e[c]
			}
		}
		if done += kept; kept == 0 {
			continue
		}
		for c := range mean {
			mean[c], variance[c], noise[c] = moments(kept, mean[c], variance[c], noise[c])
			if len(chains) > 1 {
				all[c].add(kept, mean[c], variance[c], noise[c])
				mean[c], variance[c], noise[c] = 0, 0, 0
			}
		}
	}
	for c := range mean {
		if len(chains) > 1 {
			mean[c], variance[c], noise[c] = all[c].result(len(chains))
		}
		mean[c] += shift[c]
	}
}

// prepare sets what is the same for all samples.
func (m *predictScratch) prepare(index [][]int32, begin, end, stride int) {
	last := len(index) - 1
	m.cells, m.run, m.ordinals = m.cells[:0], m.run[:0], m.ordinals[:0]
	m.first = slices.Grow(m.first[:0], last)[:last]
	for n, column := range index {
		m.cells = append(m.cells, column[begin:end])
		if n < last {
			m.first[n] = m.first[n][:0]
		}
	}
	for c := range end - begin {
		fresh := c == 0
		for _, column := range m.cells[:last] {
			fresh = fresh || column[c] != column[c-1]
		}
		if fresh {
			m.ordinals = append(m.ordinals, int32(len(m.ordinals)))
			for n, column := range m.cells[:last] {
				m.first[n] = append(m.first[n], column[c])
			}
		}
		m.run = append(m.run, int32(len(m.ordinals)-1))
	}
	if need := len(m.ordinals) * stride; len(m.products) < need {
		m.products = kernel.Make[float64](need)
	}
	if count := end - begin; len(m.x) < count {
		m.x, m.e, m.shift = make([]float64, count), make([]float64, count), make([]float64, count)
		m.all = make([]pooled, count)
	}
}

// scatters is a Scatter that knows many cells at once: it replaces the predictors x by expected values and sets the
// variances of observations.
type scatters interface {
	cells(index [][]int32, x, variance []float64)
}

func scatter(s Scatter, index [][]int32, x, variance []float64) {
	if many, ok := s.(scatters); ok {
		many.cells(index, x, variance)
		return
	}
	cell := make([]int32, len(index))
	for c := range x {
		for n := range cell {
			cell[n] = index[n][c]
		}
		x[c], variance[c] = s.At(cell, x[c])
	}
}
