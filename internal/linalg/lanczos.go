package linalg

import (
	"errors"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/portable"
)

// errKrylov says that Lanczos used up its steps.
var errKrylov = errors.New("linalg: the eigenvalues did not converge in the steps allowed")

// Lanczos returns the largest eigenvalues, in falling order, of the symmetric operator that multiply applies (out = A
// x), by Lanczos' method with full reorthogonalisation from start, a multiple of the lanes long, which it overwrites. An eigenvalue λ is taken
// when its error, by the residual and by its square over the gap, is below tolerance·max(λ, 1e-3 λ₁); a multiple one
// counts once. Fewer than count are returned where the space that start spans has no more. More than steps products by
// A are an error; the vectors take 8·steps·len(start) bytes at most.
func Lanczos(multiply func(out, x []float64), start []float64, count int, tolerance float64, steps int) ([]float64, error) {
	x := start
	ScaleTo(x, 1)
	basis := [][]float64{x}
	var alpha, beta []float64
	next := 8
	for {
		m := len(basis)
		w := make([]float64, len(x))
		multiply(w, basis[m-1])
		var along float64
		for pass := range 2 {
			for i, v := range slices.Backward(basis) {
				p := dotLanes(w, v)
				if pass == 0 && i == m-1 {
					along = p
				}
				axpyLanes(w, -p, v)
			}
		}
		alpha = append(alpha, along)
		residual := Norm(w)
		var scale float64
		for _, a := range alpha {
			scale = math.Max(scale, math.Abs(a))
		}
		exhausted := residual <= 1e-14*scale
		if m >= next || exhausted || m == steps {
			values, last := tridiagonal(alpha, beta)
			if taken := takenOf(values, last, residual, count, tolerance); exhausted || len(taken) == min(count, m) && m >= count {
				return taken[:min(count, len(taken))], nil
			}
			next = m + max(4, m/8)
		}
		if m == steps {
			return nil, errKrylov
		}
		beta = append(beta, residual)
		Scale(w, 1/residual)
		basis = append(basis, w)
	}
}

// takenOf returns the largest values up to the first that has not converged, given the last entries of the eigenvectors
// of the tridiagonal matrix and the residual of the space.
func takenOf(values, last []float64, residual float64, count int, tolerance float64) (taken []float64) {
	for i, value := range values[:min(count, len(values))] {
		bound := math.Abs(residual * last[i])
		gap := math.Inf(1)
		if i > 0 {
			gap = values[i-1] - value
		}
		if i+1 < len(values) {
			gap = math.Min(gap, value-values[i+1])
		}
		if bound < gap {
			bound = math.Min(bound, bound*bound/(gap-bound))
		}
		if residual > 0 && !(bound <= tolerance*math.Max(value, 1e-3*values[0])) {
			break
		}
		taken = append(taken, value)
	}
	return taken
}

// tridiagonal returns the eigenvalues of a symmetric tridiagonal matrix in falling order, and the last entries of its
// unit eigenvectors, by QL with implicit shifts.
func tridiagonal(diagonal, off []float64) (values, last []float64) {
	n := len(diagonal)
	d, e := slices.Clone(diagonal), append(slices.Clone(off), 0)
	z := make([]float64, n)
	z[n-1] = 1
	for l := range n {
		for {
			m := l
			for ; m < n-1; m++ {
				if math.Abs(e[m]) <= 0x1p-52*(math.Abs(d[m])+math.Abs(d[m+1])) {
					break
				}
			}
			if m == l {
				break
			}
			g := (d[l+1] - d[l]) / (2 * e[l])
			r := portable.Hypot(g, 1)
			g = d[m] - d[l] + e[l]/(g+math.Copysign(r, g))
			s, c, p := 1.0, 1.0, 0.0
			i := m - 1
			for ; i >= l; i-- {
				f, b := float64(s*e[i]), float64(c*e[i])
				r = portable.Hypot(f, g)
				e[i+1] = r
				if r == 0 {
					d[i+1] -= p
					e[m] = 0
					break
				}
				s, c = f/r, g/r
				g = d[i+1] - p
				r = float64((d[i]-g)*s) + float64(2*c*b)
				p = float64(s * r)
				d[i+1] = g + p
				g = float64(c*r) - b
				z[i], z[i+1] = float64(c*z[i])-float64(s*z[i+1]), float64(s*z[i])+float64(c*z[i+1])
			}
			if r == 0 && i >= l {
				continue
			}
			d[l] -= p
			e[l], e[m] = g, 0
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case d[a] > d[b]:
			return -1
		case d[a] < d[b]:
			return 1
		}
		return 0
	})
	for _, i := range order {
		values, last = append(values, d[i]), append(last, z[i])
	}
	return values, last
}

func dotLanes(x, y []float64) float64 {
	var s [kernel.Lanes]float64
	kernel.Dot(&s, x, y, len(x)/kernel.Lanes)
	var sum float64
	for _, value := range s {
		sum += value
	}
	return sum
}

func axpyLanes(y []float64, c float64, x []float64) {
	var s [kernel.Lanes]float64
	for r := range s {
		s[r] = c
	}
	kernel.Axpy(y, &s, x, len(x)/kernel.Lanes)
}
