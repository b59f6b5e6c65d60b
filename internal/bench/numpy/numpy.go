// Package numpy draws the random numbers of NumPy's default generator, bit for bit, so that a benchmark that was
// defined in Python can be repeated: numpy.random.default_rng, a SeedSequence and a PCG64, and of its methods random,
// integers and permutation. All other random numbers come from package rng.
package numpy

import "math/bits"

// Generator is NumPy's Generator over PCG64 (M. E. O'Neill, 2014: XSL-RR 128/64). It is not safe for concurrent use.
type Generator struct {
	high, low       uint64 // state, modulo 2¹²⁸
	incHigh, incLow uint64
	half            uint32 // the upper half of a number whose lower half was used
	halved          bool
}

// New is numpy.random.default_rng(seed) with a list of whole numbers.
func New(seed ...uint64) *Generator {
	state := generate(mixed(words(seed)))
	g := &Generator{incHigh: state[2]<<1 | state[3]>>63, incLow: state[3]<<1 | 1}
	g.step()
	var carry uint64
	g.low, carry = bits.Add64(g.low, state[1], 0)
	g.high, _ = bits.Add64(g.high, state[0], carry)
	g.step()
	return g
}

// step is state ← state · multiplier + increment.
func (g *Generator) step() {
	const multiplierHigh, multiplierLow = 0x2360ed051fc65da4, 0x4385df649fccf645
	high, low := bits.Mul64(g.low, multiplierLow)
	high += g.high*multiplierLow + g.low*multiplierHigh
	var carry uint64
	g.low, carry = bits.Add64(low, g.incLow, 0)
	g.high, _ = bits.Add64(high, g.incHigh, carry)
}

func (g *Generator) uint64() uint64 {
	g.step()
	return bits.RotateLeft64(g.high^g.low, -int(g.high>>58))
}

// uint32 gives the lower half of a number, then its upper half, whatever is drawn in between.
func (g *Generator) uint32() uint32 {
	if g.halved {
		g.halved = false
		return g.half
	}
	x := g.uint64()
	g.half, g.halved = uint32(x>>32), true
	return uint32(x)
}

// Random is Generator.random(): uniform in [0, 1).
func (g *Generator) Random() float64 { return float64(g.uint64()>>11) * 0x1p-53 }

// Integers is Generator.integers(0, n), uniform in [0, n), for 1 ≤ n < 2³² (D. Lemire, 2019).
func (g *Generator) Integers(n uint32) uint32 {
	if n == 0 {
		panic("numpy: Integers: there is no whole number in [0, 0)")
	}
	if n == 1 {
		return 0 // NumPy draws nothing
	}
	product := uint64(g.uint32()) * uint64(n)
	for threshold := -n % n; uint32(product) < threshold; {
		product = uint64(g.uint32()) * uint64(n)
	}
	return uint32(product >> 32)
}

// Permutation is Generator.permutation(n): 0, …, n−1 in random order. Unlike integers, it cuts numbers to as many
// bits as are needed, until one is not too large.
func (g *Generator) Permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := n - 1; i > 0; i-- {
		mask := uint32(1)<<bits.Len(uint(i)) - 1
		k := g.uint32() & mask
		for k > uint32(i) {
			k = g.uint32() & mask
		}
		p[i], p[k] = p[k], p[i]
	}
	return p
}
