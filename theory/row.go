package theory

import (
	"encoding/json"
	"math"
	"slices"

	"lacuna/model"
)

// Row is one line of the table: a statement measured along one run.
type Row struct {
	Statement  string `json:"statement"`
	Side       string `json:"side"`  // where the left side comes from: "vector-field" or "trajectory"
	Model      string `json:"model"` // "deep CP", "CP" or "deep matrix"
	Hypothesis string `json:"hypothesis"`
	Start      string `json:"start"`
	Order      int    `json:"order"`
	Depths     []int  `json:"depths"` // matrices of every mode; for a deep matrix the number of factors
	Blocks     int    `json:"blocks"` // for a deep matrix the number of singular values
	Emergences int    `json:"emergences"`
	Records    int    `json:"records"` // times at which both sides were measured

	WorstRelativeError float64 `json:"worst_relative_error"`
	WorstTime          float64 `json:"worst_time"`
	WorstBlock         int     `json:"worst_block"`
	Tolerance          float64 `json:"tolerance"`
	Holds              bool    `json:"holds"`

	IntegratorTolerance float64 `json:"integrator_tolerance"`
	// why the run ended; "stopped" when three blocks have emerged and explain the data
	Status string `json:"status"`

	Fitted    *float64 `json:"fitted,omitempty"`    // growth exponent
	Predicted *float64 `json:"predicted,omitempty"` // by theory
	// the same for ‖⊗w‖ and δ along the same run, of which the paper speaks
	FittedShallow    *float64    `json:"fitted_shallow,omitempty"`
	PredictedShallow *float64    `json:"predicted_shallow,omitempty"`
	CI95             *[2]float64 `json:"ci95,omitempty"` // 95 % confidence interval of Fitted

	Epsilon *float64 `json:"epsilon,omitempty"` // ε(0) of an unbalanced start
	// worst relative error of the equation, where its hypothesis fails
	EquationError *float64 `json:"equation_error,omitempty"`
	// Theorem 3.2 (ii) with a mode of depth 1 whose w is not aligned
	UnalignedError *float64 `json:"unaligned_error,omitempty"`
	// Lemma 4.1 along the trajectory: change of a difference of squared norms, relative to the larger norm
	Drift         *float64      `json:"drift,omitempty"`
	Sign          *Sign         `json:"sign,omitempty"`
	Convergence   []Convergence `json:"convergence,omitempty"`
	OrderMeasured *float64      `json:"order_measured,omitempty"` // at which Convergence shrinks with the step
	OrderExpected int           `json:"order_expected,omitempty"` // of the integrator
}

// newRow is a row that says what was run; the rest is filled in when it has been measured.
func (e *entry) newRow(side string, p problem) Row {
	name := "deep CP"
	if slices.Max(p.depths) == 0 {
		name = "CP"
	}
	return Row{
		Statement: e.Name, Side: side, Model: name, Start: string(p.start), Hypothesis: e.hypothesis,
		Order: len(p.depths), Depths: p.depths, Blocks: p.blocks,
	}
}

// newMatrixRow is newRow for a deep matrix.
func (e *entry) newMatrixRow(side string, m *Matrix) Row {
	return Row{
		Statement: e.Name, Side: side, Model: "deep matrix", Start: string(model.BalancedGeneral), Hypothesis: e.hypothesis,
		Order: 2, Depths: []int{m.Depth()}, Blocks: m.Blocks(),
	}
}

// measured fills in how far off a statement was.
func (r *Row) measured(m *Measurement, tolerance float64) {
	r.Records = len(m.Times)
	r.WorstRelativeError, r.WorstTime, r.WorstBlock = m.Worst.Error, m.Worst.Time, m.Worst.Side.Block
	r.Tolerance, r.Holds = tolerance, m.Worst.Error <= tolerance && m.Compared > 0
}

// MarshalJSON writes an error that is no number as null.
func (r Row) MarshalJSON() ([]byte, error) {
	type plain Row
	row := struct {
		plain
		WorstRelativeError *float64 `json:"worst_relative_error"`
	}{plain(r), finite(r.WorstRelativeError)}
	row.EquationError, row.UnalignedError = finitePointer(r.EquationError), finitePointer(r.UnalignedError)
	if r.CI95 != nil && (finite(r.CI95[0]) == nil || finite(r.CI95[1]) == nil) {
		row.CI95 = nil
	}
	row.FittedShallow = finitePointer(r.FittedShallow)
	row.Fitted, row.OrderMeasured = finitePointer(r.Fitted), finitePointer(r.OrderMeasured)
	return json.Marshal(row)
}

func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func finitePointer(x *float64) *float64 {
	if x == nil {
		return nil
	}
	return finite(*x)
}
