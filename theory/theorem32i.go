package theory

import (
	"context"
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/model"
)

// theorem32i is measured from balanced starts of any rank.
var theorem32i = &entry{
	Explanation: Explanation{
		Name:  "theorem-3.2-i",
		Title: "Theorem 3.2 (i): how fast a block grows",
		Formula: "d/dt ‖⊗w<sub>r</sub><sup>n</sup>‖ = N δ<sub>r</sub> ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>2 − 2/N + " +
			"Σk<sub>n</sub>/N</sup> ,  δ<sub>r</sub> = ⟨−∇L, ⊗<sub>n</sub> Π<sub>i</sub> Â<sub>i</sub> ŵ⟩",
		Text: "A block grows in proportion to a power of its own norm, and each matrix added to its chains raises that " +
			"power. So large blocks run ahead of small ones, the more the deeper the model is, and blocks emerge one at a time.",
		Identity: true,
	},
	hypothesis: "ε(0) = 0",
	run:        balancedRuns,
	measure:    func() []Statement { return []Statement{Theorem32i()} },
	claim: func(_ context.Context, r *run) (Result, error) {
		out := oneRow(r.row())
		out.Sides = sideTrace(r.problem.depths, r.measured[0], r.result)
		return out, nil
	},
}

// balancedRuns start with ε(0) = 0, at every order and depth.
var balancedRuns = observing(func(o Options) []setup {
	keep := func(_ *model.Chains, ob *Observer) { ob.Keep = true }
	return setupsOf(o.combinations([]int{3, 4}, []int{1, 2, 3}), model.BalancedGeneral, o, keep)
})

// Theorem32i is d/dt ‖⊗w_r^n‖ = N δ_r ‖⊗w_r^n‖^p with p = 2 − 2/N + Σk_n/N and δ_r = ⟨−∇L, ⊗_n Π_i Â_i ŵ⟩. Its
// hypothesis is ε(0) = 0.
func Theorem32i() Statement { return growth("theorem-3.2-i", Exponent) }

// SideTrace is both sides of Theorem 3.2 (i) for the blocks that emerged in one run.
type SideTrace struct {
	Depths      []int
	Blocks      []int
	Time        []float64
	Left, Right [][]float64 // a list a block
	Error       []float64   // worst over all blocks, by time
}

// sideTrace picks the blocks that emerged.
func sideTrace(depths []int, m *Measurement, result flow.Result) *SideTrace {
	t := &SideTrace{Depths: depths, Time: m.Times}
	for _, r := range emerged(result.Events) {
		if !slices.Contains(t.Blocks, r) {
			t.Blocks = append(t.Blocks, r)
		}
	}
	t.Left, t.Right = make([][]float64, len(t.Blocks)), make([][]float64, len(t.Blocks))
	for _, sides := range m.Sides {
		worst := 0.0
		for _, side := range sides {
			worst = math.Max(worst, side.relativeError())
		}
		t.Error = append(t.Error, worst)
		for i, r := range t.Blocks {
			t.Left[i], t.Right[i] = append(t.Left[i], sides[r].Left), append(t.Right[i], sides[r].Right)
		}
	}
	return t
}
