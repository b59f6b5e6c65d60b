package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/coordinate"
	"lacuna/internal/portable"
	"lacuna/tensor"
)

// FoundPeriod is a distance after which the values were found to repeat along a mode, and which is no part of one that is proposed.
type FoundPeriod struct {
	Mode   int     `json:"mode"`   // counted from 0
	Period float64 `json:"period"` // in units of the mode's coordinates
}

// findPeriods returns the observed cells with a period for every mode that has coordinates and no period yet, or those of the
// calendar alone, where the values show one of their own, and lists what was found, and all modes along which values repeat.
// Whether a model repeats with it is for held-back cells to say.
func findPeriods(o *tensor.Observed, unit tensor.Scaling) (with *tensor.Observed, found []FoundPeriod, repeating []int) {
	with = o
	for n, mode := range o.Modes {
		if mode.Coordinates == nil {
			continue
		}
		g, ok := gridOf(mode.Coordinates)
		if !ok {
			continue
		}
		period := g.period(o, n, unit) * g.step
		if period == 0 {
			continue
		}
		own := !slices.ContainsFunc(mode.Periods, func(p float64) bool { return isPart(period, p) })
		if own && !coordinate.OfCalendar(mode.Unit, mode.Periods) {
			continue
		}
		repeating = append(repeating, n)
		if own {
			found = append(found, FoundPeriod{n, period})
		}
	}
	if found != nil {
		same := *o
		with, same.Modes = &same, slices.Clone(o.Modes)
		for _, f := range found {
			with.Modes[f.Mode].Periods = append(slices.Clone(o.Modes[f.Mode].Periods), f.Period)
		}
	}
	return with, found, repeating
}

// isPart reports whether a period comes a few times in a longer one, as near as values tell.
func isPart(period, whole float64) bool {
	const near, few = 0.03, 4
	times := math.Round(whole / period)
	return times >= 1 && times <= few && math.Abs(whole/period-times) < near*times
}

// grid is an axis of equal steps on which the indices of a mode lie.
type grid struct {
	step   float64
	place  []int32 // of every index, from 0
	length int
}

const (
	fewestSteps  = 12 // of a grid on which a period can be seen
	emptiestGrid = 20 // steps a label
	longestLag   = 1000
)

// gridOf finds the grid of ascending coordinates, if there is one that is long enough and not nearly empty.
func gridOf(at []float64) (g grid, ok bool) {
	const exact = 1e-6 // of a step
	g.step = math.Inf(1)
	for i := 1; i < len(at); i++ {
		g.step = math.Min(g.step, at[i]-at[i-1])
	}
	for _, x := range at {
		steps := (x - at[0]) / g.step
		if !(steps < emptiestGrid*float64(len(at))) || math.Abs(steps-math.Round(steps)) > exact {
			return g, false
		}
		g.place = append(g.place, int32(math.Round(steps)))
	}
	if len(at) == 0 {
		return g, false
	}
	g.length = int(g.place[len(at)-1]) + 1
	return g, g.length >= fewestSteps
}

// change is the difference of a fibre's values at a place of the grid and so many steps before.
type change struct {
	fibre uint64
	place int32
	by    float64
}

// period is the lag in steps after which changes come again, 0 where there is none. Changes leave out what is slow, and of noise
// that is independent they keep nothing beyond the steps that they span: those over one step show what turns fast, those over
// several what turns slowly amid noise. All fibres may follow one course, so that a correlation over T steps counts as one of T
// pairs, however many fibres there are.
func (g grid) period(o *tensor.Observed, mode int, unit tensor.Scaling) (period float64) {
	known := g.known(o, mode, unit)
	var found []repeat
	for span := 1; span <= g.lags()/shortest; span *= 2 {
		r, deviations := g.correlations(changes(known, span), span)
		from := 2
		if span > 1 {
			from = shortest * span
		}
		for p := from; p+1 < len(r); p++ {
			if peaks(r, p, span) {
				if f := follow(r, deviations, p); f.score >= g.distinct() {
					found = append(found, f)
				}
			}
		}
	}
	if found == nil {
		return 0
	}
	best, span := bestOf(found), 1
	for float64(2*shortest*span) <= best.period {
		span *= 2
	}
	fine := g.refine(changes(known, span), best)
	if whole := math.Round(fine); math.Abs(fine-whole)*float64(g.length) < fine {
		return whole // what it would be off by, over all steps, is less than one
	}
	return fine
}

