package posterior

import "lacuna/internal/rng"

// Draw returns the expected value of a cell under the sample, and how far a random observation of the cell lies from it.
func (s *Sample) Draw(stream *rng.Stream, cell []int32) (expected, noise float64) {
	x := predictor(s.CP, cell)
	expected, _ = s.Scatter.At(cell, x)
	return expected, s.Scatter.Draw(stream, cell, x) - expected
}
