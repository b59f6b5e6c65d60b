package gaps

import (
	"math"
	"slices"
	"sort"

	"lacuna/tensor"
)

// score counts errors on hidden rows in standardised units: those of the known values, one mean and deviation for every
// unit.
type score struct {
	*table
	hidden []bool
	y      []float64 // standardised, of all rows
	mean   []float64 // of a row's unit
	scale  []float64
	spread float64 // deviation of y over the hidden rows
}

func newScore(t *table, hidden []bool) *score {
	rows := len(t.value)
	s := &score{
		table: t, hidden: hidden,
		y: make([]float64, rows), mean: make([]float64, rows), scale: make([]float64, rows),
	}
	groups := t.groups()
	known := make([][]float64, slices.Max(groups)+1)
	for k, g := range groups {
		if !hidden[k] {
			known[g] = append(known[g], t.value[k])
		}
	}
	for g, values := range known {
		mean, deviation := tensor.Moments(values)
		if deviation == 0 {
			deviation = 1
		}
		for k := range groups {
			if groups[k] == g {
				s.mean[k], s.scale[k] = mean, deviation
			}
		}
	}
	var held []float64
	for k, v := range t.value {
		s.y[k] = (v - s.mean[k]) / s.scale[k]
		if hidden[k] {
			held = append(held, s.y[k])
		}
	}
	_, s.spread = tensor.Moments(held)
	return s
}

// nrmse is the root mean square error of standardised predictions over the hidden rows' deviation.
func (s *score) nrmse(predicted func(row int) float64) float64 {
	var squares, count float64
	for k, hidden := range s.hidden {
		if hidden {
			e := predicted(k) - s.y[k]
			squares += float64(e * e)
			count++
		}
	}
	return math.Sqrt(squares/count) / s.spread
}

// simple is the NRMSE of simple methods.
func (s *score) simple() map[string]float64 {
	scoreOf := func(fit []float64) float64 { return s.nrmse(func(k int) float64 { return fit[k] }) }
	main := s.effects(false)
	mean := s.knownMean()
	return map[string]float64{
		"mean":          s.nrmse(func(int) float64 { return mean }),
		"main_effects":  scoreOf(main),
		"pair_effects":  scoreOf(s.effects(true)),
		"interpolation": scoreOf(s.interpolation(main)),
	}
}

func (s *score) knownMean() float64 {
	var sum, count float64
	for k, y := range s.y {
		if !s.hidden[k] {
			sum += y
			count++
		}
	}
	return sum / count
}

// effects predicts all rows by a mean and the effects of every label, and of every pair of labels where pairs is true,
// each shrunk by a ridge (1, and 3 for pairs) and fitted in turn in 20 sweeps.
func (s *score) effects(pairs bool) []float64 {
	type effect struct {
		key                []int
		ridge              float64
		fit, counts, total []float64
	}
	var all []effect
	add := func(ridge float64, modes ...int) {
		key, count := s.key(modes...)
		e := effect{key, ridge, make([]float64, count), make([]float64, count), make([]float64, count)}
		for k, i := range key {
			if !s.hidden[k] {
				e.counts[i]++
			}
		}
		all = append(all, e)
	}
	for n := range s.index {
		add(1, n)
	}
	for p := range s.index {
		for q := p + 1; pairs && q < len(s.index); q++ {
			add(3, p, q)
		}
	}
	mean := s.knownMean()
	residual := make([]float64, len(s.y))
	for k, y := range s.y {
		residual[k] = y - mean
	}
	for range 20 {
		for _, e := range all {
			clear(e.total)
			for k, i := range e.key {
				if !s.hidden[k] {
					residual[k] += e.fit[i]
					e.total[i] += residual[k]
				}
			}
			for i := range e.fit {
				e.fit[i] = e.total[i] / (e.counts[i] + e.ridge)
			}
			for k, i := range e.key {
				residual[k] -= e.fit[i]
			}
		}
	}
	predicted := make([]float64, len(s.y))
	for k := range predicted {
		predicted[k] = mean
		for _, e := range all {
			predicted[k] += e.fit[e.key[k]]
		}
	}
	return predicted
}

// interpolation predicts all rows from the nearest known ones along the ordered mode: linearly between two, as the last
// one beyond the ends, and by fallback where none is known.
func (s *score) interpolation(fallback []float64) []float64 {
	fibre, count := s.key(s.others()...)
	at := s.index[s.ordered]
	known := make([][]int, count)
	for k, f := range fibre {
		if !s.hidden[k] {
			known[f] = append(known[f], k)
		}
	}
	for _, rows := range known {
		sort.SliceStable(rows, func(a, b int) bool { return at[rows[a]] < at[rows[b]] })
	}
	predicted := slices.Clone(fallback)
	for k, f := range fibre {
		rows := known[f]
		next := sort.Search(len(rows), func(i int) bool { return at[rows[i]] > at[k] })
		switch {
		case len(rows) == 0:
		case next == 0:
			predicted[k] = s.y[rows[0]]
		case next == len(rows):
			predicted[k] = s.y[rows[next-1]]
		default:
			left, right := rows[next-1], rows[next]
			slope := (s.y[right] - s.y[left]) / float64(at[right]-at[left])
			predicted[k] = s.y[left] + float64(slope*float64(at[k]-at[left]))
		}
	}
	return predicted
}
