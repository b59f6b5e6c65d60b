package reproduce

import (
	"math"
	"sort"

	"lacuna/internal/portable"
	"lacuna/study"
)

// shareInterval is Wilson's 95 % interval of a share: so many of n.
func shareInterval(count, n int) (low, high study.Number) {
	const z = 1.959964
	if n == 0 {
		return nan, nan
	}
	p, size := float64(count)/float64(n), float64(n)
	middle := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size)) / (1 + z*z/size)
	return study.Number(math.Max(0, middle-half)), study.Number(math.Min(1, middle+half))
}

// medianInterval is the 95 % interval of a median by order statistics, without assumption; NaN below 6 values, which
// have none.
func medianInterval(values []float64) (low, high study.Number) {
	n := len(values)
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	// P(Binomial(n, ½) ≤ k), term by term.
	below, logTerm := 0.0, -float64(float64(n)*math.Ln2)
	for k := range n {
		if k > 0 {
			logTerm += portable.Log(float64(n-k+1) / float64(k))
		}
		if below += portable.Exp(logTerm); below > 0.025 {
			if k == 0 {
				break
			}
			return study.Number(sorted[k-1]), study.Number(sorted[n-k])
		}
	}
	return nan, nan
}
