package model

import (
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
)

// factorNorm2 returns ‖A_layer^{n,r}‖² for layer 1 … k_n, and ‖w_r^n‖² for layer k_n + 1.
func (c *ChainsOf[T]) factorNorm2(r, n, layer int) float64 {
	return c.norm2[r/kernel.Lanes*c.normSize+c.norm[n]+(layer-1)*kernel.Lanes+r%kernel.Lanes]
}

// FactorNorms2 returns the squared Frobenius norms of one chain: A_1 … A_{k_n}, then w.
func (c *ChainsOf[T]) FactorNorms2(r, n int) []float64 {
	norms := make([]float64, c.depths[n]+1)
	for i := range norms {
		norms[i] = c.factorNorm2(r, n, i+1)
	}
	return norms
}

// vectorNorm2 returns ‖v_r^n‖² as of the last gradient evaluation.
func (o *ObjectiveOf[T]) vectorNorm2(r, n int) float64 {
	var sum float64
	for i := range o.shape[n] {
		v := float64(o.v[n][i*o.padded+r])
		sum = math.FMA(v, v, sum)
	}
	return sum
}

// DeepNorms sets norms[r] = ‖⊗_n v_r^n‖ = Π_n ‖v_r^n‖ at the point of the last gradient evaluation.
func (o *ObjectiveOf[T]) DeepNorms(norms []float64) {
	for r := range norms {
		norms[r] = 1
		for n := range o.shape {
			norms[r] *= math.Sqrt(o.vectorNorm2(r, n))
		}
	}
}

// ShallowNorms sets norms[r] = ‖⊗_n w_r^n‖ = Π_n ‖w_r^n‖ at the current point.
func (c *ChainsOf[T]) ShallowNorms(norms []float64) {
	for r := range norms {
		norms[r] = 1
		for n, k := range c.depths {
			norms[r] *= math.Sqrt(c.factorNorm2(r, n, k+1))
		}
	}
}

// EffectiveRank counts the norms above a threshold; the paper's threshold is 1.
func EffectiveRank(norms []float64, threshold float64) int {
	count := 0
	for _, norm := range norms {
		if norm > threshold {
			count++
		}
	}
	return count
}

// Unbalancedness returns ε of Definition 3.1, the maximum over r, n, m, i of |‖w_r^n‖² − ‖A_i^{m,r}‖²|; for a model
// with no matrices, the largest spread of ‖w_r^n‖² over the modes of one block.
func (c *ChainsOf[T]) Unbalancedness() float64 {
	var worst float64
	for r := range c.blocks {
		vectors, matrices := newSpan(), newSpan()
		for n, k := range c.depths {
			vectors.add(c.factorNorm2(r, n, k+1))
			for i := 1; i <= k; i++ {
				matrices.add(c.factorNorm2(r, n, i))
			}
		}
		if matrices.low > matrices.high {
			matrices = vectors
		}
		worst = math.Max(worst, math.Max(vectors.high-matrices.low, matrices.high-vectors.low))
	}
	return worst
}

// Imbalances appends to out, block by block, the quantities that Lemma 4.1 says are constant under the flow:
// ‖factor‖² − ‖w_r^1‖² for every other factor of the block.
func (c *ChainsOf[T]) Imbalances(out []float64) []float64 {
	for r := range c.blocks {
		reference := c.factorNorm2(r, 0, c.depths[0]+1)
		for n, k := range c.depths {
			for i := 1; i <= k+1; i++ {
				if n > 0 || i <= k {
					out = append(out, c.factorNorm2(r, n, i)-reference)
				}
			}
		}
	}
	return out
}

type span struct{ low, high float64 }

func newSpan() span { return span{math.Inf(1), math.Inf(-1)} }

func (s *span) add(x float64) {
	s.low, s.high = math.Min(s.low, x), math.Max(s.high, x)
}

// Stiffness sets out[r] to an upper bound of the largest eigenvalue of the Gauss–Newton curvature of block r in
// parameter space, in units of 1/time, at the point of the last evaluation:
//
//	Σ_n (Σ_{f in chain n} Π_{f'≠f} ‖f'‖²) · Π_{m≠n} ‖v^m‖² · max ℓ” / |Ω| .
//
// An explicit method is stable for a block while step × stiffness is small.
func (c *ChainsOf[T]) Stiffness(out []float64) {
	curvature := c.largestSecond()
	order := len(c.shape)
	gain, norm2 := make([]float64, order), make([]float64, order)
	for r := range out {
		for n, k := range c.depths {
			gain[n] = 0
			for f := 1; f <= k+1; f++ {
				others := 1.0
				for i := 1; i <= k+1; i++ {
					if i != f {
						others = float64(others * c.factorNorm2(r, n, i))
					}
				}
				gain[n] += others
			}
			norm2[n] = c.vectorNorm2(r, n)
		}
		out[r] = curvature * gainSum(gain, norm2)
	}
}

