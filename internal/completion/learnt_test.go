package completion

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// amounts returns held-out cells whose values have a chance of 0 that mean and deviation do not tell.
func amounts(form learntForm, whole bool, count int, stream *rng.Stream) (o *tensor.Observed, cells []HeldOutCell) {
	o = &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{1}), Index: make([][]int32, 1)}
	for k := range count {
		h := HeldOutCell{Cell: []int32{0}, weight: 1, piece: int32(7 * k)}
		x, e := stream.NormFloat64(), stream.NormFloat64()
		zero := stream.Float64() < logistic(-0.4-1.2*x)
		switch form {
		case learntLog:
			h.Predicted, h.Value = math.Exp(0.5+x), math.Exp(0.5+x+0.6*e)
		case learntRoot:
			root := math.Max(0.1, 3+0.8*x+0.7*e)
			h.Predicted, h.Value = (3+0.8*x)*(3+0.8*x), root*root
		case learntLogit:
			h.Predicted, h.Value = 31*logistic(x), 31*logistic(x+0.7*e)
		case learntBits:
			h.Predicted, h.Value = 0.5+0.2*x, 1
		}
		if zero {
			h.Value = 0
		}
		if whole {
			h.Value = math.Round(h.Value)
		}
		h.Stderr = 0.3 + h.Predicted/2
		cells = append(cells, h)
		o.Index[0], o.Values = append(o.Index[0], 0), append(o.Values, h.Value)
	}
	return o, cells
}

func TestLawsAreLearntFromHeldOutCells(t *testing.T) {
	above := Limit{Mode: -1, Min: 0, Max: math.Inf(1)}
	days := Limit{Mode: -1, Min: 0, Max: 31, Whole: true}
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	for _, test := range []struct {
		form  learntForm
		limit Limit
	}{{learntLog, above}, {learntRoot, above}, {learntLogit, days}, {learntBits, Limit{Mode: -1, Max: 1, Whole: true}}} {
		o, cells := amounts(test.form, test.limit.Whole, 900, rng.New(4, "learnt/"+string(test.form)))
		j := &job{observed: o, limits: limits{test.limit}}
		found := j.chooseLaws(cells, all)
		if found == nil || found.Of[0].Kind != string(test.form) {
			t.Errorf("%s was taken for %v", test.form, found.words(o))
			continue
		}
		l, inside := &found.Of[0], 0.0
		_, fresh := amounts(test.form, test.limit.Whole, 4000, rng.New(5, "learnt/"+string(test.form)))
		var below, expected float64
		for _, h := range fresh {
			low, high := l.bounds(h.Predicted, h.Stderr, 0.9)
			if low < test.limit.Min || high > test.limit.Max || test.limit.Whole && (low != math.Round(low) || high != math.Round(high)) {
				t.Fatalf("%s: impossible bounds %v and %v", test.form, low, high)
			}
			if low <= h.Value && h.Value <= high {
				inside++
			}
			if h.Value == 0 {
				below++
			}
			law := l.law(h.Predicted, h.Stderr)
			expected += law.cdf(0)
			for _, p := range []float64{0.2, 0.6, 0.97} {
				if y := law.quantile(p); law.cdf(y+1e-6) < p || y > 0 && law.cdf(y-1e-6*math.Max(1, y)) > p {
					t.Fatalf("%s: %v is no quantile %v around %v: %v", test.form, y, p, h.Predicted, law.cdf(y))
				}
			}
		}
		count := float64(len(fresh))
		if share := inside / count; share < 0.88 || share > 0.92 && !test.limit.Whole {
			t.Errorf("%s: %v of fresh values lie in 90 %% intervals", test.form, share)
		}
		if math.Abs(below-expected) > 0.03*count {
			t.Errorf("%s: %v values are 0, expected were %v", test.form, below, expected)
		}
	}
}

func TestLinesAreFound(t *testing.T) {
	stream := rng.New(8, "lines")
	var bits, numbers []lineCell
	for range 20000 {
		u := stream.NormFloat64()
		bit := 0.0
		if stream.Float64() < logistic(-0.5+1.5*u) {
			bit = 1
		}
		bits = append(bits, lineCell{u, bit, 1})
		numbers = append(numbers, lineCell{u, 2 + 3*u + math.Exp(-1+0.5*u)*stream.NormFloat64(), 1})
	}
	near := func(got, want [2]float64) bool {
		return math.Abs(got[0]-want[0]) < 0.06 && math.Abs(got[1]-want[1]) < 0.06
	}
	place, spread := normalLine(numbers)
	if of := logisticLine(bits); !near(of, [2]float64{-0.5, 1.5}) || !near(place, [2]float64{2, 3}) || !near(spread, [2]float64{-1, 0.5}) {
		t.Errorf("lines %v, %v and %v", of, place, spread)
	}
	if of := logisticLine([]lineCell{{-1, 0, 1}, {1, 1, 1}}); math.IsNaN(of[0]) || of[1] > 6 {
		t.Errorf("two numbers that a line separates have %v", of)
	}
}
