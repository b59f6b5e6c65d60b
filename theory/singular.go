package theory

import (
	"math"
	"sort"

	"lacuna/internal/portable"
	"lacuna/model"
)

// chainRate is d/dt (A_1 … A_k) by the product rule.
func chainRate(b, field model.Block, n int) []float64 {
	d := len(b.W[n])
	out := make([]float64, d*d)
	for j := range b.A[n] {
		factors := append([][]float64(nil), b.A[n]...)
		factors[j] = field.A[n][j]
		for i, value := range matrixProduct(factors, d) {
			out[i] += value
		}
	}
	return out
}

// matrixProduct is the product of d×d matrices, row-major.
func matrixProduct(factors [][]float64, d int) []float64 {
	product := factors[0]
	for _, a := range factors[1:] {
		product = multiply(product, a, d, d, d)
	}
	return product
}

// multiply returns the product of an m×k and a k×n matrix.
func multiply(a, b []float64, m, k, n int) []float64 {
	out := make([]float64, m*n)
	for i := range m {
		for q := range k {
			for j := range n {
				out[i*n+j] += float64(a[i*k+q] * b[q*n+j])
			}
		}
	}
	return out
}

// singularRates returns dσ_l/dt of a matrix of no more columns than rows, given its derivative, in descending order of
// σ. One-sided rotations (Jacobi) make the columns of A V orthogonal; then σ_l = ‖A v_l‖ and dσ_l/dt = ⟨A v_l, dA/dt
// v_l⟩ / σ_l.
func singularRates(a, rate []float64, rows, columns int) []float64 {
	b, db := append([]float64(nil), a...), append([]float64(nil), rate...)
	rotate := func(m []float64, p, q int, c, s float64) {
		for i := range rows {
			x, y := m[i*columns+p], m[i*columns+q]
			m[i*columns+p], m[i*columns+q] = float64(c*x)-float64(s*y), float64(s*x)+float64(c*y)
		}
	}
	for range 40 {
		worst := 0.0
		for p := range columns {
			for q := p + 1; q < columns; q++ {
				var pp, qq, pq float64
				for i := range rows {
					x, y := b[i*columns+p], b[i*columns+q]
					pp, qq, pq = pp+float64(x*x), qq+float64(y*y), pq+float64(x*y)
				}
				if pq == 0 {
					continue
				}
				worst = math.Max(worst, math.Abs(pq)/math.Sqrt(pp*qq))
				zeta := (qq - pp) / (2 * pq)
				t := math.Copysign(1, zeta) / (math.Abs(zeta) + portable.Hypot(1, zeta))
				c := 1 / portable.Hypot(1, t)
				rotate(b, p, q, c, c*t)
				rotate(db, p, q, c, c*t)
			}
		}
		if worst < 1e-15 {
			break
		}
	}
	type pair struct{ sigma, rate float64 }
	pairs := make([]pair, columns)
	for l := range pairs {
		var square, inner float64
		for i := range rows {
			square += float64(b[i*columns+l] * b[i*columns+l])
			inner += float64(b[i*columns+l] * db[i*columns+l])
		}
		pairs[l] = pair{math.Sqrt(square), inner / math.Sqrt(square)}
	}
	sort.Slice(pairs, func(i, j int) bool { return pairs[i].sigma > pairs[j].sigma })
	out := make([]float64, columns)
	for l, p := range pairs {
		out[l] = p.rate
	}
	return out
}
