package dataio

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/coordinate"
	"lacuna/tensor"
)

// ParsePrediction reads MODE=FROM..TO or MODE=FROM..TO:STEP. What stands behind the last colon is a step if it is a
// number and what stands before it is not cut in a time of day.
func ParsePrediction(text string) (Prediction, error) {
	mode, span, named := strings.Cut(text, "=")
	from, to, found := strings.Cut(span, "..")
	p := Prediction{Mode: mode, From: strings.TrimSpace(from), To: strings.TrimSpace(to)}
	if !named || !found || p.From == "" || p.To == "" {
		return p, fmt.Errorf("%q: give MODE=FROM..TO or MODE=FROM..TO:STEP", text)
	}
	colon := strings.LastIndexByte(p.To, ':')
	if colon < 0 || strings.Count(p.To, ":") == strings.Count(p.From, ":") {
		return p, nil
	}
	step, err := strconv.ParseFloat(p.To[colon+1:], 64)
	if err != nil || !(step > 0) || math.IsInf(step, 0) {
		return p, fmt.Errorf("%q: the step %q is no number above 0", text, p.To[colon+1:])
	}
	p.To, p.Step = p.To[:colon], step
	return p, nil
}

// mostAdded is how many labels a prediction may add.
const mostAdded = 1 << 24

// additions are the coordinates, ascending, of the labels that mode n gains.
func (b *builder) additions(t *Table, n int) ([]float64, error) {
	a := &t.Axes[n]
	taken := newTaken(&a.axis)
	var added []float64
	if b.options.FullGrid {
		missing, err := b.missingSteps(t, n)
		if err != nil {
			return nil, err
		}
		for _, x := range missing {
			if taken.add(x) {
				added = append(added, x)
			}
		}
	}
	for _, p := range b.options.Predict {
		if p.Mode != b.names[n] {
			continue
		}
		from, to, step, err := b.span(a, p)
		if err != nil {
			return nil, err
		}
		before := len(added)
		for k := 0.0; from+float64(k*step) <= to+float64(1e-6*step); k++ {
			if x := from + float64(k*step); taken.add(x) {
				added = append(added, x)
			}
		}
		if len(added) == before {
			return nil, b.fail(fmt.Sprintf("--predict %s=%s..%s adds nothing: the mode has these labels already", p.Mode, p.From,
				p.To), "leave it out, or give a finer step")
		}
	}
	slices.Sort(added)
	return added, nil
}

// missingSteps are the steps of mode n that the full grid adds. Plain numbers may be identifiers: they gain steps only
// where they are declared to be coordinates.
func (b *builder) missingSteps(t *Table, n int) ([]float64, error) {
	a, name := &t.Axes[n], b.names[n]
	const even = 0.5
	plain := a.Kind == string(coordinate.Number) && a.Unit == "" && b.options.Order[name] != ByCoordinate
	if a.Order != ByCoordinate || a.Missing == 0 || a.axis.Regular < even || plain {
		return nil, nil
	}
	if b.hasColumns(n) {
		t.Warnings = append(t.Warnings, fmt.Sprintf("mode %s: %d steps have no column and are not filled: give the table in "+
			"long form to have them", name, a.Missing))
		return nil, nil
	}
	if most := 1000 + 10*len(b.labels[n]); a.Missing > most {
		return nil, b.fail(fmt.Sprintf("mode %s: the full grid would add %d steps to %d labels", name, a.Missing,
			len(b.labels[n])), "give --order "+name+"=appearance to fill only between the labels that there are, or --predict")
	}
	return slices.Collect(a.axis.MissingSteps()), nil
}

