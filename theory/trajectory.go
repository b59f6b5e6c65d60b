package theory

import (
	"context"
	"fmt"

	"lacuna/flow"
	"lacuna/internal/portable"
	"lacuna/model"
)

// trajectory is Theorem 3.2 (i) by finite differences, at falling tolerances of two integrators.
var trajectory = &entry{
	Explanation: Explanation{
		Name:  "trajectory",
		Title: "The same along the trajectory",
		Formula: "Δ‖⊗w<sub>r</sub><sup>n</sup>‖/Δt → N δ<sub>r</sub> ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>2 − 2/N + " +
			"Σk<sub>n</sub>/N</sup>",
		Text: "The left side is taken from finite differences of the recorded norms, which knows nothing of gradients. " +
			"Its distance from the formula must shrink with the integrator's tolerance as fast as the integrator's " +
			"order says, and the table gives the order that was measured.",
	},
	hypothesis: "ε(0) = 0",
	run: &course{func(o Options, entries []*entry) []work {
		var out []work
		for _, depths := range o.combinations([]int{3}, []int{1, 3}) {
			for _, method := range []flow.Method{flow.Implicit, flow.Explicit54} {
				out = append(out, func(ctx context.Context) (Result, error) {
					return trajectoryRun(ctx, depths, method, entries[0], o)
				})
			}
		}
		return out
	}},
	note: func(row Row) string {
		return fmt.Sprintf("shrinks at order %.1f, integrator's %d", *row.OrderMeasured, row.OrderExpected)
	},
}

// Convergence is the trajectory's error at one tolerance of the integrator.
type Convergence struct {
	Tolerance float64 `json:"tolerance"`
	Records   int     `json:"records"` // steps within the growth phases
	Error     float64 `json:"error"`   // root mean square of the relative error over them
	Worst     float64 `json:"worst"`
}

// trajectoryTolerances are those over which the error of finite differences is to shrink, by method: all leave enough
// steps in a growth phase for the differences.
var trajectoryTolerances = map[flow.Method][]float64{
	flow.Implicit:   {1e-4, 1e-5, 1e-6, 1e-7},
	flow.Explicit54: {1e-6, 1e-7, 1e-8, 1e-9},
}

// integratorOrder is the order of the methods whose trajectories are differenced.
var integratorOrder = map[flow.Method]int{flow.Implicit: 3, flow.Explicit54: 5}

// orderSlack is by how much the measured order of convergence may fall short of the integrator's.
const orderSlack = 0.5

func trajectoryRun(ctx context.Context, depths []int, method flow.Method, e *entry, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedGeneral, o)
	row := e.newRow("trajectory", p)
	row.Model, row.OrderExpected = "deep CP", integratorOrder[method]
	row.Hypothesis += ", integrator " + string(method)
	var x, y []float64
	for _, tolerance := range trajectoryTolerances[method] {
		chains, err := p.build()
		if err != nil {
			return Result{}, err
		}
		t := newTrace(chains, square())
		settings := flow.Settings{Method: method, Tolerance: tolerance}
		result, err := follow(ctx, chains, settings, func(s *flow.Snapshot) bool { return t.record(s) || t.firstIsGrown() })
		if err != nil {
			return Result{}, err
		}
		worst, rms, records := t.trajectoryError(depths)
		if records == 0 {
			return Result{}, fmt.Errorf("theory: no block of depths %v grew at seed %d: choose another seed", depths, o.Seed)
		}
		row.Convergence = append(row.Convergence, Convergence{tolerance, records, rms, worst.Error})
		x, y = append(x, -portable.Log(float64(records))), append(y, portable.Log(rms))
		row.Emergences, row.Records, row.Status = max(row.Emergences, len(t.emerged)), row.Records+records,
			string(result.Status)
		row.WorstRelativeError, row.WorstTime, row.WorstBlock = worst.Error, worst.Time, worst.Side.Block
		row.IntegratorTolerance = tolerance
	}
	order := fitLine(x, y).Fitted
	row.OrderMeasured = &order
	row.Tolerance = trajectoryTolerance
	row.Holds = order >= float64(row.OrderExpected)-orderSlack && row.WorstRelativeError <= row.Tolerance
	return oneRow(row), nil
}

// trajectoryTolerance is the largest relative error of finite differences at the tightest tolerance.
const trajectoryTolerance = 1e-3
