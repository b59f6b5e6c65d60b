package theory

import (
	"gonum.org/v1/gonum/mat"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/model"
)

// BalancedChains is the start of Lemma A.2 with matrices of full rank: A_i = Q_{i−1} Σ Q_iᵀ with orthogonal Q and one
// Σ for a chain, so that A_iᵀA_i = A_{i+1}A_{i+1}ᵀ, and all factors of a block of one norm, so that ε(0) = 0 as well.
const BalancedChains model.Start = "balanced-chains"

// RankOneAligned is the start model.BalancedRankOne with w along the right singular vector of A_1 in modes of depth
// 1. Theorem 3.2 (ii) needs it there: its proof keeps the matrices at rank one by 1 − 1/k_n ≥ 1/2, which is false for
// k_n = 1, where dA_1/dt = −g wᵀ raises the rank unless w is aligned already.
const RankOneAligned model.Start = "balanced-rank-one-aligned"

// normal draws n numbers from N(0, 1).
func normal(stream *rng.Stream, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = stream.NormFloat64()
	}
	return out
}

// randomOrthogonal returns the orthogonal factor of a Gaussian matrix.
func randomOrthogonal(stream *rng.Stream, d int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(mat.NewDense(d, d, normal(stream, d*d)))
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// blockNorm draws the common norm of a block's factors: norm times a number around 1 that differs from block to
// block, so that one of them is ahead.
func blockNorm(stream *rng.Stream, norm float64) float64 {
	return norm * portable.Exp(0.1*stream.NormFloat64())
}

// spectrum is the shape of Σ: its singular values fall slowly, and no two are equal.
func spectrum(d int) []float64 {
	out := make([]float64, d)
	for l := range out {
		out[l] = portable.Exp(-0.1 * float64(l))
	}
	return unit(out)
}

func (p problem) drawBalancedChains(chains *model.Chains) {
	stream := rng.New(p.seed, "theory start")
	for r := range chains.Blocks() {
		b := model.Block{W: make([][]float64, len(p.shape)), A: make([][][]float64, len(p.shape))}
		size := blockNorm(stream, p.norm)
		for n, d := range p.shape {
			b.W[n] = scaled(normal(stream, d), size)
			left := randomOrthogonal(stream, d)
			for range chains.Depths()[n] {
				right := randomOrthogonal(stream, d)
				var a, product mat.Dense
				a.Mul(left, mat.NewDiagDense(d, spectrum(d)))
				product.Mul(&a, right.T())
				b.A[n] = append(b.A[n], scaled(product.RawMatrix().Data, size))
				left = right
			}
		}
		chains.SetBlock(r, b)
	}
}

// draw sets a start whose factors all have about the norm of p, exactly one norm within a block.
func (p problem) draw(chains *model.Chains) error {
	drawn := p.start
	switch p.start {
	case BalancedChains:
		p.drawBalancedChains(chains)
		return nil
	case RankOneAligned:
		drawn = model.BalancedRankOne
	}
	if err := chains.Draw(model.StartConfig{Start: drawn, SigmaW: 1, SigmaA: 1, Seed: p.seed}); err != nil {
		return err
	}
	stream := rng.New(p.seed, "theory start")
	for r := range chains.Blocks() {
		if p.start == RankOneAligned {
			align(chains, r)
		}
		size := blockNorm(stream, p.norm)
		rescale(chains, r, func(int, int) float64 { return size })
	}
	return nil
}

// unbalance multiplies every factor of every block by its own random exp(spread · N(0,1)), which leaves the balanced
// start further behind the larger spread is.
func unbalance(chains *model.Chains, spread float64, seed uint64) {
	stream := rng.New(seed, "theory unbalance")
	for r := range chains.Blocks() {
		b := chains.Block(r)
		rescale(chains, r, func(n, i int) float64 {
			factor := b.W[n]
			if i < len(b.A[n]) {
				factor = b.A[n][i]
			}
			return euclidean(factor) * portable.Exp(spread*stream.NormFloat64())
		})
	}
}

// rescale gives factor i of mode n (i = k_n is w) of a block the norm that norm returns.
func rescale(chains *model.Chains, r int, norm func(n, i int) float64) {
	b := chains.Block(r)
	for n := range b.W {
		for i, a := range b.A[n] {
			b.A[n][i] = scaled(a, norm(n, i))
		}
		b.W[n] = scaled(b.W[n], norm(n, len(b.A[n])))
	}
	chains.SetBlock(r, b)
}

// align turns w of every mode of depth 1 along the right singular vector of its matrix.
func align(chains *model.Chains, r int) {
	b := chains.Block(r)
	for n, w := range b.W {
		if len(b.A[n]) == 1 {
			b.W[n] = scaled(firstRightVector(b.A[n][0], len(w)), euclidean(w))
		}
	}
	chains.SetBlock(r, b)
}
