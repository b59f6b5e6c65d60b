package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"lacuna/loss"
	"lacuna/tensor"
)

// vspace is what both parametrisations say about the vectors v.
type vspace interface {
	Gradient(j int, terms []Term) float64
	Linearise(active []int) Linearisation
	Stiffness(out []float64)
	DeepNorms(norms []float64)
	Blocks() int
}

func bothModels(t *testing.T, p problem, l loss.Loss, blocks int) map[string]vspace {
	o := someCells(t, p.shape, 0.6, 1)
	depths := make([]float64, len(p.depths))
	for n, k := range p.depths {
		depths[n] = 0.6 * float64(k)
	}
	return map[string]vspace{
		"chains": chains(t, o, l, blocks, p.depths, 5), "balanced": balanced(t, o, l, blocks, depths, 5),
	}
}

// vectorsOf reads the vectors of a block off a model through its Project: those of a depth-0 model.
func vectorsOf(sys vspace, r int) [][]float64 {
	switch m := sys.(type) {
	case *Chains:
		return m.Block(r).Vectors()
	case *Balanced:
		return m.Vectors(r)
	}
	panic("no such model")
}

func TestHessianEqualsDifferencesOfGradient(t *testing.T) {
	const blocks = 19
	active := []int{4, 0, 18, 9, 1, 2, 10, 11, 12, 7} // two lane groups
	for _, p := range problems {
		for _, l := range losses {
			if l == loss.HuberDefault {
				l = loss.Huber{Delta: 0.3} // both branches
			}
			for kind, sys := range bothModels(t, p, l, blocks) {
				t.Run(fmt.Sprint(p, l.Name(), kind), func(t *testing.T) {
					flatModel := chains(t, someCells(t, p.shape, 0.6, 1), l, blocks, []int{0}, 5)
					set := func(x []float64) {
						for _, r := range active {
							b := flatModel.Block(r)
							for n := range b.W {
								copy(b.W[n], x)
								x = x[len(b.W[n]):]
							}
							flatModel.SetBlock(r, b)
						}
					}
					var at []float64
					for r := range blocks {
						b := flatModel.Block(r)
						b.W = vectorsOf(sys, r)
						flatModel.SetBlock(r, b)
					}
					for _, r := range active {
						at = append(at, slices.Concat(vectorsOf(sys, r)...)...)
					}
					sys.Gradient(0, nil)
					lin := sys.Linearise(active)
					dim, rows := lin.Dim(), byBlock(lin, p.shape, active)
					h := make([]float64, dim*dim)
					for i := range h {
						h[i] = math.NaN()
					}
					lin.Hessian(h)
					want := mat.NewDense(len(at), len(at), nil)
					fd.Jacobian(want, func(y, x []float64) {
						set(x)
						flatModel.Gradient(0, nil)
						change := flatModel.Linearise(active)
						b := make([]float64, change.Dim())
						change.Project(b, []Term{{0, -1}})
						copy(y, pick(b, rows))
					}, at, &fd.JacobianSettings{Formula: fd.Central})
					for i, row := range rows {
						near(t, fmt.Sprint("row ", i), pick(h[row*dim:][:dim], rows), want.RawRowView(i), 1e-7*scaleOf(want, i))
					}
					used := map[int]bool{}
					for _, row := range rows {
						used[row] = true
					}
					for i, value := range h {
						if (!used[i/dim] || !used[i%dim]) && value != 0 {
							t.Fatalf("the Hessian's padding holds %v", value)
						}
					}

					x, got, product := make([]float64, dim), make([]float64, dim), make([]float64, dim)
					random := normals(dim, 3)
					for _, row := range rows {
						x[row] = random[row]
					}
					lin.HessianVec(got, x)
					for i := range product {
						product[i] = dot(h[i*dim:][:dim], x)
					}
					near(t, "H x", got, product, 1e-12)
				})
			}
		}
	}
}

// scaleOf returns how much larger the largest entry of a matrix is than the largest of its row i.
func scaleOf(m *mat.Dense, i int) float64 {
	var row, all float64
	rows, _ := m.Dims()
	for j := range rows {
		for _, v := range m.RawRowView(j) {
			all = math.Max(all, math.Abs(v))
			if j == i {
				row = math.Max(row, math.Abs(v))
			}
		}
	}
	return math.Max(1, all/math.Max(row, 1e-300))
}

// byBlock lists the positions in v-space block by block, mode by mode, by the documented layout.
func byBlock(lin Linearisation, shape tensor.Shape, active []int) []int {
	width := 0
	for _, d := range shape {
		width += d
	}
	var rows []int
	for a := range active {
		for i := range width {
			rows = append(rows, (a/8*width+i)*8+a%8)
		}
	}
	sorted := slices.Sorted(slices.Values(rows))
	if !slices.Equal(sorted, lin.Rows(nil)) {
		panic("Rows is not what the layout says")
	}
	return rows
}

