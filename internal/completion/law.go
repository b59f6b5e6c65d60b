package completion

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// law is the distribution of an observation of one cell around its filled value.
type law interface {
	cdf(y float64) float64
	// quantile is the least y with P(≤ y) ≥ p.
	quantile(p float64) float64
}

// lawKind is a form of such distributions, made from the filled value and the standard error of a cell alone: it changes
// neither, and what is said of the value is all that it decides.
type lawKind struct {
	name  string
	suits func(l Limit, values []float64) bool
	// of returns the law with a mean and a deviation of which no probability lies below 0.
	of func(mean, deviation float64, l Limit) law
}

// lawKinds are those that labels choose among, beside the normal one:
//
//	root       the root of the value is normal, cut off at 0, where the value is 0 instead: rain
//	lognormal  the logarithm is normal
//	counts     negative binomial
//	share      beta, between 0 and the upper limit
//	bernoulli  yes or no
var lawKinds = []lawKind{
	{"root", notBelow0, func(mean, deviation float64, l Limit) law {
		q := mean // of no value above 0 with this mean and deviation is the root normal where the deviation is larger
		if d := float64(mean*mean) - float64(deviation*deviation/2); d > 0 {
			q = mean - math.Sqrt(d)
		}
		return stepped(rootLaw{math.Sqrt(mean - q), math.Sqrt(q)}, l.Whole)
	}},
	{
		"lognormal", func(l Limit, values []float64) bool {
			return notBelow0(l, values) && (l.Whole || slices.Min(values) > 0)
		},
		func(mean, deviation float64, l Limit) law {
			square := portable.Log1p(float64(deviation / mean * deviation / mean))
			return stepped(logLaw{portable.Log(mean) - float64(square/2), math.Sqrt(square)}, l.Whole)
		},
	},
	{
		"counts", func(l Limit, values []float64) bool {
			return l.Whole && notBelow0(l, values) && slices.Max(values) <= mostCounted
		},
		func(mean, deviation float64, _ Limit) law {
			const most = 1e4 // beyond that it is Poisson's
			excess := math.Max(float64(deviation*deviation)-mean, mean*mean/most)
			return countLaw{mean, mean * mean / excess}
		},
	},
	{
		"share", func(l Limit, values []float64) bool { return !l.Whole && l.Min == 0 && !math.IsInf(l.Max, 1) },
		func(mean, deviation float64, l Limit) law {
			m := math.Min(mean/l.Max, 1-1e-6)
			square := math.Min(float64(deviation/l.Max*deviation/l.Max), 0.99*m*(1-m))
			nu := m*(1-m)/square - 1
			return shareLaw{m * nu, (1 - m) * nu, l.Max}
		},
	},
	{
		"bernoulli", func(l Limit, values []float64) bool { return onlyBits(values) },
		func(mean, _ float64, _ Limit) law {
			const least = 0.01
			return bitLaw(math.Min(math.Max(mean, least), 1-least))
		},
	},
}

// mostCounted is the largest count whose probability is asked of the negative binomial distribution.
const mostCounted = 1000

func notBelow0(l Limit, values []float64) bool {
	return l.Min == 0 && math.IsInf(l.Max, 1) && !onlyBits(values)
}

func onlyBits(values []float64) bool {
	return !slices.ContainsFunc(values, func(y float64) bool { return y != 0 && y != 1 })
}

// rectified are mean and deviation of a normal number, in the place of which there is 0 where it lies below. Without a
// deviation there is none.
func rectified(mean, deviation float64) (float64, float64) {
	at := mean / deviation
	p, density := posterior.NormalCDF(at), portable.Exp(-at*at/2)/math.Sqrt(2*math.Pi)
	first := float64(mean*p) + float64(deviation*density)
	second := float64((float64(mean*mean)+float64(deviation*deviation))*p) + float64(mean*deviation*density)
	return first, math.Sqrt(math.Max(0, second-float64(first*first)))
}

// standardNormal is the quantile of a standard normal number.
func standardNormal(p float64) float64 { return math.Sqrt2 * portable.Erfinv(float64(2*p)-1) }

