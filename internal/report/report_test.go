package report

import (
	"flag"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

var keep = flag.String("report", "", "write the page of the tests to this file, to be looked at")

// example is a page about made-up weather: months × stations × variables.
func example(t testing.TB) *Page {
	stream := rng.New(1, "report example")
	modes := []tensor.Mode{{Name: "month", Unit: "month"}, {Name: "station"}, {Name: "variable", Labels: []string{
		"tmax", "tmin",
		"rain",
	}}}
	for i := range 36 {
		modes[0].Labels = append(modes[0].Labels, fmt.Sprintf("%d-%02d", 2001+i/12, 1+i%12))
		modes[0].Coordinates = append(modes[0].Coordinates, float64(12*2001+i))
	}
	for i := range 12 {
		modes[1].Labels = append(modes[1].Labels, fmt.Sprintf("station %c", 'A'+i))
	}
	index := make([][]int32, 3)
	var values []float64
	for a := range int32(36) {
		for b := range int32(12) {
			for c := range int32(3) {
				if stream.Float64() < 0.4 && !(b == 3 && a > 20) {
					index[0], index[1], index[2] = append(index[0], a), append(index[1], b), append(index[2], c)
					values = append(values, stream.NormFloat64())
				}
			}
		}
	}
	observed, err := tensor.NewObserved(modes, index, values)
	if err != nil {
		t.Fatal(err)
	}
	p := &Page{
		Source: "/data/stations.csv", Output: "filled.csv", ValueName: "temperature", Unit: "°C", Observed: observed,
		Filled: 612,
		RMSE:   1.23, NRMSE: 0.31, Level: 0.9,
		Baselines: []Baseline{{"mean", 3.97, 1}, {"main effects", 2.1, 0.53}},
		Warnings:  []string{"station D has no known cell after 2002-09."},
		Settings:  []Setting{{"method", "posterior average over 300 samples"}, {"seed", "1"}},
		Seconds:   4.2, Command: "lacuna complete stations.csv -o filled.csv --report out.html", Version: "0.1",
	}
	for range 300 {
		truth := 9 + 4*stream.NormFloat64()
		p.HeldOut = append(p.HeldOut, HeldOut{truth, truth + 1.2*stream.NormFloat64(), 1.2})
	}
	p.CP, p.Emerged = tensor.NewCP(observed.Shape(), 4), map[int]float64{}
	for r := range 4 {
		p.Emerged[r] = math.Pow(10, float64(2+r))
		for n, factor := range p.CP.Factors {
			for i := range modes[n].Labels {
				factor[4*i+r] = math.Sin(float64(i*(r+1)+n)/2) - 0.3
			}
		}
	}
	p.CP = p.CP.Sorted()
	return p
}

func TestPageSaysEverythingByItself(t *testing.T) {
	page := HTML(example(t))
	if *keep != "" {
		if err := os.WriteFile(*keep, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		"stations.csv, filled", "± 1.23 °C", "612", "patterns explain", "station D has no known cell", "main effects",
		"An interval that promises to hold 90 % of the cells held", "Block 4", "emerged at flow time 100", "<svg",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"<script", "<link", "NaN", "src=", "@import", "url("} {
		if strings.Contains(page, never) {
			t.Errorf("the page contains %q", never)
		}
	}
	if strings.Count(page, "<svg") != 2+3+1+4*3 {
		t.Errorf("%d pictures, want a scatter plot, a calibration plot, three maps, the blocks and 12 factors",
			strings.Count(page, "<svg"))
	}
}

func TestPageWithoutHeldOutCells(t *testing.T) {
	p := example(t)
	p.HeldOut, p.RMSE, p.NRMSE, p.CP, p.Baselines = nil, math.NaN(), math.NaN(), nil, nil
	page := HTML(p)
	if !strings.Contains(page, "Too few cells were known") || strings.Contains(page, "NaN") || strings.Contains(page,
		"typical error") {
		t.Error("a page without held-out cells must say that the error is unknown")
	}
}

func TestNamesAreEscaped(t *testing.T) {
	p := example(t)
	p.Observed.Modes[1].Labels[0] = "<script>alert(1)</script>"
	p.Observed.Modes[0].Name = "<b>month"
	p.Source, p.Warnings = "<i>.csv", []string{"<u>"}
	page := HTML(p)
	for _, never := range []string{"<script>", "<b>month", "<i>.csv", "<u>"} {
		if strings.Contains(page, never) {
			t.Errorf("%s was not escaped", never)
		}
	}
}

func TestCoverageComesFromOtherCells(t *testing.T) {
	stream := rng.New(2, "coverage")
	draw := func(n int, spread float64) (cells []HeldOut) {
		for range n {
			cells = append(cells, HeldOut{Value: spread * stream.NormFloat64(), Stderr: 1})
		}
		return cells
	}
	for _, c := range crossCoverage(draw(4000, 3), []float64{0.5, 0.9}) {
		if math.Abs(c.Covered-c.Promised) > 0.03 {
			t.Errorf("interval of %v holds %v of cells drawn alike", c.Promised, c.Covered)
		}
	}
	if crossCoverage(draw(30, 1), []float64{0.9}) != nil {
		t.Error("30 cells are too few to check intervals")
	}
	if got := crossCoverage(make([]HeldOut, 100), []float64{0.9}); got != nil {
		t.Error("cells without a standard error were counted")
	}
}

func TestFacingKeepsTheProduct(t *testing.T) {
	factors := [][]float64{{-2, 1}, {3, -6, 0}, {-1, 0.5}}
	turned := facing(factors)
	for i := range factors[0] {
		for j := range factors[1] {
			for k := range factors[2] {
				want := factors[0][i] * factors[1][j] * factors[2][k]
				if got := turned[0][i] * turned[1][j] * turned[2][k]; math.Abs(got-want) > 1e-12 {
					t.Fatalf("cell %d,%d,%d: %v, want %v", i, j, k, got, want)
				}
			}
		}
	}
	if turned[0][0] != 1 || turned[1][1] != 1 {
		t.Errorf("largest entries are not 1: %v", turned)
	}
}

func TestNumbers(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1.2345: "1.23", 123.4: "123", -123456: "-123,456", 1e-7: "1.00 · 10⁻⁷", 4.2e12: "4.20 · 10¹²",
		math.Inf(1): "unbounded",
	} {
		if got := number(x); got != want {
			t.Errorf("%v: %q, want %q", x, got, want)
		}
	}
	if count(1234567) != "1,234,567" || count(999.0) != "999" {
		t.Error("thousands")
	}
}

func TestVerdictWorsensWithTheError(t *testing.T) {
	seen := map[string]bool{}
	for _, nrmse := range []float64{0.05, 0.2, 0.5, 0.8, 1.1} {
		first, _, _ := strings.Cut(verdict(nrmse, "filled"), ".")
		if seen[first] {
			t.Errorf("%v: %q was said of a smaller error", nrmse, first)
		}
		seen[first] = true
	}
	if got := comparison(0.6, []Baseline{{"mean", 1, 1}, {"main effects", 1, 0.5}}); !strings.Contains(got,
		"does better") {
		t.Errorf("a better baseline is not named: %q", got)
	}
}
