package completion

import (
	"context"
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

func TestLawsHaveTheirMomentsAndQuantiles(t *testing.T) {
	above := Limit{Mode: -1, Min: 0, Max: math.Inf(1)}
	whole, share := above, above
	whole.Whole, share.Max = true, 100
	for _, test := range []struct {
		kind            string
		limit           Limit
		value, stderr   float64
		mean, deviation float64 // where they are not those given; a root is cut off, and whole numbers were rounded
	}{
		{"root", above, 50, 12, 50, 12},
		{"lognormal", above, 3, 4, 3.525, 3.244}, // of the normal law that is 0 below 0
		{"counts", whole, 6, 3, 6.02, 2.95},
		{"counts", whole, 40, 3, 40, 6.34}, // no less than Poisson's
		{"root", whole, 30, 5, 30, 5},
		{"share", share, 70, 15, 70, 15},
		{"share", share, 99, 20, 99, 9.9},
		{"", above, 50, 12, 50, 12},
		{"bernoulli", Limit{Mode: -1, Max: 1, Whole: true}, 0.3, 0.4, 0.3, 0.458},
	} {
		l := labelLaw{Kind: test.kind, Limit: test.limit}.law(test.value, test.stderr)
		const steps = 20000
		var sum, squares float64
		for k := range steps {
			y := l.quantile((float64(k) + 0.5) / steps)
			sum, squares = sum+y/steps, squares+y*y/steps
		}
		if d := math.Sqrt(squares - sum*sum); math.Abs(sum/test.mean-1) > 0.02 || math.Abs(d/test.deviation-1) > 0.03 {
			t.Errorf("%s around %v ± %v: %.3f ± %.3f", test.kind, test.value, test.stderr, sum, d)
		}
		for _, p := range []float64{0.05, 0.3, 0.9} {
			y := l.quantile(p)
			if l.cdf(y+1e-9*test.stderr) < p || y > 0 && l.cdf(y-1e-6*test.stderr) > p {
				t.Errorf("%s: %v is no quantile %v: %v, below it %v", test.kind, y, p, l.cdf(y), l.cdf(y-1e-6*test.stderr))
			}
		}
	}
}

// around returns held-out cells whose values lie around the filled ones as a law has it.
func around(kind string, limit Limit, count int, stream *rng.Stream) (o *tensor.Observed, cells []HeldOutCell) {
	o = &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{1}), Index: make([][]int32, 1)}
	for range count {
		h := HeldOutCell{Cell: []int32{0}, Predicted: 0.3 + 6*stream.Float64(), weight: 1}
		if h.Stderr = 0.8 + h.Predicted/4; kind == "bernoulli" {
			h.Predicted = stream.Float64()
			h.Stderr = math.Sqrt(h.Predicted * (1 - h.Predicted))
		}
		h.Value = labelLaw{Kind: kind, Limit: limit}.law(h.Predicted, h.Stderr).quantile(stream.Float64())
		cells = append(cells, h)
		o.Index[0], o.Values = append(o.Index[0], 0), append(o.Values, h.Value)
	}
	return o, cells
}

func TestHeldOutCellsChooseTheLaw(t *testing.T) {
	above := Limit{Mode: -1, Min: 0, Max: math.Inf(1)}
	whole, bits := above, Limit{Mode: -1, Max: 1, Whole: true}
	whole.Whole = true
	free := Limit{Mode: -1, Min: math.Inf(-1), Max: math.Inf(1)}
	all := tensor.Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	for _, test := range []struct {
		kind  string
		limit Limit
		count int
		want  []LabelFamily
	}{
		{"root", above, 800, []LabelFamily{{Noise: "root"}}},
		{"lognormal", above, 800, []LabelFamily{{Noise: "lognormal"}}},
		{"counts", whole, 800, []LabelFamily{{Noise: "counts"}}},
		{"bernoulli", bits, 800, []LabelFamily{{Noise: "bernoulli"}}},
		{"", free, 800, nil},
		{"lognormal", above, 30, nil},
	} {
		o, cells := around(test.kind, test.limit, test.count, rng.New(4, "law/"+test.kind))
		j := &job{observed: o, limits: limits{test.limit}}
		found := j.chooseLaws(cells, all)
		got := found.words(o)
		if len(got) != len(test.want) || len(got) > 0 && got[0] != test.want[0] {
			t.Errorf("%d values of %q were taken for %v", test.count, test.kind, got)
			continue
		}
		if found == nil {
			continue
		}
		_, fresh := around(test.kind, test.limit, 2000, rng.New(5, "law/"+test.kind))
		inside := 0.0
		for _, h := range fresh {
			low, high := found.Of[0].bounds(h.Predicted, h.Stderr, 0.9)
			if low < test.limit.Min || high > test.limit.Max {
				t.Fatalf("%s: impossible bounds %v and %v", test.kind, low, high)
			}
			if low <= h.Value && h.Value <= high {
				inside++
			}
		}
		if share := inside / float64(len(fresh)); share < 0.87 || share > 0.93 && !test.limit.Whole {
			t.Errorf("%s: %v of fresh values lie in 90 %% intervals", test.kind, share)
		}
	}
}

