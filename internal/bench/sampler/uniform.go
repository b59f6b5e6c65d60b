package sampler

import (
	"math"

	"lacuna/internal/portable"
)

// bins is the number of bins of the chi-square test. It is odd and divides the number of ranks.
const bins = 9

// histogram counts ranks 0..top in bins of equal size.
func histogram(ranks []int, top int) []int {
	counts := make([]int, bins)
	for _, r := range ranks {
		counts[r*bins/(top+1)]++
	}
	return counts
}

// chiSquare is the p-value of ranks 0..top having equal probabilities, by Pearson's statistic.
func chiSquare(ranks []int, top int) float64 {
	expected, sum := float64(len(ranks))/bins, 0.0
	for _, n := range histogram(ranks, top) {
		sum += (float64(n) - expected) * (float64(n) - expected) / expected
	}
	// An even number of degrees of freedom 2m: P(χ² > s) = e^(−s/2) Σ_{k<m} (s/2)^k/k!.
	term, total := portable.Exp(-sum/2), 0.0
	for k := range (bins - 1) / 2 {
		total += term
		term *= sum / 2 / float64(k+1)
	}
	return math.Min(1, total)
}

// envelope is the simultaneous envelope of the empirical distribution function of uniform ranks of Säilynoja, Bürkner &
// Vehtari (2022) at every step-th rank: at z_i the number of N ranks below is Bin(N, z_i), and the envelope leaves out γ/2 of
// it on either side.
type envelope struct {
	count int       // N
	at    []float64 // z_i, ascending, below 1
	pmf   [][]float64
}

func newEnvelope(count, top, step int) *envelope {
	e := &envelope{count: count}
	for k := step; k <= top; k += step {
		z := float64(k) / float64(top+1)
		e.at = append(e.at, z)
		e.pmf = append(e.pmf, binomial(count, z))
	}
	return e
}

// binomial lists the probabilities of 0..n successes.
func binomial(n int, p float64) []float64 {
	out := make([]float64, n+1)
	for k := range out {
		out[k] = portable.Exp(choose(n, k) + float64(k)*portable.Log(p) + float64(n-k)*portable.Log1p(-p))
	}
	return out
}

func choose(n, k int) float64 {
	return portable.LogGamma(float64(n)+1) - portable.LogGamma(float64(k)+1) - portable.LogGamma(float64(n-k)+1)
}

// counts returns how many ranks lie below z_i (top + 1).
func (e *envelope) counts(ranks []int, top int) []int {
	out := make([]int, len(e.at))
	for i, z := range e.at {
		limit := int(math.Round(z * float64(top+1)))
		for _, r := range ranks {
			if r < limit {
				out[i]++
			}
		}
	}
	return out
}

// tail is twice the smaller of the probabilities of at most and at least so many at z_i.
func (e *envelope) tail(i, count int) float64 {
	var below, above float64
	for k, p := range e.pmf[i] {
		if k <= count {
			below += p
		}
		if k >= count {
			above += p
		}
	}
	return 2 * math.Min(below, above)
}

// pValue is the probability that uniform ranks come as near to the limits of the envelope, or nearer, as these counts.
func (e *envelope) pValue(counts []int) float64 {
	gamma := 1.0
	for i, n := range counts {
		gamma = math.Min(gamma, e.tail(i, n))
	}
	return e.outside(gamma * (1 + 1e-9))
}

// bounds are the least and the largest count at every z whose tail is above gamma.
func (e *envelope) bounds(gamma float64) (low, high []int) {
	for _, pmf := range e.pmf {
		l, h := 0, e.count
		for sum := pmf[0]; 2*sum <= gamma && l < e.count; sum += pmf[l] {
			l++
		}
		for sum := pmf[e.count]; 2*sum <= gamma && h > 0; sum += pmf[h] {
			h--
		}
		low, high = append(low, l), append(high, h)
	}
	return low, high
}

// outside is the probability that uniform ranks leave the envelope of tails above gamma: counts are a Markov chain whose
// increments are binomial, and the probability of staying within is passed on from one z to the next.
func (e *envelope) outside(gamma float64) float64 {
	low, high := e.bounds(gamma)
	logs := make([]float64, e.count+1) // log k!
	for k := range logs {
		logs[k] = portable.LogGamma(float64(k) + 1)
	}
	last, first, from := 0.0, 0, []float64{1}
	for i, z := range e.at {
		share := (z - last) / (1 - last)
		log, rest := portable.Log(share), portable.Log1p(-share)
		now := make([]float64, max(0, high[i]-low[i]+1))
		for a, p := range from {
			k := first + a
			left := e.count - k
			for to := max(k, low[i]); to <= high[i]; to++ {
				d := to - k
				now[to-low[i]] += p * portable.Exp(logs[left]-logs[d]-logs[left-d]+float64(d)*log+float64(left-d)*rest)
			}
		}
		last, first, from = z, low[i], now
	}
	var sum float64
	for _, p := range from {
		sum += p
	}
	return math.Max(0, 1-sum)
}

// level is the gamma whose envelope uniform ranks leave with probability alpha.
func (e *envelope) level(alpha float64) float64 {
	low, high := alpha/float64(len(e.at))/2, alpha
	for range 30 {
		middle := math.Sqrt(low * high)
		if e.outside(middle) > alpha {
			high = middle
		} else {
			low = middle
		}
	}
	return low
}

// rankOf is how many of the draws lie below x, ties broken at random.
func rankOf(x float64, draws []float64, random func(n int) int) int {
	var below, ties int
	for _, d := range draws {
		if d < x {
			below++
		} else if d == x {
			ties++
		}
	}
	return below + random(ties+1)
}
