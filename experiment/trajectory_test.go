package experiment

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func record(steps int) Record { return Record{Steps: steps, Deep: []float64{float64(steps)}} }

func steps(t *Trajectory) []int {
	var out []int
	for _, r := range t.Records {
		out = append(out, r.Steps)
	}
	return out
}

func TestThinning(t *testing.T) {
	run := Trajectory{Limit: 5}
	for s := range 12 {
		run.Add(record(s))
	}
	if want := []int{0, 4, 8, 11}; !cmp.Equal(steps(&run), want) {
		t.Errorf("kept %v, want %v", steps(&run), want)
	}
}

// A run that stops between two regular records and goes on ends with the same records.
func TestResumedEqualsUninterrupted(t *testing.T) {
	whole, broken := Trajectory{Every: 10, Limit: 6}, Trajectory{Every: 10, Limit: 6}
	for s := 0; s <= 300; s += 10 {
		whole.Add(record(s))
		broken.Add(record(s))
		if s%70 == 0 {
			broken.Add(record(s + 3))
		}
	}
	if !cmp.Equal(steps(&whole), steps(&broken)) {
		t.Errorf("uninterrupted %v, resumed %v", steps(&whole), steps(&broken))
	}
}

func TestAddCopies(t *testing.T) {
	norms := []float64{1, 2}
	var run Trajectory
	run.Add(Record{Deep: norms})
	norms[0] = 9
	if got := run.Curves(); !cmp.Equal(got, [][]float64{{1}, {2}}) {
		t.Errorf("curves %v", got)
	}
}
