package gaps

import (
	"fmt"
	"io"
	"text/tabwriter"

	"lacuna/internal/portable"
)

// Summary is what the runs of one shape come to. A figure without runs to make it of is 0.
type Summary struct {
	Shape string
	Runs  int

	TrueOverClaimed, LeastTrue, MostTrue           float64 // geometric mean and range
	CoverageOfCells, CoverageOfRuns, LeastCoverage float64 // of all hidden cells, mean and least of the runs
	Ratio, WorstRatio                              float64 // NRMSE over the best simple method's: geometric mean, largest
	OverFirst                                      float64 // geometric mean of NRMSE over lacuna_1's
	Seconds                                        float64 // mean
}

// geometric is a geometric mean in the making.
type geometric struct{ logs, count float64 }

func (g *geometric) add(x float64) {
	if x > 0 {
		g.logs += portable.Log(x)
		g.count++
	}
}

func (g *geometric) mean() float64 {
	if g.count == 0 {
		return 0
	}
	return portable.Exp(g.logs / g.count)
}

// Summarise gives a summary for every shape that was run, and one of all, called all, where there are several shapes.
func Summarise(results []Result) []Summary {
	byShape := map[string][]Result{}
	for _, r := range results {
		byShape[r.Shape] = append(byShape[r.Shape], r)
	}
	var summaries []Summary
	for _, shape := range Shapes() {
		if runs := byShape[shape]; len(runs) > 0 {
			summaries = append(summaries, summarise(shape, runs))
		}
	}
	if len(summaries) > 1 {
		summaries = append(summaries, summarise("all", results))
	}
	return summaries
}

func summarise(shape string, results []Result) Summary {
	s := Summary{Shape: shape, Runs: len(results), LeastCoverage: 1}
	var truth, ratio, first geometric
	var hidden float64
	runs := float64(len(results))
	for _, r := range results {
		if x := r.TrueOverClaimed; x > 0 {
			truth.add(x)
			s.MostTrue = max(s.MostTrue, x)
			if s.LeastTrue == 0 || x < s.LeastTrue {
				s.LeastTrue = x
			}
		}
		cells := float64(r.Hidden)
		hidden += cells
		s.CoverageOfCells += float64(cells * r.Coverage90)
		s.CoverageOfRuns += r.Coverage90 / runs
		s.LeastCoverage = min(s.LeastCoverage, r.Coverage90)
		ratio.add(r.Ratio)
		s.WorstRatio = max(s.WorstRatio, r.Ratio)
		if r.First != nil {
			first.add(r.NRMSE / r.First.NRMSE)
		}
		s.Seconds += r.Seconds / runs
	}
	s.CoverageOfCells /= hidden
	s.TrueOverClaimed, s.Ratio, s.OverFirst = truth.mean(), ratio.mean(), first.mean()
	return s
}

// Header is the first line of the table that Line continues.
const Header = "data set     shape       seed  hidden     NRMSE  lacuna_1  best simple      NRMSE  ratio  " +
	"true/claimed  lacuna_1  in 90 %  lacuna_1  finite  seconds"

// Line is one row of the table.
func (r Result) Line() string {
	firstNRMSE, firstTrue, firstCovered := "–", "–", "–"
	if r.First != nil {
		firstNRMSE = fmt.Sprintf("%.4g", r.First.NRMSE)
		firstTrue = number(r.First.TrueOverClaimed, "%.2f")
		firstCovered = number(100*r.First.Coverage90, "%.1f%%")
	}
	return fmt.Sprintf("%-12s %-11s %4d %7d %9.4g %9s  %-13s %8.4g %6.3f %13s %9s %7.1f%% %9s %6.1f%% %8.1f",
		r.Dataset, r.Shape, r.Seed, r.Hidden, r.NRMSE, firstNRMSE, r.BestSimple, r.Simple[r.BestSimple], r.Ratio,
		number(r.TrueOverClaimed, "%.2f"), firstTrue, 100*r.Coverage90, firstCovered, 100*r.FiniteIntervals, r.Seconds)
}

// number writes a number, or a dash for one that is not known.
func number(x float64, format string) string {
	if x == 0 {
		return "–"
	}
	return fmt.Sprintf(format, x)
}

// Print writes a table of summaries.
func Print(w io.Writer, summaries []Summary) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SHAPE\tRUNS\tTRUE/CLAIMED\tRANGE\tIN 90 %: CELLS\tRUNS\tLEAST\t"+
		"NRMSE/BEST SIMPLE\tWORST\tNRMSE/LACUNA_1\tSECONDS")
	for _, s := range summaries {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s–%s\t%.1f %%\t%.1f %%\t%.1f %%\t%.3f\t%.3f\t%s\t%.1f\n", s.Shape, s.Runs,
			number(s.TrueOverClaimed, "%.2f"), number(s.LeastTrue, "%.2f"), number(s.MostTrue, "%.2f"),
			100*s.CoverageOfCells, 100*s.CoverageOfRuns, 100*s.LeastCoverage,
			s.Ratio, s.WorstRatio, number(s.OverFirst, "%.3f"), s.Seconds)
	}
	return table.Flush()
}
