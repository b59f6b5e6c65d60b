package completion

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// ordered gives the modes of a table coordinates 0, 1, 2 …, but for those that are left without.
func ordered(o *tensor.Observed, without ...int) *tensor.Observed {
	for n := range o.Modes {
		if m := &o.Modes[n]; !slices.Contains(without, n) {
			for i := range m.Labels {
				m.Coordinates = append(m.Coordinates, float64(i))
			}
		}
	}
	return o
}

// wandering is a table of rank one, series × time, to which every series adds a course of its own, and noise.
func wandering(own, noise float64) *tensor.Observed {
	o, _ := noisy(tensor.Shape{14, 10, 30}, 1, noise, 0.7)
	stream := rng.New(2, "courses")
	courses := map[[2]int32]*[30]float64{}
	for c := range o.Values {
		key := [2]int32{o.Index[0][c], o.Index[1][c]}
		if courses[key] == nil {
			courses[key] = new([30]float64)
			at := stream.NormFloat64()
			for t := range 30 {
				courses[key][t] = at
				at = 0.95*at + math.Sqrt(1-0.95*0.95)*stream.NormFloat64()
			}
		}
		o.Values[c] += own * courses[key][o.Index[2][c]]
	}
	return ordered(o, 0, 1)
}

// TestKrigingSolvesItsEquations compares with k K⁻¹ r and k K⁻¹ k of matrices that are written out.
func TestKrigingSolvesItsEquations(t *testing.T) {
	p := process{Reach: []float64{2, 0, 5}, Share: 0.8, Trust: []float64{1}, Power: 1}
	w := workspace{around: along([][3]int{{0, -1, 0}, {0, -3, 1}, {0, 2, 2}, {1, 1, 3}, {2, -2, 4}, {2, 1, 5}, {2, 4, 6}, {2, 80, 7}}...)}
	residual := []float64{0.3, -1, 2, 100, 0.7, -0.4, 1.1, 100}
	used := []int{0, 1, 2, 4, 5, 6} // the others: of a mode without a reach, and too far away
	m := len(used)
	matrix, toward, of := make([]float64, m*m), make([]float64, m), make([]float64, m)
	for a, i := range used {
		of[a] = residual[i]
		x := w.around[i]
		toward[a] = p.Share * math.Exp(-math.Abs(x.steps)/p.Reach[x.mode])
		for b, k := range used {
			y := w.around[k]
			apart := math.Abs(x.steps)/p.Reach[x.mode] + math.Abs(y.steps)/p.Reach[y.mode]
			if x.mode == y.mode {
				apart = math.Abs(x.steps-y.steps) / p.Reach[x.mode]
			}
			if matrix[a*m+b] = p.Share * math.Exp(-apart); a == b {
				matrix[a*m+b] = 1
			}
		}
	}
	value, explained := quadratic(t, toward, matrix, of), quadratic(t, toward, matrix, toward)
	got := p.correct(&w, 0, residual)
	if math.Abs(got.add-value) > 1e-12 || math.Abs(got.left-(1-explained)) > 1e-12 {
		t.Errorf("kriged %v, %v; the equations say %v, %v", got.add, got.left, value, 1-explained)
	}
	if !w.between() {
		t.Error("the cell lies between known ones")
	}
	w.around = along([3]int{0, -1, 0}, [3]int{0, -3, 1}, [3]int{2, 1, 5})
	if p.correct(&w, 0, residual); w.between() {
		t.Error("the cell lies beyond all known ones along either mode")
	}
}

// along are cells that share a fibre with another: its mode, the steps beyond, and which of the known cells it is.
func along(cells ...[3]int) (around []adjacent) {
	for _, c := range cells {
		around = append(around, adjacent{mode: c[0], steps: float64(c[1]), at: int32(c[2])})
	}
	return around
}

// quadratic is x M⁻¹ y of a positive definite matrix.
func quadratic(t *testing.T, x, matrix, y []float64) (sum float64) {
	t.Helper()
	m := len(x)
	inverse := invert(t, matrix, m)
	for a := range m {
		for b := range m {
			sum += x[a] * inverse[a*m+b] * y[b]
		}
	}
	return sum
}

// invert is Gauss–Jordan elimination without pivots, of a positive definite matrix.
func invert(t *testing.T, matrix []float64, m int) []float64 {
	t.Helper()
	a, out := slices.Clone(matrix), make([]float64, m*m)
	for k := range m {
		out[k*m+k] = 1
	}
	for k := range m {
		pivot := a[k*m+k]
		for c := range m {
			a[k*m+c] /= pivot
			out[k*m+c] /= pivot
		}
		for r := range m {
			if f := a[r*m+k]; r != k {
				for c := range m {
					a[r*m+c] -= f * a[k*m+c]
					out[r*m+c] -= f * out[k*m+c]
				}
			}
		}
	}
	return out
}