// Tighten replaces out[r], for the given blocks (ascending), by a closer bound than that of Stiffness, at the point
// that slot 0 was evaluated at. The gain of a chain is
//
//	‖x_1‖² + Σ_{i=2..k} ‖x_i‖² ‖A_1 … A_{i−1}‖² + ‖A_1 … A_k‖² ,   x_i = A_{i+1} … A_k w ,
//
// with the norms of the products themselves: a product of norms exceeds the norm of a product of k random d×d
// matrices by about d^(k−1). It costs Σ k_n d_n³ multiplications a block.
func (c *ChainsOf[T]) Tighten(out []float64, blocks []int) {
	const lanes = kernel.Lanes
	if slices.Max(c.depths) == 0 {
		return
	}
	t, order := &c.tight, len(c.shape)
	if t.live == nil {
		largest := 0 // of the products of two matrices or more
		for n, k := range c.depths {
			if k > 1 {
				largest = max(largest, c.shape[n])
			}
		}
		t.live, t.gains = make([]bool, c.groups), make([][lanes]float64, c.groups*order)
		t.products = make([]T, c.threads*2*largest*largest*lanes)
		t.gain, t.norm2 = make([]float64, order), make([]float64, order)
	}
	clear(t.live)
	for _, r := range blocks {
		t.live[r/lanes] = true
	}
	parallel.Workers(c.threads, c.groups, t.group)
	curvature := c.largestSecond()
	for _, r := range blocks {
		for n := range order {
			t.gain[n], t.norm2[n] = t.gains[r/lanes*order+n][r%lanes], c.vectorNorm2(r, n)
		}
		out[r] = math.Min(out[r], curvature*gainSum(t.gain, t.norm2))
	}
}

// tightening is the scratch memory of Tighten.
type tightening[T Float] struct {
	group       func(worker, g int)
	live        []bool                  // groups
	gains       [][kernel.Lanes]float64 // by group and mode
	products    []T                     // two matrices a thread
	gain, norm2 []float64               // by mode
}

func (c *ChainsOf[T]) tightenGroup(worker, g int) {
	t, order := &c.tight, len(c.shape)
	if !t.live[g] {
		return
	}
	half := len(t.products) / c.threads / 2
	scratch := [2][]T{t.products[2*worker*half:][:half], t.products[(2*worker+1)*half:][:half]}
	for n := range order {
		c.chainGains(&t.gains[g*order+n], &scratch, g, n)
	}
}

// chainGains sets gains to what Tighten says, for mode n of the eight blocks of a group.
func (c *ChainsOf[T]) chainGains(gains *[kernel.Lanes]float64, scratch *[2][]T, g, n int) {
	const lanes = kernel.Lanes
	d, k := c.shape[n], c.depths[n]
	x := c.slot(0).x[g*c.vectorSize+c.vector[n]:]
	norms := c.norm2[g*c.normSize+c.norm[n]:]
	matrices := c.theta[g*c.groupSize+c.offset[n]:]
	if k == 0 {
		all(gains, 1)
		return
	}
	var right [lanes]float64
	kernel.Norms2(gains, x[d*lanes:], d)
	product := matrices[:d*d*lanes]
	left := [lanes]float64(norms)
	for i := 2; i <= k+1; i++ {
		if i > 2 {
			next := scratch[i%2]
			for row := range d {
				kernel.MatTVec(next[row*d*lanes:][:d*lanes], matrices[(i-2)*d*d*lanes:], product[row*d*lanes:], d, d)
			}
			product = next
			kernel.Norms2(&left, product, d*d)
		}
		all(&right, 1)
		if i <= k {
			kernel.Norms2(&right, x[i*d*lanes:], d)
		}
		for r := range gains {
			gains[r] += float64(left[r] * right[r])
		}
	}
}

func gainSum(gain, norm2 []float64) float64 {
	var sum float64
	for n := range gain {
		product := gain[n]
		for m := range norm2 {
			if m != n {
				product = float64(product * norm2[m])
			}
		}
		sum += product
	}
	return sum
}

func (o *ObjectiveOf[T]) largestSecond() float64 {
	var worst float64
	for c, a := range o.observed.Values {
		_, _, second := o.loss.At(float64(o.prediction[c]), a)
		worst = math.Max(worst, second)
	}
	return 1 / float64(len(o.prediction)) * worst
}

