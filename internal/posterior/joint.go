package posterior

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Joint is the joint distribution of the parameters, the factors and the values of some cells, against which the
// sampler is proved. The parameters are drawn from the prior as it is written in the documentation, by other means than the
// sampler's; values are drawn by [Scatter], as predictions are.
//
// Where some values are refused, values are drawn given that they are not. What the sampler draws given the values stays
// what it is. Of censored cells the sampler sees the limits alone, and draws the values.
type Joint struct {
	s      *sampler
	rules  Rules
	stream *rng.Stream
	noise  drawable
	priors []drawablePrior
	stale  bool // what the chain holds of cells is that of values before
}

// Rules of the values of a Joint.
type Rules struct {
	Accept func(values []float64) bool // reports whether values are not refused; of censored cells it must ask for no more than the limits say
	// Censor returns the limits that are all the sampler is to know of the value y of cell c, equal ones for an exact value;
	// nil: all are exact.
	Censor func(c int, y float64) (low, high float64)
}

// latent is a noise that draws the values of censored cells.
type latent interface {
	latentValues(values []float64) // sets those of censored cells
}

// drawable is a noise whose parameters can be drawn from their prior.
type drawable interface {
	noise
	fromPrior(s *rng.Stream)
	renew(s *rng.Stream)      // brings what was computed from the values up to date with them
	quantities(visit visitor) // scalar functions of the parameters
}

// drawablePrior is a prior whose parameters and rows can be drawn.
type drawablePrior interface {
	prior
	fromPrior(s *rng.Stream, family Prior)
	quantities(visit visitor) // scalar functions that do not depend on the order of blocks or on their signs
}

type visitor func(name string, value float64)

// Quantity is a scalar function of parameters, factors and values.
type Quantity struct {
	Name  string
	Value float64
}

// NewJoint prepares the joint distribution of the values of these cells, whose present values say only that they lie in the
// domain. It returns an error for a noise or a prior that is not written
// as a distribution to draw from.
func NewJoint(
	cells *tensor.Observed, settings Settings, rules Rules, stream *rng.Stream,
) (*Joint, error) {
	data := cells.WithValues(slices.Clone(cells.Values))
	if rules.Censor != nil {
		data.Low, data.High = make([]float64, data.Len()), make([]float64, data.Len())
		censor(data, rules)
	}
	j := &Joint{s: newSampler(data, settings.withDefaults()), rules: rules, stream: stream}
	var ok bool
	if j.noise, ok = j.s.noise.(drawable); !ok {
		return nil, fmt.Errorf("noise of type %T has no prior to draw from", settings.Noise)
	}
	for _, p := range j.s.priors {
		own, ok := p.(drawablePrior)
		if !ok {
			return nil, fmt.Errorf("a prior of type %T has no distribution to draw from", p)
		}
		j.priors = append(j.priors, own)
	}
	return j, nil
}

// censor sets the limits of the values.
func censor(data *tensor.Observed, rules Rules) {
	for c, y := range data.Values {
		data.Low[c], data.High[c] = rules.Censor(c, y)
	}
}

// errRefused says that hardly any values are accepted.
var errRefused = errors.New("of 100,000 draws from the prior all were refused")

// Prior draws everything from the joint distribution.
func (j *Joint) Prior() error {
	s := j.s
	for range 100_000 {
		for n, p := range j.priors {
			p.fromPrior(j.stream, s.family(n))
			s.pad(n)
		}
		j.noise.fromPrior(j.stream)
		scatter := s.noise.scatter()
		for c := range s.data.Values {
			s.data.Values[c] = j.observe(scatter, s.data.Cell(c))
		}
		if j.rules.Accept(s.data.Values) {
			j.settle()
			return nil
		}
	}
	return errRefused
}

