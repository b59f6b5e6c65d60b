package experiment

import (
	"context"
	"math"
	"reflect"
	"testing"

	"lacuna/internal/synthetic"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

func cells(seed uint64) Cells {
	full := synthetic.Tensor(tensor.Shape{6, 6, 6}, 2, 0, seed)
	observed, rest := synthetic.Thin(full, 0.8, seed)
	return Cells{Train: observed, Test: rest}
}

// doubled is a parametrisation that package model does not know: balanced chains that begin twice as large.
type doubled struct{ *model.Balanced }

func (d doubled) Draw(config model.StartConfig) error {
	err := d.Balanced.Draw(config)
	for r := range d.Blocks() {
		vectors := d.Vectors(r)
		for _, v := range vectors {
			for i := range v {
				v[i] *= 2
			}
		}
		d.SetVectors(r, vectors)
	}
	return err
}

func init() {
	Register("doubled", func(train *tensor.Observed, l loss.Loss, s Settings) (Model, error) {
		balanced, err := model.NewBalanced(train, l, model.BalancedConfig{Blocks: s.Blocks, Depths: s.Depth})
		return doubled{balanced}, err
	})
}

// A parametrisation is one function and one line: named, checked and run like the others, with an identity of its own.
func TestParametrisationOfOnesOwn(t *testing.T) {
	s := Settings{Model: "doubled", Blocks: 16, Depth: Depths{0.5}, Seed: 1}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.ID() == (Settings{Balanced: true, Blocks: 16, Depth: Depths{0.5}, Seed: 1}).ID() {
		t.Error("the identity does not tell the parametrisations apart")
	}
	emerged := map[string]float64{}
	for _, name := range []string{"doubled", "balanced"} {
		s.Model = name
		run, err := New(s, cells(1))
		if err != nil {
			t.Fatal(err)
		}
		result := run.Follow(context.Background(), nil)
		if end := run.Outcome(); result.Status != "converged" || end.Rank != 2 || !(end.TestMSE < 1e-10) {
			t.Errorf("%s: %s, %+v", name, result.Status, end)
		}
		emerged[name] = result.EmergenceTimes()[0]
	}
	if !(emerged["doubled"] < emerged["balanced"]) {
		t.Errorf("first emergences at %v: a larger start emerges earlier", emerged)
	}
}

func TestNameTakenTwice(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Register("chains", nil)
}

// What is kept of the way does not change it, and the outcome of a run with held-out cells is its best record.
func TestOutcome(t *testing.T) {
	c := cells(2)
	noisy := synthetic.Tensor(tensor.Shape{6, 6, 6}, 2, 0.5, 2)
	c.Train, c.HeldOut = synthetic.Thin(noisy, 0.7, 2)
	s := Settings{Blocks: 16, Depth: Depths{1}, Seed: 1, Patience: 20}
	var ends []Record
	for _, kept := range []string{"none", "all"} {
		s.Trajectory = kept
		run, err := New(s, c)
		if err != nil {
			t.Fatal(err)
		}
		watched := 0
		run.Follow(context.Background(), func(*Record) { watched++ })
		end := run.Outcome()
		end.Wall = 0
		ends = append(ends, end)
		if kept == "none" {
			if watched == 0 || len(run.Path.Records) != 0 {
				t.Errorf("%d records seen, %d kept", watched, len(run.Path.Records))
			}
			continue
		}
		least := math.Inf(1)
		for _, r := range run.Path.Records {
			least = math.Min(least, r.HeldOut)
		}
		if last := run.Path.Last(); end.HeldOut != least || last.HeldOut == least {
			t.Errorf("outcome %v, least error %v, last %v", end.HeldOut, least, last.HeldOut)
		}
	}
	ends[0].Epsilon, ends[1].Epsilon = 0, 0
	ends[0].Edge, ends[1].Edge = 0, 0
	if !reflect.DeepEqual(ends[0], ends[1]) {
		t.Errorf("without a trajectory %+v, with one %+v", ends[0], ends[1])
	}
}

// Every flag sets a setting of its own and has a help text; every key of a study is one setting.
func TestFlags(t *testing.T) {
	var s Settings
	names, values := map[string]bool{}, map[any]bool{}
	for _, f := range s.Flags() {
		if names[f.Name] || values[f.Value] || f.Help == "" {
			t.Errorf("flag %q: name or setting twice, or no help", f.Name)
		}
		names[f.Name], values[f.Value] = true, true
	}
	keys := map[string]bool{}
	for _, k := range Keys() {
		if keys[k.Name] || k.Saved != k.Name && keys[k.Saved] {
			t.Errorf("key %q twice", k.Name)
		}
		keys[k.Name], keys[k.Saved] = true, true
	}
	for _, name := range []string{"integrator", "method", "hold_out", "hold_back", "balanced", "model"} {
		if !keys[name] {
			t.Errorf("no key %q", name)
		}
	}
}

func TestPatternsAreChecked(t *testing.T) {
	for _, good := range []Settings{{Pattern: Anywhere}, {Pattern: Halves}, {Pattern: Halves, Bridges: 4}} {
		if err := good.Check(); err != nil {
			t.Errorf("%+v: %v", good, err)
		}
	}
	for _, bad := range []Settings{
		{Pattern: "thirds"},
		{Bridges: 4},
		{Pattern: Halves, Bridges: -1},
		{Pattern: Halves, MaskColumn: "u"},
	} {
		if bad.Check() == nil {
			t.Errorf("pattern %q with %d bridges and mask column %q is taken", bad.Pattern, bad.Bridges, bad.MaskColumn)
		}
	}
	if (Settings{Pattern: Anywhere}).ID() != (Settings{}).ID() {
		t.Error("the default pattern has an identity of its own")
	}
}
