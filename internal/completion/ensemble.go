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

// member is the posterior of one candidate.
type member struct {
	candidate candidate
	scaling   tensor.Scaling
	posterior *posterior.Posterior
	weight    float64
}

// ensemble is a weighted average of posteriors.
type ensemble struct {
	members   []member
	effects   effects // but for their mean, fitted where a member has no sample
	deviation float64 // of the training cells
	least     float64 // of the training cells
	low, high float64 // predictions are kept within half a range of the training cells
}

const (
	keepSamples  = 50    // stored of a chain
	sampleMemory = 256e6 // bytes that the samples of one fit may take

	// The deviation of the noise, in units of the values' own, is no less than these at the first and the last sweep of the
	// burning in: rows that fit little noise from the start hardly move any more, and each chain stays where it fell first.
	annealFrom, annealTo = 0.5, 0.02
)

// newEnsemble is one without members.
func newEnsemble(cells *tensor.Observed) *ensemble {
	e := new(ensemble)
	e.effects.mean, e.deviation = tensor.Moments(cells.Values)
	e.least = slices.Min(cells.Values)
	e.low, e.high = bounds(cells.Values)
	return e
}

// fitting is an ensemble whose chains are to be run.
type fitting struct {
	*ensemble
	cells  *tensor.Observed
	chains int                  // of every member, one after the other
	runs   []posterior.Settings // of all chains, but for what does not change their samples
	sweeps int                  // of a chain
}

func (j *job) newFitting(
	ctx context.Context, cells *tensor.Observed, candidates []candidate, weights []float64,
	chains, sweeps int, stream string,
) *fitting {
	f := &fitting{ensemble: newEnsemble(cells), cells: cells, chains: chains, sweeps: sweeps}
	for k, c := range candidates {
		m := member{candidate: c, weight: weights[k]}
		m.scaling = c.scaling.fit(cells)
		f.members = append(f.members, m)
	}
	starts := j.starts(ctx, cells, f.members, stream)
	total := float64(len(candidates) * chains)
	for k, m := range f.members {
		for number := range chains {
			s := m.candidate.settings
			s.Start = starts[k]
			s.Stream = fmt.Sprintf("%s/%s/%d/%d", stream, m.candidate.name, s.Blocks, number)
			s.Burn = sweeps / 2
			s.Keep = max(1, min(keepSamples, sweeps-s.Burn, int(sampleMemory/(total*m.candidate.sampleSize(cells.Shape())))))
			s.Thin = (sweeps - s.Burn) / s.Keep
			if s.Start == nil { // much noise would take a chain away from a start
				s.Anneal = posterior.Anneal{From: annealFrom, To: annealTo, Sweeps: s.Burn}
			}
			f.runs = append(f.runs, s)
		}
	}
	return f
}

// fit runs chains of every candidate on the given cells.
func (j *job) fit(
	ctx context.Context, cells *tensor.Observed, candidates []candidate, weights []float64,
	chains, sweeps int, stream string,
) *ensemble {
	f := j.newFitting(ctx, cells, candidates, weights, chains, sweeps, stream)
	runs := make([]*posterior.Posterior, len(f.runs))
	threads := max(1, j.Threads/len(runs))
	sorted := posterior.Sort(cells)
	parallel.For(j.Threads, len(runs), func(k int) {
		m, s := &f.members[k/chains], f.runs[k]
		s.Threads, s.Sorted = threads, sorted
		runs[k], _ = posterior.Run(ctx, m.scaling.Apply(cells), s) // an early end leaves fewer samples, or none
		j.spent(f.cost(k), sweeps)
	})
	return f.join(runs)
}

// cost is the nominal work of a chain.
func (f *fitting) cost(k int) float64 {
	return float64(f.sweeps) * f.members[k/f.chains].candidate.cost(f.cells.Shape(), f.cells.Len())
}

// join gives the members the samples of their chains.
func (f *fitting) join(runs []*posterior.Posterior) *ensemble {
	for k := range f.members {
		m := &f.members[k]
		m.posterior = runs[k*f.chains]
		m.posterior.Join(runs[k*f.chains+1:][:f.chains-1]...)
		if len(m.posterior.Samples) == 0 && f.effects.effect == nil {
			f.effects = fitEffects(f.cells)
		}
	}
	return f.ensemble
}