// repeat is a period that correlations of changes show.
type repeat struct {
	period float64
	score  float64 // how far the correlations are from none
	within float64 // that the period may be off
}

// bestOf is the one with the best score, or the part of it that repeats as well.
func bestOf(found []repeat) repeat {
	const part, whole = 0.5, 0.05 // of the best score; of a multiple, that it may be off
	best := slices.MaxFunc(found, func(a, b repeat) int { return cmp.Compare(a.score, b.score) })
	most := 1.0
	for _, f := range found {
		if times := best.period / f.period; f.score > part*best.score && math.Abs(times-math.Round(times)) < whole {
			most = math.Max(most, math.Round(times))
		}
	}
	best.period, best.within = best.period/most, best.within/most
	return best
}

// refine is the period, as near as it is known, of which waves explain most of the changes: along a part of the axis first where
// it is long, which tells it nearly, then along longer ones.
func (g grid) refine(changes []change, near repeat) (period float64) {
	const cells, few, longer = 1e5, 32, 4 // changes, at most; steps that are tried on one side, about; times the part before
	if len(changes) > cells {
		changes = changes[:cells]
	}
	period, within := near.period, near.within
	length := min(g.length, int(math.Max(few*period*period/(fineness*within), longer*period)))
	for {
		period = finest(changes, length, period, within)
		if length == g.length {
			return period
		}
		within = period * period / float64(2*length)
		length = min(g.length, longer*length)
	}
}

const fineness = 8 // steps from one period to the one that turns once more over the whole length

// finest is the best of the periods within a distance, by the changes at the first places.
func finest(changes []change, length int, period, within float64) float64 {
	step := period * period / float64(fineness*length)
	reach := int(math.Ceil(within / step))
	powers := make([]float64, 2*reach+3)
	for k := range powers {
		powers[k] = power(changes, length, period+float64(float64(k-reach-1)*step))
	}
	at := 1
	for k := 2; k < len(powers)-1; k++ {
		if powers[k] > powers[at] {
			at = k
		}
	}
	period += float64(float64(at-reach-1) * step)
	before, most, after := powers[at-1], powers[at], powers[at+1]
	if most > before && most >= after {
		period += float64(step * (after - before) / (float64(4*most) - float64(2*(before+after)))) // the top of a parabola
	}
	return period
}

// power is the sum of squares of the changes at the first places that waves of a period and its parts explain.
func power(changes []change, length int, period float64) (power float64) {
	const waves = 3
	cos, sin := make([]float64, length), make([]float64, length)
	for wave := 1.0; wave <= waves && period > 2*wave; wave++ {
		for t := range cos {
			turn := 2 * math.Pi * wave * float64(t) / period
			cos[t], sin[t] = portable.Cos(turn), portable.Cos(turn-math.Pi/2)
		}
		var c, s, cc, cs, ss float64
		for i, d := range changes {
			if int(d.place) < length {
				x, y := cos[d.place], sin[d.place]
				c += float64(d.by * x)
				s += float64(d.by * y)
				cc += float64(x * x)
				cs += float64(x * y)
				ss += float64(y * y)
			}
			if i == len(changes)-1 || changes[i+1].fibre != d.fibre {
				if size := float64(cc*ss) - float64(cs*cs); size > 1e-6*float64(cc*ss) {
					power += (float64(ss*c*c) - float64(2*cs*c*s) + float64(cc*s*s)) / size
				}
				c, s, cc, cs, ss = 0, 0, 0, 0, 0
			}
		}
	}
	return power
}

const shortest = 3 // period that changes over more than one step show, in their spans

// distinct is a score beyond what the largest of as many deviations of a null as there are lags comes to.
func (g grid) distinct() float64 {
	const beyond = 1
	return math.Sqrt(2*portable.Log(float64(g.lags()))) + beyond
}

