package completion

import (
	"math"
	"slices"

	"lacuna/tensor"
)

// cost is the nominal time in nanoseconds of one sweep over cells cells, measured on one core of a server of 2023.
// Budgets are counted in it, so that what is done does not depend on how fast or how busy the machine is.
func (c candidate) cost(shape tensor.Shape, cells int) float64 {
	r := float64(c.settings.Blocks + len(c.settings.Partial))
	perCell := 12 + float64(0.8*r) + float64(0.012*r*r) + c.settings.Noise.Cost()
	perRow := 500 + float64(70*r) + float64(0.008*r*r*r)
	cost := float64(float64(shape.Order())*float64(cells)*perCell) + float64(rowCount(shape)*perRow)
	for n, course := range c.courses {
		if course != independent {
			cost += float64(float64(shape[n]) * course.cost(c.settings.Blocks+len(c.settings.Partial)))
		}
	}
	return cost
}

// cost of one label of a mode that follows the course.
func (c course) cost(blocks int) float64 {
	terms := float64(c.order())
	if c.periodic() {
		terms += 2
	}
	return 8000 + float64(45*terms*float64(blocks*blocks))
}

// passCost is the same of one pass of the gradient flow, or of alternating least squares.
func passCost(blocks int, shape tensor.Shape, cells int) float64 {
	r := float64(blocks)
	perCell, perRow := 30+float64(2.5*r)+float64(0.06*r*r), 500+float64(3.5*r*r)
	return float64(float64(shape.Order())*float64(cells)*perCell) + float64(rowCount(shape)*perRow)
}

// courseWork is the nominal work of a chain for every course that a mode may follow: what long ordered modes take beyond
// the cells.
func (j *job) courseWork() (work float64) {
	const sweeps = 100
	blocks := blockCounts[startCount]
	for n, mode := range j.observed.Modes {
		for _, c := range j.otherCourses(n) {
			work += float64(sweeps * float64(len(mode.Labels)) * c.cost(blocks))
		}
	}
	return work
}

// solveCost is the nominal time a pass of the gradient flow of the linear systems that its steps solve, which are dense
// up to a size and iterated beyond.
func solveCost(blocks int, shape tensor.Shape) float64 {
	const dense, passes = 1500, 4 // entries; passes a factorisation
	size := math.Min(dense, float64(blocks)*rowCount(shape))
	return size * size * size / 12 / passes
}

// startCost is the nominal time of a spectral model, once the spans are found.
const startCost = 1.5e9

// spansCost is the nominal time of finding the spans of every mode.
func spansCost(order, cells int) float64 {
	const perCell = 350
	return perCell * float64(order) * float64(cells)
}

func rowCount(shape tensor.Shape) (rows float64) {
	for _, d := range shape {
		rows += float64(d)
	}
	return rows
}

// sampleSize is the bytes that one sample takes.
func (c candidate) sampleSize(shape tensor.Shape) float64 {
	return 8 * rowCount(shape) * float64(c.settings.Blocks+len(c.settings.Partial)+1)
}

// schedule is how much is done of what.
type schedule struct {
	sweeps int // of a chain, half of them before the first sample
	chains int // of every candidate on all observed cells
	trials int // chains of every candidate in every fold
	folds  int // folds that measure the error
}

// defaultBudget is the nominal work of one completion: between 8 and 20 s of one core, with what else there is to do.
const defaultBudget = 12e9

// Shares of the budget that the stages may take. Few tables take all of them.
const (
	exploring       = 0.45 // selecting the model, where gaps are scattered
	exploringShapes = 0.6  // where they have shapes, which make more of a choice
	finishing       = 0.7  // measuring the error, and fitting all observed cells
	finishingShapes = 0.9  // the same where gaps have shapes: more models are averaged
	describing      = 0.15 // by one CP model
	flowing         = 0.2  // following the gradient flow
)

// ladder lists schedules from the best to the cheapest. Many short chains beat few long ones: each settles in another
// mode of the posterior, and their mean is better than any.
var ladder = []schedule{
	{folds: 9, trials: 4, chains: 16, sweeps: 400},
	{folds: 9, trials: 4, chains: 14, sweeps: 300},
	{folds: 7, trials: 4, chains: 12, sweeps: 300},
	{folds: 7, trials: 3, chains: 10, sweeps: 300},
	{folds: 5, trials: 3, chains: 8, sweeps: 300},
	{folds: 5, trials: 2, chains: 8, sweeps: 280},
	{folds: 5, trials: 2, chains: 6, sweeps: 240},
	{folds: 4, trials: 2, chains: 5, sweeps: 220},
	{folds: 4, trials: 2, chains: 4, sweeps: 180},
	{folds: 3, trials: 2, chains: 4, sweeps: 160},
	{folds: 3, trials: 2, chains: 3, sweeps: 120},
	{folds: 2, trials: 2, chains: 2, sweeps: 120},
	{folds: 1, trials: 2, chains: 2, sweeps: 100},
	{folds: 1, trials: 1, chains: 1, sweeps: 60},
	{folds: 1, trials: 1, chains: 1, sweeps: 30},
}

// shapedLadder is the same where gaps have shapes: chains differ most in what lies far from known cells, so that there
// are more of them, and shorter ones.
var shapedLadder = []schedule{
	{folds: 9, trials: 4, chains: 16, sweeps: 200},
	{folds: 9, trials: 4, chains: 16, sweeps: 120},
	{folds: 7, trials: 4, chains: 14, sweeps: 100},
	{folds: 7, trials: 3, chains: 12, sweeps: 80},
	{folds: 5, trials: 3, chains: 10, sweeps: 80},
	{folds: 5, trials: 3, chains: 10, sweeps: 60},
	{folds: 5, trials: 2, chains: 8, sweeps: 60},
	{folds: 4, trials: 2, chains: 6, sweeps: 60},
	{folds: 3, trials: 2, chains: 6, sweeps: 60},
	{folds: 3, trials: 2, chains: 4, sweeps: 60},
	{folds: 2, trials: 2, chains: 4, sweeps: 50},
	{folds: 2, trials: 2, chains: 3, sweeps: 50},
	{folds: 1, trials: 2, chains: 2, sweeps: 50},
	{folds: 1, trials: 1, chains: 1, sweeps: 50},
	{folds: 1, trials: 1, chains: 1, sweeps: 30},
}

