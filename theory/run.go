package theory

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/model"
	"lacuna/tensor"
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
	Status              string  `json:"status"` // why the run ended; "stopped" when three blocks have emerged and explain the data

	Fitted    *float64    `json:"fitted,omitempty"`    // growth exponent
	Predicted *float64    `json:"predicted,omitempty"` // by theory
	CI95      *[2]float64 `json:"ci95,omitempty"`      // 95 % confidence interval of Fitted

	Epsilon        *float64      `json:"epsilon,omitempty"`         // ε(0) of an unbalanced start
	EquationError  *float64      `json:"equation_error,omitempty"`  // worst relative error of the equation, where its hypothesis fails
	UnalignedError *float64      `json:"unaligned_error,omitempty"` // Theorem 3.2 (ii) with a mode of depth 1 whose w is not aligned
	Drift          *float64      `json:"drift,omitempty"`           // Lemma 4.1 along the trajectory: change of a difference of squared norms, relative to the larger norm
	Sign           *Sign         `json:"sign,omitempty"`
	Convergence    []Convergence `json:"convergence,omitempty"`
	OrderMeasured  *float64      `json:"order_measured,omitempty"` // at which Convergence shrinks with the step
	OrderExpected  int           `json:"order_expected,omitempty"` // of the integrator
}

// Convergence is the trajectory's error at one tolerance of the integrator.
type Convergence struct {
	Tolerance float64 `json:"tolerance"`
	Records   int     `json:"records"` // steps within the growth phases
	Error     float64 `json:"error"`   // root mean square of the relative error over them
	Worst     float64 `json:"worst"`
}

// Result is the table and the data of its figures.
type Result struct {
	Rows  []Row
	Bands []BandTrace
	Sides *SideTrace
	Sigma *SigmaTrace
}

// SideTrace is both sides of Theorem 3.2 (i) for the blocks that emerged in one run.
type SideTrace struct {
	Depths      []int
	Blocks      []int
	Time        []float64
	Left, Right [][]float64 // a list a block
	Error       []float64   // worst over all blocks, by time
}

// SigmaTrace is the singular values of a deep matrix by time, and its training error.
type SigmaTrace struct {
	Factors int
	Time    []float64
	Sigma   [][]float64 // a list a singular value
	MSE     []float64
}

// The names of the lines of the table.
const (
	nameLemma41    = "lemma-4.1"
	name32i        = "theorem-3.2-i"
	name32ii       = "theorem-3.2-ii"
	name33         = "theorem-3.3"
	nameLemmaA2    = "lemma-a.2"
	name21         = "theorem-2.1"
	name22         = "theorem-2.2"
	nameExponent   = "exponent"
	nameBounds     = "theorem-3.2-i-bounds"
	nameTrajectory = "trajectory"
)

// Statements lists the names that Options.Statements takes, in the order of the table.
func Statements() []string {
	return []string{nameLemma41, name32i, name32ii, name33, nameLemmaA2, name22, name21, nameTrajectory, nameExponent, nameBounds}
}

// job is one or a few runs; it fills rows and, where it has any, data for figures.
type job struct {
	statements []string
	work       func(ctx context.Context) (Result, error)
}

