package flow

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

// linear is a linearisation of one active block, so that each row is a number, with given H and a diagonal K, both in
// places of which every eighth is used.
type linear struct {
	model.Linearisation
	h, k []float64 // rows×rows and rows
	lift []float64
}

func (l *linear) at(row int) int       { return 8 * row }
func (l *linear) Dim() int             { return 8 * len(l.k) }
func (l *linear) ActiveBlocks() int    { return 1 }
func (l *linear) GramIsIdentity() bool { return false }

func (l *linear) Rows(rows []int) []int {
	rows = rows[:0]
	for i := range l.k {
		rows = append(rows, l.at(i))
	}
	return rows
}

func (l *linear) RowBlocks(out []float64) {
	for i := range l.k {
		out[i] = l.h[i*len(l.k)+i]
	}
}

func (l *linear) GramScale(out []float64) {
	for i, v := range l.k {
		out[l.at(i)] = v
	}
}

func (l *linear) SetLift(_ int, omega []float64) { l.lift = append(l.lift[:0], omega...) }

func (l *linear) Project(b []float64, _ []model.Term) {
	for i, v := range l.k {
		b[l.at(i)] = v * l.lift[l.at(i)]
	}
}

func (l *linear) HessianVec(out, x []float64) {
	n := len(l.k)
	clear(out)
	for i := range n {
		for j := range n {
			out[l.at(i)] += l.h[i*n+j] * x[l.at(j)]
		}
	}
}

// GMRES solves random systems as a dense factorisation does.
func TestKrylovSolvesAsLU(t *testing.T) {
	stream := rng.New(3, "krylov")
	for _, n := range []int{1, 7, 60} {
		for _, gh := range []float64{1e-3, 1, 30} {
			half := make([]float64, n*n)
			for i := range half {
				half[i] = stream.NormFloat64()
			}
			l := &linear{h: linalg.Multiply(half, linalg.Transpose(half, n, n), n, n, n), k: make([]float64, n)}
			linalg.Scale(l.h, 1/float64(n))
			for i := range l.k {
				l.k[i] = 0.5 + stream.Float64()
			}
			q, want := make([]float64, l.Dim()), make([]float64, n)
			for i := range want {
				want[i] = stream.NormFloat64()
				q[l.at(i)] = want[i]
			}
			var lu linalg.LU
			m := lu.Matrix(n)
			for i := range n {
				for j := range n {
					m[i*n+j] = gh * l.h[i*n+j] * l.k[j]
				}
				m[i*n+i]++
			}
			if err := lu.Factor(); err != nil {
				t.Fatal(err)
			}
			lu.Solve(want)
			var k krylov
			k.prepare(l)
			if err := k.factor(gh); err != nil {
				t.Fatal(err)
			}
			if err := k.solve(q); err != nil {
				t.Fatalf("%d rows, γh = %v: %v", n, gh, err)
			}
			size := linalg.Norm(want)
			for i, v := range want {
				if got := q[l.at(i)]; math.Abs(got-v) > 1e-8*size {
					t.Fatalf("%d rows, γh = %v: ω[%d] = %v, by LU %v", n, gh, i, got, v)
				}
			}
		}
	}
}

// On the curvature of the models, with blocks of two lane groups, damped or not, GMRES agrees with the dense solver.
func TestKrylovSolvesAsDense(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{5, 3, 4}, []float64{1.5, 0.8}, 0.8, 3)
	active := []int{0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13}
	config := model.BalancedConfig{Blocks: 14, Depths: []float64{0, 1.5, 2}}
	collapsed, err := model.NewBalanced(train, loss.LogCosh, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := collapsed.Draw(model.StartConfig{SigmaW: 0.5, Seed: 5}); err != nil {
		t.Fatal(err)
	}
	for name, sys := range map[string]Linearisable{
		"flat":      newChains(t, train, options{blocks: 14, depths: []int{0}, w: 0.5, seed: 5}),
		"deep":      newChains(t, train, options{blocks: 14, depths: []int{2, 0, 1}, w: 0.5, a: 0.4, seed: 5}),
		"collapsed": collapsed,
	} {
		for _, damped := range []bool{false, true} {
			for _, gh := range []float64{1e-2, 1, 3} {
				sys.Gradient(0, nil)
				lin := sys.Linearise(active)
				if damped {
					lin.Damp([]float64{1, 0.5, 0.25, 1, 1, 0.125, 1, 1, 0.5, 1, 0.5})
				}
				var solutions, products [2][]float64
				for i, s := range []solver{new(dense), new(krylov)} {
					s.prepare(lin)
					q, product := make([]float64, lin.Dim()), make([]float64, lin.Dim())
					for j, row := range lin.Rows(nil) {
						q[row] = math.Sin(float64(j + 1))
					}
					s.multiply(product, q)
					if err := s.factor(gh); err != nil {
						t.Fatal(err)
					}
					if err := s.solve(q); err != nil {
						t.Fatalf("%s, damped %v, γh = %v: %v", name, damped, gh, err)
					}
					solutions[i], products[i] = q, product
				}
				for what, both := range map[string][2][]float64{"solution": solutions, "product by H": products} {
					size := linalg.Norm(both[0])
					for i, want := range both[0] {
						if got := both[1][i]; math.Abs(got-want) > 1e-7*size {
							t.Fatalf("%s, damped %v, γh = %v: %s[%d] = %v, densely %v", name, damped, gh, what, i, got, want)
						}
					}
				}
			}
		}
	}
}

