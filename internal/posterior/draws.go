package posterior

import (
	"math"

	"lacuna/internal/rng"
)

// Draw returns the expected value of a cell under the sample, and how far a random observation of the cell lies from it.
func (s *Sample) Draw(stream *rng.Stream, cell []int32) (expected, noise float64) {
	x := predictor(s.CP, cell)
	expected, variance := s.Scatter.At(cell, x)
	return expected, drawNoise(stream, variance)
}

// drawNoise draws a normal deviate of that variance.
func drawNoise(stream *rng.Stream, variance float64) float64 {
	return math.Sqrt(variance) * stream.NormFloat64()
}
