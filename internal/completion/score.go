package completion

import (
	"fmt"
	"math"
	"strings"

	"lacuna/tensor"
)

// predictAll predicts the cells that a part holds out.
func (j *job) predictAll(fit predictor, held *tensor.Observed, f folds, part int) []HeldOutCell {
	cells := make([]HeldOutCell, held.Len())
	pieces := f.piecesOf(part)
	for k, p := range fit.all(held.Index, j.Threads) {
		value := held.Values[k]
		cells[k] = HeldOutCell{
			Cell: held.Cell(k), Value: value, Predicted: p.value, spread: p.spread, noise: p.noise, part: part, piece: pieces[k],
		}
	}
	return cells
}

// scores are errors on held-out cells.
type scores struct {
	rmse, nrmse float64 // NaN without cells
	baselines   []Baseline
	warnings    []string
}

// score measures the error on held-out cells, and that of the baselines; main was fitted to cells in the scale of unit. Errors over the deviation are taken in the
// units of every label of the mode that has some.
func score(cells []HeldOutCell, main effects, unit tensor.Scaling) scores {
	if len(cells) == 0 {
		return scores{rmse: math.NaN(), nrmse: math.NaN()}
	}
	var sums, relative [3]float64
	values := make([]float64, len(cells))
	for k, h := range cells {
		mean, scale := unit.Undo(h.Cell, 0), unit.ScaleAt(h.Cell)
		values[k] = (h.Value - mean) / scale
		for m, predicted := range []float64{h.Predicted, mean, unit.Undo(h.Cell, main.at(h.Cell))} {
			e := predicted - h.Value
			sums[m] += float64(e * e)
			relative[m] += float64(e * e / (scale * scale))
		}
	}
	_, deviation := tensor.Moments(values)
	var rmse, nrmse [3]float64
	for m := range sums {
		rmse[m] = math.Sqrt(sums[m] / float64(len(values)))
		nrmse[m] = math.Sqrt(relative[m]/float64(len(values))) / deviation
	}
	s := scores{rmse: rmse[0], nrmse: nrmse[0]}
	s.baselines = []Baseline{{"mean", rmse[1], nrmse[1]}, {"main effects", rmse[2], nrmse[2]}}
	var better []string
	for _, b := range s.baselines {
		if !(s.nrmse < b.NRMSE) {
			better = append(better, b.Name)
		}
	}
	if len(better) > 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("on held-out cells the model does no better than a simple predictor "+
			"(%s): the filled values add little to it", strings.Join(better, ", ")))
	}
	return s
}
