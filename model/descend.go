package model

import "lacuna/internal/parallel"

// Descend moves θ to θ − h ∇L(θ) and returns L there, as Move along slot 0 and then Gradient(0, nil) would, with the same
// bits. Slot 0 holds the negative gradient at θ: from Gradient(0, nil), or from the Descend before.
//
// It reads and writes the parameters once. A visit to a lane group carries the gradient back through its chains, moves
// them, and multiplies them for the next evaluation, while they are in cache. So the gradient at the new θ is known in
// v-space only: call Settle before anything but Descend uses slot 0.
func (c *Chains) Descend(h float64) float64 {
	c.rate[0] = Term{Slot: 0, C: h}
	c.call.into = c.slot(0)
	parallel.For(c.threads, c.groups, c.descendGroup)
	c.pending = true
	return c.evaluate()
}

func (c *Chains) descend(g int) {
	if c.pending {
		c.backward(g, nil)
	}
	c.move(g, c.rate[:])
	c.forward(g, nil)
}

// Settle completes slot 0 after Descend: then it is the negative gradient at θ.
func (c *Chains) Settle() {
	if !c.pending {
		return
	}
	c.pending = false
	c.call.into = c.slot(0)
	parallel.For(c.threads, c.groups, c.settleGroup)
}

func (c *Chains) settle(g int) { c.backward(g, nil) }
