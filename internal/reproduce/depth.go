package reproduce

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"lacuna/flow"
	"lacuna/model"
	"lacuna/study"
)

const depthObserved = 0.2

// depthRuns does the runs that Figures 4 and 5 share.
func (w *work) depthRuns() ([]study.Run, error) {
	total := w.Runs
	if total <= 0 {
		total = 1500
		if w.Quick {
			total = quickDepthRuns
		}
	}
	var settings []study.Settings
	for i := range total {
		k := i % depthsUsed
		list := starts(k)
		nth := i / depthsUsed
		s := synthetic(k, depthObserved, list[nth%len(list)], 1+nth/len(list))
		s.TrainMSE = max(s.TrainMSE, enoughTrainMSE)
		if w.rule.apply != nil {
			// Ranks and ends are those of float64 (docs/studies.md), in two thirds of the time.
			s.DType = string(model.Float32)
		}
		settings = append(settings, s)
	}
	return w.runs("depth", settings)
}

var figure4 = item{
	"fig4", "Figure 4: effective rank by depth",
	"More than 1,500 runs at 20 % observed, every one a point, coloured by test loss from 5e-5 to 3.35. Shallow models " +
		"end at ranks that vary a great deal with the start; with depth the rank is much more stable, close to the true " +
		"rank 5. 11 of 1,500 runs diverged or stayed at rank 0.",
	steps((*work).depthRuns, drawRanks, claimRanks), false,
}

func drawRanks(w *work, runs []study.Run) error {
	return w.chart("fig4", study.RankByDepth("Effective rank by depth, 20 % observed, "+w.rule.words, runs))
}

func claimRanks(w *work, runs []study.Run) {
	w.found("%d runs: %s. The rank of a run that was cut off is not known: such runs are drawn apart and are in no median "+
		"and no range.", len(runs), endsOf(runs, anyRun))
	shallow := spreadOf(runs, 0, known)
	cutOffAt := func(k int) int { return countOf(runs, func(r study.Run) bool { return depthOf(r) == k && cutOff(r) }) }
	shallowCut := cutOffAt(0)
	for k := range depthsUsed {
		s := spreadOf(runs, k, known)
		cut := cutOffAt(k)
		at := func(r study.Run) bool { return depthOf(r) == k }
		w.found("Depth %d: rank %s, of %d runs; %d were cut off, %d of them without any block; in %d an emerged block is a phantom.",
			k, s, s.count, cut,
			countOf(runs, func(r study.Run) bool { return at(r) && cutOff(r) && r.Outcome.Rank == 0 }),
			countOf(runs, func(r study.Run) bool { return at(r) && r.Outcome.Phantoms > 0 }))
		// beyond is the share of the runs that lies beyond the quantile in question: with as many cut off it is not known.
		enter := func(ours, paper float64, claim string, compared, holds, surely bool, beyond float64, why string) {
			e := Entry{
				Depth: ref(k), Observed: depthObserved, Paper: study.Number(paper), Ours: study.Number(ours), Low: nan, High: nan,
				Runs: s.count, Censored: cut, EffectiveRank: whatRank(s), Claim: claim, Holds: holds,
				Undecided: !surely, TooFew: s.count < enough || compared && shallow.count < enough,
			}
			if ours == s.median {
				e.Low, e.High = s.from, s.to
			}
			unknown := func(cut, count int) bool { return cut > 0 && float64(cut) >= beyond*float64(cut+count) }
			switch {
			case unknown(cut, s.count):
				e.Undecided, e.Why = true, fmt.Sprintf("%d of %d runs were cut off", cut, cut+s.count)
			case compared && unknown(shallowCut, shallow.count):
				e.Undecided, e.Why = true, fmt.Sprintf("%d of %d runs of depth 0 were cut off", shallowCut, shallowCut+shallow.count)
			case !surely:
				e.Why = "the 95 % interval of the median allows both"
			case !holds:
				e.Why = why
			}
			w.entry(e)
		}
		const half, quarter, twentieth = 0.5, 0.25, 0.05
		why := fmt.Sprintf("ranks %s here and %s at depth 0", s, shallow)
		if k == 0 {
			const well = 2 * rankPaper
			high := s.median > well
			enter(s.median, math.NaN(), "median effective rank at depth 0; well above the true rank", false, high,
				high && s.from > well || !high && s.to <= well, half, why)
			continue
		}
		lower := s.median < shallow.median
		enter(s.median, math.NaN(), "median effective rank; lower than at depth 0", true, lower,
			lower && s.to < shallow.from || !lower && s.from >= shallow.to, half, why)
		enter(s.iqr(), math.NaN(), "interquartile range of the effective rank; smaller than at depth 0", true,
			s.iqr() < shallow.iqr(), true, quarter, why)
		enter(s.most(), math.NaN(), "range of the middle 90 % of the effective ranks; smaller than at depth 0", true,
			s.most() < shallow.most(), true, twentieth, why)
		near := math.Abs(s.median-rankPaper) <= 1
		within := s.from >= rankPaper-1 && s.to <= rankPaper+1
		enter(s.median, rankPaper, "median effective rank, within 1 of the true rank", false, near,
			near && within || !near && (s.to < rankPaper-1 || s.from > rankPaper+1), half, fmt.Sprintf("ranks %s", s))
	}
}

func anyRun(study.Run) bool { return true }

// cutOff tells whether the end of a run is not known.
func cutOff(r study.Run) bool { return r.State == study.Done && r.Outcome.Censored() }

