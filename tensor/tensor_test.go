package tensor

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lacuna/internal/rng"
)

// draw is a tensor of random shape, some cells of which are observed, as lists in random order.
func draw(t *rapid.T) (modes []Mode, index [][]int32, values []float64) {
	shape := Shape(rapid.SliceOfN(rapid.IntRange(1, 5), 2, 4).Draw(t, "shape"))
	modes = NumberedModes(shape)
	index = make([][]int32, len(shape))
	all := int(shape.Cells())
	cells := rapid.Permutation(numbers(all)).Draw(t, "order")[:rapid.IntRange(0, all).Draw(t, "observed")]
	for _, cell := range cells {
		for n := len(shape) - 1; n >= 0; n-- {
			index[n] = append(index[n], int32(cell%shape[n]))
			cell /= shape[n]
		}
		// Zero is drawn often: it is data like any other value.
		values = append(values, float64(rapid.IntRange(-2, 2).Draw(t, "value")))
	}
	return modes, index, values
}

func numbers(n int) []int {
	list := make([]int, n)
	for k := range list {
		list[k] = k
	}
	return list
}

func mustObserve(t interface{ Fatal(...any) }, modes []Mode, index [][]int32, values []float64) *Observed {
	o, err := NewObserved(modes, index, values)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestCanonicalOrderForgetsTheOrderGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		modes, index, values := draw(t)
		shuffled := make([][]int32, len(index))
		var shuffledValues []float64
		for _, c := range rapid.Permutation(numbers(len(values))).Draw(t, "again") {
			for n := range index {
				shuffled[n] = append(shuffled[n], index[n][c])
			}
			shuffledValues = append(shuffledValues, values[c])
		}
		given := map[string]float64{}
		for c, v := range values {
			given[(&Observed{Modes: modes, Index: index}).CellName(c)] = v
		}
		a, b := mustObserve(t, modes, index, values), mustObserve(t, modes, shuffled, shuffledValues)
		if d := cmp.Diff(a.Values, b.Values); d != "" {
			t.Fatalf("the values depend on the order given:\n%s", d)
		}
		for c := range a.Values {
			if a.CellName(c) != b.CellName(c) {
				t.Fatalf("cell %d is %s and %s", c, a.CellName(c), b.CellName(c))
			}
			if v, ok := given[a.CellName(c)]; !ok || v != a.Values[c] {
				t.Fatalf("%s is %v, given was %v", a.CellName(c), a.Values[c], v)
			}
			if c > 0 && a.compare(c-1, c) >= 0 {
				t.Fatalf("%s stands before %s", a.CellName(c-1), a.CellName(c))
			}
		}
		if a.Len() != len(values) {
			t.Fatalf("%d cells of %d", a.Len(), len(values))
		}
	})
}

// TestHugeShapeIsSorted has more cells than an int64 counts.
func TestHugeShapeIsSorted(t *testing.T) {
	labels := make([]string, 1<<16)
	modes := make([]Mode, 5)
	index := make([][]int32, 5)
	for n := range modes {
		modes[n] = Mode{Name: fmt.Sprint("m", n), Labels: labels}
		index[n] = []int32{65535, 0, 65535}
	}
	index[4] = []int32{65535, 7, 65534}
	o := mustObserve(t, modes, index, []float64{3, 1, 2})
	if fmt.Sprint(o.Values) != "[1 2 3]" {
		t.Errorf("values %v", o.Values)
	}
}

