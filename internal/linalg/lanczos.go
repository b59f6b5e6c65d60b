package linalg

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"lacuna/internal/portable"
)

// errInfinite says that the operator has entries that are no finite numbers.
var errInfinite = errors.New("linalg: a product is no finite number")

// errKrylov says that Lanczos used up its steps.
var errKrylov = errors.New("linalg: the eigenvalues did not converge in the steps allowed")

// Lanczos returns the largest eigenvalues, in falling order and a multiple one as often as it counts, of the symmetric
// operator that multiply applies (out = A x), by Lanczos' method from a vector that draw returns, a multiple of the lanes
// long. An eigenvalue λ is taken when its error, by the residual and by its square over the gap, is below
// tolerance·max(λ, 1e-3 λ₁). The space of one start has a multiple eigenvalue once, so where count is
// above 1 others follow, orthogonal to the vectors found, until one has nothing larger. Fewer than count are returned where
// there are no more. More than steps products by A from one start are an error, and so are products that are not finite;
// the vectors take 8·(steps + count)·n bytes at most. They are worked on by so many threads, which leave the result alone.
//
// A vector is made orthogonal to all before it only when the recurrence of their overlaps says that one passes √ε (Simon
// 1984), which leaves the eigenvalues as exact as if that were done at every step.
func Lanczos(
	multiply func(out, x []float64), draw func() []float64, count int, tolerance float64, steps, threads int,
) ([]float64, error) {
	var values []float64
	k := &krylov{
		multiply: multiply, count: count, tolerance: tolerance, steps: steps, enough: math.Inf(-1),
		basis: vectors{threads: threads}, known: vectors{threads: threads},
	}
	for {
		found, err := k.from(draw())
		if err != nil {
			return nil, err
		}
		values = append(values, found...)
		slices.SortFunc(values, func(a, b float64) int { return cmp.Compare(b, a) })
		values = values[:min(count, len(values))]
		if count == 1 || len(found) == 0 {
			return values, nil
		}
		k.top = values[0]
		if len(values) == count {
			k.enough = values[count-1] + float64(tolerance*math.Max(values[count-1], 1e-3*k.top))
		}
	}
}

const (
	overlap = 0x1p-27 // of two vectors of a basis, at most
	noise   = 0x1p-50 // by which rounding in a product moves an overlap, relative to the norm of the operator
)

// krylov looks for eigenvalues beside those whose vectors are known.
type krylov struct {
	multiply  func(out, x []float64)
	count     int
	tolerance float64
	steps     int

	basis  vectors // of the space of one start
	known  vectors // of the eigenvalues found
	top    float64 // the largest eigenvalue found; 0: none
	enough float64 // only larger ones count
}

// from returns at most count eigenvalues above enough, the largest, and makes their vectors known. None are returned
// where the start has nothing that is not known.
func (k *krylov) from(x []float64) ([]float64, error) {
	basis, known := &k.basis, &k.known
	basis.reset(len(x))
	whole := basis.norm(x)
	known.clear(x)
	known.clear(x) // what the first pass leaves because the vectors known are not quite orthonormal
	length := basis.norm(x)
	if !(length > 1e-10*whole) {
		return nil, nil
	}
	Scale(x, 1/length)
	basis.add(x)
	w := x
	var alpha, beta []float64
	before, overlaps, after := []float64(nil), []float64{1}, []float64(nil) // of the last two vectors and the next, with all
	next, again, nothing, scale := 8, false, false, math.Abs(k.top)
	for {
		m := basis.count
		last := basis.at(m - 1)
		k.multiply(w, last)
		if m > 1 {
			basis.axpy(w, -beta[m-2], basis.at(m-2))
		}
		along := basis.dot(w, last)
		basis.axpy(w, -along, last)
		alpha = append(alpha, along)
		known.clear(w)
		residual := basis.norm(w)
		if !(math.Abs(along) <= math.MaxFloat64 && residual <= math.MaxFloat64) {
			return nil, errInfinite
		}
		scale = math.Max(scale, math.Max(math.Abs(along), residual))
		after = overlapsOf(after[:0], overlaps, before, alpha, beta, residual, noise*scale)
		worst := 0.0
		for _, x := range after[:m] {
			worst = math.Max(worst, math.Abs(x))
		}
		if orthogonal := worst <= overlap; again || !orthogonal {
			// Two vectors in a row, because the next but one follows from both.
			again = !orthogonal && !again
			// A pass leaves of an overlap as much as the basis is not orthonormal by.
			for worst > noise {
				known.clear(w)
				basis.clear(w)
				whole := residual
				if residual = basis.norm(w); residual <= 1e-14*scale {
					break
				}
				if worst = math.Max(noise, worst*overlap); residual < 0.5*whole {
					worst = math.Max(worst, overlap)
				}
			}
			for i := range after[:m] {
				after[i] = noise
			}
		}
		exhausted := residual <= 1e-14*scale
		if m >= next || exhausted || m == k.steps {
			values, last, _ := tridiagonal(alpha, beta, false)
			taken, done := k.takenOf(values, last, residual)
			// That a start has nothing larger is believed the second time: an eigenvalue may take a while to show.
			if sure := len(taken) > 0 || nothing; done && sure || exhausted {
				if k.count > 1 {
					k.keep(alpha, beta, len(taken))
				}
				return taken, nil
			}
			next, nothing = m+max(4, m/16), done
		}
		if m == k.steps {
			return nil, errKrylov
		}
		beta = append(beta, residual)
		before, overlaps, after = overlaps, after, before
		Scale(w, 1/residual)
		basis.add(w)
	}
}

