package model

import "lacuna/internal/kernel"

// Rest says which blocks hardly move during the next step: their direction is that of slot 0 all through it. A lane
// group of which every block is at rest is left out of Gradient but for slot 0, where its vectors v stay as they are,
// and in Move and RelativeSizes all its gradient slots stand for slot 0. Slot 0 must be evaluated at the current
// point, and no block of a lift may rest. nil lets none rest.
func (c *ChainsOf[T]) Rest(blocks []bool) {
	c.rests = blocks != nil
	if !c.rests {
		return
	}
	if c.resting == nil {
		c.resting = make([]bool, c.groups)
	}
	for g := range c.resting {
		c.resting[g] = true
		for _, rests := range blocks[g*kernel.Lanes : min(len(blocks), (g+1)*kernel.Lanes)] {
			c.resting[g] = c.resting[g] && rests
		}
	}
}

// skips reports whether the evaluation under way leaves group g out.
func (c *ChainsOf[T]) skips(g int) bool {
	return c.rests && c.resting[g] && c.call.into != &c.slots[0]
}

// atRest returns the terms as they apply to group g: at rest, all of them in slot 0.
func (c *ChainsOf[T]) atRest(one *[1]Term, g int, terms []Term) []Term {
	if !c.rests || !c.resting[g] {
		return terms
	}
	*one = [1]Term{{Slot: 0}}
	for _, t := range terms {
		if t.Slot < Stages {
			one[0].C += t.C
		}
	}
	return one[:]
}
