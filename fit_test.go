package lacuna_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lacuna"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

func saved(t *testing.T, c *lacuna.Completion) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := c.Save(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestSavedFitGivesTheSameBits(t *testing.T) {
	domains := map[lacuna.Noise]func(float64) float64{
		lacuna.NoiseAuto:      func(v float64) float64 { return v },
		lacuna.NoiseGaussian:  func(v float64) float64 { return v },
		lacuna.NoiseBernoulli: func(v float64) float64 { return math.Max(0, math.Copysign(1, v)) },
		lacuna.NoiseBinomial:  func(v float64) float64 { return math.Round(math.Min(math.Max(0, v+3), 6)) },
		lacuna.NoiseCounts:    func(v float64) float64 { return math.Round(4 * math.Exp(v/2)) },
		lacuna.NoiseLogNormal: math.Exp,
		lacuna.NoiseOrdinal:   func(v float64) float64 { return math.Round(math.Min(math.Max(-2, v), 2)) },
	}
	for noise, domain := range domains {
		g := generate(t, 3, tensor.Shape{8, 7, 6}, 2, 0.3, 0.5)
		for c, v := range g.observed.Values {
			g.observed.Values[c] = domain(v)
		}
		c := complete(t, g.observed, lacuna.Options{Effort: 0.001, Noise: noise})
		file := saved(t, c)
		again, err := lacuna.LoadFit(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", noise, err)
		}
		var values, stderrs, draws [2][]float64
		for k, c := range []*lacuna.Completion{c, again} {
			values[k], stderrs[k] = make([]float64, g.held.Len()), make([]float64, g.held.Len())
			draws[k] = make([]float64, g.held.Len())
			c.AtAll(g.held.Index, values[k], stderrs[k])
			c.Draw(1, g.held.Index, draws[k])
		}
		if !slices.Equal(values[0], values[1]) || !slices.Equal(stderrs[0], stderrs[1]) || !slices.Equal(draws[0], draws[1]) {
			t.Errorf("%s: values, standard errors or draws differ once loaded", noise)
		}
		low, high := c.Interval(g.held.Cell(0), 0.8)
		if l, h := again.Interval(g.held.Cell(0), 0.8); l != low || h != high {
			t.Errorf("%s: interval %v..%v, once loaded %v..%v", noise, low, high, l, h)
		}
	}
}

// TestDamagedFitIsRefused changes, cuts and lengthens a saved fit.
func TestDamagedFitIsRefused(t *testing.T) {
	g := generate(t, 3, tensor.Shape{6, 5, 4}, 1, 0.3, 0.6)
	file := saved(t, complete(t, g.observed, lacuna.Options{Effort: 0.001}))
	r := rand.New(rand.NewPCG(1, 2))
	refused := func(what string, data []byte) {
		t.Helper()
		if _, err := lacuna.LoadFit(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	for range 200 {
		damaged := slices.Clone(file)
		damaged[r.IntN(len(file))] ^= 1 << r.IntN(8)
		refused("a changed bit", damaged)
		refused("a cut file", file[:r.IntN(len(file))])
	}
	refused("a longer file", append(slices.Clone(file), 0))
	refused("another version", bytes.Replace(file, []byte("lacuna fit 4"), []byte("lacuna fit 3"), 1))
	refused("no fit", []byte("site,month,value\n"))
	refused("nothing", nil)
}

// TestExtend leaves labels out, adds them again with some of their cells and predicts the others.
func TestExtend(t *testing.T) {
	g := generate(t, 7, tensor.Shape{30, 9, 8}, 2, 0.3, 1)
	const first = 26
	inside := func(c int) bool { return g.observed.Index[0][c] < first }
	kept, rest := g.observed.Partition(inside)
	kept.Modes = slices.Clone(kept.Modes)
	kept.Modes[0].Labels = kept.Modes[0].Labels[:first]
	fit := complete(t, kept, lacuna.Options{Effort: 0.02})
	given, asked := rest.Partition(func(c int) bool { return c%3 > 0 })
	c, err := fit.Extend(0, g.observed.Modes[0].Labels[first:], given.Index, given.Values)
	if err != nil {
		t.Fatal(err)
	}
	inStderrs := 0.0
	for k, v := range asked.Values {
		value, stderr := c.At(asked.Cell(k))
		inStderrs += (value - v) * (value - v) / (stderr * stderr)
	}
	if mean := inStderrs / float64(asked.Len()); mean < 0.6 || mean > 1.6 {
		t.Errorf("squared errors of new labels are %.2f times what is said of them", mean)
	}
	if e := nrmse(c, asked); e > 0.4 {
		t.Errorf("new labels are predicted with an error of %.2f deviations", e)
	}
	before, _ := fit.At([]int32{3, 4, 5})
	if after, _ := c.At([]int32{3, 4, 5}); math.Float64bits(before) != math.Float64bits(after) {
		t.Error("the labels that the fit knew are filled otherwise")
	}
	if _, err := fit.Extend(0, []string{"x"}, [][]int32{{2}, {0}, {0}}, []float64{1}); err == nil {
		t.Error("a cell of a known label was taken for one of a new label")
	}
}

// TestNonnegativeFit saves a fit of mixtures, loads it, and adds a sample to it: its concentrations are not negative, and its
// values are predicted.
func TestNonnegativeFit(t *testing.T) {
	g := mixtures(t)
	const first = 14
	kept, rest := g.Partition(func(c int) bool { return g.Index[0][c] < first })
	kept.Modes = slices.Clone(kept.Modes)
	kept.Modes[0].Labels = kept.Modes[0].Labels[:first]
	fit := complete(t, kept, lacuna.Options{Effort: 0.02, Nonnegative: true})
	if !fit.Settings.Nonnegative || fit.Scaling.Mean[0] != 0 {
		t.Errorf("made with %+v, mean %v", fit.Settings, fit.Scaling.Mean)
	}
	var file bytes.Buffer
	if err := fit.Save(&file); err != nil {
		t.Fatal(err)
	}
	loaded, err := lacuna.LoadFit(&file)
	if err != nil {
		t.Fatal(err)
	}
	given, asked := rest.Partition(func(c int) bool { return c%3 > 0 })
	c, err := loaded.Extend(0, g.Modes[0].Labels[first:], given.Index, given.Values)
	if err != nil {
		t.Fatal(err)
	}
	e := nrmse(c, asked)
	t.Logf("a further sample is predicted with an error of %.3f deviations, hidden values with %.3f", e, fit.HeldOutNRMSE)
	if e > 0.2 {
		t.Errorf("a further sample is predicted with an error of %.2f deviations", e)
	}
	for i := range int32(first + 2) {
		for k := range int32(8) {
			if y, _ := c.At([]int32{i, k, 7 - k}); !(y >= 0) {
				t.Errorf("a cell of sample %d is filled with %v", i, y)
			}
		}
	}
}

// mixtures are spectra of two components in sixteen samples, with noise, of which a third is not known.
func mixtures(t *testing.T) *tensor.Observed {
	t.Helper()
	s := rng.New(4, "mixtures")
	shape := tensor.Shape{16, 9, 8}
	cp := tensor.NewCP(shape, 2)
	for _, factor := range cp.Factors {
		for k := range factor {
			factor[k] = 2 * s.Float64()
		}
	}
	index, values := make([][]int32, 3), []float64(nil)
	for c := range shape[0] * shape[1] * shape[2] {
		cell := []int32{int32(c / 72), int32(c / 8 % 9), int32(c % 8)}
		if s.Float64() < 1.0/3 {
			continue
		}
		for n, i := range cell {
			index[n] = append(index[n], i)
		}
		values = append(values, cp.At(cell)+0.03*s.NormFloat64())
	}
	o, err := tensor.NewObserved(tensor.NumberedModes(shape), index, values)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestNonnegativeRefuses names what excludes factors without negative entries.
func TestNonnegativeRefuses(t *testing.T) {
	g := mixtures(t)
	signed := generate(t, 3, tensor.Shape{8, 7}, 1, 0.1, 0.8).observed
	for _, c := range []struct {
		observed *tensor.Observed
		o        lacuna.Options
		words    string
	}{
		{signed, lacuna.Options{}, "such as -"},
		{g, lacuna.Options{Smooth: []int{1}}, "Smooth exclude"},
		{g, lacuna.Options{Standardise: tensor.StandardiseGlobal}, "Standardise exclude"},
		{g, lacuna.Options{Noise: lacuna.NoiseLogNormal}, "lognormal noise"},
		{g, lacuna.Options{NoiseLabels: []lacuna.LabelNoise{{Noise: lacuna.NoiseCounts}}}, "NoiseLabels exclude"},
	} {
		c.o.Nonnegative = true
		if _, err := lacuna.Complete(context.Background(), c.observed, c.o); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%q is not said: %v", c.words, err)
		}
	}
}
