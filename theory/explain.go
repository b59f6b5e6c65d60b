package theory

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
