package flow

import (
	"cmp"
	"math"
	"slices"

	"lacuna/model"
)

// stageTerms is u_i as a combination of directions: gradients[l] × slot l + lifts[l] × lift slot l.
type stageTerms struct{ gradients, lifts [model.Stages]float64 }

// combine returns Σ_j weights[j] u_j as a list of terms, leaving out what is zero. The list belongs to in until the next call.
func (in *Integrator) combine(weights []float64, lead int, leadC float64) []model.Term {
	var sum stageTerms
	for j, weight := range weights {
		if weight == 0 {
			continue
		}
		for l, c := range in.stages[j].gradients {
			sum.gradients[l] += weight * c
		}
		for l, c := range in.stages[j].lifts {
			sum.lifts[l] += weight * c
		}
	}
	if lead >= 0 {
		sum.gradients[lead] += leadC
	}
	terms := in.terms[:0]
	for l, c := range sum.gradients {
		if c != 0 {
			terms = append(terms, model.Term{Slot: l, C: c})
		}
	}
	for l, c := range sum.lifts {
		if c != 0 {
			terms = append(terms, model.Term{Slot: model.Lift(l), C: c})
		}
	}
	in.terms = terms
	return terms
}

// attempt computes the stages of one step of size h and returns its error over the tolerance. A NaN or infinity means
// that the step is far too large.
func (in *Integrator) attempt(h float64) float64 {
	s := in.scheme
	if len(in.active) > 0 {
		if err := in.solver.factor(s.gamma * h); err != nil {
			return math.Inf(1)
		}
	}
	for i := range in.stages {
		if i > 0 {
			loss := in.sys.Gradient(i, in.combine(s.a[i], -1, 0))
			in.state.Evaluations++
			if len(in.active) > 0 {
				in.sys.DampSlot(i, in.damping)
			}
			if math.IsNaN(loss) || math.IsInf(loss, 0) {
				return math.Inf(1)
			}
		}
		var weights [model.Stages]float64
		for j := range i {
			weights[j] = s.lead * s.c[i][j]
		}
		u := in.combine(weights[:i], i, s.lead*h)
		in.stages[i] = stageTerms{}
		for _, t := range u {
			if t.Slot < model.Stages {
				in.stages[i].gradients[t.Slot] = t.C
			} else {
				in.stages[i].lifts[t.Slot-model.Stages] = t.C
			}
		}
		if len(in.active) > 0 {
			in.sys.Project(in.b, u)
			in.solver.multiply(in.q, in.b)
			if err := in.solver.solve(in.q); err != nil {
				return math.Inf(1)
			}
			in.sys.SetLift(i, in.q)
			in.stages[i].lifts[i] = -s.gamma * h
		}
	}
	return in.stepError(in.combine(s.e, -1, 0))
}

// timingTolerance returns the tolerance on what a step does to emergence times, relative to the time passed: 0.3 of the
// tolerance at 1e-2 and a slowly falling share below, because the shifts of ever more steps add up; and at most 0.005, so that
// emergence times agree to a percent however loose the tolerance on the factors is.
func timingTolerance(tolerance float64) float64 {
	return math.Min(0.005, 0.3*tolerance*math.Pow(tolerance/1e-2, 1./16))
}

// passing is how much looser the error of a factor may be, up to a tenth, in a block treated explicitly: on its way to its
// emergence an error only shifts it in time, which has a bound of its own.
const passing = 4

// stepError returns the largest error of any block over its tolerance: the error of its worst factor relative to the
// factor's norm, and what that means for the time of the block's emergence relative to the time that has passed. A block of
// F factors that grows at the relative rate ρ emerges in a finite time of about 1/((F−2)ρ), so a relative
// error δ of a factor shifts its emergence by about δ/ρ. Early on that matters; late in the growth it does not.
func (in *Integrator) stepError(errors []model.Term) float64 {
	in.sys.RelativeSizes(in.sizes, errors)
	factors, t := in.sys.Factors(), in.state.Clock.float()
	timing := timingTolerance(in.settings.Tolerance)
	worst, next := 0.0, 0
	for r, size := range in.sizes {
		if math.IsNaN(size) {
			return math.Inf(1)
		}
		local := in.settings.Tolerance
		if next < len(in.active) && in.active[next] == r {
			next++
		} else if in.scheme.gamma > 0 {
			local = math.Min(passing*local, math.Max(local, 0.1))
		}
		worst = math.Max(worst, size*math.Max(1/local, factors/(timing*(1+in.blockRates[r]*t))))
	}
	return worst
}

const (
	safety   = 0.92
	largest  = 64.0 // growth of a step
	smallest = 0.1
	cliff    = 1e3 // an error so far over its tolerance comes suddenly, as when the factors are huge: remember the step
)

