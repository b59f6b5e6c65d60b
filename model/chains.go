package model

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
	"lacuna/loss"
	"lacuna/tensor"
)

// Config is the shape of a deep CP model.
type Config struct {
	Blocks  int   // R ≥ 1; large on purpose, nobody chooses a rank
	Depths  []int // k_n ≥ 0 for every mode, or a single depth for all
	Threads int   // threads for one evaluation; 0 means 1
}

// byMode returns a depth for every mode: depths, or the one that is given for all, or 0.
func byMode[D int | float64](depths []D, order int) ([]D, error) {
	switch len(depths) {
	case 0:
		depths = make([]D, order)
	case 1:
		depths = slices.Repeat(depths, order)
	}
	if len(depths) != order {
		return nil, fmt.Errorf("model: %d depths for %d modes: give one depth, or one for every mode", len(depths), order)
	}
	for n, k := range depths {
		if x := float64(k); !(x >= 0) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("model: depth %v of mode %d must be finite and not negative", k, n+1)
		}
	}
	return depths, nil
}

// Chains is deep CP in float64.
type Chains = ChainsOf[float64]

// Chains32 is deep CP in float32, at half the memory: for exploration, because training errors end near the square of
// its rounding.
type Chains32 = ChainsOf[float32]

// ChainsOf is deep CP with every matrix and vector a free parameter (Eq. 2).
//
// Parameters are stored by lane groups of eight blocks; in a group, mode by mode, the matrices A_1 … A_k
// (row-major) and then w, the block index innermost: entry (a, b) of A_i^{n,r} is at
// group(r/8), offset[n] + ((i−1)d² + a·d + b)·8 + r%8. Blocks beyond R are padding and stay zero.
type ChainsOf[T Float] struct {
	*ObjectiveOf[T]
	depths []int
	groups int

	theta      []T
	groupSize  int   // parameters of a lane group
	offset     []int // start of mode n in a group
	vectorSize int   // numbers in the vectors x (or y) of a lane group
	vector     []int // start of mode n in them: layers 0 … k_n of d_n×8 each
	normSize   int   // squared norms of a lane group
	norm       []int // start of mode n in them: A_1 … A_k, w

	norm2 []float64 // squared Frobenius norms of the factors
	slots [2 * Stages]slot[T]

	forwardGroup, backwardGroup, moveGroup, sizeGroup, settleGroup func(g int)
	descendGroup, updateGroup                                      func(worker, g int)
	renormGroup                                                    func(g int)

	rate     float64        // of Descend
	rule     Rule           // of Update
	adam     kernel.Adam[T] // the constants of the rule, if it has two averages
	averages [2][]T         // m and s of Rule, laid out as theta
	pending  bool           // slot 0 is complete but for the layers beyond v
	unnormed bool           // norm2 is of before an Update
	ahead    []T            // two vectors a thread, of the next evaluation
	call     call[T]
	rests    bool   // by Rest: resting holds
	resting  []bool // by group
	tight    tightening[T]
	lin      linearisedChains[T]
}

// slot holds one direction: the vectors x_i^{n,r} and y_i^{n,r}, layer by layer. For A_i the direction is y_{i−1} x_iᵀ,
// for w it is y_k. A lift shares x with gradient slot 0 and is zero outside the live groups.
type slot[T Float] struct {
	x, y []T
	live []bool // for lifts, by group
}

// call is the argument of the group functions, kept here so that a step allocates nothing.
type call[T Float] struct {
	terms []Term
	into  *slot[T]
	sizes []float64
}

// NewChains makes a model with all parameters zero. It returns an error for a bad Config, or when the memory
// it needs is not there.
func NewChains(observed *tensor.Observed, l loss.Loss, config Config) (*Chains, error) {
	return NewChainsOf[float64](observed, l, config)
}

