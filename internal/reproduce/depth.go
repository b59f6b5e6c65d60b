package reproduce

import (
	"fmt"
	"math"
	"sort"

	"lacuna/flow"
	"lacuna/study"
)

const depthObserved = 0.2

// depthRuns does the runs that Figures 4 and 5 share.
func (w *work) depthRuns() ([]study.Run, error) {
	total := w.Runs
	if total <= 0 {
		total = 1500
		if w.Quick {
			total = 48
		}
	}
	var settings []study.Settings
	for i := range total {
		k := i % depthsUsed
		list := starts(k)
		nth := i / depthsUsed
		s := synthetic(k, depthObserved, list[nth%len(list)], 1+nth/len(list))
		s.TrainMSE = max(s.TrainMSE, enoughTrainMSE)
		settings = append(settings, s)
	}
	return w.runs("depth", settings)
}

var figure4 = item{
	"fig4", "Figure 4: effective rank by depth",
	"More than 1,500 runs at 20 % observed, every one a point, coloured by test loss from 5e-5 to 3.35. Shallow models " +
		"end at ranks that vary a great deal with the start; with depth the rank is much more stable, close to the true " +
		"rank 5. 11 of 1,500 runs diverged or stayed at rank 0.",
	steps((*work).depthRuns, drawRanks, claimRanks),
}

func drawRanks(w *work, runs []study.Run) error {
	return w.chart("fig4", study.RankByDepth("Effective rank by depth, 20 % observed", runs))
}

func claimRanks(w *work, runs []study.Run) {
	ends := endsOf(runs, anyRun)
	w.found("%d runs: %s. A run is called a runaway when a block that fits a few observed cells outgrows the data %d "+
		"times while the train loss hardly moves; the flow reaches that end in a few hundred evaluations. Descent that is "+
		"stopped after a fixed number of steps need not get there, which may be why the paper counts so few. Runaways are "+
		"drawn with the rank they had.", len(runs), ends, runaway)
	var shallow spread
	for k := range depthsUsed {
		all := spreadOf(runs, k, anyRun)
		settled := spreadOf(runs, k, func(r study.Run) bool { return !ranAway(r) })
		if k == 0 {
			shallow = all
		}
		w.found("Depth %d: rank %s; of the %d runs that did not run away %s.", k, all, settled.count, settled)
		stable := k == 0 || all.iqr() < shallow.iqr()
		claim := "interquartile range of the effective rank; smaller than at depth 0"
		if k == 0 {
			claim = "interquartile range of the effective rank, for comparison"
		}
		w.entry(Entry{
			Depth: ref(k), Observed: depthObserved, Paper: nan, Ours: study.Number(all.iqr()),
			EffectiveRank: ref(int(all.median)), Claim: claim, Holds: stable,
			Why: unless(stable, fmt.Sprintf("ranks %s here and %s at depth 0", all, shallow)),
		})
		if k > 0 {
			narrower := all.most() < shallow.most()
			w.entry(Entry{
				Depth: ref(k), Observed: depthObserved, Paper: nan, Ours: study.Number(all.most()),
				EffectiveRank: ref(int(all.median)), Claim: "range of the middle 90 % of the effective ranks; smaller than " +
					"at depth 0", Holds: narrower,
				Why: unless(narrower, fmt.Sprintf("ranks %s here and %s at depth 0", all, shallow)),
			})
			near := math.Abs(settled.median-rankPaper) <= 1
			w.entry(Entry{
				Depth: ref(k), Observed: depthObserved, Paper: rankPaper, Ours: study.Number(settled.median),
				EffectiveRank: ref(int(settled.median)), Claim: "median effective rank of the runs that did not run away, " +
					"within 1 of the true rank", Holds: near,
				Why: unless(near, fmt.Sprintf("ranks %s", settled)),
			})
		}
	}
}

func anyRun(study.Run) bool { return true }

