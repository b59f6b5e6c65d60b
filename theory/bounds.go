package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/model"
)

// bounds is measured from starts that leave balance further and further.
var bounds = &entry{
	Explanation: Explanation{
		Name:  "theorem-3.2-i-bounds",
		Title: "Where the hypothesis fails",
		Formula: "N γ<sub>r</sub> s² / (s<sup>2/N</sup> + ε<sub>1</sub>) ≤ ds/dt ≤ N γ<sub>r</sub> (s<sup>2/N</sup> + " +
			"ε<sub>1</sub>)<sup>N−1</sup> ,  s = ‖⊗w<sub>r</sub><sup>n</sup>‖",
		Text: "From a start that is not balanced the equation of Theorem 3.2 (i) is no longer exact, but the proof leaves " +
			"a lower and an upper bound, which are the wider the larger the unbalancedness ε₁ of the vectors is. The table " +
			"gives the error of the equation beside the unbalancedness, and whether the rate ever left the bounds.",
		Identity: true,
	},
	hypothesis: "none",
	run:        unbalancedRuns,
	measure:    func() []Statement { return []Statement{Bounds(), Theorem32i()} },
	claim:      claimBounds,
	note: func(row Row) string {
		return fmt.Sprintf("ε(0) = %.2g, the equation is off by %.1e", *row.Epsilon, *row.EquationError)
	},
}

// unbalancedRuns start at growing distances from balance. They are followed at one tolerance: the bounds have room
// for its error.
var unbalancedRuns = observing(func(o Options) []setup {
	var out []setup
	for _, depths := range o.combinations([]int{3}, []int{1}) {
		if len(o.Depths) == 0 && slices.Min(depths) != slices.Max(depths) {
			continue
		}
		for _, spread := range []float64{0, 0.05, 0.15, 0.4} {
			out = append(out, setup{
				problem: newProblem(depths, model.BalancedGeneral, o), tolerances: tolerances[:1],
				unbalance: func(chains *model.Chains) { unbalance(chains, spread, o.Seed) },
				prepare: func(chains *model.Chains, ob *Observer) {
					ob.bands = newBandWatch(chains.Unbalancedness(), ob.copyBlocks())
				},
			})
		}
	}
	return out
})

// claimBounds adds how far the equation is off, and the growth of the first block.
func claimBounds(_ context.Context, r *run) (Result, error) {
	row, watch := r.row(), r.observer.bands
	equation := r.measured[1].Worst.Error
	row.Epsilon, row.EquationError = &watch.start, &equation
	out := oneRow(row)
	if blocks := emerged(r.result.Events); len(blocks) > 0 {
		trace := watch.grown(blocks[0])
		trace.Epsilon, trace.Error = watch.start, equation
		out.Bands = append(out.Bands, trace)
	}
	return out, nil
}

// Bounds is what the proof of Theorem 3.2 (i) says without its hypothesis ε(0) = 0. With s = ‖⊗w_r^n‖,
// γ_r = ⟨−∇L, ⊗_n Π_i A_i ŵ_r^n⟩ ≥ 0 and ε_1 = max_{r,n,m} |‖w_r^n‖² − ‖w_r^m‖²|, which the flow keeps constant,
//
//	N γ_r s² / (s^(2/N) + ε_1)  ≤  ds/dt  ≤  N γ_r (s^(2/N) + ε_1)^(N−1) ,
//
// and the other way round for γ_r < 0. It holds from every start. Right of a Side is the point of that interval nearest
// to Left. ε_1 is taken at the first time measured, so that a value of Bounds serves one run.
func Bounds() Statement {
	epsilon := math.NaN()
	return Statement{Name: "theorem-3.2-i-bounds", sides: func(p *point) []Side {
		if math.IsNaN(epsilon) {
			epsilon = epsilon1(p.blocks)
		}
		sides := make([]Side, len(p.blocks))
		for r, b := range p.blocks {
			low, high, scale := p.interval(b, epsilon)
			rate := shallowRate(b, p.field[r])
			sides[r] = Side{
				Block: r, Mode: -1, Index: -1, Left: rate,
				Right: math.Min(math.Max(rate, math.Min(low, high)), math.Max(low, high)), Scale: scale,
			}
		}
		return sides
	}}
}

// interval returns both bounds and the largest size the upper one could have.
func (p *point) interval(b model.Block, epsilon float64) (low, high, scale float64) {
	order, s := float64(p.order), shallow(b)
	vectors := b.Vectors()
	for n, w := range b.W {
		norm := euclidean(w)
		for i := range vectors[n] {
			vectors[n][i] /= norm
		}
	}
	gamma := p.force.along(vectors)
	base := portable.Pow(s, 2/order) + epsilon
	largest := order * portable.Pow(base, order-1)
	return order * gamma * s * s / base, gamma * largest, p.force.norm * productOfNorms(vectors) * largest
}

// epsilon1 is the unbalancedness of the vectors w alone.
func epsilon1(blocks []model.Block) float64 {
	worst := 0.0
	for _, b := range blocks {
		low, high := math.Inf(1), 0.0
		for _, w := range b.W {
			square := euclidean(w) * euclidean(w)
			low, high = math.Min(low, square), math.Max(high, square)
		}
		worst = math.Max(worst, high-low)
	}
	return worst
}

// BandTrace is the growth of one block from an unbalanced start: the measured rate between the bounds of the proof,
// and what the equation of Theorem 3.2 (i) would say.
type BandTrace struct {
	Epsilon   float64   // ε(0), Definition 3.1
	Epsilon1  float64   // of the vectors alone
	Norm      []float64 // ‖⊗w_r‖
	Rate      []float64 // its derivative, all four over N γ_r
	Low, High []float64
	Equation  []float64
	Error     float64 // worst relative error of the equation along the run
}

// bandWatch keeps, for every block and record, what BandTrace needs.
type bandWatch struct {
	start   float64 // ε(0)
	epsilon float64 // ε_1
	rows    map[int]*BandTrace
}

func newBandWatch(start float64, blocks []model.Block) *bandWatch {
	return &bandWatch{start: start, epsilon: epsilon1(blocks), rows: map[int]*BandTrace{}}
}

func (w *bandWatch) look(p *point) {
	power := Exponent(p.depths)
	for r, b := range p.blocks {
		t := w.rows[r]
		if t == nil {
			t = &BandTrace{Epsilon1: w.epsilon}
			w.rows[r] = t
		}
		low, high, _ := p.interval(b, w.epsilon)
		s, order := shallow(b), float64(p.order)
		largest := order * portable.Pow(portable.Pow(s, 2/order)+w.epsilon, order-1)
		gamma := high / largest * order
		equation := order * portable.Pow(s, power) * p.force.along(unitChains(b))
		t.Norm = append(t.Norm, s)
		t.Rate = append(t.Rate, shallowRate(b, p.field[r])/gamma)
		t.Low, t.High = append(t.Low, low/gamma), append(t.High, high/gamma)
		t.Equation = append(t.Equation, equation/gamma)
	}
}

// grown returns the trace of a block up to its largest norm.
func (w *bandWatch) grown(r int) BandTrace {
	t := *w.rows[r]
	end := peakOf(t.Norm) + 1
	t.Norm, t.Rate, t.Low, t.High, t.Equation = t.Norm[:end], t.Rate[:end], t.Low[:end], t.High[:end], t.Equation[:end]
	return t
}
