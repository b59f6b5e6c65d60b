package theory

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// Matrix is deep matrix factorisation (Arora et al. 2019), the model that Theorem 2.1 is about:
//
//	W = W_k W_{k−1} … W_1 ,   L(W) = 1/|Ω| Σ_{i∈Ω} ℓ(W_i, A_i) ,
//
// W_j of size h×h but for W_1 (h×d_2) and W_k (d_1×h). What emerges one at a time are the singular values of W: they
// take the place of blocks, so DeepNorms returns them and Blocks is min(d_1, d_2).
//
// It is a laboratory model: plain loops and the exact Hessian in the space of the parameters. Vectors of v-space are
// the parameters themselves, in the order W_1, …, W_k, row-major. Above 512 parameters an implicit method treats it
// explicitly.
type Matrix struct {
	observed *tensor.Observed
	loss     loss.Loss
	sizes    []int // sizes[j]×sizes[j−1] is the size of W_j; sizes[0] = d_2
	start    []int // of W_j in theta, j from 1

	theta []float64
	slots [2 * model.Stages][]float64
	damp  float64
	live  []int

	trial    []float64
	before   [][]float64 // before[j] = W_j … W_1 at the last evaluation; before[0] is the identity
	after    [][]float64 // after[j] = W_k … W_{j+1}; after[k] is the identity
	residual []float64   // ∇L, d_1×d_2
	second   []float64   // ℓ”/|Ω|, d_1×d_2
	predict  []float64   // at the observed cells
}

// MatrixConfig is the shape of a deep matrix factorisation.
type MatrixConfig struct {
	Depth int // k ≥ 1, the number of factors
	Width int // h; 0 means min(d_1, d_2), which allows every rank
}

// mostImplicit is the number of parameters up to which the dense Hessian is worth its cost.
const mostImplicit = 512

// NewMatrix makes a model with all parameters zero. It returns an error for data of another order than 2 or a bad
// config.
func NewMatrix(observed *tensor.Observed, l loss.Loss, config MatrixConfig) (*Matrix, error) {
	shape := observed.Shape()
	if shape.Order() != 2 {
		return nil, fmt.Errorf("theory: a matrix factorisation of a tensor of order %d: order 2 is needed", shape.Order())
	}
	if config.Depth < 1 || config.Width < 0 {
		return nil, fmt.Errorf("theory: %d factors of width %d: at least 1 factor of positive width is needed",
			config.Depth, config.Width)
	}
	width := config.Width
	if width == 0 {
		width = min(shape[0], shape[1])
	}
	m := &Matrix{observed: observed, loss: l, damp: 1, predict: make([]float64, observed.Len())}
	m.sizes = append([]int{shape[1]}, slices.Repeat([]int{width}, config.Depth-1)...)
	m.sizes = append(m.sizes, shape[0])
	total := 0
	m.start = []int{0}
	for j := 1; j < len(m.sizes); j++ {
		m.start = append(m.start, total)
		total += m.sizes[j] * m.sizes[j-1]
	}
	m.theta, m.trial = make([]float64, total), make([]float64, total)
	m.residual, m.second = make([]float64, shape[0]*shape[1]), make([]float64, shape[0]*shape[1])
	return m, nil
}

// Depth returns k, the number of factors.
func (m *Matrix) Depth() int { return len(m.sizes) - 1 }

// Observed returns the cells the model is trained on.
func (m *Matrix) Observed() *tensor.Observed { return m.observed }

// Prediction returns the model's value at every observed cell as of the last gradient evaluation. It belongs to the
// model.
func (m *Matrix) Prediction() []float64 { return m.predict }

// FactorSize returns the numbers of rows and columns of W_j, 1 ≤ j ≤ k.
func (m *Matrix) FactorSize(j int) (rows, columns int) { return m.sizes[j], m.sizes[j-1] }

// Factor copies W_j out, row-major.
func (m *Matrix) Factor(j int) []float64 { return slices.Clone(m.part(m.theta, j)) }

func (m *Matrix) part(theta []float64, j int) []float64 {
	return theta[m.start[j]:][:m.sizes[j]*m.sizes[j-1]]
}

