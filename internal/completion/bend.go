package completion

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
)

// bend is how standard errors change with the filled value: large values of rain or of counts are less certain than
// small ones, which no noise of one level for a label says. It is linear between the values, and constant beyond them.
// The zero value changes nothing.
type bend struct{ values, factors []float64 }

func (b bend) at(value float64) float64 {
	last := len(b.values) - 1
	switch {
	case last < 0:
		return 1
	case !(value > b.values[0]):
		return b.factors[0]
	case value >= b.values[last]:
		return b.factors[last]
	}
	k := sort.SearchFloat64s(b.values, value)
	share := (value - b.values[k-1]) / (b.values[k] - b.values[k-1])
	return b.factors[k-1] + float64(share*(b.factors[k]-b.factors[k-1]))
}

// Numbers of what standard errors are bent from. Of few pieces, one that says little of the others would bend a part.
const (
	bendPieces = 20 // were they of like weight
	bendCells  = 40 // of a label
)

// bendLabels compares the errors of every label with its standard errors along the filled value.
func (c *calibration) bendLabels(cells []HeldOutCell) {
	own := make([][]HeldOutCell, len(c.stretch))
	for _, h := range cells {
		own[c.label(h.Cell)] = append(own[c.label(h.Cell)], h)
	}
	bends := make([]bend, len(own))
	for label, list := range own {
		if len(list) < bendCells {
			continue
		}
		slices.SortStableFunc(list, func(a, b HeldOutCell) int { return cmp.Compare(a.Predicted, b.Predicted) })
		b := newBending(list, c, func(h HeldOutCell) float64 { return h.Predicted })
		if b.fit() {
			bends[label] = b.bend()
		}
	}
	c.bends = bends
}

// bending is a fit of the spread of errors against the filled value. With r_c the size of an error in standard errors,
// w_c its weight and x the logarithm of the spread, which is linear between knots, it minimises
//
//	Σ_c w_c (x_c + r_c exp(−x_c)) + ((x_K − x_1) / τ)² / 2 + Σ_k ((x_{k+1} − x_k − (x_K − x_1)/(K − 1)) / σ)² / 2 ,
//
// the first sum the loss of Laplace's distribution, which bears values far out. It is convex.
type bending struct {
	knots  []float64
	left   []int     // of every cell, the knot below
	share  []float64 // how far it is on the way to the next
	ratio  []float64 // r
	square []float64 // of the standard error
	weight []float64
	x      []float64
}

const (
	trendLogs  = 1.0  // τ
	jitterLogs = 0.15 // σ
)

// newBending takes cells in ascending order of what they are bent along.
func newBending(cells []HeldOutCell, c *calibration, along func(h HeldOutCell) float64) *bending {
	b := new(bending)
	for k, at := range []float64{0.05, 0.2, 0.4, 0.6, 0.8, 0.95} {
		value := along(cells[int(at*float64(len(cells)-1))])
		if k == 0 || value > b.knots[len(b.knots)-1] {
			b.knots = append(b.knots, value)
		}
	}
	if len(b.knots) < 2 {
		return b
	}
	var mean, total float64
	for _, h := range cells {
		x := along(h)
		at := min(max(1, sort.SearchFloat64s(b.knots, x)), len(b.knots)-1)
		s := c.stderr(h.Cell, h.standing, prediction{h.Predicted, h.spread, h.noise})
		b.left = append(b.left, at-1)
		share := (x - b.knots[at-1]) / (b.knots[at] - b.knots[at-1])
		b.share = append(b.share, math.Min(math.Max(0, share), 1))
		b.ratio, b.square = append(b.ratio, math.Abs(h.Value-h.Predicted)/s), append(b.square, float64(s*s))
		b.weight = append(b.weight, h.weight)
		mean += float64(h.weight * b.ratio[len(b.ratio)-1])
		total += h.weight
	}
	for k := range b.ratio { // from which x = 0 is the best constant
		b.ratio[k] /= mean / total
	}
	if !(mean > 0) {
		b.knots = nil
	}
	return b
}

