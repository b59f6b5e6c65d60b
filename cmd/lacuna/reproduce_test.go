package main

import (
	"testing"

	"lacuna/internal/reproduce"
)

// What the runs do not tell is not counted as what does not hold.
func TestVerdicts(t *testing.T) {
	entries := []reproduce.Entry{{Holds: true}, {Undecided: true}, {}, {Undecided: true, TooFew: true}}
	if got, want := verdicts(entries), "1 of 4 claims hold, 2 are not decided"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
