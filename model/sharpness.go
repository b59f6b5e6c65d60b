package model

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
)

// Sharpness returns the largest eigenvalues of the Hessian of L by the parameters θ at the point of the last
// evaluation, in falling order, a multiple one as often as it counts: at most count, fewer where there are no more. Their relative error is below tolerance,
// of those below a thousandth of the largest relative to that thousandth. Descent at the rate η is stable while the
// first is below 2/η.
//
// Blocks whose part of the Hessian cannot show in that error are left out. With S a bound of the Gauss–Newton part of
// those left out and N one of the rest of theirs, which couples no two blocks, no eigenvalue λ ≥ 2(N+S) moves by more
// than λ₁ S / (λ − N − S). An error means that Lanczos' method did not converge.
func (c *ChainsOf[T]) Sharpness(count int, tolerance float64) ([]float64, error) {
	gauss, rest := make([]float64, c.blocks), c.residualCurvature()
	c.Stiffness(gauss)
	order := make([]int, c.blocks)
	for r := range order {
		order[r] = r
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(gauss[b], gauss[a]) })
	// The first guess keeps what is above a share of the largest that squares to less than the tolerance.
	taken := 0
	for _, r := range order {
		if gauss[r] > 1e-8*tolerance*gauss[order[0]] {
			taken++
		}
	}
	for {
		taken = min(c.blocks, (max(taken, 1)+kernel.Lanes-1)/kernel.Lanes*kernel.Lanes)
		active := slices.Clone(order[:taken])
		slices.Sort(active)
		h := c.hessian(active)
		stream := rng.New(0, "sharpness")
		steps := min(h.v.groups*h.size, max(300, 8*count))
		values, err := linalg.Lanczos(h.multiply, func() []float64 { return h.start(stream) }, count, tolerance/4, steps, c.threads)
		if err != nil || taken == c.blocks {
			return values, err
		}
		var s, n float64
		for _, r := range order[taken:] {
			s += gauss[r]
			n = math.Max(n, rest[r])
		}
		if len(values) == count {
			least := math.Max(values[count-1], 1e-3*values[0])
			if values[count-1] >= 2*(n+s) && values[0]*s <= tolerance/2*least*(values[count-1]-n-s) {
				return values, nil
			}
		}
		taken *= 4
	}
}

// residualCurvature bounds, block by block, the norm of the part of the Hessian by θ that comes from ∂L/∂W, with F
// factors of product P, the two smallest of which have norms f and f':
//
//	(F − 1) ‖∂L/∂W‖ P / (f f') .
func (c *ChainsOf[T]) residualCurvature() []float64 {
	first, _ := c.derivatives(nil, nil)
	force := linalg.Norm(first)
	out := make([]float64, c.blocks)
	for r := range out {
		var norms []float64
		for n, k := range c.depths {
			for i := 1; i <= k+1; i++ {
				norms = append(norms, math.Sqrt(c.factorNorm2(r, n, i)))
			}
		}
		slices.Sort(norms)
		out[r] = force * float64(len(norms)-1)
		for _, norm := range norms[min(2, len(norms)):] {
			out[r] = float64(out[r] * norm)
		}
	}
	return out
}

// hessian multiplies by the Hessian of L by the parameters of some blocks. It has nothing outside the span of a x̂ᵀ and
// ŷ bᵀ in a matrix A_i, with the unit vectors x̂ of x_i = A_{i+1} … A_k w and ŷ of y_{i−1} = (A_1 … A_{i−1})ᵀ ∂L/∂v, so
// that a vector is, by lane group and mode, a and b ⊥ x̂ of A_1 … A_k, and then that of w.
type hessian struct {
	v     *linearised[float64]
	size  int   // of a lane group
	first []int // of mode n in it
	// chains are by group and mode.
	chains  []chain
	pairs   [][]float64 // by group, the Hessian by v that no two blocks share (pairsOf); nil: HessianVec has it
	vector  []float64   // v-space
	product []float64
	scratch []hessianScratch // by thread

	out, p        []float64 // of multiply
	forward, onto func(worker, g int)
}

// chain is a matrix chain of a lane group at the point of the Hessian.
type chain struct {
	d, k   int
	a      []float64 // matrices A_1 … A_k
	x, y   []float64 // x_0 … x_k, y_0 … y_k
	nx, ny []float64 // their norms, eight numbers a vector
	dx     []float64 // of x, in a product
}

// hessianScratch belongs to one thread.
type hessianScratch struct {
	buffers [2][]float64 // a vector of a mode
	sums    []float64    // of all modes
}

