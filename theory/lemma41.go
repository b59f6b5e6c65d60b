package theory

import (
	"context"
	"fmt"
)

// lemma41 is measured along the runs of Theorem 3.2 (i), which start balanced, though it holds from every start.
var lemma41 = &entry{
	Explanation: Explanation{
		Name:  "lemma-4.1",
		Title: "Lemma 4.1: what the flow conserves",
		Formula: "d/dt ‖A<sub>i</sub><sup>n,r</sup>‖² = d/dt ‖w<sub>r</sub><sup>n</sup>‖² = 2 ⟨−∇L, ⊗<sub>n</sub> " +
			"v<sub>r</sub><sup>n</sup>⟩",
		Text: "The squared norms of all vectors and matrices of one block change at the same rate, so their " +
			"differences stay what they were at the start. A start whose factors all have one norm (ε(0) = 0) " +
			"therefore stays balanced for all time, which the other statements build on.",
		Identity: true,
	},
	hypothesis: "none",
	run:        balancedRuns,
	measure:    func() []Statement { return []Statement{Lemma41()} },
	claim: func(_ context.Context, r *run) (Result, error) {
		row := r.row()
		row.Drift = &r.observer.Drift.Error
		return oneRow(row), nil
	},
	note: func(row Row) string { return fmt.Sprintf("conserved along the run to %.1e", *row.Drift) },
}

// Lemma41 says that under the flow the squared norms of all factors of a block, vectors and matrices, change at one
// rate:
//
//	d/dt ‖A_i^{n,r}‖² = d/dt ‖w_r^n‖² = 2 ⟨−∇L, ⊗_n v_r^n⟩ ,
//
// so that their differences are constant. It holds from every start. Mode and Index of a Side name the factor; Index
// k_n + 1 is w.
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