// Run measures the table. It returns an error for options that name nothing, and ctx's error when it is cancelled.
func Run(ctx context.Context, o Options) (*Result, error) {
	o = o.withDefaults()
	jobs, err := plan(o)
	if err != nil {
		return nil, err
	}
	results, errs := make([]Result, len(jobs)), make([]error, len(jobs))
	var wait sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range max(1, o.Threads) {
		wait.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(jobs) || ctx.Err() != nil {
					return
				}
				results[i], errs[i] = jobs[i].work(ctx)
				mu.Lock()
				done++
				if o.Progress != nil {
					o.Progress.Set(float64(done), float64(len(jobs)))
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	all := new(Result)
	for i, r := range results {
		if errs[i] != nil {
			return nil, errs[i]
		}
		all.Rows = append(all.Rows, r.Rows...)
		all.Bands = append(all.Bands, r.Bands...)
		if r.Sides != nil {
			all.Sides = r.Sides
		}
		if r.Sigma != nil {
			all.Sigma = r.Sigma
		}
	}
	all.Rows = slices.DeleteFunc(all.Rows, func(r Row) bool { return !o.wants(r.Statement) })
	rank := map[string]int{}
	for i, name := range Statements() {
		rank[name] = i
	}
	slices.SortStableFunc(all.Rows, func(a, b Row) int { return rank[a.Statement] - rank[b.Statement] })
	return all, nil
}

func (o Options) wants(statements ...string) bool {
	return len(o.Statements) == 0 || slices.ContainsFunc(statements, func(s string) bool { return slices.Contains(o.Statements, s) })
}

// plan lists the runs that the options ask for.
func plan(o Options) ([]job, error) {
	for _, name := range o.Statements {
		if !slices.Contains(Statements(), name) {
			return nil, fmt.Errorf("theory: statement %q is unknown, choose from %s", name, strings.Join(Statements(), ", "))
		}
	}
	for _, order := range o.Orders {
		if order < 2 || order > 6 {
			return nil, fmt.Errorf("theory: order %d: from 2 to 6 can be measured, the reference being dense", order)
		}
	}
	for _, depths := range o.Depths {
		if len(depths) == 0 || slices.Min(depths) < 0 || slices.Max(depths) > 8 {
			return nil, fmt.Errorf("theory: depths %v: whole numbers from 0 to 8 can be measured", depths)
		}
	}
	var jobs []job
	add := func(work func(context.Context) (Result, error), statements ...string) {
		if o.wants(statements...) {
			jobs = append(jobs, job{statements, work})
		}
	}
	for _, depths := range o.combinations([]int{3, 4}, []int{1, 2, 3}) {
		add(func(ctx context.Context) (Result, error) { return generalRun(ctx, depths, o) }, nameLemma41, name32i, name33)
		if slices.Max(depths) > 0 {
			add(func(ctx context.Context) (Result, error) { return chainsRun(ctx, depths, o) }, nameLemmaA2)
			add(func(ctx context.Context) (Result, error) { return rankOneRun(ctx, depths, o) }, name32ii)
		}
	}
	for _, depths := range o.combinations([]int{3, 4}, []int{0}) {
		if slices.Max(depths) == 0 {
			add(func(ctx context.Context) (Result, error) { return shallowRun(ctx, depths, o) }, name22)
		}
	}
	matrices := len(o.Orders) == 0 || slices.Contains(o.Orders, 2)
	for _, k := range o.factors([]int{2, 3, 4}) {
		if matrices {
			add(func(ctx context.Context) (Result, error) { return matrixRun(ctx, k, o) }, name21)
		}
	}
	for _, depths := range o.combinations([]int{3}, []int{1, 3}) {
		for _, method := range []flow.Method{flow.Implicit, flow.Explicit54} {
			add(func(ctx context.Context) (Result, error) { return trajectoryRun(ctx, depths, method, o) }, nameTrajectory)
		}
	}
	for _, depths := range o.combinations([]int{3, 4, 5}, []int{0, 1, 2, 3, 4, 5}) {
		add(func(ctx context.Context) (Result, error) { return exponentRun(ctx, depths, o) }, nameExponent)
	}
	for _, k := range o.factors([]int{2, 3, 4, 5, 6}) {
		if matrices {
			add(func(ctx context.Context) (Result, error) { return matrixExponentRun(ctx, k, o) }, nameExponent)
		}
	}
	for _, depths := range o.combinations([]int{3}, []int{1}) {
		if len(o.Depths) == 0 && slices.Min(depths) != slices.Max(depths) {
			continue
		}
		for _, spread := range []float64{0, 0.05, 0.15, 0.4} {
			add(func(ctx context.Context) (Result, error) { return boundsRun(ctx, depths, spread, o) }, nameBounds)
		}
	}
	if len(jobs) == 0 {
		return nil, fmt.Errorf("theory: no statement fits these orders and depths: a list of depths needs one for every mode")
	}
	return jobs, nil
}

// combinations lists the depths of all modes, for every order and depth asked for. Without depths these are the equal ones given
// and 1, 2, 3 in turn (0, 1, 2 for a table that starts at depth 0).
func (o Options) combinations(orders, equal []int) [][]int {
	if len(o.Orders) > 0 {
		orders = o.Orders
	}
	var out [][]int
	for _, depths := range o.Depths {
		if len(depths) > 1 && len(o.Orders) == 0 {
			out = append(out, depths)
			continue
		}
		for _, order := range orders {
			switch len(depths) {
			case 1:
				out = append(out, slices.Repeat(depths, order))
			case order:
				out = append(out, depths)
			}
		}
	}
	if len(o.Depths) > 0 {
		return out
	}
	for _, order := range orders {
		for _, k := range equal {
			out = append(out, slices.Repeat([]int{k}, order))
		}
		if len(equal) == 1 {
			continue
		}
		unequal := make([]int, order)
		for n := range unequal {
			unequal[n] = n%3 + min(1, equal[0])
		}
		out = append(out, unequal)
	}
	return out
}

// factors lists the numbers of factors of deep matrices.
func (o Options) factors(normal []int) []int {
	if len(o.Depths) == 0 {
		return normal
	}
	var out []int
	for _, depths := range o.Depths {
		if len(depths) == 1 && depths[0] >= 2 {
			out = append(out, depths[0])
		}
	}
	return out
}

// integration tolerances: the first is tried, and the next where a statement misses the tolerance, since what the integrator
// leaves of ε(t) − ε(0) counts as an error of the statement.
var tolerances = []float64{1e-7, 1e-8}

// every is the number of steps between two measurements.
const every = 16

// measure follows one problem and measures statements along it.
func measure(ctx context.Context, p problem, o Options, prepare func(*Observer), statements func() []Statement) (*Observer, flow.Result, float64, error) {
	for i, tolerance := range tolerances {
		chains, err := p.build()
		if err != nil {
			return nil, flow.Result{}, 0, err
		}
		observer := NewObserver(chains, square(), statements()...)
		observer.Every, observer.Tolerance = every, o.Tolerance
		if prepare != nil {
			prepare(observer)
		}
		result, err := follow(ctx, chains, chains.Observed(), flow.Settings{Tolerance: tolerance}, observer.Record)
		if err != nil {
			return nil, result, 0, err
		}
		holds := true
		for _, m := range observer.Measurements() {
			holds = holds && (m.Statement == signedName || m.Worst.Error <= o.Tolerance)
		}
		if holds || i == len(tolerances)-1 {
			return observer, result, tolerance, nil
		}
	}
	panic("theory: no tolerance")
}

func (p problem) row(o *Observer, m *Measurement, result flow.Result, tolerance float64, options Options) Row {
	name := "deep CP"
	if slices.Max(p.depths) == 0 {
		name = "CP"
	}
	return Row{
		Statement: m.Statement, Side: "vector-field", Model: name, Start: string(p.start),
		Hypothesis: hypotheses[m.Statement],
		Order:      len(p.depths), Depths: p.depths, Blocks: p.blocks, Emergences: o.Emergences, Records: len(m.Times),
		WorstRelativeError: m.Worst.Error, WorstTime: m.Worst.Time, WorstBlock: m.Worst.Side.Block,
		Tolerance: options.Tolerance, Holds: m.Worst.Error <= options.Tolerance && m.Compared > 0,
		IntegratorTolerance: tolerance, Status: string(result.Status),
	}
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

func generalRun(ctx context.Context, depths []int, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedGeneral, o)
	observer, result, tolerance, err := measure(ctx, p, o, func(ob *Observer) { ob.Keep = true },
		func() []Statement { return []Statement{Lemma41(), Theorem32i(), Theorem33()} })
	if err != nil {
		return Result{}, err
	}
	var out Result
	for _, m := range observer.Measurements() {
		out.Rows = append(out.Rows, p.row(observer, m, result, tolerance, o))
		if m.Statement == nameLemma41 {
			out.Rows[len(out.Rows)-1].Drift = &observer.Drift.Error
		}
		if m.Statement == name32i {
			out.Sides = sideTrace(depths, m, result)
		}
	}
	return out, nil
}

// sideTrace picks the blocks that emerged.
func sideTrace(depths []int, m *Measurement, result flow.Result) *SideTrace {
	t := &SideTrace{Depths: depths, Time: m.Times}
	for _, e := range result.Events {
		if e.Kind == flow.Emergence && !slices.Contains(t.Blocks, e.Block) {
			t.Blocks = append(t.Blocks, e.Block)
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

func chainsRun(ctx context.Context, depths []int, o Options) (Result, error) {
	p := newProblem(depths, BalancedChains, o)
	observer, result, tolerance, err := measure(ctx, p, o, nil, func() []Statement { return []Statement{LemmaA2()} })
	if err != nil {
		return Result{}, err
	}
	return Result{Rows: []Row{p.row(observer, observer.Measurements()[0], result, tolerance, o)}}, nil
}

const signedName = "theorem-3.2-ii-signed"

func rankOneRun(ctx context.Context, depths []int, o Options) (Result, error) {
	p := newProblem(depths, RankOneAligned, o)
	observer, result, tolerance, err := measure(ctx, p, o, func(ob *Observer) { ob.sign = new(signWatch) },
		func() []Statement { return []Statement{Theorem32ii(), SignedTheorem32ii()} })
	if err != nil {
		return Result{}, err
	}
	with, without := observer.Measurements()[0], observer.Measurements()[1]
	row := p.row(observer, with, result, tolerance, o)
	row.Sign = &Sign{
		Blocks: p.blocks, Negative: observer.sign.negative, Flips: observer.sign.flips,
		WithModulus: with.Worst.Error, AsPrinted: without.Worst.Error,
		FailingShare: float64(without.Failing) / float64(without.Compared),
	}
	if slices.Contains(depths, 1) {
		row.Hypothesis += ", w ∥ ṽ where k = 1"
		p.start = model.BalancedRankOne
		chains, err := p.build()
		if err != nil {
			return Result{}, err
		}
		unaligned := NewObserver(chains, square(), Theorem32ii())
		unaligned.Every = every
		if _, err := follow(ctx, chains, chains.Observed(), flow.Settings{Tolerance: 1e-4}, unaligned.Record); err != nil {
			return Result{}, err
		}
		worst := unaligned.Measurements()[0].Worst.Error
		row.UnalignedError = &worst
	}
	return Result{Rows: []Row{row}}, nil
}

func shallowRun(ctx context.Context, depths []int, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedGeneral, o)
	observer, result, tolerance, err := measure(ctx, p, o, nil, func() []Statement { return []Statement{Theorem22()} })
	if err != nil {
		return Result{}, err
	}
	return Result{Rows: []Row{p.row(observer, observer.Measurements()[0], result, tolerance, o)}}, nil
}

// matrixProblem is a square matrix of rank 3 with a balanced start.
func matrixProblem(k int, o Options) (*model.Matrix, *tensor.Observed, error) {
	shape := tensor.Shape{8, 8}
	observed, _ := dataset.Observe(dataset.Synthetic(shape, 3, 0, o.Seed), dataset.Random, 0, 0.8, o.Seed)
	m, err := model.NewMatrix(observed, square(), model.MatrixConfig{Depth: k})
	if err != nil {
		return nil, nil, err
	}
	sigma := math.Pow(1e-3, 1/float64(k)) // singular values of the product around 1e-3
	return m, observed, m.Draw(model.StartConfig{Start: model.BalancedGeneral, SigmaA: sigma, Seed: o.Seed})
}

func matrixRun(ctx context.Context, k int, o Options) (Result, error) {
	for i, tolerance := range tolerances {
		m, observed, err := matrixProblem(k, o)
		if err != nil {
			return Result{}, err
		}
		observer := NewMatrixObserver(m, square())
		observer.Every = every
		trace := &SigmaTrace{Factors: k, Sigma: make([][]float64, m.Blocks())}
		result, err := follow(ctx, m, observed, flow.Settings{Tolerance: tolerance}, func(s *flow.Snapshot) bool {
			if s.Steps%every == 0 {
				trace.Time, trace.MSE = append(trace.Time, s.Time), append(trace.MSE, s.MSE)
				for l, sigma := range s.Norms {
					trace.Sigma[l] = append(trace.Sigma[l], sigma)
				}
			}
			return observer.Record(s)
		})
		if err != nil {
			return Result{}, err
		}
		worst := observer.Measurement().Worst
		if worst.Error > o.Tolerance && i < len(tolerances)-1 {
			continue
		}
		return Result{Sigma: trace, Rows: []Row{{
			Statement: name21, Side: "vector-field", Model: "deep matrix", Start: string(model.BalancedGeneral), Hypothesis: hypotheses[name21],
			Order: 2, Depths: []int{k}, Blocks: m.Blocks(), Emergences: observer.Emergences, Records: len(observer.Measurement().Times),
			WorstRelativeError: worst.Error, WorstTime: worst.Time, WorstBlock: worst.Side.Block,
			Tolerance: o.Tolerance, Holds: worst.Error <= o.Tolerance, IntegratorTolerance: tolerance, Status: string(result.Status),
		}}}, nil
	}
	panic("theory: no tolerance")
}

// trajectoryTolerances are those over which the error of finite differences is to shrink, by method: all leave enough steps in a
// growth phase for the differences.
var trajectoryTolerances = map[flow.Method][]float64{
	flow.Implicit:   {1e-4, 1e-5, 1e-6, 1e-7},
	flow.Explicit54: {1e-6, 1e-7, 1e-8, 1e-9},
}

// integratorOrder is the order of the methods whose trajectories are differenced.
var integratorOrder = map[flow.Method]int{flow.Implicit: 3, flow.Explicit54: 5}

// orderSlack is by how much the measured order of convergence may fall short of the integrator's.
const orderSlack = 0.5

func trajectoryRun(ctx context.Context, depths []int, method flow.Method, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedGeneral, o)
	row := Row{
		Statement: nameTrajectory, Side: "trajectory", Model: "deep CP", Start: string(p.start),
		Hypothesis: hypotheses[nameTrajectory] + ", integrator " + string(method), Order: len(depths), Depths: depths, Blocks: p.blocks,
		OrderExpected: integratorOrder[method],
	}
	var x, y []float64
	for _, tolerance := range trajectoryTolerances[method] {
		chains, err := p.build()
		if err != nil {
			return Result{}, err
		}
		t := newTrace(chains, square())
		result, err := follow(ctx, chains, chains.Observed(), flow.Settings{Method: method, Tolerance: tolerance}, func(s *flow.Snapshot) bool {
			t.record(s)
			return t.firstIsGrown()
		})
		if err != nil {
			return Result{}, err
		}
		worst, rms, records := t.trajectoryError(depths)
		if records == 0 {
			return Result{}, fmt.Errorf("theory: no block of depths %v grew at seed %d: choose another seed", depths, o.Seed)
		}
		row.Convergence = append(row.Convergence, Convergence{tolerance, records, rms, worst.Error})
		x, y = append(x, -math.Log(float64(records))), append(y, math.Log(rms))
		row.Emergences, row.Records, row.Status = max(row.Emergences, len(t.emerged)), row.Records+records, string(result.Status)
		row.WorstRelativeError, row.WorstTime, row.WorstBlock = worst.Error, worst.Time, worst.Side.Block
		row.IntegratorTolerance = tolerance
	}
	order := fitLine(x, y).Fitted
	row.OrderMeasured = &order
	row.Tolerance = trajectoryTolerance
	row.Holds = order >= float64(row.OrderExpected)-orderSlack && row.WorstRelativeError <= row.Tolerance
	return Result{Rows: []Row{row}}, nil
}

// trajectoryTolerance is the largest relative error of finite differences at the tightest tolerance.
const trajectoryTolerance = 1e-3

// exponentTolerance is the largest distance of a fitted exponent from theory.
const exponentTolerance = 0.01

func exponentRun(ctx context.Context, depths []int, o Options) (Result, error) {
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
	row := exponentRow(t.exponent(), Exponent(depths))
	row.Model, row.Start, row.Order, row.Depths, row.Blocks = "deep CP", string(start), len(depths), depths, p.blocks
	if slices.Max(depths) == 0 {
		row.Model = "CP"
	}
	row.Emergences, row.IntegratorTolerance, row.Status = len(t.emerged), tolerance, string(result.Status)
	return Result{Rows: []Row{row}}, nil
}

func exponentRow(fit Fit, predicted float64) Row {
	row := Row{Statement: nameExponent, Side: "trajectory", Hypothesis: hypotheses[nameExponent], Records: fit.Points, Tolerance: exponentTolerance}
	fitted, ci := fit.Fitted, [2]float64{fit.Low, fit.High}
	row.Fitted, row.Predicted, row.CI95 = &fitted, &predicted, &ci
	row.WorstRelativeError = math.Abs(fitted-predicted) / predicted
	row.Holds = math.Abs(fitted-predicted) <= exponentTolerance
	return row
}

func matrixExponentRun(ctx context.Context, k int, o Options) (Result, error) {
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
	row := exponentRow(observer.trace.fit(), MatrixExponent(k))
	row.Model, row.Start, row.Order, row.Depths, row.Blocks = "deep matrix", string(model.BalancedGeneral), 2, []int{k}, m.Blocks()
	row.Emergences, row.IntegratorTolerance, row.Status = observer.Emergences, tolerance, string(result.Status)
	return Result{Rows: []Row{row}}, nil
}

func boundsRun(ctx context.Context, depths []int, spread float64, o Options) (Result, error) {
	p := newProblem(depths, model.BalancedGeneral, o)
	chains, err := p.build()
	if err != nil {
		return Result{}, err
	}
	unbalance(chains, spread, o.Seed)
	observer := NewObserver(chains, square(), Bounds(), Theorem32i())
	observer.Every, observer.Tolerance = every, o.Tolerance
	first := observer.copyBlocks()
	watch := newBandWatch(first)
	observer.look = watch.look
	epsilon := chains.Unbalancedness()
	tolerance := tolerances[0]
	result, err := follow(ctx, chains, chains.Observed(), flow.Settings{Tolerance: tolerance}, observer.Record)
	if err != nil {
		return Result{}, err
	}
	row := p.row(observer, observer.Measurements()[0], result, tolerance, o)
	equation := observer.Measurements()[1].Worst.Error
	row.Epsilon, row.EquationError = &epsilon, &equation
	out := Result{Rows: []Row{row}}
	for _, e := range result.Events {
		if e.Kind == flow.Emergence {
			trace := watch.grown(e.Block)
			trace.Epsilon, trace.Error = epsilon, equation
			out.Bands = append(out.Bands, trace)
			break
		}
	}
	return out, nil
}

// Check returns the error that Run would return for these options, without running anything.
func Check(o Options) error {
	_, err := plan(o.withDefaults())
	return err
}
