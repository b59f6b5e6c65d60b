package reproduce

import (
	"fmt"
	"math"
	"strconv"

	"lacuna/figure"
	"lacuna/model"
	"lacuna/study"
)

// recovered is the relative test error below which a tensor counts as found.
const recovered = 1e-3

var (
	phaseShares = []float64{5, 10, 15, 20, 25, 30}
	phaseScales = []float64{0.001, 0.005, 0.025}
)

// phase is what Figures 4 and 5 lack: where, and how surely, the tensor is recovered.
var phase = item{
	"phase", "Phase diagram: probability of recovery by depth, scale of the start and share observed",
	"Not in the paper, whose Figures 4 and 5 pool starts chosen by hand at one share of observed cells.",
	steps((*work).phaseRuns, drawPhase, claimPhase), true,
}

// recoveries are the runs of a phase diagram, and those of them that recovered the tensor, by depth, row of a panel and share.
type recoveries struct {
	depths     []int
	seeds      int
	hits, runs [][][]int
}

// countRecoveries counts the runs that are done by whether their relative test error is below a limit; in tells whether the
// settings are those of a row.
func countRecoveries(
	runs []study.Run, depths []int, seeds, rows int, shares []float64, below float64, in func(row int, s study.Settings) bool,
) *recoveries {
	c := &recoveries{depths: depths, seeds: seeds}
	for _, k := range depths {
		var hits, tries [][]int
		for row := range rows {
			hit, try := make([]int, len(shares)), make([]int, len(shares))
			for i, share := range shares {
				for _, run := range runs {
					if depthOf(run) != k || !in(row, run.Settings) || math.Abs(float64(run.Settings.Observed)-share/100) >= 1e-9 ||
						run.State != study.Done {
						continue
					}
					try[i]++
					if float64(run.Outcome.RelativeTest) < below {
						hit[i]++
					}
				}
			}
			hits, tries = append(hits, hit), append(tries, try)
		}
		c.hits, c.runs = append(c.hits, hits), append(c.runs, tries)
	}
	return c
}

// panels sets the depths, the probabilities and the notes of a diagram.
func (c *recoveries) panels(picture *figure.Phase) {
	picture.Depths = c.depths
	for d := range c.depths {
		rows := make([][]float64, len(c.hits[d]))
		hit, try := 0, 0
		for l := range rows {
			for i, hits := range c.hits[d][l] {
				rows[l] = append(rows[l], float64(hits)/float64(c.runs[d][l][i]))
				hit, try = hit+hits, try+c.runs[d][l][i]
			}
		}
		picture.Probability = append(picture.Probability, rows)
		picture.Notes = append(picture.Notes, fmt.Sprintf("%d of %d runs recovered", hit, try))
	}
}

// claimRecovered enters the share of some starts that recovered the tensor.
func (w *work) claimRecovered(depth int, observed study.Number, hits, tries int, over string) {
	low, high := shareInterval(hits, tries)
	w.entry(Entry{
		Depth: ref(depth), Observed: observed, Paper: nan, Ours: study.Number(float64(hits) / float64(tries)), Low: low, High: high,
		Runs: tries, Claim: "share of starts that recover the tensor, over all " + over, Holds: hits > 0,
		Why: unless(hits > 0, fmt.Sprintf("none of %d starts did", tries)),
	})
}

func (w *work) phaseRuns() (*recoveries, error) {
	depths, seeds := []int{0, 1, 2, 3, 4, 5}, 4
	if w.Quick {
		depths, seeds = []int{0, 1}, 1
	}
	var settings []study.Settings
	for _, k := range depths {
		for _, scale := range phaseScales {
			for _, share := range phaseShares {
				for seed := 1; seed <= seeds; seed++ {
					// A tensor of its own for every seed: the probability is over tensors, masks and starts.
					s := synthetic(k, share/100, start{model.Gaussian, scale, 0.1, false}, seed)
					s.DataSeed, s.Mask, s.TrainMSE = uint64(seed), uint64(seed), enoughTrainMSE
					settings = append(settings, s)
				}
			}
		}
	}
	runs, err := w.runs("phase", settings)
	if err != nil {
		return nil, err
	}
	return countRecoveries(runs, depths, seeds, len(phaseScales), phaseShares, recovered, func(row int, s study.Settings) bool {
		return float64(s.SigmaW) == phaseScales[row]
	}), nil
}

// phaseLimit is the share of cells, in percent, below which a tensor of the paper's rank is not determined.
const phaseLimit = 100 * float64(degreesOfFreedom) / cells

func drawPhase(w *work, c *recoveries) error {
	picture := figure.Phase{
		Title: fmt.Sprintf("Recovered (%%): relative test error below %g; tensors a cell: %d; σ_A = 0.1", recovered,
			c.seeds),
		ScaleLabel: "scale of the start σ_w", Shares: phaseShares,
		Limit: phaseLimit,
	}
	for _, scale := range phaseScales {
		picture.Scales = append(picture.Scales, strconv.FormatFloat(scale, 'g', -1, 64))
	}
	c.panels(&picture)
	return w.picture("phase", picture.Figure())
}

func claimPhase(w *work, c *recoveries) {
	for d, k := range c.depths {
		for i, share := range phaseShares {
			hits, tries := 0, 0
			for l := range phaseScales {
				hits, tries = hits+c.hits[d][l][i], tries+c.runs[d][l][i]
			}
			w.claimRecovered(k, study.Number(share/100), hits, tries, "scales of the start")
		}
	}
	w.found("The degrees of freedom of a rank-5 tensor of this shape are %d, %.3g %% of its cells: below that share "+
		"nothing can recover it. How much more a single run of the flow needs, the diagram shows; choosing among starts by "+
		"held-back cells needs less.", degreesOfFreedom, phaseLimit)
}
