package completion

import (
	"math"
	"slices"
	"testing"

	"lacuna/tensor"
)

// hiddenRun is a table of two series and twenty times, of which times 6 to 9 are unknown in both.
func hiddenRun() *tensor.Observed {
	o, _ := noisy(tensor.Shape{2, 20}, 1, 0.1, 1)
	return ordered(o.Filter(func(c int) bool { return o.Index[1][c] < 6 || o.Index[1][c] > 9 }), 0)
}

// TestSimulatedResidualsAreAlikeAsKrigingLeavesThem compares with the covariance of errors of kriging, from matrices that are
// written out, and with errors of another series, with which these have nothing in common.
func TestSimulatedResidualsAreAlikeAsKrigingLeavesThem(t *testing.T) {
	const draws = 20_000
	p := process{Reach: []float64{0, 5}, Share: 0.9, Trust: []float64{0.8}, Power: 1}
	o := hiddenRun()
	one := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	b := newCompanion(chosen{Local: &p, Alone: 1}, o, one, make([]float64, o.Len()))
	index := [][]int32{{0, 0, 0, 0, 1, 1, 1, 1}, {6, 7, 8, 9, 6, 7, 8, 9}}
	numbers := make([]int, draws)
	for d := range numbers {
		numbers[d] = d
	}
	got := b.normals(1, numbers, index, 1)

	cov := func(x, y float64) float64 {
		if x == y {
			return 1
		}
		return p.Share * math.Exp(-math.Abs(x-y)/p.Reach[1])
	}
	known := []float64{3, 4, 5, 10, 11, 12} // three on either side
	matrix := make([]float64, len(known)*len(known))
	for a, x := range known {
		for c, y := range known {
			matrix[a*len(known)+c] = cov(x, y)
		}
	}
	inverse := invert(t, matrix, len(known))
	sum := func(at float64) (places, weights []float64) { // what the error at a place is made of
		places, weights = []float64{at}, []float64{1}
		for a, x := range known {
			var weight float64
			for c, y := range known {
				weight += inverse[a*len(known)+c] * cov(y, at)
			}
			places, weights = append(places, x), append(weights, -p.Trust[0]*weight)
		}
		return places, weights
	}
	between := func(x, y float64) (out float64) {
		places, own := sum(x)
		others, weights := sum(y)
		for a := range places {
			for c := range others {
				out += own[a] * weights[c] * cov(places[a], others[c])
			}
		}
		return out
	}
	for a := range 8 {
		for c := range a + 1 {
			want := 0.0
			if index[0][a] == index[0][c] {
				x, y := float64(index[1][a]), float64(index[1][c])
				want = between(x, y) / math.Sqrt(between(x, x)*between(y, y))
			}
			var product float64
			for _, values := range got {
				product += values[a] * values[c]
			}
			if product /= draws; math.Abs(product-want) > 0.04 {
				t.Errorf("series %d time %d and series %d time %d: correlation %.3f, want %.3f",
					index[0][a], index[1][a], index[0][c], index[1][c], product, want)
			}
		}
	}
}

// TestSimulatedResidualsDependOnTheCellAlone draws the cells in another order, fewer of them and with more threads.
func TestSimulatedResidualsDependOnTheCellAlone(t *testing.T) {
	o := hiddenRun()
	one := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	p := process{Reach: []float64{0, 5}, Share: 0.9, Trust: []float64{1}, Power: 1}
	residual := make([]float64, o.Len())
	b := newCompanion(chosen{Local: &p, Simple: &p, Weight: 0.3, Alone: 1}, o, one, residual)
	all := b.normals(1, []int{0, 1, 2}, [][]int32{{0, 0, 1, 1}, {6, 8, 7, 9}}, 1)
	some := b.normals(1, []int{2}, [][]int32{{1, 0}, {9, 8}}, 3)
	if want := []float64{all[2][3], all[2][1]}; !slices.Equal(some[0], want) {
		t.Errorf("%v alone, %v among others", some[0], want)
	}
	if all[0][0] == all[1][0] || all[0][0] == all[0][1] {
		t.Errorf("draws and cells have the same numbers: %v", all)
	}
}
