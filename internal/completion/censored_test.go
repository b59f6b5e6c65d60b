package completion

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"lacuna/internal/posterior"
	"lacuna/internal/slurmtest"
	"lacuna/tensor"
)

// concentrations is a generated table of positive values over magnitudes: known ones, 30 % of all below a limit of
// detection, and some that are not there at all.
type concentrations struct {
	observed *tensor.Observed
	censored *Censored
	limit    float64
	truth    []float64 // of the censored cells
	gaps     [][]int32
}

func newConcentrations(t *testing.T, shape tensor.Shape) concentrations {
	t.Helper()
	all, _ := noisy(shape, 2, 0.4, 0.9)
	for c, v := range all.Values {
		all.Values[c] = math.Exp(0.8 * v)
	}
	limit := slices.Sorted(slices.Values(all.Values))[3*all.Len()/10]
	out := concentrations{limit: limit, censored: &Censored{}}
	low := all.Filter(func(c int) bool { return all.Values[c] < limit })
	out.observed = all.Filter(func(c int) bool { return all.Values[c] >= limit })
	out.truth = low.Values
	out.censored.Index = low.Index
	for range low.Values {
		out.censored.Low, out.censored.High = append(out.censored.Low, math.Inf(-1)), append(out.censored.High, limit)
	}
	out.gaps = pickGaps(all, nil, 1)
	return out
}

