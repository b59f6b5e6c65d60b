package lacuna

import (
	"fmt"
	"math"
	"sort"

	"lacuna/tensor"
)

func predictAll(fit predictor, held *tensor.Observed) []HeldOutCell {
	cells := make([]HeldOutCell, held.Len())
	for k, value := range held.Values {
		cell := cellAt(held, k)
		predicted, stderr := fit.at(cell)
		cells[k] = HeldOutCell{Cell: cell, Value: value, Predicted: predicted, Stderr: stderr}
	}
	return cells
}

// scoreAgainst sets the errors on the held-out cells, and those of the baselines.
func (c *Completion) scoreAgainst(main effects) {
	var sums [3]float64
	values := make([]float64, len(c.HeldOut))
	for k, h := range c.HeldOut {
		values[k] = h.Value
		for m, predicted := range []float64{h.Predicted, main.mean, main.at(h.Cell)} {
			sums[m] += (predicted - h.Value) * (predicted - h.Value)
		}
	}
	if len(values) == 0 {
		return
	}
	_, deviation := tensor.Moments(values)
	var rmse, nrmse [3]float64
	for m := range sums {
		rmse[m] = math.Sqrt(sums[m] / float64(len(values)))
		nrmse[m] = rmse[m] / deviation
	}
	c.HeldOutRMSE, c.HeldOutNRMSE = rmse[0], nrmse[0]
	c.Baselines = []Baseline{{"mean", rmse[1], nrmse[1]}, {"main effects", rmse[2], nrmse[2]}}
	for _, b := range c.Baselines {
		if !(c.HeldOutRMSE < b.RMSE) {
			c.Warnings = append(c.Warnings, fmt.Sprintf("on held-out cells the model does no better than a simple predictor (%s): the filled values add little to it", b.Name))
		}
	}
}

// fewScores is the number of held-out cells below which standard errors and intervals are not calibrated.
const fewScores = 20

// calibrate stretches standard errors so that 68 % of the held-out cells lie within one, and keeps the scores from which
// intervals are read.
func (c *Completion) calibrate() {
	c.stretch = 1
	c.scores = sortedScores(c.HeldOut)
	if len(c.scores) < fewScores {
		c.Warnings = append(c.Warnings, fmt.Sprintf("only %d cells could be held out: standard errors and intervals are the model's own, not checked against data", len(c.scores)))
		c.scores = nil
		return
	}
	c.stretch = c.quantile(math.Erf(math.Sqrt2 / 2))
	if !(c.stretch > 0) {
		c.stretch = 1
	}
	for k := range c.scores {
		c.scores[k] /= c.stretch
	}
	for k := range c.HeldOut {
		c.HeldOut[k].Stderr *= c.stretch
	}
}

// quantile is the half width of an interval in standard errors: the conformal quantile of the held-out scores, or the
// normal one when there are too few of them.
func (c *Completion) quantile(level float64) float64 {
	k := int(math.Ceil(level*float64(len(c.scores)+1))) - 1
	if k < 0 || k >= len(c.scores) {
		return math.Sqrt2 * math.Erfinv(level)
	}
	return c.scores[k]
}

func sortedScores(cells []HeldOutCell) []float64 {
	scores := make([]float64, 0, len(cells))
	for _, h := range cells {
		if h.Stderr > 0 && !math.IsInf(h.Stderr, 0) {
			scores = append(scores, math.Abs(h.Value-h.Predicted)/h.Stderr)
		}
	}
	sort.Float64s(scores)
	return scores
}
