// Package als fits a CP factorisation of given rank to the observed cells of a tensor by alternating least squares.
//
// The fit minimises, over the factors u_n,
//
//	Σ_c (y_c − Σ_r Π_n u_n[i_n, r])² + λ Σ_n ‖u_n‖² .
//
// Path lowers the ridge λ step by step from a random start and keeps what held-back cells like best. Polish takes
// factors that are nearly right to machine precision, without a ridge.
package als

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Fit is a CP model, and how well it explains the cells that it was fitted to. The zero value is no fit.
type Fit struct {
	*tensor.CP
	Residual float64 // root mean square over those cells
}

// chunk is how many cells of a row are brought into its regression at a time.
const chunk = 256

// solver is the state of one fit.
type solver struct {
	*tensor.CP
	data   *tensor.Observed
	stride int

	nonnegative bool // no entry of a factor may be negative
	cells       [][]int32
	starts      [][]int

	design, ones, gram, precision, panel []float64
}

func newSolver(data *tensor.Observed, blocks int) *solver {
	s := &solver{CP: tensor.NewCP(data.Shape(), blocks), data: data, stride: linalg.Stride(blocks + 1)}
	for n, d := range s.Shape {
		cells, starts := tensor.SortByIndex(data.Index[n], d)
		s.cells, s.starts = append(s.cells, cells), append(s.starts, starts)
	}
	s.design, s.gram, s.ones = make([]float64, chunk*s.stride), make([]float64, chunk*s.stride), make([]float64, chunk)
	for k := range s.ones {
		s.ones[k] = 1
	}
	s.precision, s.panel = make([]float64, (blocks+1)*s.stride), make([]float64, 8*s.stride)
	return s
}

func (s *solver) start(stream *rng.Stream) {
	scale := portable.Pow(float64(s.Blocks), -1/(2*float64(len(s.Factors))))
	for _, factor := range s.Factors {
		for k := range factor {
			factor[k] = scale * stream.NormFloat64()
		}
	}
}

func (s *solver) sweep(ridge float64) {
	for n := range s.Factors {
		for i := range s.Shape[n] {
			s.row(n, i, ridge)
		}
	}
	s.balance()
}

func (s *solver) row(n, i int, ridge float64) {
	blocks, stride := s.Blocks, s.stride
	cells := s.cells[n][s.starts[n][i]:s.starts[n][i+1]]
	clear(s.precision)
	for r := range blocks {
		s.precision[r*stride+r] = ridge
	}
	for len(cells) > 0 {
		some := cells[:min(chunk, len(cells))]
		cells = cells[len(some):]
		for k, c := range some {
			design := s.design[k*stride:][:blocks+1]
			s.Others(design[:blocks], n, s.data, c)
			design[blocks] = s.data.Values[c]
		}
		linalg.AddGram(s.precision, s.design, s.ones[:len(some)], s.gram, blocks+1, stride)
	}
	if s.nonnegative {
		s.nonnegativeRow(s.Factors[n][i*blocks:][:blocks])
		return
	}
	if !linalg.Cholesky(s.precision, blocks, 1, stride, s.panel) {
		return
	}
	mean := s.precision[blocks*stride:][:blocks]
	linalg.SolveUpper(s.precision, mean, blocks, stride)
	copy(s.Factors[n][i*blocks:][:blocks], mean)
}

// balance gives the factors of every block one norm, which is what the ridge wants too.
func (s *solver) balance() {
	order := float64(len(s.Factors))
	for r := range s.Blocks {
		product := 1.0
		norms := make([]float64, len(s.Factors))
		for n, factor := range s.Factors {
			var squares float64
			for k := r; k < len(factor); k += s.Blocks {
				squares += float64(factor[k] * factor[k])
			}
			norms[n] = math.Sqrt(squares)
			product *= norms[n]
		}
		if product == 0 || math.IsInf(product, 0) || math.IsNaN(product) {
			continue
		}
		share := portable.Pow(product, 1/order)
		for n, factor := range s.Factors {
			for k := r; k < len(factor); k += s.Blocks {
				factor[k] *= share / norms[n]
			}
		}
	}
}
