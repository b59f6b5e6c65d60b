package posterior

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// latents draw the values of censored cells in a chain, of which is known that they lie between two limits. Given the
// predictor x_c and the weight w_c of the cell, a value is
//
//	y_c ~ N(x_c, 1/w_c)  given that  a_c ≤ y_c ≤ b_c ,
//
// which is an exact conditional of the joint distribution (data augmentation: Tanner & Wong 1987; Chib 1992 for the
// censored regression).
type latents struct {
	cells     []int32   // that are censored, ascending
	low, high []float64 // of every cell, in the units of the values
	streams   []*rng.Stream
}

// newLatents is nil where no cell is censored. bring, if not nil, brings limits to the units of the values.
func newLatents(s *sampler, bring func(y float64) float64) *latents {
	if s.data.Low == nil {
		return nil
	}
	l := &latents{streams: make([]*rng.Stream, parts)}
	for p := range l.streams {
		l.streams[p] = rng.New(s.settings.Seed, fmt.Sprint(s.settings.Stream, "/censored/", p))
	}
	l.read(s, bring)
	return l
}

// read takes the limits from the data.
func (l *latents) read(s *sampler, bring func(y float64) float64) {
	l.cells, l.low, l.high = l.cells[:0], s.data.Low, s.data.High
	for c := range s.data.Low {
		if s.data.IsCensored(c) {
			l.cells = append(l.cells, int32(c))
		}
	}
	if bring == nil {
		return
	}
	l.low, l.high = make([]float64, s.data.Len()), make([]float64, s.data.Len())
	for _, c := range l.cells {
		l.low[c], l.high[c] = bring(s.data.Low[c]), bring(s.data.High[c])
	}
}

// draw draws the values given the residuals that they have left. A cell whose predictor has run away keeps its value.
func (l *latents) draw(g *scales) {
	g.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		for _, c := range l.within(begin, end) {
			x, deviation := g.values[c]-g.residual[c], 1/math.Sqrt(g.weight[c])
			if !measurable(x, deviation, 0) {
				continue
			}
			z := truncatedNormal(l.streams[part], 0, (l.low[c]-x)/deviation, (l.high[c]-x)/deviation)
			g.values[c] = math.Min(math.Max(x+float64(z*deviation), l.low[c]), l.high[c])
		}
	})
}

// within lists the censored cells from begin to end.
func (l *latents) within(begin, end int) []int32 {
	from, _ := slices.BinarySearch(l.cells, int32(begin))
	to, _ := slices.BinarySearch(l.cells, int32(end))
	return l.cells[from:to]
}

// Truncated is the distribution of an observation of a cell given that it lies between two limits.
type Truncated interface {
	Probability() float64              // of the limits
	Moments() (mean, variance float64) // of the observation
	CDF(y float64) float64             // the probability of at most y
	Draw(s *rng.Stream) float64        // an observation
}

// truncation is that of what scatters by scale, itself or its logarithm.
type truncation struct {
	center, scale float64 // of the observation, or of its logarithm
	freedom       float64 // ν of Student's distribution; 0: a normal one
	a, b          float64 // the limits in units of the scale, the interval turned so that a ≤ 0 or nearer to the centre
	turned        bool    // a and b are those of −z
	log           bool    // y = exp(mean + factor z)
	mean, factor  float64
	low, high     float64
	probability   float64
}

// truncatable is a Scatter that can be given limits.
type truncatable interface {
	Scatter
	between(cell []int32, x, low, high float64) Truncated
}

// Between returns the distribution of an observation of a cell, where the predictor is x, given that it lies between low
// and high, low < high, either of which may be infinite. ok is false for a distribution that cannot be given limits.
func Between(s Scatter, cell []int32, x, low, high float64) (t Truncated, ok bool) {
	own, ok := s.(truncatable)
	if m, mixed := s.(mixed); mixed {
		var inner Scatter
		inner, x = m.of(cell, x)
		own, ok = inner.(truncatable)
	}
	if !ok {
		return t, false
	}
	return own.between(cell, x, low, high), true
}

func (s spread) between(cell []int32, x, low, high float64) Truncated {
	t := &truncation{center: x, scale: s.scale(cell), freedom: s.freedom, low: low, high: high}
	t.turn(low, high)
	return t
}

func (e exponential) between(cell []int32, x, low, high float64) Truncated {
	t := &truncation{
		center: x, scale: e.spread.scale(cell), freedom: e.freedom, log: true, mean: e.mean, factor: e.scale, low: low, high: high,
	}
	t.low = math.Max(0, low)
	t.turn(e.bring(low), e.bring(high))
	return t
}