// overlapsOf appends to out the overlaps with the vectors so far, and with itself, of the vector that comes next, by the
// recurrence that its own follows from: last and before are those of the two before it, whose part is taken out as far as
// the rounding goes.
func overlapsOf(out, last, before, alpha, beta []float64, residual, rounding float64) []float64 {
	m := len(alpha)
	for i := range m - 1 {
		sum := float64(beta[i]*last[i+1]) + float64((alpha[i]-alpha[m-1])*last[i]) - float64(beta[m-2]*before[i])
		if i > 0 {
			sum += float64(beta[i-1] * last[i-1])
		}
		out = append(out, (sum+math.Copysign(rounding, sum))/residual)
	}
	return append(out, rounding/residual, 1)
}

// keep makes the vectors of the first so many eigenvalues known.
func (k *krylov) keep(alpha, beta []float64, taken int) {
	_, _, vector := tridiagonal(alpha, beta, true)
	m := len(alpha)
	shares := make([]float64, 0, taken*m)
	for i := range taken {
		shares = append(shares, vector(i)...)
	}
	k.known.addSums(&k.basis, shares, taken)
}

// takenOf returns the largest values above enough up to the first that has not converged, given the last entries of the
// eigenvectors of the tridiagonal matrix and the residual of the space, and whether these are all there are to be had.
func (k *krylov) takenOf(values, last []float64, residual float64) (taken []float64, done bool) {
	for i, value := range values {
		bound := math.Abs(residual * last[i])
		if len(taken) == k.count || value+bound <= k.enough {
			return taken, true
		}
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
		if residual > 0 && !(bound <= k.tolerance*math.Max(value, 1e-3*math.Max(values[0], k.top))) {
			return taken, false
		}
		if value <= k.enough {
			return taken, true
		}
		taken = append(taken, value)
	}
	return taken, len(taken) == k.count
}

// tridiagonal returns the eigenvalues of a symmetric tridiagonal matrix in falling order, the last entries of its unit
// eigenvectors, by QL with implicit shifts, and if they are wanted the eigenvectors: that of value i, to be used before the next.
func tridiagonal(diagonal, off []float64, wanted bool) (values, last []float64, vectors func(i int) []float64) {
	type turn struct {
		at   int
		c, s float64
	}
	var turns []turn
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
				if wanted {
					turns = append(turns, turn{i, c, s})
				}
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
	if !wanted {
		return values, last, nil
	}
	column := make([]float64, n)
	return values, last, func(i int) []float64 {
		clear(column)
		column[order[i]] = 1
		for _, t := range slices.Backward(turns) {
			x, y := column[t.at], column[t.at+1]
			column[t.at], column[t.at+1] = float64(t.c*x)+float64(t.s*y), float64(t.c*y)-float64(t.s*x)
		}
		return column
	}
}
