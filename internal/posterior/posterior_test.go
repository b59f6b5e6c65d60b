package posterior

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// lowRank makes cells of a CP tensor with noise of deviation noise(index in mode 0).
func lowRank(
	seed uint64, shape tensor.Shape, rank, cells int, noise func(i int32) float64,
) (data *tensor.Observed, truth []float64) {
	s, m := rng.New(seed, "test data"), tensor.NewCP(shape, rank)
	fill(s, m)
	data = &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}
	for range cells {
		cell := make([]int32, len(shape))
		for n, d := range shape {
			cell[n] = int32(s.IntN(d))
			data.Index[n] = append(data.Index[n], cell[n])
		}
		v := m.At(cell)
		truth = append(truth, v)
		data.Values = append(data.Values, v+noise(cell[0])*s.NormFloat64())
	}
	return data, truth
}

func fill(s *rng.Stream, m *tensor.CP) {
	for _, factor := range m.Factors {
		for k := range factor {
			factor[k] = s.NormFloat64()
		}
	}
}

func even(noise float64) func(int32) float64 { return func(int32) float64 { return noise } }

func run(t *testing.T, d *tensor.Observed, s Settings) *Posterior {
	t.Helper()
	p, err := Run(context.Background(), d, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFindsTheSignalAndTheNoise(t *testing.T) {
	for _, shape := range []tensor.Shape{{20, 15}, {12, 10, 8}, {7, 6, 5, 6}, {4, 5, 4, 3, 4}} {
		data, truth := lowRank(1, shape, 2, 900, even(0.3))
		p := run(t, data, Settings{Blocks: 4, Noise: Gaussian{}})
		var squares, noise float64
		for c, v := range truth {
			mean, _, e := p.At(data.Cell(c))
			squares += (mean - v) * (mean - v)
			noise += e
		}
		count := float64(len(truth))
		if rms := math.Sqrt(squares / count); rms > 0.2 {
			t.Errorf("shape %v: the mean is off by %.3f, the noise is 0.3", shape, rms)
		}
		if sd := math.Sqrt(noise / count); sd < 0.24 || sd > 0.36 {
			t.Errorf("shape %v: noise %.3f, it is 0.3", shape, sd)
		}
	}
}

func TestNoiseOfEveryIndexIsFound(t *testing.T) {
	levels := []float64{0.1, 1}
	data, _ := lowRank(2, tensor.Shape{10, 9, 8}, 1, 700, func(i int32) float64 { return levels[i%2] })
	p := run(t, data, Settings{Blocks: 2})
	for i := range int32(10) {
		_, _, noise := p.At([]int32{i, 4, 4})
		if want := levels[i%2]; math.Sqrt(noise) < 0.5*want || math.Sqrt(noise) > 2*want {
			t.Errorf("index %d: noise %.3f, it is %v", i, math.Sqrt(noise), want)
		}
	}
}

func TestOutliersArePutDownToTheTails(t *testing.T) {
	data, truth := lowRank(3, tensor.Shape{12, 10, 6}, 1, 500, even(0.1))
	for c := 0; c < len(data.Values); c += 25 {
		data.Values[c] += 5
	}
	errors := map[bool]float64{}
	for normal, noise := range map[bool]Noise{false: Student{}, true: Gaussian{}} {
		p := run(t, data, Settings{Blocks: 2, Noise: noise})
		for c, v := range truth {
			mean, _, _ := p.At(data.Cell(c))
			errors[normal] += (mean - v) * (mean - v)
		}
	}
	if !(errors[false] < 0.5*errors[true]) {
		t.Errorf("squared error %.3g with heavy tails, %.3g without", errors[false], errors[true])
	}
}

func TestPartialBlocksCarryEffects(t *testing.T) {
	s := rng.New(4, "effects")
	data := &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{15, 12}), Index: make([][]int32, 2)}
	a, b := make([]float64, 15), make([]float64, 12)
	for i := range a {
		a[i] = s.NormFloat64()
	}
	for i := range b {
		b[i] = s.NormFloat64()
	}
	for i := range 15 {
		for k := range 12 {
			if (i+k)%3 == 0 {
				continue
			}
			data.Index[0], data.Index[1] = append(data.Index[0], int32(i)), append(data.Index[1], int32(k))
			data.Values = append(data.Values, a[i]+b[k]+0.05*s.NormFloat64())
		}
	}
	p := run(t, data, Settings{Partial: [][]bool{{true, false}, {false, true}}, Noise: Gaussian{}})
	for i := range 15 {
		for k := range 12 {
			if mean, _, _ := p.At([]int32{int32(i), int32(k)}); math.Abs(mean-a[i]-b[k]) > 0.2 {
				t.Fatalf("cell (%d, %d): %.3f, want %.3f", i, k, mean, a[i]+b[k])
			}
		}
	}
}

