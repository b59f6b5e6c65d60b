package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/flow"
	"lacuna/model"
)

// exponent fits the power itself, for chains and for deep matrices.
var exponent = &entry{
	Explanation: Explanation{
		Name:  "exponent",
		Title: "The exponent itself",
		Formula: "log( (Δ‖⊗w<sub>r</sub>‖/Δt) / δ<sub>r</sub> ) = log N + (2 − 2/N + Σk<sub>n</sub>/N) · log " +
			"‖⊗w<sub>r</sub>‖",
		Text: "Over the growth of every block that emerged, the logarithm of its rate is regressed on the logarithm of " +
			"its norm; the slope is the exponent, with its 95 % confidence interval. It rises by one with every unit " +
			"of depth, where the exponents of deep matrices and of plain CP stay below two.",
	},
	hypothesis: "ε(0) = 0",
	run: &course{func(o Options, entries []*entry) []work {
		e := entries[0]
		chains := eachOf(o.combinations([]int{3, 4, 5}, []int{0, 1, 2, 3, 4, 5}), func(ctx context.Context,
			depths []int,
		) (Result, error) {
			return exponentRun(ctx, depths, e, o)
		})
		return append(chains, eachOf(o.matrices([]int{2, 3, 4, 5, 6}), func(ctx context.Context, k int) (Result, error) {
			return matrixExponentRun(ctx, k, e, o)
		})...)
	}},
	note: func(row Row) string {
		return fmt.Sprintf("%.4f (%.4f … %.4f), theory %.4f", *row.Fitted, row.CI95[0], row.CI95[1], *row.Predicted)
	},
	findings: findExponents,
}

// findExponents sets the largest exponents of deep models beside those of the rest.
func findExponents(rows []Row) []string {
	matrixMost, deepMost := 0.0, 0.0
	for _, row := range rows {
		switch {
		case math.IsNaN(*row.Fitted):
		case row.Model == "deep CP":
			deepMost = math.Max(deepMost, *row.Fitted)
		default:
			matrixMost = math.Max(matrixMost, *row.Fitted)
		}
	}
	if deepMost == 0 || matrixMost == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Polynomial against quadratic: the largest exponent fitted is %.3f in deep CP, "+
		"and %.3f in deep matrices and plain CP.", deepMost, matrixMost)}
}

// exponentTolerance is the largest distance of a fitted exponent from theory.
const exponentTolerance = 0.01

func exponentRun(ctx context.Context, depths []int, e *entry, o Options) (Result, error) {
	start := RankOneAligned
	p := newProblem(depths, start, o)
	if slices.Max(depths) > 3 {
		p.norm = 0.6
	}
	chains, err := p.build()
	if err != nil {
		return Result{}, err
	}
	t := newTrace(chains, square())
	const tolerance = 1e-5
	result, err := follow(ctx, chains, chains.Observed(), flow.Settings{Tolerance: tolerance}, t.record)
	if err != nil {
		return Result{}, err
	}
	row := exponentRow(e, t.exponent(), Exponent(depths))
	row.Model, row.Start, row.Order, row.Depths, row.Blocks = "deep CP", string(start), len(depths), depths, p.blocks
	if slices.Max(depths) == 0 {
		row.Model = "CP"
	}
	row.Emergences, row.IntegratorTolerance, row.Status = len(t.emerged), tolerance, string(result.Status)
	return Result{Rows: []Row{row}}, nil
}

func exponentRow(e *entry, fit Fit, predicted float64) Row {
	row := Row{
		Statement: e.Name, Side: "trajectory", Hypothesis: e.hypothesis, Records: fit.Points,
		Tolerance: exponentTolerance,
	}
	fitted, ci := fit.Fitted, [2]float64{fit.Low, fit.High}
	row.Fitted, row.Predicted, row.CI95 = &fitted, &predicted, &ci
	row.WorstRelativeError = math.Abs(fitted-predicted) / predicted
	row.Holds = math.Abs(fitted-predicted) <= exponentTolerance
	return row
}

func matrixExponentRun(ctx context.Context, k int, e *entry, o Options) (Result, error) {
	m, observed, err := matrixProblem(k, o)
	if err != nil {
		return Result{}, err
	}
	observer := NewMatrixObserver(m, square())
	const tolerance = 1e-5
	result, err := follow(ctx, m, observed, flow.Settings{Tolerance: tolerance}, observer.Record)
	if err != nil {
		return Result{}, err
	}
	row := exponentRow(e, observer.trace.fit(), MatrixExponent(k))
	row.Model, row.Start, row.Order, row.Depths, row.Blocks = "deep matrix", string(model.BalancedGeneral), 2, []int{k},
		m.Blocks()
	row.Emergences, row.IntegratorTolerance, row.Status = observer.Emergences, tolerance, string(result.Status)
	return Result{Rows: []Row{row}}, nil
}
