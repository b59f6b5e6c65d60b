package theory

import (
	"slices"

	"lacuna/model"
)

// theorem22 is measured where no mode has a matrix.
var theorem22 = &entry{
	Explanation: Explanation{
		Name:  "theorem-2.2",
		Title: "Theorem 2.2 (Razin et al. 2021): plain CP",
		Formula: "d/dt ‖⊗w<sub>r</sub>‖ = N γ<sub>r</sub> ‖⊗w<sub>r</sub>‖<sup>2 − 2/N</sup> ,  γ<sub>r</sub> = ⟨−∇L, " +
			"⊗<sub>n</sub> ŵ<sub>r</sub><sup>n</sup>⟩",
		Text: "Without matrices a block grows in proportion to a power of its norm that is less than two however many " +
			"modes there are. It is Theorem 3.2 (i) at depth 0.",
		Identity: true,
	},
	hypothesis: "depth 0, ε(0) = 0",
	run: observing(func(o Options) []setup {
		shallow := slices.DeleteFunc(o.combinations([]int{3, 4}, []int{0}),
			func(depths []int) bool { return slices.Max(depths) > 0 })
		return setupsOf(shallow, model.BalancedGeneral, o, nil)
	}),
	measure: func() []Statement { return []Statement{Theorem22()} },
}

// Theorem22 is d/dt ‖⊗w_r‖ = N γ_r ‖⊗w_r‖^(2−2/N) with γ_r = ⟨−∇L, ⊗_n ŵ_r^n⟩ (Razin et al. 2021). Its hypothesis is
// a model of depth 0 and ‖w_r^n‖ equal for all modes n of a block at the start.
func Theorem22() Statement { return growth("theorem-2.2", Exponent) }