// clearLadder is the same of values with little noise: chains find far more of what there is when they are twice as long, which
// counts for more than their number.
var clearLadder = []schedule{
	{folds: 9, trials: 4, chains: 16, sweeps: 400},
	{folds: 7, trials: 3, chains: 12, sweeps: 300},
	{folds: 5, trials: 3, chains: 8, sweeps: 300},
	{folds: 5, trials: 2, chains: 8, sweeps: 200},
	{folds: 4, trials: 2, chains: 6, sweeps: 200},
	{folds: 3, trials: 2, chains: 4, sweeps: 200},
	{folds: 3, trials: 2, chains: 4, sweeps: 150},
	{folds: 2, trials: 2, chains: 4, sweeps: 150},
	{folds: 2, trials: 2, chains: 4, sweeps: 100},
	{folds: 2, trials: 2, chains: 3, sweeps: 100},
	{folds: 1, trials: 2, chains: 3, sweeps: 100},
	{folds: 1, trials: 2, chains: 2, sweeps: 100},
	{folds: 1, trials: 1, chains: 2, sweeps: 80},
	{folds: 1, trials: 1, chains: 1, sweeps: 60},
	{folds: 1, trials: 1, chains: 1, sweeps: 30},
}

// asked is the nominal work in nanoseconds that the effort asks for. Long ordered modes have more.
func (j *job) asked() float64 {
	return j.Effort * (defaultBudget + math.Min(2*j.courseWork(), 2*defaultBudget))
}

// budget is the nominal work in nanoseconds that the settings allow.
func (j *job) budget() float64 {
	budget := j.asked()
	if j.MaxTime > 0 {
		budget = math.Min(budget, 0.5*float64(j.MaxTime.Nanoseconds())*float64(min(j.Threads, 2)))
	}
	return budget
}

// shortLadder has finer rungs at its end, for a limit of time, in which what a rung leaves would be lost.
var shortLadder = slices.Insert(slices.Clone(ladder), len(ladder)-2,
	schedule{folds: 1, trials: 1, chains: 2, sweeps: 100},
	schedule{folds: 1, trials: 1, chains: 1, sweeps: 100})

// finishingWork is the nominal work that measuring the error and the fit of all observed cells may take: a share of the
// budget, and what selecting the model has left. Under a limit of time it is what the rest of it allows at the pace so far:
// how fast the machine is shows only then, and every chain more counts.
func (j *job) finishingWork(share, budget, left float64) float64 {
	const safe = 0.85 // of the time: the pace may slacken
	if j.MaxTime == 0 {
		return float64(share*budget) + left
	}
	now := j.now()
	rest := (float64(safe*j.MaxTime.Seconds())-now.elapsed)/now.pace() - j.after
	return math.Max(0, math.Min(rest, float64(share*j.asked())+left))
}

// lastChains is how many chains of every candidate are fitted to all observed cells: as planned or, under a limit of time, as
// many as the rest of it allows at the pace since the plan was made.
func (j *job) lastChains(plan schedule, candidates []candidate, since moment) int {
	const share = 0.9 // of the time
	if j.MaxTime == 0 {
		return plan.chains
	}
	now := j.now()
	pace := now.pace()
	rest := float64(share*j.MaxTime.Seconds()) - now.elapsed - float64(pace*j.after)
	if now.work > since.work {
		pace = (now.elapsed - since.elapsed) / (now.work - since.work)
	}
	one := schedule{sweeps: plan.sweeps, chains: 1}.work(candidates, j.observed.Shape(), j.observed.Len())
	most := max(float64(plan.chains), math.Max(1, j.Effort)*float64(ladder[0].chains))
	return int(math.Max(1, math.Min(most, rest/float64(pace*one))))
}

// work is the nominal work of a schedule.
func (s schedule) work(candidates []candidate, shape tensor.Shape, cells int) (work float64) {
	for _, c := range candidates {
		work += float64(c.cost(shape, cells) * float64(s.sweeps*(s.chains+s.trials*s.folds)))
	}
	return work
}

// newSchedule chooses the best rung of a ladder that the candidates leave room for within a budget.
// More effort than the default makes even the best rung longer.
func newSchedule(ladder []schedule, candidates []candidate, shape tensor.Shape, cells int, budget, effort float64) schedule {
	var sweep float64
	for _, c := range candidates {
		sweep += c.cost(shape, cells)
	}
	for _, rung := range ladder {
		if sweep*float64(rung.sweeps*(rung.chains+rung.trials*rung.folds)) <= budget {
			if rung == ladder[0] && effort > 1 {
				rung.chains, rung.trials = int(effort*float64(rung.chains)), int(effort*float64(rung.trials))
			}
			return rung
		}
	}
	return ladder[len(ladder)-1]
}

// mostHidden is how many cells may be hidden in the shapes of gaps, which takes time that grows with them: a tenth of what
// there is. 0: as many as are wanted.
func (j *job) mostHidden() int {
	const perCell, share = 25e-6, 0.1 // seconds
	if j.MaxTime == 0 {
		return 0
	}
	return max(1, int(share*j.MaxTime.Seconds()/perCell))
}
