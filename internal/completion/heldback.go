package completion

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/tensor"
)

// comparison says how forms of a noise are compared on held-back cells.
type comparison struct {
	folds folds
	name  string                     // of the random numbers
	step  func(cell []int32) float64 // of log scores, as of predictive.logScore
	unit  tensor.Scaling             // of squared errors
	label func(cell []int32) int     // by which means are taken; nil: none
}

// heldBack is what one form said of held-back cells, in the same order for every form.
type heldBack struct {
	label []int
	score []float64 // the logarithm of what was said beforehand of the value, or of the limits of a censored one
	// square is the squared error, NaN of censored cells.
	square []float64
}

// mean is that over the cells of a label, or of all cells where label is −1, which have a number.
func (t heldBack) mean(of []float64, label int) float64 {
	var sum, count float64
	for c, v := range of {
		if (label < 0 || t.label[c] == label) && !math.IsNaN(v) {
			sum, count = sum+v, count+1
		}
	}
	return sum / math.Max(1, count)
}

// mayBeLuck is the factor by which an error may be larger than another by luck.
const mayBeLuck = 1.02

// closest is the form with the least error on the cells of a label, −1: on all.
func closest(forms []heldBack, label int) heldBack {
	return slices.MinFunc(forms, func(a, b heldBack) int {
		return cmp.Compare(a.mean(a.square, label), b.mean(b.square, label))
	})
}

// worse reports whether errors on the cells of a label, −1: on all, are larger than those of another form by more than luck: by more
// than mayBeLuck, and by more than deviations of the mean difference of their squares. Mistakes, which a few large values may make, are capped.
func (t heldBack) worse(than heldBack, label int) bool {
	const deviations = 2
	var own, other []float64
	for c, v := range t.square {
		if (label < 0 || t.label[c] == label) && !math.IsNaN(v) {
			own, other = append(own, math.Sqrt(v)), append(other, math.Sqrt(than.square[c]))
		}
	}
	own, other = capMistakes(own), capMistakes(other)
	if meanSquare(own) <= mayBeLuck*mayBeLuck*meanSquare(other) {
		return false
	}
	var sum, squares float64
	for c, e := range own {
		d := float64(e*e) - float64(other[c]*other[c])
		sum, squares = sum+d, squares+float64(d*d)
	}
	return sum > deviations*math.Sqrt(squares-float64(sum*sum/float64(len(own))))
}

// scoreForms predicts held-back cells of a few parts by every form of the noise, in a share of the budget. With a step, the
// score is the probability of the values that would be rounded to the one that came, which compares families of discrete
// values with others.
func (j *job) scoreForms(ctx context.Context, s comparison, budget float64) (all []heldBack) {
	const share, blocks, parts = 0.15, 3, 3
	for _, c := range j.forms(blocks, s.folds.cells.Shape()) {
		cost := c.cost(s.folds.cells.Shape(), s.folds.cells.Len())
		sweeps := int(math.Min(100, math.Max(20, share*budget/float64(parts*6)/cost)))
		all = append(all, j.scoreForm(ctx, s, c, sweeps, min(parts, max(1, s.folds.parts-1))))
	}
	return all
}

func (j *job) scoreForm(ctx context.Context, s comparison, c candidate, sweeps, parts int) (all heldBack) {
	own := make([]heldBack, parts)
	parallel.For(j.Threads, parts, func(k int) {
		kept, held := s.folds.without(s.folds.parts - 1 - k)
		fit := j.fit(ctx, kept, []candidate{c}, []float64{1}, 1, sweeps, fmt.Sprint(s.name, "/", k))
		for i := range held.Values {
			own[k].add(s, fit, held, i)
		}
	})
	for _, t := range own {
		all.label, all.score = append(all.label, t.label...), append(all.score, t.score...)
		all.square = append(all.square, t.square...)
	}
	return all
}

// add adds the i-th held-back cell.
func (t *heldBack) add(s comparison, fit *ensemble, held *tensor.Observed, i int) {
	cell, y, square, label := held.Cell(i), held.Values[i], math.NaN(), 0
	said := fit.distribution(cell)
	score := 0.0
	if held.IsCensored(i) {
		score = said.logProbability(held.Low[i], held.High[i], s.step(cell))
	} else {
		score = said.logScore(y, s.step(cell))
		e := (fit.at(cell).value - y) / s.unit.ScaleAt(cell)
		square = float64(e * e)
	}
	if s.label != nil {
		label = s.label(cell)
	}
	t.label, t.score, t.square = append(t.label, label), append(t.score, score), append(t.square, square)
}
