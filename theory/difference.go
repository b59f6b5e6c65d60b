package theory

// stencil is the number of neighbouring records whose norms give one derivative: sixth order in the step, beyond any
// integrator here.
const stencil = 7

// Differences returns dy/dt at every record by finite differences on the given steps: step[i] leads from record i−1
// to record i, step[0] is not used. Times are summed up within a stencil, so that a long plateau before it costs no
// digits. Fewer than two records give zeros.
func Differences(step, y []float64) []float64 {
	out := make([]float64, len(y))
	points := min(stencil, len(y))
	if points < 2 {
		return out
	}
	at := make([]float64, points)
	for i := range y {
		first := min(max(0, i-points/2), len(y)-points)
		for j := 1; j < points; j++ {
			at[j] = at[j-1] + step[first+j]
		}
		for j, weight := range derivativeWeights(at, at[i-first]) {
			out[i] += float64(weight * (y[first+j] - y[i]))
		}
	}
	return out
}

// derivativeWeights returns the weights of the first derivative at x of the polynomial through the given points
// (Fornberg, Mathematics of Computation 51, 1988).
func derivativeWeights(points []float64, x float64) []float64 {
	n := len(points)
	value, slope := make([]float64, n), make([]float64, n)
	value[0] = 1
	product := 1.0
	for i := 1; i < n; i++ {
		next := 1.0
		from := points[i] - x
		for j := range i {
			gap := points[i] - points[j]
			next *= gap
			if j == i-1 {
				before := points[i-1] - x
				slope[i] = product * (value[i-1] - float64(before*slope[i-1])) / next
				value[i] = -product * before * value[i-1] / next
			}
			slope[j] = (float64(from*slope[j]) - value[j]) / gap
			value[j] = from * value[j] / gap
		}
		product = next
	}
	return slope
}