// fit sets x, drawn toward no change by how little it explains. It reports whether there is a change.
func (b *bending) fit() bool {
	const rounds, widest = 50, 3.0
	n := len(b.knots)
	if n < 2 {
		return false
	}
	b.x = make([]float64, n)
	none := b.loss(b.x)
	now := none
	for range rounds {
		step := b.newton()
		if step == nil {
			return false
		}
		next, better := now, false
		var to []float64
		for scale := 1.0; scale > 1e-3 && !better; scale /= 2 {
			to = slices.Clone(b.x)
			linalg.Axpy(to, -scale, step)
			next = b.loss(to)
			better = next < now
		}
		if !better {
			break
		}
		done := now-next < 1e-9*math.Abs(now)
		b.x, now = to, next
		if done {
			break
		}
	}
	const chance = 2 // what twice the gain comes to by chance
	gain := 2 * (none - now)
	if !(gain > chance) {
		return false
	}
	for k := range b.x {
		b.x[k] = math.Min(math.Max(b.x[k]*(1-chance/gain), -widest), widest)
	}
	return true
}

// at is x of a cell.
func (b *bending) at(x []float64, c int) float64 {
	k := b.left[c]
	return x[k] + float64(b.share[c]*(x[k+1]-x[k]))
}

// prior are the rows of a matrix A, of which the priors are |A x|²/2.
func (b *bending) prior() (rows [][]float64) {
	n := len(b.knots)
	trend := make([]float64, n)
	trend[n-1], trend[0] = 1/trendLogs, -1/trendLogs
	rows = append(rows, trend)
	for k := range n - 1 {
		row := make([]float64, n)
		row[k+1], row[k] = 1, -1
		row[n-1] -= 1 / float64(n-1)
		row[0] += 1 / float64(n-1)
		linalg.Scale(row, 1/jitterLogs)
		rows = append(rows, row)
	}
	return rows
}

func (b *bending) loss(x []float64) (sum float64) {
	for c, w := range b.weight {
		at := b.at(x, c)
		sum += float64(w * (at + float64(b.ratio[c]*portable.Exp(-at))))
	}
	for _, row := range b.prior() {
		d := linalg.Dot(row, x)
		sum += float64(d * d / 2)
	}
	return sum
}

// newton is a step of Newton's method from x, nil where there is none.
func (b *bending) newton() []float64 {
	n := len(b.knots)
	var lu linalg.LU
	hessian, gradient := lu.Matrix(n), make([]float64, n)
	clear(hessian)
	for c, w := range b.weight {
		k, s := b.left[c], b.share[c]
		e := float64(w * b.ratio[c] * portable.Exp(-b.at(b.x, c)))
		for i, p := range [2]float64{1 - s, s} {
			gradient[k+i] += float64(p * (w - e))
			for j, q := range [2]float64{1 - s, s} {
				hessian[(k+i)*n+k+j] += float64(p * q * e)
			}
		}
	}
	for _, row := range b.prior() {
		d := linalg.Dot(row, b.x)
		linalg.Axpy(gradient, d, row)
		for i, p := range row {
			for j, q := range row {
				hessian[i*n+j] += float64(p * q)
			}
		}
	}
	if lu.Factor() != nil {
		return nil
	}
	lu.Solve(gradient)
	return gradient
}

// bend leaves the mean of the squares of standard errors as it is.
func (b *bending) bend() bend {
	var before, after float64
	for c, w := range b.weight {
		f := portable.Exp(b.at(b.x, c))
		before += float64(w * b.square[c])
		after += float64(w * b.square[c] * f * f)
	}
	out := bend{values: b.knots}
	for _, x := range b.x {
		out.factors = append(out.factors, float64(portable.Exp(x)*math.Sqrt(before/after)))
	}
	return out
}
