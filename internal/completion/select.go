package completion

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// candidate is one form of the Bayesian CP model, with a number of blocks.
type candidate struct {
	name     string
	scaling  scaling
	courses  []course // of the modes
	spectral bool     // chains start from a spectral model of their cells
	settings posterior.Settings
}

// key tells candidates of one job apart.
func (c candidate) key() string {
	return fmt.Sprint(c.name, c.scaling, c.courses, c.spectral, c.settings.Blocks, len(c.settings.Partial))
}

// selection is what model selection found.
type selection struct {
	candidates []candidate // the best first
	parts      []int       // the folds whose cells were used to choose
	error      float64     // on them, of the best candidate, in units of the deviation of all cells
	scattered  float64     // the error on cells that were held back at random
	overfit    float64     // there, of the form with equal noise, over the noise that it saw in its training cells
	noise      float64     // that the best candidate saw in its training cells
	fit        *ensemble   // of the best candidate, on the cells outside the first part
	left       float64     // nominal work that was to be spent and was not
}

// forms returns the candidates of the family of noise, with that number of blocks.
func (j *job) forms(blocks int, shape tensor.Shape) []candidate {
	first := j.firstCourses()
	base := posterior.Settings{Blocks: blocks, Seed: j.Seed, Priors: j.priors(first)}
	var candidates []candidate
	for _, form := range j.Noise.Forms {
		c := candidate{name: form.Name, scaling: j.firstScaling(form), courses: first, settings: base}
		c.settings.Noise = form.Noise
		if p, ok := form.Noise.(posterior.PerLabel); ok {
			c.scaling = scaling{kind: byLabel, mode: p.Mode, own: unscaled(p)}
		}
		if form.Effects {
			c.settings.Partial = mainEffects(shape.Order())
		}
		candidates = append(candidates, c)
	}
	return candidates
}

// mainEffects lists one block for every mode alone.
func mainEffects(order int) [][]bool {
	blocks := make([][]bool, order)
	for n := range blocks {
		blocks[n] = make([]bool, order)
		blocks[n][n] = true
	}
	return blocks
}

// Numbers of blocks that are tried: one less than a multiple of eight, so that a row and its target fill whole lanes.
var blockCounts = []int{3, 7, 15, 31, 47, 63}

const startCount = 2 // position in blockCounts at which exploring starts

// nonnegativeCounts are those of models without negative entries, whose blocks do not make up for one another: every number
// counts where each block is to be one component of a mixture.
var nonnegativeCounts = []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32}

// blockCounts are the numbers of blocks that are tried, no more of many than there are known cells.
func (j *job) blockCounts() []int {
	if j.Nonnegative {
		return nonnegativeCounts
	}
	known := slices.IndexFunc(blockCounts, func(count int) bool { return count > j.observed.Len() })
	if known < 0 {
		return blockCounts
	}
	return blockCounts[:max(known, startCount+1)]
}

// exploration is how the forms of the model and numbers of blocks are tried.
type exploration struct {
	work     float64 // nominal, at most
	counts   []int   // numbers of blocks
	start    int     // position among them of the first that is tried
	sweeps   int     // of a trial
	chains   int     // in every part: two tell what averaging will come to
	parts    []int   // the folds whose cells are held back
	spectral bool    // trials start from spectral models, not scattered
}

// exploration plans trials for a table that the budget suffices for.
func (j *job) exploration(f folds, budget float64) exploration {
	const most = 3
	shape := f.cells.Shape()
	e := exploration{work: float64(exploring * budget), counts: j.blockCounts(), start: startCount, sweeps: 100, chains: 1}
	if !f.scattered {
		e.work, e.sweeps, e.chains = float64(exploringShapes*budget), 50, 2
	}
	if j.Blocks > 0 {
		e.counts, e.start = []int{j.Blocks}, 0
	}
	round := func() float64 {
		return j.formsCost(e.counts[e.start], shape, f.cells.Len()) * float64(e.sweeps*e.chains)
	}
	for e.start > 0 && round() > e.work {
		e.start, e.sweeps = e.start-1, e.sweeps/2 // too little work for the middle: begin with few blocks
	}
	for k := range most {
		if part := f.parts - 1 - k; k == 0 || (part > f.parts/2 && 6*round()*float64(k+1) < e.work) {
			e.parts = append(e.parts, part)
		}
	}
	return e
}

