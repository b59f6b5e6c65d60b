package theory

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"

	"lacuna/model"
)

// LemmaA2 is dσ_l/dt = k σ_l^(2−2/k) β_l for the singular values of A^{n,r} = A_1 … A_k, with
// β_l = ⟨−∇L, ⊗_{m<n} v^m ⊗ u_l v_lᵀ w^n ⊗_{m>n} v^m⟩. Its hypothesis is A_iᵀA_i = A_{i+1}A_{i+1}ᵀ within every chain. Mode and Index of
// a Side name the chain and the singular value l, from 0. Scale is the largest value of the right side for the largest singular value
// of the chain: singular vectors are only as accurate as the whole matrix is.
func LemmaA2() Statement {
	return Statement{Name: "lemma-a.2", sparse: true, sides: func(p *point) []Side {
		var sides []Side
		for r, b := range p.blocks {
			vectors := b.Vectors()
			for n, k := range p.depths {
				if k == 0 {
					continue
				}
				rates := singularRates(chainProduct(b, n), chainRate(b, p.field[r], n))
				for l, side := range p.lemmaA2Right(b, vectors, n) {
					side.Block, side.Mode, side.Index, side.Left = r, n, l, rates[l]
					sides = append(sides, side)
				}
			}
		}
		return sides
	}}
}

func (p *point) lemmaA2Right(b model.Block, vectors [][]float64, n int) []Side {
	d, k := len(b.W[n]), float64(len(b.A[n]))
	product := mat.NewDense(d, d, append([]float64(nil), b.A[n][0]...))
	for _, a := range b.A[n][1:] {
		var next mat.Dense
		next.Mul(product, mat.NewDense(d, d, append([]float64(nil), a...)))
		product = &next
	}
	var svd mat.SVD
	if !svd.Factorize(product, mat.SVDFull) {
		panic("theory: a singular value decomposition did not converge")
	}
	var left, right mat.Dense
	svd.UTo(&left)
	svd.VTo(&right)
	sides := make([]Side, d)
	at := append([][]float64(nil), vectors...)
	others := 1.0
	for m, v := range vectors {
		if m != n {
			others *= euclidean(v)
		}
	}
	values := svd.Values(nil)
	scale := k * math.Pow(values[0], 2-2/k) * p.force.norm * others * euclidean(b.W[n])
	for l, sigma := range values {
		var along float64
		for i, value := range b.W[n] {
			along += right.At(i, l) * value
		}
		at[n] = make([]float64, d)
		for i := range d {
			at[n][i] = left.At(i, l) * along
		}
		size := k * math.Pow(sigma, 2-2/k)
		sides[l].Right = size * p.force.along(at)
		sides[l].Scale = scale
	}
	return sides
}

// chainProduct is A_1 … A_k, row-major.
func chainProduct(b model.Block, n int) []float64 {
	return matrixProduct(b.A[n], len(b.W[n]))
}

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
				out[i*n+j] += a[i*k+q] * b[q*n+j]
			}
		}
	}
	return out
}

// singularRates returns dσ_l/dt of a square matrix, given its derivative, in descending order of σ. One-sided rotations (Jacobi)
// make the columns of A V orthogonal; then σ_l = ‖A v_l‖ and dσ_l/dt = ⟨A v_l, dA/dt v_l⟩ / σ_l.
func singularRates(a, rate []float64) []float64 {
	d := int(math.Round(math.Sqrt(float64(len(a)))))
	return rectangularRates(a, rate, d, d)
}

func rectangularRates(a, rate []float64, rows, columns int) []float64 {
	b, db := append([]float64(nil), a...), append([]float64(nil), rate...)
	rotate := func(m []float64, p, q int, c, s float64) {
		for i := range rows {
			x, y := m[i*columns+p], m[i*columns+q]
			m[i*columns+p], m[i*columns+q] = c*x-s*y, s*x+c*y
		}
	}
	for range 40 {
		worst := 0.0
		for p := range columns {
			for q := p + 1; q < columns; q++ {
				var pp, qq, pq float64
				for i := range rows {
					x, y := b[i*columns+p], b[i*columns+q]
					pp, qq, pq = pp+x*x, qq+y*y, pq+x*y
				}
				if pq == 0 {
					continue
				}
				worst = math.Max(worst, math.Abs(pq)/math.Sqrt(pp*qq))
				zeta := (qq - pp) / (2 * pq)
				t := math.Copysign(1, zeta) / (math.Abs(zeta) + math.Hypot(1, zeta))
				c := 1 / math.Hypot(1, t)
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
			square += b[i*columns+l] * b[i*columns+l]
			inner += b[i*columns+l] * db[i*columns+l]
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
