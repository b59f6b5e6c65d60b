package reproduce

import (
	"lacuna/model"
	"lacuna/study"
)

// The settings that all items share. The paper names neither its learning rate nor its stopping rule. The flow is
// followed at a tolerance at which emergence times agree to a percent with those at a tenth of it, and a block that
// outgrows the data by this factor is taken to have run away, as by the integrator's event of that name.
const (
	blocks    = 500
	tolerance = 0.1
	runaway   = 3

	// Every emergence of a deeper model takes more steps.
	evaluations     = 1500 // at depth 0
	evaluationsMore = 500  // for each depth more

	// Below these losses nothing happens but that the dormant blocks, which hold the last of the residual, die away over
	// immense flow times. The second is for runs that are many and begin less near zero.
	trainMSE       = 1e-12
	enoughTrainMSE = 1e-8

	// Starts that are not small put hundreds of blocks above the threshold at once. Nothing in them is stiff, and they
	// are followed by an explicit method, to the loss at which the paper's runs end.
	largeMethod      = "rk32"
	largeEvaluations = 500
	largeTrainMSE    = 1e-6

	// A verdict is of no fewer runs whose end is known, at each depth that it compares. Of one start among them that shows
	// what is claimed of the best it takes one.
	enough = 12

	quickBlocks      = 64
	quickEvaluations = 1200
	quickSteps       = 1000
	quickDepthRuns   = 24
	quickRealBlocks  = 12
)

const (
	rankPaper  = 5
	depthsUsed = 6 // depths 0 … 5
)

// degreesOfFreedom of a rank-5 tensor of the paper's shape: five times Σ(d_n − 1) + 1.
const degreesOfFreedom = rankPaper * (4*(10-1) + 1)

// cells of the paper's synthetic tensor.
const cells = 10_000

// synthetic is a run on the paper's synthetic tensor.
func synthetic(depth int, observed float64, start start, seed int) study.Settings {
	s := study.Settings{
		Observed: study.Number(observed), Depth: study.Depths{float64(depth)}, Blocks: blocks,
		Start: string(start.kind), SigmaW: study.Number(start.sigmaW), SigmaA: study.Number(start.sigmaA), Seed: uint64(seed),
		Tolerance: tolerance, Runaway: runaway, Evaluations: evaluations + depth*evaluationsMore, TrainMSE: trainMSE,
	}
	if start.large {
		s.Integrator, s.Evaluations, s.TrainMSE = largeMethod, largeEvaluations, largeTrainMSE
	}
	return s
}

// start is a way to begin.
type start struct {
	kind           model.Start
	sigmaW, sigmaA float64
	large          bool
}

// starts are the various initialisations of Figures 4 and 5: those of Section 5.1, from very small to not small.
func starts(depth int) []start {
	list := []start{
		{model.Gaussian, 0.01, 0.1, false},
		{model.Gaussian, 0.005, 0.1, false},
		{model.Gaussian, 0.01, 0.01, false},
		{model.Gaussian, 0.02, 0.2, false},
		{model.Kaiming, 0.005, 0.1, false},
		{model.Diagonal, 0.01, 0.01, false},
	}
	if depth == 0 {
		// Without matrices only σ_w counts.
		list = []start{
			{model.Gaussian, 0.01, 0.1, false},
			{model.Gaussian, 0.005, 0.1, false},
			{model.Gaussian, 0.02, 0.1, false},
			{model.Gaussian, 0.04, 0.1, false},
			{model.Gaussian, 0.002, 0.1, false},
			{model.Gaussian, 0.03, 0.1, false},
		}
	}
	return append(list, start{model.Diagonal, 0.1, 0.01, true}, start{model.Diagonal, 0.25, 0.01, true})
}
