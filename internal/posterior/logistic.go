package posterior

import "math"

// drawLogistic draws the weights of the working regression of a logistic model (Polson, Scott & Windle 2013): given
// the log-odds ψ of a cell, ω ~ PG(1, ψ), and then the value a acts as the observation (a − ½)/ω with precision ω.
func (s *sampler) drawLogistic() {
	for c, a := range s.data.Values {
		w := s.polyaGamma(s.predict(int32(c)))
		s.weight[c] = w
		s.target[c] = (a - 0.5) / w
	}
}

// polyaGamma draws from PG(1, ψ) = 1/(2π²) Σ_k g_k / ((k − ½)² + ψ²/(4π²)), g_k exponential; the terms beyond the first
// few are replaced by their mean.
func (s *sampler) polyaGamma(psi float64) float64 {
	const terms = 24
	square := psi * psi / (4 * math.Pi * math.Pi)
	var sum, mean float64
	for k := range terms {
		half := float64(k) + 0.5
		d := half*half + square
		sum += s.stream.ExpFloat64() / d
		mean += 1 / d
	}
	total := 0.25 // the mean of PG(1, ψ) is tanh(ψ/2)/(2ψ)
	if abs := math.Abs(psi); abs > 1e-6 {
		total = math.Tanh(abs/2) / (2 * abs)
	}
	const norm = 2 * math.Pi * math.Pi
	return math.Max(1e-12, sum/norm+math.Max(0, total-mean/norm))
}