func TestSameSamplesForAnyNumberOfThreads(t *testing.T) {
	data, _ := lowRank(5, tensor.Shape{9, 8, 7}, 2, 300, even(0.2))
	for _, priors := range [][]Prior{
		nil, {GaussianProcess{Periods: []float64{4}}, nil, GaussianProcess{Order: 1}},
	} {
		settings := Settings{Blocks: 3, Burn: 10, Keep: 5, Priors: priors}
		want := run(t, data, settings)
		settings.Threads = 3
		got := run(t, data, settings)
		for k := range want.Samples {
			for n := range want.Samples[k].Factors {
				if !slices.Equal(want.Samples[k].Factors[n], got.Samples[k].Factors[n]) {
					t.Fatalf("priors %v: sample %d differs", priors, k)
				}
			}
		}
	}
}

// TestPolyaGamma compares draws with sums of 200 terms of the series and the mean of the rest: the share below every tenth of
// these, which sampling alone lets differ by 0.005, and means and variances.
func TestPolyaGamma(t *testing.T) {
	const draws, terms, tenths = 16_000, 200, 10
	s := rng.New(6, "pólya–gamma")
	for _, b := range []float64{0.4, 1, 2.3, 5, 31} {
		for _, psi := range []float64{0, -1.5, 6, 30} {
			p := newPolyaGammas(b)
			got, want := make([]float64, draws), make([]float64, draws/4)
			for k := range got {
				got[k] = p.draw(s, psi)
			}
			for k := range want {
				sum := b / terms
				for j := range terms {
					half := float64(j) + 0.5
					sum += gamma(s, b) / (half*half + psi*psi/(4*math.Pi*math.Pi))
				}
				want[k] = sum / (2 * math.Pi * math.Pi)
			}
			slices.Sort(got)
			slices.Sort(want)
			for tenth := 1; tenth < tenths; tenth++ {
				below, _ := slices.BinarySearch(got, want[tenth*len(want)/tenths])
				share := float64(tenth) / tenths
				if error := math.Sqrt(share * (1 - share) * 5 / draws); math.Abs(float64(below)/draws-share) > 4.5*error+0.002 {
					t.Errorf("b = %v, ψ = %v: %.4f of the draws are below what %.1f are to be", b, psi, float64(below)/draws, share)
				}
			}
			wantMean, wantVariance := b/4, b/24
			if z := math.Abs(psi); z > 0 {
				wantMean = b * math.Tanh(z/2) / (2 * z)
				wantVariance = b * (math.Sinh(z) - z) / (4 * z * z * z * math.Pow(math.Cosh(z/2), 2))
			}
			mean, deviation := tensor.Moments(got)
			if math.Abs(mean-wantMean) > 5*math.Sqrt(wantVariance/draws) || math.Abs(deviation*deviation/wantVariance-1) > 0.08 {
				t.Errorf("b = %v, ψ = %v: mean %.4f, variance %.5f; want %.4f and %.5f", b, psi, mean, deviation*deviation, wantMean, wantVariance)
			}
		}
	}
}

