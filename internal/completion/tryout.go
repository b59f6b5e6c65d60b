package completion

import (
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// tryouts are held-out cells on which companions are tried.
type tryouts struct {
	unit      tensor.Scaling
	order     int
	modes     []int // ordered
	scattered bool
	threads   int
	seed      uint64
	cells     []tryout

	reaches []float64 // that are tried
	scale   []float64 // from which they are tried where around are the nearest of all cells, not of fibres
}

// tryout is one of them, with the errors of the models and of the main effects, and their residuals around it.
type tryout struct {
	part     int
	piece    int32
	label    int32
	models   prediction // in deviations
	simple   prediction
	value    float64
	around   []adjacent
	residual [2][]float64
}

// beside is what is known around the cells that a part holds out, and what every member predicts of it.
type beside struct {
	around    [][]adjacent // of every held-out cell, positions in what follows
	known     [][]int32    // columns
	values    []float64
	predicted [][]float64 // of every member
	effects   effects     // of what is not held out, in deviations
	square    float64     // mean square of their residuals
	scale     []float64   // of the nearest of all cells; nil: these are those of fibres
}

// besides looks around the held-out cells of a part, along fibres, and where cells are sparse also at the nearest of all.
func (j *job) besides(fit *ensemble, kept, held *tensor.Observed) (of []beside) {
	scaled := j.scoring(j.observed).Apply(kept)
	effects := fitEffects(scaled)
	residual := effects.residuals(scaled)
	fit = fit.thinned()
	look := func(near nearby) {
		b := beside{effects: effects, square: meanSquare(residual), scale: near.scale}
		b.look(&near, held)
		b.predict(fit, j.Threads)
		of = append(of, b)
	}
	look(newNearby(kept, j.orderedModes()))
	if j.hasVicinity() {
		v := newVicinity(kept, j.orderedModes())
		look(newNearest(v, v.scales(capped(residual), j.Seed, j.Threads)))
	}
	return of
}

// look finds what is around cells.
func (b *beside) look(near *nearby, held *tensor.Observed) {
	kept := near.cells
	b.known = make([][]int32, kept.Order())
	place := map[int32]int32{}
	for k := range held.Values {
		var w workspace
		near.of(&w, held.Cell(k))
		around := w.around
		for i := range around {
			at, met := place[around[i].at]
			if !met {
				at = int32(len(b.values))
				place[around[i].at] = at
				for n, column := range kept.Index {
					b.known[n] = append(b.known[n], column[around[i].at])
				}
				b.values = append(b.values, kept.Values[around[i].at])
			}
			around[i].at = at
		}
		b.around = append(b.around, around)
	}
}

// predict is what every member predicts there.
func (b *beside) predict(fit *ensemble, threads int) {
	for m := range fit.members {
		values := make([]float64, len(b.values))
		if len(values) > 0 {
			for k, p := range fit.only(m).all(b.known, threads) {
				values[k] = p.value
			}
		}
		b.predicted = append(b.predicted, values)
	}
}

// residuals are those around the held-out cells, left by the models with these weights and by the main effects.
func (b *beside) residuals(weights []float64, unit tensor.Scaling) [2][]float64 {
	models, simple := make([]float64, len(b.values)), make([]float64, len(b.values))
	cell := make([]int32, len(b.known))
	for k, y := range b.values {
		for n, column := range b.known {
			cell[n] = column[k]
		}
		center, scale := unit.Undo(cell, 0), unit.ScaleAt(cell)
		simple[k] = (y-center)/scale - b.effects.at(cell)
		for m, w := range weights {
			y -= float64(w * b.predicted[m][k])
		}
		models[k] = y / scale
	}
	return [2][]float64{capped(models), simple}
}

// orderedModes are those along which a cell has neighbours.
func (j *job) orderedModes() (modes []int) {
	for n, mode := range j.observed.Modes {
		if mode.Coordinates != nil && len(mode.Labels) >= fewestLabels {
			modes = append(modes, n)
		}
	}
	return modes
}

// mayHaveCompanion reports whether there is a way along which cells are near each other, whether residuals can be added to
// the models' values, and whether there is memory for them.
func (j *job) mayHaveCompanion() bool {
	return len(j.orderedModes()) > 0 && !j.Nonnegative && j.kinds == nil && !j.Noise.Own() && j.observed.Low == nil &&
		j.observed.Len() < memoryCounts
}

// findCompanion chooses a companion on held-out cells, and corrects these: those of every third of the parts by what the
// others prefer. It returns nil where no companion lowers the error enough.
func (j *job) findCompanion(o *outOfFold, weights []float64) *chosen {
	const worth = 0.98 // of the error, that one more part of it has to bring
	if len(o.cells) < fewScores {
		return nil
	}
	parts := [][2]bool{{true, false}}
	if j.shape.scattered() { // else the fit has more chains than folds, and gains most from them: folds prefer main effects too much
		parts = append(parts, [2]bool{false, true}, [2]bool{true, true})
	}
	var corrected []prediction
	var t *tryouts
	var with [2]bool
	best := math.Inf(1) // of the kinds of neighbours
	for kind := range o.besides[0] {
		tried := j.tryoutsOf(o, weights, kind)
		least, groups := tried.error(tried.without()), tried.groups()
		for _, some := range parts {
			made := tried.cross(groups, some)
			if e := tried.error(made); e < worth*least {
				if least = e; e < best {
					best, corrected, t, with = e, made, tried, some
				}
			}
		}
	}
	if corrected == nil {
		return nil
	}
	every := identity(len(t.cells))
	all := t.choose(every)
	c := t.take(all, with, every)
	if t.scale != nil {
		c.Scale = j.scales()
	}
	var w workspace
	for _, h := range o.cells {
		o.alone = append(o.alone, prediction{h.Predicted, h.spread, h.noise})
	}
	for k := range t.cells {
		h, p := &o.cells[k], t.cells[k].apply(&w, c) // variances as the filled cells will have them
		scale := t.unit.ScaleAt(h.Cell)
		h.Predicted = t.unit.Undo(h.Cell, corrected[k].value)
		h.spread, h.noise = float64(p.spread*scale*scale), float64(p.noise*scale*scale)
	}
	return &c
}

// scales are those of the nearest of all known cells.
func (j *job) scales() []float64 {
	scaled := j.scoring(j.observed).Apply(j.observed)
	return newVicinity(j.observed, j.orderedModes()).scales(capped(fitEffects(scaled).residuals(scaled)), j.Seed, j.Threads)
}

func (j *job) tryoutsOf(o *outOfFold, weights []float64, kind int) *tryouts {
	t := &tryouts{
		unit: j.scoring(j.observed), order: j.observed.Order(), modes: j.orderedModes(), scattered: j.shape.scattered(), threads: j.Threads, seed: j.Seed,
		reaches: []float64{0, 0.7, 1.5, 3, 6, 12, 25, 50}, scale: o.besides[0][kind].scale,
	}
	if t.scale != nil {
		t.reaches = append(t.reaches, 100, 200)
	}
	for part := range o.besides {
		b := &o.besides[part][kind]
		residual := b.residuals(weights, t.unit)
		for _, around := range b.around {
			h := o.cells[len(t.cells)]
			center, scale := t.unit.Undo(h.Cell, 0), t.unit.ScaleAt(h.Cell)
			t.cells = append(t.cells, tryout{
				part: part, piece: h.piece, label: labelOf(t.unit.Mode, h.Cell), around: around, residual: residual,
				value:  (h.Value - center) / scale,
				models: prediction{(h.Predicted - center) / scale, h.spread / (scale * scale), h.noise / (scale * scale)},
				simple: prediction{value: b.effects.at(h.Cell), noise: b.square},
			})
		}
	}
	return t
}

// without is what the models say alone.
func (t *tryouts) without() []prediction {
	out := make([]prediction, len(t.cells))
	for k := range t.cells {
		out[k] = t.cells[k].models
	}
	return out
}

// error is the typical error of the pieces.
func (t *tryouts) error(made []prediction) float64 {
	errors, numbers := make([]float64, len(made)), make([]int32, len(made))
	for k := range made {
		errors[k], numbers[k] = made[k].value-t.cells[k].value, t.cells[k].piece
	}
	return t.typical(errors, numbers)
}

func (t *tryouts) typical(errors []float64, numbers []int32) float64 {
	if t.scattered {
		return typical([]piece{together(sumPieces(capMistakes(errors), numbers))})
	}
	return typical(sumPieces(errors, numbers))
}

// group is some of the tryouts, and what the others choose.
type group struct {
	own []int32
	chosen
	others []int32
}

// groups are every third of the parts; of one part, halves of its pieces.
func (t *tryouts) groups() (groups []group) {
	const thirds = 3
	number := func(c tryout) int { return c.part % thirds }
	if t.cells[len(t.cells)-1].part == 0 {
		halves, stream := map[int32]int{}, rng.New(t.seed, "halves")
		number = func(c tryout) int {
			half, met := halves[c.piece]
			if !met {
				half = stream.IntN(2)
				halves[c.piece] = half
			}
			return half
		}
	}
	groups = make([]group, thirds)
	for k, c := range t.cells {
		own := number(c)
		for g := range groups {
			if g == own {
				groups[g].own = append(groups[g].own, int32(k))
			} else {
				groups[g].others = append(groups[g].others, int32(k))
			}
		}
	}
	for g := range groups {
		if len(groups[g].own) > 0 {
			groups[g].chosen = t.choose(groups[g].others)
		}
	}
	return groups
}

// cross predicts every group with parts of the companion that the others choose.
func (t *tryouts) cross(groups []group, with [2]bool) []prediction {
	out := make([]prediction, len(t.cells))
	var w workspace
	for _, g := range groups {
		if len(g.own) == 0 {
			continue
		}
		c := t.take(g.chosen, with, g.others)
		for _, k := range g.own {
			out[k] = t.cells[k].apply(&w, c)
		}
	}
	return out
}

// apply is what a companion makes of the models' prediction.
func (t *tryout) apply(w *workspace, c chosen) prediction {
	w.around = t.around
	p := t.models
	if c.Local != nil {
		p = c.Local.correct(w, t.label, t.residual[0]).of(p, 1)
	}
	if c.Simple != nil {
		p = c.average(w, p, c.Simple.correct(w, t.label, t.residual[1]).of(t.simple, 1))
	}
	return p
}

// choose finds the processes with the least errors on some of the cells.
func (t *tryouts) choose(which []int32) chosen {
	which = few(which)
	c := chosen{Local: t.chooseProcess(which, 0)}
	if t.scattered {
		c.Simple = t.chooseProcess(which, 1)
	}
	return c
}

// few are about 600 of some numbers.
func few(which []int32) (some []int32) {
	const most = 600
	step := max(1, len(which)/most)
	for k := 0; k < len(which); k += step {
		some = append(some, which[k])
	}
	return some
}

// take is a part of a companion, with the weight that some cells prefer.
func (t *tryouts) take(c chosen, with [2]bool, which []int32) chosen {
	if !with[0] {
		c.Local = nil
	}
	if !with[1] {
		c.Simple = nil
		return c
	}
	t.chooseWeight(few(which), &c)
	return c
}

// chooseWeight sets the weight of the main effects.
func (t *tryouts) chooseWeight(which []int32, c *chosen) {
	const steps = 20
	models, simple := chosen{Local: c.Local}, chosen{Simple: c.Simple, Weight: 1}
	p, q, numbers := make([]float64, len(which)), make([]float64, len(which)), make([]int32, len(which))
	var w workspace
	for i, k := range which {
		cell := &t.cells[k]
		p[i], q[i] = cell.apply(&w, models).value-cell.value, cell.apply(&w, simple).value-cell.value
		numbers[i] = cell.piece
	}
	least, errors := math.Inf(1), make([]float64, len(which))
	for k := range steps + 1 {
		weight := float64(k) / steps
		for i := range errors {
			errors[i] = p[i] + float64(weight*(q[i]-p[i]))
		}
		if e := t.typical(errors, numbers); e < least {
			least, c.Weight = e, weight
		}
	}
}

// chooseProcess looks for the process with the least error on some of the cells, one mode after the other, for residuals
// that the models leave (of = 0) or the main effects (1).
func (t *tryouts) chooseProcess(which []int32, of int) *process {
	const gain = 0.999 // of the error, that one more mode has to bring
	shares := []float64{0.3, 0.6, 0.9, 0.98}
	best := process{Reach: make([]float64, t.order), Share: shares[0], Trust: make([]float64, len(t.unit.Scale))}
	copy(best.Reach, t.scale)
	least := t.weighTrust(&best, which, of)
	for range t.modes {
		var candidates []process
		for _, n := range t.modes {
			for _, reach := range t.reaches {
				for _, share := range shares {
					c := process{Reach: slices.Clone(best.Reach), Share: share}
					if c.Reach[n] = reach; slices.Max(c.Reach) > 0 {
						candidates = append(candidates, c)
					}
				}
			}
		}
		errors := make([]float64, len(candidates))
		parallel.For(t.threads, len(candidates), func(k int) { errors[k] = t.weighTrust(&candidates[k], which, of) })
		at := slices.Index(errors, slices.Min(errors))
		if !(errors[at] < gain*least) {
			break
		}
		best, least = candidates[at], errors[at]
	}
	t.choosePower(&best, which, of)
	return &best
}

// choosePower sets the power of a process to the one under which errors are most likely, normal with variances that are
// known but for a factor.
func (t *tryouts) choosePower(p *process, which []int32, of int) {
	const steps = 8
	var w workspace
	p.Power = 1
	errors, variances, lefts := make([]float64, len(which)), make([]float64, len(which)), make([]float64, len(which))
	for i, k := range which {
		cell := &t.cells[k]
		w.around = cell.around
		from := cell.from(of)
		c := p.correct(&w, cell.label, cell.residual[of])
		errors[i], variances[i], lefts[i] = from.value+c.add-cell.value, from.spread+from.noise, c.left
	}
	best := math.Inf(1)
	for step := range steps + 1 {
		power := float64(step) / steps
		var ratios, logs float64
		for i, e := range errors {
			v := variances[i] * portable.Pow(lefts[i], power)
			ratios += float64(e * e / v)
			logs += portable.Log(v)
		}
		count := float64(len(errors))
		if unlikely := float64(count*portable.Log(ratios/count)) + logs; unlikely < best {
			best, p.Power = unlikely, power
		}
	}
}

// from is what is corrected by the residuals of the models (of = 0) or of the main effects.
func (t *tryout) from(of int) prediction {
	if of == 0 {
		return t.models
	}
	return t.simple
}

// weighTrust sets the trust of a process, of labels with units of their own each drawn toward that of all, and returns the
// error that it comes to.
func (t *tryouts) weighTrust(p *process, which []int32, of int) float64 {
	const ownCells, most = 30, 1.5 // of a label, with which its own trust counts half; trust
	labels := len(t.unit.Scale)
	p.Trust = slices.Repeat([]float64{1}, labels)
	adds, errors, numbers := make([]float64, len(which)), make([]float64, len(which)), make([]int32, len(which))
	products, squares, counts := make([]float64, labels+1), make([]float64, labels+1), make([]float64, labels+1)
	var w workspace
	for i, k := range which {
		cell := &t.cells[k]
		w.around = cell.around
		adds[i], numbers[i] = p.correct(&w, cell.label, cell.residual[of]).add, cell.piece
		errors[i] = cell.value - cell.from(of).value
		for _, at := range []int{int(cell.label), labels} {
			products[at] += float64(errors[i] * adds[i])
			squares[at] += float64(adds[i] * adds[i])
			counts[at]++
		}
	}
	trust := func(at int) float64 {
		if squares[at] == 0 {
			return 0
		}
		return math.Min(math.Max(products[at]/squares[at], 0), most)
	}
	for label := range p.Trust {
		weight := counts[label] / (counts[label] + ownCells)
		p.Trust[label] = float64(weight*trust(label)) + float64((1-weight)*trust(labels))
	}
	for i, k := range which {
		errors[i] -= float64(p.Trust[t.cells[k].label] * adds[i])
	}
	return t.typical(errors, numbers)
}
