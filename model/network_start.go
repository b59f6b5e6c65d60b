package model

import (
	"fmt"
	"math"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// NetworkStarts lists the starts of a Network.
func NetworkStarts() []Start { return []Start{Gaussian, BalancedGeneral, BalancedChain} }

// Draw sets a start.
//
// Gaussian: entries N(0, σ_A²) of the matrices A, N(0, σ_w²) of all other factors.
//
// BalancedGeneral: every conserved quantity is 0. Along every bond the factors are diagonal with the same numbers s_1,
// s_2, …, absolute values of N(0, σ_w²), as many as the smallest bond allows, so that the tensor is the sum over r of
// s_r^F times an outer product of unit vectors, F the number of factors; the vectors of a mode are orthonormal.
//
// BalancedChain: that with s_1 = σ_w alone. Then all factors have rank one and keep it.
func (n *Network) Draw(config StartConfig) error {
	config = config.withDefaults()
	if err := config.check(); err != nil {
		return err
	}
	if !slices.Contains(NetworkStarts(), config.Start) {
		return fmt.Errorf("model: start %q is not one of %s, choose among %v", config.Start, n.config.Kind, NetworkStarts())
	}
	n.curvature = nil
	stream := rng.New(config.Seed, "start")
	if config.Start == Gaussian {
		for i, f := range n.factors {
			sigma := config.SigmaW
			if f.matrix > 0 {
				sigma = config.SigmaA
			}
			values := n.part(n.theta, i)
			for j := range values {
				values[j] = sigma * stream.NormFloat64()
			}
		}
		return nil
	}
	components := slices.Min(n.shape)
	for _, b := range n.bonds {
		components = min(components, b.size)
	}
	s := []float64{config.SigmaW}
	if config.Start == BalancedGeneral {
		s = make([]float64, components)
		for r := range s {
			s[r] = math.Abs(config.SigmaW * stream.NormFloat64())
		}
	}
	for i := range n.factors {
		n.setDiagonal(i, s, stream)
	}
	return nil
}

// setDiagonal sets a factor to Σ_r s_r e_r ⊗ … ⊗ e_r along its bonds, with orthonormal vectors u_r along its mode.
func (n *Network) setDiagonal(i int, s []float64, stream *rng.Stream) {
	f, values := &n.factors[i], n.part(n.theta, i)
	clear(values)
	vectors := [][]float64{{1}}
	if f.open >= 0 {
		vectors = orthonormal(f.sizes[f.open], len(s), stream)
	}
	for r, size := range s {
		u := vectors[min(r, len(vectors)-1)]
		for k, x := range u {
			at := 0
			for axis, d := range f.sizes {
				index := r
				switch {
				case axis == f.open:
					index = k
				case d == 1: // an index that is none, at an end
					index = 0
				}
				at = at*d + index
			}
			values[at] = size * x
		}
	}
}

// orthonormal returns count random orthonormal vectors of length d ≥ count.
func orthonormal(d, count int, stream *rng.Stream) [][]float64 {
	out := make([][]float64, count)
	for l := range out {
		x := make([]float64, d)
		for i := range x {
			x[i] = stream.NormFloat64()
		}
		for range 2 { // twice is enough for full accuracy
			for _, y := range out[:l] {
				linalg.Axpy(x, -linalg.Dot(x, y), y)
			}
		}
		linalg.ScaleTo(x, 1)
		out[l] = x
	}
	return out
}
