package theory

import (
	"gonum.org/v1/gonum/mat"

	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/loss"
)

// MatrixObserver measures Theorem 2.1 (Arora et al. 2019) along a run of a deep matrix factorisation W = W_k … W_1:
//
//	dσ_r/dt = k α_r σ_r^(2 − 2/k) ,   α_r = ⟨−∇L, u_r v_rᵀ⟩ .
//
// Its hypothesis is W_{j+1}ᵀW_{j+1} = W_jW_jᵀ at the start. Block of a Side is the singular value, from 0. Give its
// Record to flow.Integrator.Run. Singular values below a millionth of the largest are left out.
type MatrixObserver struct {
	Keep       bool
	Every      int // 0 means 1
	Emergences int
	Records    int

	matrix   *Matrix
	loss     loss.Loss
	force    *force
	exponent func(k int) float64
	measured *Measurement

	path path // σ_r and α_r at every record
}

// NewMatrixObserver prepares to measure Theorem 2.1.
func NewMatrixObserver(matrix *Matrix, l loss.Loss) *MatrixObserver {
	return &MatrixObserver{
		matrix: matrix, loss: l, force: &force{observed: matrix.Observed()}, exponent: MatrixExponent,
		measured: &Measurement{Statement: "theorem-2.1"},
	}
}

// MatrixExponent returns 2 − 2/k, the exponent of growth of Theorem 2.1 for k factors.
func MatrixExponent(k int) float64 { return 2 - 2/float64(k) }

// Measurement returns what was measured.
func (o *MatrixObserver) Measurement() *Measurement { return o.measured }

// Record is a flow.Recorder that never stops the run.
func (o *MatrixObserver) Record(s *flow.Snapshot) bool {
	o.force.update(o.matrix.Prediction(), o.loss)
	right, sigma, alpha := o.right()
	o.path.add(s, sigma, alpha)
	o.Emergences = len(o.path.emerged)
	o.Records++
	if (o.Records-1)%max(1, o.Every) != 0 {
		return false
	}
	var sides []Side
	rates := o.left()
	for l, side := range right {
		if sigma[l] > 1e-6*sigma[0] {
			side.Left = rates[l]
			sides = append(sides, side)
		}
	}
	o.measured.add(Statement{Name: "theorem-2.1"}, s.Time, sides, o.Keep, DefaultTolerance)
	return false
}

func (o *MatrixObserver) right() (sides []Side, sigma, alpha []float64) {
	k := o.matrix.Depth()
	var product mat.Dense
	for j := 1; j <= k; j++ {
		rows, columns := o.matrix.FactorSize(j)
		factor := mat.NewDense(rows, columns, o.matrix.Factor(j))
		if j == 1 {
			product.CloneFrom(factor)
			continue
		}
		var next mat.Dense
		next.Mul(factor, &product)
		product.CloneFrom(&next)
	}
	var svd mat.SVD
	if !svd.Factorize(&product, mat.SVDThin) {
		panic("theory: a singular value decomposition did not converge")
	}
	var left, right mat.Dense
	svd.UTo(&left)
	svd.VTo(&right)
	sigma = svd.Values(nil)
	rows, columns := product.Dims()
	for l, s := range sigma {
		u, v := mat.Col(make([]float64, rows), l, &left), mat.Col(make([]float64, columns), l, &right)
		along := o.force.along([][]float64{u, v})
		size := float64(k) * portable.Pow(s, o.exponent(k))
		sides = append(sides, Side{Block: l, Mode: -1, Index: -1, Right: size * along, Scale: size * o.force.norm})
		alpha = append(alpha, along)
	}
	return sides, sigma, alpha
}

// left returns dσ_r/dt from the factors alone: dW_j/dt = −∂L/∂W_j formed in full, dW/dt by the product rule.
func (o *MatrixObserver) left() []float64 {
	k := o.matrix.Depth()
	rows, _ := o.matrix.FactorSize(k)
	_, columns := o.matrix.FactorSize(1)
	factors := make([][]float64, k+1)
	for j := 1; j <= k; j++ {
		factors[j] = o.matrix.Factor(j)
	}
	// between returns W_to … W_from, the identity of the given size for from > to.
	between := func(from, to, size int) []float64 {
		out := linalg.Identity(size)
		for j := from; j <= to; j++ {
			r, c := o.matrix.FactorSize(j)
			out = multiply(factors[j], out, r, c, size)
		}
		return out
	}
	w := between(1, k, columns)
	observed := o.matrix.Observed()
	gradient := make([]float64, rows*columns)
	for c, value := range observed.Values {
		at := int(observed.Index[0][c])*columns + int(observed.Index[1][c])
		_, first, _ := o.loss.At(w[at], value)
		gradient[at] = first / float64(observed.Len())
	}
	rate := make([]float64, rows*columns)
	for j := 1; j <= k; j++ {
		r, c := o.matrix.FactorSize(j)
		above, below := between(j+1, k, r), between(1, j-1, columns)
		dw := multiply(linalg.Transpose(above, rows, r), gradient, r, rows, columns)
		dw = multiply(dw, linalg.Transpose(below, c, columns), r, columns, c)
		change := multiply(multiply(above, dw, rows, r, c), below, rows, c, columns)
		for i, value := range change {
			rate[i] -= value
		}
	}
	if rows < columns {
		return singularRates(linalg.Transpose(w, rows, columns), linalg.Transpose(rate, rows, columns), columns, rows)
	}
	return singularRates(w, rate, rows, columns)
}