func (c *ChainsOf[T]) hessian(active []int) *hessian {
	const lanes = kernel.Lanes
	v := &linearised[float64]{}
	v.linearise(c.doubled(), active)
	h := &hessian{v: v}
	h.forward, h.onto = h.forwardGroup, h.ontoGroup
	largest := 0
	for n, d := range c.shape {
		h.first = append(h.first, h.size)
		h.size += (2*c.depths[n] + 1) * d * lanes
		largest = max(largest, d)
	}
	for range c.threads {
		s := hessianScratch{sums: make([]float64, v.width*lanes)}
		for i := range s.buffers {
			s.buffers[i] = make([]float64, largest*lanes)
		}
		h.scratch = append(h.scratch, s)
	}
	h.vector, h.product = make([]float64, v.Dim()), make([]float64, v.Dim())
	p := v.activePlan()
	v.unpack(p.v, v.v)
	p.plan.Gradient(p.g, v.first, p.v)
	gradient := make([]float64, v.Dim())
	for n := range c.shape {
		v.accumulate(gradient, p.g, n)
	}
	h.chains = make([]chain, v.groups*len(c.shape))
	parallel.For(c.threads, v.groups, func(g int) {
		members := active[g*lanes : min(len(active), (g+1)*lanes)]
		for n, d := range c.shape {
			h.chains[g*len(c.shape)+n] = c.chainOf(members, n, gradient[(g*v.width+v.start[n])*lanes:][:d*lanes])
		}
	})
	h.pairs = v.pairsOf()
	return h
}

// chainOf is the chain of mode n of at most eight blocks, whose gradient by v is given.
func (c *ChainsOf[T]) chainOf(members []int, n int, gradient []float64) chain {
	const lanes = kernel.Lanes
	d, k := c.shape[n], c.depths[n]
	numbers := func(n int) []float64 { return make([]float64, n*lanes) }
	h := chain{
		d: d, k: k, a: numbers(k * d * d), x: numbers((k + 1) * d), y: numbers((k + 1) * d),
		nx: numbers(k + 1), ny: numbers(k + 1), dx: numbers((k + 1) * d),
	}
	for lane, r := range members {
		from := c.theta[r/lanes*c.groupSize+c.offset[n]+r%lanes:]
		for i := range k * d * d {
			h.a[i*lanes+lane] = float64(from[i*lanes])
		}
		for i := range d {
			h.x[(k*d+i)*lanes+lane] = float64(from[(k*d*d+i)*lanes])
		}
	}
	for i := k; i >= 1; i-- {
		kernel.MatVec(h.x[(i-1)*d*lanes:][:d*lanes], h.a[(i-1)*d*d*lanes:], h.x[i*d*lanes:], d, d)
	}
	copy(h.y, gradient)
	for i := 1; i <= k; i++ {
		kernel.MatTVec(h.y[i*d*lanes:][:d*lanes], h.a[(i-1)*d*d*lanes:], h.y[(i-1)*d*lanes:], d, d)
	}
	for i := range k + 1 {
		for _, pair := range [][2][]float64{{h.nx, h.x}, {h.ny, h.y}} {
			norms := pair[0][i*lanes:][:lanes]
			kernel.Norms2((*[lanes]float64)(norms), pair[1][i*d*lanes:], d)
			for r, norm2 := range norms {
				norms[r] = math.Sqrt(norm2)
			}
		}
	}
	return h
}

// doubled is the objective in float64, as far as a linearisation needs it.
func (o *ObjectiveOf[T]) doubled() *ObjectiveOf[float64] {
	if same, ok := any(o).(*ObjectiveOf[float64]); ok {
		return same
	}
	double := func(from []T) []float64 {
		to := make([]float64, len(from))
		for i, x := range from {
			to[i] = float64(x)
		}
		return to
	}
	d := &ObjectiveOf[float64]{
		observed: o.observed, loss: o.loss, shape: o.shape, blocks: o.blocks, padded: o.padded, threads: o.threads,
		prediction: double(o.prediction),
	}
	for _, v := range o.v {
		d.v = append(d.v, double(v))
	}
	return d
}

// start is a random vector that multiply's range contains a part of: b is zero.
func (h *hessian) start(stream *rng.Stream) []float64 {
	const lanes = kernel.Lanes
	out := make([]float64, h.v.groups*h.size)
	for g := range h.v.groups {
		live := min(lanes, len(h.v.active)-g*lanes)
		for n, first := range h.first {
			part, d := out[g*h.size+first:], h.chains[n].d
			for i := range 2*h.chains[n].k + 1 {
				if i%2 == 1 {
					continue
				}
				for j := range d {
					for r := range live {
						part[(i*d+j)*lanes+r] = stream.NormFloat64()
					}
				}
			}
		}
	}
	return out
}

