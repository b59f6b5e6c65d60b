package flow

import (
	"cmp"
	"math"
	"slices"
)

// activeSet chooses the blocks that a step of the W-method treats implicitly.
type activeSet struct {
	sys       Linearisable
	tightener Tightener // nil where the system has none
	gamma     float64
	// limit is the product of γ, step and stiffness below which a block may be treated explicitly. Stability alone would
	// allow 1, but explicit blocks push the implicit ones about, and the error of that is of first order in the product:
	// measured, a root of the tolerance saves up to nine in ten evaluations and keeps blocks from emerging that the flow
	// never raises.
	limit      float64
	denseLimit int // size of the implicit system up to which it is factored

	blocks, stiffest []int
}

// choose returns the active blocks for a step of size h, ascending, and the step, which is shorter where an emergence
// is ahead or more blocks are stiff than can be factored. It tightens the bounds in stiff that decide.
func (a *activeSet) choose(h float64, rates, stiff []float64) (blocks []int, step float64) {
	a.tighten(h, stiff)
	h = a.beforeEmergence(h, rates, stiff)
	return a.stiffestFirst(h, stiff)
}

// tighten bounds the stiffness closely for the blocks that a step of size h might treat implicitly.
func (a *activeSet) tighten(h float64, stiff []float64) {
	if a.tightener == nil {
		return
	}
	a.stiffest = a.stiffest[:0]
	for r, s := range stiff {
		if a.gamma*h*s > a.limit {
			a.stiffest = append(a.stiffest, r)
		}
	}
	if len(a.stiffest) > 0 {
		a.tightener.Tighten(stiff, a.stiffest)
	}
}

// reach is how much of the predicted time to an emergence a step may cover; the prediction is early while only some of
// the factors grow.
const reach = 1.4

// beforeEmergence shortens a step of size h so as not to reach beyond the predicted emergence of any block treated
// explicitly: growing at the relative rate ρ, a product of F factors becomes infinite after 1/((F−2)ρ), and no
// polynomial in h follows it there.
func (a *activeSet) beforeEmergence(h float64, rates, stiff []float64) float64 {
	fastest := 0.0
	for r, rate := range rates {
		if a.gamma*h*stiff[r] <= a.limit {
			fastest = math.Max(fastest, rate)
		}
	}
	if powers := a.sys.Factors() - 2; powers*fastest*h > reach {
		return reach / (powers * fastest)
	}
	return h
}

// stiffestFirst takes the blocks beyond the limit, the stiffest first: of those that an explicit method can bear, with
// γ·step·stiffness below 1, only as many as keep the factorisation small. When even the others are too many to be
// factored, the step is shortened until they are not, or, if that costs too much, they are left to the Krylov solver.
func (a *activeSet) stiffestFirst(h float64, stiff []float64) (blocks []int, step float64) {
	const small, bearable, worthKrylov = 640, 1, 64
	width, must := a.sys.Width(), 0
	a.blocks = a.blocks[:0]
	for r, s := range stiff {
		if a.gamma*h*s > a.limit {
			a.blocks = append(a.blocks, r)
		}
		if a.gamma*h*s > bearable {
			must++
		}
	}
	most := max(1, a.denseLimit/width)
	if len(a.blocks)*width > small {
		slices.SortFunc(a.blocks, func(x, y int) int { return cmp.Or(cmp.Compare(stiff[y], stiff[x]), x-y) })
		keep := max(must, min(len(a.blocks), small/width))
		if must > most {
			if shorter := bearable / (a.gamma * stiff[a.blocks[most]]); shorter*worthKrylov > h {
				h, keep = shorter, most
			}
		}
		a.blocks = a.blocks[:keep]
		slices.Sort(a.blocks)
	}
	return a.blocks, h
}
