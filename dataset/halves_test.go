package dataset

import (
	"testing"

	"lacuna/tensor"
)

func TestHalvesAreJoinedByBridgesAlone(t *testing.T) {
	full := Synthetic(tensor.Shape{6, 5, 4}, 1, 0, 1)
	for _, bridges := range []int{0, 3} {
		observed, rest, err := Halves(full, 0.2, bridges, 1)
		if err != nil {
			t.Fatal(err)
		}
		if observed.Len() != 24 || observed.Len()+rest.Len() != full.Len() {
			t.Fatalf("%d and %d cells of %d, want 24 observed", observed.Len(), rest.Len(), full.Len())
		}
		across := 0
		for c := range observed.Values {
			a, b, d := observed.Index[0][c] < 3, observed.Index[1][c] < 3, observed.Index[2][c] < 2
			if a != b || b != d {
				across++
			}
		}
		if across != bridges {
			t.Errorf("%d cells join the halves, want %d", across, bridges)
		}
	}
	for _, bad := range []struct {
		share   float64
		bridges int
	}{{0.9, 0}, {0.2, -1}, {0.2, 25}} {
		if _, _, err := Halves(full, bad.share, bad.bridges, 1); err == nil {
			t.Errorf("share %v with %d bridges is taken", bad.share, bad.bridges)
		}
	}
}
