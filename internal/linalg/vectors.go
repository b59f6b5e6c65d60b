package linalg

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

const (
	chunk = 4096 // numbers of a vector that stay in the first cache
	slab  = 16   // vectors in one piece of memory
)

// vectors are vectors of one length, a multiple of the lanes, that are worked on chunk by chunk: sums over a vector are
// those of its chunks, added in order, and so the same for any number of threads.
type vectors struct {
	threads int
	n       int // numbers in a vector
	count   int
	slabs   [][]float64
	parts   []float64 // what a chunk has of every dot product
	s       []float64
}

// reset leaves no vectors, and the next are of n numbers.
func (v *vectors) reset(n int) {
	if v.n != n {
		v.slabs = nil
	}
	v.n, v.count = n, 0
}

func (v *vectors) at(i int) []float64 { return v.slabs[i/slab][i%slab*v.n:][:v.n] }

// next makes room for one more vector and returns it.
func (v *vectors) next() []float64 {
	if v.count == slab*len(v.slabs) {
		v.slabs = append(v.slabs, make([]float64, slab*v.n))
	}
	v.count++
	return v.at(v.count - 1)
}

func (v *vectors) add(x []float64) { copy(v.next(), x) }

func (v *vectors) chunks() int { return (v.n + chunk - 1) / chunk }

// each calls body for the bounds of every chunk.
func (v *vectors) each(body func(i, first, end int)) {
	parallel.For(v.threads, v.chunks(), func(i int) { body(i, i*chunk, min((i+1)*chunk, v.n)) })
}

// dot returns ⟨x, y⟩.
func (v *vectors) dot(x, y []float64) float64 {
	v.parts = grown(v.parts, v.chunks())
	v.each(func(i, first, end int) { v.parts[i] = DotLanes(x[first:end], y[first:end]) })
	var sum float64
	for _, part := range v.parts {
		sum += part
	}
	return sum
}

// norm returns ‖x‖.
func (v *vectors) norm(x []float64) float64 { return math.Sqrt(v.dot(x, x)) }

// axpy sets y += c·x.
func (v *vectors) axpy(y []float64, c float64, x []float64) {
	v.each(func(_, first, end int) { axpyLanes(y[first:end], c, x[first:end]) })
}

// clear takes out of w what it has of the vectors, which are orthonormal.
func (v *vectors) clear(w []float64) {
	if v.count == 0 {
		return
	}
	v.parts, v.s = grown(v.parts, v.chunks()*v.count), grown(v.s, v.count)
	v.each(func(i, first, end int) {
		for j := range v.count {
			v.parts[i*v.count+j] = DotLanes(w[first:end], v.at(j)[first:end])
		}
	})
	clear(v.s)
	for at, part := range v.parts {
		v.s[at%v.count] += part
	}
	v.each(func(_, first, end int) {
		for j, s := range v.s {
			axpyLanes(w[first:end], -s, v.at(j)[first:end])
		}
	})
}

// addSums adds count vectors that are sums of those of basis, the i-th with shares[i*basis.count:], which change sign.
func (v *vectors) addSums(basis *vectors, shares []float64, count int) {
	if v.count == 0 {
		v.reset(basis.n)
	}
	m, had := basis.count, v.count
	Scale(shares, -1)
	for range count {
		clear(v.next())
	}
	v.each(func(_, first, end int) {
		for at := had; at < v.count; at += slab - at%slab {
			rows := min(slab-at%slab, v.count-at)
			for j := 0; j < m; j += slab {
				kernel.GemmSub(v.slabs[at/slab][at%slab*v.n+first:], shares[(at-had)*m+j:], basis.slabs[j/slab][first:],
					rows, end-first, min(slab, m-j), v.n, m, v.n)
			}
		}
	})
}

// grown returns n numbers of any value, in the memory of s where they fit.
func grown(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, n+n/4)
	}
	return s[:n]
}

func axpyLanes(y []float64, c float64, x []float64) {
	var s [lanes]float64
	for r := range s {
		s[r] = c
	}
	kernel.Axpy(y, &s, x, len(x)/lanes)
}