// adaptiveStep makes one accepted step, the last one shortened to end at the time limit.
func (in *Integrator) adaptiveStep() Status {
	st := &in.state
	if st.Step == 0 {
		st.Step = in.firstStep()
	}
	proposed, left := st.Step, st.Clock.until(in.settings.Stop.Time)
	st.Step = math.Min(proposed, left)
	if in.scheme.gamma > 0 {
		in.tightenStiffness(st.Step)
		st.Step = in.beforeEmergence(st.Step)
	}
	st.Step = in.prepareStep(st.Step)
	in.rest(st.Step)
	power := 1 / float64(in.scheme.order+1)
	for rejected := false; ; rejected = true {
		h := st.Step
		if !(h > 1e-290) {
			in.rest(math.Inf(1))
			st.Evaluations++
			in.evaluateBase()
			return StepTooSmall
		}
		ratio := in.attempt(h)
		if ratio <= 1 {
			in.accept(h)
			if h == left {
				st.Clock = clock{High: in.settings.Stop.Time}
			}
			factor := largest
			if ratio > 0 {
				factor = safety * math.Pow(ratio, -power)
			}
			factor = math.Min(largest, math.Max(smallest, factor))
			if rejected {
				factor = math.Min(1, factor)
			}
			st.LastStep, st.LastError = h, ratio
			status := in.afterStep()
			st.Step = h * factor / in.acceleration()
			if st.Failed > h {
				// Halfway, in powers, back to the step that failed.
				st.Step = math.Min(st.Step, math.Sqrt(h*st.Failed))
				st.Failed *= 4
			}
			if h == left {
				st.Step = math.Max(st.Step, proposed)
			}
			return status
		}
		st.Rejected++
		if ratio > cliff {
			st.Failed = h
		}
		st.Step = h * math.Max(smallest, math.Min(0.8, safety*math.Pow(ratio, -power)))
		if len(in.active) > 0 {
			in.damp(st.Step)
		}
	}
}

func (in *Integrator) accept(h float64) {
	in.sys.Move(in.combine(in.scheme.m, -1, 0))
	in.rest(math.Inf(1))
	in.state.Clock.add(h)
	in.state.Steps++
}

func (in *Integrator) afterStep() Status {
	in.blockRates, in.previousRates = in.previousRates, in.blockRates
	in.state.Evaluations++
	in.evaluateBase()
	return in.check()
}

// firstStep moves no factor by more than a hundredth of its norm.
func (in *Integrator) firstStep() float64 {
	rate := slices.Max(in.blockRates)
	if rate == 0 || math.IsNaN(rate) {
		return 1
	}
	return 0.01 / rate
}

// acceleration returns by how much the blocks that made the error of the last step sped up during it, at least 1: a block
// on its way to its emergence grows ever faster, and the next step must shrink with it. Others, such as grown
// blocks at rest, whose rates are noise, do not count.
func (in *Integrator) acceleration() float64 {
	largest := slices.Max(in.sizes)
	before, after := 0.0, 0.0
	for r, size := range in.sizes {
		if size > 0.1*largest {
			before, after = math.Max(before, in.previousRates[r]), math.Max(after, in.blockRates[r])
		}
	}
	if before > 0 && after > before {
		return after / before
	}
	return 1
}

// rester is a System that can leave blocks out of the stages of a step.
type rester interface{ Rest(blocks []bool) }

// restful is the relative change of a block over a step, over the tolerance, up to which it is taken to move straight on: one
// stage of one evaluation, where the others take all. While a block emerges that is nearly all of them.
const restful = 1e-2

// rest lets the blocks rest that hardly move in a step of size h; none if h is infinite.
func (in *Integrator) rest(h float64) {
	t, ok := in.sys.(rester)
	switch {
	case !ok:
	case math.IsInf(h, 1):
		t.Rest(nil)
	default:
		in.resting = grow(in.resting, len(in.blockRates))
		for r, rate := range in.blockRates {
			in.resting[r] = rate*h <= restful*in.settings.Tolerance
		}
		for _, r := range in.active {
			in.resting[r] = false
		}
		t.Rest(in.resting)
	}
}

// tightener is a System that knows a closer and dearer bound than Stiffness.
type tightener interface {
	Tighten(out []float64, blocks []int)
}

// tightenStiffness bounds the stiffness closely for the blocks that a step of size h might treat implicitly.
func (in *Integrator) tightenStiffness(h float64) {
	t, ok := in.sys.(tightener)
	if !ok {
		return
	}
	in.stiffest = in.stiffest[:0]
	for r, stiff := range in.stiff {
		if in.scheme.gamma*h*stiff > in.explicitLimit() {
			in.stiffest = append(in.stiffest, r)
		}
	}
	if len(in.stiffest) > 0 {
		t.Tighten(in.stiff, in.stiffest)
	}
}

