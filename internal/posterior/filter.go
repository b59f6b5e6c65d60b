package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// filter draws the parameters of the processes given the rows of the labels that have cells.
type filter struct {
	p      *process
	rows   []float64 // of the labels with cells, R entries each
	values []float64 // one process at those labels
	state  [][maxOrder]float64

	// Of whiten: the Gram matrix of functions and values, Σ log of the innovations' variances; scratch of chunk rows.
	gram, some, weight, scratch []float64
	logs                        float64
	// Of reduce: L with L Lᵀ = Γ + V⁻¹, Γ the Gram matrix of the functions; below it L⁻¹ g, g a value's products with it.
	lower, panel []float64

	mixing linalg.LU
	draws  []float64
}

func newFilter(p *process) *filter {
	r := len(p.columns)
	n := p.functions + r
	stride := linalg.Stride(n)
	return &filter{
		p: p, rows: make([]float64, len(p.known)*r), values: make([]float64, len(p.known)),
		state: make([][maxOrder]float64, n), gram: make([]float64, n*stride), some: make([]float64, chunk*stride),
		weight: make([]float64, chunk), scratch: make([]float64, chunk*stride), lower: make([]float64, n*stride),
		panel: make([]float64, 8*stride), draws: make([]float64, r),
	}
}

// whiten passes the functions and the columns of values, rows of that width, through the Kalman filter of a process.
func (f *filter) whiten(c *curve, values []float64, width int) {
	p, n := f.p, f.p.functions+width
	stride := linalg.Stride(n)
	state := f.state[:n]
	clear(state)
	clear(f.gram)
	f.logs = 0
	alpha := c.alpha()
	lambda := math.Sqrt(float64(2*p.order-1)) / c.length
	k := newKalman(p.matern, alpha)
	last, logged := math.NaN(), 1.0
	for known, at := range p.known {
		if known > 0 {
			delta := gap(lambda, p.at[at]-p.at[p.known[known-1]])
			if delta != last {
				k.transition(delta)
				last = delta
			}
			k.predict()
			for c := range state {
				state[c] = k.advance(state[c])
			}
		}
		k.update()
		place := known % chunk
		e := f.some[place*stride:][:n]
		copy(e, p.basis[at*p.functions:][:p.functions])
		copy(e[p.functions:], values[known*width:][:width])
		for c := range e {
			x := &state[c]
			e[c] -= x[0]
			for i, g := range k.gain {
				x[i] += float64(g * e[c])
			}
		}
		f.weight[place] = 1 / k.variance
		if place+1 == chunk || known+1 == len(p.known) {
			linalg.AddGram(f.gram, f.some, f.weight[:place+1], f.scratch, n, stride)
		}
		if logged *= k.variance; logged < 1e-200 || logged > 1e200 {
			f.logs += portable.Log(logged)
			logged = 1
		}
	}
	f.logs += portable.Log(logged)
}

// gap is the distance in units of 1/λ; what is nearly nothing counts as a little, so that precisions stay finite.
func gap(lambda, distance float64) float64 { return max(1e-4, lambda*distance) }

// reduce integrates the weights of the functions out: it takes from the values' products in f.gram, after whiten, what
// the functions explain. It returns ½ log |V (Γ + V⁻¹)|.
func (f *filter) reduce(c *curve, width int) (logs float64) {
	b, stride := f.p.functions, linalg.Stride(f.p.functions+width)
	copy(f.lower[:(b+width)*stride], f.gram)
	for i := range b {
		f.lower[i*stride+i] += 1 / c.shares[i]
	}
	if !linalg.Cholesky(f.lower, b, 0, stride, f.panel) {
		return math.Inf(1)
	}
	for i := range b {
		logs += portable.Log(f.lower[i*stride+i]) + float64(portable.Log(c.shares[i])/2)
	}
	for i := b; i < b+width; i++ {
		row := f.lower[i*stride:]
		linalg.SolveLower(f.lower, row, b, stride)
		for j := b; j <= i; j++ {
			other := f.lower[j*stride:]
			for k, x := range row[:b] {
				f.gram[i*stride+j] -= float64(x * other[k])
			}
		}
	}
	return logs
}

// evidence returns the logarithm of the density of f.values given length and share, but for a constant. The weights are
// integrated out, and so is the scale of the row of M that makes the values, the square of whose norm is given:
// with S the sum of the reduced squares, n values and R columns, it is −½ log |K| − (n + R)/2 log((square + S)/2).
func (f *filter) evidence(c *curve, square float64) float64 {
	f.whiten(c, f.values, 1)
	logs := float64(f.logs/2) + f.reduce(c, 1)
	b, stride := f.p.functions, linalg.Stride(f.p.functions+1)
	squares := max(0, f.gram[b*stride+b])
	shape := float64(len(f.values)+len(f.p.columns)) / 2
	return -logs - float64(shape*portable.Log((square+squares)/2))
}

