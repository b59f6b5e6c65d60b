package tensor

import (
	"cmp"
	"math"
	"slices"
)

// CP is a CP model of a tensor, a sum of R rank-one blocks (Eq. 1):
//
//	x[i_1, …, i_N] = Σ_r Π_n Factors[n][i_n·R + r] .
//
// Blocks is R, Shape[n] the length d_n of mode n, and Factors[n] holds d_n rows of R numbers, the block index
// innermost. The units are those of whatever the model was fitted to. A CP with no block is zero everywhere.
type CP struct {
	Shape   Shape
	Blocks  int
	Factors [][]float64
}

// NewCP returns a model of that shape with zero factors.
func NewCP(shape Shape, blocks int) *CP {
	m := &CP{Shape: slices.Clone(shape), Blocks: blocks, Factors: make([][]float64, len(shape))}
	for n, d := range shape {
		m.Factors[n] = make([]float64, d*blocks)
	}
	return m
}

// Clone returns a copy that shares nothing with m.
func (m *CP) Clone() *CP {
	out := &CP{Shape: slices.Clone(m.Shape), Blocks: m.Blocks, Factors: make([][]float64, len(m.Factors))}
	for n, factor := range m.Factors {
		out.Factors[n] = slices.Clone(factor)
	}
	return out
}

// Row returns the R numbers of index i of mode n. They belong to the model.
func (m *CP) Row(n int, i int32) []float64 { return m.Factors[n][int(i)*m.Blocks:][:m.Blocks] }

// Column returns a copy of the d_n numbers of block r in mode n.
func (m *CP) Column(n, r int) []float64 {
	column := make([]float64, m.Shape[n])
	for i := range column {
		column[i] = m.Factors[n][i*m.Blocks+r]
	}
	return column
}

// At returns the model's value at a cell. It costs N·R multiplications.
func (m *CP) At(cell []int32) float64 {
	a, b := m.Row(0, cell[0]), m.Row(1, cell[1])[:m.Blocks]
	var total float64
	switch len(cell) {
	case 2:
		for r, x := range a {
			total += float64(x * b[r])
		}
	case 3:
		c := m.Row(2, cell[2])[:len(a)]
		for r, x := range a {
			total += float64(x * b[r] * c[r])
		}
	case 4:
		c, d := m.Row(2, cell[2])[:len(a)], m.Row(3, cell[3])[:len(a)]
		for r, x := range a {
			total += float64(x * b[r] * c[r] * d[r])
		}
	default:
		for r, x := range a {
			x = float64(x * b[r])
			for n := 2; n < len(cell); n++ {
				x = float64(x * m.Factors[n][int(cell[n])*m.Blocks+r])
			}
			total += x
		}
	}
	return total
}

// AtCell returns the model's value at cell c of o, whose shape must be the model's.
func (m *CP) AtCell(o *Observed, c int) float64 {
	a, b := m.Row(0, o.Index[0][c]), m.Row(1, o.Index[1][c])[:m.Blocks]
	var total float64
	if len(o.Index) == 3 {
		c := m.Row(2, o.Index[2][c])[:len(a)]
		for r, x := range a {
			total += float64(x * b[r] * c[r])
		}
		return total
	}
	for r, x := range a {
		x = float64(x * b[r])
		for n := 2; n < len(o.Index); n++ {
			x = float64(x * m.Factors[n][int(o.Index[n][c])*m.Blocks+r])
		}
		total += x
	}
	return total
}

// Others sets out[r] = Π_{m≠n} Factors[m][i_m·R + r] at cell c of o, the derivative of block r by its entry of mode n
// there. out has R numbers; o has the model's shape.
func (m *CP) Others(out []float64, n int, o *Observed, c int32) {
	first := true
	for k, factor := range m.Factors {
		if k == n {
			continue
		}
		row := factor[int(o.Index[k][c])*m.Blocks:][:len(out)]
		if first {
			copy(out, row)
			first = false
			continue
		}
		for r, x := range row {
			out[r] *= x
		}
	}
}

// Residual returns the root mean square of the observed values minus the model's, NaN where nothing is observed.
func (m *CP) Residual(o *Observed) float64 {
	var sum float64
	products := make([]float64, m.Blocks)
	for c, y := range o.Values {
		copy(products, m.Row(0, o.Index[0][c]))
		for n := 1; n < len(m.Factors); n++ {
			for r, u := range m.Row(n, o.Index[n][c]) {
				products[r] *= u
			}
		}
		for _, p := range products {
			y -= p
		}
		sum += float64(y * y)
	}
	return math.Sqrt(sum / float64(o.Len()))
}

// Norms returns Π_n ‖u_r^n‖ of every block: what the paper calls the norm of a component.
func (m *CP) Norms() []float64 {
	norms := make([]float64, m.Blocks)
	for r := range norms {
		norms[r] = 1
		for _, factor := range m.Factors {
			var squares float64
			for k := r; k < len(factor); k += m.Blocks {
				squares += float64(factor[k] * factor[k])
			}
			norms[r] *= math.Sqrt(squares)
		}
	}
	return norms
}

// Take returns a model of the given blocks, in that order.
func (m *CP) Take(blocks []int) *CP {
	out := NewCP(m.Shape, len(blocks))
	for n, d := range m.Shape {
		for i := range d {
			for k, r := range blocks {
				out.Factors[n][i*len(blocks)+k] = m.Factors[n][i*m.Blocks+r]
			}
		}
	}
	return out
}

// ByNorm returns the numbers of the blocks in falling order of norm, equal ones in the order of the model.
func (m *CP) ByNorm() []int {
	norms := m.Norms()
	order := make([]int, len(norms))
	for r := range order {
		order[r] = r
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norms[b], norms[a]) })
	return order
}

// Sorted returns the model with its blocks in falling order of norm.
func (m *CP) Sorted() *CP { return m.Take(m.ByNorm()) }
