package model

import (
	"bytes"
	"math"
	"testing"

	"lacuna/loss"
	"lacuna/tensor"
)

func TestStateRoundTrip(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		c := chains(t, o, loss.Square, 11, p.depths, 5)
		terms := stages(c, []int{1, 9})
		c.Move(terms)
		twin := chains(t, o, loss.Square, 11, p.depths, 99)
		if err := twin.SetState(c.State()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(twin.State(), c.State()) {
			t.Error("State after SetState differs")
		}
		// What a step decides by must be the same bits too, not the parameters alone.
		for i, value := range c.norm2 {
			if math.Float64bits(value) != math.Float64bits(twin.norm2[i]) {
				t.Fatalf("squared norm %d is %v, restored %v", i, value, twin.norm2[i])
			}
		}
		if c.Gradient(0, nil) != twin.Gradient(0, nil) {
			t.Error("the restored model has another loss")
		}

		depths := []float64{0.5}
		b, other := balanced(t, o, loss.Square, 11, depths, 5), balanced(t, o, loss.Square, 11, depths, 99)
		b.Move(stages(b, []int{1, 9}))
		if err := other.SetState(b.State()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(other.State(), b.State()) || b.Gradient(0, nil) != other.Gradient(0, nil) {
			t.Error("balanced: State after SetState differs")
		}
		for i, value := range b.norm2 {
			if value != other.norm2[i] {
				t.Fatalf("balanced: squared norm %d is %v, restored %v", i, value, other.norm2[i])
			}
		}
	}
}

func TestSetStateRefusesAnotherModel(t *testing.T) {
	shape := tensor.Shape{4, 3, 3}
	o := someCells(t, shape, 0.6, 1)
	c := chains(t, o, loss.Square, 5, []int{1}, 5)
	state := c.State()
	turned := someCells(t, tensor.Shape{3, 4, 3}, 0.6, 1)
	for name, other := range map[string]*Chains{
		"more blocks in the same lane group": chains(t, o, loss.Square, 8, []int{1}, 6),
		"more blocks":                        chains(t, o, loss.Square, 9, []int{1}, 6),
		"another depth":                      chains(t, o, loss.Square, 5, []int{2}, 6),
		"depths in another order":            chains(t, o, loss.Square, 5, []int{1, 0, 2}, 6),
		"modes in another order":             chains(t, turned, loss.Square, 5, []int{1}, 6),
	} {
		before := other.State()
		if err := other.SetState(state); err == nil {
			t.Errorf("%s: the state was accepted", name)
		}
		if !bytes.Equal(before, other.State()) {
			t.Errorf("%s: a refused state changed the model", name)
		}
	}
	for _, damaged := range [][]byte{nil, state[:len(state)-1], append(bytes.Clone(state), 0)} {
		if err := c.SetState(damaged); err == nil {
			t.Error("a state of another length was accepted")
		}
	}
	b := balanced(t, o, loss.Square, 5, []float64{1}, 5)
	if err := b.SetState(chains(t, o, loss.Square, 5, []int{0}, 5).State()); err == nil {
		t.Error("a state of explicit chains was accepted by the balanced model")
	}
	if err := b.SetState(balanced(t, o, loss.Square, 5, []float64{1.5}, 5).State()); err == nil {
		t.Error("a state of another fractional depth was accepted")
	}
}
