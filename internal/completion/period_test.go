package completion

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// repeating makes values of fibres along an axis: a wave of that period (0: none) with a third as much of its third part, each
// fibre with its own share of it, a slow course, and noise; a tenth of the cells and of the labels is missing.
func repeating(at []float64, period, noise float64) *tensor.Observed {
	const fibres = 12
	stream := rng.New(3, "repeating")
	modes := []tensor.Mode{{Name: "fibre", Labels: make([]string, fibres)}, {Name: "at", Labels: make([]string, len(at)), Coordinates: at}}
	index, values := make([][]int32, 2), []float64(nil)
	for f := range fibres {
		share, slow := 1+stream.Float64(), stream.NormFloat64()
		for k, x := range at {
			v := float64(slow*x) / at[len(at)-1]
			if period > 0 {
				turn := 2 * math.Pi * x / period
				v += float64(share * (math.Sin(turn) + float64(math.Sin(3*turn)/3)))
			}
			if v += float64(noise * stream.NormFloat64()); stream.Float64() > 0.1 {
				index[0], index[1] = append(index[0], int32(f)), append(index[1], int32(k))
				values = append(values, v)
			}
		}
	}
	o, err := tensor.NewObserved(modes, index, values)
	if err != nil {
		panic(err)
	}
	return o
}

// steps are the numbers from 0 on but for every one of which skip is a part.
func steps(count, skip int, step float64) (at []float64) {
	for i := range count {
		if skip == 0 || i%skip != skip-1 {
			at = append(at, step*float64(i))
		}
	}
	return at
}

func TestPeriodsAreFoundInTheValues(t *testing.T) {
	for _, c := range []struct {
		name          string
		at            []float64
		period, noise float64
		want, within  float64
	}{
		{"days of the week", steps(70, 0, 1), 7, 0.5, 7, 0},
		{"labels missing", steps(90, 11, 1), 7, 0.3, 7, 0},
		{"steps of a half", steps(90, 0, 0.5), 6, 0.3, 6, 0},
		{"tides by the hour", steps(900, 0, 1), 12.42, 0.3, 12.42, 0.03},
		{"slow turns amid noise", steps(250, 0, 1), 25, 1, 25, 0.2},
		{"many turns", steps(30_000, 0, 1), 33.3, 0.5, 33.3, 0.001},
		{"neither whole nor fast", steps(300, 0, 1), 31.4, 0.5, 31.4, 0.3},
		{"every third step", steps(60, 0, 1), 3, 0.3, 3, 0},
		{"noise", steps(200, 0, 1), 0, 1, 0, 0},
		{"a slow course", steps(200, 0, 1), 0, 0, 0, 0},
		{"few labels", steps(11, 0, 1), 3, 0.1, 0, 0},
	} {
		o := repeating(c.at, c.period, c.noise)
		with, found, repeating := findPeriods(o, tensor.FitScaling(o, tensor.StandardiseGlobal, 0))
		if c.want == 0 {
			if len(found) > 0 || with != o {
				t.Errorf("%s: found %v", c.name, found)
			}
			continue
		}
		if !slices.Equal(repeating, []int{1}) {
			t.Errorf("%s: modes that repeat are %v, want 1 alone", c.name, repeating)
		}
		if len(found) != 1 || found[0].Mode != 1 || math.Abs(found[0].Period-c.want) > c.within {
			t.Errorf("%s: found %v, want %v along mode 1", c.name, found, c.want)
			continue
		}
		if got := with.Modes[1].Periods; !slices.Equal(got, []float64{found[0].Period}) || o.Modes[1].Periods != nil {
			t.Errorf("%s: the mode has the periods %v, that of the caller %v", c.name, got, o.Modes[1].Periods)
		}
		for _, known := range []struct {
			period float64
			shown  []int
		}{{5, nil}, {2 * c.period, []int{1}}} {
			with.Modes[1].Periods = []float64{known.period}
			_, again, repeating := findPeriods(with, tensor.FitScaling(o, tensor.StandardiseGlobal, 0))
			if again != nil || !slices.Equal(repeating, known.shown) {
				t.Errorf("%s: a mode with the period %v was given %v, and %v repeat", c.name, known.period, again, repeating)
			}
		}
	}
}

