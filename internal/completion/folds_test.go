package completion

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// gapped makes a table of noise in which the cells that missing names are not known.
func gapped(shape tensor.Shape, missing func(cell []int32) bool) *tensor.Observed {
	full, _ := noisy(shape, 1, 1, 1)
	var known []int
	for c := range full.Values {
		if !missing(full.Cell(c)) {
			known = append(known, c)
		}
	}
	return full.Subset(known)
}

func shapeOf(o *tensor.Observed) *shape { return newShape(o, pickGaps(o, nil, 1), 1) }

// known counts the cells that have the indices of a cell in the given modes.
func known(o *tensor.Observed, cell []int32, modes ...int) (count int) {
	for c := range o.Values {
		same := true
		for _, n := range modes {
			same = same && o.Index[n][c] == cell[n]
		}
		if same {
			count++
		}
	}
	return count
}

func TestMarginsAreCounts(t *testing.T) {
	o, _ := noisy(tensor.Shape{5, 4, 3, 3}, 1, 1, 0.4)
	m := newMargins(o.Shape(), o.Index)
	if len(m.subsets) != 14 {
		t.Fatalf("%d proper subsets of four modes, want 14", len(m.subsets))
	}
	for c := range o.Values {
		cell := o.Cell(c)
		for _, s := range m.subsets {
			if got, want := int(s.count(s.key(cell))), known(o, cell, s.modes...); got != want {
				t.Fatalf("cell %v, modes %v: %d cells, want %d", cell, s.modes, got, want)
			}
		}
	}
}

func TestGapsAreNotObserved(t *testing.T) {
	for _, shape := range []tensor.Shape{{9, 8, 7}, {50, 50, 30}} { // all gaps, and some of them
		o, _ := noisy(shape, 1, 1, 0.6)
		gaps := pickGaps(o, nil, 2)
		if want := min(mostGaps, int(shape.Cells())-o.Len()); len(gaps) != want {
			t.Errorf("%v: %d gaps, want %d", shape, len(gaps), want)
		}
		for _, cell := range gaps {
			if _, is := find(o, cell); is {
				t.Fatalf("%v: cell %v is observed", shape, cell)
			}
		}
	}
	o, _ := noisy(tensor.Shape{9, 8}, 1, 1, 0.6)
	if gaps := pickGaps(o, o.Index, 2); len(gaps) != 0 {
		t.Errorf("%d of the observed cells are gaps", len(gaps))
	}
}

// kinds of gaps, and what must hold of every held-out cell, given what is kept.
var kinds = []struct {
	name    string
	piece   int // cells that the largest copy of a gap hides
	places  int // cells in places like those of the gaps; 0: all
	shape   tensor.Shape
	missing func() func(cell []int32) bool
	hidden  func(kept *tensor.Observed, cell []int32) bool
}{
	{"scattered", 1, 0, tensor.Shape{12, 10, 8}, func() func([]int32) bool {
		stream := rng.New(1, "scattered")
		return func([]int32) bool { return stream.Float64() < 0.3 }
	}, func(kept *tensor.Observed, cell []int32) bool { return known(kept, cell, 0, 1, 2) == 0 }},
	{"fibres", 8, 0, tensor.Shape{12, 10, 8}, func() func([]int32) bool {
		stream := rng.New(1, "fibres")
		gone := make([]bool, 120)
		for k := range gone {
			gone[k] = stream.Float64() < 0.25
		}
		return func(cell []int32) bool { return gone[10*cell[0]+cell[1]] }
	}, func(kept *tensor.Observed, cell []int32) bool { return known(kept, cell, 0, 1) == 0 }},
	{"outages", 36, 0, tensor.Shape{10, 4, 60}, func() func([]int32) bool {
		start := []int32{5, 40, -99, 22, -99, 31, 12, -99, 47, 17}
		return func(cell []int32) bool { d := cell[2] - start[cell[0]]; return d >= 0 && d < 9 }
	}, func(kept *tensor.Observed, cell []int32) bool { return known(kept, cell, 0, 2) == 0 }},
	{"labels", 80, 0, tensor.Shape{12, 10, 8}, func() func([]int32) bool {
		return func(cell []int32) bool { return cell[0] == 3 || cell[0] == 8 }
	}, func(kept *tensor.Observed, cell []int32) bool { return known(kept, cell, 0) == 0 }},
	{"closed", 160, 5 * 4 * 9, tensor.Shape{10, 4, 40}, func() func([]int32) bool {
		return func(cell []int32) bool { return cell[0]%2 == 0 && cell[2] >= 31 }
	}, func(kept *tensor.Observed, cell []int32) bool {
		for c := range kept.Values {
			if kept.Index[0][c] == cell[0] && kept.Index[2][c] >= cell[2] {
				return false
			}
		}
		return true
	}},
}