// formsCost is the nominal time of one sweep of every form.
func (j *job) formsCost(blocks int, shape tensor.Shape, cells int) (cost float64) {
	for _, c := range j.forms(blocks, shape) {
		cost += c.cost(shape, cells)
	}
	return cost
}

// explorer looks for the candidate with the least error on held-back cells.
type explorer struct {
	*job
	exploration
	ctx    context.Context
	folds  folds
	shape  tensor.Shape
	sel    selection
	left   float64 // nominal work that may still be spent
	worth  float64 // factor that the error of a change has to be below
	tried  map[string]*trial
	first  []*trial // of every form
	best   *trial   // the leading candidate's
	lead   int      // the form that the leading candidate has
	rivals []*trial // that were compared with it, and it
	joint  []*trial // of models in which all modes follow courses
	beyond [][]bool // [part][cell]: what no form foretells, of scattered gaps
}

// selectModel tries the forms of the model on the same held-back cells, then changes the best: numbers of blocks, courses
// of its modes, standardisations.
func (j *job) selectModel(ctx context.Context, f folds, plan exploration) selection {
	e := explorer{
		job: j, exploration: plan, ctx: ctx, folds: f, shape: f.cells.Shape(), worth: 1, left: plan.work,
		tried: map[string]*trial{},
	}
	e.sel = selection{error: math.Inf(1), scattered: math.Inf(1), overfit: 1, parts: plan.parts}
	j.report("choosing the form of the model on held-back cells", 0)
	e.tryForms()
	// Among scattered gaps how many chains are averaged counts too, unless cells are few beside labels. Between gaps with
	// shapes, what a label has in common with its neighbours can count most, and the blocks that it takes change with it;
	// held-back cells tell less there.
	free := e.left
	if f.scattered {
		e.worth = 0.95
		e.tryTogether(0.5 * free)
		e.changeCourses(0.5 * free)
		e.worth = 1
		e.changeBlocks()
		e.changeScalings(0.4 * free)
	} else {
		e.worth = 0.9
		e.tryTogether(0.5 * free)
		e.changeCourses(0.5 * free)
		e.worth = 1
		e.step(0.15 * free)
		e.worth = 0.95
		e.changeScalings(0)
	}
	e.choose()
	e.sel.left = math.Max(0, e.left)
	return e.sel
}

// tryForms tries all forms with the same number of blocks.
func (e *explorer) tryForms() {
	for _, c := range e.forms(e.counts[e.start], e.shape) {
		c.spectral = e.spectral && expectsValues(c.settings.Noise)
		e.first = append(e.first, e.try(c))
	}
	if e.folds.scattered {
		e.findMistakes()
	}
	for k, t := range e.first {
		if t.error < e.first[e.lead].error {
			e.lead = k
		}
	}
	if !e.folds.scattered {
		random := scatteredFolds(e.folds.cells, e.HoldOut, e.Seed)
		for _, t := range e.first {
			if c := t.candidate; c.settings.Noise == (posterior.Gaussian{}) {
				e.sel.isolated(e.job.try(e.ctx, random, []int{0}, c, 2*e.sweeps, 1))
			}
		}
	}
	if !e.spectral && !e.Nonnegative && e.folds.scattered && e.folds.cells.Len() >= manyCells {
		e.lead = e.trySpectral(e.first, e.lead, e.try)
	}
	e.best = e.first[e.lead]
	if e.rivals = slices.Clone(e.first); e.folds.scattered {
		e.rivals = []*trial{e.best}
	}
}

