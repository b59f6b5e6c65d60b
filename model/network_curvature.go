package model

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// MostImplicit is the number of parameters of a Network up to which its Hessian is formed at every step.
const MostImplicit = 512

// hessian is the Hessian of L at θ, the point of the last evaluation of all cells.
func (n *Network) hessian() []float64 {
	if n.curvature == nil {
		dim := len(n.theta)
		n.curvature = make([]float64, dim*dim)
		x := make([]float64, dim)
		for i := range dim {
			x[i] = 1
			n.multiplyHessian(n.curvature[i*dim:][:dim], x)
			x[i] = 0
		}
	}
	return n.curvature
}

// Stiffness sets all of out to the largest eigenvalue of the Hessian, to a twentieth and rounded up by a tenth; 0 for a
// network of more than MostImplicit parameters, which an explicit method can follow.
func (n *Network) Stiffness(out []float64) {
	bound := 0.0
	if len(n.theta) <= MostImplicit {
		if values, err := n.largest(1, 0.05); err == nil && len(values) > 0 {
			bound = math.Max(0, 1.1*values[0])
		} else {
			bound = linalg.Norm(n.hessian()) // the Frobenius norm, which no eigenvalue exceeds
		}
	}
	for l := range out {
		out[l] = bound
	}
}

// Sharpness returns the largest eigenvalues of the Hessian of L by θ at θ, in falling order: at most count. Their relative
// error is below tolerance, of those below a thousandth of the largest relative to that thousandth. An error means that
// Lanczos' method did not converge.
func (n *Network) Sharpness(count int, tolerance float64) ([]float64, error) {
	n.evaluate(n.theta, n.trial, nil, nil)
	return n.largest(count, tolerance/4)
}

// largest is Sharpness at the last evaluation of all cells.
func (n *Network) largest(count int, tolerance float64) ([]float64, error) {
	dim := len(n.theta)
	padded := (dim + kernel.Lanes - 1) / kernel.Lanes * kernel.Lanes
	stream := rng.New(0, "sharpness")
	draw := func() []float64 {
		start := make([]float64, padded)
		for i := range dim {
			start[i] = stream.NormFloat64()
		}
		return start
	}
	multiply := func(out, x []float64) {
		clear(out)
		n.multiplyHessian(out[:dim], x[:dim])
	}
	return linalg.Lanczos(multiply, draw, count, tolerance, min(padded, max(300, 8*count)), 1)
}

// Linearise returns the network itself, at the current point. The space is that of the parameters, all of which are
// treated alike, whatever singular values are called active.
func (n *Network) Linearise(active []int) Linearisation {
	n.live = append(n.live[:0], active...)
	n.damp = 1
	return n
}

// Width returns the share of a singular value in the parameters.
func (n *Network) Width() int { return (len(n.theta) + n.Blocks() - 1) / n.Blocks() }

// Damp slows the whole network down by factors[0], a power of two; all are equal, as Stiffness is.
func (n *Network) Damp(factors []float64) { n.damp = factors[0] }

// DampSlot multiplies the direction in gradient slot j by factors[0].
func (n *Network) DampSlot(j int, factors []float64) { linalg.Scale(n.slots[j], factors[0]) }

// ActiveBlocks returns the number of singular values that the last Linearise named.
func (n *Network) ActiveBlocks() int { return len(n.live) }

// Dim returns the number of parameters.
func (n *Network) Dim() int { return len(n.theta) }

// Rows appends to rows[:0] all positions.
func (n *Network) Rows(rows []int) []int {
	rows = rows[:0]
	for i := range n.theta {
		rows = append(rows, i)
	}
	return rows
}

// Project sets b = Σ terms.
func (n *Network) Project(b []float64, terms []Term) {
	clear(b)
	n.addTerms(b, terms)
}

// SetLift sets lift slot j to omega (damped).
func (n *Network) SetLift(j int, omega []float64) {
	into := n.slot(Lift(j))
	copy(into, omega)
	linalg.Scale(into, n.damp)
}

// Hessian fills h with the exact Hessian of L by the parameters.
func (n *Network) Hessian(h []float64) { copy(h, n.hessian()) }

// HessianVec sets out = H x.
func (n *Network) HessianVec(out, x []float64) {
	h, dim := n.hessian(), len(n.theta)
	for i := range out {
		out[i] = linalg.Dot(h[i*dim:][:dim], x)
	}
}

// RowBlocks is not defined for a network, whose parameters are one space; the dense solver does without it.
func (n *Network) RowBlocks([]float64) { panic("model: RowBlocks: a network is solved densely") }

// GramScale sets out to the factor of Damp.
func (n *Network) GramScale(out []float64) {
	for i := range out {
		out[i] = n.damp
	}
}

// GramIsIdentity reports whether nothing is damped.
func (n *Network) GramIsIdentity() bool { return n.damp == 1 }

// TimesGram sets the given rows of out to those of h (damped): the space is that of the parameters, so K is the identity.
func (n *Network) TimesGram(out, h []float64, rows []int) {
	dim := len(n.theta)
	for _, row := range rows {
		copy(out[row*dim:][:dim], h[row*dim:])
		linalg.Scale(out[row*dim:][:dim], n.damp)
	}
}

// LogRates returns d ln σ_l/dt of the active singular values, given dθ/dt: with q the eigenvector of X Xᵀ for σ², X the
// unfolding, it is qᵀ (dX/dt) Xᵀ q / σ².
func (n *Network) LogRates(change []float64) []float64 {
	moved := n.rate(change)
	rates := make([]float64, 0, len(n.live))
	var all []float64
	for _, u := range n.unfoldings {
		values, vectors := linalg.Eigen(rowGram(n.whole(), n.whole(), u.before, u.along, u.after), u.along)
		cross := rowGram(moved, n.whole(), u.before, u.along, u.after)
		for l, square := range values[:u.count] {
			q := vectors[l*u.along:][:u.along]
			var sum float64
			for i, x := range q {
				sum = math.FMA(x, linalg.Dot(cross[i*u.along:][:u.along], q), sum)
			}
			all = append(all, sum/square)
		}
	}
	for _, l := range n.live {
		rates = append(rates, all[l])
	}
	return rates
}