// The preconditioner inverts I + γh·D κ row by row: D the Hessian between blocks at one row, κ = K where it is
// diagonal.
func TestKrylovPreconditionsRowByRow(t *testing.T) {
	const gh = 0.7
	train, _ := lowRank(t, tensor.Shape{5, 3, 4}, []float64{1.5, 0.8}, 0.8, 3)
	sys := newChains(t, train, options{blocks: 14, depths: []int{0}, w: 0.5, seed: 5})
	sys.Gradient(0, nil)
	lin := sys.Linearise([]int{0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13})
	lin.Damp([]float64{1, 0.5, 0.25, 1, 1, 0.125, 1, 1, 0.5, 1, 0.5})
	dim, width, rows := lin.Dim(), sys.Width(), lin.Rows(nil)
	h, hk := make([]float64, dim*dim), make([]float64, dim*dim)
	lin.Hessian(h)
	lin.TimesGram(hk, h, rows)
	var k krylov
	k.prepare(lin)
	if err := k.factor(gh); err != nil {
		t.Fatal(err)
	}
	want, got := make([]float64, dim), make([]float64, dim)
	for i, row := range rows {
		want[row] = math.Sin(float64(i + 1))
	}
	for _, p := range rows {
		got[p] = want[p]
		for _, q := range rows {
			if p/8%width == q/8%width { // the same mode and index
				got[p] += gh * hk[p*dim+q] * want[q]
			}
		}
	}
	k.precondition(got)
	for _, row := range rows {
		if math.Abs(got[row]-want[row]) > 1e-12 {
			t.Errorf("entry %d: %v, want %v", row, got[row], want[row])
		}
	}
}

// What does not converge is an error, for which the controller takes a smaller step; nothing in, nothing out.
func TestKrylovGivesUp(t *testing.T) {
	// The eigenvalues of I + 30 H lie all around zero: no polynomial of a lower degree than H is small there.
	const n = 2 * restart
	shift := &linear{h: make([]float64, n*n), k: slices.Repeat([]float64{1}, n)}
	for i := range n {
		shift.h[i*n+(i+1)%n] = 1
	}
	var k krylov
	k.prepare(shift)
	if err := k.factor(30); err != nil {
		t.Fatal(err)
	}
	q := make([]float64, shift.Dim())
	if err := k.solve(q); err != nil || linalg.Norm(q) != 0 {
		t.Errorf("nothing is solved by %v, error %v", q, err)
	}
	for _, value := range []float64{1, math.NaN()} {
		q[0] = value
		if err := k.solve(q); !errors.Is(err, errKrylov) {
			t.Errorf("right side %v: error %v", value, err)
		}
	}
	shift.h[0] = -1 // the preconditioner of this row vanishes
	k.prepare(shift)
	if err := k.factor(1); err == nil {
		t.Error("a preconditioner without an inverse was accepted")
	}
}

// A run whose every implicit step is solved by GMRES is the run of the dense solver.
func TestKrylovRunsAsDense(t *testing.T) {
	train, _ := lowRank(t, tensor.Shape{6, 5, 4}, []float64{1.5, 0.8}, 0.8, 3)
	for _, depth := range []int{0, 1} {
		var results [2]Result
		var norms [2][]float64
		for i, limit := range []int{denseLimit, 0} {
			sys := newChains(t, train, options{blocks: 4, depths: []int{depth}, w: 0.03, a: 0.2, seed: 5})
			in := newIntegrator(t, sys, Settings{Stop: Stop{Time: 1e6}})
			w := in.method.(*controller).pair.(*wMethod)
			w.set.denseLimit, w.implicit.denseLimit = limit, limit
			results[i] = in.Run(context.Background(), nil)
			if used := w.implicit.krylov.lin != nil; used != (limit == 0) {
				t.Fatalf("depth %d, limit %d: GMRES used: %v", depth, limit, used)
			}
			norms[i] = make([]float64, sys.Blocks())
			sys.DeepNorms(norms[i])
		}
		dense, got := results[0], results[1]
		if len(got.EmergenceTimes()) == 0 || len(got.EmergenceTimes()) != len(dense.EmergenceTimes()) {
			t.Fatalf("depth %d: blocks emerge at %v, densely at %v", depth, got.EmergenceTimes(), dense.EmergenceTimes())
		}
		if worst := worstDifference(got.EmergenceTimes(), dense.EmergenceTimes()); worst > 1e-4 {
			t.Errorf("depth %d: blocks emerge at %v, densely at %v", depth, got.EmergenceTimes(), dense.EmergenceTimes())
		}
		for r, want := range norms[1] {
			if math.Abs(norms[0][r]-want) > 1e-4*norms[1][0] {
				t.Errorf("depth %d: ‖block %d‖ = %v densely, by GMRES %v", depth, r, norms[0][r], want)
			}
		}
	}
}

// A singular system gives an error, not the huge vector that the iteration takes for its solution.
func TestKrylovRefusesASingularSystem(t *testing.T) {
	for name, l := range map[string]*linear{
		"a zero matrix on every second pair": {h: []float64{0, -1, -1, 0}, k: []float64{1, 1}},
		"rank one":                           {h: []float64{0, -2, -0.5, 0}, k: []float64{1, 1}},
		"a cycle of three":                   {h: []float64{0, -1, 0, 0, 0, -1, -1, 0, 0}, k: []float64{1, 1, 1}},
	} {
		var k krylov
		k.prepare(l)
		if err := k.factor(1); err != nil {
			t.Fatal(err)
		}
		q := make([]float64, l.Dim())
		q[0] = 1
		if err := k.solve(q); !errors.Is(err, errKrylov) {
			t.Errorf("%s: solved by %v, error %v", name, q, err)
		}
	}
}
