package gaps

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/bench/numpy"
)

// Shapes of gaps, in the order that their random numbers depend on:
//
//	random       30 % of the cells
//	fibres       everything along the ordered mode for 30 % of two others' label pairs: a station lacks a variable
//	outage       a run of 30 % of the ordered mode's labels for half of the labels of another: a station was closed
//	closed       the last 30 % of the ordered mode's labels for a third of the labels of another: a station ended
//	labels       a tenth of the ordered mode's labels altogether: months in which nobody measured
//	notatrandom  60 % of the largest fifth of the values, within a variable where units differ, and 15 % of the others
func Shapes() []string {
	return []string{"random", "fibres", "outage", "closed", "labels", "notatrandom"}
}

// hide tells which rows are hidden. Every label keeps a known cell, but in shape labels.
func (t *table) hide(shape string, seed uint64) ([]bool, error) {
	const attempts = 1000
	rng := numpy.New(20261125, seed, uint64(slices.Index(Shapes(), shape)))
	others := t.others()
	for range attempts {
		hidden := t.attempt(rng, shape, others[0], others[1])
		if shape == "labels" || t.everyLabelKnown(hidden) {
			return hidden, nil
		}
	}
	return nil, fmt.Errorf("%s: no gaps of shape %s leave every label a known cell", t.name, shape)
}

func (t *table) attempt(rng *numpy.Generator, shape string, a, b int) []bool {
	hidden := make([]bool, len(t.value))
	along, length := t.sizes[t.ordered], int(math.RoundToEven(0.3*float64(t.sizes[t.ordered])))
	// hideRun hides the labels from start to end of the ordered mode for a label of mode a.
	hideRun := func(label, start, end int) {
		for k, i := range t.index[t.ordered] {
			hidden[k] = hidden[k] || t.index[a][k] == label && i >= start && i < end
		}
	}
	switch shape {
	case "random":
		for k := range hidden {
			hidden[k] = rng.Random() < 0.3
		}
	case "fibres":
		pair, count := t.key(a, b)
		gone := make([]bool, count)
		for p := range gone {
			gone[p] = rng.Random() < 0.3
		}
		for k, p := range pair {
			hidden[k] = gone[p]
		}
	case "outage":
		length = max(2, length)
		for _, label := range rng.Permutation(t.sizes[a])[:max(1, t.sizes[a]/2)] {
			start := int(rng.Integers(uint32(along - length + 1)))
			hideRun(label, start, start+length)
		}
	case "closed":
		for _, label := range rng.Permutation(t.sizes[a])[:max(1, t.sizes[a]/3)] {
			hideRun(label, along-length, along)
		}
	case "labels":
		gone := make([]bool, along)
		for _, inner := range rng.Permutation(along - 2)[:max(1, along/10)] {
			gone[inner+1] = true
		}
		for k, i := range t.index[t.ordered] {
			hidden[k] = gone[i]
		}
	case "notatrandom":
		large := t.largest()
		for k := range hidden {
			share := 0.15
			if large[k] {
				share = 0.6
			}
			hidden[k] = rng.Random() < share
		}
	default:
		panic("gaps: there is no such shape")
	}
	return hidden
}

// largest tells which rows hold the largest fifth of the values of their unit.
func (t *table) largest() []bool {
	var values [][]float64
	groups := t.groups()
	for k, g := range groups {
		values = append(values, make([][]float64, max(0, g+1-len(values)))...)
		values[g] = append(values[g], t.value[k])
	}
	bounds := make([]float64, len(values))
	for g := range values {
		slices.Sort(values[g])
		bounds[g] = quantile(values[g], 0.8)
	}
	large := make([]bool, len(t.value))
	for k, g := range groups {
		large[k] = t.value[k] >= bounds[g]
	}
	return large
}

// quantile interpolates linearly between sorted values, in NumPy's order of operations.
func quantile(sorted []float64, q float64) float64 {
	at := float64(q * float64(len(sorted)-1))
	below := int(at)
	low, high := sorted[below], sorted[min(below+1, len(sorted)-1)]
	rest := at - float64(below)
	if rest < 0.5 {
		return low + float64((high-low)*rest)
	}
	return high - float64((high-low)*(1-rest))
}

func (t *table) everyLabelKnown(hidden []bool) bool {
	for n, size := range t.sizes {
		known := make([]bool, size)
		for k, i := range t.index[n] {
			known[i] = known[i] || !hidden[k]
		}
		if slices.Contains(known, false) {
			return false
		}
	}
	return true
}
