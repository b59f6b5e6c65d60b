package posterior

import (
	"math"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
)

// covariance is Matérn's, over a distance t in units of 1/λ.
func covariance(order int, t float64) float64 {
	return []float64{1, 1 + t}[order-1] * math.Exp(-t)
}

// small makes the prior of a factor of three columns and nine labels in no order, with parameters that differ; labels
// 2 and 7 have no cell.
func small(order int, s *rng.Stream) *process {
	at := []float64{3, -1, 0, 0.2, 9, 4.5, 4, 30, 1.5}
	starts := []int{0}
	for i := range at {
		next := starts[i] + 1
		if i == 2 || i == 7 {
			next--
		}
		starts = append(starts, next)
	}
	r := rows{
		factor: make([]float64, len(at)*4), blocks: 4, columns: []int{0, 1, 3}, count: len(at), starts: starts, stride: 8,
	}
	p := GaussianProcess{Coordinates: at, Periods: []float64{6}, Order: order}.start(r).(*process)
	for r := range p.curves {
		c := &p.curves[r]
		c.length, c.rough = 1.5*float64(r+1), -2+float64(r)
		for b := range c.weights {
			c.weights[b] = s.NormFloat64()
			c.shares[b] = 0.5 + float64(r)
		}
	}
	for i := range r.factor {
		r.factor[i] = s.NormFloat64()
	}
	for i := range p.mixing {
		p.mixing[i] += 0.5 * s.NormFloat64()
	}
	return p
}

// dense returns the prior mean and covariance of process r at the sorted labels.
func dense(p *process, r int) (mean, matrix []float64) {
	c := &p.curves[r]
	lambda := math.Sqrt(float64(2*p.order-1)) / c.length
	for k := range p.count {
		mean = append(mean, p.mean(k, r))
		for l := range p.count {
			v := (1 - c.alpha()) * covariance(p.order, lambda*math.Abs(p.at[k]-p.at[l]))
			if k == l {
				v += c.alpha()
			}
			matrix = append(matrix, v)
		}
	}
	return mean, matrix
}

// denseRows returns the prior precision of all rows, entry r of the k-th sorted label at k·R + r, and that times the
// mean.
func denseRows(t *testing.T, p *process) (precision, shift []float64) {
	d, width := p.count, len(p.columns)
	n := d * width
	matrix, mean := make([]float64, n*n), make([]float64, n)
	loadings := invert(t, p.mixing, width)
	for z := range width {
		m, v := dense(p, z)
		for k := range d {
			for r := range width {
				mean[k*width+r] += loadings[r*width+z] * m[k]
				for l := range d {
					for q := range width {
						matrix[(k*width+r)*n+l*width+q] += loadings[r*width+z] * loadings[q*width+z] * v[k*d+l]
					}
				}
			}
		}
	}
	precision = invert(t, matrix, n)
	return precision, linalg.Multiply(precision, mean, n, n, 1)
}

func invert(t *testing.T, a []float64, n int) []float64 {
	t.Helper()
	var f linalg.LU
	copy(f.Matrix(n), a)
	if err := f.Factor(); err != nil {
		t.Fatal(err)
	}
	out := make([]float64, n*n)
	for j := range n {
		x := make([]float64, n)
		x[j] = 1
		f.Solve(x)
		for i := range n {
			out[i*n+j] = x[i]
		}
	}
	return out
}

// TestDrawsOfAllRowsAreThoseOfTheDenseDefinition compares mean and covariance of draws with the normal distribution
// that is written out: the prior of every column with its covariance matrix, and data of every row.
func TestDrawsOfAllRowsAreThoseOfTheDenseDefinition(t *testing.T) {
	for order := 1; order <= maxOrder; order++ {
		s := rng.New(uint64(order), "dense")
		p := small(order, s)
		d, width := p.count, len(p.columns)
		n, stride := d*width, p.stride
		precision, shift := denseRows(t, p)
		data := make([][]float64, d)
		for k := range d {
			data[k] = make([]float64, (width+1)*stride)
			i := p.sorted[k]
			for c := p.starts[i]; c < p.starts[i+1]; c++ {
				for range 2 {
					x := []float64{s.NormFloat64(), s.NormFloat64(), s.NormFloat64()}
					y, w := s.NormFloat64(), s.ExpFloat64()
					for a := range width {
						data[k][width*stride+a] += w * x[a] * y
						shift[k*width+a] += w * x[a] * y
						for b := range width {
							precision[(k*width+a)*n+k*width+b] += w * x[a] * x[b]
							if b <= a {
								data[k][a*stride+b] += w * x[a] * x[b]
							}
						}
					}
				}
			}
		}
		place := make([]int, d)
		for k, i := range p.sorted {
			place[i] = k
		}
		wanted := invert(t, precision, n)
		mean := linalg.Multiply(wanted, shift, n, n, 1)

		for _, length := range []int{d, 4} {
			p.chain = newChain(p, length)
			const draws = 4000
			sum, squares := make([]float64, n), make([]float64, n*n)
			for range draws {
				p.drawRows(s, 2, func(_, i int, to []float64) {
					for k, x := range data[place[i]] {
						to[k] += x
					}
				})
				x := make([]float64, n)
				for k, i := range p.sorted {
					for r, column := range p.columns {
						x[k*width+r] = p.factor[i*p.blocks+column] - mean[k*width+r]
						sum[k*width+r] += x[k*width+r]
					}
				}
				for i, a := range x {
					for j, b := range x {
						squares[i*n+j] += a * b
					}
				}
			}
			for i := range n {
				if z := sum[i] / draws / math.Sqrt(wanted[i*n+i]/draws); math.Abs(z) > 4.5 {
					t.Errorf("order %d, parts of %d: mean %d is %.1f standard errors off", order, length, i, z)
				}
				for j := range n {
					error := math.Sqrt((wanted[i*n+i]*wanted[j*n+j] + wanted[i*n+j]*wanted[i*n+j]) / draws)
					if z := (squares[i*n+j]/draws - wanted[i*n+j]) / error; math.Abs(z) > 5 {
						t.Errorf("order %d, parts of %d: covariance (%d, %d) is %.1f standard errors off",
							order, length, i, j, z)
					}
				}
			}
		}
	}
}

