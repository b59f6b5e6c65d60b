package completion

import (
	"errors"
	"fmt"
	"slices"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// errExact and errConstant are returned where a fit has nothing that further labels could be learnt with.
var (
	errExact = errors.New("the fit explains its table exactly, and knows nothing of labels that it has not seen: " +
		"complete the whole table again")
	errConstant = errors.New("the fit has one value for all cells, and can learn nothing of further labels: " +
		"complete the whole table again")
)

// Extend returns the completion of the tensor with further labels of one mode, without refitting: index, one column a
// mode, and values are known cells of these labels, whose indices follow those that there are. Every posterior sample gets
// rows for the labels from their conditional distribution given these cells.
//
// That is the posterior of the whole table but for three things: what is known already learns nothing from the new cells;
// the labels have no place in an order that the mode may have; their noise is taken to be that of a typical label, and
// where labels have units of their own, mean and deviation are those of the label's known cells, or those of all labels
// where there are fewer than two. An exact model and a noise that is not around the predictor are refused.
func (c *Completion) Extend(mode int, labels []string, index [][]int32, values []float64) (*Completion, error) {
	fit, ok := modelsOf(c.fit)
	switch c.fit.(type) {
	case *exactFit:
		return nil, errExact
	case constant:
		return nil, errConstant
	}
	if !ok || mode < 0 || mode >= c.Observed.Order() {
		return nil, fmt.Errorf("mode %d of a tensor with %d modes: modes count from 0", mode, c.Observed.Order())
	}
	first := int32(len(c.Observed.Modes[mode].Labels))
	for _, i := range index[mode] {
		if i < first {
			return nil, fmt.Errorf("a cell of label %d is no cell of a further label, which count from %d", i, first)
		}
	}
	modes := slices.Clone(c.Observed.Modes)
	m := &modes[mode]
	m.Labels = append(slices.Clone(m.Labels), labels...)
	m.Coordinates, m.Unit, m.Periods = nil, "", nil
	cells, err := tensor.NewObserved(modes, slices.Clone(index), slices.Clone(values))
	if err != nil {
		return nil, err
	}
	out := *c
	if out.Observed, err = joined(c.Observed, cells); err != nil {
		return nil, err
	}
	out.Scaling = extendScaling(c.Scaling, mode, len(labels), cells)
	if c.calibration.mode == mode {
		ones := slices.Repeat([]float64{1}, len(labels))
		out.calibration = c.calibration.extended(ones)
	}
	if l := c.laws; l != nil && l.Mode == mode {
		out.laws = &laws{mode, append(slices.Clone(l.Of), make([]labelLaw, len(labels))...)}
	}
	if c.shape != nil {
		out.unit = extendScaling(c.unit, mode, len(labels), cells)
		out.shape = knownShape(out.Observed)
	}
	extended, err := fit.extend(mode, len(labels), cells, c.seed, c.Settings.Nonnegative)
	if out.fit = extended; err != nil {
		return nil, err
	}
	if with, ok := c.fit.(*accompanied); ok {
		out.fit = &accompanied{extended, with.companion}
	}
	return &out, nil
}

// extended is the calibration with further labels, of which no held-out cell tells.
func (c calibration) extended(stretch []float64) calibration {
	c.stretch = append(slices.Clone(c.stretch), stretch...)
	if c.bends != nil {
		c.bends = append(slices.Clone(c.bends), make([]bend, len(stretch))...)
	}
	if c.apart != nil {
		apart := slices.Clone(c.apart)
		for k, own := range apart {
			if own != nil {
				further := own.extended(stretch)
				apart[k] = &further
			}
		}
		c.apart = apart
	}
	if c.own != nil {
		c.own = append(slices.Clone(c.own), slices.Repeat([]graded{{beside: c.ratios}}, len(stretch))...)
	}
	return c
}

// joined are all cells in canonical order, with the modes of the second.
func joined(a, b *tensor.Observed) (*tensor.Observed, error) {
	index := make([][]int32, a.Order())
	for n := range index {
		index[n] = slices.Concat(a.Index[n], b.Index[n])
	}
	values := slices.Concat(a.Values, b.Values)
	if a.Low == nil {
		return tensor.NewObserved(b.Modes, index, values)
	}
	return tensor.NewCensored(b.Modes, index, values, slices.Concat(a.Low, b.Values), slices.Concat(a.High, b.Values))
}

// extendScaling gives further labels of a mode the mean and deviation of their cells, or those of a typical label where
// there are too few.
func extendScaling(s tensor.Scaling, mode, count int, cells *tensor.Observed) tensor.Scaling {
	if s.Mode != mode {
		return s
	}
	typical, _ := tensor.Moments(s.Mean)
	usual, _ := tensor.Moments(s.Scale)
	out := tensor.Scaling{Mode: mode, Mean: slices.Clone(s.Mean), Scale: slices.Clone(s.Scale)}
	for k := range count {
		var own []float64
		for c, i := range cells.Index[mode] {
			if int(i) == len(s.Mean)+k {
				own = append(own, cells.Values[c])
			}
		}
		mean, deviation := typical, usual
		if m, d := tensor.Moments(own); len(own) >= 2 && d > 0 {
			mean, deviation = m, d
		} else if len(own) > 0 {
			mean = m
		}
		out.Mean, out.Scale = append(out.Mean, mean), append(out.Scale, deviation)
	}
	return out
}

func (e *ensemble) extend(mode, count int, cells *tensor.Observed, seed uint64, nonnegative bool) (*ensemble, error) {
	out := *e
	out.members = nil
	for k, m := range e.members {
		m.scaling = extendScaling(m.scaling, mode, count, cells)
		extend := m.posterior.Extend
		if nonnegative {
			extend = m.posterior.ExtendNonnegative
		}
		p, err := extend(mode, count, m.scaling.Apply(cells), rng.New(seed, fmt.Sprint("extend/", k)))
		if err != nil {
			return nil, err
		}
		m.posterior = p
		out.members = append(out.members, m)
	}
	if e.effects.effect != nil {
		out.effects.effect = slices.Clone(e.effects.effect)
		out.effects.effect[mode] = append(slices.Clone(e.effects.effect[mode]), make([]float64, count)...)
	}
	return &out, nil
}