// variables is a table of months and stations with variables of different kinds.
func variables(seed uint64, shape tensor.Shape) *tensor.Observed {
	stream := rng.New(seed, "variables")
	const blocks = 2
	factors := make([][]float64, len(shape))
	for n, d := range shape {
		factors[n] = make([]float64, d*blocks)
		for i := range factors[n] {
			if factors[n][i] = stream.NormFloat64(); n == 2 {
				factors[n][i] = float64(1-i%3%2*2) - 0.5*stream.Float64()
			}
		}
	}
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, 3)}
	o.Modes[2] = tensor.Mode{Name: "variable", Labels: []string{"temperature", "rain", "frost", "storm"}}
	for i := range shape[0] {
		for j := range shape[1] {
			for k := range shape[2] {
				eta := 0.0
				for r := range blocks {
					eta += 0.6 * factors[0][i*blocks+r] * factors[1][j*blocks+r] * factors[2][k*blocks+r]
				}
				e, u := stream.NormFloat64(), stream.Float64()
				if stream.Float64() < 0.2 {
					continue
				}
				root := math.Max(0, 1.5+1.2*eta+0.7*e)
				y := []float64{
					math.Round(10*(-5+5*eta+1.5*e)) / 10, math.Round(120*root*root) / 10,
					countLaw{math.Exp(math.Min(0.7+eta, 4)), 4}.quantile(u), 0,
				}
				if u < 1/(1+math.Exp(-1.5*eta)) {
					y[3] = 1
				}
				for n, at := range []int{i, j, k} {
					o.Index[n] = append(o.Index[n], int32(at))
				}
				o.Values = append(o.Values, y[k])
			}
		}
	}
	return o
}

func TestVariablesOfDifferentKindsKeepToTheirs(t *testing.T) {
	shape := tensor.Shape{16, 60, 4}
	o := variables(2, shape)
	c, err := Run(context.Background(), o, newJob(t, o, "auto", 0.02).Settings)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, s := range c.Settings.Spread {
		found[s.Label] = s.Noise
	}
	if found["temperature"] != "" || found["frost"] == "" {
		t.Errorf("labels were taken for %v", found)
	}
	if s := c.LogScores; !(s.Own > s.Normal) {
		t.Errorf("log scores %+v", s)
	}
	var gaps [3][]int32
	at := []int32{0, 0, 0}
	for i := range int(shape.Cells()) {
		rest := i
		for n := 2; n >= 0; n-- {
			at[n], rest = int32(rest%shape[n]), rest/shape[n]
		}
		if _, known := find(o, at); !known {
			for n := range gaps {
				gaps[n] = append(gaps[n], at[n])
			}
		}
	}
	again := reloaded(t, c)
	const draws = 200
	values := make([][]float64, draws)
	for d := range values {
		values[d] = make([]float64, len(gaps[0]))
	}
	c.Draws(0, gaps[:], values)
	drawn, said := 0.0, 0.0
	for g := range gaps[0] {
		cell := []int32{gaps[0][g], gaps[1][g], gaps[2][g]}
		value, stderr := c.At(cell)
		low, high := c.Interval(cell, 0.9)
		if l, h := again.Interval(cell, 0.9); l != low || h != high {
			t.Fatalf("a saved fit has %v to %v at %v, not %v to %v", l, h, cell, low, high)
		}
		if low > high {
			t.Fatalf("%v: %v to %v", cell, low, high)
		}
		var squares float64
		for d := range draws {
			y := values[d][g]
			squares += (y - value) * (y - value) / draws
			if k := cell[2]; k > 0 && y < 0 || k > 1 && y != math.Round(y) || k == 3 && y > 1 {
				t.Fatalf("%v: draw %v", cell, y)
			}
		}
		if k := cell[2]; k > 0 && (value < 0 || low < 0) || k > 1 && (low != math.Round(low) || high != math.Round(high)) ||
			k == 3 && (value > 1 || high > 1) {
			t.Fatalf("%v: %v, %v to %v", cell, value, low, high)
		}
		if l := c.laws.at(cell, stderr); cell[2] == 2 {
			own, square := l.law(value, stderr), 0.0
			for k := range draws {
				y := own.quantile((float64(k) + 0.5) / draws)
				square += (y - value) * (y - value) / draws
			}
			drawn, said = drawn+squares, said+square
		}
	}
	// A further variable has no law, and changes nothing of the others.
	few := [][]int32{{0, 1, 2, 3, 4, 5}, {1, 2, 3, 4, 5, 6}, {4, 4, 4, 4, 4, 4}}
	more, err := again.Extend(2, []string{"snow"}, few, []float64{2, 5, 3, 8, 1, 4})
	if err != nil {
		t.Fatal(err)
	}
	low, high := more.Interval([]int32{7, 7, 4}, 0.9)
	if !(low < high) || math.IsInf(high-low, 0) {
		t.Errorf("a further variable lies between %v and %v", low, high)
	}
	more.Draws(0, [][]int32{{7}, {7}, {4}}, [][]float64{{0}})
	rain := []int32{gaps[0][0], gaps[1][0], 1}
	low, high = c.Interval(rain, 0.9)
	if l, h := more.Interval(rain, 0.9); l != low || h != high {
		t.Errorf("beside a further variable rain lies between %v and %v, not %v and %v", l, h, low, high)
	}
	if math.Abs(math.Sqrt(drawn/said)-1) > 0.05 {
		t.Errorf("draws of days of frost have %.3f of the deviation of their law", math.Sqrt(drawn/said))
	}
}
