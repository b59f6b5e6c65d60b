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
	effects   effects
	deviation float64 // of the training cells
	least     float64 // of the training cells
	low, high float64 // predictions are kept within half a range of the training cells
}

const (
	keepSamples  = 50    // stored of a chain
	sampleMemory = 256e6 // bytes that the samples of one fit may take
)

// fit runs chains of every candidate on the given cells.
func (j *job) fit(
	ctx context.Context, cells *tensor.Observed, candidates []candidate, weights []float64,
	chains, sweeps int, stream string,
) *ensemble {
	e := &ensemble{effects: fitEffects(cells)}
	_, e.deviation = tensor.Moments(cells.Values)
	e.least = slices.Min(cells.Values)
	e.low, e.high = bounds(cells.Values)
	shape := cells.Shape()
	runs := make([]*posterior.Posterior, len(candidates)*chains)
	threads := max(1, j.Threads/len(runs))
	sorted := posterior.Sort(cells)
	for k, c := range candidates {
		m := member{candidate: c, weight: weights[k]}
		m.scaling = c.scaling.fit(cells)
		e.members = append(e.members, m)
	}
	parallel.For(j.Threads, len(runs), func(k int) {
		m := &e.members[k/chains]
		s := m.candidate.settings
		s.Threads, s.Sorted = threads, sorted
		s.Stream = fmt.Sprintf("%s/%s/%d/%d", stream, m.candidate.name, s.Blocks, k%chains)
		s.Burn = sweeps / 2
		s.Keep = max(1, min(keepSamples, sweeps-s.Burn, int(sampleMemory/(float64(len(runs))*m.candidate.sampleSize(shape)))))
		s.Thin = (sweeps - s.Burn) / s.Keep
		runs[k], _ = posterior.Run(ctx, m.scaling.Apply(cells), s) // an early end leaves fewer samples, or none
		j.spent(float64(sweeps)*m.candidate.cost(shape, cells.Len()), sweeps)
	})
	for k := range e.members {
		m := &e.members[k]
		m.posterior = runs[k*chains]
		for _, run := range runs[k*chains+1:][:chains-1] {
			m.posterior.Samples = append(m.posterior.Samples, run.Samples...)
		}
	}
	return e
}

func bounds(values []float64) (low, high float64) {
	low, high = values[0], values[0]
	for _, v := range values {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	return low - float64((high-low)/2), high + float64((high-low)/2)
}

func (e *ensemble) at(cell []int32) prediction {
	var total, mean, squares, spread, noise float64
	for k := range e.members {
		m := &e.members[k]
		if m.weight == 0 || len(m.posterior.Samples) == 0 {
			continue
		}
		p := m.at(cell)
		v := math.Min(math.Max(p.value, e.low), e.high)
		total += m.weight
		mean += float64(m.weight * v)
		squares += float64(m.weight * (v - e.effects.mean) * (v - e.effects.mean))
		spread += float64(m.weight * p.spread)
		noise += float64(m.weight * p.noise)
	}
	if total == 0 { // stopped before the first sample
		return prediction{value: e.effects.at(cell), spread: e.deviation * e.deviation}
	}
	mean /= total
	between := squares/total - float64((mean-e.effects.mean)*(mean-e.effects.mean))
	return prediction{mean, spread/total + math.Max(0, between), noise / total}
}

func (m *member) at(cell []int32) prediction {
	v, spread, noise := m.posterior.At(cell)
	scale := m.scaling.ScaleAt(cell)
	return prediction{m.scaling.Undo(cell, v), scale * scale * spread, scale * scale * noise}
}

// only returns the ensemble of one of the members.
func (e *ensemble) only(k int) *ensemble {
	one := *e
	one.members = []member{e.members[k]}
	one.members[0].weight = 1
	return &one
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

func (e *ensemble) samples() int {
	count := 0
	for _, m := range e.members {
		count += len(m.posterior.Samples)
	}
	return count
}