func TestNewObservedRefuses(t *testing.T) {
	modes := NumberedModes(Shape{2, 3})
	for name, test := range map[string]struct {
		modes  []Mode
		index  [][]int32
		values []float64
		want   string
	}{
		"one mode":      {modes[:1], [][]int32{{0}}, []float64{1}, "at least 2"},
		"columns":       {modes, [][]int32{{0}}, []float64{1}, "1 index columns for 2 modes"},
		"lengths":       {modes, [][]int32{{0, 1}, {0}}, []float64{1, 2}, "mode2"},
		"outside":       {modes, [][]int32{{0}, {3}}, []float64{1}, "outside"},
		"negative":      {modes, [][]int32{{-1}, {0}}, []float64{1}, "outside"},
		"twice":         {modes, [][]int32{{1, 0, 1}, {2, 0, 2}}, []float64{1, 2, 3}, "(mode1=1, mode2=2) is listed twice"},
		"not a number":  {modes, [][]int32{{0}, {0}}, []float64{math.NaN()}, "finite"},
		"infinite":      {modes, [][]int32{{0}, {0}}, []float64{math.Inf(-1)}, "finite"},
		"twice, sorted": {modes, [][]int32{{0, 0}, {0, 0}}, []float64{1, 1}, "listed twice"},
	} {
		_, err := NewObserved(test.modes, test.index, test.values)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, test.want)
		}
	}
}

func TestSplitIsDisjointAndReproducible(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := mustObserve2(t)
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		seed := rapid.Uint64().Draw(t, "seed")
		kept, held := o.Split(share, rng.New(seed, "split").Rand)
		if want := int(math.Round(share * float64(o.Len()))); held.Len() != want || kept.Len()+held.Len() != o.Len() {
			t.Fatalf("%d kept and %d held out of %d cells, want %d held out", kept.Len(), held.Len(), o.Len(), want)
		}
		seen := map[string]bool{}
		for _, part := range []*Observed{kept, held} {
			for c := range part.Values {
				if name := part.CellName(c); seen[name] {
					t.Fatalf("%s is in both parts", name)
				} else {
					seen[name] = true
				}
				if c > 0 && part.compare(c-1, c) >= 0 {
					t.Fatal("a part is not in canonical order")
				}
			}
		}
		again, _ := o.Split(share, rng.New(seed, "split").Rand)
		if d := cmp.Diff(kept, again); d != "" {
			t.Fatalf("one seed gave two splits:\n%s", d)
		}
	})
	o := mustObserve(t, NumberedModes(Shape{10, 10}), gridIndex(10, 10), make([]float64, 100))
	a, _ := o.Split(0.5, rng.New(1, "split").Rand)
	b, _ := o.Split(0.5, rng.New(2, "split").Rand)
	if cmp.Equal(a, b) {
		t.Error("two seeds gave one split")
	}
}

func mustObserve2(t *rapid.T) *Observed {
	modes, index, values := draw(t)
	return mustObserve(t, modes, index, values)
}

// gridIndex lists all cells of a tensor in canonical order.
func gridIndex(shape ...int) [][]int32 {
	index := make([][]int32, len(shape))
	for cell := range int(Shape(shape).Cells()) {
		for n := len(shape) - 1; n >= 0; n-- {
			index[n] = append(index[n], int32(cell%shape[n]))
			cell /= shape[n]
		}
	}
	return index
}

func TestZeroIsData(t *testing.T) {
	o := mustObserve(t, NumberedModes(Shape{2, 2}), [][]int32{{0, 1}, {1, 1}}, []float64{0, 4})
	if o.Len() != 2 || o.Values[0] != 0 {
		t.Errorf("observed %v", o.Values)
	}
	s := FitScaling(o, StandardiseGlobal, 0)
	if s.Mean[0] != 2 || s.Scale[0] != 2 {
		t.Errorf("mean %v, scale %v: the zero counts", s.Mean[0], s.Scale[0])
	}
	if got := fmt.Sprint(o.Counts()); got != "[[1 1] [0 2]]" {
		t.Errorf("counts %s", got)
	}
}

func TestMoments(t *testing.T) {
	if mean, deviation := Moments(nil); mean != 0 || deviation != 0 {
		t.Errorf("none: %v, %v", mean, deviation)
	}
	// Far from zero, squares of the values would lose the deviation.
	mean, deviation := Moments([]float64{1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16})
	if mean != 1e9+10 || math.Abs(deviation-math.Sqrt(22.5)) > 1e-9 {
		t.Errorf("mean %v, deviation %v", mean, deviation)
	}
}