// findMistakes finds the held-back cells on which the errors of all forms are far out, which alone are capped from then on: where
// one form is not far out, it is the others that fail.
func (e *explorer) findMistakes() {
	for part := range e.first[0].errors {
		bounds := make([]float64, len(e.first))
		for k, t := range e.first {
			bounds[k] = mistakeBound(t.errors[part])
		}
		beyond := make([]bool, len(e.first[0].errors[part]))
		for c := range beyond {
			beyond[c] = true
			for k, t := range e.first {
				beyond[c] = beyond[c] && math.Abs(t.errors[part][c]) > bounds[k]
			}
		}
		e.beyond = append(e.beyond, beyond)
	}
	for _, t := range e.first {
		e.rescore(t)
	}
}

// rescore caps the errors of a trial where those of all forms are far out.
func (e *explorer) rescore(t *trial) {
	var sum, count float64
	for part, errors := range t.errors {
		for _, x := range capSome(errors, mistakeBound(errors), func(c int) bool { return e.beyond[part][c] }) {
			sum, count = sum+float64(x*x), count+1
		}
	}
	t.error = math.Sqrt(sum / math.Max(1, count))
}

// try tries a candidate, once.
func (e *explorer) try(c candidate) *trial {
	key := fmt.Sprint(c.key(), e.chains)
	if t, ok := e.tried[key]; ok {
		return t
	}
	t := e.job.try(e.ctx, e.folds, e.parts, c, e.sweeps, e.chains)
	e.tried[key] = t
	if e.beyond != nil {
		e.rescore(t)
	}
	if c.spectral == e.spectral { // trying another start takes nothing from the other trials
		e.left -= t.cost
	}
	if e.folds.scattered {
		e.sel.isolated(t)
	}
	return t
}

// affords reports whether a trial leaves a reserve.
func (e *explorer) affords(c candidate, reserve float64) bool {
	cost := c.cost(e.shape, e.folds.cells.Len()) * float64(e.sweeps*e.chains*len(e.parts))
	return cost <= e.left-reserve && e.ctx.Err() == nil
}

// affordable is the number of blocks of a candidate, or as many fewer as leave a reserve; of all numbers the least.
func (e *explorer) affordable(c candidate, reserve float64) int {
	for !e.affords(c, reserve) {
		fewer := neighbour(e.counts, c.settings.Blocks, false)
		if fewer == 0 {
			break
		}
		c.settings.Blocks = fewer
	}
	return c.settings.Blocks
}

// rival tries a change of the leading candidate, unless it would cost more than leaves a reserve.
func (e *explorer) rival(c candidate, reserve float64) (t *trial) {
	if !e.affords(c, reserve) {
		return nil
	}
	t = e.try(c)
	e.rivals = append(e.rivals, t)
	if t.error < e.worth*e.best.error {
		e.best = t
	}
	return t
}

// tryTogether tries a model in which all modes that may are smooth, the longest of them rough, with few blocks and main
// effects, where cells are few beside labels: what one such mode gains is lost there on the others, so that no single
// change shows it. Parts of so few cells differ by more than models do: it is averaged with the others, if it is no worse.
func (e *explorer) tryTogether(reserve float64) {
	if !e.sparse() || e.spectral || e.Blocks > 0 {
		return
	}
	courses, longest := e.firstCourses(), -1
	for _, n := range e.byLength() {
		if slices.Contains(e.otherCourses(n), smooth) {
			if courses[n] = smooth; longest < 0 {
				longest, courses[n] = n, rough
			}
		}
	}
	sweeps := e.sweeps
	e.sweeps = (sweeps + 1) / 2 // courses of many labels take long
	defer func() { e.sweeps = sweeps }()
	for _, c := range e.forms(e.counts[0], e.shape) {
		c.courses, c.settings.Priors, c.settings.Partial = courses, e.priors(courses), mainEffects(e.shape.Order())
		if !e.affords(c, reserve) {
			return
		}
		e.joint = append(e.joint, e.try(c))
	}
}

