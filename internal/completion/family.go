package completion

import (
	"context"
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/posterior"
	"lacuna/tensor"
)

// chooseFamily lets held-back cells say whether the values have a family of their own, where auto leaves it open: the one
// with the best log score among those that suit the values, unless its error is clearly larger than that of the forms of auto.
func (j *job) chooseFamily(ctx context.Context, f folds, budget float64) {
	suiting := j.withLimits(j.suiting(), -1, 0)
	if j.Noise.Name != "auto" || len(suiting) == 0 || j.Nonnegative || len(j.NoiseLabels) > 0 {
		return
	}
	j.report("choosing the family of the noise on held-back cells", 0)
	step := 0.0
	for _, s := range suiting {
		if s.Whole || s.Levels > 0 {
			step = spacing(j.observed.Exact().Values)
		}
	}
	auto := j.Noise
	best, chosen := math.Inf(-1), auto
	var base heldBack // the form of auto with the least error
	trial := comparison{folds: f, name: "family", step: func([]int32) float64 { return step }, unit: j.scoring(j.observed)}
	for _, family := range append([]posterior.Family{auto}, suiting...) {
		j.Noise = family
		tried := j.scoreForms(ctx, trial, budget)
		if family.Name == auto.Name {
			base = closest(tried, -1)
		}
		for _, t := range tried {
			if score := t.mean(t.score, -1); score > best && !t.worse(base, -1) {
				best, chosen = score, family
			}
		}
	}
	j.Noise = chosen
	if ctx.Err() != nil {
		j.Noise = auto
	}
}

// suiting lists the families that suit the values: with what stands for censored ones, but whole numbers without.
func (j *job) suiting() []posterior.Family {
	families := posterior.Suiting(j.observed.Values)
	if j.observed.Low == nil {
		return families
	}
	for _, f := range posterior.Suiting(j.observed.Exact().Values) {
		if f.Whole {
			families = append(families, f)
		}
	}
	return families
}

// takeFamily notes how values of the family that was chosen are said.
func (c *Completion) takeFamily(family posterior.Family) {
	c.Settings.Noise, c.family = family.Name, family.Own()
	c.shares = family.Name == "bernoulli"
	switch {
	case c.family && (family.Whole || c.shares): // also where values are probabilities: observations are 0 or 1
		c.step = 1
	case c.family && family.Levels > 0:
		c.step = spacing(c.Observed.Exact().Values)
	}
}

// spacing is the least distance between two values that differ.
func spacing(values []float64) float64 {
	least := math.Inf(1)
	distinct := map[float64]bool{}
	for _, y := range values {
		distinct[y] = true
	}
	sorted := sortedKeys(distinct)
	for k := 1; k < len(sorted); k++ {
		least = math.Min(least, sorted[k]-sorted[k-1])
	}
	return least
}

// predictive is the predictive distribution of an observation of one cell: that of every sample that is looked at.
type predictive struct {
	cell  []int32
	parts []component
	total float64 // of the weights
	least float64 // between two values that there can be; 0: any
}

type component struct {
	scatter posterior.Scatter
	x       float64 // the predictor
	scaling tensor.Scaling
	weight  float64
}

// distribution is the predictive distribution of a cell, from no more than some hundred samples.
func (e *ensemble) distribution(cell []int32) predictive {
	const most = 100
	m := predictive{cell: cell}
	count := max(1, e.samples())
	one := e.single(cell)
	for k := range e.members {
		member := &e.members[k]
		step := max(1, count/most)
		for s := 0; s < len(member.posterior.Samples) && member.weight > 0; s += step {
			sample := member.posterior.Samples[s]
			weight := member.weight / float64(len(member.posterior.Samples))
			m.parts = append(m.parts, component{sample.Scatter, sample.AtCell(one, 0), member.scaling, weight})
			m.total += weight
		}
	}
	return m
}

// single is a table of one cell.
func (e *ensemble) single(cell []int32) *tensor.Observed {
	o := &tensor.Observed{Index: make([][]int32, len(cell)), Values: []float64{0}}
	for n, i := range cell {
		o.Index[n] = []int32{i}
	}
	return o
}

// cdf is the probability of at most y.
func (m predictive) cdf(y float64) (p float64) {
	for _, c := range m.parts {
		p += float64(c.weight * c.scatter.CDF(m.cell, c.x, (y-c.scaling.Undo(m.cell, 0))/c.scaling.ScaleAt(m.cell)))
	}
	return p / math.Max(m.total, 1e-300)
}

// leastProbability is one that no value has less than: no family is ruled out by one value.
const leastProbability = 1e-12

func (m predictive) logScore(y, step float64) float64 {
	if step > 0 {
		return portable.Log(math.Max(leastProbability, m.cdf(y+float64(step/2))-m.cdf(y-float64(step/2))))
	}
	var p float64
	for _, c := range m.parts {
		scale := c.scaling.ScaleAt(m.cell)
		log := c.scatter.LogDensity(m.cell, c.x, (y-c.scaling.Undo(m.cell, 0))/scale)
		p += float64(c.weight * portable.Exp(log) / scale)
	}
	return portable.Log(math.Max(leastProbability, p/math.Max(m.total, 1e-300)))
}

// familyLaw is a predictive distribution between limits.
type familyLaw struct {
	predictive
	low, high float64
}

func (l familyLaw) quantile(p float64) float64 { return l.predictive.quantile(p, l.low, l.high) }

// law is the predictive distribution of a cell with these limits, whose values are step apart; 0: they may be any.
func (e *ensemble) law(cell []int32, step, low, high float64) familyLaw {
	m := e.distribution(cell)
	m.least = step
	return familyLaw{m, math.Max(low, e.floor()), math.Min(high, float64(4*e.high)-float64(3*e.low))}
}

// quantile is the least y with P(≤ y) ≥ p, between low and high.
func (m predictive) quantile(p, low, high float64) float64 {
	if m.least > 0 {
		return search(m.cdf, p, low, high, m.least)
	}
	return bisect(m.cdf, p, low, high)
}

// search is the least of the values low, low + step … high with P(≤ y) ≥ p.
func search(cdf func(y float64) float64, p, low, high, step float64) float64 {
	first, last := 0.0, math.Round((high-low)/step)
	for first < last {
		middle := math.Floor((first + last) / 2)
		if cdf(low+float64(middle*step)) >= p {
			last = middle
		} else {
			first = middle + 1
		}
	}
	return low + float64(first*step)
}

// bisect is the least y with P(≤ y) ≥ p, between low and high.
func bisect(cdf func(y float64) float64, p, low, high float64) float64 {
	const halvings = 50
	for range halvings {
		middle := low + float64((high-low)/2)
		if cdf(middle) >= p {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}
