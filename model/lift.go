package model

import (
	"math"

	"lacuna/internal/kernel"
)

// Linearise returns the linearisation at the current point, at which slot 0 must just have been evaluated.
func (c *ChainsOf[T]) Linearise(active []int) Linearisation {
	l := &c.lin
	l.c = c
	l.linearise(c.ObjectiveOf, active)
	l.live = append(l.live[:0], make([]bool, c.groups)...)
	for _, r := range active {
		l.live[r/kernel.Lanes] = true
	}
	return l
}

// linearisedChains is the Linearisation of chains.
type linearisedChains[T Float] struct {
	linearised[T]
	c      *ChainsOf[T]
	live   []bool    // parameter groups that hold an active block
	gram   []float64 // of chainGram
	buffer []T       // of scratch
}

// DampSlot multiplies the direction of the a-th active block in gradient slot j by factors[a].
func (l *linearisedChains[T]) DampSlot(j int, factors []float64) {
	c := l.c
	const lanes = kernel.Lanes
	y := c.slots[j].y
	for a, r := range l.active {
		if factors[a] == 1 {
			continue
		}
		at := r/lanes*c.vectorSize + r%lanes
		for i := 0; i < c.vectorSize; i += lanes {
			y[at+i] *= T(factors[a])
		}
	}
}

// Project sets b = Jᵥ Σ terms, the change of the active blocks' vectors v to first order:
// δv = Σ_i Y_{i−1} δA_i x_i + Y_k δw with Y_i = A_1 … A_i.
func (l *linearisedChains[T]) Project(b []float64, terms []Term) {
	c := l.c
	const lanes = kernel.Lanes
	var s [lanes]T
	base := c.slot(0)
	clear(b)
	for g, live := range l.live {
		if !live {
			continue
		}
		theta := c.theta[g*c.groupSize:]
		for n, d := range c.shape {
			k, at := c.depths[n], g*c.vectorSize+c.vector[n]
			sum, next := l.scratch(d * lanes)
			clear(sum)
			for i := k; i >= 0; i-- {
				if i < k {
					kernel.MatVec(next, theta[c.offset[n]+i*d*d*lanes:], sum, d, d)
					sum, next = next, sum
				}
				for _, t := range terms {
					dir := &c.slots[t.Slot]
					if !dir.applies(g) {
						continue
					}
					if i == k {
						all(&s, T(t.C))
					} else {
						kernel.Dot(&s, dir.x[at+(i+1)*d*lanes:], base.x[at+(i+1)*d*lanes:], d)
						for r := range s {
							s[r] *= T(t.C)
						}
					}
					kernel.Axpy(sum, &s, dir.y[at+i*d*lanes:], d)
				}
			}
			for a, r := range l.active {
				if r/lanes == g {
					for i := range d {
						b[l.at(a, l.start[n]+i)] = float64(sum[i*lanes+r%lanes])
					}
				}
			}
		}
	}
}

// scratch returns two buffers of n numbers.
func (l *linearisedChains[T]) scratch(n int) (a, b []T) {
	if len(l.buffer) < 2*n {
		l.buffer = make([]T, 2*n)
	}
	return l.buffer[:n:n], l.buffer[n : 2*n]
}

// SetLift sets lift slot j to Jᵥᵀ omega (damped), a direction that moves the active blocks only.
func (l *linearisedChains[T]) SetLift(j int, omega []float64) {
	c := l.c
	const lanes = kernel.Lanes
	s := c.slot(Lift(j))
	copy(s.live, l.live)
	for g, live := range l.live {
		if !live {
			continue
		}
		for n, d := range c.shape {
			clear(s.y[g*c.vectorSize+c.vector[n]:][:d*lanes])
		}
	}
	for a, r := range l.active {
		for n, d := range c.shape {
			y := s.y[r/lanes*c.vectorSize+c.vector[n]:]
			for i := range d {
				y[i*lanes+r%lanes] = T(l.damping(a) * omega[l.at(a, l.start[n]+i)])
			}
		}
	}
	for g, live := range l.live {
		if !live {
			continue
		}
		for n, d := range c.shape {
			at := g*c.vectorSize + c.vector[n]
			for i := 1; i <= c.depths[n]; i++ {
				matrix := c.theta[g*c.groupSize+c.offset[n]+(i-1)*d*d*lanes:]
				kernel.MatTVec(s.y[at+i*d*lanes:][:d*lanes], matrix, s.y[at+(i-1)*d*lanes:], d, d)
			}
		}
	}
}

