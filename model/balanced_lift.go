package model

import (
	"math"
	"slices"

	"lacuna/internal/portable"
)

// Linearise returns the linearisation at the current point, at which slot 0 must just have been evaluated.
func (b *Balanced) Linearise(active []int) Linearisation {
	b.lin.b, b.lin.grams = b, &b.lin
	b.lin.linearise(b.Objective, active)
	return &b.lin
}

// linearisedBalanced is the Linearisation of collapsed chains: for every active chain K = ‖v‖^(2−2/L) (I + (L−1) v̂
// v̂ᵀ).
type linearisedBalanced struct {
	linearised[float64]
	b     *Balanced
	chain []float64 // of chainGram
}

// Project sets out to Σ terms on the active blocks.
func (l *linearisedBalanced) Project(out []float64, terms []Term) {
	b := l.b
	clear(out)
	for a, r := range l.active {
		for row := range l.width {
			var sum float64
			for _, t := range terms {
				sum = math.FMA(t.C, b.slots[t.Slot][row*b.padded+r], sum)
			}
			out[l.at(a, row)] = sum
		}
	}
}

// SetLift sets lift slot j to K omega on the active blocks.
func (l *linearisedBalanced) SetLift(j int, omega []float64) {
	b := l.b
	s := b.slot(Lift(j))
	clear(s)
	for a, r := range l.active {
		for n, d := range b.shape {
			gain, share := l.gram(a, n)
			along := 0.0
			for i := range d {
				p := l.at(a, l.start[n]+i)
				along = math.FMA(l.v[p], omega[p], along)
			}
			along *= share
			for i := range d {
				p := l.at(a, l.start[n]+i)
				s[(l.start[n]+i)*b.padded+r] = gain * math.FMA(along, l.v[p], omega[p])
			}
		}
	}
}

// DampSlot multiplies the direction of the a-th active block in slot j by factors[a].
func (l *linearisedBalanced) DampSlot(j int, factors []float64) {
	for a, r := range l.active {
		for row := range l.width {
			l.b.slots[j][row*l.b.padded+r] *= factors[a]
		}
	}
}

// gram returns the damped gain ‖v‖^(2−2/L) of one chain and share = (L−1)/‖v‖²: K = gain (I + share v vᵀ).
func (l *linearisedBalanced) gram(a, n int) (gain, share float64) {
	var norm2 float64
	for i := range l.b.shape[n] {
		v := l.v[l.at(a, l.start[n]+i)]
		norm2 = math.FMA(v, v, norm2)
	}
	length := l.b.lengths[n]
	if norm2 > 0 {
		share = (length - 1) / norm2
	}
	return l.damping(a) * portable.Pow(norm2, 1-1/length), share
}

// GramIsIdentity reports whether K is the identity: no depth, no damping.
func (l *linearisedBalanced) GramIsIdentity() bool {
	return slices.Max(l.b.lengths) == 1 && l.undamped()
}

// chainScale returns ‖v‖^(2−2/L), damped.
func (l *linearisedBalanced) chainScale(a, n int) float64 {
	gain, _ := l.gram(a, n)
	return gain
}

func (l *linearisedBalanced) chainGram(a, n int) []float64 {
	d := l.b.shape[n]
	l.chain = resize(l.chain, d*d)
	gain, share := l.gram(a, n)
	for i := range d {
		for j := range d {
			value := float64(share * l.v[l.at(a, l.start[n]+i)] * l.v[l.at(a, l.start[n]+j)])
			if i == j {
				value++
			}
			l.chain[i*d+j] = gain * value
		}
	}
	return l.chain
}
