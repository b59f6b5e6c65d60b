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

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
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
	padded [][]float64 // the factors, their rows stride apart with zeros between

	nonnegative bool // no entry of a factor may be negative
	cells       [][]int32
	starts      [][]int

	ones, each []float64 // a chunk of ones, and a row
	first      []int32   // 0, 1, 2, … chunk − 1
	zeros      []int32
	scratch    []rowScratch
}

// rowScratch is one thread's memory.
type rowScratch struct {
	design, gram, precision, panel []float64
	left, right                    []int32
}

func newSolver(data *tensor.Observed, blocks, threads int) *solver {
	s := &solver{CP: tensor.NewCP(data.Shape(), blocks), data: data, stride: linalg.Stride(blocks + 1)}
	for n, d := range s.Shape {
		cells, starts := tensor.SortByIndex(data.Index[n], d)
		s.cells, s.starts = append(s.cells, cells), append(s.starts, starts)
		s.padded = append(s.padded, kernel.Make[float64](d*s.stride))
	}
	s.ones, s.each = linalg.Ones(chunk), linalg.Ones(s.stride)
	s.first, s.zeros = make([]int32, chunk), make([]int32, chunk)
	for k := range s.first {
		s.first[k] = int32(k)
	}
	s.scratch = make([]rowScratch, max(1, threads))
	for t := range s.scratch {
		s.scratch[t] = rowScratch{
			design: kernel.Make[float64](chunk * s.stride), gram: kernel.Make[float64](chunk * s.stride),
			precision: make([]float64, (blocks+1)*s.stride), panel: make([]float64, 8*s.stride),
			left: make([]int32, chunk), right: make([]int32, chunk),
		}
	}
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
		s.pad(n)
	}
	const few = 8 // rows that a thread takes at a time
	for n, d := range s.Shape {
		parallel.Workers(len(s.scratch), (d+few-1)/few, func(worker, k int) {
			for i := k * few; i < min(d, (k+1)*few); i++ {
				s.row(n, i, ridge, &s.scratch[worker])
			}
		})
		s.pad(n)
	}
	s.balance()
}

// pad copies the factor of mode n to where the other modes find it.
func (s *solver) pad(n int) {
	for i := range s.Shape[n] {
		copy(s.padded[n][i*s.stride:], s.Row(n, int32(i)))
	}
}

// products sets the rows of design to Π_{m≠n} u_m of every block, for some cells.
func (s *solver) products(n int, cells []int32, m *rowScratch) {
	var left []float64
	rows := m.left[:len(cells)]
	for k, factor := range s.padded {
		if k == n {
			continue
		}
		if left == nil {
			left = factor
			for j, c := range cells {
				rows[j] = s.data.Index[k][c]
			}
			continue
		}
		for j, c := range cells {
			m.right[j] = s.data.Index[k][c]
		}
		kernel.Products(m.design, left, factor, rows, m.right[:len(cells)], s.stride)
		left, rows = m.design, s.first[:len(cells)]
	}
	if len(s.padded) == 2 {
		kernel.Products(m.design, left, s.each, rows, s.zeros[:len(cells)], s.stride)
	}
}

func (s *solver) row(n, i int, ridge float64, m *rowScratch) {
	blocks, stride := s.Blocks, s.stride
	cells := s.cells[n][s.starts[n][i]:s.starts[n][i+1]]
	clear(m.precision)
	for r := range blocks {
		m.precision[r*stride+r] = ridge
	}
	for len(cells) > 0 {
		some := cells[:min(chunk, len(cells))]
		cells = cells[len(some):]
		s.products(n, some, m)
		for k, c := range some {
			m.design[k*stride+blocks] = s.data.Values[c]
		}
		linalg.AddGram(m.precision, m.design, s.ones[:len(some)], m.gram, blocks+1, stride)
	}
	if s.nonnegative {
		s.nonnegativeRow(s.Factors[n][i*blocks:][:blocks], m.precision)
		return
	}
	if !linalg.Cholesky(m.precision, blocks, 1, stride, m.panel) {
		return
	}
	mean := m.precision[blocks*stride:][:blocks]
	linalg.SolveUpper(m.precision, mean, blocks, stride)
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
