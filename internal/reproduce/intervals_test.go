package reproduce

import (
	"math"
	"strings"
	"testing"

	"lacuna/dataset"
	"lacuna/experiment"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/study"
	"lacuna/tensor"
)

func TestIntervals(t *testing.T) {
	// Wilson 1927 for 10 of 20, by hand: 0.5 ± 0.2007.
	if low, high := shareInterval(10, 20); math.Abs(float64(low)-0.2993) > 1e-4 || math.Abs(float64(high)-0.7007) > 1e-4 {
		t.Errorf("%v … %v", low, high)
	}
	if low, high := shareInterval(0, 20); low != 0 || math.Abs(float64(high)-0.1611) > 1e-4 {
		t.Errorf("%v … %v", low, high)
	}
	// For ten values the second and the ninth: 2·P(B ≤ 1) = 22/1024 = 2.1 %, the third would leave 10.9 %.
	ten := []float64{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}
	if low, high := medianInterval(ten); low != 2 || high != 9 {
		t.Errorf("%v … %v", low, high)
	}
	if low, high := medianInterval(ten[:6]); low != 5 || high != 10 {
		t.Errorf("%v … %v", low, high)
	}
	if low, _ := medianInterval(ten[:5]); low == low {
		t.Errorf("five values have an interval from %v", low)
	}
}

// The balanced chain has the tensor of the vectors, and every rule a rate that the sharpness of that chain allows.
func TestBalancedChain(t *testing.T) {
	shape := tensor.Shape{3, 4}
	full := dataset.Synthetic(shape, 1, 0, 2)
	factors := dataset.SyntheticFactors(shape, 1, 2)
	vectors := make([][]float64, 2)
	for n := range vectors {
		for _, row := range factors[n] {
			vectors[n] = append(vectors[n], row[0])
		}
	}
	for k := range 3 {
		c, err := model.NewChains(full, loss.Square, model.Config{Blocks: 1, Depths: []int{k}})
		if err != nil {
			t.Fatal(err)
		}
		c.SetBlock(0, balancedChain(vectors, k))
		if value := c.Gradient(0, nil); value > 1e-25 || c.Unbalancedness() > 1e-12 {
			t.Errorf("depth %d: loss %v, unbalancedness %v", k, value, c.Unbalancedness())
		}
	}
}

func TestRules(t *testing.T) {
	if _, err := rulesOf("sophia"); err == nil {
		t.Error("no error for an unknown rule")
	}
	if all, err := rulesOf("all"); err != nil || len(all) != len(Rules()) {
		t.Errorf("%d rules, %v", len(all), err)
	}
	if got := ratesOf([]study.Settings{
		{Integrator: "gd", Rate: 0.5}, {Integrator: "gd", Rate: 0.1, Depth: study.Depths{1}}, {Integrator: "gd", Rate: 0.5}, {},
	}); got != "Rates: 0.5 at depth 0; 0.1 at depth 1." {
		t.Errorf("%q", got)
	}
	rates := map[string]float64{}
	for _, r := range rules {
		w := &work{Options: Options{Data: &study.Data{}}, rule: r, sharp: map[string]float64{}, solved: map[string][][][]float64{}}
		for _, k := range []int{0, 2} {
			s := synthetic(k, 0.2, starts(k)[0], 1)
			if err := w.adapt(&s); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(); err != nil {
				t.Errorf("%s: %v", r.name, err)
			}
			if (s.SigmaIs == experiment.Variance) != (r.name != "flow") {
				t.Errorf("%s: sigma is %q", r.name, s.SigmaIs)
			}
			rates[r.name+string(rune('0'+k))] = float64(s.Rate)
		}
	}
	if !(rates["edge0"] > 1.5*rates["descent0"] && rates["descent0"] > 1.5*rates["descent2"] && rates["flow0"] == 0) {
		t.Errorf("rates %v", rates)
	}
}

// A verdict, for or against, takes enough runs whose end is known, and intervals that do not overlap.
func TestVerdictsTakeRunsAndIntervals(t *testing.T) {
	judge := func(many int, ranks ...int) map[string]string {
		var runs []study.Run
		for depth, rank := range ranks {
			for i := range many {
				runs = append(runs, fake(depth, "converged", rank+i*rank/many, 1))
			}
		}
		w := &work{rule: rules[0], section: &Section{Item: "fig4"}}
		claimRanks(w, runs)
		verdicts := map[string]string{}
		for _, e := range w.section.Entries {
			if e.TooFew && (!e.Undecided || e.Holds || e.Why == "") {
				t.Errorf("%+v", e)
			}
			if strings.Contains(e.Claim, "median effective rank; lower") || *e.Depth == 0 {
				verdicts[string(rune('0'+*e.Depth))] = e.verdict()
			}
		}
		return verdicts
	}
	for _, c := range []struct {
		many            int
		ranks           []int
		shallow, deeper string
	}{
		{enough - 1, []int{300, 5}, tooFew, tooFew},
		{60, []int{300, 5}, "yes", "yes"},
		{60, []int{4, 300}, "no", "no"},
		{60, []int{300, 300}, "yes", open},
		{60, []int{300, 900}, "yes", "no"},
		{60, []int{300, 290}, "yes", open},
	} {
		if v := judge(c.many, c.ranks...); v["0"] != c.shallow || v["1"] != c.deeper {
			t.Errorf("%d runs of ranks %v: %v", c.many, c.ranks, v)
		}
	}
}
