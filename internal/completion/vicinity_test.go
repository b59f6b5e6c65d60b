package completion

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestVicinityFindsTheNearestOfAll compares with a search of all cells, of which every coordinate is shared by many.
func TestVicinityFindsTheNearestOfAll(t *testing.T) {
	o, _ := noisy(tensor.Shape{9, 3, 8, 7}, 1, 0.1, 0.3)
	ordered(o, 1)
	o.Modes[2].Coordinates = []float64{0, 1, 2, 10, 11, 30, 31, 40}
	scale := []float64{2, 0, 5, 0.7}
	near := newNearest(newVicinity(o, []int{0, 2, 3}), scale)
	var w workspace
	for k := range 9 * 3 * 8 * 7 {
		cell := []int32{int32(k / 168), int32(k / 56 % 3), int32(k / 7 % 8), int32(k % 7)}
		type found struct {
			distance float64
			at       int32
		}
		var want []found
		for c := range o.Len() {
			other := o.Cell(c)
			if other[1] != cell[1] || slices.Equal(other, cell) {
				continue
			}
			distance := 0.0
			for _, n := range []int{0, 2, 3} {
				x := o.Modes[n].Coordinates
				distance += math.Abs(x[other[n]]-x[cell[n]]) / scale[n]
			}
			want = append(want, found{distance, int32(c)})
		}
		slices.SortFunc(want, func(a, b found) int { return cmp.Compare(a.distance, b.distance) })
		if !near.of(&w, cell) || len(w.around) != min(vicinityCells, len(want)) {
			t.Fatalf("cell %v: %d neighbours of %d", cell, len(w.around), len(want))
		}
		p := process{Reach: scale}
		for i, a := range w.around {
			if math.Abs(p.distance(&a)-want[i].distance) > 1e-12 {
				t.Fatalf("cell %v: neighbour %d is %v away, the nearest %v", cell, i, p.distance(&a), want[i].distance)
			}
			for n, steps := range a.apart {
				x := o.Modes[n].Coordinates
				if n != 1 && steps != x[o.Index[n][a.at]]-x[cell[n]] {
					t.Fatalf("cell %v: %v steps to %v", cell, a.apart, o.Cell(int(a.at)))
				}
			}
		}
	}
	if near.of(&w, []int32{9, 0, 0, 0}) || len(w.around) > 0 {
		t.Errorf("a label that came later has neighbours: %v", w.around)
	}
}

// TestKrigingOfTheNearestSolvesItsEquations compares with k K⁻¹ r and k K⁻¹ k of a matrix that is written out.
func TestKrigingOfTheNearestSolvesItsEquations(t *testing.T) {
	p := process{Reach: []float64{2, 0, 5}, Share: 0.8, Trust: []float64{1}, Power: 1}
	w := workspace{around: []adjacent{
		{at: 0, apart: []float64{-1, 0, 2}},
		{at: 1, apart: []float64{3, 0, 0}},
		{at: 2, apart: []float64{1, 1, 1}}, // apart along a mode without a reach
		{at: 3, apart: []float64{0.5, 0, -4}},
		{at: 4, apart: []float64{0, 0, 100}}, // too far away
	}}
	residual := []float64{0.3, -1, 100, 2, 100}
	used := []int{0, 1, 3}
	m := len(used)
	matrix, toward, of := make([]float64, m*m), make([]float64, m), make([]float64, m)
	alike := func(x, y []float64) float64 {
		return p.Share * math.Exp(-math.Abs(x[0]-y[0])/p.Reach[0]-math.Abs(x[2]-y[2])/p.Reach[2])
	}
	for a, i := range used {
		of[a] = residual[i]
		toward[a] = alike(w.around[i].apart, []float64{0, 0, 0})
		for b, k := range used {
			if matrix[a*m+b] = alike(w.around[i].apart, w.around[k].apart); a == b {
				matrix[a*m+b] = 1
			}
		}
	}
	value, explained := quadratic(t, toward, matrix, of), quadratic(t, toward, matrix, toward)
	if got := p.correct(&w, 0, residual); math.Abs(got.add-value) > 1e-12 || math.Abs(got.left-(1-explained)) > 1e-12 {
		t.Errorf("kriged %v, %v; the equations say %v, %v", got.add, got.left, value, 1-explained)
	}
	if !w.between() {
		t.Error("the cell lies between known ones")
	}
	w.around = w.around[1:2]
	if p.correct(&w, 0, residual); w.between() {
		t.Error("the cell lies beyond all known ones")
	}
}

// scatteredField is a smooth field over place and time, known at some hundred places that share neither longitude nor latitude.
func scatteredField() *tensor.Observed {
	const places, times, waves = 90, 40, 40
	stream := rng.New(5, "field")
	var wave [waves][4]float64
	for k := range wave {
		wave[k] = [4]float64{stream.NormFloat64() / 12, stream.NormFloat64() / 12, stream.NormFloat64() / 3, 2 * math.Pi * stream.Float64()}
	}
	east, north := stream.Perm(places), stream.Perm(places)
	modes := []tensor.Mode{{Name: "lon"}, {Name: "lat"}, {Name: "day"}}
	for n, count := range []int{places, places, times} {
		for i := range count {
			modes[n].Labels = append(modes[n].Labels, string(rune('a'+i)))
			modes[n].Coordinates = append(modes[n].Coordinates, float64(i))
		}
	}
	index, values := make([][]int32, 3), []float64(nil)
	for p := range places {
		for day := range times {
			if stream.Float64() < 0.5 {
				continue
			}
			var v float64
			for _, k := range wave {
				v += math.Cos(k[0]*float64(east[p])+k[1]*float64(north[p])+k[2]*float64(day)+k[3]) / math.Sqrt(waves/2)
			}
			for n, i := range []int{east[p], north[p], day} {
				index[n] = append(index[n], int32(i))
			}
			values = append(values, v+0.1*stream.NormFloat64())
		}
	}
	o, err := tensor.NewObserved(modes, index, values)
	if err != nil {
		panic(err)
	}
	return o
}

// TestNearestPlacesTellOfAFieldOverThem: no fibre holds two places.
func TestNearestPlacesTellOfAFieldOverThem(t *testing.T) {
	o := scatteredField()
	j := newJob(t, o, "auto", 0.02)
	found, err := Run(context.Background(), o, j.Settings)
	if err != nil {
		t.Fatal(err)
	}
	n := found.Settings.Neighbours
	if n == nil || !n.Nearest {
		t.Fatalf("nothing is taken from the nearest places: %+v", n)
	}
	again := reloaded(t, found)
	for _, cell := range [][]int32{{3, 50, 7}, {80, 2, 39}} {
		value, stderr := found.At(cell)
		if v, s := again.At(cell); v != value || s != stderr {
			t.Errorf("cell %v: %v ± %v, once loaded %v ± %v", cell, value, stderr, v, s)
		}
	}
}
