package completion

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// LogScores compare what was said of the held-out values beforehand with what normal distributions around the same
// filled values would have said. They are means over the cells of the logarithm of the density at the value that came,
// in the data's units; of values on a grid, of the probability of the value, and of censored cells of that of their limits.
// NaN without held-out cells.
type LogScores struct {
	Own    float64 // of the predictive distributions
	Normal float64 // of normal ones with the filled values and their standard errors
}

// OwnError is the error on held-out cells in the terms of the family that was found or asked for.
type OwnError struct {
	Name  string // what it is; "" where the family has no terms of its own
	Value float64
}

// grid is the step between the values of a family on a grid, 0 of others.
func (j *job) grid() float64 {
	switch {
	case !j.Noise.Own() || j.Noise.Positive:
		return 0
	case j.Noise.Levels > 0:
		return spacing(j.observed.Values)
	}
	return 1
}

// logScores sums over held-out cells that are calibrated. The kind of a cell tells
// the step between values on a grid.
func logScores(cells []HeldOutCell, kindOf func(cell []int32) kind, own *laws) LogScores {
	if len(cells) == 0 {
		return LogScores{math.NaN(), math.NaN()}
	}
	var s LogScores
	for _, h := range cells {
		kind := kindOf(h.Cell)
		normal := logNormalScore(h, kind.Grid)
		if h.censored() {
			normal = normalLogProbability(h, kind.Grid)
		}
		s.Normal += normal / float64(len(cells))
		if kind.Own {
			normal = h.logScore
		} else if l := own.at(h.Cell, h.Stderr); l != nil && !h.censored() {
			normal = l.logScore(h)
		}
		s.Own += normal / float64(len(cells))
	}
	return s
}

// logNormalScore is that of a normal distribution; as of predictive, no value has less than a least probability.
func logNormalScore(h HeldOutCell, step float64) float64 {
	deviation := math.Max(h.Stderr, 1e-150)
	z := (h.Value - h.Predicted) / deviation
	if step > 0 {
		half := step / 2 / deviation
		return portable.Log(math.Max(leastProbability, posterior.NormalCDF(z+half)-posterior.NormalCDF(z-half)))
	}
	return float64(-z*z/2) - portable.Log(deviation*math.Sqrt(2*math.Pi))
}

// ownError is the error of the held-out cells in the family's terms; step is as of logScores.
func ownError(family posterior.Family, cells []HeldOutCell, step float64) OwnError {
	if len(cells) == 0 || !family.Own() {
		return OwnError{}
	}
	errors := make([]float64, len(cells))
	switch {
	case family.Positive:
		for k, h := range cells {
			errors[k] = math.Abs(h.Predicted/h.Value - 1)
		}
		slices.Sort(errors)
		return OwnError{"median relative error", errors[len(errors)/2]}
	case step > 0 && !family.Whole:
		for k, h := range cells {
			if math.Abs(h.Predicted-h.Value) < step/2 {
				errors[k] = 1
			}
		}
		share, _ := tensor.Moments(errors)
		return OwnError{"share of right values", share}
	}
	for k, h := range cells {
		errors[k] = math.Abs(h.Predicted - h.Value)
	}
	mean, _ := tensor.Moments(errors)
	return OwnError{"mean absolute error", mean}
}
