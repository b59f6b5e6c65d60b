package theory

import (
	"lacuna/internal/portable"
	"lacuna/model"
)

// Exponent returns 2 − 2/N + (k_1 + … + k_N)/N, the exponent of growth of Theorem 3.2 (i), Eq. 6 (and, with no
// matrices, of Theorem 2.2).
func Exponent(depths []int) float64 {
	order := float64(len(depths))
	return 2 - 2/order + float64(matrices(depths))/order
}

// matrices returns Σk_n.
func matrices(depths []int) int {
	sum := 0
	for _, k := range depths {
		sum += k
	}
	return sum
}

func growth(name string, exponent func(depths []int) float64) Statement {
	return Statement{Name: name, sides: func(p *point) []Side {
		power := exponent(p.depths)
		sides := make([]Side, len(p.blocks))
		for r, b := range p.blocks {
			chains := unitChains(b)
			size := float64(p.order) * portable.Pow(shallow(b), power)
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
