package completion

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// poorTable has labels 0 and 1 of the first mode with about ten known cells, and ten others with about 320.
func poorTable() *tensor.Observed {
	stream := rng.New(1, "poor")
	return gapped(tensor.Shape{12, 20, 20}, func(cell []int32) bool {
		if cell[0] < 2 {
			return stream.Float64() > 0.025
		}
		return stream.Float64() > 0.8
	})
}

// TestPartsLeaveSomeLabelsAsFewCellsAsTheFewHave counts what every part leaves of every label.
func TestPartsLeaveSomeLabelsAsFewCellsAsTheFewHave(t *testing.T) {
	s := shapeOf(poorTable())
	scarce := s.scarcity(0)
	if !slices.Equal(scarce.few, []int32{0, 1}) || len(scarce.many) != 10 {
		t.Fatalf("labels with few known cells: %v, with many: %v", scarce.few, scarce.many)
	}
	least := slices.Min(s.labelCounts(0, nil)[:2])
	f := newFolds(s, 0.1, 1)
	for part := range f.parts {
		hidden := f.hiddenBy(part)
		if unique := slices.Compact(slices.Sorted(slices.Values(hidden))); len(unique) != len(hidden) {
			t.Fatalf("part %d hides %d cells, %d of them twice", part, len(hidden), len(hidden)-len(unique))
		}
		thin, told := 0, 0
		counts := s.labelCounts(0, hidden)
		for label, few := range scarce.in(counts)[2:] {
			if !few {
				continue
			}
			if thin++; counts[label+2] > scarceMost(s) || counts[label+2] < least {
				t.Errorf("part %d leaves %d cells of label %d", part, counts[label+2], label+2)
			}
			for c, p := range f.part {
				if int(p) == part && s.cells.Index[0][c] == int32(label+2) {
					told++
				}
			}
		}
		if thin < 2 || told < 20 {
			t.Errorf("part %d: %d labels have few cells left, and %d of theirs are held out", part, thin, told)
		}
	}
	even := shapeOf(gapped(tensor.Shape{12, 20, 20}, func(cell []int32) bool { return (cell[0]+cell[1]+cell[2])%3 == 0 }))
	if e := even.scarcity(0); e.most != 0 || e.few != nil {
		t.Errorf("labels that are equally known: %+v", e)
	}
}

// TestOneKnownCellIsFewInASmallTable hides all cells but one of a row in every part, and holds most of them out.
func TestOneKnownCellIsFewInASmallTable(t *testing.T) {
	s := shapeOf(gapped(tensor.Shape{12, 4}, func(cell []int32) bool { return cell[0] < 2 && cell[1] != cell[0] }))
	if scarce := s.scarcity(0); !slices.Equal(scarce.few, []int32{0, 1}) || len(scarce.many) != 10 {
		t.Fatalf("rows with one known cell: %v, with many: %v", scarce.few, scarce.many)
	}
	f := newFolds(s, 0.1, 1)
	told := 0
	for part := range f.parts {
		counts := s.labelCounts(0, f.hiddenBy(part))
		if !slices.Contains(counts[2:], 1) {
			t.Errorf("part %d leaves more than one cell of every row, or none: %d", part, counts)
		}
		for c, p := range f.part {
			if int(p) == part && counts[s.cells.Index[0][c]] == 1 {
				told++
			}
		}
	}
	if told < fewScores {
		t.Errorf("%d cells of rows with one cell left are held out", told)
	}
}

func scarceMost(s *shape) int32 { return slices.Max(s.labelCounts(0, nil)[:2]) }

// TestClassesAreCalibratedApart gives cells of labels with few known ones errors three times those of the others.
func TestClassesAreCalibratedApart(t *testing.T) {
	o := poorTable()
	j := &job{observed: o, shape: shapeOf(o), unit: -1}
	f := newFolds(j.shape, 0.1, 1)
	stream := rng.New(2, "errors")
	var cells []HeldOutCell
	for part := range f.parts {
		scarce := j.shape.scarcity(0).in(j.shape.labelCounts(0, f.hiddenBy(part)))
		for c, p := range f.part {
			if int(p) == part {
				h := HeldOutCell{Cell: o.Cell(c), Value: stream.NormFloat64(), noise: 1, weight: 1, part: part, piece: int32(c)}
				if scarce[h.Cell[0]] {
					h.Value *= 3
				}
				cells = append(cells, h)
			}
		}
	}
	c := j.calibrate(cells, f)
	for label, want := range map[int32]float64{0: 3, 5: 1} {
		k, at := c.at([]int32{label, 0, 0})
		if got := k.stderr([]int32{label, 0, 0}, at, prediction{noise: 1}); math.Abs(got/want-1) > 0.12 {
			t.Errorf("label %d: standard error %.3f, want %v", label, got, want)
		}
	}
	if c.unmet {
		t.Error("held-out cells of labels with few cells are not seen")
	}
	if again := c.saved().load(); !reflect.DeepEqual(again.saved(), c.saved()) || len(again.apart) != int(classes) {
		t.Error("a calibration is another one when it was saved")
	}
	none := j.calibrate(slices.DeleteFunc(cells, func(h HeldOutCell) bool { return h.standing.class == fewKnown }), f)
	if u := (&Completion{calibration: none}); !none.unmet || !u.unlike([]int32{0, 3, 3}) || u.unlike([]int32{5, 3, 3}) {
		t.Error("labels with few cells, unlike all held-out ones, are not said to be so")
	}
}

