package posterior

import (
	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// RandomWalk is the prior of a mode whose neighbouring indices are alike: u[i] − u[i−1] ~ N(0, Λ⁻¹) with Λ under a
// Wishart prior with scale I, and a wide normal that keeps the level finite.
type RandomWalk struct{}

func (RandomWalk) start(r rows) prior { return &walk{newWishart(r)} }

type walk struct{ wishart }

// A row depends on its neighbours: first the even rows are drawn, then the odd ones.
func (p *walk) phases() int { return 2 }

func (p *walk) row(i int, precision []float64, stride int) {
	const level = 0.1
	width := len(p.columns)
	neighbours := 0.0
	shift := precision[width*stride:][:width+1]
	clear(shift)
	for _, next := range []int{i - 1, i + 1} {
		if next < 0 || next >= p.count {
			continue
		}
		neighbours++
		for k := range width {
			for l, r := range p.columns {
				shift[k] += float64(p.precision[k*width+l] * p.factor[next*p.blocks+r])
			}
		}
	}
	for k := range width {
		for l := range k + 1 {
			precision[k*stride+l] = neighbours * p.precision[k*width+l]
		}
		precision[k*stride+k] += level
	}
}

// draw samples Λ given that the differences of neighbouring rows are N(0, Λ⁻¹).
func (p *walk) draw(s *rng.Stream) {
	width, d := len(p.columns), p.count
	stride := linalg.Stride(width)
	clear(p.inverse)
	p.addRows(d-1, width, func(row []float64, i int) {
		for k, r := range p.columns {
			row[k] = p.factor[(i+1)*p.blocks+r] - p.factor[i*p.blocks+r]
		}
	})
	for k := range width {
		p.inverse[k*stride+k]++
	}
	p.drawWishart(s, width, float64(width+d-1))
}