// boundedLaw is a normal law; what lies beyond the limits lies at them.
type boundedLaw struct{ mean, deviation, low, high float64 }

func (l boundedLaw) cdf(y float64) float64 {
	switch {
	case y < l.low:
		return 0
	case y >= l.high:
		return 1
	}
	return posterior.NormalCDF((y - l.mean) / l.deviation)
}

func (l boundedLaw) quantile(p float64) float64 {
	return math.Min(math.Max(l.mean+float64(l.deviation*standardNormal(p)), l.low), l.high)
}

// rootLaw is that of max(0, X)², X ~ N(mean, deviation²).
type rootLaw struct{ mean, deviation float64 }

func (l rootLaw) cdf(y float64) float64 {
	if y < 0 {
		return 0
	}
	return posterior.NormalCDF((math.Sqrt(y) - l.mean) / l.deviation)
}

func (l rootLaw) quantile(p float64) float64 {
	x := math.Max(0, l.mean+float64(l.deviation*standardNormal(p)))
	return x * x
}

// logLaw is that of exp X, X ~ N(mean, deviation²).
type logLaw struct{ mean, deviation float64 }

func (l logLaw) cdf(y float64) float64 {
	if y <= 0 {
		return 0
	}
	return posterior.NormalCDF((portable.Log(y) - l.mean) / l.deviation)
}

func (l logLaw) quantile(p float64) float64 {
	return portable.Exp(l.mean + float64(l.deviation*standardNormal(p)))
}

// countLaw is the negative binomial law with a mean μ and the variance μ + μ²/size.
type countLaw struct{ mean, size float64 }

func (l countLaw) cdf(y float64) float64 {
	if y = math.Floor(y); y < 0 {
		return 0
	}
	return portable.Beta(l.size, y+1, l.size/(l.size+l.mean))
}

func (l countLaw) quantile(p float64) float64 {
	last := 1.0
	for ; last < 1e9 && l.cdf(last-1) < p; last = float64(last * 2) {
	}
	return search(l.cdf, p, 0, last, 1)
}

// shareLaw is a beta law between 0 and most.
type shareLaw struct{ a, b, most float64 }

func (l shareLaw) cdf(y float64) float64 { return portable.Beta(l.a, l.b, y/l.most) }

func (l shareLaw) quantile(p float64) float64 { return bisect(l.cdf, p, 0, l.most) }

// bitLaw is the probability of 1 rather than 0.
type bitLaw float64

func (l bitLaw) cdf(y float64) float64 {
	switch {
	case y < 0:
		return 0
	case y < 1:
		return 1 - float64(l)
	}
	return 1
}

func (l bitLaw) quantile(p float64) float64 {
	if p <= 1-float64(l) {
		return 0
	}
	return 1
}

// stepped is the law of values that were rounded to whole numbers, if they were.
func stepped(l law, whole bool) law {
	if !whole {
		return l
	}
	return wholeLaw{l}
}

type wholeLaw struct{ law }

func (l wholeLaw) cdf(y float64) float64 {
	if y < 0 {
		return 0
	}
	return l.law.cdf(math.Floor(y) + 0.5)
}

func (l wholeLaw) quantile(p float64) float64 { return math.Max(0, math.Ceil(l.law.quantile(p)-0.5)) }

// labelLaw is what was chosen for a label.
type labelLaw struct {
	Kind   string // "" is the normal one
	Limit  Limit
	Step   float64 // between values
	Learnt *learnt // nil where the law follows from mean and standard error

	levels graded // of central intervals
}

// law is that of a cell of the label.
func (l labelLaw) law(value, stderr float64) law {
	if l.Learnt != nil {
		return l.Learnt.law(value, l.Limit.Whole)
	}
	for _, k := range lawKinds {
		if k.name == l.Kind {
			return k.at(value, stderr, l.Limit)
		}
	}
	return stepped(boundedLaw{value, stderr, l.Limit.Min, l.Limit.Max}, l.Limit.Whole)
}