// TestTidesBesideTheCalendar adds what values show to what the calendar proposes, not to what was asked for.
func TestTidesBesideTheCalendar(t *testing.T) {
	const tide = 12.42
	for unit, want := range map[string]int{"hour": 2, "step": 1} {
		o := repeating(steps(900, 0, 1), tide, 0.3)
		o.Modes[1].Unit, o.Modes[1].Periods = unit, []float64{24}
		with, found, _ := findPeriods(o, tensor.FitScaling(o, tensor.StandardiseGlobal, 0))
		if got := with.Modes[1].Periods; len(got) != want || len(found) != want-1 || got[0] != 24 || math.Abs(got[want-1]-tide) > 0.03 && want == 2 {
			t.Errorf("of %ss repeating after 24: the periods are %v, found %v", unit, got, found)
		}
		if len(o.Modes[1].Periods) != 1 {
			t.Error("the caller's periods were changed")
		}
	}
}

// TestWhatIsNotThereIsNotFound looks for periods in single series, in which chance shows most, and in common walks.
func TestWhatIsNotThereIsNotFound(t *testing.T) {
	const length, tables = 120, 40
	for _, walk := range []bool{false, true} {
		wrong := 0
		for seed := range uint64(tables) {
			stream := rng.New(seed, "nothing")
			modes := []tensor.Mode{{Name: "one", Labels: make([]string, 1)}, {Name: "at", Labels: make([]string, length), Coordinates: steps(length, 0, 1)}}
			index, values, at := [][]int32{make([]int32, length), nil}, []float64(nil), 0.0
			for k := range int32(length) {
				e := stream.NormFloat64()
				if at += e; !walk {
					at = e
				}
				index[1], values = append(index[1], k), append(values, at)
			}
			o, err := tensor.NewObserved(modes, index, values)
			if err != nil {
				t.Fatal(err)
			}
			if _, found, _ := findPeriods(o, tensor.FitScaling(o, tensor.StandardiseGlobal, 0)); found != nil {
				wrong++
			}
		}
		if wrong > tables/10 {
			t.Errorf("walk %v: a period was found in %d of %d series", walk, wrong, tables)
		}
	}
}

func TestACourseOnUnequalStepsHasNoGrid(t *testing.T) {
	if _, ok := gridOf([]float64{0, 1, 2, 3, 4.5, 5, 6.2, 7, 8, 9, 10, 11, 12, 13, 14}); ok {
		t.Error("unequal steps were taken for a grid")
	}
	if _, ok := gridOf([]float64{0, 1, 1e6}); ok {
		t.Error("a grid that is nearly empty was taken")
	}
}

// TestWhatRepeatsFillsALabelOfWhichNothingIsKnown hides days of which the weekday tells more than the days beside them.
func TestWhatRepeatsFillsALabelOfWhichNothingIsKnown(t *testing.T) {
	gone := []int32{12, 27, 40, 55}
	all := repeating(steps(63, 0, 1), 7, 0.1)
	o := all.Filter(func(c int) bool { return !slices.Contains(gone, all.Index[1][c]) })
	family, err := posterior.FamilyNamed("auto")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), o, Settings{
		Seed: 1, Threads: 2, Effort: 0.04, HoldOut: 0.1, Level: 0.9, Noise: family, Standardise: tensor.StandardiseAuto, Blocks: 7,
	})
	if err != nil {
		t.Fatal(err)
	}
	if f := c.Settings.PeriodsFound; len(f) != 1 || f[0] != (FoundPeriod{1, 7}) {
		t.Errorf("found the periods %v, want 7 along mode 1", f)
	}
	var error, between, count float64
	for k, v := range all.Values {
		cell := all.Cell(k)
		a, before := find(o, []int32{cell[0], cell[1] - 1})
		b, after := find(o, []int32{cell[0], cell[1] + 1})
		if !slices.Contains(gone, cell[1]) || !before || !after {
			continue
		}
		value, _ := c.At(cell)
		error += float64((value - v) * (value - v))
		beside := (o.Values[a] + o.Values[b]) / 2
		between += float64((beside - v) * (beside - v))
		count++
	}
	if count < 20 || error > between/4 {
		t.Errorf("over %v cells the sum of squares is %v, of the mean of the days beside %v", count, error, between)
	}
}
