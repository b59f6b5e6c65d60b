package model

import (
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/portable"
)

// Linearise returns the linearisation at the current point, at which slot 0 must just have been evaluated.
func (b *Balanced) Linearise(active []int) Linearisation {
	b.lin.b = b
	b.lin.linearise(b.Objective, active)
	return &b.lin
}

// linearisedBalanced is the Linearisation of collapsed chains: for every active chain K = ‖v‖^(2−2/L) (I + (L−1) v̂
// v̂ᵀ).
type linearisedBalanced struct {
	linearised[float64]
	b *Balanced
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

// TimesGram sets the given rows of out (Dim×Dim) to those of h K (damped).
func (l *linearisedBalanced) TimesGram(out, h []float64, rows []int) {
	l.timesBlocks(out, h, rows, l.gramBlocks())
}

// GramIsIdentity reports whether K is the identity: no depth, no damping.
func (l *linearisedBalanced) GramIsIdentity() bool {
	return slices.Max(l.b.lengths) == 1 && l.undamped()
}

// GramScale sets out, a v-space vector, to ‖v‖^(2−2/L) of each entry's chain, damped.
func (l *linearisedBalanced) GramScale(out []float64) {
	clear(out)
	for a := range l.active {
		for n, d := range l.b.shape {
			gain, _ := l.gram(a, n)
			for i := range d {
				out[l.at(a, l.start[n]+i)] = gain
			}
		}
	}
}

// gramBlocks returns K in lanes, as linearisedChains does.
func (l *linearisedBalanced) gramBlocks() []float64 {
	size := 0
	for _, d := range l.b.shape {
		size += d * d
	}
	l.k = resize(l.k, l.groups*size*kernel.Lanes)
	clear(l.k)
	for a := range l.active {
		start := 0
		for n, d := range l.b.shape {
			gain, share := l.gram(a, n)
			for i := range d {
				for j := range d {
					value := float64(share * l.v[l.at(a, l.start[n]+i)] * l.v[l.at(a, l.start[n]+j)])
					if i == j {
						value++
					}
					l.k[(a/kernel.Lanes*size+start+i*d+j)*kernel.Lanes+a%kernel.Lanes] = gain * value
				}
			}
			start += d * d
		}
	}
	return l.k
}