func (k lawKind) at(value, stderr float64, l Limit) law {
	value = math.Min(math.Max(value, l.Min), l.Max)
	if k.name != "bernoulli" {
		value, stderr = rectified(value, stderr)
	}
	return k.of(value, stderr, l)
}

// logLawScore is the logarithm of the probability of the values that would be rounded to y.
func logLawScore(l law, y, step float64) float64 {
	return portable.Log(math.Max(leastProbability, l.cdf(y+float64(step/2))-l.cdf(y-float64(step/2))))
}

// resolution is the step with which a held-out cell's value is compared: that of the values of its label, but that of
// a continuous label at least a small part of the standard error.
func resolution(step, stderr float64) float64 { return math.Max(step, float64(1e-3*stderr)) }

// laws are those of the labels of a mode, or of all cells where it is −1.
type laws struct {
	Mode int
	Of   []labelLaw
}

// at is that of a cell; nil where it is the normal one, or the standard error tells nothing.
func (l *laws) at(cell []int32, stderr float64) *labelLaw {
	if l == nil || !(stderr > 0) || math.IsInf(stderr, 0) {
		return nil
	}
	own := &l.Of[labelOf(l.Mode, cell)]
	if own.Kind == "" {
		return nil
	}
	return own
}

// known reports whether there are such laws.
func (l *laws) known() bool {
	return !slices.ContainsFunc(l.Of, func(own labelLaw) bool {
		if own.Learnt != nil {
			return !slices.Contains(allForms, own.Learnt.Form)
		}
		return own.Kind != "" && !slices.ContainsFunc(lawKinds, func(k lawKind) bool { return k.name == own.Kind })
	})
}

// words list the labels whose law is not the normal one.
func (l *laws) words(o *tensor.Observed) (out []LabelFamily) {
	if l == nil {
		return nil
	}
	for label, own := range l.Of {
		switch {
		case own.Kind == "":
		case l.Mode < 0:
			out = append(out, LabelFamily{Noise: own.Kind})
		default:
			out = append(out, LabelFamily{o.Modes[l.Mode].Name, o.Modes[l.Mode].Labels[label], own.Kind})
		}
	}
	return out
}

// bounds are those of an interval that is calibrated.
func (l *labelLaw) bounds(value, stderr, level float64) (low, high float64) {
	of := l.law(value, stderr)
	step := 0.0
	if l.Limit.Whole {
		step = 1
	}
	return central(of, math.Max(level, l.levels.levelOf(level, value)), step)
}

// logScore is the logarithm of the density of a held-out value, or of its probability where values are whole.
func (l *labelLaw) logScore(h HeldOutCell) float64 {
	step := resolution(l.Step, h.Stderr)
	return logLawScore(l.law(h.Predicted, h.Stderr), h.Value, step) - portable.Log(step)
}

// lawAt is the law of a cell that is predicted so; nil where it is the normal one.
func (c *Completion) lawAt(cell []int32, p prediction) *labelLaw {
	if c.laws == nil || c.kindAt(cell).Own {
		return nil
	}
	return c.laws.at(cell, c.stderr(cell, p))
}

// byLaw is a draw of a cell: a normal one, brought to the law by what share lies below it.
func (c *Completion) byLaw(l *labelLaw, number int, cell []int32, p prediction, v variate) float64 {
	const least = 1e-9
	stderr := c.stderr(cell, p)
	if v.normal == 0 {
		v.normal = cellStream(c.seed, number, cell).NormFloat64()
	}
	v.noise = math.Sqrt(p.noise) * v.normal
	share := posterior.NormalCDF(c.calibrated(number, cell, p, v) / stderr)
	return l.law(p.value, stderr).quantile(math.Min(math.Max(share, least), 1-least))
}

