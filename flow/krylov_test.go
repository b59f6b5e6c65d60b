package flow

import (
	"context"
	"math"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
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
