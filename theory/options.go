package theory

import "cmp"

// Options says what Run measures. The zero value is the default table.
type Options struct {
	Statements []string // names as Statements lists them; empty means all
	Orders     []int    // N; empty means 3 and 4, and 5 for exponents
	// Depths are one depth for every order, or a depth for every mode; empty means 1, 2, 3 and unequal depths, and 0 to
	// 5 for exponents.
	Depths    [][]int
	Blocks    int     // R; 0 means 50
	Tolerance float64 // largest relative error for which a statement counts as holding; 0 means 1e-6
	Seed      uint64  // of data and starts; 0 means 1
	Threads   int     // runs at a time; 0 means 1

	// Progress is told after every run how many of all are finished, one call at a time; may be nil.
	Progress func(done, total float64)
}

// DefaultTolerance is the largest relative error for which a statement counts as holding.
const DefaultTolerance = 1e-6

func (o Options) withDefaults() Options {
	o.Blocks, o.Tolerance, o.Seed = cmp.Or(o.Blocks, 50), cmp.Or(o.Tolerance, DefaultTolerance), cmp.Or(o.Seed, 1)
	return o
}

// told hands the count of finished runs to progress, which may be nil.
func told(progress func(done, total float64), total int) func(done, run int) {
	return func(done, _ int) {
		if progress != nil {
			progress(float64(done), float64(total))
		}
	}
}
