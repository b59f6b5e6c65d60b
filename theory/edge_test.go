package theory

import (
	"context"
	"testing"
)

// TestBeyondTheEdge checks what Ghosh et al. found: below the edge descent settles and keeps its balance gap; beyond it the
// period doubles and the gap goes.
func TestBeyondTheEdge(t *testing.T) {
	r, err := BeyondTheEdge(context.Background(), EdgeOptions{Shares: []float64{0.9, 1.05, 1.3, 3}})
	if err != nil {
		t.Fatal(err)
	}
	for i, period := range []int{1, 2, 4, -1} {
		if r.Runs[i].Period != period {
			t.Errorf("at %v of the edge's rate the period is %d, want %d", r.Runs[i].Share, r.Runs[i].Period, period)
		}
	}
	last := func(i int) float64 { return r.Runs[i].Gap[len(r.Runs[i].Gap)-1] }
	if last(0) < 1e-3 || last(1) > 1e-9 || last(2) > 1e-9 {
		t.Errorf("balance gaps at the end: %v below the edge, %v and %v beyond it", last(0), last(1), last(2))
	}
	if charts := len(r.Figure().Charts); charts != 2 {
		t.Errorf("%d charts", charts)
	}
	if _, err := BeyondTheEdge(context.Background(), EdgeOptions{Layers: 1}); err == nil {
		t.Error("one layer is taken")
	}
}

func TestPeriodOf(t *testing.T) {
	for period, values := range map[int][]float64{1: {1, 1, 1, 1}, 2: {1, 2, 1, 2}, 3: {1, 2, 3, 1, 2, 3}, 4: {1, 2, 1, 3, 1, 2, 1, 3}, 0: {1, 2, 3, 4}} {
		if got := periodOf(values); got != period {
			t.Errorf("%v: period %d, want %d", values, got, period)
		}
	}
}