// AnyChains is deep chains in either type, a *Chains or a *Chains32. A package that names neither compiles the code of neither,
// which is most of this one's.
type AnyChains interface {
	Blocks() int
	Parameters() int
	Draw(config StartConfig) error
	Gradient(j int, terms []Term) float64
	Move(terms []Term)
	Norm2(j int) float64
	DeepNorms(norms []float64)
	ShallowNorms(norms []float64)
	ObservedEnergy(energy []float64)
	Unbalancedness() float64
	MSE() float64
	DataNorm() float64
	Elsewhere(cells *tensor.Observed) *Elsewhere
	CP(threshold float64) *tensor.CP
	State() []byte
	SetState(data []byte) error
	Descend(h float64) float64
	Remember(averages int) error
	Update(rule Rule)
	Sample(cells []int32, labels []float64) float64
}

// NewAnyChains is NewChains in the type that dtype names. It panics for another than those of DTypes.
func NewAnyChains(dtype DType, observed *tensor.Observed, l loss.Loss, config Config) (AnyChains, error) {
	switch dtype {
	case Float64:
		return anyChains(NewChainsOf[float64](observed, l, config))
	case Float32:
		return anyChains(NewChainsOf[float32](observed, l, config))
	}
	panic("model: NewAnyChains: no such type")
}

func anyChains[T Float](c *ChainsOf[T], err error) (AnyChains, error) {
	if err != nil {
		return nil, err
	}
	return c, nil
}

// NewChainsOf is NewChains in either type.
func NewChainsOf[T Float](observed *tensor.Observed, l loss.Loss, config Config) (*ChainsOf[T], error) {
	depths, err := byMode(config.Depths, observed.Order())
	if err != nil {
		return nil, err
	}
	if config.Blocks < 1 {
		return nil, fmt.Errorf("model: %d blocks, at least 1 is needed", config.Blocks)
	}
	if err := checkMemory[T](observed.Shape(), observed.Len(), depths, config.Blocks); err != nil {
		return nil, err
	}
	c := &ChainsOf[T]{ObjectiveOf: newObjective[T](observed, l, config.Blocks, max(1, config.Threads)), depths: depths}
	c.groups = c.padded / kernel.Lanes
	for n, d := range c.shape {
		c.offset = append(c.offset, c.groupSize)
		c.vector = append(c.vector, c.vectorSize)
		c.norm = append(c.norm, c.normSize)
		c.groupSize += (depths[n]*d*d + d) * kernel.Lanes
		c.vectorSize += (depths[n] + 1) * d * kernel.Lanes
		c.normSize += (depths[n] + 1) * kernel.Lanes
	}
	c.theta = make([]T, c.groups*c.groupSize)
	c.norm2 = make([]float64, c.groups*c.normSize)
	c.forwardGroup = func(g int) {
		if !c.skips(g) {
			c.forward(g, c.call.terms)
		}
	}
	c.backwardGroup = func(g int) {
		if !c.skips(g) {
			c.backward(g, c.call.terms)
		}
	}
	c.moveGroup = func(g int) { c.move(g, c.call.terms) }
	c.sizeGroup, c.descendGroup, c.settleGroup = c.size, c.descend, c.settle
	c.updateGroup, c.renormGroup = c.update, c.renorm
	c.tight.group = c.tightenGroup
	return c, nil
}

// Depths returns k_n for every mode.
func (c *ChainsOf[T]) Depths() []int { return c.depths }

// Parameters returns the number of parameters, Σ_n (k_n d_n² + d_n) · R.
func (c *ChainsOf[T]) Parameters() int {
	return c.groupSize / kernel.Lanes * c.blocks
}

func (c *ChainsOf[T]) slot(j int) *slot[T] {
	s := &c.slots[j]
	if s.y == nil {
		s.y = make([]T, c.groups*c.vectorSize)
		if j < Stages {
			s.x = make([]T, c.groups*c.vectorSize)
		} else {
			s.x = c.slot(0).x
			s.live = make([]bool, c.groups)
		}
	}
	return s
}