// sparse reports whether cells are few beside the labels of several modes that may follow a course.
func (j *job) sparse() bool {
	const few, several = 5, 2 // cells a label; modes
	count, labels := 0, 0
	for n, mode := range j.observed.Modes {
		if slices.Contains(j.otherCourses(n), smooth) {
			count, labels = count+1, labels+len(mode.Labels)
		}
	}
	return count >= several && j.observed.Len() < few*labels
}

func (e *explorer) changeCourses(reserve float64) {
	for _, n := range e.byLength() {
		for _, course := range e.otherCourses(n) {
			c := e.best.candidate
			c.courses = slices.Clone(c.courses)
			c.courses[n] = course
			c.settings.Priors = e.priors(c.courses)
			if slices.Contains(e.repeating, n) { // what repeats may count more than blocks, with which a long mode takes long
				c.settings.Blocks = e.affordable(c, reserve)
			}
			e.rival(c, reserve)
		}
	}
}

func (e *explorer) changeScalings(reserve float64) {
	for _, s := range e.otherScalings(e.best.candidate) {
		c := e.best.candidate
		c.scaling = s
		e.rival(c, reserve)
	}
}

// changeBlocks tries more blocks, and fewer where more are no better. From here on two chains tell what averaging will
// come to, from which many blocks gain the most. Where modes follow a course, many blocks are tried without first: it is
// cheap, and may do as well.
func (e *explorer) changeBlocks() {
	single := e.best
	if !e.spectral { // chains from one start have more in common
		e.chains = 2
	}
	if pair := e.rival(single.candidate, 0); pair != nil {
		e.best, e.rivals = pair, []*trial{pair}
	}
	c := single.candidate
	if first := e.firstCourses(); !slices.Equal(c.courses, first) {
		c.courses, c.settings.Priors = first, e.priors(first)
		if free := e.climb(c); free != nil && free.candidate.settings.Blocks > e.counts[e.start] {
			c = single.candidate
			c.settings.Blocks = free.candidate.settings.Blocks
			e.rival(c, 0)
			return
		}
	}
	e.climb(single.candidate)
}

// climb tries a candidate with ever more blocks, or else fewer, and returns the best.
func (e *explorer) climb(c candidate) (best *trial) {
	if best = e.rival(c, 0); best == nil {
		return nil
	}
	return e.climbFrom(best, 0)
}

// step changes the number of blocks of the leading candidate.
func (e *explorer) step(reserve float64) { e.climbFrom(e.best, reserve) }

// climbFrom tries ever more blocks than a trial had, and fewer unless more were clearly better, and returns the best.
func (e *explorer) climbFrom(best *trial, reserve float64) *trial {
	const worse = 1.1 // beside the best so far: what may be luck
	const few = 0.9   // where gaps have shapes: many blocks are the safer guess, and averaged do no harm
	const clearly = 0.98
	from, begun := best.candidate.settings.Blocks, best.error
	for _, step := range []int{1, -1} {
		c := best.candidate
		if step < 0 && !e.folds.scattered {
			e.worth = few
		}
		for at := slices.Index(e.counts, from) + step; at >= 0 && at < len(e.counts); at += step {
			c.settings.Blocks = e.counts[at]
			t := e.rival(c, reserve)
			if t == nil || t.error > worse*best.error {
				break
			}
			if t.error < best.error {
				best = t
			}
		}
		if best.error < clearly*begun || !e.folds.scattered && best.candidate.settings.Blocks != from {
			break
		}
	}
	return best
}

