package theory

import (
	"context"
	"math"
	"testing"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

func newMatrix(t *testing.T, rows, columns, depth int) *Matrix {
	t.Helper()
	l, err := loss.ByName("log-cosh")
	if err != nil {
		t.Fatal(err)
	}
	observed, _ := dataset.Observe(dataset.Synthetic(tensor.Shape{rows, columns}, 2, 0, 3), dataset.Random, 0, 0.7, 1)
	m, err := NewMatrix(observed, l, MatrixConfig{Depth: depth})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Draw(model.StartConfig{Start: model.Gaussian, SigmaA: 0.6, Seed: 5}); err != nil {
		t.Fatal(err)
	}
	return m
}

// lossAt returns L with parameter p of factor j moved by h.
func lossAt(m *Matrix, j, p int, h float64) float64 {
	w := m.Factor(j)
	old := w[p]
	w[p] += h
	m.SetFactor(j, w)
	value := m.Gradient(1, nil)
	w[p] = old
	m.SetFactor(j, w)
	return value
}

func TestMatrixGradientIsTheDerivative(t *testing.T) {
	for _, depth := range []int{1, 2, 3, 4} {
		m := newMatrix(t, 5, 4, depth)
		m.Gradient(0, nil)
		direction := make([]float64, m.Dim())
		m.Project(direction, []model.Term{{Slot: 0, C: 1}})
		at := 0
		for j := 1; j <= depth; j++ {
			for p := range m.Factor(j) {
				const h = 1e-5
				want := -(lossAt(m, j, p, h) - lossAt(m, j, p, -h)) / (2 * h)
				if math.Abs(direction[at]-want) > 1e-8 {
					t.Fatalf("depth %d, W_%d[%d]: −gradient %v, by differences %v", depth, j, p, direction[at], want)
				}
				at++
			}
		}
	}
}

func TestMatrixHessianIsTheDerivativeOfTheGradient(t *testing.T) {
	m := newMatrix(t, 5, 4, 3)
	m.Gradient(0, nil)
	dim := m.Dim()
	h := make([]float64, dim*dim)
	m.Hessian(h)
	at := 0
	up, down := make([]float64, dim), make([]float64, dim)
	for j := 1; j <= 3; j++ {
		for p := range m.Factor(j) {
			const step = 1e-5
			lossAt(m, j, p, step)
			m.Project(up, []model.Term{{Slot: 1, C: -1}})
			lossAt(m, j, p, -step)
			m.Project(down, []model.Term{{Slot: 1, C: -1}})
			for q := range dim {
				if want := (up[q] - down[q]) / (2 * step); math.Abs(h[q*dim+at]-want) > 1e-7 {
					t.Fatalf("H[%d, %d] = %v, by differences %v", q, at, h[q*dim+at], want)
				}
			}
			at++
		}
	}
}

func TestMatrixSingularValues(t *testing.T) {
	for _, shape := range [][2]int{{6, 4}, {4, 6}} {
		m := newMatrix(t, shape[0], shape[1], 2)
		if err := m.Draw(model.StartConfig{Start: model.BalancedGeneral, SigmaA: 0.5, Seed: 2}); err != nil {
			t.Fatal(err)
		}
		m.Gradient(0, nil)
		norms := make([]float64, m.Blocks())
		m.DeepNorms(norms)
		var squares, product float64
		for l, s := range norms {
			squares += s * s
			if l > 0 && s > norms[l-1] {
				t.Fatal("singular values are not in order")
			}
		}
		rows, inner := m.FactorSize(2)
		_, columns := m.FactorSize(1)
		a, b := m.Factor(2), m.Factor(1)
		for i := range rows {
			for j := range columns {
				var sum float64
				for q := range inner {
					sum += a[i*inner+q] * b[q*columns+j]
				}
				product += sum * sum
			}
		}
		if math.Abs(squares-product) > 1e-14 {
			t.Errorf("Σσ² = %v, ‖W‖² = %v", squares, product)
		}
		for i := range inner { // W_2ᵀW_2 = W_1W_1ᵀ
			for j := range inner {
				var left, right float64
				for q := range rows {
					left += a[q*inner+i] * a[q*inner+j]
				}
				for q := range columns {
					right += b[i*columns+q] * b[j*columns+q]
				}
				if math.Abs(left-right) > 1e-14 {
					t.Fatalf("the balanced start is not balanced: %v and %v", left, right)
				}
			}
		}
	}
}

// TestMatrixMethodsAgree follows one flow with an explicit and with the implicit method.
func TestMatrixMethodsAgree(t *testing.T) {
	var norms [2][]float64
	for i, method := range []flow.Method{flow.Implicit, flow.Explicit54} {
		m := newMatrix(t, 6, 5, 3)
		in, err := flow.New(m, flow.Settings{Method: method, Tolerance: 1e-5, Stop: flow.Stop{Time: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		result := in.Run(context.Background(), nil)
		if result.Status != flow.TimeLimit && result.Status != flow.Converged {
			t.Fatalf("%s: %s", method, result.Status)
		}
		norms[i] = make([]float64, m.Blocks())
		m.DeepNorms(norms[i])
	}
	for l := range norms[0] {
		if math.Abs(norms[0][l]-norms[1][l]) > 1e-3*norms[0][0] {
			t.Errorf("σ_%d = %v implicitly and %v explicitly", l+1, norms[0][l], norms[1][l])
		}
	}
}

// SetFactor overwrites W_j.
func (m *Matrix) SetFactor(j int, w []float64) {
	if len(w) != m.sizes[j]*m.sizes[j-1] {
		panic("theory: SetFactor: a factor of another shape")
	}
	copy(m.part(m.theta, j), w)
}
