package completion

import (
	"fmt"
	"math"
	"strings"

	"lacuna/tensor"
)

// predictAll predicts the cells that a part holds out.
func (j *job) predictAll(fit predictor, kept, held *tensor.Observed, f folds, part int) []HeldOutCell {
	cells, simple := make([]HeldOutCell, held.Len()), j.newPlain(kept)
	pieces := f.piecesOf(part)
	for k, p := range fit.all(held.Index, j.Threads) {
		value := held.Values[k]
		cells[k] = HeldOutCell{
			Cell: held.Cell(k), Value: value, Predicted: p.value, spread: p.spread, noise: p.noise, part: part, piece: pieces[k],
			simple: simple.at(held.Cell(k)),
		}
	}
	return cells
}

// plain is what simple predictors learn from some cells: a mean, of every label where labels have units, and main effects.
type plain struct {
	unit tensor.Scaling
	main effects // in deviations
}

func (j *job) newPlain(cells *tensor.Observed) plain {
	unit := j.scoring(cells)
	return plain{unit, fitEffects(unit.Apply(cells))}
}

// at are the values of the mean and of the main effects.
func (p plain) at(cell []int32) [2]float64 {
	return [2]float64{p.unit.Undo(cell, 0), p.unit.Undo(cell, p.main.at(cell))}
}

// scores are errors on held-out cells.
type scores struct {
	rmse, nrmse float64 // NaN without cells
	baselines   []Baseline
	warnings    []string
}

// score measures the error on held-out cells, and that of the baselines. Errors over the deviation are taken in the units of every
// label of the mode that has some.
func score(cells []HeldOutCell, unit tensor.Scaling) scores {
	if len(cells) == 0 {
		return scores{rmse: math.NaN(), nrmse: math.NaN()}
	}
	var sums, relative [3]float64
	values := make([]float64, len(cells))
	for k, h := range cells {
		scale := unit.ScaleAt(h.Cell)
		values[k] = (h.Value - unit.Undo(h.Cell, 0)) / scale
		for m, predicted := range []float64{h.Predicted, h.simple[0], h.simple[1]} {
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
	return s
}

// compare warns of baselines that do as well on held-out cells, weighted for what is to be filled: what hides whole labels holds
// out many cells, and may be a small part of the gaps.
func (s *scores) compare(cells []HeldOutCell, unit tensor.Scaling) {
	var model float64
	simple := make([]float64, len(s.baselines))
	for _, h := range cells {
		square := func(predicted float64) float64 {
			e := (predicted - h.Value) / unit.ScaleAt(h.Cell)
			return float64(h.weight * e * e)
		}
		model += square(h.Predicted)
		for m := range simple {
			simple[m] += square(h.simple[m])
		}
	}
	var better []string
	for m, b := range s.baselines {
		if !(model < simple[m]) {
			better = append(better, b.Name)
		}
	}
	if len(better) > 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("on held-out cells the model does no better than a simple predictor "+
			"(%s): the filled values add little to it", strings.Join(better, ", ")))
	}
}
