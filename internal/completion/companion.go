package completion

import (
	"math"

	"lacuna/tensor"
)

// companion is what known cells near another tell of it beyond what all cells have in common, as the weather of one place
// does beside the climate of all: kriging along the ordered modes, in two parts. The residuals that the models leave are
// kriged and added to their values, the local part of complementary kernelised learning (Lei, Labbe and Sun 2022). Where gaps
// are scattered that is averaged with main effects whose residuals are kriged: interpolation between known cells, and what
// can be said without a model where none are. Held-out cells choose both parts; either may be missing.
type companion struct {
	chosen
	effects  effects // in deviations
	square   float64 // mean square of their residuals
	unit     tensor.Scaling
	nearby   nearby
	residual [2][]float64 // of the known cells, left by the models and by the main effects, in deviations
}

// chosen is what held-out cells choose of a companion.
type chosen struct {
	Local  *process  // of the residuals of the models; nil: nothing is added
	Simple *process  // of the residuals of the main effects; nil: they have no part
	Scale  []float64 // [n]: steps along every mode that are as far as each other, with which the nearest cells of all are used; nil: those of fibres
	Weight float64   // of the main effects between known cells; the models have the rest
	Alone  float64   // factor of variances where there is no companion, with a calibration that is for cells that have one
}

// newCompanion is the one chosen, for known cells of which the models leave some residuals, in deviations.
func newCompanion(c chosen, cells *tensor.Observed, unit tensor.Scaling, residual []float64) *companion {
	b := &companion{chosen: c, unit: unit}
	if c.Scale != nil {
		b.nearby = newNearest(newVicinity(cells, c.modes(cells.Order())), c.Scale)
	} else {
		b.nearby = newNearby(cells, c.modes(cells.Order()))
	}
	b.residual[0] = residual
	if c.Simple != nil {
		scaled := unit.Apply(cells)
		b.effects = fitEffects(scaled)
		b.residual[1] = b.effects.residuals(scaled)
		b.square = meanSquare(b.residual[1])
	}
	return b
}

// accompany gives a fit of all observed cells the companion that was chosen.
func (j *job) accompany(fit *ensemble, c chosen) *accompanied {
	cells, unit := j.observed, j.scoring(j.observed)
	residual := make([]float64, cells.Len())
	for k, made := range fit.thinned().all(cells.Index, j.Threads) {
		residual[k] = (cells.Values[k] - made.value) / unit.ScaleAt(cells.Cell(k))
	}
	return &accompanied{fit, newCompanion(c, cells, unit, capped(residual))}
}

// modes are those with a reach, or with a scale.
func (c chosen) modes(order int) (modes []int) {
	for n := range order {
		if c.Scale != nil && c.Scale[n] > 0 || c.Local != nil && c.Local.Reach[n] > 0 || c.Simple != nil && c.Simple.Reach[n] > 0 {
			modes = append(modes, n)
		}
	}
	return modes
}

// words report it.
func (c chosen) words(order int) *Neighbours {
	n := &Neighbours{Residuals: chosen{Local: c.Local}.modes(order), Along: chosen{Simple: c.Simple}.modes(order), Nearest: c.Scale != nil}
	if c.Simple != nil {
		n.Effects = c.Weight
	}
	return n
}

// capped keeps residuals within four deviations: an outlier says little of its neighbours.
func capped(residual []float64) []float64 {
	const most = 4
	reach := most * math.Sqrt(meanSquare(residual))
	for k, r := range residual {
		residual[k] = math.Min(math.Max(r, -reach), reach)
	}
	return residual
}

// meanSquare is 0 of none.
func meanSquare(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += float64(v * v)
	}
	return sum / math.Max(1, float64(len(x)))
}

// beside changes what the models say of a cell.
func (b *companion) beside(w *workspace, cell []int32, p prediction) prediction {
	if !b.nearby.of(w, cell) {
		return correction{0, b.Alone}.of(p, 1)
	}
	label, scale := labelOf(b.unit.Mode, cell), b.unit.ScaleAt(cell)
	if b.Local != nil {
		p = b.Local.correct(w, label, b.residual[0]).of(p, scale)
	}
	if b.Simple == nil {
		return p
	}
	q := prediction{value: b.unit.Undo(cell, b.effects.at(cell)), noise: float64(b.square * scale * scale)}
	return b.average(w, p, b.Simple.correct(w, label, b.residual[1]).of(q, scale))
}

// average is the models' value and that of the main effects, of which the workspace holds what they were kriged from,
// between known cells; beyond them it is the models'.
func (c *chosen) average(w *workspace, p, q prediction) prediction {
	if !w.between() {
		return p
	}
	return mixed(p, q, c.Weight)
}

// mixed averages what the models and what the main effects say, these with a weight.
func mixed(p, q prediction, weight float64) prediction {
	apart, own := p.value-q.value, 1-weight
	return prediction{
		p.value - float64(weight*apart),
		float64(own*p.spread) + float64(weight*q.spread) + float64(weight*own*apart*apart),
		float64(own*p.noise) + float64(weight*q.noise),
	}
}

// accompanied is a fit with its companion.
type accompanied struct {
	*ensemble
	companion *companion
}

func (a *accompanied) at(cell []int32) prediction {
	return a.companion.beside(new(workspace), cell, a.ensemble.at(cell))
}

func (a *accompanied) all(index [][]int32, threads int) []prediction {
	out := a.ensemble.all(index, threads)
	eachCellWith(index, threads, func(w *workspace, c int, cell []int32) { out[c] = a.companion.beside(w, cell, out[c]) })
	return out
}

// draws are those of the fit, brought to the variances that the companion leaves, with the noise of cells near one another
// alike as kriging leaves it.
func (a *accompanied) draws(seed uint64, numbers []int) drawer {
	samples := a.ensemble.samplesOf(seed, numbers)
	return func(index [][]int32, made []prediction, threads int) [][]variate {
		own := a.ensemble.all(index, threads)
		out := a.ensemble.variates(samples, seed, index, own, a.companion.normals(seed, numbers, index, threads), threads)
		for c, p := range made {
			value, noise := widening(own[c].spread, p.spread), widening(own[c].noise, p.noise)
			for d := range out {
				v := &out[d][c]
				v.value, v.noise = float64(value*v.value), float64(noise*v.noise)
			}
		}
		return out
	}
}

// widening is the factor of deviations that makes one variance of another.
func widening(from, to float64) float64 {
	if from == 0 {
		return 1
	}
	return math.Sqrt(to / from)
}

// alone is the factor of the variances with which predictions of held-out cells without a companion have calibrated standard
// errors of the size of their errors.
func (c *calibration) alone(cells []HeldOutCell, without []prediction, unit tensor.Scaling) float64 {
	var errors, variances float64
	for k, p := range without {
		h, scale := cells[k], unit.ScaleAt(cells[k].Cell)
		e, s := (h.Value-p.value)/scale, c.of(h.standing).stderr(h.Cell, h.standing, p)/scale
		errors += float64(h.weight * e * e)
		variances += float64(h.weight * s * s)
	}
	if variances == 0 {
		return 1
	}
	return errors / variances
}

// modelsOf are the models of a fit, with a companion or without.
func modelsOf(fit predictor) (e *ensemble, ok bool) {
	if a, with := fit.(*accompanied); with {
		return a.ensemble, true
	}
	e, ok = fit.(*ensemble)
	return e, ok
}
