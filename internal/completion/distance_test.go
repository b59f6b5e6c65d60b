package completion

import (
	"math"
	"testing"

	"lacuna/tensor"
)

// stepsTo counts the steps to the nearest cell that may be known, along every measured mode and in both directions.
func stepsTo(o *tensor.Observed, cell []int32, may func(c int) bool, ordered ...int) int {
	for steps := 1; steps < 100; steps++ {
		for c := range o.Values {
			other, differ, far := o.Cell(c), 0, 0
			along := -1
			for n := range cell {
				if other[n] != cell[n] {
					differ, along, far = differ+1, n, int(math.Abs(float64(other[n]-cell[n])))
				}
			}
			for _, n := range ordered {
				if differ == 1 && along == n && far == steps && may(c) {
					return steps
				}
			}
		}
	}
	return 0
}

// spelled is a table whose first mode is ordered, with a spell of gaps and a fibre of which nothing is known.
func spelled(t *testing.T, ordered int) (*job, *Completion, folds) {
	t.Helper()
	o := gapped(tensor.Shape{30, 4, 3}, func(cell []int32) bool {
		return cell[1] == 0 && cell[0] > 5 && cell[0] < 20 || cell[1] == 3 && cell[2] == 1 || (cell[0]+cell[1]+cell[2])%7 == 0
	})
	for n := range ordered {
		for i := range o.Modes[n].Labels {
			o.Modes[n].Coordinates = append(o.Modes[n].Coordinates, float64(i*i))
		}
	}
	j := newJob(t, o, "auto", 0.1)
	j.unit = -1
	c := &Completion{Observed: o, fit: zero{}, shape: j.shape, unit: j.scoring(o), UnitMode: -1, calibration: uncalibrated()}
	f := newFolds(j.shape, 0.2, 3)
	for part := range f.parts {
		_, held := f.without(part)
		for k, piece := range f.piecesOf(part) {
			c.HeldOut = append(c.HeldOut, HeldOutCell{
				Cell: held.Cell(k), Value: held.Values[k], part: part, piece: piece,
			})
		}
	}
	return j, c, f
}

func TestErrorsByDistance(t *testing.T) {
	for ordered, modes := range [][]int{1: {0}, 2: {0, 1}} {
		if ordered == 0 {
			continue
		}
		j, c, f := spelled(t, ordered)
		j.judgeDistances(c, f, j.judge(c))
		type count struct {
			filled, held int
			errors       float64
		}
		class := func(steps int) [2]int {
			for from, to := 1, 1; to < 100; from, to = to+1, 2*to {
				if from <= steps && steps <= to {
					return [2]int{from, to}
				}
			}
			return [2]int{}
		}
		want := map[[2]int]count{}
		for _, gap := range j.gaps {
			at := class(stepsTo(j.observed, gap, func(int) bool { return true }, modes...))
			w := want[at]
			w.filled++
			want[at] = w
		}
		for _, h := range c.HeldOut {
			hidden := map[int32]bool{}
			for _, k := range f.hiddenBy(h.part) {
				hidden[k] = true
			}
			at := class(stepsTo(j.observed, h.Cell, func(k int) bool { return !hidden[int32(k)] }, modes...))
			w := want[at]
			w.held++
			w.errors += h.Value * h.Value
			want[at] = w
		}
		if len(want) < 3 || len(want) != len(c.ByDistance) {
			t.Fatalf("%d classes, want %d, at least 3", len(c.ByDistance), len(want))
		}
		for k, d := range c.ByDistance {
			w := want[[2]int{d.From, d.To}]
			if d.Filled != w.filled || d.HeldOut != w.held {
				t.Errorf("%d to %d steps: %d filled and %d held out, want %d and %d", d.From, d.To, d.Filled, d.HeldOut,
					w.filled, w.held)
			}
			if rmse := math.Sqrt(w.errors / float64(w.held)); w.held > 0 && math.Abs(d.HeldOutRMSE-rmse) > 1e-12 ||
				(w.held == 0) != math.IsNaN(d.HeldOutRMSE) {
				t.Errorf("%d to %d steps: held-out error %v, want %v", d.From, d.To, d.HeldOutRMSE, rmse)
			}
			if w.filled > 0 && math.Abs(d.FilledRMSE-0.01) > 1e-12 {
				t.Errorf("%d to %d steps: filled error %v, want 0.01", d.From, d.To, d.FilledRMSE)
			}
			if ratio := d.FilledRMSE / d.FilledNRMSE; w.filled > 0 && math.Abs(ratio/c.unit.ScaleAt(j.gaps[0])-1) > 1e-9 {
				t.Errorf("%d to %d steps: error is over %v, want the deviation", d.From, d.To, ratio)
			}
			if none := d.From == 0; none != (d.To == 0) || none && k != len(c.ByDistance)-1 || k > 0 && !none &&
				d.From <= c.ByDistance[k-1].To {
				t.Errorf("classes are not in order: %+v", c.ByDistance)
			}
		}
	}
}

func TestWithoutOrderThereIsNoFar(t *testing.T) {
	j, c, f := spelled(t, 0)
	j.judgeDistances(c, f, j.judge(c))
	for _, d := range c.ByDistance {
		if d.To > 1 {
			t.Errorf("labels are names, and cells are %d to %d steps away", d.From, d.To)
		}
	}
	if len(c.ByDistance) == 0 || c.ByDistance[0].HeldOut != len(c.HeldOut) {
		t.Errorf("%+v, want all %d held-out cells one step away", c.ByDistance, len(c.HeldOut))
	}
}

func TestClassesOfDistance(t *testing.T) {
	for steps, want := range map[int][2]int{1: {1, 1}, 2: {2, 2}, 3: {3, 4}, 4: {3, 4}, 5: {5, 8}, 8: {5, 8}, 9: {9, 16}, 0: {}} {
		if d := (distanceSums{}).error(distanceClass(steps)); d.From != want[0] || d.To != want[1] {
			t.Errorf("%d steps: class %d to %d, want %v", steps, d.From, d.To, want)
		}
	}
}
