package completion

import (
	"context"
	"fmt"
	"slices"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// finishAverage combines the candidates with the weights that held-back cells prefer, and measures the combination on
// cells whose values had no part in its weights.
func (j *job) finishAverage(ctx context.Context, f folds, sel selection, budget float64) fitted {
	begun := j.now()
	plan, candidates := j.plan(f, sel, budget)
	sel.candidates = candidates
	j.expect(plan.work(sel.candidates, f.cells.Shape(), f.cells.Len()))
	j.report("measuring the error on held-out cells", sel.error)
	equal := slices.Repeat([]float64{1 / float64(len(sel.candidates))}, len(sel.candidates))
	var predicted outOfFold
	count := min(plan.folds, f.parts-len(sel.parts))
	j.dealFolds(ctx, f, count, sel.candidates, equal, plan)
	neighbours := j.mayHaveCompanion()
	for part := range count {
		kept, held := f.without(part)
		fit := j.fitDealt(ctx, kept, sel.candidates, equal, plan.trials, plan.sweeps, foldName(part))
		if ctx.Err() != nil {
			break
		}
		predicted.add(j, fit, kept, held, f, part)
		if neighbours {
			predicted.besides = append(predicted.besides, j.besides(fit, kept, held))
		}
	}
	out := fitted{
		scores: score(nil, tensor.Scaling{}),
		method: "average of posterior samples of Bayesian CP models",
	}
	weights, first := equal, 0
	if len(predicted.y) > 0 {
		out.folds = predicted.part[len(predicted.part)-1] + 1
	} else if sel.fit.samples() > 0 {
		first, out.folds = sel.parts[0], 1
		kept, held := f.without(first)
		predicted.add(j, sel.fit, kept, held, f, first)
		out.warnings = append(out.warnings, j.chosenBy())
	}
	if len(predicted.y) > 0 {
		weights = predicted.weights(func(int) bool { return true })
		predicted.combine(j.Seed)
		if len(predicted.besides) > 0 {
			out.companion, out.alone = j.findCompanion(&predicted, weights), predicted.alone
		}
		out.heldOut, out.heldLimits = splitCensored(predicted.cells)
		train, _ := f.without(first)
		out.scores = score(out.heldOut, j.scoring(train))
	}
	j.report("fitting all observed cells", out.scores.nrmse)
	var kept []candidate
	var shares []float64
	for k, w := range weights {
		if w > 0.03 {
			kept, shares = append(kept, sel.candidates[k]), append(shares, w)
		}
	}
	chains := j.lastChains(plan, kept, begun)
	final := j.fitDealt(ctx, f.cells, kept, shares, chains, plan.sweeps, "final")
	if final.samples() == 0 {
		final = sel.fit
	}
	j.conclude(ctx, &out, final, f, sel.parts[0], budget)
	return out
}

// plan is the schedule of fitting the candidates, and which of them: the later ones only where there are chains enough.
func (j *job) plan(f folds, sel selection, budget float64) (schedule, []candidate) {
	const (
		enough = 3             // chains
		few    = 2 * fewScores // cells that the folds hold out
		little = 0.1           // noise
	)
	rungs, share := shapedLadder, finishingShapes
	switch {
	case f.scattered && j.MaxTime > 0:
		rungs, share = shortLadder, finishing
	case f.scattered:
		rungs, share = ladder, finishing
	case sel.noise < little:
		rungs = clearLadder
	}
	work := j.finishingWork(share, budget, sel.left)
	for count := len(sel.candidates); ; count-- {
		some := sel.candidates[:count]
		plan := newSchedule(rungs, some, f.cells.Shape(), f.cells.Len(), work, j.Effort)
		if f.scattered || plan.chains >= enough && f.countHeldOut(plan.folds) >= few || count == 1 {
			return plan, some
		}
	}
}

// conclude calibrates the fit of all observed cells with the held-out ones, and describes it. The cells of a part choose
// the description.
func (j *job) conclude(ctx context.Context, out *fitted, final *ensemble, f folds, part int, budget float64) {
	unit := j.scoring(j.observed)
	out.fit = final
	if out.companion != nil && final.samples() > 0 {
		out.fit = j.accompany(final, *out.companion)
	}
	seen := j.weigh(out.heldOut, f, out.fit)
	out.scores.compare(out.heldOut, unit)
	out.calibration = j.calibrate(out.heldOut, f)
	out.calibration.seen = seen
	if a, ok := out.fit.(*accompanied); ok {
		a.companion.Alone = out.calibration.alone(out.heldOut, out.alone, unit)
	}
	out.levels, out.labelLevels = newLevels(out.heldOut), j.kinds.newLevels(out.heldOut)
	out.heldOut = out.calibration.apply(out.heldOut)
	if j.Noise.Name == "auto" && out.calibration.pieces >= bendPieces {
		out.laws = j.chooseLaws(out.heldOut, unit)
	}
	out.logScores = logScores(slices.Concat(out.heldOut, out.calibration.apply(out.heldLimits)), j.kindAt, out.laws)
	out.samples, out.scaling = final.samples(), final.members[0].scaling
	if s := final.members[0].candidate.scaling; s.own != "" { // the description's blocks are of values, not of links
		out.scaling = scaling{kind: byLabel, mode: s.mode}.fit(f.cells)
	}
	for _, m := range final.members {
		name := fmt.Sprintf("%s, %d blocks%s", m.candidate.name, m.posterior.Blocks, j.courseWords(m.candidate.courses))
		out.blocks = append(out.blocks, m.posterior.Blocks)
		out.weights = append(out.weights, Weight{name, m.weight})
	}
	for _, p := range j.periods {
		if slices.ContainsFunc(final.members, func(m member) bool { return m.candidate.courses[p.Mode].periodic() }) {
			out.periods = append(out.periods, p)
		}
	}
	out.standardisation = j.standardisation(out.scaling)
	j.report("describing the tensor by one CP model", out.scores.nrmse)
	if f.cells.Low != nil {
		f.cells = (&Completion{Observed: j.observed, fit: final, limits: j.limits}).settled(f.cells)
	}
	if out.cp = j.describe(ctx, out.scaling, f, part, describing*budget); out.cp == nil {
		out.cp = final.members[0].lastModel()
	}
}

func (j *job) standardisation(s tensor.Scaling) string {
	switch {
	case s.Mode >= 0:
		return "by index of " + j.observed.Modes[s.Mode].Name
	case s.Mean[0] == 0 && s.Scale[0] == 1:
		return "none"
	case s.Mean[0] == 0:
		return "by one factor"
	}
	return "global"
}

// outOfFold are predictions of cells by candidates that have not seen them.
type outOfFold struct {
	cells       []HeldOutCell
	part        []int
	y           []float64      // in standardised units, in which weights are chosen
	predictions [][]float64    // of every candidate, in the same units
	raw         [][]prediction // in the data's units
	besides     [][]beside     // [part][kind of neighbours]; none: not looked at
	alone       []prediction   // of every cell, without the companion that was found; nil: none was
}

func (o *outOfFold) add(j *job, fit *ensemble, kept, held *tensor.Observed, f folds, part int) {
	pieces := f.piecesOf(part)
	if o.predictions == nil {
		o.predictions = make([][]float64, len(fit.members))
		o.raw = make([][]prediction, len(fit.members))
	}
	simple := j.newPlain(kept)
	for m := range fit.members {
		o.raw[m] = append(o.raw[m], fit.only(m).all(held.Index, j.Threads)...)
	}
	for k, value := range held.Values {
		cell := held.Cell(k)
		o.cells = append(o.cells, HeldOutCell{Cell: cell, Value: value, part: part, simple: simple.at(cell)})
		h, kind := &o.cells[len(o.cells)-1], j.kindAt(cell)
		if held.IsCensored(k) {
			if h.low, h.high = held.Low[k], held.High[k]; kind.Own {
				h.logScore = fit.distribution(cell).logProbability(h.low, h.high, kind.Grid)
			}
		} else {
			h.piece, pieces = pieces[0], pieces[1:]
			if kind.Own {
				low, high, _ := j.limits.at(cell)
				said := fit.law(cell, kind.Grid, low, high)
				h.central, h.logScore = holding(said, value, kind.Step), said.logScore(value, kind.Grid)
			}
		}
		o.part = append(o.part, part)
		center, scale := simple.unit.Undo(cell, 0), simple.unit.ScaleAt(cell)
		o.y = append(o.y, (value-center)/scale)
		for m := range fit.members {
			o.predictions[m] = append(o.predictions[m], (o.raw[m][len(o.y)-1].value-center)/scale)
		}
	}
}

// weights are those that the cells with exact values accepted by use prefer.
func (o *outOfFold) weights(use func(c int) bool) []float64 {
	var y []float64
	predictions := make([][]float64, len(o.predictions))
	for c, value := range o.y {
		if !use(c) || o.cells[c].censored() {
			continue
		}
		y = append(y, value)
		for m := range predictions {
			predictions[m] = append(predictions[m], o.predictions[m][c])
		}
	}
	return stack(predictions, y)
}

// combine predicts every cell with weights in which it had no part: those of the other folds, or of the other half when
// there is one fold alone.
func (o *outOfFold) combine(seed uint64) []HeldOutCell {
	group := o.part
	if o.part[0] == o.part[len(o.part)-1] {
		group = make([]int, len(o.part))
		for k, cell := range rng.New(seed, "halves").Perm(len(group)) {
			group[cell] = k % 2
		}
	}
	for _, g := range slices.Compact(slices.Sorted(slices.Values(group))) {
		w := o.weights(func(c int) bool { return group[c] != g })
		for k := range o.cells {
			if group[k] != g {
				continue
			}
			var mixed prediction
			for m, share := range w {
				mixed.value += float64(share * o.raw[m][k].value)
			}
			for m, share := range w {
				p := o.raw[m][k]
				mixed.spread += float64(share * (p.spread + float64((p.value-mixed.value)*(p.value-mixed.value))))
				mixed.noise += float64(share * p.noise)
			}
			h := &o.cells[k]
			h.Predicted, h.spread, h.noise = mixed.value, mixed.spread, mixed.noise
		}
	}
	return o.cells
}
