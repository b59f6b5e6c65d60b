package theory

import (
	"math"

	"lacuna/internal/linalg"
	"lacuna/model"
)

// Linearise returns the model itself, at the current point. All parameters are treated alike, whatever singular
// values are called active.
func (m *Matrix) Linearise(active []int) model.Linearisation {
	m.live = append(m.live[:0], active...)
	m.damp = 1
	return m
}

// Damp slows the whole model down by factors[0], a power of two; all factors are equal, as Stiffness is.
func (m *Matrix) Damp(factors []float64) { m.damp = factors[0] }

// DampSlot multiplies the direction in gradient slot j by factors[0].
func (m *Matrix) DampSlot(j int, factors []float64) {
	for i := range m.slots[j] {
		m.slots[j][i] *= factors[0]
	}
}

// ActiveBlocks returns the number of singular values that the last Linearise named.
func (m *Matrix) ActiveBlocks() int { return len(m.live) }

// Dim returns the number of parameters.
func (m *Matrix) Dim() int { return len(m.theta) }

// Rows appends to rows[:0] all positions.
func (m *Matrix) Rows(rows []int) []int {
	rows = rows[:0]
	for i := range m.theta {
		rows = append(rows, i)
	}
	return rows
}

// Project sets b = Σ terms.
func (m *Matrix) Project(b []float64, terms []model.Term) {
	clear(b)
	m.addTerms(b, terms)
}

// SetLift sets lift slot j to omega (damped).
func (m *Matrix) SetLift(j int, omega []float64) {
	into := m.slot(model.Lift(j))
	for i, x := range omega {
		into[i] = m.damp * x
	}
}

// Hessian fills h with the exact Hessian of L by the parameters. With L_i = W_k…W_{i+1} and R_i = W_{i−1}…W_1, for i <
// j
//
//	H = Σ_c ℓ”_c ∂W_c ∂W_c  +  (L_jᵀ ∇L R_iᵀ)[c, b] · (W_{j−1}…W_{i+1})[d, a]
//
// at entries (c, d) of W_j and (a, b) of W_i.
func (m *Matrix) Hessian(h []float64) {
	dim, k, rows, columns := len(m.theta), m.Depth(), m.sizes[m.Depth()], m.sizes[0]
	clear(h[:dim*dim])
	jacobian := make([]float64, dim)
	for c := range m.predict {
		p, q := int(m.observed.Index[0][c]), int(m.observed.Index[1][c])
		for i := 1; i <= k; i++ {
			at := m.start[i]
			for a := range m.sizes[i] {
				for b := range m.sizes[i-1] {
					jacobian[at] = m.after[i][p*m.sizes[i]+a] * m.before[i-1][b*columns+q]
					at++
				}
			}
		}
		second := m.second[p*columns+q]
		for i, x := range jacobian {
			x *= second
			row := h[i*dim:][:i+1]
			for j := range row {
				row[j] = math.FMA(x, jacobian[j], row[j])
			}
		}
	}
	for i := 1; i <= k; i++ {
		middle := linalg.Identity(m.sizes[i])
		right := linalg.Transpose(m.before[i-1], m.sizes[i-1], columns)
		for j := i + 1; j <= k; j++ {
			left := linalg.Transpose(m.after[j], rows, m.sizes[j])
			g := linalg.Multiply(left, m.residual, m.sizes[j], rows, columns)
			g = linalg.Multiply(g, right, m.sizes[j], columns, m.sizes[i-1])
			for c := range m.sizes[j] {
				for d := range m.sizes[j-1] {
					row := h[(m.start[j]+c*m.sizes[j-1]+d)*dim+m.start[i]:]
					for a := range m.sizes[i] {
						for b := range m.sizes[i-1] {
							row[a*m.sizes[i-1]+b] += float64(g[c*m.sizes[i-1]+b] * middle[d*m.sizes[i]+a])
						}
					}
				}
			}
			middle = linalg.Multiply(m.part(m.theta, j), middle, m.sizes[j], m.sizes[j-1], m.sizes[i])
		}
	}
	for i := range dim {
		for j := range i {
			h[j*dim+i] = h[i*dim+j]
		}
	}
}

// HessianVec sets out = H x.
func (m *Matrix) HessianVec(out, x []float64) {
	dim := len(m.theta)
	h := make([]float64, dim*dim)
	m.Hessian(h)
	for i := range out {
		out[i] = linalg.Dot(h[i*dim:][:dim], x)
	}
}

// RowBlocks is not defined for a factorisation whose parameters are one space; the dense solver does without it.
func (m *Matrix) RowBlocks([]float64) { panic("theory: RowBlocks: a deep matrix is solved densely") }

// GramScale sets out to the factor of Damp.
func (m *Matrix) GramScale(out []float64) {
	for i := range out {
		out[i] = m.damp
	}
}

// GramIsIdentity reports whether nothing is damped.
func (m *Matrix) GramIsIdentity() bool { return m.damp == 1 }

// TimesGram sets the given rows of out to those of h (damped): the space is that of the parameters, so K is the
// identity.
func (m *Matrix) TimesGram(out, h []float64, rows []int) {
	dim := len(m.theta)
	for _, row := range rows {
		for j, x := range h[row*dim:][:dim] {
			out[row*dim+j] = m.damp * x
		}
	}
}

// LogRates returns d ln σ_l/dt = u_lᵀ dW/dt v_l / σ_l of the active singular values, given dθ/dt.
func (m *Matrix) LogRates(change []float64) []float64 {
	k, rows, columns := m.Depth(), m.sizes[m.Depth()], m.sizes[0]
	dw := make([]float64, rows*columns)
	for i := 1; i <= k; i++ {
		left := linalg.Multiply(m.after[i], m.part(change, i), rows, m.sizes[i], m.sizes[i-1])
		part := linalg.Multiply(left, m.before[i-1], rows, m.sizes[i-1], columns)
		for p, x := range part {
			dw[p] += x
		}
	}
	triples := singularTriples(m.before[k], rows, columns)
	rates := make([]float64, len(m.live))
	for i, l := range m.live {
		t := triples[l]
		for a, u := range t.left {
			rates[i] = math.FMA(u, linalg.Dot(dw[a*columns:][:columns], t.right), rates[i])
		}
		rates[i] /= t.sigma
	}
	return rates
}