// TestEvidenceIsTheDenseDensity compares differences of the evidence with those of the density that is written out.
func TestEvidenceIsTheDenseDensity(t *testing.T) {
	for order := 1; order <= maxOrder; order++ {
		s := rng.New(uint64(order), "evidence")
		p := small(order, s)
		n := len(p.known)
		density := func(r int) float64 {
			c := p.curves[r]
			_, matrix := dense(p, r)
			m, y := make([]float64, n*n), make([]float64, n)
			for a, k := range p.known {
				y[a] = p.filter.values[a]
				for b, l := range p.known {
					m[a*n+b] = matrix[k*p.count+l]
					for f := range p.functions {
						m[a*n+b] += c.shares[f] * p.basis[k*p.functions+f] * p.basis[l*p.functions+f]
					}
				}
			}
			stride := linalg.Stride(n)
			l := make([]float64, n*stride)
			for a := range n {
				copy(l[a*stride:], m[a*n:][:n])
			}
			if !linalg.Cholesky(l, n, 0, stride, make([]float64, 8*stride)) {
				t.Fatal("the covariance is indefinite")
			}
			linalg.SolveLower(l, y, n, stride)
			logs, squares := 0.0, 0.0
			for a := range n {
				logs += math.Log(l[a*stride+a])
				squares += y[a] * y[a]
			}
			return -logs - float64(n+3)/2*math.Log((0.7+squares)/2)
		}
		for r := range p.curves {
			for a, k := range p.known {
				p.filter.values[a] = p.factor[p.sorted[k]*p.blocks+p.columns[r]]
			}
			got, want := p.filter.evidence(&p.curves[r], 0.7), density(r)
			p.curves[r].length *= 1.7
			p.curves[r].rough--
			p.curves[r].shares[1] *= 2
			got, want = got-p.filter.evidence(&p.curves[r], 0.7), want-density(r)
			if math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
				t.Errorf("order %d, column %d: the evidence changes by %.12g, want %.12g", order, r, got, want)
			}
		}
	}
}

// TestStepsOfMaternAreItsCovariance compares A P with the covariance over a distance, one step with two halves, and
// asks of short steps that the noise keeps its digits.
func TestStepsOfMaternAreItsCovariance(t *testing.T) {
	for order := 1; order <= maxOrder; order++ {
		m, identity := matern{order}, square{{1, 0}, {0, 1}}
		for _, delta := range []float64{1e-4, 1e-3, 0.1, 1, 3.9, 4.1, 20, 800} {
			a, q := m.step(delta)
			cross := product(a, identity, order)
			if want := covariance(order, delta); math.Abs(cross[0][0]-want) > 1e-13 {
				t.Errorf("order %d, δ = %v: covariance %v, want %v", order, delta, cross[0][0], want)
			}
			b, e := m.step(delta / 2)
			two, twice := product(b, b, order), product(product(b, e, order), transpose(b), order)
			total := product(product(a, identity, order), transpose(a), order)
			for i := range order {
				for j := range order {
					if math.Abs(a[i][j]-two[i][j]) > 1e-12 {
						t.Errorf("order %d, δ = %v: A is %v, two halves make %v", order, delta, a, two)
					}
					if want := twice[i][j] + e[i][j]; math.Abs(q[i][j]-want) > 1e-12*math.Sqrt(q[i][i]*q[j][j]) {
						t.Errorf("order %d, δ = %v: Q is %v, at %d, %d two halves make %v", order, delta, q, i, j, want)
					}
					if sum := total[i][j] + q[i][j]; math.Abs(sum-identity[i][j]) > 1e-12 {
						t.Errorf("order %d, δ = %v: the covariance is not stationary: %v", order, delta, sum)
					}
				}
			}
			unit := product(q, inverse(q, order), order)
			for i := range order {
				if math.Abs(unit[i][i]-1) > 1e-6 {
					t.Errorf("order %d, δ = %v: Q Q⁻¹ has %v on its diagonal", order, delta, unit[i][i])
				}
			}
		}
	}
}

// TestTheHarmonicOfTwoStepsStays looks for a wave that changes its sign at every step in what quarters of a year may repeat with.
func TestTheHarmonicOfTwoStepsStays(t *testing.T) {
	p := &process{rows: rows{count: 8}, at: []float64{0, 1, 2, 3, 4, 5, 6, 7}}
	p.setBasis([]float64{4}, 1)
	for b := range p.functions {
		alternates := true
		for k := range p.count {
			alternates = alternates && math.Abs(p.basis[k*p.functions+b]-float64(1-2*(k%2))) < 1e-12
		}
		if alternates {
			return
		}
	}
	t.Errorf("none of %d functions alternates", p.functions)
}
