package model

import (
	"testing"

	"lacuna/loss"
	"lacuna/tensor"
)

// A group at rest moves along slot 0, however many stages there are; the others as if there were no rest.
func TestRestingGroupsMoveAlongSlotZero(t *testing.T) {
	data := someCells(t, tensor.Shape{4, 3, 5}, 0.7, 1)
	fresh := func() *Chains {
		c := chains(t, data, loss.Square, 19, []int{2, 0, 1}, 1)
		c.Gradient(0, nil)
		return c
	}
	terms := []Term{{Slot: 0, C: 0.25}, {Slot: 1, C: 0.5}}
	with, without, along := fresh(), fresh(), fresh()
	resting := make([]bool, 19)
	for r := 8; r < 19; r++ {
		resting[r] = r != 12 // of the groups 8–15 and 16–18 only the last is all at rest
	}
	with.Rest(resting)
	sizes, expected := make([]float64, 19), make([]float64, 19)
	for _, c := range []*Chains{with, without} {
		c.Gradient(1, []Term{{Slot: 0, C: 0.1}})
	}
	// v of the resting group stayed, so the losses and the other groups' gradients differ by that alone.
	for n, d := range data.Shape() {
		for i := range d {
			for r := 16; r < 19; r++ {
				if at := i*with.padded + r; with.v[n][at] != along.v[n][at] || with.v[n][at] == without.v[n][at] {
					t.Fatalf("mode %d entry %d block %d: v is %v, at slot 0 it was %v", n, i, r, with.v[n][at], along.v[n][at])
				}
			}
		}
	}
	with.RelativeSizes(sizes, terms)
	along.RelativeSizes(expected, []Term{{Slot: 0, C: 0.75}})
	for r := 16; r < 19; r++ {
		if sizes[r] != expected[r] {
			t.Errorf("block %d: size %v, expected %v", r, sizes[r], expected[r])
		}
	}
	with.Move(terms)
	along.Move([]Term{{Slot: 0, C: 0.75}})
	group := with.theta[2*with.groupSize:]
	for i, value := range along.theta[2*along.groupSize:] {
		if group[i] != value {
			t.Fatalf("parameter %d of the resting group: %v, expected %v", i, group[i], value)
		}
	}
	moved := false
	for i, value := range along.theta[:2*along.groupSize] {
		moved = moved || with.theta[i] != value
	}
	if !moved {
		t.Error("the other groups moved along slot 0 too")
	}
	// Without rest every group is evaluated again.
	with.Rest(nil)
	awake := with.Gradient(1, nil)
	if base := with.Gradient(0, nil); awake != base {
		t.Errorf("the loss in slot 1 is %v, in slot 0 %v", awake, base)
	}
}
