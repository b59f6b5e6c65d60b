package completion

import "math"

// Of a law, a value y has the depth min(P(≤ y), P(≥ y)). The values of at least some depth are a central interval; where single
// values have probabilities, as 0 has of rain, the one that leaves (1 − level)/2 on either side may hold much more than level.

// central is the least interval of the values of some depth that holds at least a share of the law. Values are step apart; 0:
// single ones have no probability but at the ends of all.
func central(l law, level, step float64) (low, high float64) {
	tail := float64((1 - level) / 2)
	low, high = l.quantile(tail), l.quantile(1-tail)
	if step > 0 {
		return peeled(l, level, step, low, high)
	}
	const least = 1e-6 // a probability that counts
	below, above := under(l, low), 1-l.cdf(high)
	switch { // at one end there is a probability: the other moves in, while what is beyond it is no more
	case below < tail-least:
		high = l.quantile(math.Max(level+below, 1-l.cdf(low)))
	case above < tail-least:
		low = l.quantile(math.Min(1-level-above, 1-under(l, high)))
	}
	return low, high
}

// peeled leaves out values at the ends, that of less depth first, while a share of the law is left.
func peeled(l law, level, step, low, high float64) (from, to float64) {
	for low < high {
		upTo, since := l.cdf(low), 1-l.cdf(high-step)
		switch {
		case upTo <= since && l.cdf(high)-upTo >= level:
			low += step
		case upTo > since && 1-since-l.cdf(low-step) >= level:
			high -= step
		default:
			return low, high
		}
	}
	return low, high
}

const chance = 1e-9 // of rounding, in probabilities

// under is P(< y).
func under(l law, y float64) float64 { return l.cdf(y - float64(chance*math.Max(1, math.Abs(y)))) }

// holding is the probability of the values of more depth than one that is known to a step: central intervals of a higher
// level hold it.
func holding(l law, y, step float64) float64 {
	upTo, since := l.cdf(y), 1-l.cdf(y-float64(step/2))
	switch {
	case math.Min(upTo, since) >= 0.5-chance:
		return 0
	case upTo <= since:
		return math.Max(0, l.cdf(l.quantile(1-upTo-chance))-upTo)
	}
	return math.Max(0, 1-since-under(l, l.quantile(since+chance)))
}