// Draw sets a start: entries N(0, σ_A²) for Gaussian, or (BalancedGeneral) W_{j+1}ᵀW_{j+1} = W_jW_jᵀ exactly, the
// hypothesis of Theorem 2.1: W_j = Q_j Σ Q_{j−1}ᵀ with random orthonormal columns and singular values |N(0, σ_A²)|.
// config.SigmaW is not used; σ_A = 0 means 0.1.
func (m *Matrix) Draw(config model.StartConfig) error {
	sigmaA := cmp.Or(config.SigmaA, 0.1)
	if !(sigmaA > 0) || math.IsInf(sigmaA, 0) {
		return fmt.Errorf("theory: σ_A = %v must be positive and finite", sigmaA)
	}
	stream := rng.New(config.Seed, "start")
	switch cmp.Or(config.Start, model.Gaussian) {
	case model.Gaussian:
		for i := range m.theta {
			m.theta[i] = sigmaA * stream.NormFloat64()
		}
		return nil
	case model.BalancedGeneral:
	default:
		return fmt.Errorf("theory: start %q is not one of a matrix factorisation, choose %s or %s",
			config.Start, model.Gaussian, model.BalancedGeneral)
	}
	rank := slices.Min(m.sizes)
	sigma := make([]float64, rank)
	for l := range sigma {
		sigma[l] = math.Abs(sigmaA * stream.NormFloat64())
	}
	right := orthonormal(m.sizes[0], rank, stream)
	for j := 1; j < len(m.sizes); j++ {
		left := orthonormal(m.sizes[j], rank, stream)
		w := m.part(m.theta, j)
		clear(w)
		for l, s := range sigma {
			for a, p := range left[l] {
				for b, q := range right[l] {
					w[a*m.sizes[j-1]+b] += float64(s * p * q)
				}
			}
		}
		right = left
	}
	return nil
}

func (m *Matrix) slot(j int) []float64 {
	if m.slots[j] == nil {
		m.slots[j] = make([]float64, len(m.theta))
	}
	return m.slots[j]
}

func (m *Matrix) addTerms(out []float64, terms []model.Term) {
	for _, t := range terms {
		for i, d := range m.slots[t.Slot] {
			out[i] = math.FMA(t.C, d, out[i])
		}
	}
}

// Gradient sets slot j to −∇L at θ + Σ terms and returns L there.
func (m *Matrix) Gradient(j int, terms []model.Term) float64 {
	copy(m.trial, m.theta)
	m.addTerms(m.trial, terms)
	value := m.evaluate(m.trial)
	into := m.slot(j)
	k, rows, columns := m.Depth(), m.sizes[m.Depth()], m.sizes[0]
	for i := 1; i <= k; i++ {
		left := linalg.Transpose(m.after[i], rows, m.sizes[i])
		right := linalg.Transpose(m.before[i-1], m.sizes[i-1], columns)
		g := linalg.Multiply(left, m.residual, m.sizes[i], rows, columns)
		g = linalg.Multiply(g, right, m.sizes[i], columns, m.sizes[i-1])
		for p, x := range g {
			into[m.start[i]+p] = -x
		}
	}
	return value
}

// evaluate sets the products, the residual and its derivative, and returns L.
func (m *Matrix) evaluate(theta []float64) float64 {
	k, rows, columns := m.Depth(), m.sizes[m.Depth()], m.sizes[0]
	m.before, m.after = make([][]float64, k+1), make([][]float64, k+1)
	m.before[0], m.after[k] = linalg.Identity(columns), linalg.Identity(rows)
	for j := 1; j <= k; j++ {
		m.before[j] = linalg.Multiply(m.part(theta, j), m.before[j-1], m.sizes[j], m.sizes[j-1], columns)
	}
	for j := k; j >= 1; j-- {
		m.after[j-1] = linalg.Multiply(m.after[j], m.part(theta, j), rows, m.sizes[j], m.sizes[j-1])
	}
	clear(m.residual)
	clear(m.second)
	var sum float64
	scale := 1 / float64(m.observed.Len())
	for c, a := range m.observed.Values {
		at := int(m.observed.Index[0][c])*columns + int(m.observed.Index[1][c])
		m.predict[c] = m.before[k][at]
		value, first, second := m.loss.At(m.predict[c], a)
		sum += value
		m.residual[at], m.second[at] = scale*first, scale*second
	}
	return sum * scale
}

// Move sets θ to θ + Σ terms.
func (m *Matrix) Move(terms []model.Term) { m.addTerms(m.theta, terms) }

