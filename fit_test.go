package lacuna_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"lacuna"
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
		c := complete(t, g.observed, lacuna.Options{Effort: 0.01, Noise: noise})
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
	file := saved(t, complete(t, g.observed, lacuna.Options{Effort: 0.01}))
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
	refused("another version", bytes.Replace(file, []byte("lacuna fit 2"), []byte("lacuna fit 1"), 1))
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