// bring is the place of a value among the logarithms, −Inf of what is not above 0.
func (e exponential) bring(y float64) float64 { return bringLog(y, e.mean, e.scale) }

func bringLog(y, mean, scale float64) float64 {
	if y <= 0 {
		return math.Inf(-1)
	}
	return (portable.Log(y) - mean) / scale
}

// turn sets the limits in units of the scale, on the side where the distribution function is exact.
func (t *truncation) turn(low, high float64) {
	t.a, t.b = (low-t.center)/t.scale, (high-t.center)/t.scale
	if t.a > 0 {
		t.a, t.b, t.turned = -t.b, -t.a, true
	}
	t.probability = t.below(t.b) - t.below(t.a)
}

// below is the distribution function in units of the scale.
func (t *truncation) below(z float64) float64 {
	switch {
	case math.IsInf(z, -1):
		return 0
	case math.IsInf(z, 1):
		return 1
	case t.freedom > 0:
		return studentCDF(z, t.freedom)
	}
	return normalCDF(z)
}

// Probability is that of the limits.
func (t *truncation) Probability() float64 { return t.probability }

// value is the observation at z of the turned interval.
func (t *truncation) value(z float64) float64 {
	if t.turned {
		z = -z
	}
	y := t.center + float64(t.scale*z)
	if t.log {
		y = portable.Exp(t.mean + float64(t.factor*y))
	}
	return math.Min(math.Max(y, t.low), t.high)
}

// negligible is a probability below which a limit is so far out in a tail that all lies at it.
const negligible = 1e-290

// Moments returns the mean and the variance of the observation.
func (t *truncation) Moments() (mean, variance float64) {
	if !(t.probability > negligible) {
		return t.value(t.b), 0
	}
	if t.log {
		return t.logMoments()
	}
	first, second := t.unitMoments()
	if t.turned {
		first = -first
	}
	mean = math.Min(math.Max(t.center+float64(t.scale*first), t.low), t.high)
	return mean, t.scale * t.scale * math.Max(0, second-float64(first*first))
}

// unitMoments are E[z] and E[z²] in units of the scale, of the turned interval. With f and F the density and the
// distribution function, those of the normal distribution are
//
//	E[z] = (f(a) − f(b))/P ,   E[z²] = 1 + (a f(a) − b f(b))/P ,   P = F(b) − F(a) ,
//
// and those of Student's, with F₋ of ν − 2 degrees of freedom, r = √((ν−2)/ν),
//
//	E[z] = ν/(ν−1) ((1 + a²/ν) f(a) − (1 + b²/ν) f(b))/P ,   E[1 + z²/ν] = (ν−1)/(ν−2) (F₋(rb) − F₋(ra))/P .
func (t *truncation) unitMoments() (first, second float64) {
	if t.freedom == 0 {
		density := func(z float64) (f, zf float64) {
			if math.IsInf(z, 0) {
				return 0, 0
			}
			f = portable.Exp(logNormal(z))
			return f, z * f
		}
		fa, afa := density(t.a)
		fb, bfb := density(t.b)
		return (fa - fb) / t.probability, 1 + (afa-bfb)/t.probability
	}
	nu := t.freedom
	weighted := func(z float64) float64 {
		if math.IsInf(z, 0) {
			return 0
		}
		return (1 + float64(z*z/nu)) * portable.Exp(logStudent(z, nu))
	}
	less := func(z float64) float64 {
		switch {
		case math.IsInf(z, -1):
			return 0
		case math.IsInf(z, 1):
			return 1
		}
		return studentCDF(z*math.Sqrt((nu-2)/nu), nu-2)
	}
	first = nu / (nu - 1) * (weighted(t.a) - weighted(t.b)) / t.probability
	second = nu * ((nu-1)/(nu-2)*(less(t.b)-less(t.a))/t.probability - 1)
	return first, second
}

// logMoments are those of exp(m + s(x + σz)), z normal: with d = sσ, E[yᵏ] = exp(k(m + sx) + k²d²/2) P(a − kd, b − kd)/P.
func (t *truncation) logMoments() (mean, variance float64) {
	const most = 300
	d := float64(t.factor * t.scale)
	if t.turned {
		d = -d
	}
	power := func(k float64) float64 {
		share := (t.below(t.b-float64(k*d)) - t.below(t.a-float64(k*d))) / t.probability
		if t.b-float64(k*d) > 0 && t.a-float64(k*d) > 0 { // the side where the distribution function is exact
			share = (t.below(float64(k*d)-t.a) - t.below(float64(k*d)-t.b)) / t.probability
		}
		return share * portable.Exp(math.Min(float64(k*(t.mean+float64(t.factor*t.center)))+float64(k*k*d*d/2), most))
	}
	first, second := power(1), power(2)
	mean = math.Min(math.Max(first, t.low), t.high)
	return mean, math.Max(0, second-float64(first*first))
}

