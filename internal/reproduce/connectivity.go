package reproduce

import (
	"fmt"

	"lacuna/experiment"
	"lacuna/figure"
	"lacuna/model"
	"lacuna/study"
)

// The diagram by connectivity is of small tensors, so that it takes minutes.
const (
	joinedShape  = "10x10x10"
	joinedRank   = 2
	joinedCells  = 1000
	joinedBlocks = 64
	// joinedError is the relative test error below which a tensor counts as found: rules with a rate do not reach less from
	// starts that are not small.
	joinedError = 0.1
	// joinedLimit is the share of cells, in percent, below which such a tensor is not determined.
	joinedLimit = 100 * float64(joinedRank*(3*(10-1)+1)) / joinedCells
)

// joined is how the observed cells hang together.
type joined struct {
	name    string
	pattern string
	bridges int
}

var (
	joinedShares = []float64{10, 15, 20, 25}
	joinings     = []joined{
		{"halves apart", experiment.Halves, 0},
		{"5 bridges", experiment.Halves, 5},
		{"20 bridges", experiment.Halves, 20},
		{"anywhere", "", 0},
	}
)

var connectivity = item{
	"connectivity", "Phase diagram: probability of recovery by depth, share observed and how the observed cells hang together",
	"Not in the paper, whose cells are observed at random.",
	steps((*work).joinedRuns, drawJoined, claimJoined), true,
}

func (w *work) joinedRuns() (*recoveries, error) {
	depths, seeds := []int{0, 1, 2, 3}, 4
	if w.Quick {
		depths, seeds = []int{0, 1}, 1
	}
	var settings []study.Settings
	for _, k := range depths {
		for _, j := range joinings {
			for _, share := range joinedShares {
				for seed := 1; seed <= seeds; seed++ {
					s := synthetic(k, share/100, start{model.Gaussian, 0.01, 0.1, false}, seed)
					s.Shape, s.Rank, s.Blocks, s.TrainMSE = joinedShape, joinedRank, joinedBlocks, enoughTrainMSE
					s.DataSeed, s.Mask, s.Pattern, s.Bridges = uint64(seed), uint64(seed), j.pattern, j.bridges
					settings = append(settings, s)
				}
			}
		}
	}
	runs, err := w.runs("connectivity", settings)
	if err != nil {
		return nil, err
	}
	return countRecoveries(runs, depths, seeds, len(joinings), joinedShares, joinedError, func(row int, s study.Settings) bool {
		return s.Pattern == joinings[row].pattern && s.Bridges == joinings[row].bridges
	}), nil
}

func drawJoined(w *work, c *recoveries) error {
	picture := figure.Phase{
		Title: fmt.Sprintf("Recovered (%%), %s: relative test error below %g; %s, rank %d; tensors a cell: %d", w.rule.words, joinedError,
			joinedShape, joinedRank, c.seeds),
		ScaleLabel: "observed cells", Shares: joinedShares, Limit: joinedLimit,
	}
	for _, j := range joinings {
		picture.Scales = append(picture.Scales, j.name)
	}
	c.panels(&picture)
	return w.picture("connectivity", picture.Figure())
}

func claimJoined(w *work, c *recoveries) {
	for d, k := range c.depths {
		for l, j := range joinings {
			hits, tries := 0, 0
			for i := range joinedShares {
				hits, tries = hits+c.hits[d][l][i], tries+c.runs[d][l][i]
			}
			w.claimRecovered(k, nan, hits, tries, "shares observed: "+j.name)
		}
	}
	w.found("The labels of every mode are cut in halves, and all observed cells but the bridges lie within one half. Without "+
		"a bridge nothing tells how the halves scale beside each other, and no method can recover the rest. A tensor of rank %d has %.3g %% "+
		"of its cells as degrees of freedom; within the halves there are 25 %%.", joinedRank, joinedLimit)
}
