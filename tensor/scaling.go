package tensor

import (
	"slices"

	"lacuna/internal/portable"
)

// Standardise says how values are brought to mean 0 and standard deviation 1.
type Standardise int

// The ways to standardise. The zero value chooses by the data.
const (
	StandardiseAuto   Standardise = iota // by mode when one mode's slices have clearly different scales, else global
	StandardiseNone                      // values as they are
	StandardiseGlobal                    // one mean and one deviation
	StandardiseMode                      // a mean and a deviation for every index of one mode
)

// StandardiseNamed reads none, global, auto or the name of a mode; ok is false for any other. A mode of one of those
// names is taken for the word.
func StandardiseNamed(text string, modes []Mode) (how Standardise, mode int, ok bool) {
	words := map[string]Standardise{
		"auto": StandardiseAuto, "none": StandardiseNone, "global": StandardiseGlobal,
	}
	if how, ok := words[text]; ok {
		return how, 0, true
	}
	mode = slices.IndexFunc(modes, func(m Mode) bool { return m.Name == text })
	return StandardiseMode, mode, mode >= 0
}

// Scaling is an affine map of values, fitted on observed cells only:
// standardised = (value − Mean[i]) / Scale[i], where i is the cell's index in mode Mode, or 0 when Mode < 0.
type Scaling struct {
	Mode  int       // −1: one mean and scale for all cells
	Mean  []float64 // one a index of Mode, or one in all
	Scale []float64 // positive
}

// FitScaling fits a scaling on the observed cells. mode is used by StandardiseMode alone. A slice with
// no spread, or with fewer than two cells, takes the global scale (and, with no cell, the global mean).
//
// StandardiseAuto takes the mode whose slices differ most clearly in scale, if what they hold are different quantities:
// slices of one quantity that is here larger and there smaller go up and down together, and such factors are what
// the model is made of, unless they are so far apart that the small slices would count for nothing.
func FitScaling(o *Observed, how Standardise, mode int) Scaling {
	switch how {
	case StandardiseNone:
		return Scaling{Mode: -1, Mean: []float64{0}, Scale: []float64{1}}
	case StandardiseGlobal:
		return globalScaling(o)
	case StandardiseMode:
		return modeScaling(o, mode)
	}
	const clear, lost, alike = 4.0, 100.0, 0.25
	best, bestRatio := -1, clear
	for n := range o.Modes {
		ratio := scaleSpread(o, n)
		if ratio > bestRatio && (ratio > lost || likeness(o, n) < alike) {
			best, bestRatio = n, ratio
		}
	}
	if best >= 0 {
		return modeScaling(o, best)
	}
	return globalScaling(o)
}

func globalScaling(o *Observed) Scaling {
	mean, deviation := Moments(o.Values)
	if deviation == 0 {
		deviation = 1
	}
	return Scaling{Mode: -1, Mean: []float64{mean}, Scale: []float64{deviation}}
}

func modeScaling(o *Observed, mode int) Scaling {
	global := globalScaling(o)
	all := sliceValues(o, mode)
	s := Scaling{Mode: mode, Mean: make([]float64, len(all)), Scale: make([]float64, len(all))}
	for i, values := range all {
		s.Mean[i], s.Scale[i] = Moments(values)
		if len(values) == 0 {
			s.Mean[i] = global.Mean[0]
		}
		if len(values) < 2 || s.Scale[i] == 0 {
			s.Scale[i] = global.Scale[0]
		}
	}
	return s
}

func sliceValues(o *Observed, mode int) [][]float64 {
	all := make([][]float64, len(o.Modes[mode].Labels))
	for c, i := range o.Index[mode] {
		all[i] = append(all[i], o.Values[c])
	}
	return all
}

// scaleSpread measures how clearly the slices of a mode differ in scale: the ratio of the pooled
// variance to the geometric mean of the slices' variances, corrected for slices of few cells. It is 1
// when all slices share one mean and deviation; variables in different units reach 10 and more.
func scaleSpread(o *Observed, mode int) float64 {
	const fewestCells = 8
	_, pooled := Moments(o.Values)
	if pooled == 0 {
		return 1
	}
	var logs float64
	var count int
	for _, values := range sliceValues(o, mode) {
		if len(values) < fewestCells {
			return 1
		}
		_, deviation := Moments(values)
		if deviation == 0 {
			return 1
		}
		logs += portable.Log(deviation*deviation) + 1/float64(len(values))
		count++
	}
	return pooled * pooled / portable.Exp(logs/float64(count))
}

// likeness is the mean correlation between two slices of a mode, over the pairs of observed cells that differ in that
// mode alone: about 0 for unlike quantities, up to 1 for multiples of one pattern. It is 0 where there is no such pair.
func likeness(o *Observed, mode int) float64 {
	type fibre struct{ sum, squares, count float64 }
	var fibres []fibre
	number := map[uint64]int{}
	for c, z := range modeScaling(o, mode).Apply(o).Values {
		var key uint64
		for n, column := range o.Index {
			if n != mode {
				key = key*uint64(len(o.Modes[n].Labels)) + uint64(column[c])
			}
		}
		f, known := number[key]
		if !known {
			f = len(fibres)
			number[key] = f
			fibres = append(fibres, fibre{})
		}
		fibres[f].sum += z
		fibres[f].squares += float64(z * z)
		fibres[f].count++
	}
	var products, pairs float64
	for _, f := range fibres {
		products += float64(f.sum*f.sum) - f.squares
		pairs += float64(f.count * (f.count - 1))
	}
	if pairs == 0 {
		return 0
	}
	return products / pairs
}

// at returns the mean and scale of the cell whose coordinates are index(n).
func (s Scaling) at(index func(mode int) int32) (mean, scale float64) {
	i := int32(0)
	if s.Mode >= 0 {
		i = index(s.Mode)
	}
	return s.Mean[i], s.Scale[i]
}

// Apply returns the same cells with standardised values and limits.
func (s Scaling) Apply(o *Observed) *Observed { return s.ApplyInto(make([]float64, o.Len()), o) }

// ApplyInto is Apply with memory for the standardised values, one for every cell, which may be the cells' own: then o holds them too.
func (s Scaling) ApplyInto(values []float64, o *Observed) *Observed {
	for c, v := range o.Values {
		mean, scale := s.at(func(n int) int32 { return o.Index[n][c] })
		values[c] = (v - mean) / scale
	}
	out := o.WithValues(values)
	if o.Low != nil {
		out.Low, out.High = make([]float64, o.Len()), make([]float64, o.Len())
		for c := range o.Low {
			mean, scale := s.at(func(n int) int32 { return o.Index[n][c] })
			out.Low[c], out.High[c] = (o.Low[c]-mean)/scale, (o.High[c]-mean)/scale
		}
	}
	return out
}

// Undo returns the value, in the data's own units, of a standardised value at a cell.
func (s Scaling) Undo(cell []int32, value float64) float64 {
	mean, scale := s.at(func(n int) int32 { return cell[n] })
	return mean + float64(scale*value)
}

// ScaleAt returns the factor from standardised to raw units at a cell.
func (s Scaling) ScaleAt(cell []int32) float64 {
	_, scale := s.at(func(n int) int32 { return cell[n] })
	return scale
}