// CDF is the probability of at most y.
func (t *truncation) CDF(y float64) float64 {
	switch {
	case y < t.low:
		return 0
	case y >= t.high:
		return 1
	}
	if !(t.probability > negligible) {
		if y >= t.value(t.b) {
			return 1
		}
		return 0
	}
	if t.log {
		y = bringLog(y, t.mean, t.factor)
	}
	z := (y - t.center) / t.scale
	if t.turned {
		return math.Min(1, (t.below(t.b)-t.below(-z))/t.probability)
	}
	return math.Max(0, (t.below(z)-t.below(t.a))/t.probability)
}

// Draw draws an observation.
func (t *truncation) Draw(s *rng.Stream) float64 {
	if t.freedom == 0 {
		return t.value(truncatedNormal(s, 0, t.a, t.b))
	}
	target := t.below(t.a) + float64(s.Float64()*t.probability)
	low, high := t.a, t.b
	for step := 1.0; math.IsInf(low, 0); step = float64(step * 2) {
		if z := math.Min(high, 0) - step; t.below(z) < target || step > largestStep {
			low = z
		}
	}
	for step := 1.0; math.IsInf(high, 0); step = float64(step * 2) {
		if z := low + step; t.below(z) > target || step > largestStep {
			high = z
		}
	}
	for range 60 {
		middle := low + float64((high-low)/2)
		if t.below(middle) < target {
			low = middle
		} else {
			high = middle
		}
	}
	return t.value(high)
}

// largestStep is how far a tail is followed, in units of the scale.
const largestStep = 1e15

// Normal is a normal distribution given that the number lies between low and high, low < high.
func Normal(mean, deviation, low, high float64) Truncated {
	return spread{level: deviation * deviation}.between(nil, mean, low, high)
}

// mostCounts is the largest upper limit of a count: all that lie between the limits are gone through.
const mostCounts = 10_000

// countsBetween are the least and the greatest count above low and below high; the least is the greater one where there is
// none.
func countsBetween(low, high float64) (first, last float64) {
	return math.Max(0, math.Floor(low)+1), math.Ceil(high) - 1
}

// fewCounts is the distribution of a count between limits: first, first + 1, … with their probabilities summed up.
type fewCounts struct {
	first float64
	sums  []float64 // the last is 1
	log   float64   // of the probability of the limits
}

// between goes through the counts by p(y+1)/p(y) = (y + r)/(y + 1) μ/(r + μ).
func (k counts) between(_ []int32, x, low, high float64) Truncated {
	first, last := countsBetween(low, high)
	logs := make([]float64, int(math.Max(0, math.Min(last, mostCounts)-first))+1)
	psi := k.level + x - portable.Log(k.size)
	step := -softplus(-psi)
	logs[0] = k.LogDensity(nil, x, first)
	top := logs[0]
	for i := 1; i < len(logs); i++ {
		y := first + float64(i-1)
		logs[i] = logs[i-1] + portable.Log((y+k.size)/(y+1)) + step
		top = math.Max(top, logs[i])
	}
	total := 0.0
	for i, l := range logs {
		total += portable.Exp(l - top)
		logs[i] = total
	}
	for i := range logs {
		logs[i] /= total
	}
	return &fewCounts{first, logs, top + portable.Log(total)}
}

func (f *fewCounts) Probability() float64 { return portable.Exp(f.log) }

func (f *fewCounts) Moments() (mean, variance float64) {
	last, square := 0.0, 0.0
	for i, sum := range f.sums {
		p, y := sum-last, float64(i)
		mean += float64(p * y)
		square += float64(p * y * y)
		last = sum
	}
	return f.first + mean, math.Max(0, square-float64(mean*mean))
}

func (f *fewCounts) CDF(y float64) float64 {
	switch i := math.Floor(y) - f.first; {
	case i < 0:
		return 0
	case i >= float64(len(f.sums)):
		return 1
	default:
		return f.sums[int(i)]
	}
}

func (f *fewCounts) Draw(s *rng.Stream) float64 {
	return f.first + float64(min(sort.SearchFloat64s(f.sums, s.Float64()), len(f.sums)-1))
}
