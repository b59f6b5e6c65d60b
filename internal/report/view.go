package report

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"lacuna/figure"
	"lacuna/internal/page"
)

const (
	fewestHeldOut = 20 // cells below which an error says nothing
	mostBlocks    = 12 // blocks whose factors are drawn
	mostMaps      = 3  // maps of gaps
)

// view is a Page in words and pictures.
type view struct {
	*Page
	Name        string
	Gaps        float64
	Cells       string
	Unknown     bool // no held-out error
	Expected    bool // the error of the filled cells is known
	GiveOrTake  string
	Verdict     string
	Better      string
	Scatter     page.HTML
	Calibration page.HTML
	Coverage    []coverage
	Intervals   string
	Where       string // errors are large
	Errors      page.HTML
	Labels      []labelLine
	MoreLabels  int
	Far         string // how errors grow with the distance to known cells
	Distances   page.HTML
	Filling     page.HTML // some filled series
	Promise     string    // of intervals
	Maps        []picture
	Rank        int // blocks found
	Emergence   page.HTML
	Rows        []row
	MoreBlocks  int
	MoreMaps    bool
}

type picture struct {
	Caption string
	SVG     page.HTML
}

type row struct {
	Number  int
	Norm    float64
	Share   string
	Emerged string
	Factors []picture
}

func newView(p *Page) *view {
	v := &view{Page: p, Name: filepath.Base(p.Source)}
	if p.Source == "" {
		v.Name = "a tensor"
	}
	if p.ValueName == "" {
		p.ValueName = "value"
	}
	shape := p.Observed.Shape()
	v.Gaps = shape.Cells() - float64(p.Observed.Len()+p.Censored)
	v.Cells = sizes(shape)
	v.Unknown = math.IsNaN(p.RMSE) || len(p.HeldOut) < fewestHeldOut
	if !v.Unknown {
		v.trust()
		v.labelErrors()
		v.distanceErrors()
	}
	v.Promise = percent(cmp.Or(p.Level, 0.9))
	if len(p.Series) > 0 {
		v.Filling = inline(figure.FilledSeries(p.Series))
	}
	v.Maps, v.MoreMaps = gapMaps(p.Observed)
	if p.CP != nil && p.CP.Blocks > 0 {
		v.blocks()
	}
	return v
}

func (v *view) trust() {
	v.Expected = v.FilledRMSE > 0 && v.FilledNRMSE > 0 && !math.IsInf(v.FilledRMSE, 0) && !math.IsInf(v.FilledNRMSE, 0)
	v.Verdict = verdict(v.NRMSE, "hidden")
	if v.Expected {
		v.Verdict = verdict(v.FilledNRMSE, "filled")
		if u := v.FilledUncertainty; u >= 0.05 {
			v.GiveOrTake = fmt.Sprintf(", give or take %s of that", percent(math.Min(u, 1)))
		}
	}
	v.Better = comparison(v.NRMSE, v.Baselines)
	var truth, predicted []float64
	for _, h := range v.HeldOut {
		truth, predicted = append(truth, h.Value), append(predicted, h.Predicted)
	}
	v.Scatter = inline(figure.HeldOut(truth, predicted, v.Unit))
	v.Coverage = crossCoverage(v.HeldOut, []float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.95})
	if v.Coverage == nil {
		return
	}
	level := cmp.Or(v.Level, 0.9)
	var promised, covered []float64
	for _, c := range v.Coverage {
		promised, covered = append(promised, c.Promised), append(covered, c.Covered)
	}
	v.Calibration = inline(figure.Calibration(promised, covered))
	at := crossCoverage(v.HeldOut, []float64{level})[0]
	v.Intervals = fmt.Sprintf("An interval that promises to hold %s of the cells held %s of the hidden ones.",
		percent(at.Promised), percent(at.Covered))
}

// verdict says in words what the NRMSE of the hidden or the filled cells means.
func verdict(nrmse float64, cells string) string {
	accounts := "accounts for"
	if cells == "filled" {
		accounts = "is expected to account for"
	}
	explained := fmt.Sprintf("It %s %s of the variation of the %s cells.", accounts,
		percent(math.Max(0, 1-nrmse*nrmse)), cells)
	switch {
	case nrmse < 0.1:
		return "The filled values are very close to the truth. " + explained
	case nrmse < 0.35:
		return "The filled values follow the truth closely. " + explained
	case nrmse < 0.7:
		return "The filled values follow the main pattern, with visible errors cell by cell. " + explained
	case nrmse < 0.95:
		return "The filled values are a rough guide only. " + explained
	}
	return "The filled values are no better than filling every gap with the mean. Do not rely on single cells."
}