// TestNearbyFindsTheNearestKnownCells compares with a search of all cells.
func TestNearbyFindsTheNearestKnownCells(t *testing.T) {
	o, _ := noisy(tensor.Shape{9, 8, 7}, 1, 0.1, 0.4)
	ordered(o, 1)
	near := newNearby(o, []int{0, 2})
	cell := make([]int32, 3)
	var w workspace
	for k := range 9 * 8 * 7 {
		cell[0], cell[1], cell[2] = int32(k/56), int32(k/7%8), int32(k%7)
		for _, n := range []int{0, 2} {
			for _, side := range []int32{-1, 1} {
				var want, got []int32
				next := slices.Clone(cell)
				for i := cell[n] + side; i >= 0 && int(i) < o.Shape()[n] && len(want) < nearbyCells; i += side {
					next[n] = i
					if at, known := find(o, next); known {
						want = append(want, int32(at))
					}
				}
				near.of(&w, cell)
				for _, a := range w.around {
					if a.mode == n && a.steps*float64(side) > 0 {
						got = append(got, a.at)
						if a.steps != float64(o.Index[n][a.at]-cell[n]) {
							t.Fatalf("cell %v: %v steps to %v", cell, a.steps, o.Cell(int(a.at)))
						}
					}
				}
				if !slices.Equal(got, want) {
					t.Fatalf("cell %v, mode %d, side %d: %v, want %v", cell, n, side, got, want)
				}
			}
		}
	}
	if near.of(&w, []int32{9, 0, 0}) || len(w.around) > 0 {
		t.Errorf("a label that came later has neighbours: %v", w.around)
	}
}

// TestCompanionIsFoundWhereSeriesWander: courses that every series has for itself are no blocks. Without them, and where
// the mode has no order, there is nothing to find.
func TestCompanionIsFoundWhereSeriesWander(t *testing.T) {
	run := func(o *tensor.Observed) *Completion {
		j := newJob(t, o, "auto", 0.02)
		c, err := Run(context.Background(), o, j.Settings)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	found := run(wandering(1, 0.1))
	n := found.Settings.Neighbours
	if n == nil || !slices.Contains(slices.Concat(n.Residuals, n.Along), 2) {
		t.Fatalf("nothing is taken from neighbours along time: %+v", n)
	}
	plain := wandering(1, 0.1)
	plain.Modes[2].Coordinates = nil
	without := run(plain)
	if without.Settings.Neighbours != nil {
		t.Error("neighbours along a mode without an order")
	}
	if !(found.HeldOutRMSE < 0.9*without.HeldOutRMSE) {
		t.Errorf("the error is %.3f with neighbours, %.3f without", found.HeldOutRMSE, without.HeldOutRMSE)
	}
	keepsCompanion(t, found)
	if n := run(wandering(0, 1)).Settings.Neighbours; n != nil {
		t.Errorf("neighbours tell of noise: %+v", n)
	}
}

// keepsCompanion saves a fit with a companion, and compares what it says once loaded; draws have its standard errors.
func keepsCompanion(t *testing.T, c *Completion) {
	t.Helper()
	again := reloaded(t, c)
	const draws = 300
	gaps := pickGaps(c.Observed, nil, 1)
	index, count := make([][]int32, 3), len(gaps)
	for _, gap := range gaps {
		for n := range index {
			index[n] = append(index[n], gap[n])
		}
	}
	say := func(c *Completion) (values, stderrs []float64, drawn [][]float64) {
		values, stderrs = make([]float64, count), make([]float64, count)
		c.AtAll(index, values, stderrs)
		for range draws {
			drawn = append(drawn, make([]float64, count))
		}
		c.Draws(0, index, drawn)
		return values, stderrs, drawn
	}
	values, stderrs, drawn := say(c)
	v, s, d := say(again)
	if !slices.Equal(v, values) || !slices.Equal(s, stderrs) || !slices.Equal(d[1], drawn[1]) {
		t.Error("values, standard errors or draws differ once loaded")
	}
	var ratio float64
	for _, x := range drawn {
		for k, y := range x {
			ratio += (y - values[k]) * (y - values[k]) / (stderrs[k] * stderrs[k]) / float64(draws*count)
		}
	}
	if math.Abs(ratio-1) > 0.06 {
		t.Errorf("the variance of draws is %.3f of the square of the standard error", ratio)
	}
	further, err := again.Extend(0, []string{"new"}, [][]int32{{14, 14, 14}, {0, 3, 5}, {2, 9, 20}}, []float64{0.5, 1, -1})
	if err != nil {
		t.Fatal(err)
	}
	for k := range values {
		if y, _ := further.At(gaps[k]); y != values[k] {
			t.Fatalf("cell %v: %v, with a further label %v", gaps[k], values[k], y)
		}
	}
	if y, s := further.At([]int32{14, 2, 5}); math.IsNaN(y) || !(s > 0) {
		t.Errorf("a further label has %v ± %v", y, s)
	}
}

// TestAccompaniedPredictsAlike: one by one and many at once; far from known cells as the models do.
func TestAccompaniedPredictsAlike(t *testing.T) {
	o := wandering(1, 0.1)
	j := newJob(t, o, "gaussian", 0.1)
	fit := j.fit(context.Background(), o, j.forms(3, o.Shape())[:1], []float64{1}, 1, 20, "test")
	p := process{Reach: []float64{0, 0, 4}, Share: 0.9, Trust: []float64{1.1}, Power: 0.5}
	a := j.accompany(fit, chosen{Local: &p, Simple: &p, Weight: 0.25, Alone: 2})
	index := make([][]int32, 3)
	for _, gap := range j.gaps[:300] {
		for n := range index {
			index[n] = append(index[n], gap[n])
		}
	}
	for k, p := range a.all(index, 2) {
		if q := a.at(j.gaps[k]); q != p {
			t.Fatalf("cell %v: %v one by one, %v at once", j.gaps[k], q, p)
		}
	}
	later := []int32{0, 0, 30}
	w := new(workspace)
	if p := a.companion.beside(w, later, prediction{1, 2, 3}); p != (prediction{1, 4, 6}) {
		t.Errorf("a label that came later has %v", p)
	}
}
