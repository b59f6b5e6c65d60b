package completion

import (
	"math"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// mistaken returns held-out cells of a label whose errors are that many standard errors.
func mistaken(label int32, count int, ratio, weight float64) (cells []HeldOutCell) {
	stream := rng.New(uint64(label), "mistaken")
	for k := range count {
		cells = append(cells, HeldOutCell{
			Cell: []int32{label, 0}, Value: ratio * stream.NormFloat64(), noise: 1, weight: weight, piece: int32(k),
		})
	}
	return cells
}

func TestCalibrationWeighs(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	for _, of := range []struct{ first, second, want float64 }{{1, 1e-6, 1}, {1e-6, 1, 5}} {
		c := calibrate(slices.Concat(mistaken(0, 1000, 1, of.first), mistaken(1, 1000, 5, of.second)), all)
		if got := c.stderr([]int32{0, 0}, standing{}, prediction{spread: 0, noise: 1}); math.Abs(got/of.want-1) > 0.1 {
			t.Errorf("weights %v and %v: stretch %.2f, want %v", of.first, of.second, got, of.want)
		}
		if q := c.quantile(nil, 0, 0.9); math.Abs(q-1.64) > 0.15 {
			t.Errorf("weights %v and %v: quantile %.2f, want 1.64", of.first, of.second, q)
		}
	}
}

func TestStretchOfALabelIsDrawnTowardThatOfAll(t *testing.T) {
	units := tensor.Scaling{Mode: 0, Mean: []float64{0, 0, 0, 0}, Scale: []float64{1, 1, 1, 1}}
	c := calibrate(slices.Concat(mistaken(0, 2000, 1, 1), mistaken(1, 2000, 2, 1), mistaken(2, 10, 6, 1)), units)
	stretch := func(label int32) float64 {
		return c.stderr([]int32{label, 0}, standing{}, prediction{spread: 0, noise: 1})
	}
	all := stretch(3) // has no cells
	if all < 1.4 || all > 1.8 {
		t.Errorf("a label without cells has the stretch %.2f, that of all is %.2f", all, math.Sqrt(2.5))
	}
	if math.Abs(stretch(0)-1) > 0.1 || math.Abs(stretch(1)-2) > 0.1 {
		t.Errorf("labels with many cells: stretches %.2f and %.2f, want 1 and 2", stretch(0), stretch(1))
	}
	if stretch(2) < 1.2*all || stretch(2) > 5 {
		t.Errorf("ten cells with six: stretch %.2f, want between %.2f and 6", stretch(2), all)
	}
}

// TestNoiseIsNotShrunkWithTheSpread takes cells whose noise the model knows, and a spread that is far too large; those to
// be filled have little of it.
func TestNoiseIsNotShrunkWithTheSpread(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	cells := mistaken(0, 2000, 1, 1)
	for k := range cells {
		cells[k].spread = 1
	}
	c := calibrate(cells, all)
	if got := c.stderr([]int32{0}, standing{}, prediction{spread: 0.05, noise: 1}); math.Abs(got-1) > 0.07 {
		t.Errorf("noise 1, almost no spread: standard error %.3f", got)
	}
	if got := c.stderr([]int32{0}, standing{}, prediction{spread: 1, noise: 1}); math.Abs(got-1) > 0.05 {
		t.Errorf("a cell like those held out: standard error %.3f, want 1", got)
	}
	for k := range cells {
		cells[k].noise, cells[k].spread = 0.01, 4 // now the errors are those of the spread
	}
	if got := calibrate(cells, all).stderr([]int32{0}, standing{}, prediction{spread: 4, noise: 0.01}); math.Abs(got-1) > 0.05 {
		t.Errorf("spread 4, errors 1: standard error %.3f", got)
	}
}

func TestIntervalsFromFewPiecesAreWider(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	cells := mistaken(0, 2000, 1, 1)
	many := calibrate(cells, all).quantile(nil, 0, 0.9)
	for k := range cells {
		cells[k].piece = int32(k % 5)
	}
	if few := calibrate(cells, all).quantile(nil, 0, 0.9); math.Abs(few/many-2.015/1.645) > 0.02 {
		t.Errorf("five pieces: quantile %.3f, of many %.3f", few, many)
	}
	for freedom, want := range map[float64]float64{2: 2.920, 3: 2.353, 5: 2.015, 10: 1.812, 30: 1.697} {
		if got := 1.6449 * studentOver(1.6449, freedom); math.Abs(got/want-1) > 0.02 {
			t.Errorf("%v degrees of freedom: %.3f, want %.3f", freedom, got, want)
		}
	}
}

// TestWhatIsUnlikeAllGapsIsNotHeard hides single cells, as the gaps are, in one part and eight whole labels in another, of which
// nothing can be told.
func TestWhatIsUnlikeAllGapsIsNotHeard(t *testing.T) {
	stream := rng.New(6, "unlike")
	o := gapped(tensor.Shape{16, 12, 10}, func([]int32) bool { return stream.Float64() > 0.7 })
	j := &job{observed: o, shape: shapeOf(o), unit: -1, Settings: Settings{Threads: 1, Seed: 1}}
	j.gaps = j.shape.gaps
	f := emptyFolds(o, 0.5)
	var cells []HeldOutCell
	for c := range o.Values {
		h := HeldOutCell{Cell: o.Cell(c), Value: stream.NormFloat64(), noise: 1, piece: int32(c)}
		switch {
		case h.Cell[0] >= 8:
			h.part, h.piece = 1, h.Cell[0]*12+h.Cell[1]
			h.Value *= 20
		case stream.Float64() < 0.8:
			continue
		}
		f.part[c], f.piece[c] = uint8(h.part), h.piece
		cells = append(cells, h)
	}
	j.weigh(cells, f, constant(0))
	c := j.calibrate(cells, f)
	k, at := c.at(j.gaps[0])
	if got := k.stderr(j.gaps[0], at, prediction{noise: 1}); math.Abs(got-1) > 0.1 {
		t.Errorf("%d cells: the standard error is %.3f, want 1", len(cells), got)
	}
}

func TestStandInsAreAlike(t *testing.T) {
	held := [][]float64{{0, 0}, {0.1, 0}, {5, 5}, {9, 9}}
	gaps := [][]float64{{0, 0}, {0.05, 0.1}, {5, 5.1}}
	weights := standIn(held, gaps, 2)
	var sum float64
	for _, w := range weights {
		sum += w
	}
	if math.Abs(sum-3) > 1e-12 {
		t.Errorf("weights sum to %v, there are 3 gaps", sum)
	}
	if math.Abs(weights[0]+weights[1]-2) > 0.01 || math.Abs(weights[2]-1) > 0.01 || weights[3] > 0.01 {
		t.Errorf("weights are %.3f", weights)
	}
	if one := standIn(held, gaps, 1); !slices.Equal(one, weights) {
		t.Errorf("one thread gives %v, two give %v", one, weights)
	}
}

// TestOpenRows leaves label 0 of mode 0 fewer known cells than there are blocks.
func TestOpenRows(t *testing.T) {
	const blocks = 3
	for name, of := range map[string]struct {
		shape tensor.Shape
		share float64
		whole bool
	}{
		"whole Jacobian": {tensor.Shape{10, 9, 8}, 1, true},
		"rows":           {tensor.Shape{260, 250, 20}, 0.02, false},
	} {
		full, truth := noisy(of.shape, blocks, 0, of.share)
		if f := newFreedom(truth, full); (f.whole != nil) != of.whole {
			t.Fatalf("%s: whole Jacobian is %v", name, f.whole != nil)
		} else if open := f.stderr([]int32{0, 4, 5}); open > 1e-4 {
			t.Errorf("%s: enough is known, and %.2g is left open", name, open)
		}
		var left []int
		few := 0
		for c, i := range full.Index[0] {
			if i > 0 || few < blocks-1 {
				left = append(left, c)
			}
			if i == 0 {
				few++
			}
		}
		cells := full.Subset(left)
		f := newFreedom(truth, cells)
		var rows *freedom
		if of.whole {
			rows = &freedom{cp: f.cp, rows: f.rows}
		}
		covered, asked := 0, 0
		for c := range full.Values {
			cell := full.Cell(c)
			_, is := find(cells, cell)
			open, wrong := f.stderr(cell), math.Abs(f.cp.At(cell)-full.Values[c])
			if is || cell[0] > 0 {
				if open > 1e-3 || wrong > 1e-3 {
					t.Fatalf("%s: cell %v is determined, %.2g is left open and it is wrong by %.2g", name, cell, open, wrong)
				}
				continue
			}
			asked++
			if wrong <= 3*open {
				covered++
			}
			if rows != nil && math.Abs(rows.stderr(cell)-open) > 0.1*open+1e-3 {
				t.Errorf("cell %v: %.3g is open by rows, %.3g by the whole", cell, rows.stderr(cell), open)
			}
			if !(open > 0) {
				t.Errorf("%s: cell %v is not determined, and nothing is open", name, cell)
			}
		}
		if asked == 0 || float64(covered) < 0.95*float64(asked) {
			t.Errorf("%s: errors cover %d of %d cells", name, covered, asked)
		}
	}
}

type zero struct{}

func (zero) at([]int32) prediction { return prediction{noise: 1e-4} }

func (z zero) all(index [][]int32, threads int) []prediction { return oneByOne(z, index, threads) }

func (zero) draws(_ uint64, numbers []int) drawer { return constant(0).draws(0, numbers) }

// judged is a completion whose label 0 of mode 0 is predicted well, and label 1 no better than by its mean.
func judged(t *testing.T) (*job, *Completion) {
	t.Helper()
	o, _ := noisy(tensor.Shape{2, 20, 10}, 1, 1, 0.6)
	j := newJob(t, o, "auto", 0.1)
	j.unit = 0
	c := &Completion{Observed: o, fit: zero{}, shape: j.shape, unit: j.scoring(o), UnitMode: 0}
	c.calibration = uncalibrated()
	for k, v := range o.Values {
		h := HeldOutCell{Cell: o.Cell(k), Value: v, Predicted: v + 0.01, piece: int32(k / 5), weight: 1}
		if h.Cell[0] == 1 {
			h.Predicted = c.unit.Undo(h.Cell, 0)
		}
		c.HeldOut = append(c.HeldOut, h)
	}
	return j, c
}

func TestErrorsByLabel(t *testing.T) {
	j, c := judged(t)
	j.judge(c)
	if len(c.ByLabel) != 32 {
		t.Fatalf("%d labels, want 32", len(c.ByLabel))
	}
	for _, l := range c.ByLabel {
		var errors float64
		held, filled := 0, 0
		for _, h := range c.HeldOut {
			if int(h.Cell[l.Mode]) == l.Index {
				errors += (h.Value - h.Predicted) * (h.Value - h.Predicted)
				held++
			}
		}
		for _, gap := range j.gaps {
			if int(gap[l.Mode]) == l.Index {
				filled++
			}
		}
		if l.HeldOut != held || l.Filled != filled || math.Abs(l.HeldOutRMSE-math.Sqrt(errors/float64(held))) > 1e-12 {
			t.Errorf("%+v: want %d held out, %d filled, %v", l, held, filled, math.Sqrt(errors/float64(held)))
		}
		if filled > 0 && math.Abs(l.FilledRMSE-0.01) > 1e-12 {
			t.Errorf("mode %d, label %d: filled error %v, want 0.01", l.Mode, l.Index, l.FilledRMSE)
		}
	}
	warned := strings.Join(c.Warnings, "\n")
	noise, good := j.observed.Modes[0].Labels[1], j.observed.Modes[0].Labels[0]
	if !strings.Contains(warned, "="+noise+": the filled values are no better than its mean") ||
		strings.Contains(warned, "="+good+": ") {
		t.Errorf("label %s is noise, %s is not; the warnings are %q", noise, good, c.Warnings)
	}
}

func TestUnlikeCellsHaveTheSpread(t *testing.T) {
	j, c := judged(t)
	c.calibration.seen = make([]bool, j.shape.whole()+1)
	j.judge(c)
	if math.Abs(c.Unlike-1) > 1e-9 {
		t.Errorf("no void was tried, and %v of the gaps are unlike", c.Unlike)
	}
	for _, cell := range j.gaps {
		if _, stderr := c.At(cell); stderr < c.unit.ScaleAt(cell) {
			t.Fatalf("cell %v: standard error %v, spread %v", cell, stderr, c.unit.ScaleAt(cell))
		}
	}
}
