package sampler

import (
	"math"
	"slices"

	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// Case is a small model whose sampler is proved: cells, noise and priors, and which values are kept. Values are refused
// that leave a parameter of heavy tails all but free, whose chain would take long to come back; what the sampler draws
// given the values that are kept stays what it is.
type Case struct {
	Name     string
	Family   string // the noise's, by the name under which it is registered
	Settings posterior.Settings
	Cells    *tensor.Observed // whose values say only that they lie in the domain
	Gaps     [][]int32        // cells without a value
	Rules    posterior.Rules

	Slow        int    // how many times as many sweeps draws of the posterior are apart; 0: once
	Approximate string // what of the updates is not exact, in words
}

const polyaGamma = "Pólya–Gamma variables: one or two terms of the series, the rest by a variable of its mean, variance and third cumulant"

// Cases lists what is proved: every family of noise, every form of every prior.
func Cases() []Case {
	plain := posterior.Gaussian{Shape: 2.5, Rate: 1}
	varied := posterior.Gaussian{Shape: 2.5, Rate: 1, Varied: true}
	process := func(order int, periods ...float64) []posterior.Prior {
		return []posterior.Prior{
			posterior.GaussianProcess{Coordinates: []float64{0, 1, 2.5, 3, 7}, Order: order, Periods: periods},
		}
	}
	nonnegative := []posterior.Prior{posterior.Nonnegative{}, posterior.Nonnegative{}, posterior.Nonnegative{}}
	ridge := []posterior.Prior{posterior.Ridge{}, posterior.Ridge{}, posterior.Ridge{}}
	matrix, cube, twice := newGrid(1, 5, 3), newGrid(1, 4, 3, 2), newGrid(2, 4, 3)
	small := within(-20, 20)
	return []Case{
		matrix.with("gaussian", "gaussian", plain, small),
		cube.with("gaussian-varied", "gaussian", varied, small).slow(3),
		matrix.with("student", "student", posterior.Student{Shape: 2.5, Rate: 1}, small),
		matrix.with("student-varied", "student", posterior.Student(varied), small),
		matrix.with("lognormal", "lognormal", posterior.LogNormal{Gaussian: plain, Mean: 0.5, Scale: 0.7}, within(1e-6, 1e6)),
		matrix.with("lognormal-varied", "lognormal", posterior.LogNormal{Gaussian: varied, Scale: 0.7}, within(1e-6, 1e6)),
		twice.with("counts", "counts", posterior.NegativeBinomial{Level: 2}, within(0, 300), twice.everyLabel(1, 300)).
			approximate(polyaGamma).slow(5),
		matrix.with("binomial", "binomial", posterior.Binomial{Trials: 5}, matrix.everyLabel(1, 4)).approximate(polyaGamma),
		twice.with("bernoulli", "bernoulli", posterior.Bernoulli{}, twice.bothValues).approximate(polyaGamma),
		matrix.with("ordinal", "ordinal", posterior.Ordinal{Levels: []float64{1, 2, 3, 4}}, matrix.everyLabel(2, 3)).slow(5),
		twice.with("per-label", "lognormal", posterior.PerLabel{Mode: 1, Groups: []posterior.Group{
			{Labels: []int{0}, Noise: plain},
			{Labels: []int{1}, Noise: posterior.LogNormal{Gaussian: plain, Mean: 0.5, Scale: 0.7}},
			{Labels: []int{2}, Noise: posterior.Binomial{Trials: 5}, Offset: 0.3, Gain: 0.7},
		}}, within(-20, 1e6), twice.label(1, within(1e-6, 1e6))).approximate(polyaGamma),
		matrix.with("matern12", "gaussian", plain, small).priors(process(1)),
		matrix.with("matern32", "gaussian", plain, small).priors(process(2)),
		matrix.with("matern12-periodic", "gaussian", plain, small).priors(process(1, 4)),
		matrix.with("matern32-periodic", "gaussian", plain, small).priors(process(2, 4)),
		cube.with("nonnegative", "gaussian", plain, small).priors(nonnegative).slow(3),
		cube.with("ridge", "gaussian", plain, small).priors(ridge).slow(3),
		matrix.with("effects", "gaussian", plain, small).effects(),
		matrix.with("censored", "gaussian", plain, small).censored(-20, 20),
		matrix.with("censored-student", "student", posterior.Student(varied), small).censored(-20, 20),
		matrix.with("censored-lognormal", "lognormal", posterior.LogNormal{Gaussian: plain, Mean: 0.5, Scale: 0.7},
			within(1e-6, 1e6)).censored(1e-6, 1e6),
		twice.with("censored-counts", "counts", posterior.NegativeBinomial{Level: 2}, within(0, 300), twice.everyLabel(1, 300)).
			censoredCounts().approximate(polyaGamma).slow(5),
	}
}

// censoredCounts hides counts: of the first of every three cells those from 1 to 8, of the second all but which four they are
// among, 1 to 4, 5 to 8 and so on. So nothing is hidden of what decides whether values are accepted.
func (c Case) censoredCounts() Case {
	c.Rules.Censor = func(cell int, y float64) (low, high float64) {
		switch {
		case y == 0 || cell%3 == 2:
			return y, y
		case cell%3 == 1:
			low = 4 * math.Floor((y-1)/4)
			return low, low + 5
		case y <= 8:
			return 0, 9
		}
		return y, y
	}
	return c
}

// censored hides values between limits: of the first of every three cells those below a limit of detection, of the second
// those above another one, of the third all but between which of some round numbers they lie. No limit is farther out than
// least and most, so that all values between limits are accepted.
func (c Case) censored(least, most float64) Case {
	const below, above, step = 0.6, 1.2, 0.5
	c.Rules.Censor = func(cell int, y float64) (low, high float64) {
		switch {
		case cell%3 == 0 && y < below:
			return least, below
		case cell%3 == 1 && y > above:
			return above, most
		case cell%3 == 2:
			low = step * math.Floor(y/step)
			return math.Max(least, low), math.Min(most, low+step)
		}
		return y, y
	}
	return c
}

func (c Case) approximate(what string) Case {
	c.Approximate = what
	return c
}

func (c Case) slow(times int) Case {
	c.Slow = times
	return c
}

func (c Case) priors(p []posterior.Prior) Case {
	c.Settings.Priors = p
	return c
}

// effects has a block for every mode alone beside one of all modes.
func (c Case) effects() Case {
	c.Settings.Blocks = 1
	c.Settings.Partial = [][]bool{{true, false}, {false, true}}
	return c
}

// grid is the cells of a small tensor, but for two gaps: one among the others, and one whose label of the first mode, the
// last, has no cell at all.
type grid struct {
	cells *tensor.Observed
	gaps  [][]int32
}

// newGrid takes every cell so many times, those of the second time after the first.
func newGrid(times int, shape ...int) grid {
	g := grid{cells: &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}}
	gap, empty := make([]int32, len(shape)), make([]int32, len(shape))
	gap[0], empty[0] = int32(shape[0]-2), int32(shape[0]-1)
	g.gaps = [][]int32{gap, empty}
	for range times {
		cell := make([]int32, len(shape))
		for next(cell, shape) {
			if cell[0] == empty[0] || slices.Equal(cell, gap) {
				continue
			}
			for n, i := range cell {
				g.cells.Index[n] = append(g.cells.Index[n], i)
			}
			g.cells.Values = append(g.cells.Values, 1)
		}
	}
	return g
}

