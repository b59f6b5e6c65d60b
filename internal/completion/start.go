package completion

import (
	"context"
	"sync"

	"lacuna/internal/posterior"
	"lacuna/internal/spectral"
	"lacuna/tensor"
)

// manyCells is the number of known cells from which a spectral start is tried beside a scattered one: below it, chains
// find the blocks by themselves.
const manyCells = 30_000

// mostSpans is the number of eigenvectors of a mode that are looked at.
const mostSpans = 16

// expectsValues reports whether the model's predictor is the expected value itself, as a spectral start takes it to be.
func expectsValues(noise posterior.Noise) bool {
	switch noise.(type) {
	case posterior.Gaussian, posterior.Student:
		return true
	}
	return false
}

// startCache keeps what was found for the cells of a fold.
type startCache struct {
	mutex  sync.Mutex
	spans  map[startKey]*spectral.Spans // by scaling alone
	starts map[startKey]*tensor.CP
}

// forget drops what was found, which holds the cells.
func (c *startCache) forget() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.spans, c.starts = nil, nil
}

type startKey struct {
	cells   string // name of the fold
	scaling scaling
	blocks  int
}

// starts are the models that the chains of every member start from: spectral ones where its candidate asks for them. The
// name tells which cells they are.
func (j *job) starts(ctx context.Context, cells *tensor.Observed, members []member, name string) []*tensor.CP {
	out := make([]*tensor.CP, len(members))
	for k, m := range members {
		if m.candidate.spectral {
			out[k] = j.spectralStart(ctx, cells, m.scaling, startKey{name, m.candidate.scaling, m.candidate.settings.Blocks})
		}
	}
	return out
}

func (j *job) spectralStart(ctx context.Context, cells *tensor.Observed, scaling tensor.Scaling, key startKey) *tensor.CP {
	cache := &j.found
	cache.mutex.Lock()
	start, known := cache.starts[key]
	cache.mutex.Unlock()
	if known {
		return start
	}
	start = j.spansOf(ctx, cells, scaling, key).Start(ctx, key.blocks)
	j.spent(startCost, 0)
	cache.mutex.Lock()
	defer cache.mutex.Unlock()
	if cache.starts == nil {
		cache.starts = map[startKey]*tensor.CP{}
	}
	cache.starts[key] = start
	return start
}

func (j *job) spansOf(ctx context.Context, cells *tensor.Observed, scaling tensor.Scaling, key startKey) *spectral.Spans {
	cache := &j.found
	key.blocks = 0
	cache.mutex.Lock()
	spans, known := cache.spans[key]
	cache.mutex.Unlock()
	if known {
		return spans
	}
	j.tidy()
	spans = spectral.Find(ctx, scaling.Apply(cells), mostSpans, j.Seed, j.Threads)
	j.spent(spansCost(cells.Order(), cells.Len()), 0)
	cache.mutex.Lock()
	defer cache.mutex.Unlock()
	if cache.spans == nil {
		cache.spans = map[startKey]*spectral.Spans{}
	}
	cache.spans[key] = spans
	return spans
}

// trySpectral tries the leading form from a spectral start, and the others where that helps; best holds the outcomes. It
// returns which leads then.
func (j *job) trySpectral(best []*trial, lead int, try func(candidate) *trial) int {
	const helps = 0.98 // of the error from scattered starts
	at := func(k int) *trial {
		c := best[k].candidate
		c.spectral = expectsValues(c.settings.Noise)
		return try(c)
	}
	t := at(lead)
	if t.error >= helps*best[lead].error {
		return lead
	}
	best[lead] = t
	for k := range best {
		if k == lead {
			continue
		}
		if t := at(k); t.error < best[k].error {
			best[k] = t
		}
	}
	for k := range best {
		if best[k].error < best[lead].error {
			lead = k
		}
	}
	return lead
}
