package completion

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"lacuna/internal/portable"
	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Censored lists cells of whose values only limits are known, such as those below a limit of detection. The k-th has the
// coordinate Index[n][k] in mode n and lies between Low[k] and High[k], Low[k] < High[k], either of which may be infinite.
type Censored struct {
	Index     [][]int32
	Low, High []float64
}

// Len is the number of cells; that of nil is 0.
func (c *Censored) Len() int {
	if c == nil {
		return 0
	}
	return len(c.Low)
}

// withCensored returns the observed cells with the censored ones among them, their limits no wider than what the limits of
// the values leave, and values that stand for them.
func (j *job) withCensored() *tensor.Observed {
	if j.Censored.Len() == 0 {
		return j.observed
	}
	exact := j.observed
	cells := &tensor.Observed{Modes: exact.Modes, Index: make([][]int32, exact.Order())}
	for n, column := range exact.Index {
		cells.Index[n] = slices.Concat(column, j.Censored.Index[n])
	}
	cells.Values = slices.Concat(exact.Values, make([]float64, j.Censored.Len()))
	cells.Low = slices.Concat(exact.Values, j.Censored.Low)
	cells.High = slices.Concat(exact.Values, j.Censored.High)
	for c := exact.Len(); c < cells.Len(); c++ {
		low, high, _ := j.limits.at(cells.Cell(c))
		cells.Low[c], cells.High[c] = narrowed(low, high, cells.Low[c], cells.High[c])
	}
	j.standIn(cells)
	out, err := tensor.NewCensored(cells.Modes, cells.Index, cells.Values, cells.Low, cells.High)
	if err != nil {
		panic("completion: censored cells that were not checked: " + err.Error())
	}
	return out
}

// narrowed are the limits of a censored cell, neither of which is a value that it may have, between those of all values, which
// are.
func narrowed(least, most, low, high float64) (float64, float64) {
	return math.Max(math.Nextafter(least, math.Inf(-1)), low), math.Min(math.Nextafter(most, math.Inf(1)), high)
}

// standIn sets values that stand for censored cells until the sampler draws them, and with which values are standardised:
// draws between the limits from the normal distribution that the cells of the label with a unit of its own, or all, have
// most likely (Tobin 1958), so that mean and deviation are not those of the exact values alone. Positive values have that
// of their logarithms.
func (j *job) standIn(cells *tensor.Observed) {
	groups := map[int][]int{}
	for c := range cells.Values {
		at := -1
		if j.unit >= 0 {
			at = int(cells.Index[j.unit][c])
		}
		groups[at] = append(groups[at], c)
	}
	whole := sync.OnceValue(func() marginal {
		all := make([]int, cells.Len())
		for c := range all {
			all[c] = c
		}
		return newMarginal(cells, all)
	})
	stream := rng.New(j.Seed, "censored")
	for _, at := range sortedKeys(groups) {
		own := newMarginal(cells, groups[at])
		if !own.known {
			own = whole()
		}
		for _, c := range groups[at] {
			if cells.IsCensored(c) {
				cells.Values[c] = own.draw(stream, cells.Low[c], cells.High[c])
			}
		}
	}
}

// marginal is the normal distribution of some values, or of their logarithms.
type marginal struct {
	mean, deviation float64
	log             bool
	known           bool // from two different exact values at least
}

// newMarginal finds the most likely one by expectation and maximisation.
func newMarginal(o *tensor.Observed, cells []int) (m marginal) {
	const rounds = 100
	m.log = true
	for _, c := range cells {
		m.log = m.log && o.High[c] > 0 && (o.IsCensored(c) || o.Values[c] > 0)
	}
	var exact []float64
	for _, c := range cells {
		if !o.IsCensored(c) {
			exact = append(exact, m.bring(o.Values[c]))
		}
	}
	m.mean, m.deviation = tensor.Moments(exact)
	if m.known = m.deviation > 0; !m.known {
		return m
	}
	low, high := make([]float64, len(cells)), make([]float64, len(cells)) // equal ones of an exact value
	for k, c := range cells {
		low[k], high[k] = m.bring(o.Low[c]), m.bring(o.High[c])
	}
	for range rounds {
		var sum, squares float64
		shift := m.mean
		for k, c := range cells {
			first, variance := low[k], 0.0
			if o.IsCensored(c) {
				first, variance = posterior.Normal(m.mean, m.deviation, low[k], high[k]).Moments()
			}
			d := first - shift
			sum += d
			squares += float64(d*d) + variance
		}
		count := float64(len(cells))
		m.mean = shift + sum/count
		m.deviation = math.Sqrt(math.Max(squares/count-float64(sum/count*sum/count), 1e-300))
	}
	return m
}

