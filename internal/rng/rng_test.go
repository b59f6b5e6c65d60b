package rng

import "testing"

func TestStreamsAreNamedAndResumable(t *testing.T) {
	a, b, again := New(7, "start"), New(7, "split"), New(7, "start")
	first := a.Uint64()
	if first == b.Uint64() {
		t.Error("two names gave the same number")
	}
	if first != again.Uint64() {
		t.Error("one name gave two numbers")
	}
	if New(8, "start").Uint64() == first {
		t.Error("two seeds gave the same number")
	}
	state, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var resumed Stream
	if err := resumed.UnmarshalBinary(state); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if a.NormFloat64() != resumed.NormFloat64() {
			t.Fatal("a resumed stream went its own way")
		}
	}
}