// Gradient sets slot j to −∇L at θ + Σ terms and returns L there. The terms may use any slot but j.
func (c *ChainsOf[T]) Gradient(j int, terms []Term) float64 {
	if j == 0 {
		c.pending = false
	}
	c.call.terms, c.call.into = terms, c.slot(j)
	parallel.For(c.threads, c.groups, c.forwardGroup)
	value := c.evaluate()
	parallel.For(c.threads, c.groups, c.backwardGroup)
	return value
}

// applies reports whether slot t has anything in group g.
func (s *slot[T]) applies(g int) bool { return s.live == nil || s.live[g] }

func (c *ChainsOf[T]) forward(g int, terms []Term) {
	const lanes = kernel.Lanes
	theta := c.theta[g*c.groupSize:]
	base := g * c.vectorSize
	into := c.call.into
	var s [lanes]T
	for n, d := range c.shape {
		k, at := c.depths[n], base+c.vector[n]
		w := theta[c.offset[n]+k*d*d*lanes:][:d*lanes]
		x := into.x[at+k*d*lanes:][:d*lanes]
		copy(x, w)
		for _, t := range terms {
			if dir := &c.slots[t.Slot]; dir.applies(g) {
				kernel.Axpy(x, all(&s, T(t.C)), dir.y[at+k*d*lanes:], d)
			}
		}
		for i := k; i >= 1; i-- {
			out := into.x[at+(i-1)*d*lanes:][:d*lanes]
			kernel.MatVec(out, theta[c.offset[n]+(i-1)*d*d*lanes:], x, d, d)
			for _, t := range terms {
				if dir := &c.slots[t.Slot]; dir.applies(g) {
					kernel.Dot(&s, dir.x[at+i*d*lanes:], x, d)
					for r := range s {
						s[r] *= T(t.C)
					}
					kernel.Axpy(out, &s, dir.y[at+(i-1)*d*lanes:], d)
				}
			}
			x = out
		}
		kernel.CopyLanes(c.v[n][g*lanes:], x, d, c.padded, lanes)
	}
}

func (c *ChainsOf[T]) backward(g int, terms []Term) {
	const lanes = kernel.Lanes
	theta := c.theta[g*c.groupSize:]
	base := g * c.vectorSize
	into := c.call.into
	var s [lanes]T
	c.ends(g, into)
	for n, d := range c.shape {
		at := base + c.vector[n]
		y := into.y[at:][:d*lanes]
		for i := 1; i <= c.depths[n]; i++ {
			out := into.y[at+i*d*lanes:][:d*lanes]
			kernel.MatTVec(out, theta[c.offset[n]+(i-1)*d*d*lanes:], y, d, d)
			for _, t := range terms {
				if dir := &c.slots[t.Slot]; dir.applies(g) {
					kernel.Dot(&s, dir.y[at+(i-1)*d*lanes:], y, d)
					for r := range s {
						s[r] *= T(t.C)
					}
					kernel.Axpy(out, &s, dir.x[at+i*d*lanes:], d)
				}
			}
			y = out
		}
	}
}

// ends sets y_0 = −∂L/∂v of a lane group, and makes ⟨v_r^n, y_0⟩ the same for all modes n of a block, which it is but
// for rounding: all equal −⟨∇L, block r⟩. After a plateau of length 1e15 that rounding would have moved norm between
// the modes of a grown block, against Lemma 4.1. Tensors of an order above 8 are left as they are.
func (c *ChainsOf[T]) ends(g int, into *slot[T]) {
	const lanes = kernel.Lanes
	base := g * c.vectorSize
	var mean [lanes]T
	var along, norm2 [8][lanes]T
	agree := len(c.shape) <= len(along)
	for n, d := range c.shape {
		at, m := base+c.vector[n], n%len(along)
		kernel.NegateDots(into.y[at:], &along[m], &norm2[m], c.g[n][g*lanes:], into.x[at:], d, c.padded)
		for r, value := range along[m] {
			mean[r] += value
		}
	}
	if !agree {
		return
	}
	for n, d := range c.shape {
		at := base + c.vector[n]
		for r, value := range norm2[n] {
			if value > 0 {
				norm2[n][r] = (mean[r]/T(len(c.shape)) - along[n][r]) / value
			}
		}
		kernel.Axpy(into.y[at:], &norm2[n], into.x[at:], d)
	}
}

