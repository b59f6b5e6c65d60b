package report

import (
	"math"
	"slices"
)

// coverage compares the share of cells an interval promises to hold with the share it held; both in [0, 1].
type coverage struct{ Promised, Covered float64 }

// crossCoverage measures what intervals of the given levels hold. The widths of intervals are fitted on hidden cells,
// so their coverage is taken from others: every other cell sets the width for the rest, and the other way about.
// It returns nil when there are too few cells with a known standard error.
func crossCoverage(cells []HeldOut, levels []float64) []coverage {
	var halves [2][]float64
	known := 0
	for _, h := range cells {
		if h.Stderr > 0 && !math.IsInf(h.Stderr, 0) {
			half := &halves[known%2]
			*half = append(*half, math.Abs(h.Value-h.Predicted)/h.Stderr)
			known++
		}
	}
	if known < 2*fewestHeldOut {
		return nil
	}
	result := make([]coverage, len(levels))
	for i, level := range levels {
		inside := 0
		for h := range halves {
			width := quantile(halves[1-h], level)
			for _, score := range halves[h] {
				if score <= width {
					inside++
				}
			}
		}
		result[i] = coverage{level, float64(inside) / float64(known)}
	}
	return result
}

// quantile is the conformal quantile: the smallest score that at least a share level of n + 1 scores do not exceed.
func quantile(scores []float64, level float64) float64 {
	sorted := slices.Sorted(slices.Values(scores))
	k := int(math.Ceil(level*float64(len(sorted)+1))) - 1
	if k >= len(sorted) {
		return math.Inf(1)
	}
	return sorted[max(k, 0)]
}