// largest is the largest relative size of a move so far, squared, for the eight blocks of a group.
type largest struct {
	moves [kernel.Lanes]float64
	zeros [kernel.Lanes]float64 // largest size of a move of a factor of zero
	norms [kernel.Lanes]float64 // largest norm2 of a factor
}

// fromZero is the squared share of a block's largest factor that a factor of exactly zero is measured against: it would else
// move by infinitely much, however short the step.
const fromZero = 1e-6

// compare takes in moves of squared norm size of factors of squared norm norm2. A move of zero counts for nothing, even
// of a factor of zero.
func (l *largest) compare(size *[kernel.Lanes]float64, norm2 []float64) {
	for r, value := range size {
		l.norms[r] = math.Max(l.norms[r], norm2[r])
		switch {
		case value > 0 && norm2[r] == 0:
			l.zeros[r] = math.Max(l.zeros[r], value)
		case value > 0 || math.IsNaN(value):
			l.moves[r] = math.Max(l.moves[r], value/norm2[r])
		}
	}
}

// roots sets the part of out that belongs to group g, as far as there are blocks.
func (l *largest) roots(out []float64, g int) {
	for r, value := range l.moves[:min(kernel.Lanes, len(out)-g*kernel.Lanes)] {
		if l.zeros[r] > 0 {
			value = math.Max(value, l.zeros[r]/(fromZero*l.norms[r]))
		}
		out[g*kernel.Lanes+r] = math.Sqrt(value)
	}
}

// directionNorms2 sets x and y to the squared norms of the vectors of the direction in gradient slot j, for factor i of
// mode n (k_n is w, for which x is 1).
func (c *ChainsOf[T]) directionNorms2(x, y *[kernel.Lanes]float64, j, g, n, i int) {
	const lanes = kernel.Lanes
	s, d, at := &c.slots[j], c.shape[n], g*c.vectorSize+c.vector[n]
	kernel.Norms2(y, s.y[at+i*d*lanes:], d)
	all(x, 1)
	if i < c.depths[n] {
		kernel.Norms2(x, s.x[at+(i+1)*d*lanes:], d)
	}
}

// Norm2 returns the squared Euclidean norm of the direction in gradient slot j over all parameters.
func (c *ChainsOf[T]) Norm2(j int) float64 {
	const lanes = kernel.Lanes
	var total float64
	var x, y [lanes]float64
	for g := range c.groups {
		for n, k := range c.depths {
			for i := range k + 1 {
				c.directionNorms2(&x, &y, j, g, n, i)
				for r := range min(lanes, c.blocks-g*lanes) {
					total = math.FMA(x[r], y[r], total)
				}
			}
		}
	}
	return total
}

// Norm2 returns the squared Euclidean norm of the direction in slot j over all vectors.
func (b *Balanced) Norm2(j int) float64 { return linalg.Norm2(b.slots[j]) }

// Rates sets out[r] to the largest ‖dfactor/dt‖ / ‖factor‖ over the factors of block r, in 1/time, for the direction in
// gradient slot 0; 0 for a block of zeros.
func (c *ChainsOf[T]) Rates(out []float64) {
	const lanes = kernel.Lanes
	var x, y [lanes]float64
	for g := range c.groups {
		var worst largest
		for n, k := range c.depths {
			for i := range k + 1 {
				c.directionNorms2(&x, &y, 0, g, n, i)
				for r := range x {
					x[r] *= y[r]
				}
				worst.compare(&x, c.norm2[g*c.normSize+c.norm[n]+i*lanes:])
			}
		}
		worst.roots(out, g)
	}
}

// Rates sets out[r] to the largest ‖dv^n/dt‖ / ‖v^n‖ over the modes of block r, in 1/time, for the direction in slot 0.
func (b *Balanced) Rates(out []float64) {
	const lanes = kernel.Lanes
	for g := range b.groups() {
		var worst largest
		var size [lanes]float64
		for n, d := range b.shape {
			laneNorms2(&size, b.slots[0][b.start[n]*b.padded+g*lanes:], d, b.padded)
			worst.compare(&size, b.norm2[n*b.padded+g*lanes:])
		}
		worst.roots(out, g)
	}
}

// Factors returns Σ_n (k_n + 1), the number of factors whose product is a block.
func (c *ChainsOf[T]) Factors() float64 {
	count := 0.0
	for _, k := range c.depths {
		count += float64(k + 1)
	}
	return count
}

// Factors returns Σ_n L_n.
func (b *Balanced) Factors() float64 {
	count := 0.0
	for _, length := range b.lengths {
		count += length
	}
	return count
}
