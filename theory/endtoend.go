package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/figure"
	"lacuna/flow"
	"lacuna/internal/portable"
	"lacuna/model"
)

// endToEnd is the law of the whole block, which the paper does not have, measured from aligned balanced chains.
var endToEnd = &entry{
	Explanation: Explanation{
		Name:  "end-to-end",
		Title: "Beside the paper: how fast the whole block grows",
		Formula: "d/dt ‖⊗v<sub>r</sub><sup>n</sup>‖ = F γ<sub>r</sub> ‖⊗v<sub>r</sub><sup>n</sup>‖<sup>2 − 2/F</sup> ,  " +
			"F = N + Σk<sub>n</sub> ,  γ<sub>r</sub> = ⟨−∇L, ⊗<sub>n</sub> v<sub>r</sub><sup>n</sup>/‖v<sub>r</sub><sup>n</sup>‖⟩",
		Text: "A balanced and aligned block is a product of F factors of one norm, like a deep matrix of F factors: its norm " +
			"grows with an exponent below two, whatever the depth. Theorem 3.2 is about ‖⊗w‖ = ‖⊗v‖^(N/F), a root of that norm, for which the same " +
			"growth reads as an exponent that rises with the depth.",
		Identity: true,
	},
	hypothesis: "ε(0) = 0, A rank one, aligned with w",
	run: observing(func(o Options) []setup {
		return setupsOf(deep(o), model.BalancedChain, o, nil)
	}),
	measure: func() []Statement { return []Statement{EndToEnd()} },
}

// EndToEndExponent returns 2 − 2/F with F = N + Σk_n factors.
func EndToEndExponent(depths []int) float64 { return 2 - 2/factors(depths) }

func factors(depths []int) float64 { return float64(len(depths) + matrices(depths)) }

// EndToEnd is d/dt ‖⊗v_r‖ = F γ_r ‖⊗v_r‖^(2 − 2/F). Its hypothesis is ε(0) = 0, matrices of rank one, and every factor
// of a chain aligned with the next.
func EndToEnd() Statement {
	return Statement{Name: endToEndName, sides: func(p *point) []Side {
		power, count := EndToEndExponent(p.depths), factors(p.depths)
		sides := make([]Side, len(p.blocks))
		for r, b := range p.blocks {
			norms, rates := make([]float64, p.order), make([]float64, p.order)
			units := make([][]float64, p.order)
			product := 1.0
			for n := range norms {
				v := chainFrom(b, n, 0)
				norms[n], rates[n] = normRate(v, chainVelocity(b, p.field[r], n))
				units[n] = unit(v)
				product = float64(product * norms[n])
			}
			size := count * portable.Pow(product, power)
			sides[r] = Side{
				Block: r, Mode: -1, Index: -1,
				Left: productRate(norms, rates), Right: size * p.force.along(units), Scale: size * p.force.norm,
			}
		}
		return sides
	}}
}

const endToEndName = "end-to-end"

// chainVelocity is d/dt A_1 … A_k w by the product rule.
func chainVelocity(b, field model.Block, n int) []float64 {
	sum := make([]float64, len(b.W[n]))
	for changed := range len(b.A[n]) + 1 {
		mixed := model.Block{W: slices.Clone(b.W), A: slices.Clone(b.A)}
		if changed == len(b.A[n]) {
			mixed.W[n] = field.W[n]
		} else {
			mixed.A[n] = slices.Clone(b.A[n])
			mixed.A[n][changed] = field.A[n][changed]
		}
		for i, value := range chainFrom(mixed, n, 0) {
			sum[i] += value
		}
	}
	return sum
}

