package model

import "lacuna/internal/kernel"

// Linearisation is the flow of a few active blocks to first order around one point, in the space of their vectors v
// ("v-space"). With z a direction, δv = Jᵥz, and K = JᵥJᵥᵀ, the vector field of the active blocks changes by −K H δv,
// H the Hessian of L by v. Vectors of v-space have length Dim, a multiple of 8 in the layout of the model.
//
// It belongs to the model that returned it, and holds until that model moves or is linearised again.
type Linearisation interface {
	// ActiveBlocks returns the number of active blocks.
	ActiveBlocks() int
	// Dim returns the length of a v-space vector, padding included; Rows appends to rows[:0] the positions that are
	// not padding, ascending.
	Dim() int
	Rows(rows []int) []int
	// Damp slows the active blocks down: factors[a], a power of two, multiplies the vector field of the a-th in SetLift,
	// GramScale and TimesGram until the next Damp. The slice is kept. At first nothing is damped.
	Damp(factors []float64)
	// DampSlot multiplies the direction of the a-th active block in gradient slot j by factors[a].
	DampSlot(j int, factors []float64)
	// Project sets b = Jᵥ Σ terms.
	Project(b []float64, terms []Term)
	// SetLift sets lift slot j to Jᵥᵀ omega (damped), a direction that moves the active blocks only.
	SetLift(j int, omega []float64)
	// Hessian fills h, Dim×Dim and row-major, with H; HessianVec sets out = H x.
	Hessian(h []float64)
	HessianVec(out, x []float64)
	// RowBlocks fills blocks with the Gauss–Newton part of H at every row (mode, index): |active|² numbers a row.
	RowBlocks(blocks []float64)
	// GramIsIdentity reports whether K is the identity, for which TimesGram need not be called.
	GramIsIdentity() bool
	// GramScale sets out, a v-space vector, to the multiple of the identity that is the main part of K (damped).
	GramScale(out []float64)
	// TimesGram sets the given rows of out (Dim×Dim) to those of h K (damped).
	TimesGram(out, h []float64, rows []int)
	// LogRates returns d ln‖block‖/dt of the active blocks, given dv/dt.
	LogRates(change []float64) []float64
}

// linearised is what the linearisations of all chains share: the loss seen from the current point by the active blocks.
//
// v-space is laid out in lane groups: entry i of mode n of the a-th active block is at
// ((a/8)·D + start_n + i)·8 + a%8, D = Σ d_n. Padding lanes are zero.
type linearised[T Float] struct {
	o      *ObjectiveOf[T]
	active []int
	damp   []float64 // a factor on the vector field of every active block; nil is all ones
	groups int
	width  int   // D
	start  []int // of mode n among the D rows
	v      []float64
	first  []float64
	second []float64
	k      []float64
	cell   []cellProducts
	plan   *activePlan
}

// linearise remembers v of the active blocks and the derivatives of the loss as of the last evaluation.
func (l *linearised[T]) linearise(o *ObjectiveOf[T], active []int) {
	l.o = o
	l.active = append(l.active[:0], active...)
	l.damp = nil
	l.groups = (len(active) + kernel.Lanes - 1) / kernel.Lanes
	l.start, l.width = l.start[:0], 0
	for _, d := range o.shape {
		l.start = append(l.start, l.width)
		l.width += d
	}
	l.v = resize(l.v, l.Dim())
	clear(l.v)
	for a, r := range active {
		for n, d := range o.shape {
			for i := range d {
				l.v[l.at(a, l.start[n]+i)] = float64(o.v[n][i*o.padded+r])
			}
		}
	}
	l.first, l.second = o.derivatives(l.first[:0], l.second[:0])
}

// ActiveBlocks returns the number of active blocks.
func (l *linearised[T]) ActiveBlocks() int { return len(l.active) }

// Dim returns the length of a v-space vector, padding included.
func (l *linearised[T]) Dim() int { return l.groups * l.width * kernel.Lanes }

// Rows returns the positions in a v-space vector that are not padding, ascending.
func (l *linearised[T]) Rows(rows []int) []int {
	rows = rows[:0]
	for p := range l.Dim() {
		if p/(l.width*kernel.Lanes)*kernel.Lanes+p%kernel.Lanes < len(l.active) {
			rows = append(rows, p)
		}
	}
	return rows
}

// Damp slows the active blocks down.
func (l *linearised[T]) Damp(factors []float64) { l.damp = factors }

// damping returns the factor on the vector field of the a-th active block.
func (l *linearised[T]) damping(a int) float64 {
	if l.damp == nil {
		return 1
	}
	return l.damp[a]
}

func (l *linearised[T]) undamped() bool {
	for _, factor := range l.damp {
		if factor != 1 {
			return false
		}
	}
	return true
}

func (l *linearised[T]) at(a, row int) int {
	return (a/kernel.Lanes*l.width+row)*kernel.Lanes + a%kernel.Lanes
}

func resize[T Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
