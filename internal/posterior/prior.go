package posterior

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// Prior is a family of prior distributions of the rows of a factor. A value holds the family's settings; a family is
// one file.
type Prior interface {
	// start prepares the prior of one factor of a chain.
	start(r rows) prior
}

// prior is the state of a family for one factor, which it may read.
type prior interface {
	draw(s *rng.Stream) // draws the family's parameters given the rows
	// row sets the prior of row i given the others, N(Λ⁻¹b, Λ⁻¹): the lower triangle of Λ, rows stride apart, and below
	// it b as one more row. Rows of one phase may be drawn at the same time.
	row(i int, precision []float64, stride int)
	phases() int // p: rows whose numbers are alike modulo p do not depend on each other, given the rest
}

// rows are the rows of a factor, without the entries of blocks that lack the mode.
type rows struct {
	factor  []float64 // [i*blocks+r]
	blocks  int
	columns []int // the blocks that have the mode, ascending
	count   int   // d, the size of the mode
}

// wishart draws a precision matrix Λ under a Wishart prior with scale I and as many degrees of freedom as columns.
type wishart struct {
	rows
	precision []float64 // Λ, full symmetric, width×width
	// scratch
	inverse, bartlett, some, gram, panel, ones []float64
}

func newWishart(r rows) wishart {
	width := len(r.columns)
	stride, deep := linalg.Stride(width), min(r.count, chunk)
	w := wishart{
		rows:      r,
		precision: make([]float64, width*width),
		inverse:   make([]float64, width*stride),
		bartlett:  make([]float64, width*stride),
		some:      make([]float64, deep*stride),
		gram:      make([]float64, max(deep, width)*stride),
		panel:     make([]float64, 8*stride),
		ones:      linalg.Ones(max(deep, width)),
	}
	for k := range width {
		w.precision[k*width+k] = 1
	}
	return w
}

// addRows adds Σ_i row_i row_iᵀ to p.inverse, where set fills row i.
func (p *wishart) addRows(count, width int, set func(row []float64, i int)) {
	stride := linalg.Stride(width)
	for begin := 0; begin < count; begin += chunk {
		some := min(chunk, count-begin)
		for k := range some {
			set(p.some[k*stride:][:width], begin+k)
		}
		linalg.AddGram(p.inverse, p.some, p.ones[:some], p.gram, width, stride)
	}
}

// drawWishart sets Λ to a draw from the Wishart distribution with the given degrees of freedom whose scale matrix is
// the inverse of the matrix with lower triangle p.inverse, which is overwritten.
func (p *wishart) drawWishart(s *rng.Stream, width int, freedom float64) {
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
	linalg.AddGram(p.inverse, p.bartlett, p.ones[:width], p.gram, width, stride)
	for k := range width {
		for l := range k + 1 {
			p.precision[k*width+l] = p.inverse[k*stride+l]
			p.precision[l*width+k] = p.inverse[k*stride+l]
		}
	}
}
