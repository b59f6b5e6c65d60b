package draws

import (
	"context"
	"testing"
)

// TestPooledIntervalsHoldTheSlope: the binomial deviation of 95 % in 40 simulations is 3.4 %.
func TestPooledIntervalsHoldTheSlope(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	o := Options{Simulations: 40, Rows: 60, Columns: 8, Missing: 0.4, Draws: 20, Effort: 0.002, Threads: 2, Seed: 3}
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Pooled < 0.89 {
		t.Errorf("pooled intervals of 95 %% hold the true slope in %.3f of simulations", r.Pooled)
	}
	if r.Filled >= r.Pooled || r.Single >= r.Pooled {
		t.Errorf("one table is as good as twenty: %+v", r)
	}
}

func TestPool(t *testing.T) {
	// Rubin (1987): within 1, between (1 + 1/3)·1, estimates 1, 2, 3.
	e := pool([]estimate{{1, 1, 1e9}, {2, 1, 1e9}, {3, 1, 1e9}})
	if e.slope != 2 || e.variance < 2.333 || e.variance > 2.334 || e.freedom < 6.1 || e.freedom > 6.2 {
		t.Errorf("%+v", e)
	}
	if q := student975(10); q < 2.2279 || q > 2.2284 {
		t.Errorf("Student's 97.5 %% quantile with 10 degrees of freedom is %v", q)
	}
}
