package experiment

import (
	"encoding/json"
	"testing"
)

// The identities are those of the program before this package was made: studies that lie on disk go on under them.
func TestIdentitiesStay(t *testing.T) {
	for want, s := range map[string]Settings{
		"c4ae251f40ce884b": {},
		"7eebe454de71045c": {Balanced: true, Depth: Depths{0.5}},
		"e3276d5609d846d6": {DType: "float32", Depth: Depths{1}},
		"7324f6797c2ad76d": {DType: "float64", Depth: Depths{1}},
		"d281cd165abb8f89": {HoldOut: 0.1, Seed: 7},
		"a646f634ca4e2c2e": {MaskColumn: "u1", Data: "meteo-uk", Observed: 0.05},
		"19b8196d4ea89ba1": {Integrator: "gd", Rate: 0.5, Depth: Depths{1, 2, 3, 0}, Trajectory: "blocks"},
		"81e579180fc36867": {
			Data: "/a/b.csv", DataSum: "abc", Standardise: "global", Loss: "huber", Runaway: 3, Evaluations: 2000,
			TrainMSE: 1e-12,
			Start:    "diagonal", Diagonal: 2,
		},
		"6751f6a0ca8034f5": {
			Shape: "6x6x6", Rank: 2, Noise: 0.1, Mask: 3, FlowTime: 1e20, GradientNorm: 1e-9, Patience: 9, HoldOut: 0.2,
			Threshold: 0.5, Points: 20, Trajectory: "all",
		},
	} {
		if got := s.ID(); got != want {
			s.Normalise()
			text, err := json.Marshal(s)
			t.Errorf("identity %s, want %s: %s %v", got, want, text, err)
		}
	}
}

// A model named in words is the model that Balanced and DType choose.
func TestModelByName(t *testing.T) {
	for _, pair := range [][2]Settings{
		{{Model: "balanced", Depth: Depths{0.5}}, {Balanced: true, Depth: Depths{0.5}}},
		{{Model: "chains32"}, {DType: "float32"}},
		{{Model: "chains", DType: "float64"}, {}},
	} {
		if pair[0].ID() != pair[1].ID() {
			t.Errorf("%+v is another run than %+v", pair[0], pair[1])
		}
	}
	for _, s := range []Settings{
		{Model: "ring"}, {Model: "chains", Balanced: true}, {Model: "balanced", DType: "float32"},
	} {
		s.Normalise()
		if s.Check() == nil {
			t.Errorf("no error for %+v", s)
		}
	}
}
