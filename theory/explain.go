package theory

import "html/template"

// hypotheses says in a few words under what condition a line of the table is measured.
var hypotheses = map[string]string{
	nameLemma41:    "none",
	name32i:        "ε(0) = 0",
	name32ii:       "ε(0) = 0, A rank one, AᵢᵀAᵢ = Aᵢ₊₁Aᵢ₊₁ᵀ",
	name33:         "ε(0) = 0",
	nameLemmaA2:    "AᵢᵀAᵢ = Aᵢ₊₁Aᵢ₊₁ᵀ",
	name22:         "depth 0, ε(0) = 0",
	name21:         "Wⱼ₊₁ᵀWⱼ₊₁ = WⱼWⱼᵀ",
	nameTrajectory: "ε(0) = 0",
	nameExponent:   "ε(0) = 0",
	nameBounds:     "none",
}

// Explanation is a statement in two sentences, for a reader who has not read the paper.
type Explanation struct {
	Name    string
	Title   string
	Formula template.HTML // with sub and sup elements, which Markdown takes too
	Text    string
}

// Explanations lists what the page explains, in the order of Statements.
func Explanations() []Explanation {
	return []Explanation{
		{
			nameLemma41, "Lemma 4.1: what the flow conserves",
			"d/dt ‖A<sub>i</sub><sup>n,r</sup>‖² = d/dt ‖w<sub>r</sub><sup>n</sup>‖² = 2 ⟨−∇L, ⊗<sub>n</sub> v<sub>r</sub><sup>n</sup>⟩",
			"The squared norms of all vectors and matrices of one block change at the same rate, so their differences stay what they were at the start. A start whose factors all have one norm (ε(0) = 0) therefore stays balanced for all time, which the other statements build on.",
		},
		{
			name32i, "Theorem 3.2 (i): how fast a block grows",
			"d/dt ‖⊗w<sub>r</sub><sup>n</sup>‖ = N δ<sub>r</sub> ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>2 − 2/N + Σk<sub>n</sub>/N</sup> ,  δ<sub>r</sub> = ⟨−∇L, ⊗<sub>n</sub> Π<sub>i</sub> Â<sub>i</sub> ŵ⟩",
			"A block grows in proportion to a power of its own norm, and each matrix added to its chains raises that power. So large blocks run ahead of small ones, the more the deeper the model is, and blocks emerge one at a time.",
		},
		{
			name32ii, "Theorem 3.2 (ii): what drives the growth",
			"δ<sub>r</sub> = ⟨−∇L, ⊗<sub>n</sub> v<sub>r</sub><sup>n</sup>/‖v<sub>r</sub><sup>n</sup>‖⟩ · |ζ<sub>r</sub>| ,  ζ<sub>r</sub> = ⟨⊗ṽ<sub>r</sub><sup>n</sup>, ⊗ŵ<sub>r</sub><sup>n</sup>⟩",
			"For matrices of rank one the drive δ of a block is how well the block of norm one fits what is still missing, times how well its vectors w are aligned with its matrices (ṽ is the first right singular vector of the last matrix). The paper prints ζ without the modulus with which its proof ends; the table reports both.",
		},
		{
			name33, "Theorem 3.3: a small vector part means a small block",
			"‖⊗v<sub>r</sub><sup>n</sup>‖ ≤ ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>1 + Σk<sub>n</sub>/N</sup>",
			"The norm of a whole block is bounded by a power of the norm of its vectors w alone. So no more blocks of the model have a norm above one than blocks made of the vectors w have, and a model with few large vectors has low rank.",
		},
		{
			nameLemmaA2, "Lemma A.2: singular values within a chain",
			"dσ<sub>l</sub>/dt = k σ<sub>l</sub><sup>2 − 2/k</sup> β<sub>l</sub>  for the singular values of A<sub>1</sub>…A<sub>k</sub>",
			"Within one chain whose neighbouring matrices fit together (AᵢᵀAᵢ = Aᵢ₊₁Aᵢ₊₁ᵀ), every singular value of the product grows in proportion to a power of itself. From k = 2 on, one that is zero stays zero, so matrices of rank one stay so.",
		},
		{
			name22, "Theorem 2.2 (Razin et al. 2021): plain CP",
			"d/dt ‖⊗w<sub>r</sub>‖ = N γ<sub>r</sub> ‖⊗w<sub>r</sub>‖<sup>2 − 2/N</sup> ,  γ<sub>r</sub> = ⟨−∇L, ⊗<sub>n</sub> ŵ<sub>r</sub><sup>n</sup>⟩",
			"Without matrices a block grows in proportion to a power of its norm that is less than two however many modes there are. It is Theorem 3.2 (i) at depth 0.",
		},
		{
			name21, "Theorem 2.1 (Arora et al. 2019): deep matrices",
			"dσ<sub>r</sub>/dt = k α<sub>r</sub> σ<sub>r</sub><sup>2 − 2/k</sup> ,  α<sub>r</sub> = ⟨−∇L, u<sub>r</sub>v<sub>r</sub>ᵀ⟩  for W = W<sub>k</sub>…W<sub>1</sub>",
			"In a product of k matrices the singular values take the place of blocks, and each grows in proportion to a power of itself. However many factors there are, that power stays below two; this is the contrast of the paper's title.",
		},
		{
			nameTrajectory, "The same along the trajectory",
			"Δ‖⊗w<sub>r</sub><sup>n</sup>‖/Δt → N δ<sub>r</sub> ‖⊗w<sub>r</sub><sup>n</sup>‖<sup>2 − 2/N + Σk<sub>n</sub>/N</sup>",
			"The left side is taken from finite differences of the recorded norms, which knows nothing of gradients. Its distance from the formula must shrink with the integrator's tolerance as fast as the integrator's order says, and the table gives the order that was measured.",
		},
		{
			nameExponent, "The exponent itself",
			"log( (Δ‖⊗w<sub>r</sub>‖/Δt) / δ<sub>r</sub> ) = log N + (2 − 2/N + Σk<sub>n</sub>/N) · log ‖⊗w<sub>r</sub>‖",
			"Over the growth of every block that emerged, the logarithm of its rate is regressed on the logarithm of its norm; the slope is the exponent, with its 95 % confidence interval. It rises by one with every unit of depth, where the exponents of deep matrices and of plain CP stay below two.",
		},
		{
			nameBounds, "Where the hypothesis fails",
			"N γ<sub>r</sub> s² / (s<sup>2/N</sup> + ε<sub>1</sub>) ≤ ds/dt ≤ N γ<sub>r</sub> (s<sup>2/N</sup> + ε<sub>1</sub>)<sup>N−1</sup> ,  s = ‖⊗w<sub>r</sub><sup>n</sup>‖",
			"From a start that is not balanced the equation of Theorem 3.2 (i) is no longer exact, but the proof leaves a lower and an upper bound, which are the wider the larger the unbalancedness ε₁ of the vectors is. The table gives the error of the equation beside the unbalancedness, and whether the rate ever left the bounds.",
		},
	}
}