func TestHeldOutCellsAreInTheShapeOfTheGaps(t *testing.T) {
	for _, kind := range kinds {
		o := gapped(kind.shape, kind.missing())
		s := shapeOf(o)
		f := newFolds(s, 0.1, 1)
		if f.scattered != (kind.name == "scattered") {
			t.Errorf("%s: scattered is %v", kind.name, f.scattered)
		}
		times := map[int]int{}
		for part := range f.parts {
			kept, held := f.without(part)
			for c := range held.Values {
				cell := held.Cell(c)
				at, _ := find(o, cell)
				times[at]++
				if _, both := find(kept, cell); both || !kind.hidden(kept, cell) {
					t.Fatalf("%s: part %d keeps what a gap would hide around %v", kind.name, part, cell)
				}
			}
			hidden, want := o.Len()-kept.Len(), float64(o.Len())/10
			if (kind.places == 0 && float64(hidden) < 0.8*want) || float64(hidden) > want+float64(kind.piece) {
				t.Errorf("%s: part %d hides %d cells, about %.0f are asked for", kind.name, part, hidden, want)
			}
		}
		for at, count := range times {
			if count > 1 {
				t.Fatalf("%s: cell %v is held out %d times", kind.name, o.Cell(at), count)
			}
		}
		if kind.places == 0 && len(times) < o.Len()/4 || kind.places > 0 && len(times) != kind.places {
			t.Errorf("%s: %d of %d cells are ever held out, and %d are in places like those of the gaps",
				kind.name, len(times), o.Len(), kind.places)
		}
		_, measures := f.without(0)
		_, chooses := f.without(f.parts - 1)
		even := kind.piece
		if kind.places > 0 {
			even = kind.places / 4
		}
		if d := measures.Len() - chooses.Len(); d < -even || d > even {
			t.Errorf("%s: %d cells measure and %d choose", kind.name, measures.Len(), chooses.Len())
		}
		if again := newFolds(shapeOf(o), 0.1, 1); !slices.Equal(again.part, f.part) {
			t.Errorf("%s: the same seed gives other folds", kind.name)
		}
	}
}

// TestEveryPartHoldsSomethingOut takes modes of few labels, of one of which nothing is known: a few pieces hide all that is.
// TestLargeAndSmallGapsAreHeldOutInProportion looks at a table with more gaps than shapes are learnt from, most of them single and
// some in long spells, which are carried over whole.
func TestLargeAndSmallGapsAreHeldOutInProportion(t *testing.T) {
	const length, wide = 60, 12
	start := map[int32]int32{3: 20, 11: 130, 12: 5, 25: 90, 31: 60, 38: 135}
	spell := func(cell []int32) bool {
		from, has := start[cell[0]]
		return has && cell[1] >= from && cell[1] < from+length
	}
	stream := rng.New(1, "proportion")
	shape := tensor.Shape{40, 200, wide}
	var inSpells, gaps float64
	o := gapped(shape, func(cell []int32) bool {
		gone := spell(cell) || stream.Float64() < 0.25
		if gone {
			gaps++
		}
		if spell(cell) {
			inSpells++
		}
		return gone
	})
	s := shapeOf(o)
	s.sampled = true
	for name, f := range map[string]folds{"all parts": newFolds(s, 0.1, 1), "two parts": twoFolds(s, 0.1, 1)} {
		sizes := map[int32]float64{}
		for c, part := range f.part {
			if part != none {
				sizes[f.pieceOf(c)]++
			}
		}
		var large, all float64
		for _, size := range sizes {
			if all += size; size > wide {
				large += size
			}
		}
		if got, want := large/all, inSpells/gaps; got < want/2 || got > 2*want {
			t.Errorf("%s: %.2f of the held-out cells were hidden in spells, of the gaps %.2f are", name, got, want)
		}
	}
}