func TestRowBlocksAreGaussNewtonRows(t *testing.T) {
	active := []int{4, 0, 9, 1, 2, 10, 11, 12, 7}
	for _, p := range problems {
		for _, sys := range bothModels(t, p, loss.Square, 13) {
			sys.Gradient(0, nil)
			lin := sys.Linearise(active)
			dim, width := lin.Dim(), 0
			for _, d := range p.shape {
				width += d
			}
			count := len(active)
			got := make([]float64, width*count*count)
			lin.RowBlocks(got)
			// One mode, one index: the Hessian has no residual term there, for any two blocks.
			h := make([]float64, dim*dim)
			lin.Hessian(h)
			for row := range width {
				for a := range count {
					for b := range count {
						i, j := (a/8*width+row)*8+a%8, (b/8*width+row)*8+b%8
						nearly(t, p.String(), got[(row*count+a)*count+b], h[i*dim+j], 1e-11)
					}
				}
			}
		}
	}
}

func TestProjectIsDerivativeOfVectors(t *testing.T) {
	const step = 1e-5
	active := []int{3, 0, 9}
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		c := chains(t, o, loss.Square, 11, p.depths, 5)
		terms := stages(c, active)
		got := make([]float64, c.lin.Dim())
		c.lin.Project(got, terms)
		shifted := func(s float64) []float64 {
			scaled := slices.Clone(terms)
			for i := range scaled {
				scaled[i].C *= s
			}
			twin := chains(t, o, loss.Square, 11, p.depths, 5)
			stages(twin, active)
			twin.Move(scaled)
			var v []float64
			for _, r := range active {
				v = append(v, slices.Concat(twin.Block(r).Vectors()...)...)
			}
			return v
		}
		plus, minus := shifted(step), shifted(-step)
		want := make([]float64, len(plus))
		for i := range want {
			want[i] = (plus[i] - minus[i]) / (2 * step)
		}
		near(t, p.String(), pick(got, byBlock(&c.lin, p.shape, active)), want, 1e-8)
	}
}

func TestLiftIsAdjointOfProject(t *testing.T) {
	active := []int{17, 3, 0, 9, 10, 11, 12, 13, 14, 5}
	for _, p := range problems {
		c := chains(t, someCells(t, p.shape, 0.6, 1), loss.LogCosh, 18, p.depths, 5)
		z, lin := stages(c, active), &c.lin
		projected := make([]float64, lin.Dim())
		lin.Project(projected, z)
		omega, random := make([]float64, lin.Dim()), normals(lin.Dim(), 8)
		for _, row := range lin.Rows(nil) {
			omega[row] = random[row]
		}
		lin.SetLift(3, omega)
		nearly(t, p.String(), dot(direction(c, z), direction(c, []Term{{Lift(3), 1}})), dot(projected, omega), 1e-11)
	}
}

// gram returns K = Jᵥ Jᵥᵀ column by column, from Project and SetLift.
func gram(lin Linearisation) *mat.Dense {
	rows := lin.Rows(nil)
	k := mat.NewDense(len(rows), len(rows), nil)
	for j, row := range rows {
		omega, out := make([]float64, lin.Dim()), make([]float64, lin.Dim())
		omega[row] = 1
		lin.SetLift(0, omega)
		lin.Project(out, []Term{{Lift(0), 1}})
		k.SetCol(j, pick(out, rows))
	}
	return k
}

func TestTimesGram(t *testing.T) {
	active := []int{17, 3, 0, 9, 10, 11, 12, 13, 14, 5}
	for _, p := range problems {
		for kind, sys := range bothModels(t, p, loss.Square, 18) {
			for _, damp := range [][]float64{nil, {1, 0.5, 0.25, 1, 1, 0.125, 1, 1, 0.5, 2}} {
				sys.Gradient(0, nil)
				lin := sys.Linearise(active)
				if damp != nil {
					lin.Damp(damp)
				}
				dim, rows := lin.Dim(), lin.Rows(nil)
				k := gram(lin)
				h, out := make([]float64, dim*dim), make([]float64, dim*dim)
				random := mat.NewDense(len(rows), len(rows), normals(len(rows)*len(rows), 4))
				for i, row := range rows {
					for j, column := range rows {
						h[row*dim+column] = random.At(i, j)
					}
				}
				lin.TimesGram(out, h, rows)
				var want mat.Dense
				want.Mul(random, k)
				for i, row := range rows {
					near(t, fmt.Sprint(p, kind), pick(out[row*dim:][:dim], rows), want.RawRowView(i), 1e-11)
				}
			}
		}
	}
}

// The balanced model's K is that of the chains it stands for.
func TestGramOfCollapsedChain(t *testing.T) {
	o := someCells(t, tensor.Shape{4, 3, 3}, 0.7, 1)
	active := []int{2, 0}
	c, b := chains(t, o, loss.Square, 3, []int{2, 0, 1}, 1), balanced(t, o, loss.Square, 3, []float64{2, 0, 1}, 1)
	start := StartConfig{Start: BalancedChain, SigmaW: 0.8, Seed: 3}
	if err := c.Draw(start); err != nil {
		t.Fatal(err)
	}
	if err := b.Draw(start); err != nil {
		t.Fatal(err)
	}
	c.Gradient(0, nil)
	b.Gradient(0, nil)
	explicit, collapsed := gram(c.Linearise(active)), gram(b.Linearise(active))
	if !mat.EqualApprox(explicit, collapsed, 1e-12) {
		t.Errorf("explicit\n%v\ncollapsed\n%v", mat.Formatted(explicit), mat.Formatted(collapsed))
	}
}

