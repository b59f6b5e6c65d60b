package theory

import (
	"slices"

	"gonum.org/v1/gonum/mat"

	"lacuna/internal/portable"
	"lacuna/model"
)

// lemmaA2 is measured from chains of full rank whose neighbouring matrices fit together.
var lemmaA2 = &entry{
	Explanation: Explanation{
		Name:  "lemma-a.2",
		Title: "Lemma A.2: singular values within a chain",
		Formula: "dσ<sub>l</sub>/dt = k σ<sub>l</sub><sup>2 − 2/k</sup> β<sub>l</sub>  for the singular values of " +
			"A<sub>1</sub>…A<sub>k</sub>",
		Text: "Within one chain whose neighbouring matrices fit together (AᵢᵀAᵢ = Aᵢ₊₁Aᵢ₊₁ᵀ), every singular value of " +
			"the product grows in proportion to a power of itself. From k = 2 on, one that is zero stays zero, so " +
			"matrices of rank one stay so.",
		Identity: true,
	},
	hypothesis: "AᵢᵀAᵢ = Aᵢ₊₁Aᵢ₊₁ᵀ",
	run:        observing(func(o Options) []setup { return setupsOf(deep(o), BalancedChains, o, nil) }),
	measure:    func() []Statement { return []Statement{LemmaA2()} },
}

// LemmaA2 is dσ_l/dt = k σ_l^(2−2/k) β_l for the singular values of A^{n,r} = A_1 … A_k, with β_l = ⟨−∇L, ⊗_{m<n} v^m
// ⊗ u_l v_lᵀ w^n ⊗_{m>n} v^m⟩. Its hypothesis is A_iᵀA_i = A_{i+1}A_{i+1}ᵀ within every chain. Mode and Index of a
// Side name the chain and the singular value l, from 0. Scale is the largest value of the right side for the largest
// singular value of the chain: singular vectors are only as accurate as the whole matrix is.
func LemmaA2() Statement {
	return Statement{Name: "lemma-a.2", sparse: true, sides: func(p *point) []Side {
		var sides []Side
		for r, b := range p.blocks {
			vectors := b.Vectors()
			for n, k := range p.depths {
				if k == 0 {
					continue
				}
				d := len(b.W[n])
				rates := singularRates(matrixProduct(b.A[n], d), chainRate(b, p.field[r], n), d, d)
				for l, side := range p.lemmaA2Right(b, vectors, n) {
					side.Block, side.Mode, side.Index, side.Left = r, n, l, rates[l]
					sides = append(sides, side)
				}
			}
		}
		return sides
	}}
}

func (p *point) lemmaA2Right(b model.Block, vectors [][]float64, n int) []Side {
	d, k := len(b.W[n]), float64(len(b.A[n]))
	product := mat.NewDense(d, d, slices.Clone(b.A[n][0]))
	for _, a := range b.A[n][1:] {
		var next mat.Dense
		next.Mul(product, mat.NewDense(d, d, slices.Clone(a)))
		product = &next
	}
	var svd mat.SVD
	if !svd.Factorize(product, mat.SVDFull) {
		panic("theory: a singular value decomposition did not converge")
	}
	var left, right mat.Dense
	svd.UTo(&left)
	svd.VTo(&right)
	sides := make([]Side, d)
	at := slices.Clone(vectors)
	others := 1.0
	for m, v := range vectors {
		if m != n {
			others *= euclidean(v)
		}
	}
	values := svd.Values(nil)
	scale := k * portable.Pow(values[0], 2-2/k) * p.force.norm * others * euclidean(b.W[n])
	for l, sigma := range values {
		var along float64
		for i, value := range b.W[n] {
			along += float64(right.At(i, l) * value)
		}
		at[n] = make([]float64, d)
		for i := range d {
			at[n][i] = left.At(i, l) * along
		}
		size := k * portable.Pow(sigma, 2-2/k)
		sides[l].Right = size * p.force.along(at)
		sides[l].Scale = scale
	}
	return sides
}