// draw samples the parameters of every process in turn.
func (f *filter) draw(s *rng.Stream) {
	p, width := f.p, len(f.p.columns)
	for known, k := range p.known {
		for r, column := range p.columns {
			f.rows[known*width+r] = p.factor[p.sorted[k]*p.blocks+column]
		}
	}
	for r := range p.curves {
		c := &p.curves[r]
		m := p.mixing[r*width:][:width]
		for known := range p.known {
			f.values[known] = linalg.Dot(f.rows[known*width:][:width], m)
		}
		f.drawShape(s, c, linalg.Norm2(m))
		f.whiten(c, f.rows, width)
		f.reduce(c, width)
		f.drawMixing(s, r)
		f.drawWeights(s, c, m)
	}
}

// The prior of the log-odds of a process's share α is normal.
const roughMean, roughSpread = -3, 3

// drawShape samples length and share of a process.
func (f *filter) drawShape(s *rng.Stream, c *curve, square float64) {
	p := f.p
	middle := portable.Log(p.length)
	density := func() float64 {
		x, y := (portable.Log(c.length)-middle)/p.spread, (c.rough-roughMean)/roughSpread
		return f.evidence(c, square) - float64((float64(x*x)+float64(y*y))/2)
	}
	level := density()
	x := portable.Log(c.length)
	level = slice(s, &x, level, 1, portable.Log(p.shortest), portable.Log(p.longest), func() float64 {
		c.length = portable.Exp(x)
		return density()
	})
	c.length = portable.Exp(x)
	slice(s, &c.rough, level, 2, -14, 14, density)
}

// drawMixing samples row r of M given the others, after reduce: with S the products of the reduced rows, n of them,
//
//	p(m) ∝ |det M|ⁿ exp(−½ mᵀ(S + I) m) ,      det M ∝ m·l ,  l column r of M⁻¹ .
//
// where S + I is the identity the part of m along l is a χ with n + 1 degrees of freedom, and the rest is normal
// (Waggoner & Zha 2003).
func (f *filter) drawMixing(s *rng.Stream, r int) {
	p, width := f.p, len(f.p.columns)
	b, wide, stride := p.functions, linalg.Stride(p.functions+width), linalg.Stride(width)
	across := f.draws
	clear(across)
	across[r] = 1
	copy(f.mixing.Matrix(width), p.mixing)
	if f.mixing.Factor() != nil {
		return
	}
	f.mixing.Solve(across)
	square := f.scratch
	for i := range width {
		copy(square[i*stride:], f.gram[(b+i)*wide+b:][:i+1])
		square[i*stride+i]++
	}
	if !linalg.Cholesky(square, width, 0, stride, f.panel) {
		return
	}
	linalg.SolveLower(square, across, width, stride)
	linalg.Scale(across, 1/linalg.Norm(across))
	m := p.mixing[r*width:][:width]
	for i := range m {
		m[i] = s.NormFloat64()
	}
	along := math.Sqrt(2 * gamma(s, float64(len(p.known)+1)/2))
	linalg.Axpy(m, along-linalg.Dot(m, across), across)
	linalg.SolveUpper(square, m, width, stride)
}

// drawWeights samples the weights of a process and their variances, after reduce.
func (f *filter) drawWeights(s *rng.Stream, c *curve, m []float64) {
	b, stride := f.p.functions, linalg.Stride(f.p.functions+len(m))
	for i := range b {
		c.weights[i] = s.NormFloat64()
		for j, x := range m {
			c.weights[i] += float64(x * f.lower[(b+j)*stride+i])
		}
	}
	linalg.SolveUpper(f.lower, c.weights, b, stride)
	c.shares[0] = share(s, c.weights[:1])
	for i := 1; i+1 < b; i += 2 {
		v := share(s, c.weights[i:i+2])
		c.shares[i], c.shares[i+1] = v, v
	}
}

// share draws the variance of weights, whose prior is inverse gamma with shape and rate ½.
func share(s *rng.Stream, weights []float64) float64 {
	return min(1e8, (1+linalg.Norm2(weights))/(2*gamma(s, float64(1+len(weights))/2)))
}

// slice moves *x by one step of slice sampling (Neal 2003) between low and high, given the log density at *x, and
// returns the new one.
func slice(s *rng.Stream, x *float64, level, width, low, high float64, density func() float64) float64 {
	const most = 6 // widths that the interval may grow by
	begin, floor := *x, level-s.ExpFloat64()
	left := begin - float64(width*s.Float64())
	right := left + width
	reaches := func(at float64) bool {
		*x = at
		return density() > floor
	}
	before := s.IntN(most)
	for k := 0; k < before && left > low && reaches(left); k++ {
		left -= width
	}
	for k := before + 1; k < most && right < high && reaches(right); k++ {
		right += width
	}
	left, right = max(left, low), min(right, high)
	for range 50 {
		*x = left + float64((right-left)*s.Float64())
		if at := density(); at > floor {
			return at
		}
		if *x < begin {
			left = *x
		} else {
			right = *x
		}
	}
	*x = begin
	return density()
}
