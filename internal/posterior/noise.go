package posterior

import "lacuna/internal/rng"

// Noise is a family of distributions of an observation y_c around the model's predictor x_c = Σ_r Π_n u_n[i_n, r]. A
// value holds the family's settings. A family is one file: Gibbs sampling asks of it that, given the state of the
// chain, the cells act like a regression with targets and weights.
type Noise interface {
	// Cost is the nominal time of a sweep in ns a cell, beside that of the rows.
	Cost() float64
	// start prepares the noise of a chain whose factors have been drawn.
	start(s *sampler) noise
}

// noise is the state of a family in one chain. Slices have one entry a cell and belong to it.
type noise interface {
	targets() []float64 // of the regression of the factors: target_c ~ N(x_c, 1/weight_c); nil: the observed values
	weights() []float64
	draw()              // draws the family's parameters given the factors
	precision() float64 // 1 over the variance of the noise of a typical cell; 1 where it has no such parameter
	scatter() Scatter   // a copy of the parameters
}

// Scatter is what a kept sample remembers of its noise.
type Scatter interface {
	// At returns the expected value of an observation of a cell, and its variance, where the predictor is x.
	At(cell []int32, x float64) (mean, variance float64)
	// CDF returns the probability that the observation is at most y.
	CDF(cell []int32, x, y float64) float64
	// LogDensity returns the logarithm of the density of the observation at y, or of its probability where values are
	// discrete; −Inf outside the domain.
	LogDensity(cell []int32, x, y float64) float64
	// Draw draws an observation.
	Draw(s *rng.Stream, cell []int32, x float64) float64
	// Level is the variance of a typical cell's noise.
	Level() float64
}
