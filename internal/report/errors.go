package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lacuna/figure"
)

const (
	mostBars  = 30  // labels whose errors are drawn
	alike     = 1.3 // largest over smallest error below which labels are called alike
	farBeyond = 100 // the same, above which the number says nothing more
)

// labelLine is a label in the panel of errors.
type labelLine struct {
	LabelError
	Label   string
	Size    float64 // FilledRMSE, over the deviation of the label's known values where labels have units of their own
	Verdict string
}

// labelErrors fills the panel about where errors are large.
func (v *view) labelErrors() {
	n := v.errorMode()
	if n < 0 {
		return
	}
	lines, mode := v.linesOf(n), v.Observed.Modes[n]
	v.Where = whereLarge(mode.Name, lines, v.Units != "")
	if v.Units != "" {
		v.Labels = lines
	}
	drawn := slices.Clone(lines)
	slices.SortStableFunc(drawn, func(a, b labelLine) int { return cmp.Compare(b.Size, a.Size) })
	v.MoreLabels = max(0, len(drawn)-mostBars)
	drawn = drawn[:len(drawn)-v.MoreLabels]
	if len(mode.Coordinates) > 0 {
		slices.SortFunc(drawn, func(a, b labelLine) int { return a.Index - b.Index })
	}
	e := figure.LabelErrors{Mode: mode.Name, Unit: v.Unit}
	scale := 1.0
	if v.Units != "" {
		e.Unit, scale = "% of its spread", 100
	}
	for _, l := range drawn {
		e.Labels, e.RMSE = append(e.Labels, l.Label), append(e.RMSE, scale*l.Size)
		e.Uncertainty = append(e.Uncertainty, l.Uncertainty)
	}
	v.Errors = inline(figure.Errors(e))
}

// errorMode is the mode with units of its own, or else the one whose labels' errors differ most; −1 means that no mode
// has two labels whose error is known.
func (v *view) errorMode() int {
	best, most := -1, 0.0
	for n, mode := range v.Observed.Modes {
		lines := v.linesOf(n)
		if len(lines) < 2 {
			continue
		}
		if mode.Name == v.Units {
			return n
		}
		if ratio := spreadOf(lines); best < 0 || ratio > most {
			best, most = n, ratio
		}
	}
	if v.Units != "" {
		return -1
	}
	return best
}

// linesOf returns the labels of a mode whose error is known, in their order.
func (v *view) linesOf(n int) (lines []labelLine) {
	deviations := []float64(nil)
	if v.Units != "" {
		deviations = v.deviations(n)
	}
	for _, l := range v.ByLabel {
		if l.Mode != n || l.Filled == 0 || math.IsNaN(l.FilledRMSE) || math.IsInf(l.FilledRMSE, 0) {
			continue
		}
		line := labelLine{LabelError: l, Label: v.Observed.Modes[n].Labels[l.Index], Size: l.FilledRMSE}
		if deviations != nil {
			if !(deviations[l.Index] > 0) {
				continue
			}
			line.Size /= deviations[l.Index]
			line.Verdict = shortVerdict(line.Size)
		}
		lines = append(lines, line)
	}
	return lines
}

// deviations are the standard deviations of the known values of every label of a mode; NaN without any.
func (v *view) deviations(n int) []float64 {
	d := len(v.Observed.Modes[n].Labels)
	count, mean, squares := make([]float64, d), make([]float64, d), make([]float64, d)
	for c, x := range v.Observed.Values {
		i := v.Observed.Index[n][c]
		count[i]++
		off := x - mean[i]
		mean[i] += off / count[i]
		squares[i] += float64(off * (x - mean[i]))
	}
	for i := range squares {
		squares[i] = math.Sqrt(squares[i] / count[i])
	}
	return squares
}

func bySize(a, b labelLine) int { return cmp.Compare(a.Size, b.Size) }

// spreadOf is the largest error of the labels over the smallest, +Inf where the smallest is 0; 1 means all are 0.
func spreadOf(lines []labelLine) float64 {
	least, largest := slices.MinFunc(lines, bySize).Size, slices.MaxFunc(lines, bySize).Size
	if largest == 0 {
		return 1
	}
	return largest / least
}

// whereLarge says in a sentence where errors are large.
func whereLarge(mode string, lines []labelLine, relative bool) string {
	best, worst, ratio := slices.MinFunc(lines, bySize), slices.MaxFunc(lines, bySize), spreadOf(lines)
	if ratio < alike {
		return fmt.Sprintf("Errors are about as large for every %s.", mode)
	}
	times := "about " + number(math.Round(10*ratio)/10) + " times"
	switch {
	case ratio > farBeyond:
		times = fmt.Sprintf("more than %d times", farBeyond)
	case ratio >= 3:
		times = fmt.Sprintf("about %.0f times", ratio)
	}
	lead := "Errors are largest for"
	if relative {
		lead = "Measured by how much its values vary, the error is largest for"
	}
	return fmt.Sprintf("%s %s=%s, %s that of the best, %s=%s.", lead, mode, worst.Label, times, mode, best.Label)
}

// shortVerdict says in a few words what an error over the deviation of the values means.
func shortVerdict(nrmse float64) string {
	switch {
	case nrmse < 0.1:
		return "very close"
	case nrmse < 0.35:
		return "close"
	case nrmse < 0.7:
		return "the main pattern only"
	case nrmse < 0.95:
		return "a rough guide"
	}
	return "no better than the mean"
}
