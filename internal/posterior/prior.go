package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// prior is the normal prior N(μ, Λ⁻¹) of the rows of one factor, under a normal–Wishart hyperprior with mean 0,
// one pseudo-row, scale I and as many degrees of freedom as columns.
type prior struct {
	precision []float64 // Λ, full symmetric, width×width
	shift     []float64 // Λ μ
	mean      []float64 // μ
	// scratch
	inverse, bartlett, rows, gram, panel, ones, draws []float64
}

func newPrior(width, d int) prior {
	stride := linalg.Stride(width)
	p := prior{
		precision: make([]float64, width*width),
		shift:     make([]float64, width),
		mean:      make([]float64, width),
		inverse:   make([]float64, width*stride),
		bartlett:  make([]float64, width*stride),
		rows:      make([]float64, min(d, chunk)*stride),
		gram:      make([]float64, max(min(d, chunk), width)*stride),
		panel:     make([]float64, 8*stride),
		ones:      linalg.Ones(max(min(d, chunk), width)),
		draws:     make([]float64, width),
	}
	for k := range width {
		p.precision[k*width+k] = 1
	}
	return p
}

// draw samples μ and Λ given d rows of a factor.
func (p *prior) draw(s *rng.Stream, factor []float64, blocks int, columns []int, d int) {
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
	// W⁻¹ = I + Σ (u − ū)(u − ū)ᵀ + d β/(d + β) ū ūᵀ
	stride := linalg.Stride(width)
	clear(p.inverse)
	p.addRows(d, width, func(row []float64, i int) {
		for k, r := range columns {
			row[k] = factor[i*blocks+r] - p.mean[k]
		}
	})
	shrink := float64(d) * pseudo / (float64(d) + pseudo)
	for k := range width {
		for l := range k + 1 {
			p.inverse[k*stride+l] += shrink * p.mean[k] * p.mean[l]
		}
		p.inverse[k*stride+k]++
	}
	p.drawWishart(s, width, float64(width+d))
	// μ ~ N(d ū/(d + β), ((d + β) Λ)⁻¹)
	for k := range width {
		copy(p.inverse[k*stride:], p.precision[k*width:][:k+1])
		p.draws[k] = s.NormFloat64()
	}
	if linalg.Cholesky(p.inverse, width, stride, p.panel) {
		linalg.SolveUpper(p.inverse, p.draws, width, stride)
		for k := range width {
			p.mean[k] = p.mean[k]*float64(d)/(float64(d)+pseudo) + p.draws[k]/math.Sqrt(float64(d)+pseudo)
		}
	}
	p.setShift()
}

// addRows adds Σ_i row_i row_iᵀ to p.inverse, where set fills row i.
func (p *prior) addRows(count, width int, set func(row []float64, i int)) {
	stride := linalg.Stride(width)
	for begin := 0; begin < count; begin += chunk {
		some := min(chunk, count-begin)
		for k := range some {
			set(p.rows[k*stride:][:width], begin+k)
		}
		linalg.AddGram(p.inverse, p.rows, p.ones[:some], p.gram, width)
	}
}

// drawSteps samples Λ given that the differences of neighbouring rows are N(0, Λ⁻¹).
func (p *prior) drawSteps(s *rng.Stream, factor []float64, blocks int, columns []int, d int) {
	width := len(columns)
	stride := linalg.Stride(width)
	clear(p.inverse)
	p.addRows(d-1, width, func(row []float64, i int) {
		for k, r := range columns {
			row[k] = factor[(i+1)*blocks+r] - factor[i*blocks+r]
		}
	})
	for k := range width {
		p.inverse[k*stride+k]++
	}
	p.drawWishart(s, width, float64(width+d-1))
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

// drawWishart sets Λ to a draw from the Wishart distribution with the given degrees of freedom whose scale matrix is
// the inverse of the matrix with lower triangle p.inverse, which is overwritten.
func (p *prior) drawWishart(s *rng.Stream, width int, freedom float64) {
	stride := linalg.Stride(width)
	if !linalg.Cholesky(p.inverse, width, stride, p.panel) {
		return
	}
	// The scale is L⁻ᵀL⁻¹; with Bartlett's triangle A, Λ = (L⁻ᵀA)(L⁻ᵀA)ᵀ. Row l of bartlett is column l of A.
	clear(p.bartlett)
	for k := range width {
		p.bartlett[k*stride+k] = math.Sqrt(2 * gamma(s, (freedom-float64(k))/2))
		for l := range k {
			p.bartlett[l*stride+k] = s.NormFloat64()
		}
	}
	for l := range width {
		linalg.SolveUpper(p.inverse, p.bartlett[l*stride:], width, stride)
	}
	clear(p.inverse)
	linalg.AddGram(p.inverse, p.bartlett, p.ones[:width], p.gram, width)
	for k := range width {
		for l := range k + 1 {
			p.precision[k*width+l] = p.inverse[k*stride+l]
			p.precision[l*width+k] = p.inverse[k*stride+l]
		}
	}
}