func TestEveryPartHoldsSomethingOut(t *testing.T) {
	for _, size := range []int{2, 3, 4, 8} {
		o := gapped(tensor.Shape{9, size, 7}, func(cell []int32) bool { return cell[1] == 1 })
		f := newFolds(shapeOf(o), 0.1, 1)
		if f.parts < 1 || size > 2 && f.parts > size-1 {
			t.Errorf("%d labels: %d parts", size, f.parts)
		}
		for part := range f.parts {
			if _, held := f.without(part); held.Len() == 0 {
				t.Errorf("%d labels: part %d of %d holds nothing out", size, part, f.parts)
			}
		}
	}
}

// TestShortTimeHidesFewerCells bounds what is hidden in shapes: every part has its share of that.
func TestShortTimeHidesFewerCells(t *testing.T) {
	kind := kinds[2]
	s := shapeOf(gapped(kind.shape, kind.missing()))
	s.most = s.cells.Len() / 5
	f := newFolds(s, 0.1, 1)
	for part := range f.parts {
		kept, held := f.without(part)
		hidden, want := s.cells.Len()-kept.Len(), s.most/f.parts
		if held.Len() == 0 || hidden > want+kind.piece {
			t.Errorf("part %d hides %d cells, %d of them held out, about %d are asked for", part, hidden, held.Len(), want)
		}
	}
}

// TestHiddenStretchesAreAsLongAsOutages takes stretches of 9 indices.
func TestHiddenStretchesAreAsLongAsOutages(t *testing.T) {
	kind := kinds[2]
	o := gapped(kind.shape, kind.missing())
	f := newFolds(shapeOf(o), 0.1, 1)
	var lengths []int
	for part := range f.parts {
		kept, held := f.without(part)
		for c := range held.Values {
			cell, length := held.Cell(c), 1
			for _, step := range []int32{-1, 1} {
				next := slices.Clone(cell)
				for next[2] += step; next[2] >= 0 && next[2] < 60 && known(kept, next, 0, 2) == 0; next[2] += step {
					length++
				}
			}
			lengths = append(lengths, length)
		}
	}
	slices.Sort(lengths)
	if median := lengths[len(lengths)/2]; median < 9 || median > 18 {
		t.Errorf("half of the held-out cells are in stretches of up to %d, the gaps' have 9", median)
	}
}

func TestFoldsDoNotDependOnTheOrderOfLabels(t *testing.T) {
	for _, kind := range []int{0, 1, 3} {
		missing := kinds[kind].missing()
		o := gapped(kinds[kind].shape, missing)
		index := slices.Clone(o.Index)
		index[0] = make([]int32, o.Len())
		for c, i := range o.Index[0] {
			index[0][c] = []int32{4, 9, 1, 6, 11, 2, 7, 0, 10, 3, 8, 5}[i] // missing ones stay apart
		}
		permuted, err := tensor.NewObserved(o.Modes, index, slices.Clone(o.Values))
		if err != nil {
			t.Fatal(err)
		}
		f, g := newFolds(shapeOf(o), 0.1, 1), newFolds(shapeOf(permuted), 0.1, 1)
		if f.parts != g.parts || f.scattered != g.scattered {
			t.Fatalf("%s: %d parts, %d when permuted", kinds[kind].name, f.parts, g.parts)
		}
		piece := float64(kinds[kind].piece)
		for part := range f.parts {
			a, _ := f.without(part)
			b, _ := g.without(part)
			if math.Abs(float64(a.Len()-b.Len())) > piece {
				t.Errorf("%s: part %d keeps %d cells, %d when permuted", kinds[kind].name, part, a.Len(), b.Len())
			}
		}
	}
}

func TestAGapEndsWhereAnotherBegins(t *testing.T) {
	land := func(cell []int32) bool { return cell[1] < 8 } // in every frame
	cloud := func(cell []int32) bool {
		return cell[0] == 3 && cell[1] < 12 && cell[2] >= 5 && cell[2] < 10
	}
	o := gapped(tensor.Shape{10, 20, 20}, func(cell []int32) bool { return land(cell) || cloud(cell) })
	s := shapeOf(o)
	gap := []int32{3, 9, 6}
	if void := s.voidAt(gap); !slices.Equal(void, []int{s.whole()}) {
		t.Fatalf("void %v at a cloud, want all modes", void)
	}
	if b := s.boxAt(s.whole(), gap); b.own != 4*5 {
		t.Errorf("%d cells in the box of a cloud of 20 beside land", b.own)
	}
}
