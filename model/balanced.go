package model

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

// Balanced is the deep CP model from a fully balanced rank-one start (BalancedChain), in which every chain stays
// rank one for all time and its vector alone follows (Arora et al. 2018, with L = k + 1 factors and g = ∂L/∂v)
//
//	dv/dt = −‖v‖^(2−2/L) (g + (L−1) v̂ v̂ᵀ g) .
//
// A depth costs nothing: a block has Σ d_n numbers whatever its depths, which may be fractional.
type Balanced struct {
	*Objective
	lengths []float64 // L_n = k_n + 1
	roots   []root    // the L_n-th roots

	theta []float64 // v, rows (mode, index) of padded blocks
	start []int     // first row of mode n
	norm2 []float64 // ‖v_r^n‖² at [n*padded+r]
	slots [2 * Stages][]float64
	lin   linearisedBalanced

	scratch []float64 // three times the vectors of the largest mode

	trialGroup, fieldGroup, moveGroup, sizeGroup func(g int)
	call                                         balancedCall
}

type balancedCall struct {
	terms []Term
	into  []float64
	sizes []float64
}

// BalancedConfig is the shape of a Balanced model.
type BalancedConfig struct {
	Blocks  int       // R ≥ 1
	Depths  []float64 // k_n ≥ 0 for every mode, or a single depth for all
	Threads int       // 0 means 1
}

// NewBalanced makes a model with all vectors zero.
func NewBalanced(observed *tensor.Observed, l loss.Loss, config BalancedConfig) (*Balanced, error) {
	depths, err := byMode(config.Depths, observed.Order())
	if err != nil {
		return nil, err
	}
	if config.Blocks < 1 {
		return nil, fmt.Errorf("model: %d blocks, at least 1 is needed", config.Blocks)
	}
	flat := make([]int, observed.Order())
	if err := checkMemory[float64](observed.Shape(), observed.Len(), flat, config.Blocks); err != nil {
		return nil, err
	}
	b := &Balanced{Objective: newObjective[float64](observed, l, config.Blocks, max(1, config.Threads))}
	rows := 0
	for n, k := range depths {
		b.lengths = append(b.lengths, k+1)
		b.roots = append(b.roots, newRoot(k+1))
		b.start = append(b.start, rows)
		rows += b.shape[n]
	}
	b.theta = make([]float64, rows*b.padded)
	b.scratch = make([]float64, 3*slices.Max(b.shape)*b.padded)
	b.norm2 = make([]float64, len(b.shape)*b.padded)
	b.trialGroup, b.fieldGroup, b.moveGroup, b.sizeGroup = b.trial, b.field, b.move, b.size
	return b, nil
}

func (b *Balanced) groups() int { return b.padded / kernel.Lanes }

// Draw sets the vectors to those of Chains.Draw with the BalancedChain start and the same seed; a fractional depth
// takes the direction of the next whole one. config.Start is not used.
func (b *Balanced) Draw(config StartConfig) error {
	config = config.withDefaults()
	config.Start = BalancedChain
	if err := config.check(); err != nil {
		return err
	}
	depths := make([]int, len(b.shape))
	for n, length := range b.lengths {
		depths[n] = int(math.Ceil(length - 1))
	}
	stream := rng.New(config.Seed, "start")
	for r := range b.blocks {
		block := drawBlock(config, b.shape, depths, stream)
		vectors := block.Vectors()
		for n, v := range vectors {
			linalg.ScaleTo(v, portable.Pow(linalg.Norm2(block.W[n]), b.lengths[n]/2))
		}
		b.SetVectors(r, vectors)
	}
	return nil
}

// SetVectors overwrites the vectors v_r^n of block r.
func (b *Balanced) SetVectors(r int, vectors [][]float64) {
	for n, v := range vectors {
		if len(v) != b.shape[n] {
			panic("model: SetVectors: a block of another shape")
		}
		for i, value := range v {
			b.theta[(b.start[n]+i)*b.padded+r] = value
		}
	}
	b.renorm(r / kernel.Lanes)
}

// Vectors copies the vectors v_r^n of block r.
func (b *Balanced) Vectors(r int) [][]float64 {
	out := make([][]float64, len(b.shape))
	for n, d := range b.shape {
		for i := range d {
			out[n] = append(out[n], b.theta[(b.start[n]+i)*b.padded+r])
		}
	}
	return out
}

func (b *Balanced) renorm(g int) {
	for n := range b.shape {
		norms := (*[kernel.Lanes]float64)(b.norm2[n*b.padded+g*kernel.Lanes:])
		laneNorms2(norms, b.theta[b.start[n]*b.padded+g*kernel.Lanes:], b.shape[n], b.padded)
	}
}

func laneNorms2(out *[kernel.Lanes]float64, v []float64, rows, stride int) {
	*out = [kernel.Lanes]float64{}
	for i := range rows {
		row := (*[kernel.Lanes]float64)(v[i*stride:])
		for r := range out {
			out[r] = math.FMA(row[r], row[r], out[r])
		}
	}
}

func (b *Balanced) slot(j int) []float64 {
	if b.slots[j] == nil {
		b.slots[j] = make([]float64, len(b.theta))
	}
	return b.slots[j]
}

