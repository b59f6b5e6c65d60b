package completion

import (
	"math"
	"slices"
	"sync"

	"lacuna/internal/linalg"
	"lacuna/tensor"
)

// freedom tells which cells an exact model leaves open. Where the known cells do not determine what a cell is made of,
// its value is one of many that explain them equally well. With J the Jacobian of the known cells' values in the entries
// of the factors, Λ⁻¹ how far these are spread and g the gradient of a cell's value, its open part and the variance of
// that are
//
//	o = εΛ (JᵀJ + εΛ)⁻¹ g ,   oᵀ Λ⁻¹ o ,      ε → 0 .
type freedom struct {
	cp    *tensor.CP
	rows  [][]*normal // [n][i]: of the entries of one row
	whole *joint      // of all entries; nil where they are too many
}

const (
	mostParameters = 1500  // for which the whole Jacobian is looked at
	vanishing      = 1e-10 // ε, beside the largest entry of a normal matrix
	partlyOpen     = 0.01  // share of an entry that is open, from which its row is drawn toward the others
)

// newFreedom looks for what the cells leave open in a model that explains them, and returns the model with rows that
// are not determined drawn toward the mean of the others, as far as the known cells allow.
func newFreedom(fit *tensor.CP, cells *tensor.Observed) *freedom {
	f := &freedom{cp: fit.Clone()}
	for n, d := range f.cp.Shape {
		normals := rowNormals(fit, cells, n)
		precision := precisions(fit, n)
		rows := make([]*normal, d)
		var open []int
		mean, count := make([]float64, fit.Blocks), 0.0
		for i := range rows {
			rows[i] = newNormal(normals[i], precision)
			if rows[i].largestOpen() > partlyOpen {
				open = append(open, i)
				continue
			}
			count++
			for r, x := range fit.Row(n, int32(i)) {
				mean[r] += x
			}
		}
		for r := range mean {
			mean[r] /= math.Max(1, count)
		}
		for _, i := range open {
			row := f.cp.Row(n, int32(i))
			for r := range row {
				mean[r] -= row[r]
			}
			toward := rows[i].openPart(mean)
			for r := range row {
				mean[r] += row[r]
				row[r] += toward[r]
			}
		}
		f.rows = append(f.rows, rows)
	}
	if parameters := len(slices.Concat(f.cp.Factors...)); parameters <= mostParameters {
		f.whole = f.jacobian(cells, parameters)
	}
	return f
}

// stderr is the deviation of what is left open of a cell's value.
func (f *freedom) stderr(cell []int32) float64 {
	if f.whole != nil {
		return math.Sqrt(f.whole.variance(f, cell))
	}
	var variance float64
	for n, i := range cell {
		variance += f.rows[n][i].variance(f.others(n, cell))
	}
	return math.Sqrt(variance)
}

// others is the gradient of a cell's value in the entries of its row of mode n.
func (f *freedom) others(n int, cell []int32) []float64 {
	product := linalg.Ones(f.cp.Blocks)
	for m, i := range cell {
		if m != n {
			for r, x := range f.cp.Row(m, i) {
				product[r] *= x
			}
		}
	}
	return product
}

// jacobian looks at all entries at once.
func (f *freedom) jacobian(cells *tensor.Observed, parameters int) *joint {
	a := make([]float64, parameters*linalg.Stride(parameters))
	var precision []float64
	start := make([]int, len(f.cp.Shape))
	for n, factor := range f.cp.Factors {
		start[n] = len(precision)
		own := precisions(f.cp, n)
		for range len(factor) / f.cp.Blocks {
			precision = append(precision, own...)
		}
	}
	stride := linalg.Stride(parameters)
	for c := range cells.Values {
		cell := cells.Cell(c)
		for n, i := range cell {
			left := f.others(n, cell)
			for m := range n + 1 {
				right := f.others(m, cell)
				for r, x := range left {
					row := a[(start[n]+int(i)*f.cp.Blocks+r)*stride+start[m]+int(cell[m])*f.cp.Blocks:]
					for q, y := range right {
						row[q] += float64(x * y)
					}
				}
			}
		}
	}
	return &joint{newNormal(a, precision), start}
}

// joint is the normal matrix of all entries, those of mode n from start[n] on.
type joint struct {
	*normal
	start []int
}

// variance of the open part of a cell's gradient, which is zero but in the cell's own rows.
func (m *joint) variance(f *freedom, cell []int32) float64 {
	x := make([]float64, m.stride)
	var inverse []float64
	if m.lower != nil {
		inverse = m.inverse()
	}
	for n, i := range cell {
		first := m.start[n] + int(i)*f.cp.Blocks
		for r, g := range f.others(n, cell) {
			if inverse == nil {
				x[first+r] = g
			} else {
				linalg.Axpy(x, g, inverse[(first+r)*m.stride:][:m.stride])
			}
		}
	}
	return m.size(x[:m.n])
}

