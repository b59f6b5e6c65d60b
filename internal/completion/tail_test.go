package completion

import (
	"math"
	"slices"
	"testing"

	"lacuna/tensor"
)

// TestErrorsFarOutAreCountedApart takes standard normal errors, one in a hundred of which is far out: standard errors are
// those of the others, and the root mean square over all cells that of all errors.
func TestErrorsFarOutAreCountedApart(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	cells := mistaken(0, 5000, 1, 1)
	plain := calibrate(cells, all)
	if plain.tail != (tail{}) {
		t.Errorf("normal errors have a tail %+v", plain.tail)
	}
	var squares float64
	for k := range cells {
		if k%100 == 0 {
			cells[k].Value *= 300
		}
		squares += cells[k].Value * cells[k].Value
	}
	c := calibrate(cells, all)
	stderr := c.stderr([]int32{0, 0}, standing{}, prediction{noise: 1})
	if math.Abs(stderr-1) > 0.03 {
		t.Errorf("standard error %.3f, want 1", stderr)
	}
	if got, want := c.tail.beside(stderr, 1), math.Sqrt(squares/5000); math.Abs(got/want-1) > 0.01 {
		t.Errorf("root mean square error %.2f, want %.2f", got, want)
	}
	if q := c.quantile([]int32{0, 0}, 0, 0.9); math.Abs(q-1.66) > 0.06 { // that of 0.99 of the cells at 0.909
		t.Errorf("quantile %.3f, want 1.66", q)
	}
	if u := c.tail.uncertainty(0, squares/5000); u < 0.05 || u > 0.2 { // fourth moments of 50 normal numbers: √3/√50/2 = 0.12
		t.Errorf("uncertainty %.3f, want about 0.12", u)
	}
}

// TestFewErrorsFarOutThatMakeLittleOfTheErrorAreNotWarnedOf has errors of ten sizes, as of stations that differ: the median is far
// below the root mean square with errors far out or without.
func TestFewErrorsFarOutThatMakeLittleOfTheErrorAreNotWarnedOf(t *testing.T) {
	j := &job{unit: -1}
	c := &Completion{FarOut: 1, FilledNRMSE: 1, FilledNMedian: 0.2, FilledMedian: 0.2}
	for share, want := range map[float64]int{0.3: 0, 0.8: 1} {
		if got := j.doubts(c, share); len(got) != want {
			t.Errorf("errors far out make %v of the mean square: warnings %q", share, got)
		}
	}
}

// TestPiecesThatAreOffAreNotFarOut hides ten pieces, one of which the model knows nothing of.
func TestPiecesThatAreOffAreNotFarOut(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	cells := slices.Concat(mistaken(0, 3000, 1, 1), mistaken(1, 50, 100, 1))
	for k := range cells {
		cells[k].piece = int32(k / 50)
	}
	if typical, far := setApart(cells, all); len(typical) != len(cells) || far.cells > 0 {
		t.Errorf("%d of %d cells are typical, %d far out", len(typical), len(cells), far.cells)
	}
}

// TestAPeakInOnePieceIsNotFarOut has as many errors far out, in one case strewn over ten pieces, in the other in one of them.
func TestAPeakInOnePieceIsNotFarOut(t *testing.T) {
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	for _, strewn := range []bool{true, false} {
		cells := mistaken(0, 5000, 1, 1)
		for k := range cells {
			cells[k].piece = int32(k / 500)
			if strewn && k%125 == 0 || !strewn && k < 40 {
				cells[k].Value = 50
			}
		}
		if _, far := setApart(cells, all); (far.cells == 40) != strewn {
			t.Errorf("%d cells are far out, strewn: %v", far.cells, strewn)
		}
	}
}
