package flow

import (
	"math"

	"lacuna/model"
)

// Implicit is a linearly implicit W-method: the grown blocks, which are stiff, are treated implicitly, the dormant ones
// explicitly, so that plateaus of any length cost a few steps. Settings.Scheme chooses one of Schemes.
const Implicit Method = "flow"

func init() {
	register(Implicit, registration{controlled: true, start: func(in *Integrator) (method, error) {
		sys, ok := in.sys.(Linearisable)
		if !ok {
			return nil, needs(in, "a linearisation")
		}
		c, err := newController(in)
		if err != nil {
			return nil, err
		}
		w := &wMethod{stages: newStages(in, schemes[in.settings.Scheme]), c: c}
		w.set = activeSet{
			sys: sys, gamma: w.scheme.gamma, limit: math.Sqrt(in.settings.Tolerance), denseLimit: denseLimit,
		}
		w.set.tightener, _ = in.sys.(Tightener)
		w.implicit.denseLimit, w.implicit.resolution = denseLimit, resolution
		if in.rounding > 0 {
			w.implicit.resolution = resolution32
		}
		c.pair = w
		return c, nil
	}})
}

// denseLimit is the size of the implicit system up to which it is factored; beyond it is solved by iteration.
const denseLimit = 1200

// resolution bounds step × stiffness of a block: forces smaller than its inverse, relative to the stiffest, are lost in
// rounding, and over a longer step that rounding would move a grown block which in truth rests. In float32 it would
// move it within the tolerance even so, but lower bounds slow down what does matter: measured, emergences are late by
// tens of percent at 1e3, and runs creep at 1e10.
const resolution, resolution32 = 1e10, 1e7

// wMethod is an embedded pair of W-methods.
type wMethod struct {
	stages
	c        *controller
	set      activeSet
	blocks   []int
	implicit implicitBlocks
}

func (w *wMethod) active() []int { return w.blocks }

// passing is above 1 because an error in a block on its way to its emergence only shifts it in time, which has a
// bound of its own.
func (w *wMethod) passing() float64 { return 4 }

func (w *wMethod) prepare(h float64) float64 {
	w.blocks, h = w.set.choose(h, w.c.rates, w.c.stiff)
	if len(w.blocks) > 0 {
		w.implicit.linearise(w.set.sys, w.blocks)
		w.shorten(h)
	}
	return h
}

func (w *wMethod) shorten(h float64) {
	if len(w.blocks) > 0 {
		w.implicit.damp(w.scheme.gamma*h, w.blocks, w.c.stiff)
	}
}

func (w *wMethod) attempt(h float64) bool {
	if len(w.blocks) == 0 {
		return w.compute(h, nil)
	}
	if err := w.implicit.solver.factor(w.scheme.gamma * h); err != nil {
		return false
	}
	return w.compute(h, &w.implicit)
}

// implicitBlocks are the active blocks, linearised where a step begins.
type implicitBlocks struct {
	denseLimit int
	resolution float64 // of forces

	lin     model.Linearisation
	damping []float64
	change  []float64 // of damp
	rows    []int
	b, q    []float64
	solver  solver
	dense   dense
	krylov  krylov
}

func (m *implicitBlocks) linearise(sys Linearisable, blocks []int) {
	m.lin = sys.Linearise(blocks)
	m.b, m.q = grow(m.b, m.lin.Dim()), grow(m.q, m.lin.Dim())
	clear(m.b)
	clear(m.q)
	m.rows = m.lin.Rows(m.rows)
	m.solver = &m.krylov
	if len(m.rows) <= m.denseLimit {
		m.solver = &m.dense
	}
	m.damping = m.damping[:0]
	for range blocks {
		m.damping = append(m.damping, 1)
	}
}

// damp slows blocks down that are stiffer than resolution allows for a step of size h: they come to the same
// equilibrium in a part of the step. Factors are powers of two, so that undoing them is exact.
func (m *implicitBlocks) damp(gh float64, blocks []int, stiff []float64) {
	m.change = grow(m.change, len(blocks))
	for a, r := range blocks {
		factor := 1.0
		if excess := gh * stiff[r] / m.resolution; excess > 1 {
			_, exponent := math.Frexp(excess)
			factor = math.Ldexp(1, -exponent)
		}
		m.change[a] = factor / m.damping[a]
		m.damping[a] = factor
	}
	m.lin.Damp(m.damping)
	m.lin.DampSlot(0, m.change)
	m.solver.prepare(m.lin)
}

// lift sets lift slot i to Jᵥᵀ ω with (I + γh·H K) ω = H Jᵥ u.
func (m *implicitBlocks) lift(i int, u []model.Term) error {
	m.lin.Project(m.b, u)
	m.solver.multiply(m.q, m.b)
	if err := m.solver.solve(m.q); err != nil {
		return err
	}
	m.lin.SetLift(i, m.q)
	return nil
}
