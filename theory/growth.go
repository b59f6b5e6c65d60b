package theory

import (
	"math"

	"lacuna/model"
)

// Exponent returns 2 − 2/N + (k_1 + … + k_N)/N, the exponent of growth of Theorem 3.2 (i), Eq. 6 (and, with no matrices, of
// Theorem 2.2).
func Exponent(depths []int) float64 {
	order, matrices := float64(len(depths)), 0
	for _, k := range depths {
		matrices += k
	}
	return 2 - 2/order + float64(matrices)/order
}

// Theorem32i is d/dt ‖⊗w_r^n‖ = N δ_r ‖⊗w_r^n‖^p with p = 2 − 2/N + Σk_n/N and δ_r = ⟨−∇L, ⊗_n Π_i Â_i ŵ⟩. Its hypothesis is
// ε(0) = 0.
func Theorem32i() Statement { return growth("theorem-3.2-i", Exponent) }

// Theorem22 is d/dt ‖⊗w_r‖ = N γ_r ‖⊗w_r‖^(2−2/N) with γ_r = ⟨−∇L, ⊗_n ŵ_r^n⟩ (Razin et al. 2021). Its hypothesis is a model
// of depth 0 and ‖w_r^n‖ equal for all modes n of a block at the start.
func Theorem22() Statement { return growth("theorem-2.2", Exponent) }

func growth(name string, exponent func(depths []int) float64) Statement {
	return Statement{Name: name, sides: func(p *point) []Side {
		power := exponent(p.depths)
		sides := make([]Side, len(p.blocks))
		for r, b := range p.blocks {
			chains := unitChains(b)
			size := float64(p.order) * math.Pow(shallow(b), power)
			sides[r] = Side{
				Block: r, Mode: -1, Index: -1,
				Left:  shallowRate(b, p.field[r]),
				Right: size * p.force.along(chains),
				Scale: size * p.force.norm * productOfNorms(chains),
			}
		}
		return sides
	}}
}

// shallowRate is d/dt Π_n ‖w^n‖ by the chain rule.
func shallowRate(b, field model.Block) float64 {
	norms, rates := make([]float64, len(b.W)), make([]float64, len(b.W))
	for n, w := range b.W {
		norms[n], rates[n] = normRate(w, field.W[n])
	}
	return productRate(norms, rates)
}

// Lemma41 says that under the flow the squared norms of all factors of a block, vectors and matrices, change at one rate:
//
//	d/dt ‖A_i^{n,r}‖² = d/dt ‖w_r^n‖² = 2 ⟨−∇L, ⊗_n v_r^n⟩ ,
//
// so that their differences are constant. It holds from every start. Mode and Index of a Side name the factor; Index k_n + 1
// is w.
func Lemma41() Statement {
	return Statement{Name: "lemma-4.1", sides: func(p *point) []Side {
		var sides []Side
		for r, b := range p.blocks {
			vectors := b.Vectors()
			right := 2 * p.force.along(vectors)
			scale := 2 * p.force.norm * productOfNorms(vectors)
			for n, w := range b.W {
				for i, a := range b.A[n] {
					sides = append(sides, Side{r, n, i + 1, 2 * dotSum(a, p.field[r].A[n][i]), right, scale})
				}
				sides = append(sides, Side{r, n, len(b.A[n]) + 1, 2 * dotSum(w, p.field[r].W[n]), right, scale})
			}
		}
		return sides
	}}
}

// Theorem33 is the inequality ‖⊗v_r^n‖ ≤ ‖⊗w_r^n‖^(1 + Σk_n/N), and what follows from it, N_1 ≤ N_2 for the numbers of blocks with
// ‖⊗v_r^n‖ > 1 and with ‖⊗w_r^n‖ > 1; the Side of the latter has Block −1. Its hypothesis is ε(0) = 0.
func Theorem33() Statement {
	return Statement{Name: "theorem-3.3", inequality: true, sides: func(p *point) []Side {
		matrices := 0
		for _, k := range p.depths {
			matrices += k
		}
		power := 1 + float64(matrices)/float64(p.order)
		sides := make([]Side, len(p.blocks))
		var n1, n2 float64
		for r, b := range p.blocks {
			deep := 1.0
			for n := range b.W {
				deep *= length(chainFrom(b, n, 0))
			}
			norm := shallow(b)
			right := math.Pow(norm, power)
			sides[r] = Side{Block: r, Mode: -1, Index: -1, Left: deep, Right: right, Scale: right}
			if deep > 1 {
				n1++
			}
			if norm > 1 {
				n2++
			}
		}
		return append(sides, Side{Block: -1, Mode: -1, Index: -1, Left: n1, Right: n2, Scale: n2})
	}}
}
