package flow

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/model"
)

// pair is what the controller asks of a method with an error estimate.
type pair interface {
	// order returns the order of the solution.
	order() int
	// prepare gets ready for a step of size h from the current point, and returns the step to try, h or less.
	prepare(h float64) float64
	// shorten gets ready for a smaller step from the same point.
	shorten(h float64)
	// attempt computes a step of size h. It reports false for one that is far too large.
	attempt(h float64) bool
	// solution and estimate return that step and its error, until the next call of a method of the pair.
	solution() []model.Term
	estimate() []model.Term
	// active returns the blocks treated implicitly, ascending.
	active() []int
	// passing returns how much looser the error of a factor may be, up to a tenth, in the other blocks.
	passing() float64
}

// controller is a method that holds the error of every step of a pair at the tolerance.
type controller struct {
	in     *Integrator
	sys    Measured
	rester Rester // nil where the system has none
	pair   pair

	rates, previous []float64 // relative rates of change of the blocks at the current point, and at the one before
	stiff           []float64 // bounds of their curvature
	sizes           []float64 // their errors in the last step
	resting         []bool
}

func newController(in *Integrator) (*controller, error) {
	sys, ok := in.sys.(Measured)
	if !ok {
		return nil, needs(in, "rates of its blocks")
	}
	blocks := func() []float64 { return make([]float64, sys.Blocks()) }
	c := &controller{in: in, sys: sys, rates: blocks(), previous: blocks(), stiff: blocks(), sizes: blocks()}
	c.rester, _ = in.sys.(Rester)
	return c, nil
}

func (c *controller) implicit() int { return len(c.pair.active()) }

func (c *controller) arrive() {
	c.sys.Rates(c.rates)
	c.sys.Stiffness(c.stiff)
}

// exact is the error, over the squared norm of the data, below which all is rounding.
const exact = 1e-24

// atRest reports whether every block is either pulled by no more than rounding, relative to the forces that hold it in
// place, or so slow that it cannot ever move; and whether the loss does not fall either, as it does along a valley whose walls
// are steep: by less than a millionth by the time at which the fastest block would have doubled.
func (c *controller) atRest() bool {
	const rounding, falling = 1e-12, 1e-6
	in := c.in
	for r, rate := range c.rates {
		if rate > rounding*c.stiff[r] && rate*forever > 1 {
			return false
		}
	}
	force := in.gradientNorm()
	return in.mse <= exact*in.dataNorm*in.dataNorm || force*force <= falling*in.loss*slices.Max(c.rates)
}

const (
	safety   = 0.92
	largest  = 64.0 // growth of a step
	smallest = 0.1
	cliff    = 1e3 // an error so far over its tolerance comes suddenly, as when the factors are huge: remember the step
)