func comparison(nrmse float64, baselines []Baseline) string {
	best := math.Inf(1)
	name := ""
	for _, b := range baselines {
		if b.NRMSE < best {
			best, name = b.NRMSE, b.Name
		}
	}
	switch {
	case name == "":
		return ""
	case nrmse < 0.98*best:
		return fmt.Sprintf("The best simple predictor, %q, has an error %s times as large.", name, number(best/nrmse))
	case nrmse <= 1.02*best:
		return fmt.Sprintf("The simple predictor %q does as well: the table shows little beyond it.", name)
	}
	return fmt.Sprintf("The simple predictor %q does better here: prefer it.", name)
}

func (v *view) blocks() {
	norms := v.CP.Norms()
	times := make([]float64, len(norms))
	for r := range times {
		times[r] = v.Emerged[r] // 0 where it is not known
	}
	v.Rank, v.Emergence = len(norms), inline(figure.Emergences(norms, times))
	drawn := min(len(norms), mostBlocks)
	v.MoreBlocks = len(norms) - drawn
	for r, colour := range figure.Distinct(drawn) {
		block := row{Number: r + 1, Norm: norms[r], Share: percent(norms[r] / slices.Max(norms))}
		if times[r] > 0 {
			block.Emerged = number(times[r])
		}
		factors := make([][]float64, len(v.CP.Shape))
		for n := range factors {
			factors[n] = v.CP.Column(n, r)
		}
		for n, factor := range facing(factors) {
			mode := v.Observed.Modes[n]
			drawing := figure.Factor(mode, factor, colour)
			block.Factors = append(block.Factors, picture{mode.Name, inline(drawing)})
		}
		v.Rows = append(v.Rows, block)
	}
}

// facing returns the factors with their signs and sizes moved to the last mode, which changes nothing in the product:
// every other factor has its largest entry at 1.
func facing(factors [][]float64) [][]float64 {
	turned := make([][]float64, len(factors))
	scale := 1.0
	for n, factor := range factors {
		largest := 0.0
		for _, x := range factor {
			if math.Abs(x) > math.Abs(largest) {
				largest = x
			}
		}
		turned[n] = make([]float64, len(factor))
		for i, x := range factor {
			switch {
			case n == len(factors)-1:
				turned[n][i] = x * scale
			case largest != 0:
				turned[n][i] = x / largest
			}
		}
		if largest != 0 {
			scale *= largest
		}
	}
	return turned
}

func inline(f *figure.Figure) page.HTML { return page.HTML(figure.InlineSVG(f)) }

func sizes(shape []int) string {
	var words []string
	for _, d := range shape {
		words = append(words, strconv.Itoa(d))
	}
	return strings.Join(words, " × ")
}

func percent(share float64) string {
	if share > 0.995 && share < 1 {
		return strconv.FormatFloat(100*share, 'f', 2, 64) + " %"
	}
	return strconv.FormatFloat(100*share, 'f', 0, 64) + " %"
}

// number writes three significant digits, in powers of ten where that is shorter.
func number(x float64) string {
	switch abs := math.Abs(x); {
	case math.IsNaN(x):
		return "unknown"
	case math.IsInf(x, 0):
		return "unbounded"
	case x == 0:
		return "0"
	case abs >= 1e6 || abs < 1e-3:
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', 2, 64), "e")
		power, _ := strconv.Atoi(exponent)
		return mantissa + " · 10" + raised(power)
	case abs >= 100:
		return count(math.Round(x))
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

func raised(power int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷",
		"8", "⁸", "9", "⁹").Replace(strconv.Itoa(power))
}

// count writes a whole number with its thousands apart.
func count(x any) string {
	var digits string
	switch x := x.(type) {
	case int:
		digits = strconv.Itoa(x)
	case float64:
		digits = strconv.FormatFloat(x, 'f', 0, 64)
	}
	first := len(digits) - len(strings.TrimLeft(digits, "-"))
	for i := len(digits) - 3; i > first; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
