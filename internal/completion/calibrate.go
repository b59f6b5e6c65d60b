package completion

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

func predictAll(fit predictor, held *tensor.Observed) []HeldOutCell {
	cells := make([]HeldOutCell, held.Len())
	for k, value := range held.Values {
		cell := held.Cell(k)
		predicted, stderr := fit.at(cell)
		cells[k] = HeldOutCell{Cell: cell, Value: value, Predicted: predicted, Stderr: stderr}
	}
	return cells
}

// scores are errors on held-out cells.
type scores struct {
	rmse, nrmse float64 // NaN without cells
	baselines   []Baseline
	warnings    []string
}

// score measures the error on held-out cells, and that of the baselines.
func score(cells []HeldOutCell, main effects) scores {
	if len(cells) == 0 {
		return scores{rmse: math.NaN(), nrmse: math.NaN()}
	}
	var sums [3]float64
	values := make([]float64, len(cells))
	for k, h := range cells {
		values[k] = h.Value
		for m, predicted := range []float64{h.Predicted, main.mean, main.at(h.Cell)} {
			sums[m] += float64((predicted - h.Value) * (predicted - h.Value))
		}
	}
	_, deviation := tensor.Moments(values)
	var rmse, nrmse [3]float64
	for m := range sums {
		rmse[m] = math.Sqrt(sums[m] / float64(len(values)))
		nrmse[m] = rmse[m] / deviation
	}
	s := scores{rmse: rmse[0], nrmse: nrmse[0]}
	s.baselines = []Baseline{{"mean", rmse[1], nrmse[1]}, {"main effects", rmse[2], nrmse[2]}}
	for _, b := range s.baselines {
		if !(s.rmse < b.RMSE) {
			s.warnings = append(s.warnings, fmt.Sprintf("on held-out cells the model does no better than a simple predictor "+
				"(%s): the filled values add little to it", b.Name))
		}
	}
	return s
}

// fewScores is the number of held-out cells below which standard errors and intervals are not calibrated.
const fewScores = 20

// calibration brings a model's own standard errors into line with what held-out cells show.
type calibration struct {
	stretch float64   // from the model's own deviations to calibrated ones
	ratios  []float64 // |value − predicted| / calibrated deviation of the held-out cells, ascending; nil: too few
	warning string    // "" when it could be calibrated
}

// calibrate chooses the stretch with which 68 % of the held-out cells lie within one standard error.
func calibrate(cells []HeldOutCell) calibration {
	c := calibration{stretch: 1}
	for _, h := range cells {
		if h.Stderr > 0 && !math.IsInf(h.Stderr, 0) {
			c.ratios = append(c.ratios, math.Abs(h.Value-h.Predicted)/h.Stderr)
		}
	}
	slices.Sort(c.ratios)
	if len(c.ratios) < fewScores {
		c.warning = fmt.Sprintf("only %d cells could be held out: standard errors and intervals are the model's own, "+
			"not checked against data", len(c.ratios))
		c.ratios = nil
		return c
	}
	const oneDeviation = 0.682689492137086 // the share of a normal distribution within one deviation
	if q := c.quantile(oneDeviation); q > 0 {
		c.stretch = q
	}
	for k := range c.ratios {
		c.ratios[k] /= c.stretch
	}
	return c
}

// apply returns the cells with calibrated standard errors.
func (c calibration) apply(cells []HeldOutCell) []HeldOutCell {
	out := slices.Clone(cells)
	for k := range out {
		out[k].Stderr *= c.stretch
	}
	return out
}

// quantile is the half width of an interval in standard errors: the conformal quantile of the held-out ratios, or the
// normal one when there are too few of them.
func (c calibration) quantile(level float64) float64 {
	k := int(math.Ceil(level*float64(len(c.ratios)+1))) - 1
	if k < 0 || k >= len(c.ratios) {
		return math.Sqrt2 * portable.Erfinv(level)
	}
	return c.ratios[k]
}