// rowNormals returns JᵀJ of every row of a mode, lower triangles.
func rowNormals(fit *tensor.CP, cells *tensor.Observed, n int) [][]float64 {
	stride := linalg.Stride(fit.Blocks)
	normals := make([][]float64, fit.Shape[n])
	for i := range normals {
		normals[i] = make([]float64, fit.Blocks*stride)
	}
	design := make([]float64, fit.Blocks)
	for c := range cells.Values {
		fit.Others(design, n, cells, int32(c))
		a := normals[cells.Index[n][c]]
		for k, x := range design {
			for l, y := range design[:k+1] {
				a[k*stride+l] += float64(x * y)
			}
		}
	}
	return normals
}

// precisions is Λ: one over the mean square of the entries of every block's factor.
func precisions(fit *tensor.CP, n int) []float64 {
	precision := make([]float64, fit.Blocks)
	for r := range precision {
		column := fit.Column(n, r)
		precision[r] = float64(len(column)) / math.Max(linalg.Norm2(column), math.SmallestNonzeroFloat64)
	}
	return precision
}

// normal is a normal matrix JᵀJ + εΛ, by its Cholesky factor.
type normal struct {
	lower     []float64 // nil: rounding has made it indefinite, and nothing counts as determined
	n, stride int
	epsilon   float64
	precision []float64
	inverse   func() []float64 // both triangles; made when it is first asked for
}

// newNormal takes the lower triangle of JᵀJ, which it overwrites.
func newNormal(a, precision []float64) *normal {
	m := &normal{lower: a, n: len(precision), stride: linalg.Stride(len(precision)), precision: precision}
	for k, p := range precision {
		m.epsilon = math.Max(m.epsilon, a[k*m.stride+k]/p)
	}
	if m.epsilon *= vanishing; m.epsilon == 0 {
		m.epsilon = 1
	}
	for k, p := range precision {
		a[k*m.stride+k] += float64(m.epsilon * p)
	}
	if !linalg.Cholesky(a, m.n, 0, m.stride, make([]float64, 8*m.stride)) {
		m.lower = nil
		return m
	}
	m.inverse = sync.OnceValue(m.invert)
	return m
}

// invert returns (JᵀJ + εΛ)⁻¹.
func (m *normal) invert() []float64 {
	lower := make([]float64, m.n*m.stride)
	inverse, scratch := make([]float64, len(lower)), make([]float64, len(lower))
	linalg.InvertLower(m.lower, lower, m.n, m.stride, make([]float64, 8*m.stride))
	linalg.AddGram(inverse, lower, linalg.Ones(m.n), scratch, m.n, m.stride)
	for i := range m.n {
		for k := range i {
			inverse[k*m.stride+i] = inverse[i*m.stride+k]
		}
		clear(inverse[i*m.stride+m.n:][:m.stride-m.n])
	}
	return inverse
}

// openPart returns εΛ(JᵀJ + εΛ)⁻¹ of a vector's mirror image: what of a change of the entries no known cell feels.
func (m *normal) openPart(change []float64) []float64 {
	x := slices.Clone(change)
	if m.lower == nil {
		return x
	}
	for k, p := range m.precision {
		x[k] *= float64(m.epsilon * p)
	}
	linalg.SolveLower(m.lower, x, m.n, m.stride)
	linalg.SolveUpper(m.lower, x, m.n, m.stride)
	return x
}

// variance of the open part of a gradient.
func (m *normal) variance(gradient []float64) float64 {
	x := slices.Clone(gradient)
	if m.lower != nil {
		linalg.SolveLower(m.lower, x, m.n, m.stride)
		linalg.SolveUpper(m.lower, x, m.n, m.stride)
	}
	return m.size(x)
}

// size is oᵀ Λ⁻¹ o of the open part o = εΛx, x = (JᵀJ + εΛ)⁻¹ g, or of g itself where nothing is determined.
func (m *normal) size(x []float64) (variance float64) {
	if m.lower == nil {
		for k, g := range x {
			variance += float64(g*g) / m.precision[k]
		}
		return variance
	}
	for k, v := range x {
		variance += float64(m.epsilon * v * m.epsilon * v * m.precision[k])
	}
	return variance
}

// largestOpen is the largest share that is open of one entry.
func (m *normal) largestOpen() (largest float64) {
	unit := make([]float64, m.n)
	for k := range unit {
		unit[k] = 1
		largest = math.Max(largest, m.openPart(unit)[k])
		unit[k] = 0
	}
	return largest
}
