package theory

import (
	"lacuna/internal/portable"
)

// theorem33 is measured along the runs of Theorem 3.2 (i).
var theorem33 = &entry{
	Explanation: Explanation{
		Name:    "theorem-3.3",
		Title:   "Theorem 3.3: a small vector part means a small block",
		Formula: "‖⊗v<sub>r</sub><sup>n</sup>‖ ≤ ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>1 + Σk<sub>n</sub>/N</sup>",
		Text: "The norm of a whole block is bounded by a power of the norm of its vectors w alone, so that no more blocks of the " +
			"model have a norm above one than blocks made of the vectors w have: a model with few large vectors has few large " +
			"blocks. Both counts, N₁ and N₂, are of norms above one; how far below one the others are, they do not tell.",
		Identity: true,
	},
	hypothesis: "ε(0) = 0",
	run:        balancedRuns,
	measure:    func() []Statement { return []Statement{Theorem33()} },
}

// Theorem33 is the inequality ‖⊗v_r^n‖ ≤ ‖⊗w_r^n‖^(1 + Σk_n/N), and what follows from it, N_1 ≤ N_2 for the numbers
// of blocks with ‖⊗v_r^n‖ > 1 and with ‖⊗w_r^n‖ > 1; the Side of the latter has Block −1. Its hypothesis is ε(0) = 0.
func Theorem33() Statement {
	return Statement{Name: "theorem-3.3", inequality: true, sides: func(p *point) []Side {
		power := 1 + float64(matrices(p.depths))/float64(p.order)
		sides := make([]Side, len(p.blocks))
		var n1, n2 float64
		for r, b := range p.blocks {
			deep := 1.0
			for n := range b.W {
				deep *= length(chainFrom(b, n, 0))
			}
			norm := shallow(b)
			right := portable.Pow(norm, power)
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