// Values draws the values given the rest, one after the other; one that would be refused stays.
func (j *Joint) Values() {
	s := j.s
	scatter := s.noise.scatter()
	for c, old := range s.data.Values {
		s.data.Values[c] = j.observe(scatter, s.data.Cell(c))
		if !j.rules.Accept(s.data.Values) {
			s.data.Values[c] = old
		}
	}
	j.settle()
}

// observe draws a value.
func (j *Joint) observe(scatter Scatter, cell []int32) float64 {
	const most = 600
	x := j.s.At(cell)
	if math.Abs(x) > most { // its exponential is infinite
		x = math.Copysign(most, x)
	}
	return scatter.Draw(j.stream, cell, x)
}

// settle lets the chain see new values.
func (j *Joint) settle() {
	if j.rules.Censor != nil {
		censor(j.s.data, j.rules)
	}
	j.noise.renew(j.stream)
	j.s.putTargets(j.s.data.Values)
	j.stale = true
}

// Sweep lets the sampler draw parameters, factors and the values of censored cells given what it knows of the values, the
// noise's first if that is new.
func (j *Joint) Sweep() {
	if j.stale {
		j.s.noise.draw()
		j.s.arrange()
		j.stale = false
	}
	j.s.sweep()
	if l, ok := j.s.noise.(latent); ok {
		l.latentValues(j.s.data.Values)
	}
}

// Chain begins a chain on the present values, as [NewChain] does.
func (j *Joint) Chain(seed uint64, stream string) (*Joint, error) {
	settings := j.s.settings
	settings.Seed, settings.Stream = seed, stream
	return NewJoint(j.s.data, settings, j.rules, j.stream)
}

// Quantities are scalar functions of the present state: the predictor of the first and the last cell with a value, of
// the gaps, a prediction of every gap, the log likelihood, the squared errors over their variances, and those of noise and
// priors.
func (j *Joint) Quantities(gaps [][]int32) (out []Quantity) {
	add := func(name string, value float64) { out = append(out, Quantity{name, value}) }
	s := j.s
	scatter := s.noise.scatter()
	add("predictor of the first cell", s.AtCell(s.data, 0))
	add("predictor of the last cell", s.AtCell(s.data, s.data.Len()-1))
	if j.rules.Censor != nil {
		var sum float64
		for c, y := range s.data.Values {
			sum += y
			if c < 2 {
				add(fmt.Sprintf("value of cell %d", c+1), y)
			}
		}
		add("mean of the values", sum/float64(s.data.Len()))
	}
	for k, gap := range gaps {
		add(fmt.Sprintf("predictor of gap %d", k+1), s.At(gap))
		add(fmt.Sprintf("prediction of gap %d", k+1), j.observe(scatter, gap))
	}
	var sum, squares float64
	for c, y := range s.data.Values {
		cell, x := s.data.Cell(c), s.AtCell(s.data, c)
		sum += scatter.LogDensity(cell, x, y)
		if mean, variance := scatter.At(cell, x); variance > 0 {
			squares += float64((y - mean) * (y - mean) / variance)
		}
	}
	add("log likelihood", sum)
	add("log dispersion", portable.Log(squares))
	j.noise.quantities(add)
	for n, p := range j.priors {
		p.quantities(func(name string, value float64) { add(fmt.Sprintf("mode %d: %s", n+1, name), value) })
	}
	return out
}

// plainGamma draws from the gamma distribution of any shape and rate 1: exponential variables for the whole part of the
// shape, and Jöhnk's method (1964) for what is left.
func plainGamma(s *rng.Stream, shape float64) (sum float64) {
	whole := math.Floor(shape)
	for range int(whole) {
		sum -= portable.Log(1 - s.Float64())
	}
	part := shape - whole
	if part == 0 {
		return sum
	}
	for {
		x, y := portable.Pow(1-s.Float64(), 1/part), portable.Pow(1-s.Float64(), 1/(1-part))
		if x+y <= 1 && x+y > 0 {
			return sum - float64(portable.Log(1-s.Float64())*x/(x+y))
		}
	}
}
