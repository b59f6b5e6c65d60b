package posterior

import (
	"math"

	"lacuna/internal/rng"
)

// prior is the normal prior N(μ, Λ⁻¹) of the rows of one factor, under a normal–Wishart hyperprior with mean 0,
// one pseudo-row, scale I and as many degrees of freedom as columns; or, diagonal, a gamma hyperprior for each column.
type prior struct {
	precision []float64 // Λ, full symmetric, width×width
	shift     []float64 // Λ μ
	mean      []float64
	scratch   []float64
	rows      []float64
}

func newPrior(width int) prior {
	p := prior{
		precision: make([]float64, width*width),
		shift:     make([]float64, width),
		mean:      make([]float64, width),
		scratch:   make([]float64, 2*width*width),
	}
	for k := range width {
		p.precision[k*width+k] = 1
	}
	return p
}

// draw samples μ and Λ given d rows of a factor.
func (p *prior) draw(s *rng.Stream, factor []float64, blocks int, columns []int, d int, ridge bool) {
	width := len(columns)
	const pseudo = 1.0
	clear(p.mean)
	for i := range d {
		for k, r := range columns {
			p.mean[k] += factor[i*blocks+r]
		}
	}
	for k := range p.mean {
		p.mean[k] /= float64(d)
	}
	if ridge {
		p.drawRidge(s, factor, blocks, columns, d)
		return
	}
	// W⁻¹ = I + Σ (u − ū)(u − ū)ᵀ + d β/(d + β) ū ūᵀ
	inverse, lower := p.scratch[:width*width], p.scratch[width*width:]
	clear(inverse)
	if len(p.rows) < d*width {
		p.rows = make([]float64, d*width)
	}
	for i := range d {
		for k, r := range columns {
			p.rows[i*width+k] = factor[i*blocks+r] - p.mean[k]
		}
	}
	one := ones(d)
	addOuters(inverse, make([]float64, width), p.rows, one, make([]float64, d), width)
	shrink := float64(d) * pseudo / (float64(d) + pseudo)
	for k := range width {
		for l := range k + 1 {
			inverse[k*width+l] += shrink * p.mean[k] * p.mean[l]
		}
		inverse[k*width+k]++
	}
	drawWishart(s, p.precision, inverse, lower, width, float64(width+d))
	// μ ~ N(d ū/(d + β), ((d + β) Λ)⁻¹)
	copy(lower, p.precision)
	if !cholesky(lower, width) {
		return
	}
	z := make([]float64, width)
	for k := range z {
		z[k] = s.NormFloat64()
	}
	solveUpper(lower, z, width)
	for k := range z {
		p.mean[k] = p.mean[k]*float64(d)/(float64(d)+pseudo) + z[k]/math.Sqrt(float64(d)+pseudo)
	}
	p.setShift()
}

func (p *prior) drawRidge(s *rng.Stream, factor []float64, blocks int, columns []int, d int) {
	width := len(columns)
	clear(p.precision)
	for k, r := range columns {
		var squares float64
		for i := range d {
			u := factor[i*blocks+r]
			squares += u * u
		}
		p.precision[k*width+k] = gamma(s, 1+float64(d)/2) / (1e-3 + squares/2)
		p.mean[k] = 0
	}
	p.setShift()
}

func (p *prior) setShift() {
	width := len(p.mean)
	for k := range width {
		var sum float64
		for l, m := range p.mean {
			sum += p.precision[k*width+l] * m
		}
		p.shift[k] = sum
	}
}

// drawWishart sets out to a draw from the Wishart distribution with the given degrees of freedom, whose scale matrix
// is the inverse of the matrix with lower triangle inverse; inverse and scratch are overwritten.
func drawWishart(s *rng.Stream, out, inverse, scratch []float64, width int, freedom float64) {
	if !cholesky(inverse, width) {
		return
	}
	// Scale = inverse⁻¹ = L⁻ᵀL⁻¹; with Bartlett's A, Λ = L⁻ᵀ A Aᵀ L⁻¹, so the columns of L⁻ᵀA are what is needed.
	clear(scratch)
	for k := range width {
		scratch[k*width+k] = math.Sqrt(2 * gamma(s, (freedom-float64(k))/2))
		for l := range k {
			scratch[l*width+k] = s.NormFloat64() // column-major lower triangle: entry (k, l)
		}
	}
	for l := range width {
		solveUpper(inverse, scratch[l*width:][:width], width)
	}
	for k := range width {
		for l := range k + 1 {
			var sum float64
			for m := range width {
				sum += scratch[m*width+k] * scratch[m*width+l]
			}
			out[k*width+l] = sum
			out[l*width+k] = sum
		}
	}
}
