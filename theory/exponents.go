package theory

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/flow"
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
		combinations, factors := o.combinations([]int{3, 4, 5}, []int{0, 1, 2, 3, 4, 5}), o.matrices([]int{2, 3, 4, 5, 6})
		chains := func(ctx context.Context, depths []int) (Result, error) { return exponentRun(ctx, depths, e, o) }
		matrices := func(ctx context.Context, k int) (Result, error) { return matrixExponentRun(ctx, k, e, o) }
		return append(eachOf(combinations, chains), eachOf(factors, matrices)...)
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
	return []string{fmt.Sprintf("Polynomial against quadratic: the largest exponent fitted is %.3f in deep CP, for ‖⊗w‖, "+
		"and %.3f in deep matrices and plain CP, end to end.", deepMost, matrixMost)}
}

// exponentTolerance is the largest distance of a fitted exponent from theory.
const exponentTolerance = 0.01

// exponentIntegration is the tolerance of the runs whose growth is fitted.
const exponentIntegration = 1e-5

func exponentRun(ctx context.Context, depths []int, e *entry, o Options) (Result, error) {
	p := newProblem(depths, RankOneAligned, o)
	if slices.Max(depths) > 3 {
		p.norm = 0.6
	}
	chains, err := p.build()
	if err != nil {
		return Result{}, err
	}
	t := newTrace(chains, square())
	result, err := follow(ctx, chains, flow.Settings{Tolerance: exponentIntegration}, t.record)
	if err != nil {
		return Result{}, err
	}
	return fitted(e.newRow("trajectory", p), &t.path, Exponent(depths), result), nil
}

func matrixExponentRun(ctx context.Context, k int, e *entry, o Options) (Result, error) {
	m, err := matrixProblem(k, o)
	if err != nil {
		return Result{}, err
	}
	observer := NewMatrixObserver(m, square())
	result, err := follow(ctx, m, flow.Settings{Tolerance: exponentIntegration}, observer.Record)
	if err != nil {
		return Result{}, err
	}
	return fitted(e.newMatrixRow("trajectory", m), &observer.path, MatrixExponent(k), result), nil
}

// fitted fills in the exponent that was fitted to a path, beside the one predicted.
func fitted(row Row, t *path, predicted float64, result flow.Result) Result {
	fit := t.exponent()
	row.Records, row.Tolerance = fit.Points, exponentTolerance
	row.Fitted, row.Predicted, row.CI95 = &fit.Fitted, &predicted, &[2]float64{fit.Low, fit.High}
	row.WorstRelativeError = math.Abs(fit.Fitted-predicted) / predicted
	row.Holds = math.Abs(fit.Fitted-predicted) <= exponentTolerance
	row.Emergences, row.IntegratorTolerance, row.Status = len(t.emerged), exponentIntegration, string(result.Status)
	return oneRow(row)
}
