package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// NormalWishart is the prior of a mode without order: independent rows u[i] ~ N(μ, Λ⁻¹) under a normal–Wishart
// hyperprior with mean 0, one pseudo-row, scale I and as many degrees of freedom as columns.
type NormalWishart struct{}

func (NormalWishart) start(r rows) prior {
	width := len(r.columns)
	return &normal{
		wishart: newWishart(r), shift: make([]float64, width), mean: make([]float64, width), draws: make([]float64, width),
	}
}

type normal struct {
	wishart
	shift, mean []float64 // Λμ and μ
	draws       []float64 // scratch
}

func (p *normal) phases() int { return 1 }

func (p *normal) row(_ int, precision []float64, stride int) {
	width := len(p.columns)
	for k := range width {
		copy(precision[k*stride:], p.precision[k*width:][:k+1])
	}
	copy(precision[width*stride:], p.shift)
}

// draw samples μ and Λ.
func (p *normal) draw(s *rng.Stream) {
	width, d := len(p.columns), p.count
	const pseudo = 1.0
	clear(p.mean)
	for i := range d {
		for k, r := range p.columns {
			p.mean[k] += p.factor[i*p.blocks+r]
		}
	}
	for k := range p.mean {
		p.mean[k] /= float64(d)
	}
	// W⁻¹ = I + Σ (u − ū)(u − ū)ᵀ + d β/(d + β) ū ūᵀ
	stride := linalg.Stride(width)
	clear(p.inverse)
	p.addRows(d, width, func(row []float64, i int) {
		for k, r := range p.columns {
			row[k] = p.factor[i*p.blocks+r] - p.mean[k]
		}
	})
	shrink := float64(d) * pseudo / (float64(d) + pseudo)
	for k := range width {
		for l := range k + 1 {
			p.inverse[k*stride+l] += float64(shrink * p.mean[k] * p.mean[l])
		}
		p.inverse[k*stride+k]++
	}
	p.drawWishart(s, width, float64(width+d))
	// μ ~ N(d ū/(d + β), ((d + β) Λ)⁻¹)
	for k := range width {
		copy(p.inverse[k*stride:], p.precision[k*width:][:k+1])
		p.draws[k] = s.NormFloat64()
	}
	if linalg.Cholesky(p.inverse, width, 0, stride, p.panel) {
		linalg.SolveUpper(p.inverse, p.draws, width, stride)
		for k := range width {
			p.mean[k] = p.mean[k]*float64(d)/(float64(d)+pseudo) + p.draws[k]/math.Sqrt(float64(d)+pseudo)
		}
	}
	p.setShift()
}

func (p *normal) setShift() {
	width := len(p.mean)
	for k := range width {
		var sum float64
		for l, m := range p.mean {
			sum += float64(p.precision[k*width+l] * m)
		}
		p.shift[k] = sum
	}
}