// step makes one accepted step, the last one shortened to end at the time limit.
func (c *controller) step() Status {
	in, st := c.in, &c.in.state
	if st.Step == 0 {
		st.Step = c.firstStep()
	}
	proposed, left := st.Step, st.Clock.until(in.settings.Stop.Time)
	proposed = c.below(proposed)
	st.Step = c.pair.prepare(math.Min(proposed, left))
	c.rest(st.Step)
	power := 1 / float64(c.pair.order()+1)
	for rejected := false; ; rejected = true {
		h := st.Step
		if !(h > 1e-290) {
			c.rest(math.Inf(1))
			st.Evaluations++
			in.evaluateBase()
			return StepTooSmall
		}
		ratio := c.try(h)
		if ratio <= 1 {
			c.accept(h)
			if h == left {
				st.Clock = clock{High: in.settings.Stop.Time}
			}
			factor := largest
			if ratio > 0 {
				factor = safety * portable.Pow(ratio, -power)
			}
			factor = math.Min(largest, math.Max(smallest, factor))
			if rejected {
				factor = math.Min(1, factor)
			}
			st.LastStep, st.LastError = h, ratio
			c.rates, c.previous = c.previous, c.rates
			st.Evaluations++
			before := in.loss
			in.evaluateBase()
			status := in.check()
			c.compare(h, before)
			st.Step = h * factor / c.acceleration()
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
		st.Step = h * math.Max(smallest, math.Min(0.8, safety*portable.Pow(ratio, -power)))
		c.pair.shorten(st.Step)
	}
}

// A loss that rises again and again says that steps are unstable: blocks that are each mild enough to be treated explicitly,
// and are hundreds of a kind, as those of a matrix all are, are stiff together. Errors within the tolerance then come back
// at every step, and the run never comes to rest.
const (
	risen   = 1.5 // a rise of the loss by so much is no rounding, but an error that the tolerance allows once in a while
	patient = 2.0 // rises that are borne with,
	forgets = 0.9 // a step that descends forgets a tenth of them
	relief  = 0.5 // what a rise takes off the step from then on
	widened = 1.2 // what a step that descends gives back
)

// below is the step h, or the longest that has not been seen to be unstable.
func (c *controller) below(h float64) float64 {
	if ceiling := c.in.state.Ceiling; ceiling > 0 {
		return math.Min(h, ceiling)
	}
	return h
}

// compare lowers the ceiling of steps after one of size h from which the loss came out higher, and lifts it after others.
func (c *controller) compare(h, before float64) {
	in, st := c.in, &c.in.state
	limit := risen
	if st.Ceiling > 0 {
		limit = 1
	}
	if in.loss > limit*before && in.mse > math.Max(in.rounding, exact*in.dataNorm*in.dataNorm) {
		if st.Rises++; st.Rises > patient || st.Ceiling > 0 {
			st.Ceiling = relief * h
		}
		return
	}
	st.Rises *= forgets
	st.Ceiling *= widened
}

// try computes a step of size h and returns its error over the tolerance. Infinity means that the step is far too
// large.
func (c *controller) try(h float64) float64 {
	if !c.pair.attempt(h) {
		return math.Inf(1)
	}
	return c.stepError(c.pair.estimate())
}

func (c *controller) accept(h float64) {
	c.sys.Move(c.pair.solution())
	c.rest(math.Inf(1))
	c.in.state.Clock.add(h)
	c.in.state.Steps++
}

// timingTolerance returns the tolerance on what a step does to emergence times, relative to the time passed: 0.3 of the
// tolerance at 1e-2 and a slowly falling share below, because the shifts of ever more steps add up; and at most 0.005,
// so that emergence times agree to a percent however loose the tolerance on the factors is.
func timingTolerance(tolerance float64) float64 {
	return math.Min(0.005, 0.3*tolerance*portable.Pow(tolerance/1e-2, 1./16))
}

// stepError returns the largest error of any block over its tolerance: the error of its worst factor relative to the
// factor's norm, and what that means for the time of the block's emergence relative to the time that has passed. A
// block of F factors that grows at the relative rate ρ emerges in a finite time of about 1/((F−2)ρ), so a relative
// error δ of a factor shifts its emergence by about δ/ρ. Early on that matters; late in the growth it does not.
func (c *controller) stepError(errors []model.Term) float64 {
	c.sys.RelativeSizes(c.sizes, errors)
	factors, t := c.sys.Factors(), c.in.state.Clock.float()
	tolerance := c.in.settings.Tolerance
	timing := timingTolerance(tolerance)
	passing := math.Min(c.pair.passing()*tolerance, math.Max(tolerance, 0.1))
	active := c.pair.active()
	worst, next := 0.0, 0
	for r, size := range c.sizes {
		if math.IsNaN(size) {
			return math.Inf(1)
		}
		local := passing
		if next < len(active) && active[next] == r {
			local = tolerance
			next++
		}
		worst = math.Max(worst, size*math.Max(1/local, factors/(timing*(1+float64(c.rates[r]*t)))))
	}
	return worst
}

// firstStep moves no factor by more than a hundredth of its norm.
func (c *controller) firstStep() float64 {
	rate := slices.Max(c.rates)
	if rate == 0 || math.IsNaN(rate) {
		return 1
	}
	return 0.01 / rate
}

// acceleration returns by how much the blocks that made the error of the last step sped up during it, at least 1: a
// block on its way to its emergence grows ever faster, and the next step must shrink with it. Others, such as grown
// blocks at rest, whose rates are noise, do not count.
func (c *controller) acceleration() float64 {
	largest := slices.Max(c.sizes)
	before, after := 0.0, 0.0
	for r, size := range c.sizes {
		if size > 0.1*largest {
			before, after = math.Max(before, c.previous[r]), math.Max(after, c.rates[r])
		}
	}
	if before > 0 && after > before {
		return after / before
	}
	return 1
}

// restful is the relative change of a block over a step, over the tolerance, up to which it is taken to move straight
// on: one stage of one evaluation, where the others take all. While a block emerges that is nearly all of them.
const restful = 1e-2

// rest lets the blocks rest that hardly move in a step of size h; none if h is infinite.
func (c *controller) rest(h float64) {
	switch {
	case c.rester == nil:
	case math.IsInf(h, 1):
		c.rester.Rest(nil)
	default:
		c.resting = grow(c.resting, len(c.rates))
		for r, rate := range c.rates {
			c.resting[r] = rate*h <= restful*c.in.settings.Tolerance
		}
		for _, r := range c.pair.active() {
			c.resting[r] = false
		}
		c.rester.Rest(c.resting)
	}
}
