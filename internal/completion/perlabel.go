package completion

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"lacuna/internal/parallel"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// LabelNoise names the family of the values of one label.
type LabelNoise struct {
	Mode, Index int
	Family      posterior.Family
}

// kind is how values are said.
type kind struct {
	Own    bool    // intervals are those of the predictive distribution
	Step   float64 // between values of a discrete family
	Shares bool    // filled values are probabilities
	Grid   float64 // step of log scores; 0: densities
	Family string
}

// labelKinds are those of the labels of a mode.
type labelKinds struct {
	Mode int
	Of   []kind
}

// newKind is that of values of a family.
func newKind(f posterior.Family, values []float64) kind {
	k := kind{Own: f.Own(), Shares: f.Name == "bernoulli", Family: f.Name}
	switch {
	case !k.Own || f.Positive:
	case f.Levels > 0:
		k.Step = spacing(values)
	default:
		k.Step = 1
	}
	k.Grid = k.Step
	return k
}

// kindAt is the kind of a cell's values.
func (c *Completion) kindAt(cell []int32) kind {
	if c.kinds == nil {
		return kind{Own: c.family, Step: c.step, Shares: c.shares}
	}
	return c.kinds.Of[cell[c.kinds.Mode]]
}

// kindAt is that of Completion, before there is one.
func (j *job) kindAt(cell []int32) kind {
	if j.kinds == nil {
		return kind{Own: j.Noise.Own(), Step: j.Noise.Step(), Grid: j.step}
	}
	k := j.kinds.Of[cell[j.kinds.Mode]]
	if k.Step > 0 && !k.Shares {
		k.Step = 1e-6 // a distance that no two values are apart
	}
	return k
}

// levelsOf are those of a cell's label.
func (c *Completion) levelsOf(cell []int32) levels {
	if c.labelLevels == nil {
		return c.levels
	}
	return c.labelLevels[cell[c.kinds.Mode]]
}

// newLevels are the levels of every label, where its values have a family of their own.
func (k *labelKinds) newLevels(cells []HeldOutCell) []levels {
	if k == nil {
		return nil
	}
	own := make([][]HeldOutCell, len(k.Of))
	for _, h := range cells {
		label := h.Cell[k.Mode]
		own[label] = append(own[label], h)
	}
	out := make([]levels, len(own))
	for label, some := range own {
		if k.Of[label].Own {
			out[label] = newLevels(some)
		}
	}
	return out
}

// unscaled lists the labels, one letter each, whose noise has a standardisation of its own.
func unscaled(noise posterior.Noise) string {
	p, ok := noise.(posterior.PerLabel)
	if !ok {
		return ""
	}
	var out []rune
	for _, g := range p.Groups {
		if expectsValues(g.Noise) {
			continue
		}
		for _, label := range g.Labels {
			out = append(out, rune(label))
		}
	}
	slices.Sort(out)
	return string(out)
}

// labelTrial is what one form said of held-back cells, in the same order for every form.
type labelTrial struct {
	label         []int
	score, square []float64 // log score; squared error in units of the label, NaN of censored cells
}

// mean is that over the cells of a label, or of all cells where label is −1.
func (t labelTrial) mean(of []float64, label int) float64 {
	var sum, count float64
	for c, v := range of {
		if (label < 0 || t.label[c] == label) && !math.IsNaN(v) {
			sum, count = sum+v, count+1
		}
	}
	return sum / math.Max(1, count)
}

