package spectral

import (
	"lacuna/internal/parallel"
	"lacuna/tensor"
)

// fibres are the observed cells of a tensor by the columns of its unfolding along one mode: cells that agree in all
// other coordinates. Columns with one cell are left out, for they add to the diagonal of the Gram matrix alone.
type fibres struct {
	d      int
	starts []int32 // of every column
	index  []int32
	values []float64
	parts  int // into how many pieces the columns are cut
}

func newFibres(o *tensor.Observed, mode int) *fibres {
	f := &fibres{d: o.Shape()[mode]}
	order := make([]int32, o.Len())
	for c := range order {
		order[c] = int32(c)
	}
	column := make([]int32, len(order))
	for n, d := range o.Shape() { // sorted by the other coordinates, the last one counting most
		if n == mode {
			continue
		}
		for k, c := range order {
			column[k] = o.Index[n][c]
		}
		positions, _ := tensor.SortByIndex(column, d)
		for k, p := range positions {
			column[k] = order[p]
		}
		order, column = column, order
	}
	same := func(a, b int32) bool {
		for n, index := range o.Index {
			if n != mode && index[a] != index[b] {
				return false
			}
		}
		return true
	}
	kept := order[:0] // without the columns that have one cell
	f.starts = append(f.starts, 0)
	for begin, end := 0, 0; begin < len(order); begin = end {
		for end = begin + 1; end < len(order) && same(order[begin], order[end]); end++ {
		}
		if end-begin > 1 {
			kept = append(kept, order[begin:end]...)
			f.starts = append(f.starts, int32(len(kept)))
		}
	}
	f.index, f.values = column[:len(kept)], make([]float64, len(kept))
	for k, c := range kept {
		f.index[k], f.values[k] = o.Index[mode][c], o.Values[c]
	}
	const most = 16
	f.parts = min(max(1, len(f.values)/(4*f.d)), most)
	return f
}

// times returns the product of the Gram matrix without its diagonal and a d×width matrix x:
//
//	out_i = Σ_f Σ_{j≠i} y_if y_jf x_j .
//
// It costs 4 multiplications a cell and column. The result does not depend on threads.
func (f *fibres) times(x []float64, width, threads int) []float64 {
	outs := make([][]float64, f.parts)
	columns := len(f.starts) - 1
	parallel.For(threads, f.parts, func(p int) {
		out, sum := make([]float64, f.d*width), make([]float64, width)
		for k := p * columns / f.parts; k < (p+1)*columns/f.parts; k++ {
			index, values := f.index[f.starts[k]:f.starts[k+1]], f.values[f.starts[k]:f.starts[k+1]]
			clear(sum)
			for c, y := range values {
				for r, u := range x[int(index[c])*width:][:width] {
					sum[r] += float64(y * u)
				}
			}
			for c, y := range values {
				row, own := out[int(index[c])*width:][:width], x[int(index[c])*width:][:width]
				for r, total := range sum {
					row[r] += float64(y * (total - float64(y*own[r])))
				}
			}
		}
		outs[p] = out
	})
	for _, out := range outs[1:] {
		for k, v := range out {
			outs[0][k] += v
		}
	}
	return outs[0]
}