// spread is how the ranks of runs are distributed: the least and the most, and the 5th, 25th, 50th, 75th and 95th
// percentile.
type spread struct {
	count                                       int
	least, low, lower, median, upper, high, max float64
}

func (s spread) iqr() float64 { return s.upper - s.lower }

// most is the range of the middle 90 %.
func (s spread) most() float64 { return s.high - s.low }

func (s spread) String() string {
	if s.count == 0 {
		return "none"
	}
	return fmt.Sprintf("median %g, half of them in %g–%g, 90 %% in %g–%g, all in %g–%g",
		s.median, s.lower, s.upper, s.low, s.high, s.least, s.max)
}

func spreadOf(runs []study.Run, depth int, include func(study.Run) bool) spread {
	var ranks []float64
	for _, run := range runs {
		if depthOf(run) == depth && run.State == study.Done && run.Outcome.Rank > 0 && include(run) {
			ranks = append(ranks, float64(run.Outcome.Rank))
		}
	}
	if len(ranks) == 0 {
		return spread{median: math.NaN()}
	}
	sort.Float64s(ranks)
	at := func(share float64) float64 { return ranks[int(math.Round(share*float64(len(ranks)-1)))] }
	return spread{len(ranks), ranks[0], at(0.05), at(0.25), at(0.5), at(0.75), at(0.95), ranks[len(ranks)-1]}
}

// endsOf says in words how runs ended.
func endsOf(runs []study.Run, include func(study.Run) bool) string {
	var ran, limit, settled, failed int
	for _, run := range runs {
		switch {
		case !include(run):
		case run.State == study.Failed:
			failed++
		case ranAway(run):
			ran++
		case run.Outcome.Status == string(flow.Converged) || run.Outcome.Status == string(flow.Equilibrium):
			settled++
		default:
			limit++
		}
	}
	text := fmt.Sprintf("%d came to rest, %d ran away, %d reached a limit of evaluations or time", settled, ran, limit)
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	return text
}

var figure5 = item{
	"fig5", "Figure 5: test loss by depth",
	"The runs of Figure 4. Whatever the depth a small test loss may be achieved; depth helps to reach it whatever " +
		"the start.",
	steps((*work).depthRuns, drawLosses, claimLosses),
}

func drawLosses(w *work, runs []study.Run) error {
	return w.chart("fig5", study.LossByDepth("Test loss by depth, 20 % observed", runs))
}

func claimLosses(w *work, runs []study.Run) {
	var shallow float64
	for k := range depthsUsed {
		best, rank, small, count := study.Number(math.Inf(1)), 0, 0, 0
		for _, run := range runs {
			if depthOf(run) != k || run.State != study.Done {
				continue
			}
			count++
			if run.Outcome.TestMSE < best {
				best, rank = run.Outcome.TestMSE, run.Outcome.Rank
			}
			if run.Outcome.TestMSE < bestFigure4 {
				small++
			}
		}
		if count == 0 {
			continue
		}
		share := float64(small) / float64(count)
		if k == 0 {
			shallow = share
		}
		w.found("Depth %d: best test loss %.2g at rank %d; %d of %d runs below %g.", k, float64(best), rank, small, count,
			bestFigure4)
		w.entry(Entry{
			Depth: ref(k), Observed: depthObserved, Paper: bestFigure4, Ours: best, EffectiveRank: ref(rank),
			Claim: "best test loss, below the least that the paper's figures show", Holds: best < bestFigure4,
			Why: unless(best < bestFigure4, "no start recovered the tensor"),
		})
		if k > 0 {
			w.entry(Entry{
				Depth: ref(k), Observed: depthObserved, Paper: nan, Ours: study.Number(share),
				Claim: "share of starts that reach a small test loss; larger than at depth 0", Holds: share > shallow,
				Why: unless(share > shallow, fmt.Sprintf("%.0f %% of the starts do, and %.0f %% at depth 0; the runs of "+
					"this depth: %s",
					100*share, 100*shallow, endsOf(runs, func(r study.Run) bool { return depthOf(r) == k }))),
			})
		}
	}
}
