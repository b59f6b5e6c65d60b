package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"

	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/tensor"
)

func TestGradientEqualsCentralDifferences(t *testing.T) {
	for _, p := range problems {
		for _, l := range losses {
			t.Run(fmt.Sprint(p, l.Name()), func(t *testing.T) {
				o := someCells(t, p.shape, 0.6, 1)
				c := chains(t, o, l, 3, p.depths, 2)
				twin := chains(t, o, l, 3, p.depths, 2)
				c.Gradient(0, nil)
				got := direction(c, []Term{{0, -1}})
				want := fd.Gradient(nil, func(x []float64) float64 {
					setFlat(twin, x)
					return twin.Gradient(0, nil)
				}, flat(c), &fd.Settings{Formula: fd.Central})
				// Huber's second derivative jumps: differences across the kink are of first order.
				near(t, "−∇L", got, want, 1e-7)
				nearly(t, "‖∇L‖²", c.Norm2(0), dot(want, want), 1e-7)
			})
		}
	}
}

func TestBalancedFieldEqualsCentralDifferences(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		depths := make([]float64, len(p.depths))
		for n, k := range p.depths {
			depths[n] = 0.5 * float64(k)
		}
		b := balanced(t, o, loss.LogCosh, 3, depths, 2)
		flatten := func(v [][]float64) []float64 { return slices.Concat(v...) }
		b.Gradient(0, nil)
		for r := range 3 {
			v := b.Vectors(r)
			gradient := fd.Gradient(nil, func(x []float64) float64 {
				twin := balanced(t, o, loss.LogCosh, 3, depths, 2)
				var vectors [][]float64
				for _, d := range p.shape {
					vectors, x = append(vectors, x[:d]), x[d:]
				}
				twin.SetVectors(r, vectors)
				return twin.Gradient(0, nil)
			}, flatten(v), &fd.Settings{Formula: fd.Central})
			var want []float64
			for n, vector := range v {
				g := gradient[len(want):][:len(vector)]
				length := depths[n] + 1
				size := linalg.Norm2(vector)
				for i, value := range vector {
					want = append(want, -math.Pow(size, 1-1/length)*(g[i]+(length-1)*dot(vector, g)/size*value))
				}
			}
			lin := b.Linearise([]int{r})
			got := make([]float64, lin.Dim())
			lin.Project(got, []Term{{0, 1}})
			near(t, p.String(), pick(got, lin.Rows(nil)), want, 1e-7)
		}
	}
}

func pick(x []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for i, p := range at {
		out[i] = x[p]
	}
	return out
}

// stages fills gradient slots 0 … 2 and lift slots 0, 1 as an integrator would and returns terms over all of them.
func stages(sys interface {
	Gradient(j int, terms []Term) float64
	Linearise(active []int) Linearisation
}, active []int,
) []Term {
	sys.Gradient(0, nil)
	lin := sys.Linearise(active)
	omega := make([]float64, lin.Dim())
	for j := range 2 {
		random := normals(len(omega), uint64(j))
		for _, p := range lin.Rows(nil) {
			omega[p] = random[p]
		}
		lin.SetLift(j, omega)
		sys.Gradient(j+1, []Term{{0, 0.2}, {Lift(0), 0.04}})
	}
	return []Term{{0, 0.3}, {1, -0.7}, {2, 0.4}, {Lift(0), 0.1}, {Lift(1), -0.06}}
}

func TestTrialPointEqualsMove(t *testing.T) {
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		active := []int{17, 3, 0, 9}
		c, moved := chains(t, o, loss.LogCosh, 18, p.depths, 5), chains(t, o, loss.LogCosh, 18, p.depths, 5)
		terms := stages(c, active)
		stages(moved, active)
		trial := c.Gradient(5, terms)
		moved.Move(terms)
		nearly(t, p.String()+" loss", trial, moved.Gradient(5, nil), 1e-13)
		near(t, p.String()+" prediction", c.Prediction(), moved.Prediction(), 1e-13)
		near(t, p.String()+" direction", direction(c, []Term{{5, 1}}), direction(moved, []Term{{5, 1}}), 1e-12)

		depths := make([]float64, len(p.depths))
		for n, k := range p.depths {
			depths[n] = 0.7 * float64(k)
		}
		b, other := balanced(t, o, loss.LogCosh, 18, depths, 5), balanced(t, o, loss.LogCosh, 18, depths, 5)
		terms = stages(b, active)
		stages(other, active)
		trial = b.Gradient(5, terms)
		other.Move(terms)
		nearly(t, p.String()+" balanced loss", trial, other.Gradient(5, nil), 1e-13)
		near(t, p.String()+" balanced direction", b.slots[5], other.slots[5], 1e-13)
	}
}

// A gradient must not depend on what an earlier one left in scratch memory.
func TestGradientRepeats(t *testing.T) {
	o := someCells(t, tensor.Shape{5, 4, 3}, 0.5, 1)
	c := chains(t, o, loss.Square, 11, []int{2, 0, 1}, 3)
	first := c.Gradient(0, nil)
	want := direction(c, []Term{{0, 1}})
	stages(c, []int{1, 8})
	if again := c.Gradient(0, nil); again != first {
		t.Errorf("loss %v, then %v at the same point", first, again)
	}
	if !slices.Equal(direction(c, []Term{{0, 1}}), want) {
		t.Error("the gradient at the same point changed")
	}
}

// Lemma 4.1 at a point: ⟨factor, −∂L/∂factor⟩ is the same for all factors of a block.
func TestForcesAlongFactorsAgree(t *testing.T) {
	for _, p := range problems {
		c := chains(t, someCells(t, p.shape, 0.6, 1), loss.Square, 3, p.depths, 4)
		c.Gradient(0, nil)
		force := direction(c, []Term{{0, 1}})
		at := 0
		for r := range 3 {
			var along []float64
			b := c.Block(r)
			for n := range b.W {
				for _, factor := range append(b.A[n], b.W[n]) {
					along = append(along, dot(factor, force[at:][:len(factor)]))
					at += len(factor)
				}
			}
			near(t, p.String(), along, slices.Repeat(along[:1], len(along)), 1e-13)
		}
	}
}
