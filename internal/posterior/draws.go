package posterior

import "lacuna/internal/rng"

// Draw returns the expected value of a cell under the sample, and how far a random observation of the cell lies from it. That is
// made of a standard normal number where the noise scatters by scale: of normal, or where that is 0 of one of the stream's.
func (s *Sample) Draw(stream *rng.Stream, cell []int32, normal float64) (expected, noise float64) {
	x := predictor(s.CP, cell)
	expected, _ = s.Scatter.At(cell, x)
	if own, ok := s.Scatter.(steered); ok && normal != 0 {
		return expected, own.drawOf(normal, stream, cell, x) - expected
	}
	return expected, s.Scatter.Draw(stream, cell, x) - expected
}

// steered is a Scatter whose observations are made of a normal number, increasing with it.
type steered interface {
	drawOf(normal float64, s *rng.Stream, cell []int32, x float64) float64
}
