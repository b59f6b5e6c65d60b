package experiment

import (
	"context"
	"strings"
	"testing"
)

// A network is a parametrisation like the others, with singular values in place of blocks, and refuses what has no meaning
// without blocks.
func TestNetworks(t *testing.T) {
	for _, name := range []string{"tucker", "tt", "ht"} {
		s := Settings{Model: name, Bond: 3, Depth: Depths{0}, SigmaW: 0.1, TrainMSE: 1e-8, Trajectory: "all", Seed: 1}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		run, err := New(s, cells(1))
		if err != nil {
			t.Fatal(err)
		}
		run.Layers = true
		if result := run.Follow(context.Background(), nil); result.Status != "converged" {
			t.Errorf("%s: %s", name, result.Status)
		}
		first, last := run.Path.Records[0], run.Path.Last()
		if len(last.Deep) != run.Model.Blocks() || last.Shallow != nil || run.Phantoms() != 0 {
			t.Errorf("%s: %+v", name, last)
		}
		if !(first.Epsilon > 0) || !(last.Epsilon < 10*first.Epsilon) {
			t.Errorf("%s: unbalancedness from %v to %v", name, first.Epsilon, last.Epsilon)
		}
		for _, u := range run.Model.(Unfolded).Unfoldings() {
			for l := u.From; l < u.To; l++ {
				if (last.Deep[l] > 1e-2) != (l < u.From+2) {
					t.Errorf("%s, %s: singular values %v of a tensor of rank 2", name, u.Name, last.Deep[u.From:u.To])
					break
				}
			}
		}
		for key, change := range map[string]func(*Settings){
			"blocks": func(s *Settings) { s.Blocks = 8 }, "diagonal": func(s *Settings) { s.Diagonal = 1 },
			"start": func(s *Settings) { s.Start = "kaiming" }, "measure": func(s *Settings) { s.Measure = MeasureEnergy },
			"bond": func(s *Settings) { s.Bond = -1 },
		} {
			changed := s
			change(&changed)
			if err := changed.Check(); err == nil || !strings.Contains(err.Error(), key) {
				t.Errorf("%s with another %s: %v", name, key, err)
			}
		}
	}
	if (&Settings{Bond: 3}).Check() == nil {
		t.Error("chains take no bond")
	}
}
