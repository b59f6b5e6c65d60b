package sampler

import (
	"context"
	"slices"
	"testing"

	"lacuna/internal/posterior"
)

// quick is a proof of seconds.
var quick = Options{DataSets: 30, Draws: 17, Thin: 8, Burn: 150, Chains: 480, Sweeps: 16, Seed: 1}

// TestProof is the short version of the proof, a case at a time.
func TestProof(t *testing.T) {
	cases := Cases()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			o := quick
			o.Cases, o.Alpha = []Case{c}, 0.01/float64(len(cases))
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

// TestEveryFamilyIsProved asks for a case of every family of noise that has a name; auto is a choice among others.
func TestEveryFamilyIsProved(t *testing.T) {
	for _, family := range posterior.Families() {
		if family != "auto" && !slices.ContainsFunc(Cases(), func(c Case) bool { return c.Family == family }) {
			t.Errorf("family %s has no case", family)
		}
	}
}
