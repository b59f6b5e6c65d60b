package completion

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// growth is a fit whose work is not planned: it goes on while the error on cells held back falls by more than a percent
// for as much work again. It takes that work for longer chains, then for other numbers of blocks, then for more chains.
type growth struct {
	job    *job
	name   string
	cells  *tensor.Observed // that it is fitted to, without values where those can be had again
	again  func() []float64 // the values of cells, memory of the caller's; nil: cells has them
	count  int              // of cells
	check  *tensor.Observed // held back
	sorted *posterior.Sorted
	scored tensor.Scaling // in which errors are compared
	worth  float64        // factor by which the error has to fall
	base   ensemble       // without members

	start  *tensor.CP // of the first chain; nil: scattered
	chains []*strand
	error  float64
	before float64 // the error when half of the work was done
	work   float64 // nominal, of all that was tried
	cut    bool    // time was up before the error had settled
}

// strand is a chain of a growth with the samples of the second half of its sweeps.
type strand struct {
	candidate candidate
	scaling   tensor.Scaling
	data      *tensor.Observed // the cells, scaled
	chain     *posterior.Chain
	last      *tensor.CP // blocks that have every mode, at the end
	samples   []posterior.Sample
	sweeps    int
	expected  []prediction // of the cells that are held back
}

const (
	firstSweeps = 12   // of a growth, half of them before the first sample
	leastSweeps = 6    // with little effort
	scattered   = 8    // times as many from a scattered start
	patience    = 0.15 // of the default budget, that a chain may take before a gain is asked for
	gain        = 0.01 // of the error, that as much work again has to bring
	mostSweeps  = 3200
	mostChains  = 8
)

// grow fits the candidates to the cells that neither measure the error nor choose, beginning with the best of them.
func (j *job) grow(ctx context.Context, f folds, sel selection) *growth {
	measuring, choosing := 0, sel.parts[0]
	kept, held := f.hide(measuring, choosing)
	g := &growth{
		job: j, name: "grow", cells: kept, count: kept.Len(), check: held[1].Exact(), sorted: posterior.Sort(kept), scored: j.scoring(kept), error: math.Inf(1),
		worth: 1 - gain/j.Effort, base: *newEnsemble(kept),
	}
	if kept.Low == nil { // no limits of censored cells are to be kept beside
		g.cells = &tensor.Observed{Modes: kept.Modes, Index: kept.Index}
		g.again = func() []float64 { return f.values(measuring, choosing) }
	}
	sweeps := max(leastSweeps, int(firstSweeps*j.Effort))
	best := sel.candidates[0]
	j.report("fitting while held-back cells gain from it", sel.error)
	if g.start = j.startOf(ctx, g, best, sel); g.start == nil {
		sweeps *= scattered
	}
	j.found.forget()
	first := g.begin(best, g.start, 0)
	g.extend(ctx, first, sweeps)
	if len(first.samples) == 0 {
		g.cut = true
		return g
	}
	g.chains, g.error = []*strand{first}, g.score(first)
	g.lengthen(ctx)
	g.resize(ctx)
	g.multiply(ctx, sel)
	return g
}

// startOf is the better of a spectral model of the cells and of what selection left, by the error on check.
func (j *job) startOf(ctx context.Context, g *growth, c candidate, sel selection) *tensor.CP {
	var starts []*tensor.CP
	cells := g.withValues()
	scaling := c.scaling.fit(cells)
	if c.spectral {
		starts = j.starts(ctx, cells, []member{{candidate: c, scaling: scaling}}, "grow")
	}
	for _, m := range sel.fit.members {
		if s := m.posterior.Samples; len(s) > 0 && m.candidate.settings.Blocks == c.settings.Blocks {
			starts = append(starts, fullBlocks(s[len(s)-1].CP, c.settings.Blocks))
		}
	}
	var best *tensor.CP
	least := math.Inf(1)
	scaled := scaling.Apply(g.check)
	for _, start := range starts {
		if start == nil {
			continue
		}
		e := start.Residual(scaled)
		if best == nil || e < least {
			best, least = start, e
		}
	}
	return best
}

// fullBlocks are the first blocks of a sample, those that have every mode.
func fullBlocks(m *tensor.CP, count int) *tensor.CP {
	blocks := make([]int, count)
	for r := range blocks {
		blocks[r] = r
	}
	return m.Take(blocks)
}