// TestTruncatedNormal compares the share of draws below places between the limits with that of the distribution function.
func TestTruncatedNormal(t *testing.T) {
	const draws = 20_000
	s := rng.New(8, "truncated")
	for _, limits := range [][2]float64{
		{-0.5, 0.7},
		{-0.1, 3},
		{math.Inf(-1), 0.2},
		{0.3, 0.9},
		{0.3, math.Inf(1)},
		{0.5, 4},
		{-3, -1.9},
		{5, 5.1},
		{4, 9},
		{-12, -9},
		{math.Inf(-1), -7},
		{-0.01, math.Inf(1)},
	} {
		low, high := limits[0], limits[1]
		x := make([]float64, draws)
		for k := range x {
			if x[k] = truncatedNormal(s, 0, low, high); !(x[k] >= low && x[k] <= high) {
				t.Fatalf("%v between %v and %v", x[k], low, high)
			}
		}
		slices.Sort(x)
		if low > 0 {
			low, high = -high, -low
			for k := range x {
				x[k] = -x[k]
			}
			slices.Reverse(x)
		}
		for tenth := 1; tenth < 10; tenth++ {
			at := x[tenth*draws/10]
			share := (normalCDF(at) - normalCDF(low)) / (normalCDF(high) - normalCDF(low))
			if want := float64(tenth) / 10; math.Abs(share-want) > 4.5*math.Sqrt(want*(1-want)/draws) {
				t.Errorf("between %v and %v: %.1f of the draws are below %.4f, where %.4f are to be", low, high, want, at, share)
			}
		}
	}
}

func TestQuickCDF(t *testing.T) {
	for x := -9.0; x < 9; x += 0.0137 {
		if got, want := quickCDF(tableOfCDF(), x), normalCDF(x); math.Abs(got/want-1) > 1e-8 {
			t.Errorf("Φ(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestGammaAndFreedom(t *testing.T) {
	s := rng.New(7, "gamma")
	for _, shape := range []float64{0.3, 1, 4.5} {
		const draws = 40000
		var sum, squares float64
		for range draws {
			g := gamma(s, shape)
			sum += g
			squares += g * g
		}
		mean := sum / draws
		variance := squares/draws - mean*mean
		if math.Abs(mean-shape) > 0.03*shape+0.01 || math.Abs(variance-shape) > 0.08*shape+0.02 {
			t.Errorf("shape %v: mean %.3f, variance %.3f", shape, mean, variance)
		}
	}
	for _, nu := range []float64{4, 400} {
		var groups []group
		for range 5000 {
			e := s.NormFloat64() / math.Sqrt(gamma(s, nu/2)/(nu/2))
			groups = append(groups, group{1, e * e})
		}
		if got := drawFreedom(s, groups, halfGammas{}); got < nu/1.6 || got > nu*1.6 && nu < 100 || nu > 100 && got < 40 {
			t.Errorf("ν = %v was taken for %v", nu, got)
		}
	}
}

func TestAnEndedContextKeepsTheSamplesSoFar(t *testing.T) {
	data, _ := lowRank(8, tensor.Shape{5, 5}, 1, 20, even(0.1))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p, err := Run(ctx, data, Settings{})
	if err == nil || len(p.Samples) != 0 {
		t.Errorf("error %v, %d samples", err, len(p.Samples))
	}
}

func TestNoiseSinksNoFasterThanItIsAnnealed(t *testing.T) {
	full, _ := lowRank(1, tensor.Shape{6, 5, 4}, 1, 100, func(int32) float64 { return 0 })
	settings := Settings{Blocks: 3, Noise: Gaussian{}, Anneal: Anneal{From: 0.5, To: 0.05, Sweeps: 50}, Seed: 1}
	samples, err := NewChain(full, settings).Sweep(context.Background(), 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, s := range samples {
		floor := 0.5 * math.Pow(0.1, float64(k)/50)
		if noise := math.Sqrt(s.Scatter.Level()); k < 50 && noise < floor*(1-1e-12) {
			t.Fatalf("sweep %d: noise %.3g, below %.3g", k, noise, floor)
		}
	}
	if noise := math.Sqrt(samples[99].Scatter.Level()); noise > 1e-3 {
		t.Errorf("after annealing the noise is still %.3g", noise)
	}
}