func (m marginal) bring(y float64) float64 {
	switch {
	case !m.log:
		return y
	case y <= 0:
		return math.Inf(-1)
	}
	return portable.Log(y)
}

// draw draws a value between limits.
func (m marginal) draw(stream *rng.Stream, low, high float64) float64 {
	if m.deviation == 0 {
		m.deviation = 1
	}
	t := posterior.Normal(m.mean, m.deviation, m.bring(low), m.bring(high))
	y := t.Draw(stream)
	if m.log {
		y = portable.Exp(y)
	}
	return math.Min(math.Max(y, low), high)
}

// settled are the cells with the values that the completion has for censored ones in place of those that stood for them.
func (c *Completion) settled(cells *tensor.Observed) *tensor.Observed {
	if cells.Low == nil {
		return cells
	}
	values := slices.Clone(cells.Values)
	for k := range values {
		if cells.IsCensored(k) {
			values[k], _ = c.At(cells.Cell(k))
		}
	}
	return cells.WithValues(values)
}

// Limits returns the limits between which a censored cell lies, the narrower ones where all values have some, such as 0; ok
// is false for a cell that is not censored.
func (c *Completion) Limits(cell []int32) (low, high float64, ok bool) {
	b, ok := c.censoredAt(cell)
	if !ok {
		return math.Inf(-1), math.Inf(1), false
	}
	least, most, _ := c.limits.at(cell)
	return math.Max(least, b.low), math.Min(most, b.high), true
}

// limited is what is known of a censored cell.
type limited struct {
	low, high float64
	seen      bool    // by the samples; else they count by how probable they find the limits
	standIn   float64 // without samples
}

func (c *Completion) censoredAt(cell []int32) (b limited, ok bool) {
	if o := c.further; o != nil {
		if k, known := find(o, cell); known {
			return limited{low: o.Low[k], high: o.High[k], standIn: o.Values[k]}, true
		}
	}
	if c.Observed.Low == nil {
		return b, false
	}
	k, known := find(c.Observed, cell)
	if !known || !c.Observed.IsCensored(k) {
		return b, false
	}
	return limited{c.Observed.Low[k], c.Observed.High[k], true, c.Observed.Values[k]}, true
}

// WithLimits returns the completion with limits of further cells, which it was not fitted to: values, errors, intervals
// and draws of these cells keep them, and the samples count by the probability that they give to the limits. It returns an
// error for limits that are out of order or leave no value that is possible.
func (c *Completion) WithLimits(further *Censored) (*Completion, error) {
	cells := &tensor.Observed{Modes: c.Observed.Modes, Index: make([][]int32, len(further.Index))}
	cell := make([]int32, len(further.Index))
	for k := range further.Low {
		for n := range cell {
			cell[n] = further.Index[n][k]
		}
		least, most, _ := c.limits.at(cell)
		low, high := further.Low[k], further.High[k]
		if !(low < high && low < most && high > least) {
			name := (&tensor.Observed{Modes: c.Observed.Modes, Index: further.Index}).CellName(k)
			return nil, fmt.Errorf("no value between %v and %v is possible at %s, where values lie from %v to %v", low, high, name,
				least, most)
		}
		low, high = narrowed(least, most, low, high)
		if own, known := c.censoredAt(cell); known && own.low == low && own.high == high {
			continue
		}
		for n, i := range cell {
			cells.Index[n] = append(cells.Index[n], i)
		}
		cells.Low, cells.High = append(cells.Low, low), append(cells.High, high)
		cells.Values = append(cells.Values, math.Min(math.Max(0, low), high))
	}
	out := *c
	out.further = nil
	if len(cells.Low) == 0 {
		return &out, nil
	}
	var err error
	out.further, err = tensor.NewCensored(cells.Modes, cells.Index, cells.Values, cells.Low, cells.High)
	return &out, err
}