// withValues are the cells with their values.
func (g *growth) withValues() *tensor.Observed {
	if g.again == nil {
		return g.cells
	}
	return &tensor.Observed{Modes: g.cells.Modes, Index: g.cells.Index, Values: g.again()}
}

// begin opens a chain. Chains of the same candidate differ by their number.
func (g *growth) begin(c candidate, start *tensor.CP, number int) *strand {
	g.job.tidy()
	cells := g.withValues()
	s := &strand{candidate: c, scaling: c.scaling.fit(cells)}
	if g.again != nil {
		s.data = s.scaling.ApplyInto(cells.Values, cells)
	} else {
		s.data = s.scaling.Apply(cells)
	}
	settings := c.settings
	settings.Threads, settings.Sorted, settings.Start = g.job.Threads, g.sorted, start
	settings.Stream = fmt.Sprintf("%s/%s/%d/%d", g.name, c.name, c.settings.Blocks, number)
	s.chain = posterior.NewChain(s.data, settings)
	return s
}

// extend goes on with a chain for so many sweeps, and keeps samples of the second half of it.
func (g *growth) extend(ctx context.Context, s *strand, sweeps int) {
	shape := g.cells.Shape()
	total := s.sweeps + sweeps
	drop := max(0, total/2-s.sweeps) // of the new ones, before the first sample
	most := min(keepSamples, int(sampleMemory/(4*s.candidate.sampleSize(shape))))
	s.samples = nil
	thin := max(1, (sweeps-drop)/max(1, most))
	cost := s.candidate.cost(shape, g.count)
	for done := 0; done < sweeps && ctx.Err() == nil; {
		step, every := min(thin, sweeps-done), thin
		if done < drop {
			step, every = 1, 2 // no sample
		}
		samples, _ := s.chain.Sweep(ctx, step, every)
		s.samples = append(s.samples, samples...)
		done += step
		g.job.spent(float64(step)*cost, step)
	}
	s.sweeps = total
	g.work += float64(float64(sweeps) * cost)
	s.last = fullBlocks(s.chain.Sample().CP, s.candidate.settings.Blocks)
	if len(s.samples) > 0 {
		s.expected = g.ensemble(s).all(g.check.Index, g.job.Threads)
	}
}

// settle lets go of what only a chain that goes on needs.
func (s *strand) settle() { s.chain, s.data = nil, nil }

// score is the root mean square error of the average of some chains on the cells that are held back.
func (g *growth) score(chains ...*strand) float64 {
	var sum float64
	for k, y := range g.check.Values {
		var mean float64
		for _, s := range chains {
			mean += s.expected[k].value / float64(len(chains))
		}
		e := (mean - y) / g.scored.ScaleAt(g.check.Cell(k))
		sum += float64(e * e)
	}
	return math.Sqrt(sum / float64(g.check.Len()))
}

// ensemble averages chains, those of one candidate as one member.
func (g *growth) ensemble(chains ...*strand) *ensemble {
	e := g.base
	e.members = nil
	for _, s := range chains {
		same := func(m member) bool { return m.candidate.name == s.candidate.name }
		at := slices.IndexFunc(e.members, same)
		if at < 0 {
			at = len(e.members)
			e.members = append(e.members, member{
				candidate: s.candidate, scaling: s.scaling,
				posterior: &posterior.Posterior{Blocks: s.candidate.settings.Blocks, Chains: []int{}},
			})
		}
		m := &e.members[at]
		m.weight += 1 / float64(len(chains))
		m.posterior.Join(&posterior.Posterior{Samples: s.samples})
	}
	return &e
}

// affords reports whether there is time for further work, and notes where there is not. Without a limit of time there
// always is; with one, the time that work has taken so far tells, and the final fit has to fit in too.
func (g *growth) affords(ctx context.Context, work float64) bool {
	j := g.job
	if ctx.Err() == nil && j.MaxTime == 0 {
		return true
	}
	now := j.now()
	if ctx.Err() == nil && now.elapsed+float64(now.pace()*(work+g.finalWork())) < 0.9*j.MaxTime.Seconds() {
		return true
	}
	g.cut = true
	return false
}