// upToToday is poorTable's kind with a last mode of thirty days, of which the last eight are not known.
func upToToday() *tensor.Observed {
	o := gapped(tensor.Shape{6, 8, 30}, func(cell []int32) bool { return cell[2] >= 22 || (cell[0]+cell[1]+cell[2])%11 == 0 })
	for i := range o.Modes[2].Labels {
		o.Modes[2].Coordinates = append(o.Modes[2].Coordinates, float64(i))
	}
	return o
}

// TestPartsLookAhead asks that parts hide everything from a day on, and hold out the days that follow it.
func TestPartsLookAhead(t *testing.T) {
	s := shapeOf(upToToday())
	f := newFolds(s, 0.1, 1)
	starts := map[int]bool{}
	for _, part := range []int{0, 1, f.parts - 2, f.parts - 1} {
		counts := s.labelCounts(2, f.hiddenBy(part))[:22]
		start := slices.Index(counts, 0)
		if start < 10 || slices.Max(counts[start:]) > 0 {
			t.Fatalf("part %d leaves of the days %v", part, counts)
		}
		starts[start] = true
		held := map[int32]bool{}
		for c, p := range f.part {
			if day := s.cells.Index[2][c]; int(p) == part && int(day) >= start {
				held[day] = true
			}
		}
		if len(held) < 3 || !held[int32(start)] {
			t.Errorf("part %d hides all from day %d on, and holds out days %v", part, start, held)
		}
	}
	if len(starts) < 2 {
		t.Errorf("all parts begin on day %v", starts)
	}
}

// TestErrorsGrowAhead calibrates errors that grow as the root of the distance, with a model's that do not.
func TestErrorsGrowAhead(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	stream := rng.New(3, "ahead")
	var cells []HeldOutCell
	for k := range 8000 {
		steps := float64(1 + k%16)
		cells = append(cells, HeldOutCell{
			Cell: []int32{0}, Value: math.Sqrt(steps) * stream.NormFloat64(), noise: 1, weight: 1, piece: int32(k / 160),
			standing: standing{noneKnown, steps},
		})
	}
	c := calibrate(cells, all)
	for _, steps := range []float64{1, 4, 16} {
		got := c.stderr([]int32{0}, standing{noneKnown, steps}, prediction{noise: 1})
		if want := math.Sqrt(steps); math.Abs(got/want-1) > 0.2 {
			t.Errorf("%v steps ahead the standard error is %.3f, the errors %.3f", steps, got, want)
		}
	}
	if q := c.quantile([]int32{0}, 0, 0.9); math.Abs(q-1.645) > 0.12 {
		t.Errorf("the quantile is %.3f, of what is left it is 1.645", q)
	}
}

// TestStepsAreThoseToTheNextKnownLabel compares with a look at all labels.
func TestStepsAreThoseToTheNextKnownLabel(t *testing.T) {
	stream := rng.New(4, "steps")
	for range 50 {
		mode := tensor.Mode{Name: "t"}
		var counts []int32
		for range 2 + stream.IntN(30) {
			mode.Coordinates = append(mode.Coordinates, float64(stream.IntN(100)))
			counts = append(counts, int32(stream.IntN(2)))
		}
		counts[0], counts[1] = 0, 1
		at, got := inSteps(mode.Coordinates), stepsOf(counts, mode)
		for i, count := range counts {
			want := 0.0
			if count == 0 {
				want = math.Inf(1)
				for k, other := range counts {
					if other > 0 {
						want = math.Min(want, math.Abs(at[k]-at[i]))
					}
				}
			}
			if got[i] != want {
				t.Fatalf("%v with %v known: label %d is %v steps away, want %v", mode.Coordinates, counts, i, got[i], want)
			}
		}
	}
}
