package flow

import (
	"errors"
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/model"
)

// errKrylov says that the iteration did not converge; a smaller step makes the system better conditioned.
var errKrylov = errors.New("flow: the Krylov solver did not converge")

// krylov solves (I + gh·H K) ω = q by restarted GMRES with products by H and K alone, preconditioned from the left
// by the rows that alternating least squares would solve: for every row (mode, index) the |active|×|active|
// matrix I + gh·D κ, D its Gauss–Newton block and κ the scale of K.
type krylov struct {
	lin     model.Linearisation
	gh      float64
	dim     int
	count   int // active blocks
	rows    []int
	blocks  []float64
	scale   []float64
	factors []linalg.LU
	x       []float64
	lift    []float64
	basis   [][]float64
	small   []float64
}

const (
	restart         = 40
	restarts        = 8
	krylovTolerance = 1e-10
	// sound is by how much rounding may raise the true residual above the one that the iteration keeps account of; where
	// the system is singular, that one vanishes and the true one grows without bound.
	sound = 1e6
)

func (k *krylov) prepare(lin model.Linearisation) {
	k.lin, k.dim = lin, lin.Dim()
	k.rows = lin.Rows(k.rows)
	k.count = lin.ActiveBlocks()
	k.blocks = grow(k.blocks, len(k.rows)*k.count)
	lin.RowBlocks(k.blocks)
	k.scale = grow(k.scale, k.dim)
	lin.GramScale(k.scale)
	k.x, k.lift = grow(k.x, k.dim), grow(k.lift, k.dim)
	k.small = grow(k.small, k.count)
}

// place returns the position in a v-space vector of active block a in row (mode, index).
func (k *krylov) place(a, row int) int {
	width := len(k.rows) / k.count
	return (a/8*width+row)*8 + a%8
}

func (k *krylov) factor(gh float64) error {
	k.gh = gh
	width := len(k.rows) / k.count
	for len(k.factors) < width {
		k.factors = append(k.factors, linalg.LU{})
	}
	for row := range width {
		m := k.factors[row].Matrix(k.count)
		block := k.blocks[row*k.count*k.count:]
		for a := range k.count {
			for b := range k.count {
				m[a*k.count+b] = gh * block[a*k.count+b] * k.scale[k.place(b, row)]
			}
			m[a*k.count+a]++
		}
		if err := k.factors[row].Factor(); err != nil {
			return err
		}
	}
	return nil
}

func (k *krylov) precondition(x []float64) {
	for row := range len(k.rows) / k.count {
		for a := range k.count {
			k.small[a] = x[k.place(a, row)]
		}
		k.factors[row].Solve(k.small)
		for a := range k.count {
			x[k.place(a, row)] = k.small[a]
		}
	}
}

// apply sets out = (I + gh·H K) x.
func (k *krylov) apply(out, x []float64) {
	gram := x
	if !k.lin.GramIsIdentity() {
		const scratch = model.Stages - 1
		k.lin.SetLift(scratch, x)
		k.lin.Project(k.lift, []model.Term{{Slot: model.Lift(scratch), C: 1}})
		gram = k.lift
	}
	k.lin.HessianVec(out, gram)
	for i := range out {
		out[i] = math.FMA(k.gh, out[i], x[i])
	}
}

func (k *krylov) multiply(out, x []float64) { k.lin.HessianVec(out, x) }

func (k *krylov) solve(q []float64) error {
	x := k.x
	clear(x)
	residual := append([]float64(nil), q...)
	k.precondition(residual)
	target := krylovTolerance * linalg.Norm(residual)
	if target == 0 {
		clear(q)
		return nil
	}
	for range restarts {
		met := k.cycle(x, residual, target)
		k.apply(residual, x)
		for i := range residual {
			residual[i] = q[i] - residual[i]
		}
		k.precondition(residual)
		size := linalg.Norm(residual)
		if size <= target || met && size <= sound*target {
			copy(q, x)
			return nil
		}
		if math.IsNaN(size) {
			break
		}
	}
	return errKrylov
}

// cycle improves x by up to restart Arnoldi steps from the preconditioned residual and reports whether the target was
// met.
func (k *krylov) cycle(x, residual []float64, target float64) bool {
	for len(k.basis) < restart+1 {
		k.basis = append(k.basis, nil)
	}
	beta := linalg.Norm(residual)
	k.basis[0] = append(k.basis[0][:0], residual...)
	linalg.Scale(k.basis[0], 1/beta)
	var h [restart + 1][restart]float64
	var cos, sin [restart]float64
	g := [restart + 1]float64{beta}
	steps, met := 0, false
	for j := range restart {
		k.basis[j+1] = grow(k.basis[j+1], k.dim)
		next := k.basis[j+1]
		k.apply(next, k.basis[j])
		k.precondition(next)
		for range 2 {
			for i := range j + 1 {
				along := linalg.Dot(k.basis[i], next)
				h[i][j] += along
				linalg.Axpy(next, -along, k.basis[i])
			}
		}
		h[j+1][j] = linalg.Norm(next)
		for i := range j {
			x, y := h[i][j], h[i+1][j]
			h[i][j], h[i+1][j] = float64(cos[i]*x)+float64(sin[i]*y), float64(cos[i]*y)-float64(sin[i]*x)
		}
		length := portable.Hypot(h[j][j], h[j+1][j])
		if length == 0 || math.IsNaN(length) {
			break
		}
		cos[j], sin[j] = h[j][j]/length, h[j+1][j]/length
		last := h[j+1][j]
		h[j][j], h[j+1][j] = length, 0
		g[j], g[j+1] = cos[j]*g[j], -sin[j]*g[j]
		steps = j + 1
		if met = math.Abs(g[j+1]) <= target; met || last == 0 {
			break
		}
		linalg.Scale(next, 1/last)
	}
	for j := steps - 1; j >= 0; j-- {
		for i := j + 1; i < steps; i++ {
			g[j] -= float64(h[j][i] * g[i])
		}
		g[j] /= h[j][j]
	}
	for j := range steps {
		linalg.Axpy(x, g[j], k.basis[j])
	}
	return met
}