// span reads the ends and the step of a prediction.
func (b *builder) span(a *Axis, p Prediction) (from, to, step float64, err error) {
	flag := fmt.Sprintf("--predict %s=%s..%s", p.Mode, p.From, p.To)
	if a.Order != ByCoordinate {
		return 0, 0, 0, b.fail(flag+": the mode has no coordinates", "give a mode of numbers or dates")
	}
	from, err = a.axis.Parse(p.From)
	if err == nil {
		to, err = a.axis.Parse(p.To)
	}
	if err != nil {
		return 0, 0, 0, b.fail(flag+": "+err.Error(), "write both ends as the labels are written")
	}
	if step = p.Step; step == 0 {
		step = a.Step
	}
	switch {
	case to < from:
		return 0, 0, 0, b.fail(flag+" ends before it begins", "give the lower end first")
	case (to-from)/step > mostAdded:
		return 0, 0, 0, b.fail(fmt.Sprintf("%s adds %.3g labels", flag, (to-from)/step),
			"give a larger step, or a shorter range")
	}
	return from, to, step, nil
}

// taken are the places on an axis that have a label, rounded to a millionth of a step.
type taken struct {
	unit   float64
	places map[float64]bool
}

func newTaken(a *coordinate.Axis) *taken {
	k := &taken{unit: 1e-6 * a.Step, places: map[float64]bool{}}
	for _, x := range a.At {
		k.add(x)
	}
	return k
}

// add tells whether x had no label yet.
func (k *taken) add(x float64) bool {
	place := math.Round(x / k.unit)
	if k.places[place-1] || k.places[place] || k.places[place+1] {
		return false
	}
	k.places[place] = true
	return true
}

// predict makes gaps of the cells of added labels: in every set of modes with such labels, each of them, together with
// all that the file lists in the other modes.
func (t *Table) predict() error {
	order := len(t.modes)
	out := &tensor.Observed{Modes: t.modes, Index: make([][]int32, order)}
	for set := 1; set < 1<<order; set++ {
		var rest []int // modes outside the set
		fits, count := true, 1.0
		for n := range order {
			if set>>n&1 == 0 {
				rest = append(rest, n)
				continue
			}
			added := 0
			if t.isNew[n] != nil {
				for _, isNew := range t.isNew[n] {
					if isNew {
						added++
					}
				}
			}
			fits = fits && added > 0
			count *= float64(added)
		}
		if !fits {
			continue
		}
		listed := t.together(rest)
		if float64(count*float64(listed.Len()))+float64(len(out.Index[0])) > mostCells {
			return &Error{
				Path: t.Path, Problem: fmt.Sprintf("%.3g cells would be predicted", count*float64(listed.Len())),
				Remedy: "predict fewer labels",
			}
		}
		t.addCells(out, listed, rest)
	}
	if len(out.Index[0]) == 0 {
		return nil
	}
	out.Values = make([]float64, len(out.Index[0]))
	t.added = orderCells(out.Modes, out.Index).arrange(out.Len(), out.Values)
	t.unlisted = t.added.Len()
	return nil
}

// together lists the labels of some modes that occur in one cell of the file, observed or not, each combination once.
func (t *Table) together(modes []int) *tensor.Observed {
	o, gaps := t.cells.whole()
	all := &tensor.Observed{Values: make([]float64, o.Len()+len(gaps[0]))}
	for _, n := range modes {
		all.Modes = append(all.Modes, o.Modes[n])
		all.Index = append(all.Index, append(slices.Clone(o.Index[n]), gaps[n]...))
	}
	return all.Subset(orderCells(all.Modes, all.Index).firsts())
}

// addCells adds every combination of listed, which holds the modes rest, with new labels in all other modes.
func (t *Table) addCells(out, listed *tensor.Observed, rest []int) {
	cell := make([]int32, len(out.Index))
	var fill func(n int)
	fill = func(n int) {
		switch {
		case n == len(cell):
			for m, i := range cell {
				out.Index[m] = append(out.Index[m], i)
			}
		case slices.Contains(rest, n):
			fill(n + 1)
		default:
			for i, isNew := range t.isNew[n] {
				if isNew {
					cell[n] = int32(i)
					fill(n + 1)
				}
			}
		}
	}
	for c := range listed.Values {
		for k, n := range rest {
			cell[n] = listed.Index[k][c]
		}
		fill(0)
	}
}