// between is the posterior predictive distribution of a censored cell: that of every sample, given that the value lies
// between the limits.
type between struct {
	limited
	parts   []posterior.Truncated // in standardised units
	offset  []float64             // value = offset + scale × standardised
	scale   []float64
	weights []float64
	total   float64
}

// between is nil where no sample says anything of limits.
func (c *Completion) between(cell []int32, b limited) *between {
	e, ok := modelsOf(c.fit)
	if !ok || e.samples() == 0 {
		return nil
	}
	out := &between{limited: b}
	for _, part := range e.distribution(cell).parts {
		offset, scale := part.scaling.Undo(cell, 0), part.scaling.ScaleAt(cell)
		t, ok := posterior.Between(part.scatter, cell, part.x, (b.low-offset)/scale, (b.high-offset)/scale)
		if !ok {
			continue
		}
		weight := part.weight
		if !b.seen {
			weight = float64(weight * math.Max(t.Probability(), leastProbability))
		}
		out.parts, out.offset, out.scale = append(out.parts, t), append(out.offset, offset), append(out.scale, scale)
		out.weights, out.total = append(out.weights, weight), out.total+weight
	}
	if !(out.total > 0) {
		return nil
	}
	return out
}

func (b *between) moments() (mean, variance float64) {
	shift := 0.0
	for k := range b.parts {
		first, second := b.parts[k].Moments()
		value := b.offset[k] + float64(b.scale[k]*first)
		if k == 0 {
			shift = value
		}
		d := value - shift
		mean += float64(b.weights[k] * d)
		variance += float64(b.weights[k] * (float64(d*d) + float64(b.scale[k]*b.scale[k]*second)))
	}
	mean, variance = mean/b.total, variance/b.total
	return math.Min(math.Max(shift+mean, b.low), b.high), math.Max(0, variance-float64(mean*mean))
}

func (b *between) cdf(y float64) (p float64) {
	for k := range b.parts {
		p += float64(b.weights[k] * b.parts[k].CDF((y-b.offset[k])/b.scale[k]))
	}
	return p / b.total
}

// quantile is the least y with P(≤ y) ≥ p; mean and deviation tell where to look.
func (b *between) quantile(p, mean, deviation float64) float64 {
	const farthest = 60 // doublings
	low, high := b.low, b.high
	step := math.Max(deviation, math.Max(1e-12*math.Abs(mean), 1e-300))
	for k := 0; math.IsInf(low, -1) && k <= farthest; k++ {
		if y := mean - step; b.cdf(y) < p || k == farthest {
			low = y
		}
		step = float64(step * 2)
	}
	step = math.Max(deviation, math.Max(1e-12*math.Abs(mean), 1e-300))
	for k := 0; math.IsInf(high, 1) && k <= farthest; k++ {
		if y := mean + step; b.cdf(y) >= p || k == farthest {
			high = y
		}
		step = float64(step * 2)
	}
	return bisect(b.cdf, p, low, high)
}

// atLimits is At of a censored cell.
func (c *Completion) atLimits(cell []int32, b limited) (value, stderr float64) {
	d := c.between(cell, b)
	if d == nil {
		return b.standIn, c.unit.ScaleAt(cell)
	}
	value, variance := d.moments()
	return value, math.Sqrt(variance)
}

// boundsAtLimits is Bounds of a censored cell. Where the model would have values beyond a limit of all values, such as 0, they
// may stand in a heap at the limit, which no quantile of a density between the limits is: the interval begins there if that
// of what the model would have does.
func (c *Completion) boundsAtLimits(cell []int32, b limited, level float64) (low, high float64) {
	d := c.between(cell, b)
	if d == nil {
		return b.low, b.high
	}
	mean, variance := d.moments()
	deviation, tail := math.Sqrt(variance), float64((1-level)/2)
	low, high = d.quantile(tail, mean, deviation), d.quantile(1-tail, mean, deviation)
	least, most, _ := c.limits.at(cell)
	if b.low < least {
		low = math.Min(low, math.Max(least, c.beyond(cell, limited{math.Inf(-1), b.high, b.seen, b.standIn}, tail, low)))
	}
	if b.high > most {
		high = math.Max(high, math.Min(most, c.beyond(cell, limited{b.low, math.Inf(1), b.seen, b.standIn}, 1-tail, high)))
	}
	if c.kindAt(cell).Step == 1 { // the distribution function has its steps there
		low, high = math.RoundToEven(low), math.RoundToEven(high)
	}
	return low, high
}

