package completion

import (
	"math"

	"lacuna/tensor"
)

// effects is the main-effects model: a mean, and for every index of every mode its deviation from it, each shrunk
// toward 0 as if ridge more cells of the index had shown no deviation.
type effects struct {
	mean   float64
	effect [][]float64
}

func fitEffects(o *tensor.Observed) effects {
	const ridge, sweeps, settled = 1.0, 30, 1e-12 // changes, in deviations, that end the sweeps
	mean, deviation := tensor.Moments(o.Values)
	e := effects{mean: mean}
	residual := make([]float64, o.Len())
	for c, v := range o.Values {
		residual[c] = v - mean
	}
	counts := o.Counts()
	for n := range o.Modes {
		e.effect = append(e.effect, make([]float64, len(counts[n])))
	}
	for range sweeps {
		largest := 0.0
		for n, column := range o.Index {
			sums, change := make([]float64, len(counts[n])), make([]float64, len(counts[n]))
			for c, i := range column {
				sums[i] += residual[c] + e.effect[n][i]
			}
			for i, sum := range sums {
				next := sum / (float64(counts[n][i]) + ridge)
				change[i] = e.effect[n][i] - next
				e.effect[n][i] = next
				largest = math.Max(largest, math.Abs(change[i]))
			}
			for c, i := range column {
				residual[c] += change[i]
			}
		}
		if largest <= settled*deviation {
			break
		}
	}
	return e
}

func (e effects) at(cell []int32) float64 {
	v := e.mean
	for n, i := range cell {
		v += e.effect[n][i]
	}
	return v
}

// residuals are what the effects leave of some cells.
func (e effects) residuals(o *tensor.Observed) []float64 {
	out := make([]float64, o.Len())
	for c, v := range o.Values {
		out[c] = v - e.at(o.Cell(c))
	}
	return out
}
