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
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Data are observed cells: Index[n][c] is the coordinate of cell c in mode n, Values[c] its value, standardised to a
// deviation near 1. Nothing is modified.
type Data struct {
	Shape  []int
	Index  [][]int32
	Values []float64
}

// Fit is a CP model: Factors[n][i*Blocks+r].
type Fit struct {
	Blocks   int
	Factors  [][]float64
	Residual float64 // root mean square over the observed cells
	Sweeps   int
}

// chunk is how many cells of a row are brought into its regression at a time.
const chunk = 256

// solver is the state of one fit.
type solver struct {
	data    Data
	blocks  int
	stride  int
	factors [][]float64
	cells   [][]int32
	starts  [][]int

	design, ones, gram, precision, panel, mean []float64
}

func newSolver(data Data, blocks int) *solver {
	s := &solver{data: data, blocks: blocks, stride: linalg.Stride(blocks + 1)}
	for n, d := range data.Shape {
		cells, starts := tensor.SortByIndex(data.Index[n], d)
		s.cells, s.starts = append(s.cells, cells), append(s.starts, starts)
		s.factors = append(s.factors, make([]float64, d*blocks))
	}
	s.design, s.gram, s.ones = make([]float64, chunk*s.stride), make([]float64, chunk*s.stride), linalg.Ones(chunk)
	s.precision, s.panel = make([]float64, (blocks+1)*s.stride), make([]float64, 8*s.stride)
	s.mean = make([]float64, blocks)
	return s
}

func (s *solver) start(stream *rng.Stream) {
	scale := math.Pow(float64(s.blocks), -1/(2*float64(len(s.factors))))
	for _, factor := range s.factors {
		for k := range factor {
			factor[k] = scale * stream.NormFloat64()
		}
	}
}

func (s *solver) sweep(ridge float64) {
	for n := range s.factors {
		for i := range s.data.Shape[n] {
			s.row(n, i, ridge)
		}
	}
	s.balance()
}

func (s *solver) row(n, i int, ridge float64) {
	blocks, stride := s.blocks, s.stride
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
			s.product(n, c, design[:blocks])
			design[blocks] = s.data.Values[c]
		}
		linalg.AddGram(s.precision, s.design, s.ones[:len(some)], s.gram, blocks+1)
	}
	copy(s.mean, s.precision[blocks*stride:])
	if !linalg.Cholesky(s.precision, blocks, stride, s.panel) {
		return
	}
	linalg.SolveLower(s.precision, s.mean, blocks, stride)
	linalg.SolveUpper(s.precision, s.mean, blocks, stride)
	copy(s.factors[n][i*blocks:][:blocks], s.mean)
}

// product sets out[r] = Π_{m≠n} u_m[i_m, r] at cell c.
func (s *solver) product(n int, c int32, out []float64) {
	first := true
	for m, factor := range s.factors {
		if m == n {
			continue
		}
		u := factor[int(s.data.Index[m][c])*s.blocks:][:len(out)]
		if first {
			copy(out, u)
			first = false
			continue
		}
		for r, x := range u {
			out[r] *= x
		}
	}
}

// balance gives the factors of every block one norm, which is what the ridge wants too.
func (s *solver) balance() {
	order := float64(len(s.factors))
	for r := range s.blocks {
		product := 1.0
		norms := make([]float64, len(s.factors))
		for n, factor := range s.factors {
			var squares float64
			for k := r; k < len(factor); k += s.blocks {
				squares += factor[k] * factor[k]
			}
			norms[n] = math.Sqrt(squares)
			product *= norms[n]
		}
		if product == 0 || math.IsInf(product, 0) || math.IsNaN(product) {
			continue
		}
		share := math.Pow(product, 1/order)
		for n, factor := range s.factors {
			for k := r; k < len(factor); k += s.blocks {
				factor[k] *= share / norms[n]
			}
		}
	}
}

// At returns the model's value at a cell.
func (f *Fit) At(cell []int32) float64 {
	var total float64
	for r := range f.Blocks {
		x := 1.0
		for n, i := range cell {
			x *= f.Factors[n][int(i)*f.Blocks+r]
		}
		total += x
	}
	return total
}

// Norms returns Π_n ‖u_n[·, r]‖ of every block.
func (f *Fit) Norms() []float64 {
	norms := make([]float64, f.Blocks)
	for r := range norms {
		norms[r] = 1
		for _, factor := range f.Factors {
			var squares float64
			for k := r; k < len(factor); k += f.Blocks {
				squares += factor[k] * factor[k]
			}
			norms[r] *= math.Sqrt(squares)
		}
	}
	return norms
}

// Take returns the given blocks, in that order.
func (f *Fit) Take(blocks []int) Fit {
	out := Fit{Blocks: len(blocks), Residual: f.Residual, Sweeps: f.Sweeps}
	for _, factor := range f.Factors {
		d := len(factor) / max(1, f.Blocks)
		taken := make([]float64, d*len(blocks))
		for i := range d {
			for k, r := range blocks {
				taken[i*len(blocks)+k] = factor[i*f.Blocks+r]
			}
		}
		out.Factors = append(out.Factors, taken)
	}
	return out
}

// Error returns the root mean square of the values minus the fit's.
func Error(data Data, fit Fit) float64 { return residual(data, fit.Factors, fit.Blocks) }

func residual(data Data, factors [][]float64, blocks int) float64 {
	var sum float64
	products := make([]float64, blocks)
	for c, y := range data.Values {
		copy(products, factors[0][int(data.Index[0][c])*blocks:][:blocks])
		for n := 1; n < len(factors); n++ {
			for r, u := range factors[n][int(data.Index[n][c])*blocks:][:blocks] {
				products[r] *= u
			}
		}
		for _, p := range products {
			y -= p
		}
		sum += y * y
	}
	return math.Sqrt(sum / float64(len(data.Values)))
}