// beyond is a quantile of a cell's value given limits one of which is not that of all values; otherwise without samples.
func (c *Completion) beyond(cell []int32, b limited, p, otherwise float64) float64 {
	d := c.between(cell, b)
	if d == nil {
		return otherwise
	}
	mean, variance := d.moments()
	return d.quantile(p, mean, math.Sqrt(variance))
}

// drawAtLimits is a draw of a censored cell, of the sample that all cells of the draw have.
func (c *Completion) drawAtLimits(number int, cell []int32, b limited) float64 {
	e, ok := modelsOf(c.fit)
	if !ok {
		return b.standIn
	}
	m, k := e.sampleOf(c.seed, number)
	if m == nil {
		return b.standIn
	}
	sample := &m.posterior.Samples[k]
	offset, scale := m.scaling.Undo(cell, 0), m.scaling.ScaleAt(cell)
	t, ok := posterior.Between(sample.Scatter, cell, sample.AtCell(e.single(cell), 0), (b.low-offset)/scale, (b.high-offset)/scale)
	if !ok {
		return b.standIn
	}
	y := offset + float64(scale*t.Draw(cellStream(c.seed, number, cell)))
	return math.Min(math.Max(y, b.low), b.high)
}

// probability is that of a value between limits; of values on a grid, of those that would be rounded to one between them.
func (m predictive) probability(low, high, step float64) float64 {
	low, high = onGrid(low, high, step)
	below, above := 0.0, 1.0
	if !math.IsInf(low, -1) {
		below = m.cdf(low)
	}
	if !math.IsInf(high, 1) {
		above = m.cdf(high)
	}
	return math.Max(leastProbability, above-below)
}

// logProbability is the log score of a held-out cell that is censored.
func (m predictive) logProbability(low, high, step float64) float64 {
	return portable.Log(m.probability(low, high, step))
}

// onGrid are limits half a step beyond the values on a grid that lie between them.
func onGrid(low, high, step float64) (float64, float64) {
	if step == 0 {
		return low, high
	}
	return float64(step * (math.Floor(low/step) + 0.5)), float64(step * (math.Ceil(high/step) - 0.5))
}

// normalLogProbability is that of a normal distribution.
func normalLogProbability(h HeldOutCell, step float64) float64 {
	low, high := onGrid(h.low, h.high, step)
	deviation := math.Max(h.Stderr, 1e-150)
	at := func(y float64) float64 { return posterior.NormalCDF((y - h.Predicted) / deviation) }
	return portable.Log(math.Max(leastProbability, at(high)-at(low)))
}

// censored reports whether only limits are known of the cell.
func (h HeldOutCell) censored() bool { return h.low < h.high }

// splitCensored parts held-out cells with exact values from censored ones.
func splitCensored(cells []HeldOutCell) (exact, censored []HeldOutCell) {
	if !slices.ContainsFunc(cells, HeldOutCell.censored) {
		return cells, nil
	}
	for _, h := range cells {
		if h.censored() {
			censored = append(censored, h)
		} else {
			exact = append(exact, h)
		}
	}
	return exact, censored
}

// withLimits are the families that go with the censored cells of a label of a mode, or with all where mode is −1.
func (j *job) withLimits(families []posterior.Family, mode, label int) []posterior.Family {
	low, high := j.Censored.Of(mode, label)
	if len(high) == 0 {
		return families
	}
	return slices.DeleteFunc(families, func(f posterior.Family) bool { return f.CheckCensored(low, high) != nil })
}

// Of are the limits of the cells of a label of a mode, or of all where mode is −1.
func (c *Censored) Of(mode, label int) (low, high []float64) {
	for k := range c.Len() {
		if mode < 0 || int(c.Index[mode][k]) == label {
			low, high = append(low, c.Low[k]), append(high, c.High[k])
		}
	}
	return low, high
}