// next moves to the next cell, the first mode fastest, and reports whether there is one; the first cell comes last.
func next(cell []int32, shape []int) bool {
	for n := range cell {
		if cell[n]++; int(cell[n]) < shape[n] {
			return true
		}
		cell[n] = 0
	}
	return false
}

func (g grid) with(name, family string, noise posterior.Noise, accept ...func([]float64) bool) Case {
	return Case{
		Name: name, Family: family, Settings: posterior.Settings{Blocks: 2, Noise: noise}, Cells: g.cells, Gaps: g.gaps,
		Rules: posterior.Rules{Accept: func(values []float64) bool {
			for _, accepts := range accept {
				if !accepts(values) {
					return false
				}
			}
			return true
		}},
	}
}

func within(low, high float64) func([]float64) bool {
	return func(values []float64) bool { return slices.Min(values) >= low && slices.Max(values) <= high }
}

// label accepts values of which those of a label of the second mode are accepted.
func (g grid) label(label int32, accepts func([]float64) bool) func([]float64) bool {
	return func(values []float64) bool {
		var its []float64
		for c, i := range g.cells.Index[1] {
			if i == label {
				its = append(its, values[c])
			}
		}
		return accepts(its)
	}
}

// everyLabel accepts values of which every label with cells has one from low to high.
func (g grid) everyLabel(low, high float64) func([]float64) bool {
	return func(values []float64) bool {
		return g.all(func(c int) bool { return low <= values[c] && values[c] <= high })
	}
}

// bothValues accepts values of which every label has a cell that differs between the first time and the second.
func (g grid) bothValues(values []float64) bool {
	half := len(values) / 2
	return g.all(func(c int) bool { return values[c%half] != values[c%half+half] })
}

// all reports whether good holds for a cell of every label that has cells.
func (g grid) all(good func(c int) bool) bool {
	for n, d := range g.cells.Shape() {
		met := make([]bool, d)
		met[d-1] = n == 0
		for c, i := range g.cells.Index[n] {
			met[i] = met[i] || good(c)
		}
		if slices.Contains(met, false) {
			return false
		}
	}
	return true
}
