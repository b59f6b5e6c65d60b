package completion

import (
	"math"
	"slices"
	"sort"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

// process is how residuals are kriged along the ordered modes. In units of their deviation they are f + e, e independent
// from cell to cell, cov(f, f′) = share · exp(−Σ_n |x_n − x′_n| / reach_n) for cells that differ in ordered modes alone, x_n
// coordinates in steps. A residual is expected to be trust · k K⁻¹ r, given those of the nearest known cells, of its fibres
// or of all, r, K their covariances and k those with the cell.
type process struct {
	Reach []float64 // [n]: in steps; 0: of mode n nothing is used
	Share float64
	Trust []float64 // of every label of the mode that has units of its own, or one for all
	Power float64   // of the share of the variance that is left by the equations, which takes r for what it stands for
}

const (
	nearbyCells = 3    // known cells on each side of a cell along a fibre
	longReach   = 12.0 // reaches, beyond which a cell is left out
)

// adjacent is a known cell near another.
type adjacent struct {
	mode  int
	steps float64   // beyond the other in its fibre, in the coordinate of the mode
	at    int32     // among the known cells
	apart []float64 // [n]: steps beyond the other along all modes; nil: they have a fibre in common
}

// nearby finds the known cells next to any cell: those of its fibres, or with a vicinity the nearest of all.
type nearby struct {
	vicinity *vicinity
	scale    []float64 // of the vicinity
	cells    *tensor.Observed
	modes    []int
	fibre    []subset    // all modes but one
	along    []tuples    // known cells by fibre
	places   [][]float64 // coordinates in steps
	labels   tensor.Shape
}

func newNearby(cells *tensor.Observed, modes []int) nearby {
	shape := cells.Shape()
	b := nearby{cells: cells, modes: modes, labels: shape}
	for _, n := range modes {
		b.places = append(b.places, inSteps(cells.Modes[n].Coordinates))
		others := subset{}
		for m := range shape {
			if m != n {
				others.modes = append(others.modes, m)
			}
		}
		b.fibre = append(b.fibre, others)
		b.along = append(b.along, newTuples(&others, cells, shape))
	}
	return b
}

// newNearest finds the nearest known cells along all modes at once, a distance of one being so many steps.
func newNearest(v *vicinity, scale []float64) nearby {
	return nearby{vicinity: v, scale: scale, cells: v.cells, modes: v.modes, places: v.places, labels: v.cells.Shape()}
}

// inSteps are coordinates over the median distance from one to the next.
func inSteps(coordinates []float64) []float64 {
	sorted := slices.Sorted(slices.Values(coordinates))
	var gaps []float64
	for k := 1; k < len(sorted); k++ {
		if d := sorted[k] - sorted[k-1]; d > 0 {
			gaps = append(gaps, d)
		}
	}
	step := 1.0
	if slices.Sort(gaps); len(gaps) > 0 {
		step = gaps[len(gaps)/2]
	}
	places := make([]float64, len(coordinates))
	for i, x := range coordinates {
		places[i] = x / step
	}
	return places
}

// of sets what is around a cell. It is known unless one of its labels came later, which has no neighbours.
func (b *nearby) of(w *workspace, cell []int32) (known bool) {
	w.around = w.around[:0]
	for n, i := range cell {
		if int(i) >= b.labels[n] {
			return false
		}
	}
	if b.vicinity != nil {
		b.vicinity.of(w, cell, b.scale)
		return true
	}
	for k, n := range b.modes {
		list := b.along[k].cells(b.cells, &b.fibre[k], cell)
		column, places := b.cells.Index[n], b.places[k]
		add := func(at int32) {
			w.around = append(w.around, adjacent{mode: n, steps: places[column[at]] - places[cell[n]], at: at})
		}
		middle := sort.Search(len(list), func(i int) bool { return column[list[i]] >= cell[n] })
		for i := middle - 1; i >= max(0, middle-nearbyCells); i-- {
			add(list[i])
		}
		if middle < len(list) && column[list[middle]] == cell[n] {
			middle++ // the cell itself
		}
		for _, at := range list[middle:min(len(list), middle+nearbyCells)] {
			add(at)
		}
	}
	return true
}

// workspace is what cells that are kriged one after the other share.
type workspace struct {
	around, within         []adjacent
	apart                  []float64 // of those around
	search                 neighbourSearch
	near                   []float64
	factor, toward, solved []float64
}

// between reports whether a cell lies between two that it was kriged from, along a mode.
func (w *workspace) between() bool {
	for _, a := range w.within {
		for _, b := range w.within {
			if a.apart == nil && a.mode == b.mode && a.steps < 0 && b.steps > 0 {
				return true
			}
			for n := range a.apart {
				if a.apart[n] < 0 && b.apart[n] > 0 {
					return true
				}
			}
		}
	}
	return false
}

// correction is what is added to the value of a cell, in deviations, and the share of its variance that is left.
type correction struct{ add, left float64 }

func (c correction) of(p prediction, scale float64) prediction {
	return prediction{p.value + float64(c.add*scale), float64(c.left * p.spread), float64(c.left * p.noise)}
}

// correct kriges the residual of a cell of which the workspace holds what is around.
func (p *process) correct(w *workspace, label int32, residual []float64) correction {
	p.within(w)
	value, explained := p.krige(w, residual)
	trust := p.Trust[label]
	left := math.Max(leastLeft, 1-float64(trust*(2-trust)*explained))
	return correction{float64(trust * value), portable.Pow(left, p.Power)}
}

// leastLeft is the least share of the variance that is left.
const leastLeft = 0.01

// within chooses what a cell is kriged from of what is around it.
func (p *process) within(w *workspace) {
	w.within = w.within[:0]
	for _, a := range w.around {
		if p.distance(&a) <= longReach {
			w.within = append(w.within, a)
		}
	}
}

// distance is that of a cell from one near it, in reaches; no reach reaches along a mode without one.
func (p *process) distance(a *adjacent) (sum float64) {
	if a.apart == nil {
		return math.Abs(a.steps) / p.Reach[a.mode]
	}
	return p.apart(a.apart, nil)
}

// apart is the distance between the ends of two lines of steps along all modes, or from where these begin to the first's.
func (p *process) apart(x, y []float64) (sum float64) {
	for n, steps := range x {
		if y != nil {
			steps -= y[n]
		}
		if steps != 0 {
			sum += math.Abs(steps) / p.Reach[n]
		}
	}
	return sum
}

// krige returns k K⁻¹ r and k K⁻¹ k.
func (p *process) krige(w *workspace, residual []float64) (value, explained float64) {
	m := len(w.within)
	w.factor = slices.Grow(w.factor[:0], m*m)[:m*m]
	w.toward = slices.Grow(w.toward[:0], m)[:m]
	w.solved = slices.Grow(w.solved[:0], m)[:m]
	w.near = w.near[:0]
	for a, x := range w.within {
		near := portable.Exp(-p.distance(&x))
		w.near = append(w.near, near)
		row := w.factor[a*m : a*m+a+1]
		for b, y := range w.within[:a] {
			between := near * w.near[b]
			switch {
			case x.apart != nil:
				between = portable.Exp(-p.apart(x.apart, y.apart))
			case x.mode == y.mode && x.steps > 0 == (y.steps > 0): // on one side
				between = math.Min(near, w.near[b]) / math.Max(near, w.near[b])
			}
			row[b] = p.Share * between
		}
		// K = L Lᵀ, row by row; with L u = k and L v = r the residual is uᵀ v, and what it explains uᵀ u.
		u, v, square := float64(p.Share*near), residual[x.at], 1.0
		for b := range a {
			other, sum := w.factor[b*m:b*m+b+1], row[b]
			for c := range b {
				sum -= float64(row[c] * other[c])
			}
			row[b] = sum / other[b]
			u -= float64(row[b] * w.toward[b])
			v -= float64(row[b] * w.solved[b])
			square -= float64(row[b] * row[b])
		}
		row[a] = math.Sqrt(math.Max(square, 1-p.Share))
		w.toward[a], w.solved[a] = u/row[a], v/row[a]
		value += float64(w.toward[a] * w.solved[a])
		explained += float64(w.toward[a] * w.toward[a])
	}
	return value, explained
}

// weights are K⁻¹ k of the cell that was kriged last: with K = L Lᵀ and L u = k, Lᵀ λ = u.
func (w *workspace) weights() []float64 {
	m := len(w.within)
	out := slices.Clone(w.toward)
	for a := m - 1; a >= 0; a-- {
		out[a] /= w.factor[a*m+a]
		for b := range a {
			out[b] -= float64(w.factor[a*m+b] * out[a])
		}
	}
	return out
}