// Move sets θ to θ + Σ terms. Directions evaluated before it keep their vectors, but lifts and curvature no
// longer belong to the current point.
func (c *ChainsOf[T]) Move(terms []Term) {
	c.call.terms = terms
	parallel.For(c.threads, c.groups, c.moveGroup)
}

// all sets every lane of s to x.
func all[T Float](s *[kernel.Lanes]T, x T) *[kernel.Lanes]T {
	for r := range s {
		s[r] = x
	}
	return s
}

func (c *ChainsOf[T]) outers(outers []kernel.Outer[T], terms []Term, g, at, i, d int) []kernel.Outer[T] {
	for _, t := range terms {
		if dir := &c.slots[t.Slot]; dir.applies(g) {
			outers = append(outers, kernel.Outer[T]{
				C: T(t.C), Y: dir.y[at+(i-1)*d*kernel.Lanes:], X: dir.x[at+i*d*kernel.Lanes:],
			})
		}
	}
	return outers
}

func (c *ChainsOf[T]) move(g int, terms []Term) {
	const lanes = kernel.Lanes
	var one [1]Term
	terms = c.atRest(&one, g, terms)
	theta := c.theta[g*c.groupSize:]
	norms := c.norm2[g*c.normSize:]
	var buffer [2 * Stages]kernel.Outer[T]
	var s [lanes]T
	for n, d := range c.shape {
		k, at := c.depths[n], g*c.vectorSize+c.vector[n]
		for i := 1; i <= k; i++ {
			norm2 := (*[lanes]float64)(norms[c.norm[n]+(i-1)*lanes:])
			kernel.AddOuters(theta[c.offset[n]+(i-1)*d*d*lanes:], norm2, c.outers(buffer[:0], terms, g, at, i, d), d, d)
		}
		w := theta[c.offset[n]+k*d*d*lanes:][:d*lanes]
		for _, t := range terms {
			if dir := &c.slots[t.Slot]; dir.applies(g) {
				kernel.Axpy(w, all(&s, T(t.C)), dir.y[at+k*d*lanes:], d)
			}
		}
		kernel.Norms2((*[lanes]float64)(norms[c.norm[n]+k*lanes:]), w, d)
	}
}

// RelativeSizes sets out[r] to the largest ‖Σ terms‖ / ‖factor‖ over all factors of block r (each matrix and each
// vector w, in Frobenius norm).
func (c *ChainsOf[T]) RelativeSizes(out []float64, terms []Term) {
	c.call.terms, c.call.sizes = terms, out
	parallel.For(c.threads, c.groups, c.sizeGroup)
}

func (c *ChainsOf[T]) size(g int) {
	const lanes = kernel.Lanes
	norms := c.norm2[g*c.normSize:]
	var buffer [2 * Stages]kernel.Outer[T]
	var one [1]Term
	terms := c.atRest(&one, g, c.call.terms)
	var size [lanes]float64
	var worst largest
	for n, d := range c.shape {
		k, at := c.depths[n], g*c.vectorSize+c.vector[n]
		for i := 1; i <= k; i++ {
			kernel.OutersNorm2(&size, c.outers(buffer[:0], terms, g, at, i, d), d, d)
			worst.compare(&size, norms[c.norm[n]+(i-1)*lanes:])
		}
		size = [lanes]float64{}
		for i := range d {
			var sum [lanes]float64
			for _, t := range terms {
				if dir := &c.slots[t.Slot]; dir.applies(g) {
					for r, y := range dir.y[at+(k*d+i)*lanes:][:lanes] {
						sum[r] = math.FMA(t.C, float64(y), sum[r])
					}
				}
			}
			for r, s := range sum {
				size[r] = math.FMA(s, s, size[r])
			}
		}
		worst.compare(&size, norms[c.norm[n]+k*lanes:])
	}
	worst.roots(c.call.sizes, g)
}