// reach is how much of the predicted time to an emergence a step may cover; the prediction is early while only some of the
// factors grow.
const reach = 1.4

// beforeEmergence shortens a step of size h so as not to reach beyond the predicted emergence of any block treated
// explicitly: growing at the relative rate ρ, a product of F factors becomes infinite after 1/((F−2)ρ), and no
// polynomial in h follows it there.
func (in *Integrator) beforeEmergence(h float64) float64 {
	fastest := 0.0
	for r, rate := range in.blockRates {
		if in.scheme.gamma*h*in.stiff[r] <= in.explicitLimit() {
			fastest = math.Max(fastest, rate)
		}
	}
	if powers := in.sys.Factors() - 2; powers*fastest*h > reach {
		return reach / (powers * fastest)
	}
	return h
}

// prepareStep chooses the active blocks for a step of size h, linearises there, and returns the step, which is shorter if
// more blocks are stiff than can be factored and little is lost by it.
func (in *Integrator) prepareStep(h float64) float64 {
	in.active = in.active[:0]
	if in.scheme.gamma == 0 {
		return h
	}
	h = in.chooseActive(h)
	if len(in.active) == 0 {
		return h
	}
	in.sys.Linearise(in.active)
	in.b, in.q = grow(in.b, in.sys.Dim()), grow(in.q, in.sys.Dim())
	clear(in.b)
	clear(in.q)
	in.rows = in.sys.Rows(in.rows)
	in.solver = in.choose(len(in.rows))
	in.damping = in.damping[:0]
	for range in.active {
		in.damping = append(in.damping, 1)
	}
	in.damp(h)
	return h
}

// chooseActive takes the blocks beyond explicitLimit, the stiffest first: of those that an explicit method can bear, with
// γ·step·stiffness below 1, only as many as keep the factorisation small. When even the others are too many to be
// factored, the step is shortened until they are not, or, if that costs too much, they are left to the Krylov solver.
func (in *Integrator) chooseActive(h float64) float64 {
	const small, bearable, worthKrylov = 640, 1, 64
	width, limit, must := in.sys.Width(), in.explicitLimit(), 0
	for r, stiff := range in.stiff {
		if in.scheme.gamma*h*stiff > limit {
			in.active = append(in.active, r)
		}
		if in.scheme.gamma*h*stiff > bearable {
			must++
		}
	}
	most := max(1, denseLimit/width)
	if len(in.active)*width > small {
		slices.SortFunc(in.active, func(a, b int) int { return cmp.Or(cmp.Compare(in.stiff[b], in.stiff[a]), a-b) })
		keep := max(must, min(len(in.active), small/width))
		if must > most {
			if shorter := bearable / (in.scheme.gamma * in.stiff[in.active[most]]); shorter*worthKrylov > h {
				h, keep = shorter, most
			}
		}
		in.active = in.active[:keep]
		slices.Sort(in.active)
	}
	return h
}

// resolution bounds step × stiffness of a block: forces smaller than its inverse, relative to the stiffest, are lost in
// rounding, and over a longer step that rounding would move a grown block which in truth rests. In float32 it would move it
// within the tolerance even so, but lower bounds slow down what does matter: measured, emergences are late by tens of percent at
// 1e3, and runs creep at 1e10.
const resolution, resolution32 = 1e10, 1e7

// damp slows blocks down that are stiffer than resolution allows for a step of size h: they come to the same
// equilibrium in a part of the step. Factors are powers of two, so that undoing them is exact.
func (in *Integrator) damp(h float64) {
	in.change = grow(in.change, len(in.active))
	for a, r := range in.active {
		factor := 1.0
		if excess := in.scheme.gamma * h * in.stiff[r] / in.resolution; excess > 1 {
			_, exponent := math.Frexp(excess)
			factor = math.Ldexp(1, -exponent)
		}
		in.change[a] = factor / in.damping[a]
		in.damping[a] = factor
	}
	in.sys.Damp(in.damping)
	in.sys.DampSlot(0, in.change)
	in.solver.prepare(in.sys)
}

// explicitLimit returns the product of γ, step and stiffness below which a block may be treated explicitly. Stability alone
// would allow 1, but explicit blocks push the implicit ones about, and the error of that is of first order in the product:
// measured, a root of the tolerance saves up to nine in ten evaluations and keeps blocks from emerging that the flow never raises.
func (in *Integrator) explicitLimit() float64 { return math.Sqrt(in.settings.Tolerance) }

// denseLimit is the size of the implicit system up to which it is factored; beyond it is solved by iteration.
const denseLimit = 1200

func (in *Integrator) choose(size int) solver {
	if size <= denseLimit {
		return &in.dense
	}
	return &in.krylov
}
