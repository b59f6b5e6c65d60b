package completion

import "math"

// stack returns weights, each at least 0 and together 1, that minimise Σ_c (y_c − Σ_k w_k p_k[c])², with a light pull
// toward equal weights. Every subset of the members is tried, so there must be few.
func stack(predictions [][]float64, y []float64) []float64 {
	count := len(predictions)
	weights := make([]float64, count)
	if len(y) == 0 {
		for k := range weights {
			weights[k] = 1 / float64(count)
		}
		return weights
	}
	// With w summing to 1 the error is Σ_k w_k (p_k − y): minimise wᵀ G w.
	gram := make([][]float64, count)
	var trace float64
	for k := range gram {
		gram[k] = make([]float64, count)
		for l := range gram[k] {
			for c := range y {
				gram[k][l] += float64((predictions[k][c] - y[c]) * (predictions[l][c] - y[c]))
			}
		}
		trace += gram[k][k]
	}
	for k := range gram {
		gram[k][k] += 0.02*trace/float64(count) + math.SmallestNonzeroFloat64
	}
	best := math.Inf(1)
	for set := 1; set < 1<<count; set++ {
		w, ok := minimise(gram, set)
		if !ok {
			continue
		}
		var value float64
		for k := range w {
			for l := range w {
				value += float64(w[k] * gram[k][l] * w[l])
			}
		}
		if value < best {
			best = value
			copy(weights, w)
		}
	}
	return weights
}

// minimise returns the minimiser of wᵀ G w with Σ w = 1 and w = 0 outside the set, if it is not negative anywhere.
func minimise(gram [][]float64, set int) (w []float64, ok bool) {
	var members []int
	for k := range gram {
		if set>>k&1 == 1 {
			members = append(members, k)
		}
	}
	// G x = 1 by elimination; then w = x / Σ x.
	n := len(members)
	a := make([][]float64, n)
	for i, k := range members {
		a[i] = make([]float64, n+1)
		for l, m := range members {
			a[i][l] = gram[k][m]
		}
		a[i][n] = 1
	}
	for i := range n {
		if !(a[i][i] > 0) {
			return nil, false
		}
		for r := range n {
			if r == i {
				continue
			}
			f := a[r][i] / a[i][i]
			for l := i; l <= n; l++ {
				a[r][l] -= float64(f * a[i][l])
			}
		}
	}
	var sum float64
	for i := range n {
		a[i][n] /= a[i][i]
		sum += a[i][n]
	}
	w = make([]float64, len(gram))
	for i, k := range members {
		w[k] = a[i][n] / sum
		if !(w[k] >= 0) {
			return nil, false
		}
	}
	return w, true
}
