package posterior

import "lacuna/internal/linalg"

// Student noise has heavier tails than normal ones: y_c ~ N(x_c, 1/(τ_c t_c)) with t_c ~ Gamma(ν/2, ν/2), which is
// Student's t with ν degrees of freedom; ν is sampled, and large where the tails are normal. τ_c is that of Gaussian.
type Student struct {
	Varied bool // as of Gaussian
}

func init() {
	register(Family{Name: "student", Forms: []Form{
		{Name: "varied noise", Noise: Student{Varied: true}},
		{Name: "equal noise", Noise: Student{}, Pooled: true},
	}})
}

// Cost implements Noise.
func (Student) Cost() float64 { return variedCost }

func (f Student) start(s *sampler) noise {
	g := newScales(s, f.Varied)
	g.tails = &tails{precision: linalg.Ones(s.data.Len()), nu: freedoms[len(freedoms)-1]}
	return g
}

// tails are the precisions of single cells.
type tails struct {
	precision []float64 // t_c
	nu        float64
	sweeps    int
}

func (t *tails) draw(g *scales) {
	const every = 4 // sweeps a draw of ν, which costs as much as the rest
	t.sweeps++
	if t.sweeps%every == 0 {
		for c, e := range g.residual {
			g.groups[c] = group{1, g.tau * g.weight[c] / t.precision[c] * e * e}
		}
		t.nu = drawFreedom(g.s.stream, g.groups[:len(g.residual)])
	}
	for c, e := range g.residual {
		old := t.precision[c]
		fresh := gamma(g.s.stream, (t.nu+1)/2) / ((t.nu + float64(g.tau*g.weight[c]/old*e*e)) / 2)
		t.precision[c] = fresh
		g.weight[c] *= fresh / old
	}
}