// lengthen doubles the only chain while that pays.
func (g *growth) lengthen(ctx context.Context) {
	s := g.chains[0]
	defer s.settle()
	cost := s.candidate.cost(g.cells.Shape(), g.count)
	for s.sweeps < mostSweeps && g.affords(ctx, float64(s.sweeps)*cost) {
		g.expect(float64(s.sweeps) * cost)
		g.before = g.error
		old, expected := s.samples, s.expected
		g.extend(ctx, s, s.sweeps)
		if ctx.Err() != nil { // half of a doubling is not compared
			if len(s.samples) < len(old) {
				s.samples, s.expected = old, expected
			}
			g.cut = true
			g.error = g.score(s)
			return
		}
		g.error = g.score(s)
		g.job.report("fitting while held-back cells gain from it", g.error)
		if g.error > g.worth*g.before && float64(s.sweeps)*cost > patience*g.job.Effort*defaultBudget {
			return
		}
	}
}

// resize tries more blocks as long as that pays, and fewer where it does not.
func (g *growth) resize(ctx context.Context) {
	if g.job.Blocks > 0 {
		return
	}
	for _, up := range []bool{true, false} {
		for moved := false; ; moved = true {
			s := g.chains[0]
			blocks := neighbour(g.job.blockCounts(), s.candidate.settings.Blocks, up)
			if blocks == 0 || !g.tryBlocks(ctx, s, blocks) {
				if moved {
					return
				}
				break
			}
		}
	}
}

// neighbour is the next of some numbers of blocks; 0 where there is none.
func neighbour(counts []int, blocks int, up bool) int {
	if up {
		for _, count := range counts {
			if count > blocks {
				return count
			}
		}
		return 0
	}
	for _, count := range slices.Backward(counts) {
		if count < blocks {
			return count
		}
	}
	return 0
}

// tryBlocks replaces the only chain by one with another number of blocks if that pays: fewer blocks where the error does
// not rise, more where it falls by what as much work again has to bring.
func (g *growth) tryBlocks(ctx context.Context, s *strand, blocks int) bool {
	c := s.candidate
	c.settings.Blocks = blocks
	cost := c.cost(g.cells.Shape(), g.count)
	sweeps := max(min(s.sweeps, firstSweeps), s.sweeps/4) // from where a chain that has settled ended
	if !g.affords(ctx, float64(sweeps)*cost) {
		return false
	}
	g.expect(float64(sweeps) * cost)
	start := s.last
	if blocks < start.Blocks {
		start = start.Take(start.ByNorm()[:blocks])
	}
	other := g.begin(c, start, 0)
	g.extend(ctx, other, sweeps)
	defer other.settle()
	if ctx.Err() != nil {
		g.cut = true
		return false
	}
	e := g.score(other)
	if needed := g.error * g.worth; e < needed || (blocks < s.candidate.settings.Blocks && e < g.error) {
		g.chains, g.before, g.error = []*strand{other}, g.error, e
		if blocks > s.candidate.settings.Blocks {
			g.lengthen(ctx)
		}
		return true
	}
	return false
}

// multiply doubles the number of chains while that pays. The first further chain is one of the second best candidate.
func (g *growth) multiply(ctx context.Context, sel selection) {
	for len(g.chains) < mostChains {
		first := g.chains[0]
		sweeps := max(min(first.sweeps, firstSweeps), first.sweeps/2) // it has settled by then
		cost := first.candidate.cost(g.cells.Shape(), g.count) * float64(sweeps)
		if !g.affords(ctx, float64(len(g.chains))*cost) {
			return
		}
		g.expect(float64(len(g.chains)) * cost)
		chains := slices.Clone(g.chains)
		var branches []branch
		for number := len(g.chains); number < 2*len(g.chains); number++ {
			c := first.candidate
			if number == 1 && len(sel.candidates) > 1 {
				c = sel.candidates[1]
				c.settings.Blocks, c.spectral = first.candidate.settings.Blocks, first.candidate.spectral
			}
			branches = append(branches, branch{c, g.start, number, 0, sweeps})
		}
		for s := range g.grown(ctx, branches) {
			if ctx.Err() != nil {
				g.cut = true
				return
			}
			chains = append(chains, s)
		}
		e := g.score(chains...)
		if e > g.worth*g.error {
			return
		}
		g.chains, g.before, g.error = chains, g.error, e
	}
}