// known tells whether the end of a run is known.
func known(r study.Run) bool { return r.State == study.Done && !r.Outcome.Censored() }

func countOf(runs []study.Run, include func(study.Run) bool) (count int) {
	for _, run := range runs {
		if include(run) {
			count++
		}
	}
	return count
}

func share(count, of int) study.Number { return study.Number(float64(count) / float64(of)) }

// whatRank is the median of ranks as a whole number; nil if there is none.
func whatRank(s spread) *int {
	if s.count == 0 {
		return nil
	}
	return ref(int(s.median))
}

// spread is how the ranks of runs are distributed: the least and the most, and the 5th, 25th, 50th, 75th and 95th
// percentile; and the 95 % interval of the median.
type spread struct {
	count                                       int
	least, low, lower, median, upper, high, max float64
	from, to                                    study.Number
}

func (s spread) iqr() float64 {
	if s.count == 0 {
		return math.NaN()
	}
	return s.upper - s.lower
}

// most is the range of the middle 90 %.
func (s spread) most() float64 {
	if s.count == 0 {
		return math.NaN()
	}
	return s.high - s.low
}

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
		return spread{median: math.NaN(), from: nan, to: nan}
	}
	sort.Float64s(ranks)
	at := func(share float64) float64 { return ranks[int(math.Round(share*float64(len(ranks)-1)))] }
	s := spread{
		count: len(ranks), least: ranks[0], low: at(0.05), lower: at(0.25), median: at(0.5), upper: at(0.75), high: at(0.95),
		max: ranks[len(ranks)-1],
	}
	s.from, s.to = medianInterval(ranks)
	return s
}

// endsOf says in words how runs ended.
func endsOf(runs []study.Run, include func(study.Run) bool) string {
	count := map[string]int{}
	for _, run := range runs {
		if include(run) {
			count[endOf(run)]++
		}
	}
	var words []string
	for _, end := range []string{cameToRest, lastStep, ranOff, diverged, limited, failed} {
		if count[end] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[end], end))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// The ends of a run.
const (
	cameToRest = "came to rest"
	lastStep   = "went on to the last step"
	ranOff     = "were cut off when a block ran away"
	diverged   = "diverged"
	limited    = "were cut off at the limit of evaluations"
	failed     = "failed"
)

func endOf(run study.Run) string {
	switch status := flow.Status(run.Outcome.Status); {
	case run.State == study.Failed:
		return failed
	case status == flow.Runaway:
		return ranOff
	case status == flow.Diverged:
		return diverged
	case !run.Outcome.Censored() && status == flow.EvaluationLimit:
		return lastStep
	case run.Outcome.Censored():
		return limited
	}
	return cameToRest
}

var figure5 = item{
	"fig5", "Figure 5: test loss by depth",
	"The runs of Figure 4. Whatever the depth a small test loss may be achieved; depth helps to reach it whatever " +
		"the start.",
	steps((*work).depthRuns, drawLosses, claimLosses), false,
}

func drawLosses(w *work, runs []study.Run) error {
	return w.chart("fig5", study.LossByDepth("Test loss by depth, 20 % observed, "+w.rule.words, runs))
}

func claimLosses(w *work, runs []study.Run) {
	var shallow float64
	var shallowLow, shallowHigh study.Number
	starts0 := 0
	for k := range depthsUsed {
		best, rank, small, count, cut := study.Number(math.Inf(1)), 0, 0, 0, 0
		for _, run := range runs {
			switch {
			case depthOf(run) != k || run.State != study.Done:
			case cutOff(run):
				cut++
			default:
				count++
				if run.Outcome.TestMSE < best {
					best, rank = run.Outcome.TestMSE, run.Outcome.Rank
				}
				if run.Outcome.TestMSE < bestFigure4 {
					small++
				}
			}
		}
		if count+cut == 0 {
			continue
		}
		// A run that was cut off had not recovered the tensor.
		reached := float64(small) / float64(count+cut)
		low, high := shareInterval(small, count+cut)
		if k == 0 {
			shallow, shallowLow, shallowHigh, starts0 = reached, low, high, count+cut
		}
		w.found("Depth %d: best test loss %.2g at rank %d; %d of %d runs below %g, %d runs cut off among the others.", k,
			float64(best), rank, small, count+cut, bestFigure4, cut)
		w.entry(Entry{
			Depth: ref(k), Observed: depthObserved, Paper: bestFigure4, Ours: best, Low: nan, High: nan, EffectiveRank: ref(rank),
			Runs: count, Censored: cut, Undecided: count == 0, TooFew: best >= bestFigure4 && count+cut < enough,
			Claim: "best test loss, below the least that the paper's figures show", Holds: best < bestFigure4,
			Why: unless(best < bestFigure4, "no start recovered the tensor"),
		})
		if k > 0 {
			overlap := low <= shallowHigh && high >= shallowLow
			why := ""
			switch {
			case overlap:
				why = "the 95 % intervals overlap"
			case reached < shallow:
				why = fmt.Sprintf("%.0f %% of the starts do, and %.0f %% at depth 0; the runs of this depth: %s",
					100*reached, 100*shallow, endsOf(runs, func(r study.Run) bool { return depthOf(r) == k }))
			}
			w.entry(Entry{
				Depth: ref(k), Observed: depthObserved, Paper: nan, Ours: study.Number(reached), Low: low, High: high,
				Runs:  count + cut,
				Claim: "share of starts that reach a small test loss; larger than at depth 0", Holds: reached > shallow,
				Undecided: overlap, TooFew: min(count+cut, starts0) < enough, Why: why,
			})
		}
	}
}
