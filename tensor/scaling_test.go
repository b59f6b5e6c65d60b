package tensor

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"lacuna/internal/rng"
)

func TestScalingsAreUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := mustObserve2(t)
		all := []Standardise{StandardiseAuto, StandardiseNone, StandardiseGlobal, StandardiseMode}
		how := rapid.SampledFrom(all).Draw(t, "how")
		mode := rapid.IntRange(0, o.Order()-1).Draw(t, "mode")
		s := FitScaling(o, how, mode)
		scaled := s.Apply(o)
		cell := make([]int32, o.Order())
		for c, v := range o.Values {
			for n := range cell {
				cell[n] = o.Index[n][c]
			}
			if back := s.Undo(cell, scaled.Values[c]); math.Abs(back-v) > 1e-12 {
				t.Fatalf("%v became %v", v, back)
			}
			if step := s.Undo(cell, 1) - s.Undo(cell, 0); !(s.ScaleAt(cell) > 0) || math.Abs(step-s.ScaleAt(cell)) > 1e-12 {
				t.Fatalf("scale %v, but one standardised unit is %v", s.ScaleAt(cell), step)
			}
		}
	})
}

// TestStandardisedMoments checks the definition: mean 0 and deviation 1, over all cells or in every slice.
func TestStandardisedMoments(t *testing.T) {
	o := unitsTable(t, 1)
	check := func(name string, values []float64) {
		if mean, deviation := Moments(values); math.Abs(mean) > 1e-12 || math.Abs(deviation-1) > 1e-12 {
			t.Errorf("%s: mean %v, deviation %v", name, mean, deviation)
		}
	}
	check("global", FitScaling(o, StandardiseGlobal, 0).Apply(o).Values)
	for mode := range o.Modes {
		for i, values := range sliceValues(FitScaling(o, StandardiseMode, mode).Apply(o), mode) {
			check("mode "+strconv.Itoa(mode)+" index "+strconv.Itoa(i), values)
		}
	}
	none := FitScaling(o, StandardiseNone, 0).Apply(o)
	for c, v := range none.Values {
		if v != o.Values[c] {
			t.Fatal("StandardiseNone changed a value")
		}
	}
}

func TestScalingOfSparseSlices(t *testing.T) {
	// Mode 0 has a full slice, a constant one, one of a single cell, and an empty one.
	modes := NumberedModes(Shape{4, 3})
	o := mustObserve(t, modes, [][]int32{{0, 0, 0, 1, 1, 1, 2}, {0, 1, 2, 0, 1, 2, 0}}, []float64{1, 2, 6, 5, 5, 5, 9})
	mean, deviation := Moments(o.Values)
	s := FitScaling(o, StandardiseMode, 0)
	wantMean := []float64{3, 5, 9, mean}
	wantScale := []float64{math.Sqrt(14.0 / 3), deviation, deviation, deviation}
	for i := range wantMean {
		if math.Abs(s.Mean[i]-wantMean[i]) > 1e-12 || math.Abs(s.Scale[i]-wantScale[i]) > 1e-12 {
			t.Errorf("index %d: mean %v and scale %v, want %v and %v", i, s.Mean[i], s.Scale[i], wantMean[i], wantScale[i])
		}
	}
	constant := mustObserve(t, modes, [][]int32{{0, 1}, {0, 1}}, []float64{7, 7})
	for _, how := range []Standardise{StandardiseAuto, StandardiseGlobal, StandardiseMode} {
		s := FitScaling(constant, how, 0)
		for i := range s.Scale {
			if s.Scale[i] != 1 || s.Mean[i] != 7 {
				t.Errorf("a constant tensor: mean %v, scale %v", s.Mean, s.Scale)
			}
		}
	}
}

// unitsTable is months × stations × variables of noise, each variable in units of its own.
func unitsTable(t *testing.T, seed uint64) *Observed {
	index := gridIndex(12, 6, 4)
	stream := rng.New(seed, "units")
	values := make([]float64, len(index[0]))
	for c := range values {
		variable := index[2][c]
		values[c] = []float64{12, 5, 70, 1013}[variable] + []float64{6, 4, 40, 9}[variable]*stream.NormFloat64()
	}
	return mustObserve(t, NumberedModes(Shape{12, 6, 4}), index, values)
}

func TestAutoStandardisation(t *testing.T) {
	build := func(value func(i []int32, z float64) float64, shape ...int) *Observed {
		index := gridIndex(shape...)
		stream := rng.New(5, "auto")
		values := make([]float64, len(index[0]))
		cell := make([]int32, len(shape))
		for c := range values {
			for n := range cell {
				cell[n] = index[n][c]
			}
			values[c] = value(cell, stream.NormFloat64())
		}
		return mustObserve(t, NumberedModes(shape), index, values)
	}
	for _, test := range []struct {
		name string
		o    *Observed
		want int
	}{
		{"variables in different units", unitsTable(t, 2), 2},
		{"one unit is a hundred times another", build(func(i []int32, z float64) float64 {
			return z * []float64{1, 100}[i[0]]
		}, 2, 20, 20), 0},
		{"levels far apart", build(func(i []int32, z float64) float64 { return z + 1000*float64(i[1]) }, 12, 3, 12), 1},
		{"one pattern in units far apart", build(func(i []int32, z float64) float64 {
			return (2 + math.Sin(float64(i[0])) + 0.1*z) * math.Pow(30, float64(i[2]))
		}, 12, 12, 4), 2},
		{"one quantity, large here and small there", build(func(i []int32, z float64) float64 {
			return (2 + math.Sin(float64(i[0])) + 0.1*z) * []float64{1, 2, 5, 10, 20, 40, 80, 100}[i[2]]
		}, 12, 12, 8), -1},
		{"noise", build(func(i []int32, z float64) float64 { return z }, 10, 10, 10), -1},
		{"a level per station", build(func(i []int32, z float64) float64 { return z + 0.5*float64(i[1]) }, 20, 5, 4), -1},
		{"a season", build(func(i []int32, z float64) float64 { return z + 2*math.Sin(float64(i[0])) }, 24, 6, 6), -1},
		{"a product of smooth factors", build(func(i []int32, z float64) float64 {
			return (1 + math.Sin(float64(i[0])/3)) * (1 + math.Cos(float64(i[1])/4)) * (1 + 0.5*math.Sin(float64(i[2])))
		}, 15, 15, 15), -1},
		{"a product of normal factors", build(func(i []int32, z float64) float64 {
			a, b, c := rng.New(uint64(i[0]), "a"), rng.New(uint64(i[1]), "b"), rng.New(uint64(i[2]), "c")
			return a.NormFloat64() * b.NormFloat64() * c.NormFloat64()
		}, 10, 10, 10), -1},
	} {
		if got := FitScaling(test.o, StandardiseAuto, 0).Mode; got != test.want {
			spreads := make([]float64, test.o.Order())
			for n := range spreads {
				spreads[n] = scaleSpread(test.o, n)
			}
			t.Errorf("%s: mode %d is chosen, want %d (spreads %.3g)", test.name, got, test.want, spreads)
		}
	}
}
