package completion

import (
	"math"
	"strconv"

	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// scaling is a way to bring values to deviations near 1. The zero value leaves them as they are.
type scaling struct {
	kind scalingKind
	mode int    // of byLabel
	own  string // its labels, a letter each, that stay as they are
}

type scalingKind int

const (
	raw      scalingKind = iota
	centred              // one mean and one deviation
	byFactor             // one factor: a mean would be a further block
	byLabel              // a mean and a deviation for every index of a mode
)

func (s scaling) fit(cells *tensor.Observed) tensor.Scaling {
	switch s.kind {
	case centred:
		return tensor.FitScaling(cells, tensor.StandardiseGlobal, 0)
	case byFactor:
		var squares float64
		for _, v := range cells.Values {
			squares += float64(v * v)
		}
		return tensor.Scaling{
			Mode: -1, Mean: []float64{0}, Scale: []float64{math.Sqrt(squares / float64(cells.Len()))},
		}
	case byLabel:
		out := tensor.FitScaling(cells, tensor.StandardiseMode, s.mode)
		for _, label := range s.own {
			out.Mean[label], out.Scale[label] = 0, 1
		}
		return out
	}
	return tensor.FitScaling(cells, tensor.StandardiseNone, 0)
}

// unitMode returns the mode whose labels are names of quantities with scales of their own, or −1.
func unitMode(o *tensor.Observed) int {
	n := tensor.FitScaling(o, tensor.StandardiseAuto, 0).Mode
	if n < 0 {
		return -1
	}
	for _, label := range o.Modes[n].Labels {
		if _, err := strconv.ParseFloat(label, 64); err != nil {
			return n
		}
	}
	return -1
}

// firstScaling is the standardisation of a form that is tried first.
func (j *job) firstScaling(form posterior.Form) scaling {
	switch {
	case form.Raw, j.Standardise == tensor.StandardiseNone:
		return scaling{kind: raw}
	case j.Nonnegative: // taking a mean off would leave values of either sign
		return scaling{kind: byFactor}
	case j.Standardise == tensor.StandardiseGlobal:
		return scaling{kind: centred}
	case j.Standardise == tensor.StandardiseMode:
		return scaling{kind: byLabel, mode: j.StandardiseMode}
	case j.unit >= 0 && !form.Pooled:
		return scaling{kind: byLabel, mode: j.unit}
	}
	return scaling{kind: centred}
}

// otherScalings lists the standardisations that are tried beside the first, where the choice is free.
func (j *job) otherScalings(c candidate) (others []scaling) {
	if j.Standardise != tensor.StandardiseAuto || c.scaling.kind == raw || j.Nonnegative || c.scaling.own != "" {
		return nil
	}
	all := []scaling{{kind: centred}, {kind: byFactor}}
	for n := range j.observed.Modes {
		all = append(all, scaling{kind: byLabel, mode: n})
	}
	for _, s := range all {
		if s != c.scaling {
			others = append(others, s)
		}
	}
	return others
}
