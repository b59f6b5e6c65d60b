package completion

import (
	"context"
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

func TestLogScoresOfNormalValues(t *testing.T) {
	stream := rng.New(1, "values")
	var cells []HeldOutCell
	for range 20_000 {
		cells = append(cells, HeldOutCell{Predicted: 3, Stderr: 2, Value: 3 + 2*stream.NormFloat64()})
	}
	s := logScores(cells, func([]int32) kind { return kind{Own: false, Grid: 0} }, nil)
	if want := -0.5*math.Log(2*math.Pi*4) - 0.5; s.Own != s.Normal || math.Abs(s.Own-want) > 0.02 {
		t.Errorf("%v, the entropy is %v", s, want)
	}
	for k := range cells {
		cells[k].Value = math.Round(cells[k].Value)
	}
	if on := logScores(cells, func([]int32) kind { return kind{Own: false, Grid: 1} }, nil); math.Abs(on.Normal-s.Normal) > 0.03 {
		t.Errorf("rounded to whole numbers %v, before %v", on.Normal, s.Normal)
	}
	if s := logScores(nil, func([]int32) kind { return kind{Own: true, Grid: 1} }, nil); !math.IsNaN(s.Own) || !math.IsNaN(s.Normal) {
		t.Errorf("without cells %v", s)
	}
}

// TestCountsAreSaidInTheirOwnTerms fills rare counts, which are far from normal.
func TestCountsAreSaidInTheirOwnTerms(t *testing.T) {
	stream := rng.New(2, "counts")
	o := &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{15, 12}), Index: make([][]int32, 2)}
	for i := range 15 {
		for k := range 12 {
			if stream.Float64() < 0.2 {
				continue
			}
			limit, product, count := math.Exp(-0.6-float64(i%3)/2), stream.Float64(), 0.0
			for ; product > limit; count++ {
				product *= stream.Float64()
			}
			o.Index[0], o.Index[1] = append(o.Index[0], int32(i)), append(o.Index[1], int32(k))
			o.Values = append(o.Values, count)
		}
	}
	j := newJob(t, o, "counts", 1)
	j.Effort = 0.01
	c, err := Run(context.Background(), o, j.Settings)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.LogScores; !(s.Own > s.Normal+0.02) {
		t.Errorf("log scores %+v", s)
	}
	if e := c.OwnError; e.Name != "mean absolute error" || !(e.Value > 0.1 && e.Value < 2) {
		t.Errorf("error in its own terms %+v", e)
	}
}
