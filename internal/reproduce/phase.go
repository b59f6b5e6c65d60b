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
func phase(w *work) error {
	w.section.Title = "Phase diagram: probability of recovery by depth, scale of the start and share observed"
	w.section.Paper = "Not in the paper, whose Figures 4 and 5 pool starts chosen by hand at one share of observed cells."
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
		return err
	}
	picture := figure.Phase{
		Title:  fmt.Sprintf("Recovered (%%): relative test error below %g; tensors a cell: %d; σ_A = 0.1", recovered, seeds),
		Depths: depths, ScaleLabel: "scale of the start σ_w", Shares: phaseShares,
		Limit: 100 * float64(degreesOfFreedom) / cells,
	}
	for _, scale := range phaseScales {
		picture.Scales = append(picture.Scales, strconv.FormatFloat(scale, 'g', -1, 64))
	}
	for _, k := range depths {
		var rows [][]float64
		hits, tries := make([]int, len(phaseShares)), make([]int, len(phaseShares))
		for _, scale := range phaseScales {
			row := make([]float64, len(phaseShares))
			for i, share := range phaseShares {
				hit, try := 0, 0
				for _, run := range runs {
					depth, _ := run.Settings.Depth.Uniform()
					if int(depth) == k && float64(run.Settings.SigmaW) == scale && math.Abs(float64(run.Settings.Observed)-share/100) < 1e-9 && run.State == study.Done {
						try++
						if run.Outcome.RelativeTest < recovered {
							hit++
						}
					}
				}
				row[i] = float64(hit) / float64(try)
				hits[i] += hit
				tries[i] += try
			}
			rows = append(rows, row)
		}
		picture.Probability = append(picture.Probability, rows)
		hit, try := 0, 0
		for i := range hits {
			hit, try = hit+hits[i], try+tries[i]
		}
		picture.Notes = append(picture.Notes, fmt.Sprintf("%d of %d runs recovered", hit, try))
		for i, share := range phaseShares {
			w.entry(Entry{
				Depth: ref(k), Observed: study.Number(share / 100), Paper: nan, Ours: study.Number(float64(hits[i]) / float64(tries[i])),
				Claim: "share of starts that recover the tensor, over all scales of the start", Holds: hits[i] > 0,
				Why: unless(hits[i] > 0, fmt.Sprintf("none of %d starts did", tries[i])),
			})
		}
	}
	w.found("The degrees of freedom of a rank-5 tensor of this shape are %d, %.3g %% of its cells: below that share nothing can recover it. How much more a "+
		"single run of the flow needs, the diagram shows; choosing among starts by held-back cells needs less.", degreesOfFreedom, picture.Limit)
	return w.picture("phase", picture.Figure())
}
