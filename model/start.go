package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Start names a way to draw the first point.
type Start string

// The starts of Section 5.1, Appendix B and Theorem 3.2. All draw w from N(0, σ_w²).
const (
	Gaussian Start = "gaussian" // A from N(0, σ_A²)
	Diagonal Start = "diagonal" // A from N(0, σ_A²), a chosen value on the diagonal
	Kaiming  Start = "kaiming"  // A from N(0, 2/d_n)
	RankOne  Start = "rank-one" // A = p qᵀ with entries of deviation σ_A

	// BalancedGeneral draws A from N(0, σ_A²), then scales all factors of a block to one norm: ε = 0 exactly.
	BalancedGeneral Start = "balanced"
	// BalancedRankOne is BalancedGeneral with A of rank one and A_iᵀA_i = A_{i+1}A_{i+1}ᵀ (Theorem 3.2 (ii)).
	BalancedRankOne Start = "balanced-rank-one"
	// BalancedChain is BalancedRankOne with w along A_k's right singular vector: what Balanced collapses.
	BalancedChain Start = "balanced-chain"
)

// Starts lists every Start.
func Starts() []Start {
	return []Start{Gaussian, Diagonal, Kaiming, RankOne, BalancedGeneral, BalancedRankOne, BalancedChain}
}

// StartConfig says how to draw the first point.
type StartConfig struct {
	Start    Start   // "" means gaussian
	SigmaW   float64 // standard deviation of the entries of w; 0 means 0.01
	SigmaA   float64 // standard deviation of the entries of A; 0 means 0.1
	Diagonal float64 // the diagonal of A for the diagonal start; 0 means 1
	Seed     uint64
}

func (s StartConfig) withDefaults() StartConfig {
	s.Start, s.Diagonal = cmp.Or(s.Start, Gaussian), cmp.Or(s.Diagonal, 1)
	s.SigmaW, s.SigmaA = cmp.Or(s.SigmaW, 0.01), cmp.Or(s.SigmaA, 0.1)
	return s
}

func (s StartConfig) check() error {
	if !slices.Contains(Starts(), s.Start) {
		return fmt.Errorf("model: start %q is unknown, choose one of %v", s.Start, Starts())
	}
	if !(s.SigmaW > 0) || !(s.SigmaA > 0) || math.IsInf(s.SigmaW, 0) || math.IsInf(s.SigmaA, 0) {
		return fmt.Errorf("model: σ_w = %v and σ_A = %v must be positive and finite", s.SigmaW, s.SigmaA)
	}
	return nil
}

// Draw sets the parameters to a random start. Block by block the numbers come from the stream "start" of the
// seed, so a model with more blocks begins with the same ones.
func (c *ChainsOf[T]) Draw(config StartConfig) error {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return err
	}
	stream := rng.New(config.Seed, "start")
	for r := range c.blocks {
		c.SetBlock(r, drawBlock(config, c.shape, c.depths, stream))
	}
	return nil
}

// Block holds the factors of one block, copied out of a model: W[n] of length d_n and A[n][i] of d_n×d_n,
// row-major, A[n][0] being A_1.
type Block struct {
	W [][]float64
	A [][][]float64
}

func drawBlock(config StartConfig, shape, depths []int, stream *rng.Stream) Block {
	normal := func(n int, sigma float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = sigma * stream.NormFloat64()
		}
		return out
	}
	b := Block{W: make([][]float64, len(shape)), A: make([][][]float64, len(shape))}
	for n, d := range shape {
		b.W[n] = normal(d, config.SigmaW)
		var right []float64
		for range depths[n] {
			var a []float64
			switch config.Start {
			case Kaiming:
				a = normal(d*d, math.Sqrt(2/float64(d)))
			case RankOne:
				a = linalg.Outer(normal(d, config.SigmaA), normal(d, 1))
			case BalancedRankOne, BalancedChain:
				if right == nil {
					right = normal(d, 1)
				}
				left := right
				right = normal(d, 1)
				linalg.ScaleTo(left, 1)
				linalg.ScaleTo(right, 1)
				a = linalg.Outer(left, right)
			default:
				a = normal(d*d, config.SigmaA)
				if config.Start == Diagonal {
					for i := range d {
						a[i*d+i] = config.Diagonal
					}
				}
			}
			b.A[n] = append(b.A[n], a)
		}
		if config.Start == BalancedChain && right != nil {
			norm := linalg.Norm2(b.W[n])
			b.W[n] = right
			linalg.ScaleTo(b.W[n], math.Sqrt(norm))
		}
	}
	switch config.Start {
	case BalancedGeneral, BalancedRankOne, BalancedChain:
		b.balance()
	}
	return b
}

// balance scales all factors to the geometric mean of the norms of the w.
func (b Block) balance() {
	var logs float64
	for _, w := range b.W {
		logs += float64(portable.Log(linalg.Norm2(w)) / 2)
	}
	norm := portable.Exp(logs / float64(len(b.W)))
	for n, w := range b.W {
		linalg.ScaleTo(w, norm)
		for _, a := range b.A[n] {
			linalg.ScaleTo(a, norm)
		}
	}
}

// rowNorms2 is norm2 with every row of that many columns summed by itself, as kernel.AddOuters does.
func rowNorms2(x []float64, cols int) float64 {
	var sum float64
	for row := range slices.Chunk(x, cols) {
		sum += linalg.Norm2(row)
	}
	return sum
}

// SetBlock overwrites block r with the numbers of b, rounded to T.
func (c *ChainsOf[T]) SetBlock(r int, b Block) {
	const lanes = kernel.Lanes
	theta := c.theta[r/lanes*c.groupSize:]
	norms := c.norm2[r/lanes*c.normSize:]
	for n, d := range c.shape {
		if len(b.W[n]) != d || len(b.A[n]) != c.depths[n] {
			panic("model: SetBlock: a block of another shape")
		}
		for i, factor := range append(slices.Clone(b.A[n]), b.W[n]) {
			at := c.offset[n] + i*d*d*lanes + r%lanes
			rounded := make([]float64, len(factor))
			for j, value := range factor {
				x := T(value)
				theta[at+j*lanes], rounded[j] = x, float64(x)
			}
			norms[c.norm[n]+i*lanes+r%lanes] = rowNorms2(rounded, d)
		}
	}
}

// Block copies block r out of the model.
func (c *ChainsOf[T]) Block(r int) Block {
	const lanes = kernel.Lanes
	theta := c.theta[r/lanes*c.groupSize:]
	b := Block{W: make([][]float64, len(c.shape)), A: make([][][]float64, len(c.shape))}
	gather := func(at, count int) []float64 {
		out := make([]float64, count)
		for j := range out {
			out[j] = float64(theta[at+j*lanes+r%lanes])
		}
		return out
	}
	for n, d := range c.shape {
		for i := range c.depths[n] {
			b.A[n] = append(b.A[n], gather(c.offset[n]+i*d*d*lanes, d*d))
		}
		b.W[n] = gather(c.offset[n]+c.depths[n]*d*d*lanes, d)
	}
	return b
}

// Vectors returns v_r^n = A_1 … A_k w for every mode.
func (b Block) Vectors() [][]float64 {
	out := make([][]float64, len(b.W))
	for n, w := range b.W {
		out[n] = slices.Clone(w)
		for _, a := range slices.Backward(b.A[n]) {
			out[n] = linalg.Multiply(a, out[n], len(w), len(w), 1)
		}
	}
	return out
}