// Gradient sets slot j to the vector field at θ + Σ terms and returns L there.
func (b *Balanced) Gradient(j int, terms []Term) float64 {
	b.call.terms, b.call.into = terms, b.slot(j)
	parallel.For(b.threads, b.groups(), b.trialGroup)
	value := b.evaluate()
	parallel.For(b.threads, b.groups(), b.fieldGroup)
	return value
}

// sum adds Σ terms at one row of one lane group to out.
func (b *Balanced) sum(out *[kernel.Lanes]float64, at int) {
	for _, t := range b.call.terms {
		for r, y := range b.slots[t.Slot][at:][:kernel.Lanes] {
			out[r] = math.FMA(t.C, y, out[r])
		}
	}
}

func (b *Balanced) trial(g int) {
	for n, d := range b.shape {
		first := b.start[n]*b.padded + g*kernel.Lanes
		out := b.v[n][g*kernel.Lanes:]
		kernel.CopyLanes(out, b.theta[first:], d, b.padded, b.padded)
		if len(b.call.terms) == 0 {
			continue
		}
		for i := range d {
			b.sum((*[kernel.Lanes]float64)(out[i*b.padded:]), first+i*b.padded)
		}
	}
}

func (b *Balanced) field(g int) {
	const lanes = kernel.Lanes
	size := len(b.scratch) / b.groups() / 3
	scratch := b.scratch[g*3*size:][:3*size]
	for n, d := range b.shape {
		v, gradient := b.v[n][g*lanes:], b.g[n][g*lanes:]
		into := b.call.into[b.start[n]*b.padded+g*lanes:]
		if b.lengths[n] == 1 {
			kernel.NegateLanes(into, gradient, d, b.padded, b.padded)
			continue
		}
		x, y, out := scratch[:d*lanes], scratch[size:][:d*lanes], scratch[2*size:][:d*lanes]
		kernel.CopyLanes(x, v, d, lanes, b.padded)
		kernel.CopyLanes(y, gradient, d, lanes, b.padded)
		var norms, along, gain [lanes]float64
		kernel.Dot(&norms, x, x, d)
		kernel.Dot(&along, x, y, d)
		for r, norm := range norms {
			if norm > 0 {
				gain[r] = -norm / b.roots[n].of(norm)
				along[r] *= gain[r] * (b.lengths[n] - 1) / norm
			}
		}
		clear(out)
		kernel.Axpy(out, &gain, y, d)
		kernel.Axpy(out, &along, x, d)
		kernel.CopyLanes(into, out, d, b.padded, lanes)
	}
}

// Move sets θ to θ + Σ terms.
func (b *Balanced) Move(terms []Term) {
	b.call.terms = terms
	parallel.For(b.threads, b.groups(), b.moveGroup)
}

func (b *Balanced) move(g int) {
	for row := range len(b.theta) / b.padded {
		at := row*b.padded + g*kernel.Lanes
		b.sum((*[kernel.Lanes]float64)(b.theta[at:]), at)
	}
	b.renorm(g)
}

// RelativeSizes sets out[r] to the largest ‖Σ terms‖ / ‖v_r^n‖ over the modes of block r.
func (b *Balanced) RelativeSizes(out []float64, terms []Term) {
	b.call.terms, b.call.sizes = terms, out
	parallel.For(b.threads, b.groups(), b.sizeGroup)
}

func (b *Balanced) size(g int) {
	const lanes = kernel.Lanes
	var worst largest
	for n, d := range b.shape {
		var size [lanes]float64
		for i := range d {
			var sum [lanes]float64
			b.sum(&sum, (b.start[n]+i)*b.padded+g*lanes)
			for r, s := range sum {
				size[r] = math.FMA(s, s, size[r])
			}
		}
		worst.compare(&size, b.norm2[n*b.padded+g*lanes:])
	}
	worst.roots(b.call.sizes, g)
}

// factorNorm2 returns the squared norm that each of the L_n factors of a chain would have, ‖v‖^(2/L).
func (b *Balanced) factorNorm2(r, n int) float64 {
	return portable.Pow(b.norm2[n*b.padded+r], 1/b.lengths[n])
}

// ShallowNorms sets norms[r] = Π_n ‖w_r^n‖ = Π_n ‖v_r^n‖^(1/L_n).
func (b *Balanced) ShallowNorms(norms []float64) {
	for r := range norms {
		norms[r] = 1
		for n := range b.shape {
			norms[r] *= math.Sqrt(b.factorNorm2(r, n))
		}
	}
}

// Unbalancedness returns the largest spread over the modes of one block of the factors' squared norms ‖v‖^(2/L).
func (b *Balanced) Unbalancedness() float64 {
	var worst float64
	for r := range b.blocks {
		s := newSpan()
		for n := range b.shape {
			s.add(b.factorNorm2(r, n))
		}
		worst = math.Max(worst, s.high-s.low)
	}
	return worst
}

// Stiffness sets out[r] as Chains.Stiffness does: each chain's gain is L ‖v‖^(2−2/L).
func (b *Balanced) Stiffness(out []float64) {
	curvature := b.largestSecond()
	gain, norm2 := make([]float64, len(b.shape)), make([]float64, len(b.shape))
	for r := range out {
		for n, length := range b.lengths {
			norm2[n] = b.norm2[n*b.padded+r]
			gain[n] = length * portable.Pow(norm2[n], 1-1/length)
		}
		out[r] = curvature * gainSum(gain, norm2)
	}
}
