package theory

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"lacuna/internal/parallel"
)

// Result is the table and the data of its figures.
type Result struct {
	Rows  []Row
	Bands []BandTrace
	Sides *SideTrace
	Sigma *SigmaTrace
}

// Run measures the table. It returns an error for options that name nothing, and ctx's error when it is cancelled.
func Run(ctx context.Context, o Options) (*Result, error) {
	o = o.withDefaults()
	jobs, err := plan(o)
	if err != nil {
		return nil, err
	}
	results, errs := make([]Result, len(jobs)), make([]error, len(jobs))
	var mu sync.Mutex
	done := 0
	parallel.For(o.Threads, len(jobs), func(i int) {
		if ctx.Err() != nil {
			return
		}
		results[i], errs[i] = jobs[i](ctx)
		mu.Lock()
		defer mu.Unlock()
		if done++; o.Progress != nil {
			o.Progress(float64(done), float64(len(jobs)))
		}
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	all := new(Result)
	for i, r := range results {
		if errs[i] != nil {
			return nil, errs[i]
		}
		all.add(r)
	}
	all.Rows = slices.DeleteFunc(all.Rows, func(r Row) bool { return !o.wants(r.Statement) })
	order := Statements()
	slices.SortStableFunc(all.Rows, func(a, b Row) int {
		return slices.Index(order, a.Statement) - slices.Index(order, b.Statement)
	})
	return all, nil
}

// add takes over the rows and data of another result.
func (r *Result) add(more Result) {
	r.Rows = append(r.Rows, more.Rows...)
	r.Bands = append(r.Bands, more.Bands...)
	r.Sides, r.Sigma = cmp.Or(more.Sides, r.Sides), cmp.Or(more.Sigma, r.Sigma)
}
