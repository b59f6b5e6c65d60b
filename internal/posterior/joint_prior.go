package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// fromPrior draws Λ as a sum of as many squares of normal rows as it has degrees of freedom.
func (p *normal) fromPrior(s *rng.Stream, _ Prior) {
	width := len(p.columns)
	if width == 0 {
		return
	}
	clear(p.precision)
	row := make([]float64, width)
	for range width {
		fillNormal(s, row)
		for k, x := range row {
			linalg.Axpy(p.precision[k*width:][:width], x, row)
		}
	}
	fillNormal(s, p.mean)
	p.scaleBack(p.mean)
	p.setShift()
	for i := range p.count {
		fillNormal(s, row)
		p.scaleBack(row)
		for k, r := range p.columns {
			p.factor[i*p.blocks+r] = p.mean[k] + row[k]
		}
	}
}

// scaleBack multiplies by L⁻ᵀ, L Lᵀ = Λ.
func (p *normal) scaleBack(x []float64) {
	width, stride := len(x), linalg.Stride(len(x))
	l := make([]float64, width*stride)
	for k := range width {
		copy(l[k*stride:], p.precision[k*width:][:k+1])
	}
	if linalg.Cholesky(l, width, 0, stride, p.panel) {
		linalg.SolveUpper(l, x, width, stride)
	}
}

func fillNormal(s *rng.Stream, x []float64) {
	for k := range x {
		x[k] = s.NormFloat64()
	}
}

// quantities of rows and mean are taken in units of their scatter, which does not trade with that of other modes.
func (p *normal) quantities(visit visitor) {
	var trace float64
	width := len(p.columns)
	if width == 0 {
		return
	}
	row := make([]float64, width)
	for k, r := range p.columns {
		trace += p.precision[k*width+k]
		row[k] = p.factor[r]
	}
	visit("log trace of the precision", portable.Log(trace))
	visit("log size of the mean", portable.Log(p.square(p.mean)))
	visit("log size of the first row", portable.Log(p.square(row)))
}

// square is xᵀΛx.
func (p *normal) square(x []float64) (sum float64) {
	for k, v := range x {
		sum += float64(v * linalg.Dot(p.precision[k*len(x):][:len(x)], x))
	}
	return sum
}

// fromPrior draws the processes from their covariance matrix, and the rows from them.
func (p *process) fromPrior(s *rng.Stream, family Prior) {
	d, width, order := p.count, len(p.columns), family.(GaussianProcess).withDefaults().Order
	p.sweeps = 1 // the rows are draws from the first sweep on
	for k := range p.mixing {
		p.mixing[k] = s.NormFloat64()
	}
	z := make([]float64, d*width)
	for r := range p.curves {
		c := &p.curves[r]
		c.fromPrior(s, p)
		values := p.drawPlain(s, c, order)
		for k, x := range values {
			for b, w := range c.weights {
				x += float64(w * p.basis[k*p.functions+b])
			}
			z[k*width+r] = x
		}
	}
	var mixing linalg.LU
	copy(mixing.Matrix(width), p.mixing)
	if mixing.Factor() != nil {
		return
	}
	for k, i := range p.sorted {
		mixing.Solve(z[k*width:][:width])
		for r, column := range p.columns {
			p.factor[i*p.blocks+column] = z[k*width+r]
		}
	}
}

func (c *curve) fromPrior(s *rng.Stream, p *process) {
	for c.length = 0; c.length < p.shortest || c.length > p.longest; {
		c.length = p.length * portable.Exp(p.spread*s.NormFloat64())
	}
	for c.rough = 20; math.Abs(c.rough) > 14; {
		c.rough = roughMean + float64(roughSpread*s.NormFloat64())
	}
	for b := range c.weights {
		if b == 0 || b%2 == 1 {
			c.shares[b] = 0.5 / plainGamma(s, 0.5)
		} else {
			c.shares[b] = c.shares[b-1]
		}
		c.weights[b] = math.Sqrt(c.shares[b]) * s.NormFloat64()
	}
}

