package theory

import (
	"context"
	"slices"

	"lacuna/flow"
	"lacuna/model"
)

// course is a kind of run along which one or several statements are measured.
type course struct {
	plan func(o Options, entries []*entry) []work
}

// work is one run, or a few, and what came of it: rows and, where it has any, data for figures.
type work func(ctx context.Context) (Result, error)

// eachOf makes one run of every setting.
func eachOf[S any](settings []S, do func(context.Context, S) (Result, error)) []work {
	var out []work
	for _, s := range settings {
		out = append(out, func(ctx context.Context) (Result, error) { return do(ctx, s) })
	}
	return out
}

// setup is how a run with an Observer begins.
type setup struct {
	problem    problem
	tolerances []float64
	unbalance  func(chains *model.Chains)               // moves the start; may be nil
	prepare    func(chains *model.Chains, ob *Observer) // may be nil
}

// setupsOf begins a run for every list of depths.
func setupsOf(combinations [][]int, start model.Start, o Options, prepare func(*model.Chains, *Observer)) []setup {
	var out []setup
	for _, depths := range combinations {
		out = append(out, setup{problem: newProblem(depths, start, o), tolerances: tolerances, prepare: prepare})
	}
	return out
}

// observing is the course of runs that an Observer follows, with the statements of all entries.
func observing(setups func(Options) []setup) *course {
	return &course{func(o Options, entries []*entry) []work {
		return eachOf(setups(o), func(ctx context.Context, s setup) (Result, error) { return observe(ctx, s, entries, o) })
	}}
}

// integration tolerances: the first is tried, and the next where a statement misses the tolerance, since what the
// integrator leaves of ε(t) − ε(0) counts as an error of the statement.
var tolerances = []float64{1e-7, 1e-8}

// every is the number of steps between two measurements.
const every = 16

// run is a run that has ended, and what one entry measured along it.
type run struct {
	entry     *entry
	problem   problem
	options   Options
	observer  *Observer
	measured  []*Measurement // one for every statement of the entry
	result    flow.Result
	tolerance float64 // of the integrator
}

// observe follows one problem, at the tolerances in turn until every entry holds, and asks the entries what they claim.
func observe(ctx context.Context, s setup, entries []*entry, o Options) (Result, error) {
	for i, tolerance := range s.tolerances {
		runs, err := try(ctx, s, entries, tolerance, o)
		if err != nil {
			return Result{}, err
		}
		fails := slices.ContainsFunc(runs, func(r *run) bool { return !(r.measured[0].Worst.Error <= o.Tolerance) })
		if fails && i < len(s.tolerances)-1 {
			continue
		}
		var out Result
		for _, r := range runs {
			claimed := oneRow(r.row())
			if r.entry.claim != nil {
				if claimed, err = r.entry.claim(ctx, r); err != nil {
					return Result{}, err
				}
			}
			out.add(claimed)
		}
		return out, nil
	}
	panic("theory: no tolerance")
}

func try(ctx context.Context, s setup, entries []*entry, tolerance float64, o Options) ([]*run, error) {
	chains, err := s.problem.build()
	if err != nil {
		return nil, err
	}
	if s.unbalance != nil {
		s.unbalance(chains)
	}
	var statements []Statement
	count := make([]int, len(entries))
	for i, e := range entries {
		own := e.measure()
		count[i] = len(own)
		statements = append(statements, own...)
	}
	observer := NewObserver(chains, square(), statements...)
	observer.Every, observer.Tolerance = every, o.Tolerance
	if s.prepare != nil {
		s.prepare(chains, observer)
	}
	result, err := follow(ctx, chains, flow.Settings{Tolerance: tolerance}, observer.Record)
	if err != nil {
		return nil, err
	}
	measured := observer.Measurements()
	runs := make([]*run, len(entries))
	for i, e := range entries {
		runs[i] = &run{e, s.problem, o, observer, measured[:count[i]], result, tolerance}
		measured = measured[count[i]:]
	}
	return runs, nil
}

func oneRow(row Row) Result { return Result{Rows: []Row{row}} }

// row is what every row says: how far off the first statement of the entry was.
func (r *run) row() Row {
	row := r.entry.newRow("vector-field", r.problem)
	row.measured(r.measured[0], r.options.Tolerance)
	row.Emergences, row.IntegratorTolerance, row.Status = r.observer.Emergences, r.tolerance, string(r.result.Status)
	return row
}
