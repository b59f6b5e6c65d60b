package model

import (
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

// Descend moves θ to θ − h ∇L(θ) and returns L there, as Move along slot 0 and then Gradient(0, nil) would, with the
// same bits. Slot 0 holds the negative gradient at θ: from Gradient(0, nil), or from the Descend before.
//
// It reads and writes the parameters once. A visit to a lane group carries the gradient back through its chains, moves
// them, and multiplies them for the next evaluation, while they are in cache. So the gradient at the new θ is known in
// v-space only: call Settle before anything but Descend uses slot 0.
func (c *ChainsOf[T]) Descend(h float64) float64 {
	c.rate = h
	c.call.into = c.slot(0)
	if c.ahead == nil {
		largest := slices.Max(c.shape)
		c.ahead = make([]T, c.threads*2*largest*kernel.Lanes)
	}
	parallel.Workers(c.threads, c.groups, c.descendGroup)
	c.pending = true
	return c.evaluate()
}

func (c *ChainsOf[T]) descend(worker, g int) {
	const lanes = kernel.Lanes
	if c.pending {
		c.backward(g, nil)
	}
	theta, norms, slot := c.theta[g*c.groupSize:], c.norm2[g*c.normSize:], c.call.into
	half := len(c.ahead) / c.threads / 2
	next, spare := c.ahead[2*worker*half:][:half], c.ahead[(2*worker+1)*half:][:half]
	ahead := c.groupSize // the next lane group, which this thread is likely to visit next
	var s [lanes]T
	for n, d := range c.shape {
		k, at := c.depths[n], g*c.vectorSize+c.vector[n]
		x := func(i int) []T { return slot.x[at+i*d*lanes:][:d*lanes] }
		y := func(i int) []T { return slot.y[at+i*d*lanes:][:d*lanes] }
		norm2 := func(i int) *[lanes]float64 { return (*[lanes]float64)(norms[c.norm[n]+i*lanes:]) }
		w := theta[c.offset[n]+k*d*d*lanes:][:d*lanes]
		kernel.AxpyNorm2(w, norm2(k), all(&s, T(c.rate)), y(k), d)
		z := w
		for i := k; i >= 1; i-- {
			// The old x_i is a factor of the gradient of A_i; the new one, z, takes its place after that.
			matrix, outer := theta[c.offset[n]+(i-1)*d*d*lanes:], kernel.Outer[T]{C: T(c.rate), Y: y(i - 1), X: x(i)}
			kernel.AddOuterMatVec(matrix, norm2(i-1), next, outer, z, d, d, ahead)
			copy(x(i), z)
			z, next, spare = next, spare, next
		}
		copy(x(0), z)
		kernel.CopyLanes(c.v[n][g*lanes:], z, d, c.padded, lanes)
	}
}

// Settle completes slot 0 after Descend or Sample: then it is the negative gradient at θ.
func (c *ChainsOf[T]) Settle() {
	if c.unnormed {
		c.unnormed = false
		parallel.For(c.threads, c.groups, c.renormGroup)
	}
	if !c.pending {
		return
	}
	c.pending = false
	c.call.into = c.slot(0)
	parallel.For(c.threads, c.groups, c.settleGroup)
}

func (c *ChainsOf[T]) settle(g int) { c.backward(g, nil) }