// Blocks returns min(d_1, d_2), the number of singular values.
func (m *Matrix) Blocks() int { return min(m.sizes[0], m.sizes[m.Depth()]) }

// Width returns the share of a singular value in the parameters, which are the v-space.
func (m *Matrix) Width() int { return (len(m.theta) + m.Blocks() - 1) / m.Blocks() }

// Factors returns k.
func (m *Matrix) Factors() float64 { return float64(m.Depth()) }

// DeepNorms sets norms to the singular values of W as of the last evaluation, descending.
func (m *Matrix) DeepNorms(norms []float64) {
	for l, t := range singularTriples(m.before[m.Depth()], m.sizes[m.Depth()], m.sizes[0])[:len(norms)] {
		norms[l] = t.sigma
	}
}

// RelativeSizes sets out[l] to the largest relative size of Σ terms over the factors: of the whole factor, and along
// its l-th singular direction relative to that singular value, so that dormant directions are as accurate as grown
// ones.
func (m *Matrix) RelativeSizes(out []float64, terms []model.Term) {
	change := make([]float64, len(m.theta))
	m.addTerms(change, terms)
	m.relative(out, change)
}

// Rates is RelativeSizes for the direction in slot 0, in 1/time.
func (m *Matrix) Rates(out []float64) { m.relative(out, m.slots[0]) }

func (m *Matrix) relative(out, change []float64) {
	clear(out)
	for j := 1; j <= m.Depth(); j++ {
		rows, columns := m.FactorSize(j)
		w, dw := m.part(m.theta, j), m.part(change, j)
		whole := math.Sqrt(linalg.Norm2(dw) / linalg.Norm2(w))
		triples := singularTriples(w, rows, columns)
		for l := range out {
			size := whole
			if l < len(triples) && triples[l].sigma > 1e-10*triples[0].sigma {
				t := triples[l]
				var along float64
				for a, u := range t.left {
					along = math.FMA(u, linalg.Dot(dw[a*columns:][:columns], t.right), along)
				}
				size = math.Max(size, math.Abs(along)/t.sigma)
			}
			if size > out[l] || math.IsNaN(size) {
				out[l] = size
			}
		}
	}
}

// Norm2 returns the squared norm of the direction in slot j.
func (m *Matrix) Norm2(j int) float64 { return linalg.Norm2(m.slots[j]) }

// Stiffness sets all of out to one upper bound of the Gauss–Newton curvature, max ℓ”/|Ω| Σ_j ‖W_k…W_{j+1}‖²
// ‖W_{j−1}…W_1‖² in spectral norms bounded by Frobenius norms; 0 for a model that is too large to be treated
// implicitly.
func (m *Matrix) Stiffness(out []float64) {
	var sum float64
	if len(m.theta) <= mostImplicit {
		for j := 1; j <= m.Depth(); j++ {
			left, right := linalg.Norm2(m.after[j]), linalg.Norm2(m.before[j-1])
			if j == m.Depth() {
				left = 1
			}
			if j == 1 {
				right = 1
			}
			sum += float64(left * right)
		}
		sum = float64(sum * slices.Max(m.second))
	}
	for l := range out {
		out[l] = sum
	}
}

// MSE returns the plain mean squared error at the observed cells as of the last evaluation.
func (m *Matrix) MSE() float64 {
	var sum float64
	for c, a := range m.observed.Values {
		z := m.loss.Mean(m.predict[c]) - a
		sum += float64(z * z)
	}
	return sum / float64(len(m.predict))
}

// DataNorm estimates the Frobenius norm of the full matrix of data from the observed cells.
func (m *Matrix) DataNorm() float64 {
	return math.Sqrt(linalg.Norm2(m.observed.Values) / float64(m.observed.Len()) * m.observed.Shape().Cells())
}

// State returns a copy of the parameters, exact to the bit.
func (m *Matrix) State() []byte {
	data, err := binary.Append(nil, binary.LittleEndian, m.theta)
	if err != nil {
		panic("theory: parameters of no fixed size")
	}
	return data
}

// SetState restores parameters that State of a model of the same shape returned.
func (m *Matrix) SetState(data []byte) error {
	if len(data) != 8*len(m.theta) {
		return errors.New("theory: the state is not of this matrix factorisation")
	}
	_, err := binary.Decode(data, binary.LittleEndian, m.theta)
	return err
}
