package theory

import (
	"cmp"
	"context"
	"slices"

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
	results := make([]Result, len(jobs))
	if err := parallel.Each(ctx, o.Threads, len(jobs), func(i int) (err error) {
		results[i], err = jobs[i](ctx)
		return err
	}, told(o.Progress, len(jobs))); err != nil {
		return nil, err
	}
	all := new(Result)
	for _, r := range results {
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
