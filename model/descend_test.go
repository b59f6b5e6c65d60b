package model

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"lacuna/loss"
)

func TestDescendIsGradientAndMove(t *testing.T) {
	for _, p := range problems {
		t.Run(fmt.Sprint(p), func(t *testing.T) {
			o := someCells(t, p.shape, 0.6, 1)
			want := chains(t, o, loss.Square, 20, p.depths, 2)
			losses := []float64{want.Gradient(0, nil)}
			for _, h := range []float64{0.1, 0.02, 0.05} {
				want.Move([]Term{{0, h}})
				losses = append(losses, want.Gradient(0, nil))
			}
			for _, threads := range []int{1, 3} {
				got := chains(t, o, loss.Square, 20, p.depths, 2)
				got.threads = threads
				descended := []float64{got.Gradient(0, nil), got.Descend(0.1), got.Descend(0.02)}
				got.Settle()
				descended = append(descended, got.Descend(0.05))
				got.Settle()
				if !slices.Equal(descended, losses) {
					t.Errorf("losses on the way down are %v, with Gradient and Move %v", descended, losses)
				}
				if !bytes.Equal(got.State(), want.State()) {
					t.Error("the parameters differ from those of Gradient and Move")
				}
				if !slices.Equal(got.slots[0].x, want.slots[0].x) || !slices.Equal(got.slots[0].y, want.slots[0].y) {
					t.Error("the gradient after Settle differs from that of Gradient")
				}
			}
		})
	}
}

func TestDescendAllocatesNothing(t *testing.T) {
	o := someCells(t, []int{4, 5, 6}, 0.6, 1)
	c := chains(t, o, loss.Square, 20, []int{2, 0, 1}, 2)
	c.Gradient(0, nil)
	down := []Term{{0, 1e-3}}
	if n := testing.AllocsPerRun(5, func() {
		c.Descend(1e-3)
		c.Settle()
		c.Gradient(0, nil)
		c.Move(down)
	}); n != 0 {
		t.Errorf("%v allocations in a step", n)
	}
}