// choose takes the leading candidate, the best of another form with the same blocks and courses, and those next to it: where
// gaps have shapes several, as parts of few pieces do not tell which of them is the best, and what many say depends less on it.
func (e *explorer) choose() {
	const form = 1.4      // beside the least error
	most, next := 3, 1.15 // candidates; beside the least error
	if !e.folds.scattered {
		most, next = 5, 1.25
	}
	lead := e.best
	e.sel.error, e.sel.noise, e.sel.fit = lead.error, lead.noise, lead.fit
	e.take(lead.candidate)
	slices.SortStableFunc(e.joint, func(a, b *trial) int { return cmp.Compare(a.error, b.error) })
	if len(e.joint) > 0 && e.joint[0].error <= e.first[e.lead].error {
		for _, t := range e.joint {
			if t.error < next*e.joint[0].error {
				e.take(t.candidate)
			}
		}
		return // the work is for chains of these
	}
	other := -1
	for k, t := range e.first {
		if k != e.lead && t.error < form*e.first[e.lead].error && (other < 0 || t.error < e.first[other].error) {
			other = k
		}
	}
	if other >= 0 {
		c := e.first[other].candidate
		c.settings.Blocks = lead.candidate.settings.Blocks
		c.courses, c.settings.Priors = lead.candidate.courses, lead.candidate.settings.Priors
		c.spectral = lead.candidate.spectral && expectsValues(c.settings.Noise)
		e.take(c)
	}
	slices.SortStableFunc(e.rivals, func(a, b *trial) int { return cmp.Compare(a.error, b.error) })
	for _, t := range e.rivals {
		if t.error < next*lead.error && len(e.sel.candidates) < most {
			e.take(t.candidate)
		}
	}
}

// take makes a candidate one of those that are chosen, once.
func (e *explorer) take(c candidate) {
	if !slices.ContainsFunc(e.sel.candidates, func(d candidate) bool { return c.key() == d.key() }) {
		e.sel.candidates = append(e.sel.candidates, c)
	}
}

// isolated notes what a trial tells on cells held back one by one at random: whether the table may be free of noise.
func (sel *selection) isolated(t *trial) {
	sel.scattered = math.Min(sel.scattered, t.error)
	if t.candidate.settings.Noise == (posterior.Gaussian{}) {
		sel.overfit = math.Max(sel.overfit, t.error/t.noise)
	}
}

// trial is one candidate's outcome on held-back parts.
type trial struct {
	candidate candidate
	error     float64     // root mean square over the deviation
	errors    [][]float64 // [part]: of the cells, over the deviation
	noise     float64
	cost      float64
	fit       *ensemble // the one without the first part
}

// try predicts every part that is held back with that many chains.
func (j *job) try(ctx context.Context, f folds, held []int, c candidate, sweeps, chains int) *trial {
	t := &trial{candidate: c, cost: float64(len(held)*chains*sweeps) * c.cost(f.cells.Shape(), f.cells.Len())}
	fits, errors := make([]*ensemble, len(held)), make([][]float64, len(held))
	parallel.For(j.Threads, len(held), func(k int) {
		kept, out := f.without(held[k])
		fits[k] = j.fit(ctx, kept, []candidate{c}, []float64{1}, chains, sweeps, fmt.Sprint("explore/", held[k]))
		errors[k] = j.errors(fits[k], kept, out)
	})
	var pieces []piece
	for k, part := range held {
		capped := errors[k]
		if f.scattered {
			capped = capMistakes(capped)
		}
		pieces = append(pieces, sumPieces(capped, f.piecesOf(part))...)
	}
	if f.scattered { // every cell is a piece: they are one
		pieces = []piece{together(pieces)}
	}
	t.error, t.errors = typical(pieces), errors
	t.fit = fits[0]
	t.noise = fits[0].noise()
	return t
}

// errors lists those on held cells with exact values, in units of the deviations that the kept cells have.
func (j *job) errors(fit predictor, kept, held *tensor.Observed) []float64 {
	held = held.Exact()
	scaling := j.scoring(kept)
	errors := make([]float64, held.Len())
	for k, p := range fit.all(held.Index, j.Threads) {
		errors[k] = (p.value - held.Values[k]) / scaling.ScaleAt(held.Cell(k))
	}
	return errors
}

// scoring is the scale in which errors are compared when something is chosen.
func (j *job) scoring(cells *tensor.Observed) tensor.Scaling {
	if j.unit >= 0 {
		return tensor.FitScaling(cells, tensor.StandardiseMode, j.unit)
	}
	return tensor.FitScaling(cells, tensor.StandardiseGlobal, 0)
}