// TimesGram sets the given rows of out (Dim×Dim) to those of h K (damped). K = JᵥJᵥᵀ is block diagonal: for every
// active block and mode the d_n×d_n matrix
//
//	K = Σ_{i=1..k} ‖x_i‖² Y_{i−1} Y_{i−1}ᵀ + Y_k Y_kᵀ ,   x_i = A_{i+1} … A_k w .
func (l *linearisedChains[T]) TimesGram(out, h []float64, rows []int) {
	l.timesBlocks(out, h, rows, l.gramBlocks())
}

// GramIsIdentity reports whether K is the identity: no matrices, no damping.
func (l *linearisedChains[T]) GramIsIdentity() bool {
	return maxDepth(l.c.depths) == 0 && l.undamped()
}

// GramScale sets out, a v-space vector, to ‖A_2 … A_k w‖² of each entry's chain (1 without matrices), damped: the
// part of K that is a multiple of the identity.
func (l *linearisedChains[T]) GramScale(out []float64) {
	c := l.c
	const lanes = kernel.Lanes
	clear(out)
	for a, r := range l.active {
		for n, d := range c.shape {
			scale := l.damping(a)
			if c.depths[n] > 0 {
				x := c.slot(0).x[r/lanes*c.vectorSize+c.vector[n]+d*lanes+r%lanes:]
				var norm2 float64
				for i := range d {
					norm2 = math.FMA(float64(x[i*lanes]), float64(x[i*lanes]), norm2)
				}
				scale *= norm2
			}
			for i := range d {
				out[l.at(a, l.start[n]+i)] = scale
			}
		}
	}
}

// gramBlocks returns K in lanes: entry (i, j) of mode n at ((a/8)·Σd² + start + i·d + j)·8 + a%8, modes one after
// another.
func (l *linearisedChains[T]) gramBlocks() []float64 {
	c := l.c
	size := 0
	for _, d := range c.shape {
		size += d * d
	}
	l.k = resize(l.k, l.groups*size*kernel.Lanes)
	clear(l.k)
	for a, r := range l.active {
		start := 0
		for n, d := range c.shape {
			out := l.k[(a/kernel.Lanes*size+start)*kernel.Lanes+a%kernel.Lanes:]
			for i, value := range l.chainGram(r, n) {
				out[i*kernel.Lanes] = l.damping(a) * value
			}
			start += d * d
		}
	}
	return l.k
}

// chainGram returns K of one chain, in memory that the next call uses again, by the recursion
//
//	S_k = I ,   S_{i−1} = A_i S_i A_iᵀ + ‖x_i‖² I ,   K = S_0 .
func (l *linearisedChains[T]) chainGram(r, n int) []float64 {
	c := l.c
	const lanes = kernel.Lanes
	d, k := c.shape[n], c.depths[n]
	l.gram = resize(l.gram, 3*d*d)
	s, product, a := l.gram[:d*d], l.gram[d*d:2*d*d], l.gram[2*d*d:]
	clear(s)
	for i := range d {
		s[i*d+i] = 1
	}
	x := c.slot(0).x[r/lanes*c.vectorSize+c.vector[n]:]
	for layer := k; layer >= 1; layer-- {
		c.copyMatrix(a, r, n, layer)
		for i := range d {
			row := product[i*d:][:d]
			clear(row)
			for j := range d {
				for q, value := range s[j*d:][:d] {
					row[q] += float64(a[i*d+j] * value)
				}
			}
		}
		var norm2 float64
		for i := range d {
			value := float64(x[(layer*d+i)*lanes+r%lanes])
			norm2 += float64(value * value)
		}
		for i := range d {
			for j := i; j < d; j++ {
				var sum float64
				for q, value := range product[i*d:][:d] {
					sum += float64(value * a[j*d+q])
				}
				s[i*d+j], s[j*d+i] = sum, sum
			}
			s[i*d+i] += norm2
		}
	}
	return s
}

// copyMatrix gathers A_layer^{n,r}, row-major.
func (c *ChainsOf[T]) copyMatrix(out []float64, r, n, layer int) {
	d := c.shape[n]
	from := c.theta[r/kernel.Lanes*c.groupSize+c.offset[n]+(layer-1)*d*d*kernel.Lanes+r%kernel.Lanes:]
	for i := range d * d {
		out[i] = float64(from[i*kernel.Lanes])
	}
}