// finalWork is the nominal work of fitting all observed cells as the held-back ones ask for.
func (g *growth) finalWork() (work float64) {
	for _, s := range g.chains {
		work += float64(float64(g.finalSweeps(s)) * s.candidate.cost(g.job.observed.Shape(), g.job.observed.Len()))
	}
	return work
}

// finalSweeps is how long a chain that has settled goes on with all observed cells.
func (g *growth) finalSweeps(s *strand) int {
	return max(leastSweeps, min(s.sweeps/2, 2*firstSweeps), s.sweeps/4)
}

// expect tells the meter that so much work is to come, and the final fit.
func (g *growth) expect(work float64) { g.job.expect(work + g.finalWork()) }

// final goes on with every chain on all observed cells; from the first sweep on, for it has settled.
func (g *growth) final(ctx context.Context, cells *tensor.Observed) *ensemble {
	g.cells, g.sorted = nil, nil // memory
	all := &growth{
		job: g.job, name: "final", cells: cells, count: cells.Len(), check: g.check.Subset(nil), sorted: posterior.Sort(cells),
		base: *newEnsemble(cells),
	}
	var branches []branch
	for number, s := range g.chains {
		branches = append(branches, branch{s.candidate, s.last, number, g.finalSweeps(s), g.finalSweeps(s)})
	}
	for t := range all.grown(ctx, branches) {
		if len(t.samples) < min(2, len(g.chains[len(all.chains)].samples)) {
			return g.ensemble(g.chains...) // time is up
		}
		all.chains = append(all.chains, t)
	}
	return all.ensemble(all.chains...)
}

// finishGrown fits the table by a growth, and measures it on cells that neither it nor any choice has seen.
func (j *job) finishGrown(ctx context.Context, f folds, sel selection, budget float64) fitted {
	g := j.grow(ctx, f, sel)
	kept, hidden := f.hide(0, sel.parts[0])
	out := fitted{method: "average of posterior samples of Bayesian CP models", folds: 1}
	measured, part, fit := hidden[0], 0, g.ensemble(g.chains...)
	if len(g.chains) == 0 {
		kept, measured = f.without(sel.parts[0])
		part, fit = sel.parts[0], sel.fit
		out.warnings = append(out.warnings, j.chosenBy())
	} else if g.cut {
		j.limited = j.MaxTime > 0
		out.warnings = append(out.warnings, g.unsettled())
	}
	var predicted outOfFold
	predicted.add(j, fit, kept, measured, f, part)
	predicted.combine(j.Seed)
	if j.mayHaveCompanion() && len(predicted.y) > 0 {
		predicted.besides = [][]beside{j.besides(fit, kept, measured)}
		out.companion = j.findCompanion(&predicted, predicted.weights(func(int) bool { return true }))
		out.alone = predicted.alone
	}
	out.heldOut, out.heldLimits = splitCensored(predicted.cells)
	out.scores = score(out.heldOut, j.scoring(kept))
	j.report("fitting all observed cells", out.scores.nrmse)
	if len(g.chains) > 0 {
		j.expect(g.finalWork())
		fit = g.final(ctx, f.cells)
	}
	j.conclude(ctx, &out, fit, f, sel.parts[0], budget)
	return out
}

// unsettled says what more time would bring.
func (g *growth) unsettled() string {
	words := "time was up before the error had settled"
	if g.before > 0 && !math.IsInf(g.before, 0) && g.error < g.before {
		words += fmt.Sprintf(": with the last doubling of the work the error on held-back values fell by %.2g %%",
			100*(1-g.error/g.before))
	}
	return words + ". " + g.job.moreTime()
}

// chosenBy warns of an error that was measured where the model was chosen.
func (j *job) chosenBy() string {
	return "time was up before the error could be measured on values that no choice has seen: the values that chose the " +
		"model stand in for them. " + j.moreTime()
}

// moreTime is the remedy where time was up too soon.
func (j *job) moreTime() string {
	if j.MaxTime > 0 {
		return fmt.Sprintf("More time would help: give --max-time %v or more", 2*j.MaxTime.Round(time.Second))
	}
	return "Let it run on for a better one"
}