// chooseLabels lets held-back cells say, where that is asked for and labels are variables of different kinds, whether
// values of some labels have a family of their own: every label takes the one with the best log score among those that
// suit its values, if its error is no larger than that of the forms of auto, and that of the whole table with it. Labels
// that are named take what they were given.
func (j *job) chooseLabels(ctx context.Context, f folds, budget float64) {
	const share, blocks, folds, fewest, mostLabels = 0.15, 3, 3, 40, 64
	mode := j.unit
	if len(j.NoiseLabels) > 0 {
		mode = j.NoiseLabels[0].Mode
	}
	find := j.Noise.Name == posterior.ByLabel
	if find {
		j.Noise, _ = posterior.FamilyNamed("auto") // one of those that there are
	}
	if len(j.NoiseLabels) == 0 {
		free := j.Standardise == tensor.StandardiseAuto || j.Standardise == tensor.StandardiseMode && j.StandardiseMode == mode
		if !find || mode < 0 || len(j.observed.Modes[mode].Labels) > mostLabels || !free {
			return
		}
	}
	values := make([][]float64, len(j.observed.Modes[mode].Labels))
	for c, y := range j.observed.Values {
		label := j.observed.Index[mode][c]
		if !j.observed.IsCensored(c) {
			values[label] = append(values[label], y)
		}
	}
	suiting, steps := make([][]posterior.Family, len(values)), make([]float64, len(values))
	named := map[int]bool{}
	for _, l := range j.NoiseLabels {
		suiting[l.Index], named[l.Index] = []posterior.Family{l.Family}, true
	}
	var families []string
	for label, own := range values {
		if find && len(own) >= fewest {
			suiting[label] = j.withLimits(posterior.SuitingLabel(own), mode, label)
		}
		for _, s := range suiting[label] {
			if !slices.Contains(families, s.Name) {
				families = append(families, s.Name)
			}
			if s.Whole || s.Levels > 0 {
				steps[label] = spacing(own)
			}
		}
	}
	if len(families) == 0 {
		return
	}
	j.report("choosing the noise of every "+j.observed.Modes[mode].Name+" on held-back cells", 0)
	auto := j.Noise
	try := func(family posterior.Family) (trials []labelTrial) {
		j.Noise = family
		for _, c := range j.forms(blocks, f.cells.Shape()) {
			cost := c.cost(f.cells.Shape(), f.cells.Len())
			sweeps := int(math.Min(100, math.Max(20, share*budget/float64(folds*6)/cost)))
			trials = append(trials, j.labelTrial(ctx, f, c, sweeps, min(folds, f.parts-1), mode, steps))
		}
		j.Noise = auto
		return trials
	}
	const worse = 1.02 // an error that may be luck
	base := try(auto)
	best, least := make([]float64, len(values)), make([]float64, len(values))
	for label := range values {
		best[label], least[label] = math.Inf(-1), math.Inf(1)
		for _, t := range base {
			best[label] = math.Max(best[label], t.mean(t.score, label))
			least[label] = math.Min(least[label], math.Sqrt(t.mean(t.square, label)))
		}
	}
	all := math.Inf(1)
	for _, t := range base {
		all = math.Min(all, math.Sqrt(t.mean(t.square, -1)))
	}
	chosen := make([]labelForm, len(values))
	for label := range named {
		chosen[label] = labelForm{suiting[label][0], suiting[label][0].Forms[0]}
		best[label] = math.Inf(-1)
	}
	for _, name := range families {
		family, _ := posterior.FamilyNamed(name) // one of those that there are
		for _, form := range family.Forms {
			forms := make([]labelForm, len(values))
			for label, some := range suiting {
				if slices.ContainsFunc(some, func(s posterior.Family) bool { return s.Name == name }) {
					forms[label] = labelForm{family, form}
				}
			}
			for _, t := range try(perLabel(mode, forms)) {
				for label, form := range forms {
					score, rmse := t.mean(t.score, label), math.Sqrt(t.mean(t.square, label))
					if form.family.Name != "" && score > best[label] && (rmse <= worse*least[label] || named[label]) {
						best[label], chosen[label] = score, form
					}
				}
			}
		}
	}
	some := slices.ContainsFunc(chosen, func(l labelForm) bool { return l.family.Name != "" })
	if !some || ctx.Err() != nil && len(named) == 0 {
		return
	}
	family := perLabel(mode, chosen)
	if t := try(family)[0]; math.Sqrt(t.mean(t.square, -1)) > worse*all && len(named) == 0 || len(t.label) == 0 && len(named) == 0 {
		return
	}
	j.Noise, j.kinds = family, &labelKinds{Mode: mode}
	for label, l := range chosen {
		j.kinds.Of = append(j.kinds.Of, newKind(l.family, values[label]))
	}
}

// labelForm is the noise of one label; of no name: that of the others.
type labelForm struct {
	family posterior.Family
	form   posterior.Form
}

// perLabel is the family of a table whose labels have these forms. The labels of auto's families share a noise.
func perLabel(mode int, forms []labelForm) posterior.Family {
	p := posterior.PerLabel{Mode: mode}
	rest := posterior.Group{Noise: posterior.Student{Varied: true}}
	var own []posterior.Group
	var words []string
	for label, l := range forms {
		if l.family.Name == "" {
			rest.Labels = append(rest.Labels, label)
			continue
		}
		own = append(own, posterior.Group{Labels: []int{label}, Noise: l.form.Noise})
		if !slices.Contains(words, l.form.Name) {
			words = append(words, l.form.Name)
		}
	}
	if len(rest.Labels) > 0 {
		p.Groups = append(p.Groups, rest)
		words = append([]string{"varied noise"}, words...)
	}
	p.Groups = append(p.Groups, own...)
	name := strings.Join(words, " and ")
	return posterior.Family{Name: "auto", Forms: []posterior.Form{{Name: name, Noise: p}}}
}

// labelTrial predicts held-back cells by a candidate, with the steps of log scores of the labels of a mode.
func (j *job) labelTrial(
	ctx context.Context, f folds, c candidate, sweeps, parts, mode int, steps []float64,
) (all labelTrial) {
	unit := scaling{kind: byLabel, mode: mode}.fit(j.observed)
	trials := make([]labelTrial, parts)
	parallel.For(j.Threads, parts, func(k int) {
		kept, held := f.without(f.parts - 1 - k)
		fit := j.fit(ctx, kept, []candidate{c}, []float64{1}, 1, sweeps, fmt.Sprint("label/", k))
		t := &trials[k]
		for i, y := range held.Values {
			cell := held.Cell(i)
			label := int(cell[mode])
			if held.IsCensored(i) {
				t.label, t.square = append(t.label, label), append(t.square, math.NaN())
				t.score = append(t.score, fit.distribution(cell).logProbability(held.Low[i], held.High[i], steps[label]))
				continue
			}
			e := (fit.at(cell).value - y) / unit.ScaleAt(cell)
			t.label = append(t.label, label)
			t.score = append(t.score, fit.distribution(cell).logScore(y, steps[label]))
			t.square = append(t.square, float64(e*e))
		}
	})
	for _, t := range trials {
		all.label, all.score = append(all.label, t.label...), append(all.score, t.score...)
		all.square = append(all.square, t.square...)
	}
	return all
}

// noises lists what labels were taken for something of their own.
func (k *labelKinds) noises(o *tensor.Observed) (out []LabelFamily) {
	if k == nil {
		return nil
	}
	for label, own := range k.Of {
		if own.Family != "" {
			m := o.Modes[k.Mode]
			out = append(out, LabelFamily{m.Name, m.Labels[label], own.Family})
		}
	}
	return out
}

// LabelFamily is the family of noise that the values of a label were taken for.
type LabelFamily struct {
	Mode  string `json:"mode"`
	Label string `json:"label"`
	Noise string `json:"noise"`
}