// drawPlain draws f + w at the sorted labels.
func (p *process) drawPlain(s *rng.Stream, c *curve, order int) []float64 {
	d, stride := p.count, linalg.Stride(p.count)
	l, own := make([]float64, d*stride), c.alpha()
	for i := range d {
		for k := range i + 1 {
			t := math.Abs(p.at[i]-p.at[k]) / c.length
			correlation := portable.Exp(-t)
			if order == 2 {
				root := float64(math.Sqrt(3) * t)
				correlation = (1 + root) * portable.Exp(-root)
			}
			l[i*stride+k] = (1 - own) * correlation
		}
		l[i*stride+i] += own + 1e-12
	}
	out, normals := make([]float64, d), make([]float64, d)
	fillNormal(s, normals)
	if linalg.Cholesky(l, d, 0, stride, make([]float64, 8*stride)) {
		for i := range d {
			out[i] = linalg.Dot(l[i*stride:][:i+1], normals[:i+1])
		}
	}
	return out
}

// quantities of rows are those of the processes, whose size does not trade with that of other modes.
func (p *process) quantities(visit visitor) {
	var length, rough, variance, loads, longest float64
	for r := range p.curves {
		c := &p.curves[r]
		length += portable.Log(c.length)
		longest = math.Max(longest, c.length)
		rough += c.rough
		for _, v := range c.shares {
			variance += portable.Log(v)
		}
		loads += portable.Log(1 + linalg.Norm2(c.weights))
	}
	visit("log lengths", length)
	visit("longest length", longest)
	visit("log-odds of the labels' own shares", rough)
	visit("log variances of the weights", variance)
	visit("log size of the weights", loads)
	visit("log norm of the mixing matrix", portable.Log(linalg.Norm2(p.mixing)))
	closest := 1
	for k := 1; k < p.count; k++ {
		if p.at[k]-p.at[k-1] < p.at[closest]-p.at[closest-1] {
			closest = k
		}
	}
	visit("log size of the first row", portable.Log(p.square(0, -1)))
	visit("log size of the shortest step", portable.Log(p.square(closest, closest-1)))
	visit("log size of the whole step", portable.Log(p.square(p.count-1, 0)))
}

// square is the sum over the processes of the square of the k-th sorted label's value less that of label l, if any.
func (p *process) square(k, l int) (sum float64) {
	width := len(p.columns)
	for r := range width {
		var z float64
		for q, column := range p.columns {
			x := p.factor[p.sorted[k]*p.blocks+column]
			if l >= 0 {
				x -= p.factor[p.sorted[l]*p.blocks+column]
			}
			z += float64(p.mixing[r*width+q] * x)
		}
		sum += float64(z * z)
	}
	return sum
}

func (p *ridge) fromPrior(s *rng.Stream, _ Prior) {
	p.precision = plainGamma(s, 1)
	for i := range p.count {
		for _, r := range p.columns {
			p.factor[i*p.blocks+r] = s.NormFloat64() / math.Sqrt(p.precision)
		}
	}
}

// quantities are those of rows in units of their scatter, which does not trade with that of other modes.
func (p *ridge) quantities(visit visitor) {
	var first, last float64
	for _, r := range p.columns {
		u, v := p.factor[r], p.factor[(p.count-1)*p.blocks+r]
		first += float64(p.precision * u * u)
		last += float64(p.precision * v * v)
	}
	visit("log precision", portable.Log(p.precision))
	visit("log size of the first row", portable.Log(first))
	visit("log size of the last row", portable.Log(last))
}

func (p *nonnegative) fromPrior(s *rng.Stream, _ Prior) {
	for k, r := range p.columns {
		p.precision[k] = 2 * plainGamma(s, 0.5)
		for i := range p.count {
			p.factor[i*p.blocks+r] = math.Abs(s.NormFloat64()) / math.Sqrt(p.precision[k])
		}
	}
}

// quantities are those of rows in units of their scatter, which does not trade with that of other modes.
func (p *nonnegative) quantities(visit visitor) {
	var total, first, last float64
	for k, r := range p.columns {
		level := p.precision[k]
		total += level
		u, v := p.factor[r], p.factor[(p.count-1)*p.blocks+r]
		first += float64(level * u * u)
		last += float64(level * v * v)
	}
	visit("log sum of the precisions", portable.Log(total))
	visit("log size of the first row", portable.Log(first))
	visit("log size of the last row", portable.Log(last))
}
