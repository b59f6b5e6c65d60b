package sampler

import (
	"context"
	"os"
	"slices"
	"testing"

	"lacuna/internal/posterior"
)

// quick is a proof of seconds.
var quick = Options{DataSets: 16, Draws: 17, Thin: 4, Burn: 48, Chains: 480, Sweeps: 16, Seed: 1}

// byHalves are the cases whose latent variables are drawn by halves of the cells: a mistake in them shows half as fast.
var byHalves = []string{"student", "student-varied", "counts", "binomial", "bernoulli", "ordinal", "censored-student", "censored-counts"}

// withMore are the cases some of whose planted mistakes show in no fewer chains than 240.
var withMore = []string{"student", "censored", "censored-counts"}

// TestProof is the short version of the proof, a case at a time; with four to eight times as many chains where LACUNA_LONG is set, which a
// mistake in a parameter that is drawn every fifth sweep needs to show.
func TestProof(t *testing.T) {
	cases := Cases()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			o := quick
			o.Cases, o.Alpha, o.Chains = []Case{c}, 0.01/float64(len(cases)), 120
			long := os.Getenv("LACUNA_LONG") != ""
			switch {
			case long:
				o.Chains = 960
			case slices.Contains(withMore, c.Name):
				o.Chains = 240
			}
			if slices.Contains(byHalves, c.Name) && (long || c.Slow == 0) {
				o.Sweeps *= 2
			}
			r, err := Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			for _, what := range r.Cases[0].Failed {
				t.Errorf("%s: p < %.2g", what, r.Threshold)
			}
		})
	}
}

// TestEveryFamilyIsProved asks for a case of every family of noise that has a name; auto and by-label are choices among
// others, the latter through PerLabel, whose case is per-label.
func TestEveryFamilyIsProved(t *testing.T) {
	if !slices.ContainsFunc(Cases(), func(c Case) bool { return c.Name == "per-label" }) {
		t.Error("noises by label have no case")
	}
	choices := []string{"auto", posterior.ByLabel}
	for _, family := range posterior.Families() {
		if !slices.Contains(choices, family) && !slices.ContainsFunc(Cases(), func(c Case) bool { return c.Family == family }) {
			t.Errorf("family %s has no case", family)
		}
	}
}