// peaks reports whether a correlation is large, the largest nearby, and well above those on either side that are not of the noise.
func peaks(r []float64, p, span int) bool {
	const least, dip = 0.2, 0.5 // correlation; share of it that those between fall below
	if r[p] < least || r[p] <= r[p-1] || r[p] < r[p+1] {
		return false
	}
	first := span + 1
	if p == 2 {
		first = 1
	}
	before, after := r[first:p], r[p+1:min(2*p, len(r))]
	return len(before) > 0 && len(after) > 0 && slices.Min(before) <= dip*r[p] && slices.Min(after) <= dip*r[p]
}

// follow measures a period at its multiples, as far as each is a peak, and scores the correlations at the first three.
func follow(r, deviations []float64, period int) repeat {
	const most = 3
	const off = 0.1 // of a period, that noise may move the peak
	f := repeat{period: float64(period), score: r[period] / deviations[period], within: math.Max(1, off*float64(period))}
	terms := 1
	for k := 2.0; int(math.Round(k*f.period))+2 < len(r); k++ {
		at := int(math.Round(k * f.period))
		for _, p := range []int{at - 1, at + 1} {
			if r[p] > r[at] {
				at = p
			}
		}
		if terms < most {
			f.score += r[at] / deviations[at]
			terms++
		}
		if r[at] < r[at-1] || r[at] < r[at+1] || r[at] < r[period]/2 {
			break
		}
		f.period, f.within = float64(at)/k, 1/k
	}
	f.score /= math.Sqrt(float64(terms))
	return f
}

// placed is the value of a fibre at a place of the grid.
type placed struct {
	fibre uint64
	place int32
	value float64
}

// known lists the values in order of fibres, which is one of chance, and places: as many of the first as do not take long.
func (g grid) known(o *tensor.Observed, mode int, unit tensor.Scaling) (cells []placed) {
	const most, listed = 2e7, 2e6 // pairs of changes over a span; cells that are sorted, about
	every := uint64(math.Ceil(float64(o.Len()) / listed))
	cell := make([]int32, o.Order())
	for c, v := range o.Values {
		fibre := uint64(0)
		for n, column := range o.Index {
			if cell[n] = column[c]; n != mode {
				fibre = (fibre ^ uint64(column[c]+1)) * 0x9E3779B97F4A7C15
				fibre ^= fibre >> 29
			}
		}
		if fibre%every == 0 {
			cells = append(cells, placed{fibre, g.place[cell[mode]], v / unit.ScaleAt(cell)})
		}
	}
	slices.SortFunc(cells, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.fibre, b.fibre), cmp.Compare(a.place, b.place))
	})
	return cells[:min(len(cells), most/g.lags())]
}

// changes are those over so many steps.
func changes(cells []placed, span int) (changes []change) {
	before := 0
	for _, b := range cells {
		for cells[before].fibre != b.fibre || int(b.place-cells[before].place) > span {
			before++
		}
		if a := cells[before]; int(b.place-a.place) == span {
			changes = append(changes, change{b.fibre, b.place, b.value - a.value})
		}
	}
	return changes
}

// lags is how many are looked at: a period is seen twice.
func (g grid) lags() int { return min(g.length/2, longestLag) }

// correlations are those of changes over a span, so many steps apart in the same fibre, with the standard deviations that they
// have where nothing repeats: of a random walk or of noise, whichever is more (Bartlett 1946).
func (g grid) correlations(changes []change, span int) (r, deviations []float64) {
	const noise = 1.5 // times the variance that independent values have; of a walk two thirds of the span
	count := g.lags() + 1
	r, deviations = make([]float64, count), make([]float64, count)
	before, after, pairs := make([]float64, count), make([]float64, count), make([]float64, count)
	for k, a := range changes {
		for _, b := range changes[k+1:] {
			lag := int(b.place - a.place)
			if b.fibre != a.fibre || lag >= count {
				break
			}
			r[lag] += float64(a.by * b.by)
			before[lag] += float64(a.by * a.by)
			after[lag] += float64(b.by * b.by)
			pairs[lag]++
		}
	}
	for lag := range r {
		if size := math.Sqrt(before[lag] * after[lag]); size > 0 {
			r[lag] /= size
		}
		independent := math.Min(pairs[lag], float64(g.length-lag))
		deviations[lag] = math.Sqrt(math.Max(noise, 2*float64(span)/3) / independent)
	}
	return r, deviations
}