func (k concentrations) complete(t *testing.T, noise string, o *tensor.Observed, censored *Censored, effort float64) *Completion {
	t.Helper()
	family, err := posterior.FamilyNamed(noise)
	if err != nil {
		t.Fatal(err)
	}
	fill := make([][]int32, o.Order())
	for _, cell := range k.gaps {
		for n, i := range cell {
			fill[n] = append(fill[n], i)
		}
	}
	s := Settings{
		Seed: 1, Threads: 2, Noise: family, Effort: effort, HoldOut: 0.1, Level: 0.9, Censored: censored, Fill: fill,
	}
	c, err := Run(context.Background(), o, s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCensoredCellsAreFilledBetweenTheirLimits compares with the truth and with half the limit: filled values are less
// biased and closer, and 90 % intervals hold between 85 and 95 % of the values.
func TestCensoredCellsAreFilledBetweenTheirLimits(t *testing.T) {
	k := newConcentrations(t, tensor.Shape{20, 12, 6})
	c := k.complete(t, "auto", k.observed, k.censored, 0.02)
	var bias, squares, halfBias, halfSquares, held float64
	count := float64(len(k.truth))
	cell := make([]int32, 3)
	for i, y := range k.truth {
		for n, column := range k.censored.Index {
			cell[n] = column[i]
		}
		value, stderr := c.At(cell)
		low, high := c.Bounds(cell, value, stderr, 0.9)
		if !(0 <= low && low <= value && value <= high && high <= k.limit) || !(stderr > 0 && stderr < k.limit) {
			t.Fatalf("cell %v: %v ± %v from %v to %v, the limit is %v", cell, value, stderr, low, high, k.limit)
		}
		if low <= y && y <= high {
			held++
		}
		bias, squares = bias+(value-y)/count, squares+(value-y)*(value-y)/count
		d := k.limit/2 - y
		halfBias, halfSquares = halfBias+d/count, halfSquares+d*d/count
	}
	if c.Settings.Noise != "lognormal" {
		t.Errorf("values over magnitudes were taken for %s", c.Settings.Noise)
	}
	if !(math.Abs(bias) < math.Abs(halfBias)) {
		t.Errorf("bias %.3g of the filled values, %.3g of half the limit", bias, halfBias)
	}
	if !(squares < 0.5*halfSquares) {
		t.Errorf("mean squared error %.3g of the filled values, %.3g of half the limit", squares, halfSquares)
	}
	if share := held / count; !(share >= 0.85 && share <= 0.95) {
		t.Errorf("90 %% intervals hold %.1f %% of the censored values", 100*share)
	}
	if c.Settings.Censored != len(k.truth) || c.Observed.Censored() != len(k.truth) || math.IsNaN(c.FilledRMSE) {
		t.Errorf("%d cells are censored, %d among the observed; an error of %v is expected", c.Settings.Censored,
			c.Observed.Censored(), c.FilledRMSE)
	}
	for _, h := range c.HeldOut {
		if h.Value < k.limit {
			t.Fatalf("a censored cell was held out with the value %v", h.Value)
		}
	}
	// Draws lie between the limits and scatter as the standard errors say.
	const draws = 400
	index := make([][]int32, 3)
	for n, column := range k.censored.Index {
		index[n] = column[:20]
	}
	values := make([][]float64, draws)
	for d := range values {
		values[d] = make([]float64, 20)
	}
	c.Draws(0, index, values)
	for i := range 20 {
		for n := range cell {
			cell[n] = index[n][i]
		}
		value, stderr := c.At(cell)
		var sum, around float64
		for d := range values {
			y := values[d][i]
			if !(y > 0 && y <= k.limit) {
				t.Fatalf("a draw of cell %v is %v", cell, y)
			}
			sum += y / draws
			around += (y - value) * (y - value) / draws
		}
		if !(math.Abs(sum-value) < 5*stderr/math.Sqrt(draws)) || !(math.Abs(math.Sqrt(around)/stderr-1) < 0.2) {
			t.Errorf("cell %v: draws have mean %v and deviation %v, the cell %v ± %v", cell, sum, math.Sqrt(around), value, stderr)
		}
	}
	// A fit that was saved fills them with the same bits; limits of further cells are kept.
	again := reloaded(t, c)
	value, stderr := c.At(cell)
	if v, s := again.At(cell); v != value || s != stderr {
		t.Errorf("saved and loaded: %v ± %v, it was %v ± %v", v, s, value, stderr)
	}
	gap := k.gaps[0]
	middle, _ := c.At(gap)
	further := &Censored{Index: [][]int32{{gap[0]}, {gap[1]}, {gap[2]}}, Low: []float64{middle}, High: []float64{math.Inf(1)}}
	narrowed, err := again.WithLimits(further)
	if err != nil {
		t.Fatal(err)
	}
	v, s := narrowed.At(gap)
	if low, _ := narrowed.Bounds(gap, v, s, 0.9); !(v > middle && low >= middle) {
		t.Errorf("a gap of %v that is above that is filled with %v, from %v", middle, v, low)
	}

	further.Low[0], further.High[0] = math.Inf(-1), 0
	if _, err := again.WithLimits(further); err == nil || !strings.Contains(err.Error(), "between -Inf and 0 is possible at (") {
		t.Errorf("a value below 0, where none is: %v", err)
	}
}

// TestCensoredIntervalsHoldAHeap fills values that were set to 0 where they fell below: no density has a quantile there.
func TestCensoredIntervalsHoldAHeap(t *testing.T) {
	all, _ := noisy(tensor.Shape{20, 12, 6}, 2, 0.4, 0.9)
	for c, v := range all.Values {
		all.Values[c] = math.Max(0, v+1)
	}
	limit := slices.Sorted(slices.Values(all.Values))[3*all.Len()/10]
	k := concentrations{gaps: pickGaps(all, nil, 1)}
	low := all.Filter(func(c int) bool { return all.Values[c] < limit })
	below := &Censored{Index: low.Index, Low: slices.Repeat([]float64{math.Inf(-1)}, low.Len()), High: slices.Repeat([]float64{limit}, low.Len())}
	c := k.complete(t, "gaussian", all.Filter(func(c int) bool { return all.Values[c] >= limit }), below, 0.01)
	zeros, held := 0.0, 0.0
	for i, y := range low.Values {
		value, stderr := c.At(low.Cell(i))
		from, to := c.Bounds(low.Cell(i), value, stderr, 0.9)
		if !(0 <= from && from <= value && value <= to && to <= limit) {
			t.Fatalf("%v from %v to %v, the limit is %v", value, from, to, limit)
		}
		if y == 0 {
			if zeros++; from == 0 {
				held++
			}
		}
	}
	if zeros < 100 || held < 0.8*zeros {
		t.Errorf("%v of %v values at 0 lie in their 90 %% intervals", held, zeros)
	}
}

// TestDealtCensoredChainsHaveTheSameBits compares chains of all families that go with censored cells.
func TestDealtCensoredChainsHaveTheSameBits(t *testing.T) {
	slurmtest.Fake(t, slurmtest.EveryTask, "true")
	for _, name := range []string{"auto", "gaussian", "lognormal"} {
		k := newConcentrations(t, tensor.Shape{6, 5, 4})
		j := newJob(t, k.observed, name, 1)
		j.Censored = k.censored
		j.observed = j.withCensored()
		cells := j.observed
		candidates := j.forms(2, cells.Shape())
		weights := slices.Repeat([]float64{1 / float64(len(candidates))}, len(candidates))
		here := j.fit(context.Background(), cells, candidates, weights, 2, 12, "test")
		j.Threads = 1
		alone := j.fit(context.Background(), cells, candidates, weights, 2, 12, "test")
		j.give(t)
		there := j.fitDealt(context.Background(), cells, candidates, weights, 2, 12, "test")
		want := here.all(cells.Index, 1)
		if !slices.Equal(want, there.all(cells.Index, 1)) {
			t.Errorf("%s: Slurm predicts otherwise", name)
		}
		if !slices.Equal(want, alone.all(cells.Index, 1)) {
			t.Errorf("%s: one thread predicts otherwise", name)
		}
	}
}

// TestStandInsHaveTheMomentsOfAll compares mean and deviation of the logarithms with those of the values that are not known.
func TestStandInsHaveTheMomentsOfAll(t *testing.T) {
	k := newConcentrations(t, tensor.Shape{20, 12, 6})
	j := newJob(t, k.observed, "auto", 1)
	j.Censored = k.censored
	cells := j.withCensored()
	logs := func(values []float64) (out []float64) {
		for _, y := range values {
			out = append(out, math.Log(y))
		}
		return out
	}
	wantMean, wantDeviation := tensor.Moments(logs(slices.Concat(k.observed.Values, k.truth)))
	mean, deviation := tensor.Moments(logs(cells.Values))
	exactMean, _ := tensor.Moments(logs(k.observed.Values))
	if !(math.Abs(mean-wantMean) < 0.2*(exactMean-wantMean)) || !(math.Abs(deviation/wantDeviation-1) < 0.15) {
		t.Errorf("mean %.3f and deviation %.3f, of all values %.3f and %.3f, mean of the exact ones %.3f", mean, deviation,
			wantMean, wantDeviation, exactMean)
	}
	for c := range cells.Values {
		if cells.IsCensored(c) && !(cells.Values[c] > 0 && cells.Values[c] <= k.limit) {
			t.Fatalf("%v stands for a value below %v", cells.Values[c], k.limit)
		}
	}
}

// TestLabelsWithFewExactValuesAreAmountsIfTheTableIs looks at a table whose every label has too few exact values to show that it is
// not below 0, one of them none, and at what says that it may be.
func TestLabelsWithFewExactValuesAreAmountsIfTheTableIs(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		name      string
		low, high float64 // of every censored cell
		value     float64 // one of the exact values
		amounts   bool
	}{
		{"below a limit", -inf, 0.5, 1, true},
		{"between 0 and a limit", math.Nextafter(0, -1), 0.5, 1, true},
		{"a value below 0", -inf, 0.5, -1, false},
		{"between limits of either sign", -1, 0.5, 1, false},
		{"below 0", -inf, 0, 1, false},
	} {
		o, _ := noisy(tensor.Shape{3, 5, 4}, 1, 0.1, 1)
		j := newJob(t, o.Filter(func(k int) bool { return o.Index[0][k] < 2 && o.Index[1][k] < 3 }), "auto", 1)
		for k, y := range j.observed.Values {
			j.observed.Values[k] = math.Exp(y)
		}
		j.observed.Values[0] = c.value
		rest := o.Filter(func(k int) bool { return o.Index[0][k] == 2 || o.Index[1][k] >= 3 })
		j.Censored = &Censored{Index: rest.Index, Low: slices.Repeat([]float64{c.low}, rest.Len()), High: slices.Repeat([]float64{c.high}, rest.Len())}
		j.unit = 0
		found, words := j.findLimits()
		for label := range int32(3) {
			low, high, whole := found.at([]int32{label, 4, 0})
			if (low == 0) != c.amounts || high != inf || whole {
				t.Errorf("%s: label %d from %v to %v, whole numbers: %v; %q", c.name, label, low, high, whole, words)
			}
		}
	}
}
