package flow

import (
	"maps"
	"slices"
)

// scheme is a linearly implicit W-method (or, with gamma 0, an explicit Runge–Kutta method) in the form
//
//	(I − γhJ) k_i = h F(θ + Σ_{j<i} α_ij k_j) + hJ Σ_{j<i} γ_ij k_j ,
//	θ⁺ = θ + Σ b_i k_i ,   error estimate = Σ (b_i − b̂_i) k_i .
//
// Its order holds for every matrix J.
type scheme struct {
	order  int // of the solution; the error estimate has one less
	gamma  float64
	alpha  [][]float64
	gammas [][]float64 // below the diagonal
	b, bh  []float64
}

// transformed is a scheme without products by J: with u_i = Σ_j γ_ij k_j,
//
//	(I − γhJ) u_i = lead·(h F(θ + Σ a_ij u_j) + Σ c_ij u_j) ,  θ⁺ = θ + Σ m_i u_i ,  error = Σ e_i u_i ,
//
// lead = γ (1 for explicit methods, where u = k).
type transformed struct {
	order       int
	gamma, lead float64
	a, c        [][]float64
	m, e        []float64
}

// schemes: ros2 is Verwer et al. (1999) with γ = 1 − 1/√2; ros3pw and ros34pw2 are Rang and Angermann (2005), BIT 45.
var schemes = map[string]scheme{
	"ros2": {
		order: 2, gamma: 0.29289321881345254,
		alpha:  [][]float64{{}, {1}},
		gammas: [][]float64{{}, {-2 * 0.29289321881345254}},
		b:      []float64{0.5, 0.5},
		bh:     []float64{1, 0},
	},
	"ros3pw": { // order 3 with the exact Jacobian only
		order: 2, gamma: 7.8867513459481287e-01,
		alpha:  [][]float64{{}, {1.5773502691896257e+00}, {0.5, 0}},
		gammas: [][]float64{{}, {-1.5773502691896257e+00}, {-6.7075317547305480e-01, -1.7075317547305482e-01}},
		b:      []float64{1.0566243270259355e-01, 4.9038105676657971e-02, 8.4529946162074843e-01},
		bh:     []float64{-1.7863279495408180e-01, 1. / 3, 8.4529946162074843e-01},
	},
	"ros34pw2": {
		order: 3, gamma: 4.3586652150845900e-01,
		alpha: [][]float64{{}, {8.7173304301691801e-01}, {8.4457060015369423e-01, -1.1299064236484185e-01}, {0, 0, 1}},
		gammas: [][]float64{
			{},
			{-8.7173304301691801e-01},
			{-9.0338057013044082e-01, 5.4180672388095326e-02},
			{2.4212380706095346e-01, -1.2232505839045147e+00, 5.4526025533510214e-01},
		},
		b:  []float64{2.4212380706095346e-01, -1.2232505839045147e+00, 1.5452602553351020e+00, 4.3586652150845900e-01},
		bh: []float64{3.7810903145819369e-01, -9.6042292212423178e-02, 5.0000000000000000e-01, 2.1793326075422950e-01},
	},
}

// Schemes lists the W-methods.
func Schemes() []string { return slices.Sorted(maps.Keys(schemes)) }

func (s scheme) transform() transformed {
	stages := len(s.b)
	t := transformed{order: s.order, gamma: s.gamma, lead: 1, a: s.alpha, m: s.b, e: make([]float64, stages)}
	t.c = make([][]float64, stages)
	for i := range stages {
		t.e[i] = s.b[i] - s.bh[i]
		t.c[i] = make([]float64, i)
	}
	if s.gamma == 0 {
		return t
	}
	inverse := make([][]float64, stages) // of Γ, lower triangular
	for i := range stages {
		inverse[i] = make([]float64, stages)
		inverse[i][i] = 1 / s.gamma
		for j := range i {
			var sum float64
			for k := j; k < i; k++ {
				sum += float64(s.gammas[i][k] * inverse[k][j])
			}
			inverse[i][j] = -sum / s.gamma
		}
	}
	times := func(row []float64) []float64 {
		out := make([]float64, stages)
		for k, value := range row {
			for j := range k + 1 {
				out[j] += float64(value * inverse[k][j])
			}
		}
		return out
	}
	t.lead, t.m, t.e = s.gamma, times(s.b), times(t.e)
	t.a = make([][]float64, stages)
	for i := range stages {
		t.a[i] = times(s.alpha[i])[:i]
		for j := range i {
			t.c[i][j] = -inverse[i][j]
		}
	}
	return t
}