// chooseLaws lets calibrated held-out cells say for every label whether its values lie around the filled ones as one of
// lawKinds has it, or one that is learnt from them: the one with the best log score, of those that are learnt on cells that
// had no part in it, and of the others if that is better than of the normal one by more than chance. Labels with families of
// their own and with censored values have none.
func (j *job) chooseLaws(cells []HeldOutCell, unit tensor.Scaling) *laws {
	const fewest = 40
	out := &laws{Mode: unit.Mode, Of: make([]labelLaw, len(unit.Scale))}
	own := make([][]HeldOutCell, len(out.Of))
	for _, h := range cells {
		if h.Stderr > 0 && !math.IsInf(h.Stderr, 0) && h.weight > 0 && !j.kindAt(h.Cell).Own {
			label := labelOf(unit.Mode, h.Cell)
			own[label] = append(own[label], h)
		}
	}
	values := make([][]float64, len(out.Of))
	for c, y := range j.observed.Values {
		label := int32(0)
		if unit.Mode >= 0 {
			label = j.observed.Index[unit.Mode][c]
		}
		if j.observed.IsCensored(c) {
			own[label] = nil
		} else if len(own[label]) >= fewest {
			values[label] = append(values[label], y)
		}
	}
	some := false
	for label, held := range own {
		if len(held) < fewest {
			continue
		}
		widest := Limit{Mode: -1, Min: math.Inf(1), Max: math.Inf(-1), Whole: true}
		for _, h := range held {
			low, high, whole := j.limits.at(h.Cell)
			widest.Min, widest.Max = math.Min(widest.Min, low), math.Max(widest.Max, high)
			widest.Whole = widest.Whole && whole
		}
		out.Of[label] = chooseLaw(held, values[label], widest)
		some = some || out.Of[label].Kind != ""
	}
	if !some {
		return nil
	}
	return out
}

// chooseLaw chooses that of one label and calibrates its intervals.
func chooseLaw(held []HeldOutCell, values []float64, l Limit) labelLaw {
	normal := labelLaw{Limit: l, Step: spacing(values)}
	if math.IsInf(normal.Step, 1) { // they are all the same
		return labelLaw{}
	}
	scores := func(of func(c int, h HeldOutCell) law) (all []float64, sum float64) {
		for c, h := range held {
			own := logLawScore(of(c, h), h.Value, resolution(normal.Step, h.Stderr))
			all, sum = append(all, own), sum+float64(h.weight*own)
		}
		return all, sum
	}
	base, most := scores(func(_ int, h HeldOutCell) law { return normal.law(h.Predicted, h.Stderr) })
	if own, sum := scores(func(_ int, h HeldOutCell) law {
		return boundedLaw{h.Predicted, h.Stderr, math.Inf(-1), math.Inf(1)}
	}); sum > most {
		base, most = own, sum
	}
	const widest = 3 // that a law gains on one value, as far as chance is asked
	best, chosen := most, normal
	for _, k := range lawKinds {
		if !k.suits(l, values) {
			continue
		}
		tried := normal
		tried.Kind = k.name
		own, sum := scores(func(_ int, h HeldOutCell) law { return tried.law(h.Predicted, h.Stderr) })
		var gain, squares float64
		for c, h := range held {
			d := float64(h.weight * math.Min(own[c]-base[c], widest))
			gain += d
			squares += float64(d * d)
		}
		if sum > best && gain > math.Sqrt(squares) {
			best, chosen = sum, tried
		}
	}
	for _, form := range learntForms(l, values) {
		without, tried := learntWithout(held, form, l), normal
		if tried.Kind, tried.Learnt = string(form), newLearnt(held, form, l); without == nil || tried.Learnt == nil {
			continue
		}
		_, sum := scores(func(c int, h HeldOutCell) law { return without[c].law(h.Predicted, l.Whole) })
		if sum > best || form == learntBits && chosen.Kind == "" { // normal laws say nothing of yes or no
			best, chosen = sum, tried
		}
	}
	if chosen.Kind != "" {
		cells := slices.Clone(held)
		for k, h := range cells {
			cells[k].central = holding(chosen.law(h.Predicted, h.Stderr), h.Value, chosen.Step)
		}
		chosen.levels = newLevels(cells)
	}
	return chosen
}
