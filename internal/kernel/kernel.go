// Package kernel holds the few vector loops that everything else is made of.
//
// Data are lanes: eight blocks side by side, one cache line of float64. A lane vector of d entries is
// d×8 numbers, entry i of block r at [i*8+r]; a lane matrix is rows×cols×8 numbers, entry (a, b) of
// block r at [(a*cols+b)*8+r]. Every lane is one independent sum, accumulated in ascending index order
// with one fused multiply–add a term, so the Go reference and every assembly tier agree bit for bit.
package kernel

import "math"

// Lanes is the number of blocks in a lane group.
const Lanes = 8

// MatVec sets out = A x lane by lane: out[a] = Σ_b A[a,b] x[b], b ascending from 0.
// A is rows×cols×8, x is cols×8, out is rows×8 and must not overlap x.
func MatVec(out, a, x []float64, rows, cols int) {
	for i := range rows {
		acc := (*[Lanes]float64)(out[i*Lanes:])
		*acc = [Lanes]float64{}
		for j := range cols {
			m, v := (*[Lanes]float64)(a[(i*cols+j)*Lanes:]), (*[Lanes]float64)(x[j*Lanes:])
			for r := range Lanes {
				acc[r] = math.FMA(m[r], v[r], acc[r])
			}
		}
	}
}

// MatTVec sets out = Aᵀ y lane by lane: out[b] = Σ_a A[a,b] y[a], a ascending from 0.
// A is rows×cols×8, y is rows×8, out is cols×8 and must not overlap y.
func MatTVec(out, a, y []float64, rows, cols int) {
	clear(out[:cols*Lanes])
	for i := range rows {
		for j := range cols {
			acc := (*[Lanes]float64)(out[j*Lanes:])
			m, v := (*[Lanes]float64)(a[(i*cols+j)*Lanes:]), (*[Lanes]float64)(y[i*Lanes:])
			for r := range Lanes {
				acc[r] = math.FMA(m[r], v[r], acc[r])
			}
		}
	}
}

// Dot sets out[r] = Σ_i x[i] y[i] lane by lane, i ascending from 0, over n entries.
func Dot(out *[Lanes]float64, x, y []float64, n int) {
	*out = [Lanes]float64{}
	for i := range n {
		p, q := (*[Lanes]float64)(x[i*Lanes:]), (*[Lanes]float64)(y[i*Lanes:])
		for r := range Lanes {
			out[r] = math.FMA(p[r], q[r], out[r])
		}
	}
}

// Axpy adds s[r] x[i] to y[i] lane by lane over n entries.
func Axpy(y []float64, s *[Lanes]float64, x []float64, n int) {
	for i := range n {
		p, q := (*[Lanes]float64)(x[i*Lanes:]), (*[Lanes]float64)(y[i*Lanes:])
		for r := range Lanes {
			q[r] = math.FMA(s[r], p[r], q[r])
		}
	}
}

// Outer is one rank-one term c·y xᵀ, the same scalar c for all lanes.
type Outer struct {
	C    float64
	Y, X []float64 // rows×8 and cols×8
}

// AddOuters adds Σ_k C_k Y_k X_kᵀ to A, k ascending: A[a,b] = fma(C_k·Y_k[a], X_k[b], A[a,b]), and
// sets norm2[r] to the new Σ_{a,b} A[a,b]² (row by row in ascending order, one fused multiply–add each).
func AddOuters(a []float64, norm2 *[Lanes]float64, terms []Outer, rows, cols int) {
	*norm2 = [Lanes]float64{}
	for i := range rows {
		for j := range cols {
			m := (*[Lanes]float64)(a[(i*cols+j)*Lanes:])
			for _, t := range terms {
				y, x := (*[Lanes]float64)(t.Y[i*Lanes:]), (*[Lanes]float64)(t.X[j*Lanes:])
				for r := range Lanes {
					m[r] = math.FMA(t.C*y[r], x[r], m[r])
				}
			}
			for r := range Lanes {
				norm2[r] = math.FMA(m[r], m[r], norm2[r])
			}
		}
	}
}

// OutersNorm2 sets norm2[r] = ‖Σ_k C_k Y_k X_kᵀ‖² without forming the matrix: entry (a, b) is summed over k
// ascending as in AddOuters from 0, then squared and added, row by row in ascending order.
func OutersNorm2(norm2 *[Lanes]float64, terms []Outer, rows, cols int) {
	*norm2 = [Lanes]float64{}
	for i := range rows {
		for j := range cols {
			var m [Lanes]float64
			for _, t := range terms {
				y, x := (*[Lanes]float64)(t.Y[i*Lanes:]), (*[Lanes]float64)(t.X[j*Lanes:])
				for r := range Lanes {
					m[r] = math.FMA(t.C*y[r], x[r], m[r])
				}
			}
			for r := range Lanes {
				norm2[r] = math.FMA(m[r], m[r], norm2[r])
			}
		}
	}
}

// AddTile adds x yᵀ to an 8×8 tile of a row-major matrix: C[i*stride+j] = fma(x[i], y[j], C[i*stride+j]).
func AddTile(c []float64, stride int, x, y *[Lanes]float64) {
	for i, s := range x {
		row := (*[Lanes]float64)(c[i*stride:])
		for j, t := range y {
			row[j] = math.FMA(s, t, row[j])
		}
	}
}
