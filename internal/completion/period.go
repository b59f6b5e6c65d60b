package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/tensor"
)

// FoundPeriod is a distance after which the values were found to repeat along a mode for which nothing else proposes one.
type FoundPeriod struct {
	Mode   int     `json:"mode"`   // counted from 0
	Period float64 `json:"period"` // in units of the mode's coordinates
}

// findPeriods returns the observed cells with a period for every mode that has coordinates and no period yet, where the
// values show one, and lists what was found. Whether a model repeats with it is for held-back cells to say.
func findPeriods(o *tensor.Observed, unit tensor.Scaling) (with *tensor.Observed, found []FoundPeriod) {
	with = o
	for n, mode := range o.Modes {
		if mode.Coordinates == nil || len(mode.Periods) > 0 {
			continue
		}
		g, ok := gridOf(mode.Coordinates)
		if !ok {
			continue
		}
		if lag := g.period(o, n, unit); lag > 0 {
			found = append(found, FoundPeriod{n, lag * g.step})
		}
	}
	if found != nil {
		same := *o
		with, same.Modes = &same, slices.Clone(o.Modes)
		for _, f := range found {
			with.Modes[f.Mode].Periods = []float64{f.Period}
		}
	}
	return with, found
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

// change is the difference of a fibre's values at a place of the grid and the one before it.
type change struct {
	fibre uint64
	place int32
	by    float64
}

// period is the lag in steps after which changes from step to step come again, 0 where there is none. Changes leave out
// what is slow, and of noise that is independent they keep nothing beyond the first lag. All fibres may follow one course,
// so that a correlation over T steps counts as one of T pairs, however many fibres there are.
func (g grid) period(o *tensor.Observed, mode int, unit tensor.Scaling) (period float64) {
	const least, clear, dip, alike = 0.2, 3, 0.5, 0.95 // correlation; deviations of the null; share that shorter lags fall below; of the best
	r := g.correlations(g.changes(o, mode, unit))
	best, lowest := 0.0, 1.0
	for p := 2; p+1 < len(r); p++ {
		lowest = math.Min(lowest, r[p-1])
		if r[p] < least || r[p] <= r[p-1] || r[p] < r[p+1] || lowest > dip*r[p] {
			continue
		}
		if fine, score := g.follow(r, p); score >= clear && alike*score > best { // multiples repeat as well
			best, period = score, fine
		}
	}
	return period
}

// follow measures a period at its multiples, as far as each is a peak, and how far the correlations at the first three
// are from none.
func (g grid) follow(r []float64, period int) (fine, score float64) {
	const most = 3
	fine, score = float64(period), float64(r[period]*math.Sqrt(float64(g.length-period)))
	terms := 1
	for k := 2.0; int(math.Round(k*fine))+2 < len(r); k++ {
		at := int(math.Round(k * fine))
		for _, p := range []int{at - 1, at + 1} {
			if r[p] > r[at] {
				at = p
			}
		}
		if terms < most {
			score += float64(r[at] * math.Sqrt(float64(g.length-at)))
			terms++
		}
		if r[at] < r[at-1] || r[at] < r[at+1] || r[at] < r[period]/2 {
			break
		}
		fine = float64(at) / k
	}
	if whole := math.Round(fine); math.Abs(fine-whole)*float64(g.length) < fine {
		fine = whole // what it would be off by, over all steps, is less than one
	}
	return fine, score / math.Sqrt(float64(terms))
}

// changes lists them in order of fibres and places, of fibres that are drawn by their indices where all would take long.
func (g grid) changes(o *tensor.Observed, mode int, unit tensor.Scaling) (changes []change) {
	const most = 1e8 // pairs of changes
	every := uint64(math.Ceil(float64(o.Len()) * float64(g.lags()) / most))
	type known struct {
		fibre uint64
		place int32
		value float64
	}
	var cells []known
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
			cells = append(cells, known{fibre, g.place[cell[mode]], v / unit.ScaleAt(cell)})
		}
	}
	slices.SortFunc(cells, func(a, b known) int {
		return cmp.Or(cmp.Compare(a.fibre, b.fibre), cmp.Compare(a.place, b.place))
	})
	for k := 1; k < len(cells); k++ {
		if a, b := cells[k-1], cells[k]; a.fibre == b.fibre && b.place == a.place+1 {
			changes = append(changes, change{b.fibre, b.place, b.value - a.value})
		}
	}
	return changes
}

// lags is how many are looked at: a period is seen twice.
func (g grid) lags() int { return min(g.length/2, longestLag) }

// correlations are those of changes so many steps apart in the same fibre.
func (g grid) correlations(changes []change) []float64 {
	count := g.lags() + 1
	products, before, after := make([]float64, count), make([]float64, count), make([]float64, count)
	for k, a := range changes {
		for _, b := range changes[k+1:] {
			lag := int(b.place - a.place)
			if b.fibre != a.fibre || lag >= count {
				break
			}
			products[lag] += float64(a.by * b.by)
			before[lag] += float64(a.by * a.by)
			after[lag] += float64(b.by * b.by)
		}
	}
	for lag := range products {
		if size := math.Sqrt(before[lag] * after[lag]); size > 0 {
			products[lag] /= size
		}
	}
	return products
}
