package completion

import (
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

// selection is what model selection found.
type selection struct {
	candidates []candidate // the best first
	parts      []int       // the folds whose cells were used to choose
	error      float64     // on them, of the best candidate, in units of the deviation of all cells
	scattered  float64     // the error on cells that were held back at random
	overfit    float64     // there, of the form with equal noise, over the noise that it saw in its training cells
	fit        *ensemble   // of the best candidate, on the cells outside the first part
}

// forms returns the candidates of the family of noise, with that number of blocks.
func (j *job) forms(blocks int, shape tensor.Shape) []candidate {
	first := j.firstCourses()
	base := posterior.Settings{Blocks: blocks, Seed: j.Seed, Priors: j.priors(first)}
	var candidates []candidate
	for _, form := range j.Noise.Forms {
		c := candidate{name: form.Name, scaling: j.firstScaling(form), courses: first, settings: base}
		c.settings.Noise = form.Noise
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

// exploration is how the forms of the model and numbers of blocks are tried.
type exploration struct {
	work     float64 // nominal, at most
	counts   []int   // numbers of blocks
	start    int     // position among them of the first that is tried
	sweeps   int     // of a trial
	parts    []int   // the folds whose cells are held back
	spectral bool    // trials start from spectral models, not scattered
}

// exploration plans trials for a table that the budget suffices for.
func (j *job) exploration(f folds, budget float64) exploration {
	const most = 3
	shape := f.cells.Shape()
	e := exploration{work: float64(exploring * budget), counts: blockCounts, start: startCount, sweeps: 100}
	if j.Blocks > 0 {
		e.counts, e.start = []int{j.Blocks}, 0
	}
	round := func() float64 { return j.formsCost(e.counts[e.start], shape, f.cells.Len()) * float64(e.sweeps) }
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

// selectModel tries the forms of the model with several numbers of blocks on the same held-back cells.
func (j *job) selectModel(ctx context.Context, f folds, e exploration) selection {
	shape := f.cells.Shape()
	explored, counts, start, sweeps := e.work, e.counts, e.start, e.sweeps
	forms := j.forms(counts[start], shape)
	for k := range forms {
		forms[k].spectral = e.spectral && expectsValues(forms[k].settings.Noise)
	}
	sel := selection{error: math.Inf(1), scattered: math.Inf(1), overfit: 1, parts: e.parts}
	j.report("choosing the form of the model on held-back cells", 0)

	tried := map[string]*trial{}
	try := func(c candidate) *trial {
		key := fmt.Sprint(c.name, c.scaling, c.courses, c.spectral, c.settings.Blocks)
		if t, ok := tried[key]; ok {
			return t
		}
		t := j.try(ctx, f, sel.parts, c, sweeps)
		tried[key] = t
		if c.spectral == e.spectral { // trying another start takes nothing from the other trials
			explored -= t.cost
		}
		if f.scattered {
			sel.isolated(t)
		}
		return t
	}
	best := make([]*trial, len(forms))
	for k, c := range forms {
		best[k] = try(c)
	}
	if !f.scattered {
		random := scatteredFolds(f.cells, j.HoldOut, j.Seed)
		for _, c := range forms {
			if c.settings.Noise == (posterior.Gaussian{}) {
				sel.isolated(j.try(ctx, random, []int{0}, c, sweeps))
			}
		}
	}
	lead := 0
	for k := range best {
		if best[k].error < best[lead].error {
			lead = k
		}
	}
	if !e.spectral && f.cells.Len() >= manyCells {
		lead = j.trySpectral(best, lead, try)
	}
	second := (*trial)(nil)
	// rival tries a change of the leading candidate, as long as it leaves a share of what may be explored.
	rival := func(c candidate, left float64) {
		if c.cost(shape, f.cells.Len())*float64(sweeps*len(sel.parts)) > explored-left || ctx.Err() != nil {
			return
		}
		switch t := try(c); {
		case t.error < best[lead].error:
			second, best[lead] = best[lead], t
		case second == nil || t.error < second.error:
			second = t
		}
	}
	left := 0.0 // that a change leaves for those after it
	climb := func(step int) {
		for position := start + step; position >= 0 && position < len(counts); position += step {
			c := best[lead].candidate
			c.settings.Blocks = counts[position]
			if cost := c.cost(shape, f.cells.Len()) * float64(sweeps*len(sel.parts)); cost > explored || ctx.Err() != nil {
				return
			}
			t := try(c)
			if t.error >= best[lead].error {
				if second == nil || t.error < second.error {
					second = t
				}
				if t.error > 1.02*best[lead].error {
					return
				}
				continue
			}
			second, best[lead] = best[lead], t
		}
	}
	changes := []func(){
		func() {
			for _, n := range j.byLength() {
				for _, course := range j.otherCourses(n) {
					c := best[lead].candidate
					c.courses = slices.Clone(c.courses)
					c.courses[n] = course
					c.settings.Priors = j.priors(c.courses)
					rival(c, left)
				}
			}
		},
		func() {
			for _, s := range j.otherScalings(best[lead].candidate) {
				c := best[lead].candidate
				c.scaling = s
				rival(c, left)
			}
		},
		func() {
			climb(1)
			if best[lead].candidate.settings.Blocks == counts[start] {
				climb(-1)
			}
		},
	}
	// Between gaps with shapes, what a label has in common with its neighbours counts most; among scattered ones it is
	// the number of blocks.
	reserve := []float64{0.45 * explored, 0.35 * explored, 0}
	if f.scattered {
		slices.Reverse(changes)
		reserve = []float64{0, 0, 0}
	}
	for k, change := range changes {
		left = reserve[k]
		change()
	}
	sel.error, sel.fit = best[lead].error, best[lead].fit
	sel.candidates = append(sel.candidates, best[lead].candidate)
	for k := range best {
		if k != lead && best[k].error < 1.4*best[lead].error {
			c := best[k].candidate
			c.settings.Blocks = best[lead].candidate.settings.Blocks
			c.courses, c.settings.Priors = best[lead].candidate.courses, best[lead].candidate.settings.Priors
			c.spectral = best[lead].candidate.spectral && expectsValues(c.settings.Noise)
			sel.candidates = append(sel.candidates, c)
		}
	}
	if second != nil && second.error < 1.15*sel.error && len(sel.candidates) < 3 {
		sel.candidates = append(sel.candidates, second.candidate)
	}
	return sel
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
	error     float64 // root mean square over the deviation
	noise     float64
	cost      float64
	fit       *ensemble // the one without the first part
}

func (j *job) try(ctx context.Context, f folds, held []int, c candidate, sweeps int) *trial {
	t := &trial{candidate: c}
	fits := make([]*ensemble, len(held))
	squares, counts := make([]float64, len(held)), make([]float64, len(held))
	parallel.For(j.Threads, len(held), func(k int) {
		kept, out := f.without(held[k])
		fits[k] = j.fit(ctx, kept, []candidate{c}, []float64{1}, 1, sweeps, fmt.Sprint("explore/", held[k]))
		squares[k], counts[k] = j.squares(fits[k], kept, out)
	})
	var sum, count float64
	for k := range held {
		sum += squares[k]
		count += counts[k]
	}
	t.error = math.Sqrt(sum / math.Max(1, count))
	t.fit = fits[0]
	t.noise = fits[0].noise()
	t.cost = float64(len(held)*sweeps) * c.cost(f.cells.Shape(), f.cells.Len())
	return t
}

// squares sums the squared errors on held cells, in units of the deviations that the kept cells have, and counts them.
func (j *job) squares(fit predictor, kept, held *tensor.Observed) (sum, count float64) {
	scaling := j.scoring(kept)
	for k, p := range fit.all(held.Index, j.Threads) {
		e := (p.value - held.Values[k]) / scaling.ScaleAt(held.Cell(k))
		sum += float64(e * e)
		count++
	}
	return sum, count
}

// scoring is the scale in which errors are compared when something is chosen.
func (j *job) scoring(cells *tensor.Observed) tensor.Scaling {
	if j.unit >= 0 {
		return tensor.FitScaling(cells, tensor.StandardiseMode, j.unit)
	}
	return tensor.FitScaling(cells, tensor.StandardiseGlobal, 0)
}