func TestDampSlotScalesOneBlock(t *testing.T) {
	active := []int{9, 2, 5}
	factors := []float64{0.5, 0.125, 1}
	for _, p := range problems {
		for kind, sys := range bothModels(t, p, loss.Square, 11) {
			sys.Gradient(0, nil)
			all := sys.Linearise(indices(11))
			before, after := make([]float64, all.Dim()), make([]float64, all.Dim())
			all.Project(before, []Term{{0, 1}})
			sys.Linearise(active).DampSlot(0, factors)
			sys.Linearise(indices(11)).Project(after, []Term{{0, 1}})
			width := len(after) / 16
			for a, r := range active {
				for i := range width {
					before[(r/8*width+i)*8+r%8] *= factors[a]
				}
			}
			near(t, fmt.Sprint(p, kind), after, before, 1e-13)
		}
	}
}

// Stiffness, and Tighten more closely, bound the largest eigenvalue of Jᵥᵀ H Jᵥ, H the Gauss–Newton Hessian of one
// block.
func TestStiffnessIsABound(t *testing.T) {
	closer := 0
	for seed := range uint64(6) {
		for _, p := range problems {
			for kind, sys := range bothModels(t, p, losses[seed%4], 3) {
				sys.Gradient(0, nil)
				bound := make([]float64, 3)
				sys.Stiffness(bound)
				if c, ok := sys.(*Chains); ok {
					loose := slices.Clone(bound)
					c.Tighten(bound, []int{0, 2})
					for r := range bound {
						if bound[r] > loose[r] || r == 1 && bound[r] != loose[r] {
							t.Errorf("%v block %d: %v became %v", p, r, loose[r], bound[r])
						}
						if bound[r] < loose[r]/2 {
							closer++
						}
					}
				}
				for r := range 3 {
					k := gram(sys.Linearise([]int{r}))
					n, _ := k.Dims()
					h := gaussNewton(sys, p.shape)
					// The eigenvalues of H K are those of Jᵀ H J, but for zeros.
					var hk mat.Dense
					hk.Mul(h, k)
					var eigen mat.Eigen
					if !eigen.Factorize(&hk, mat.EigenNone) {
						t.Fatal("no eigenvalues")
					}
					largest := 0.0
					for _, value := range eigen.Values(nil) {
						largest = math.Max(largest, real(value))
					}
					if largest > bound[r]*(1+1e-12) {
						t.Errorf("%v %s block %d: eigenvalue %v above the bound %v", p, kind, r, largest, bound[r])
					}
					if largest == 0 || n == 0 {
						t.Error("nothing was compared")
					}
				}
			}
		}
	}
	if closer == 0 {
		t.Error("Tighten halved no bound")
	}
}

// gaussNewton returns Σ_c ℓ”/|Ω| p pᵀ of the one active block, p_n = Π_{m≠n} v^m at row c_n.
func gaussNewton(sys vspace, shape tensor.Shape) *mat.Dense {
	var o *Objective
	var r int
	switch m := sys.(type) {
	case *Chains:
		o, r = m.ObjectiveOf, m.lin.active[0]
	case *Balanced:
		o, r = m.Objective, m.lin.active[0]
	}
	v := vectorsOf(sys, r)
	var start []int
	width := 0
	for _, d := range shape {
		start = append(start, width)
		width += d
	}
	h := mat.NewDense(width, width, nil)
	for c, a := range o.Observed().Values {
		_, _, second := o.loss.At(o.Prediction()[c], a)
		p := mat.NewVecDense(width, nil)
		for n := range shape {
			product := 1.0
			for m := range shape {
				if m != n {
					product *= v[m][o.Observed().Index[m][c]]
				}
			}
			p.SetVec(start[n]+int(o.Observed().Index[n][c]), product)
		}
		h.RankOne(h, second/float64(o.Observed().Len()), p, p)
	}
	return h
}

func TestLogRatesAreRatesOfDeepNorms(t *testing.T) {
	const step = 1e-6
	for _, p := range problems {
		o := someCells(t, p.shape, 0.6, 1)
		norms := func(s float64) []float64 {
			c := chains(t, o, loss.Square, 3, p.depths, 5)
			c.Gradient(0, nil)
			c.Move([]Term{{0, s}})
			c.Gradient(1, nil)
			out := make([]float64, 3)
			c.DeepNorms(out)
			return out
		}
		plus, minus := norms(step), norms(-step)
		want := make([]float64, 3)
		for r := range want {
			want[r] = math.Log(plus[r]/minus[r]) / (2 * step)
		}
		c := chains(t, o, loss.Square, 3, p.depths, 5)
		c.Gradient(0, nil)
		lin := c.Linearise([]int{0, 1, 2})
		change := make([]float64, lin.Dim())
		lin.Project(change, []Term{{0, 1}})
		near(t, p.String(), lin.LogRates(change), want, 1e-7)
	}
}
