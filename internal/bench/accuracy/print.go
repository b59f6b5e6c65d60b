package accuracy

import (
	"fmt"
	"io"
	"math"
)

// Summary is what many results come to.
type Summary struct {
	Cells     int     // results that have a peer to compare with
	Ratio     float64 // geometric mean of NRMSE over the best peer's
	Worst     float64 // largest such ratio
	BGCPCells int
	BGCPRatio float64 // geometric mean of NRMSE over that of BGCP, where it ran
	Solved    int     // results without peers whose relative error is below 1e-6
	Exact     int     // results without peers
}

// Summarise computes the summary.
func Summarise(results []Result) Summary {
	var s Summary
	var logs, bgcp float64
	for _, r := range results {
		if r.BestNRMSE == 0 {
			s.Exact++
			if r.NRMSE < 1e-6 {
				s.Solved++
			}
			continue
		}
		s.Cells++
		logs += math.Log(r.Ratio)
		s.Worst = math.Max(s.Worst, r.Ratio)
		if r.BGCP > 0 {
			s.BGCPCells++
			bgcp += math.Log(r.NRMSE / r.BGCP)
		}
	}
	if s.Cells > 0 {
		s.Ratio = math.Exp(logs / float64(s.Cells))
	}
	if s.BGCPCells > 0 {
		s.BGCPRatio = math.Exp(bgcp / float64(s.BGCPCells))
	}
	return s
}

// Header is the first line of the table that Line continues.
const Header = "dataset       observed mask     nrmse   held out  " +
	"best peer          nrmse  ratio  in 90 %  rank  seconds"

// Line is one row of the table.
func (r Result) Line() string {
	peer := fmt.Sprintf("%-16s %7s  %5s", "–", "", "")
	if r.BestNRMSE > 0 {
		peer = fmt.Sprintf("%-16s %7.4g  %5.3f", r.BestMethod, r.BestNRMSE, r.Ratio)
	}
	return fmt.Sprintf("%-13s %7.0f%% %-4s %9.4g %9.4g   %s  %6.1f%% %5d %8.1f",
		r.Dataset, 100*r.Observed, r.Mask, r.NRMSE, r.HeldOutNRMSE, peer, 100*r.Coverage90, r.EffectiveRank, r.Seconds)
}

// Print writes the closing lines of the table.
func (s Summary) Print(w io.Writer) error {
	if s.Cells > 0 {
		_, err := fmt.Fprintf(w, "\nNRMSE over the best peer's: geometric mean %.3f, worst %.3f, %d cells\n",
			s.Ratio, s.Worst, s.Cells)
		if err != nil {
			return err
		}
	}
	if s.BGCPCells > 0 {
		_, err := fmt.Fprintf(w, "NRMSE over BGCP's: geometric mean %.3f, %d cells\n", s.BGCPRatio, s.BGCPCells)
		if err != nil {
			return err
		}
	}
	if s.Exact > 0 {
		_, err := fmt.Fprintf(w, "recovered exactly (relative error below 1e-6): %d of %d\n", s.Solved, s.Exact)
		if err != nil {
			return err
		}
	}
	return nil
}
