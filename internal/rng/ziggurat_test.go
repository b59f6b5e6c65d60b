package rng

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestTables compares the tables with those of math/rand/v2, by their sums.
func TestTables(t *testing.T) {
	for want, z := range map[string]ziggurat{
		"b4102fe95f6b493c5899a140dfc979773e45b0fc9472695123a0d56af65668c5": normal,
		"80201545a13c20058d75e3b17a7d41fdf288a291e4191149170e544a65609158": exponential,
	} {
		h := sha256.New()
		for _, table := range []any{z.inside, z.width, z.height} {
			if err := binary.Write(h, binary.LittleEndian, table); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
			t.Errorf("the tables of the density that ends at %v have the sum %s", z.end, got)
		}
	}
}

// TestDrawsAreThoseOfTheStandardLibrary compares a few million draws, the tails among them.
func TestDrawsAreThoseOfTheStandardLibrary(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the standard library fuses multiply–adds here")
	}
	var source rand.ChaCha8
	ours := New(1, "draws")
	state, err := ours.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := source.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	theirs := rand.New(&source)
	for k := range 3_000_000 {
		if got, want := ours.NormFloat64(), theirs.NormFloat64(); got != want {
			t.Fatalf("normal %d is %v instead of %v", k, got, want)
		}
		if got, want := ours.ExpFloat64(), theirs.ExpFloat64(); got != want {
			t.Fatalf("exponential %d is %v instead of %v", k, got, want)
		}
		if got, want := ours.Float64(), theirs.Float64(); got != want {
			t.Fatalf("uniform %d is %v instead of %v", k, got, want)
		}
	}
}
