package completion

import (
	"context"
	"math"
	"slices"
	"strings"

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
func (c *Completion) levelsOf(cell []int32) graded {
	if c.labelLevels == nil {
		return c.levels
	}
	return c.labelLevels[cell[c.kinds.Mode]]
}

// newLevels are the levels of every label, where its values have a family of their own.
func (k *labelKinds) newLevels(cells []HeldOutCell) []graded {
	if k == nil {
		return nil
	}
	own := make([][]HeldOutCell, len(k.Of))
	for _, h := range cells {
		label := h.Cell[k.Mode]
		own[label] = append(own[label], h)
	}
	out := make([]graded, len(own))
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

// chooseLabels lets held-back cells say, where that is asked for and labels are variables of different kinds, whether
// values of some labels have a family of their own: every label takes the one with the best log score among those that
// suit its values, if its error is no larger than that of the forms of auto, and that of the whole table with it. Labels
// that are named take what they were given.
func (j *job) chooseLabels(ctx context.Context, f folds, budget float64) {
	mode := j.unit
	if len(j.NoiseLabels) > 0 {
		mode = j.NoiseLabels[0].Mode
	}
	find := j.Noise.Name == posterior.ByLabel
	if find {
		j.Noise, _ = posterior.FamilyNamed("auto") // one of those that there are
	}
	if len(j.NoiseLabels) == 0 && !(find && j.labelsMayDiffer(mode)) {
		return
	}
	l := j.newLabelChoice(f, mode, find)
	if len(l.families) == 0 {
		return
	}
	j.report("choosing the noise of every "+j.observed.Modes[mode].Name+" on held-back cells", 0)
	l.compare(ctx, budget)
	for _, name := range l.families {
		l.tryFamily(ctx, name, budget)
	}
	some := slices.ContainsFunc(l.chosen, func(form labelForm) bool { return form.family.Name != "" })
	if !some || ctx.Err() != nil && len(l.named) == 0 {
		return
	}
	family := perLabel(mode, l.chosen)
	if t := l.try(ctx, family, budget)[0]; len(l.named) == 0 && (len(t.label) == 0 || t.worse(l.all, -1)) {
		return
	}
	j.Noise, j.kinds = family, &labelKinds{Mode: mode}
	for label, form := range l.chosen {
		j.kinds.Of = append(j.kinds.Of, newKind(form.family, l.values[label]))
	}
}

// labelsMayDiffer reports whether noises of labels of a mode are worth looking for: labels that are variables, not too many,
// whose standardisation is not given.
func (j *job) labelsMayDiffer(mode int) bool {
	const mostLabels = 64
	free := j.Standardise == tensor.StandardiseAuto || j.Standardise == tensor.StandardiseMode && j.StandardiseMode == mode
	return mode >= 0 && len(j.observed.Modes[mode].Labels) <= mostLabels && free
}

// labelChoice is the choice of a noise for every label of a mode.
type labelChoice struct {
	*job
	comparison
	mode     int
	values   [][]float64          // exact ones of every label
	suiting  [][]posterior.Family // of every label, those that are tried
	families []string             // all of them
	named    map[int]bool         // labels whose noise is given

	best    []float64   // score of every label so far
	closest []heldBack  // of every label the form of auto with the least error
	all     heldBack    // that over all labels
	chosen  []labelForm // so far
}

// newLabelChoice lists the families that suit the labels, where they are to be found, and those that are named.
func (j *job) newLabelChoice(f folds, mode int, find bool) *labelChoice {
	const fewest = 40 // values of a label whose family is looked for
	count := len(j.observed.Modes[mode].Labels)
	l := &labelChoice{
		job: j, mode: mode, values: make([][]float64, count), suiting: make([][]posterior.Family, count), named: map[int]bool{},
		best: make([]float64, count), closest: make([]heldBack, count), chosen: make([]labelForm, count),
	}
	for c, y := range j.observed.Values {
		label := j.observed.Index[mode][c]
		if !j.observed.IsCensored(c) {
			l.values[label] = append(l.values[label], y)
		}
	}
	for _, named := range j.NoiseLabels {
		l.suiting[named.Index], l.named[named.Index] = []posterior.Family{named.Family}, true
	}
	steps := make([]float64, count)
	for label, own := range l.values {
		if find && len(own) >= fewest {
			l.suiting[label] = j.withLimits(posterior.SuitingLabel(own), mode, label)
		}
		for _, s := range l.suiting[label] {
			if !slices.Contains(l.families, s.Name) {
				l.families = append(l.families, s.Name)
			}
			if s.Whole || s.Levels > 0 {
				steps[label] = spacing(own)
			}
		}
	}
	l.comparison = comparison{
		folds: f, name: "label", unit: scaling{kind: byLabel, mode: mode}.fit(j.observed), step: func(cell []int32) float64 { return steps[cell[mode]] },
		label: func(cell []int32) int { return int(cell[mode]) },
	}
	return l
}

// try scores the forms of a family.
func (l *labelChoice) try(ctx context.Context, family posterior.Family, budget float64) []heldBack {
	auto := l.Noise
	l.Noise = family
	defer func() { l.Noise = auto }()
	return l.scoreForms(ctx, l.comparison, budget)
}

// compare finds what the forms of auto reach.
func (l *labelChoice) compare(ctx context.Context, budget float64) {
	base := l.try(ctx, l.Noise, budget)
	for label := range l.values {
		l.best[label], l.closest[label] = math.Inf(-1), closest(base, label)
		for _, t := range base {
			l.best[label] = math.Max(l.best[label], t.mean(t.score, label))
		}
	}
	l.all = closest(base, -1)
	for label := range l.named {
		l.chosen[label] = labelForm{l.suiting[label][0], l.suiting[label][0].Forms[0]}
		l.best[label] = math.Inf(-1)
	}
}

// tryFamily gives the forms of a family to all labels that it suits, and those labels keep it that it says more of.
func (l *labelChoice) tryFamily(ctx context.Context, name string, budget float64) {
	family, _ := posterior.FamilyNamed(name) // one of those that there are
	for _, form := range family.Forms {
		forms := make([]labelForm, len(l.values))
		for label, some := range l.suiting {
			if slices.ContainsFunc(some, func(s posterior.Family) bool { return s.Name == name }) {
				forms[label] = labelForm{family, form}
			}
		}
		for _, t := range l.try(ctx, perLabel(l.mode, forms), budget) {
			for label, form := range forms {
				score := t.mean(t.score, label)
				if form.family.Name != "" && score > l.best[label] && (!t.worse(l.closest[label], label) || l.named[label]) {
					l.best[label], l.chosen[label] = score, form
				}
			}
		}
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

// LabelFamily is the family of noise that the values of a label were taken for; without a mode, all values.
type LabelFamily struct {
	Mode  string `json:"mode,omitempty"`
	Label string `json:"label,omitempty"`
	Noise string `json:"noise"`
}