func bounds(values []float64) (low, high float64) {
	low, high = values[0], values[0]
	for _, v := range values {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low - float64((high-low)/2), high + float64((high-low)/2)
}

func (e *ensemble) at(cell []int32) prediction {
	var sum mixture
	for k := range e.members {
		if m := &e.members[k]; m.counts() {
			value, spread, noise := m.posterior.At(cell)
			sum.add(e, m, m.undo(cell, value, spread, noise))
		}
	}
	return sum.prediction(e, cell)
}

func (e *ensemble) all(index [][]int32, threads int) []prediction {
	count := len(index[0])
	sums := make([]mixture, count)
	value, spread, noise := make([]float64, count), make([]float64, count), make([]float64, count)
	for k := range e.members {
		m := &e.members[k]
		if !m.counts() {
			continue
		}
		m.posterior.Predict(index, value, spread, noise, threads)
		eachCell(index, threads, func(c int, cell []int32) {
			sums[c].add(e, m, m.undo(cell, value[c], spread[c], noise[c]))
		})
	}
	out := make([]prediction, count)
	eachCell(index, threads, func(c int, cell []int32) { out[c] = sums[c].prediction(e, cell) })
	return out
}

// counts reports whether a member has a part in predictions.
func (m *member) counts() bool { return m.weight > 0 && len(m.posterior.Samples) > 0 }

// undo brings what the posterior says of a cell to the data's units.
func (m *member) undo(cell []int32, value, spread, noise float64) prediction {
	scale := m.scaling.ScaleAt(cell)
	return prediction{m.scaling.Undo(cell, value), scale * scale * spread, scale * scale * noise}
}

// mixture sums what the members of an ensemble say of a cell.
type mixture struct{ total, mean, squares, spread, noise float64 }

// add counts no value outside the bounds of predictions, and no variance above the square of the range of the known values:
// what a chain that is lost says, or a mean over magnitudes, can be beyond all measure.
func (x *mixture) add(e *ensemble, m *member, p prediction) {
	widest := float64(e.widest() * e.widest())
	p.spread, p.noise = math.Min(p.spread, widest), math.Min(p.noise, widest)
	v := math.Min(math.Max(p.value, e.low), e.high)
	x.total += m.weight
	x.mean += float64(m.weight * v)
	x.squares += float64(m.weight * (v - e.effects.mean) * (v - e.effects.mean))
	x.spread += float64(m.weight * p.spread)
	x.noise += float64(m.weight * p.noise)
}

// widest is the range of the known values.
func (e *ensemble) widest() float64 { return (e.high - e.low) / 2 }

func (x *mixture) prediction(e *ensemble, cell []int32) prediction {
	if x.total == 0 { // stopped before the first sample
		return prediction{value: e.effects.at(cell), spread: e.deviation * e.deviation}
	}
	mean := x.mean / x.total
	between := x.squares/x.total - float64((mean-e.effects.mean)*(mean-e.effects.mean))
	return prediction{mean, x.spread/x.total + math.Max(0, between), x.noise / x.total}
}

// only returns the ensemble of one of the members.
func (e *ensemble) only(k int) *ensemble {
	one := *e
	one.members = []member{e.members[k]}
	one.members[0].weight = 1
	return &one
}

// thinned is the ensemble with fewer samples, which tell its values nearly as well.
func (e *ensemble) thinned() *ensemble {
	const most = 100 // of a member
	some := *e
	some.members = slices.Clone(e.members)
	for k := range some.members {
		some.members[k].posterior = some.members[k].posterior.Thin(most)
	}
	return &some
}

// noise is the least deviation of the noise that a member's last sample has, in standardised units.
func (e *ensemble) noise() float64 {
	least := math.Inf(1)
	for _, m := range e.members {
		if s := m.posterior.Samples; len(s) > 0 {
			least = math.Min(least, math.Sqrt(s[len(s)-1].Scatter.Level()))
		}
	}
	return least
}

// lastModel is the CP model of the last sample, blocks in falling order of norm; nil without samples, and where it does not
// tell expected values.
func (m *member) lastModel() *tensor.CP {
	s := m.posterior.Samples
	if len(s) == 0 || !expectsValues(m.candidate.settings.Noise) {
		return nil
	}
	blocks := fullBlocks(s[len(s)-1].CP, m.candidate.settings.Blocks)
	return blocks.Take(blocks.ByNorm())
}

func (e *ensemble) samples() int {
	count := 0
	for _, m := range e.members {
		count += len(m.posterior.Samples)
	}
	return count
}