// multiply sets out = H p.
func (h *hessian) multiply(out, p []float64) {
	h.out, h.p = out, p
	parallel.Workers(len(h.scratch), h.v.groups, h.forward)
	if h.pairs != nil {
		h.v.gaussVec(h.product, h.vector)
	} else {
		h.v.HessianVec(h.product, h.vector)
	}
	parallel.Workers(len(h.scratch), h.v.groups, h.onto)
}

// forwardGroup sets the vector in v-space of a lane group.
func (h *hessian) forwardGroup(_, g int) {
	const lanes = kernel.Lanes
	for n, first := range h.first {
		c := &h.chains[g*len(h.first)+n]
		part, d := h.p[g*h.size+first:], c.d
		copy(c.dx[c.k*d*lanes:], part[2*c.k*d*lanes:][:d*lanes])
		for i := c.k; i >= 1; i-- {
			to := c.dx[(i-1)*d*lanes:][:d*lanes]
			kernel.MatVec(to, c.a[(i-1)*d*d*lanes:], c.dx[i*d*lanes:], d, d)
			kernel.Axpy(to, (*[lanes]float64)(c.nx[i*lanes:]), part[2*(i-1)*d*lanes:], d)
		}
		copy(h.vector[(g*h.v.width+h.v.start[n])*lanes:], c.dx[:d*lanes])
	}
}

// ontoGroup carries the product in v-space to the parameters of a lane group.
func (h *hessian) ontoGroup(worker, g int) {
	const lanes = kernel.Lanes
	scratch := &h.scratch[worker]
	product := h.product[g*h.v.width*lanes:][:h.v.width*lanes]
	if h.pairs != nil {
		h.v.addPairs(product, h.pairs[g], h.vector[g*h.v.width*lanes:], scratch.sums)
	}
	var s, t [lanes]float64
	for n, first := range h.first {
		c := &h.chains[g*len(h.first)+n]
		part, to, d := h.p[g*h.size+first:], h.out[g*h.size+first:], c.d
		dy, next := scratch.buffers[0][:d*lanes], scratch.buffers[1][:d*lanes]
		copy(dy, product[h.v.start[n]*lanes:])
		for i := 1; i <= c.k; i++ {
			a, b := part[2*(i-1)*d*lanes:][:d*lanes], part[(2*i-1)*d*lanes:][:d*lanes]
			outA, outB := to[2*(i-1)*d*lanes:][:d*lanes], to[(2*i-1)*d*lanes:][:d*lanes]
			x, before := c.x[i*d*lanes:][:d*lanes], c.y[(i-1)*d*lanes:][:d*lanes]
			norm, force := (*[lanes]float64)(c.nx[i*lanes:]), (*[lanes]float64)(c.ny[(i-1)*lanes:])
			// The change of the gradient is dy xᵀ + y dxᵀ.
			kernel.Dot(&s, c.dx[i*d*lanes:], x, d)
			for r := range s {
				s[r] = over(s[r], norm[r])
			}
			clear(outA)
			kernel.Axpy(outA, norm, dy, d)
			kernel.Axpy(outA, &s, before, d)
			for r := range s {
				s[r] = -over(s[r], norm[r]) * force[r]
			}
			clear(outB)
			kernel.Axpy(outB, force, c.dx[i*d*lanes:], d)
			kernel.Axpy(outB, &s, x, d)
			// dy_i = A_iᵀ dy_{i−1} + dA_iᵀ y_{i−1}.
			kernel.MatTVec(next, c.a[(i-1)*d*d*lanes:], dy, d, d)
			// What rounding puts into b along x̂ is left out, so that the product stays symmetric.
			kernel.Dot(&t, a, before, d)
			kernel.Dot(&s, b, x, d)
			for r := range t {
				t[r] = over(t[r]-float64(over(s[r], norm[r])*force[r]), norm[r])
			}
			kernel.Axpy(next, &t, x, d)
			kernel.Axpy(next, force, b, d)
			dy, next = next, dy
		}
		copy(to[2*c.k*d*lanes:][:d*lanes], dy)
	}
}

// over is x/y, and 0 where y is 0.
func over(x, y float64) float64 {
	if y == 0 {
		return 0
	}
	return x / y
}
