package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// filter draws the parameters of one column given its values at the labels that have cells. Weights and variance are
// integrated out where length and share are drawn.
type filter struct {
	p       *process
	columns int // B + 1: the functions, and the values
	state   [][maxOrder]float64
	e       []float64 // innovations
	values  []float64
	// Of the last evaluation: the Gram matrix of whitened functions and values, Σ log of the innovations' variances, and
	// L with L Lᵀ = Γ + V⁻¹.
	gram, lower, panel []float64
	logs               float64
	squares            float64 // of the whitened values, less what the functions explain
	beta               []float64
}

func newFilter(p *process) *filter {
	n := p.functions + 1
	stride := linalg.Stride(n)
	return &filter{
		p: p, columns: n, state: make([][maxOrder]float64, n), e: make([]float64, n), values: make([]float64, len(p.known)),
		gram: make([]float64, n*n), lower: make([]float64, n*stride), panel: make([]float64, 8*stride),
		beta: make([]float64, n),
	}
}

// whiten passes functions and values through the Kalman filter of a process of variance 1.
func (f *filter) whiten(length, alpha float64) {
	p, n := f.p, f.columns
	for i := range f.state {
		f.state[i] = [maxOrder]float64{}
	}
	clear(f.gram)
	f.logs = 0
	lambda := math.Sqrt(float64(2*p.order-1)) / length
	k := kalman{matern: p.matern, alpha: alpha, cov: scaled(p.stationary, 1-alpha)}
	last, logged := math.NaN(), 1.0
	for known, at := range p.known {
		if known > 0 {
			delta := gap(lambda, p.at[at]-p.at[p.known[known-1]])
			if delta != last {
				k.transition(delta)
				last = delta
			}
			k.predict()
			for c := range f.state {
				f.state[c] = k.advance(f.state[c])
			}
		}
		k.update()
		copy(f.e, p.basis[at*p.functions:][:p.functions])
		f.e[n-1] = f.values[known]
		for c := range f.e {
			x := &f.state[c]
			e := f.e[c] - x[0]
			f.e[c] = e
			for i, g := range k.gain {
				x[i] += float64(g * e)
			}
		}
		for c, x := range f.e {
			x /= k.variance
			row := f.gram[c*n:][:c+1]
			for b, y := range f.e[:c+1] {
				row[b] += float64(x * y)
			}
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

// The variance of a column has the prior of a normal–Wishart's: inverse gamma with shape ½ and rate ½.
const half = 0.5

// evidence returns the logarithm of the density of the values given length and share, weights and variance integrated
// out, but for a constant.
func (f *filter) evidence(c *curve) float64 {
	f.whiten(c.length, c.alpha())
	n, b := f.columns, f.p.functions
	stride := linalg.Stride(n)
	for i := range b {
		copy(f.lower[i*stride:], f.gram[i*n:][:i+1])
		f.lower[i*stride+i] += 1 / c.shares[i]
	}
	copy(f.beta, f.gram[b*n:][:b])
	if !linalg.Cholesky(f.lower, b, stride, f.panel) {
		return math.Inf(-1)
	}
	linalg.SolveLower(f.lower, f.beta, b, stride)
	f.squares = f.gram[b*n+b]
	logs := float64(f.logs / 2)
	for i, x := range f.beta[:b] {
		f.squares -= float64(x * x)
		logs += portable.Log(f.lower[i*stride+i]) + float64(portable.Log(c.shares[i])/2)
	}
	f.squares = max(0, f.squares)
	return -logs - float64((half+float64(float64(len(f.values))/2))*portable.Log(half+float64(f.squares/2)))
}

// draw samples the parameters of column r.
func (f *filter) draw(s *rng.Stream, r int) {
	p := f.p
	c := &p.curves[r]
	for known, k := range p.known {
		f.values[known] = p.factor[p.sorted[k]*p.blocks+p.columns[r]]
	}
	middle := portable.Log(p.length)
	density := func() float64 {
		x, y := (portable.Log(c.length)-middle)/p.spread, (c.rough-roughMean)/roughSpread
		return f.evidence(c) - float64((float64(x*x)+float64(y*y))/2)
	}
	level := density()
	x := portable.Log(c.length)
	level = slice(s, &x, level, 1, portable.Log(p.shortest), portable.Log(p.longest), func() float64 {
		c.length = portable.Exp(x)
		return density()
	})
	c.length = portable.Exp(x)
	slice(s, &c.rough, level, 2, -14, 14, density)
	f.evidence(c)
	f.drawWeights(s, c)
}

const roughMean, roughSpread = -3, 3

// drawWeights samples variance, weights and their variances, after evidence.
func (f *filter) drawWeights(s *rng.Stream, c *curve) {
	b, stride := f.p.functions, linalg.Stride(f.columns)
	c.variance = (half + float64(f.squares/2)) / gamma(s, half+float64(float64(len(f.values))/2))
	deviation := math.Sqrt(c.variance)
	for i := range b {
		f.beta[i] += float64(deviation * s.NormFloat64())
	}
	linalg.SolveUpper(f.lower, f.beta, b, stride)
	copy(c.weights, f.beta)
	c.shares[0] = share(s, c.weights[:1], c.variance)
	for i := 1; i+1 < b; i += 2 {
		v := share(s, c.weights[i:i+2], c.variance)
		c.shares[i], c.shares[i+1] = v, v
	}
}

// share draws the variance of weights relative to variance, whose prior is inverse gamma with shape and rate ½.
func share(s *rng.Stream, weights []float64, variance float64) float64 {
	rate := half
	for _, w := range weights {
		rate += float64(w * w / variance / 2)
	}
	return min(1e8, rate/gamma(s, half+float64(float64(len(weights))/2)))
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