// endToEndExponent fits both exponents along the same runs.
var endToEndExponent = &entry{
	Explanation: Explanation{
		Name:  "end-to-end-exponent",
		Title: "Beside the paper: both exponents along one run",
		Formula: "slope of log( (Δ‖⊗v<sub>r</sub>‖/Δt) / γ<sub>r</sub> ) against log ‖⊗v<sub>r</sub>‖:  2 − 2/F ;  of the same for " +
			"‖⊗w<sub>r</sub>‖ and δ<sub>r</sub>:  2 − 2/N + Σk<sub>n</sub>/N",
		Text: "\"Polynomial against quadratic\" compares ‖⊗w‖ of a deep tensor with the singular value of a deep matrix, which is " +
			"end to end. End to end both stay below two.",
	},
	hypothesis: "ε(0) = 0, A rank one, aligned with w",
	run: &course{func(o Options, entries []*entry) []work {
		combinations := o.combinations([]int{3, 4}, []int{0, 1, 2, 3, 4, 5})
		return eachOf(combinations, func(ctx context.Context, depths []int) (Result, error) {
			return endToEndRun(ctx, depths, entries[0], o)
		})
	}},
	note: func(row Row) string {
		text := fmt.Sprintf("‖⊗v‖: %.4f (%.4f … %.4f), theory %.4f", *row.Fitted, row.CI95[0], row.CI95[1], *row.Predicted)
		return text + fmt.Sprintf("; ‖⊗w‖: %.4f, paper %.4f", *row.FittedShallow, *row.PredictedShallow)
	},
	findings: func(rows []Row) []string {
		most, shallow := math.Inf(-1), math.Inf(-1)
		for _, row := range rows {
			most, shallow = math.Max(most, *row.Fitted), math.Max(shallow, *row.FittedShallow)
		}
		if math.IsInf(most, -1) {
			return nil
		}
		return []string{fmt.Sprintf("End to end against w alone: along the same runs the largest exponent fitted is %.3f for "+
			"‖⊗v‖, the norm of the block, and %.3f for ‖⊗w‖, of which the paper speaks. The block itself never grows faster than "+
			"quadratically.", most, shallow)}
	},
}

func endToEndRun(ctx context.Context, depths []int, e *entry, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedChain, o)
	if slices.Max(depths) > 3 {
		p.norm = 0.6
	}
	chains, err := p.build()
	if err != nil {
		return Result{}, err
	}
	t := newTrace(chains, square())
	var whole path
	result, err := follow(ctx, chains, flow.Settings{Tolerance: exponentIntegration}, func(s *flow.Snapshot) bool {
		t.record(s)
		drive := make([]float64, chains.Blocks())
		for r := range drive {
			units := chains.Block(r).Vectors()
			for n, v := range units {
				units[n] = unit(v)
			}
			drive[r] = t.force.along(units)
		}
		whole.add(s, slices.Clone(s.Norms), drive)
		return false
	})
	if err != nil {
		return Result{}, err
	}
	out := fitted(e.newRow("trajectory", p), &whole, EndToEndExponent(depths), result)
	shallow, paper := t.exponent(), Exponent(depths)
	row := &out.Rows[0]
	row.FittedShallow, row.PredictedShallow = &shallow.Fitted, &paper
	row.Holds = row.Holds && math.Abs(shallow.Fitted-paper) <= exponentTolerance
	return out, nil
}

// endToEndPicture sets both exponents side by side against the depth.
func (r *Result) endToEndPicture() *figure.Figure {
	rows := r.rowsOf(endToEndExponent)
	if len(rows) == 0 {
		return nil
	}
	chart := func(title, label string, of func(Row) (fitted float64), theory func(order, k float64) float64) figure.Chart {
		c := figure.Chart{
			Title: title, X: figure.Axis{Label: "depth k (mean over modes)"}, Y: figure.Axis{Label: label, Min: 0.8, Max: 7},
			Rules: []figure.Rule{{Name: "quadratic", At: 2, Colour: figure.Dim, Dash: figure.Dashed}},
		}
		var orders []int
		for _, row := range rows {
			if !slices.Contains(orders, row.Order) {
				orders = append(orders, row.Order)
			}
		}
		for i, colour := range figure.Distinct(len(orders)) {
			points, line := figure.Points{Colour: colour, Size: 2.6}, figure.Curve{Name: fmt.Sprintf("N = %d", orders[i]), Colour: colour}
			for _, row := range rows {
				if row.Order == orders[i] && !math.IsNaN(of(row)) {
					points.X, points.Y = append(points.X, meanDepth(row.Depths)), append(points.Y, of(row))
				}
			}
			for k := 0.0; k <= 5.001; k += 0.1 {
				line.X, line.Y = append(line.X, k), append(line.Y, theory(float64(orders[i]), k))
			}
			c.Curves, c.Points = append(c.Curves, line), append(c.Points, points)
		}
		return c
	}
	return &figure.Figure{
		Title: "Two exponents of the same growth", Columns: 2, Width: 330, Height: 270,
		Charts: []figure.Chart{
			chart("end to end: ‖⊗v‖", "exponent of growth", func(row Row) float64 { return *row.Fitted },
				func(order, k float64) float64 { return 2 - 2/(order*(k+1)) }),
			chart("w alone: ‖⊗w‖ (the paper)", "exponent of growth", func(row Row) float64 { return *row.FittedShallow },
				func(order, k float64) float64 { return 2 - 2/order + k }),
		},
	}
}
