// Package contraction evaluates a sum of rank-one tensors at the observed cells, and its gradient.
//
// Factors are v[n][i*blocks+r]: entry i of mode n of block r, the block index innermost, blocks padded to a multiple
// of kernel.Lanes (padding blocks hold zeros). Factors, predictions, residuals and gradients are all float64 or all
// float32.
package contraction

import "lacuna/internal/kernel"

// Plan is the order of work for one set of observed cells and one number of blocks. It owns its
// scratch memory: one Plan serves one evaluation at a time. Its results have the same bits for any number of threads,
// on every machine, and for any order of the cells.
type Plan[T kernel.Float] struct {
	way[T]
	shape  []int
	cells  int
	blocks int

	residual []T
	pick     Residuals[T] // from residual
}

type way[T kernel.Float] interface {
	predict(pred []T, v [][]T)
	gradient(g [][]T, residual Residuals[T], v [][]T)
}

// Residuals sets out[x] to the residual of cell cells[x]. It is called from several threads at once, and for a cell
// more than once.
type Residuals[T kernel.Float] func(out []T, cells []int32)

// New plans for cells index[n][c] of a tensor of that shape, of order 2 or more. blocks is a multiple of kernel.Lanes.
// index is kept and must not change.
func New[T kernel.Float](shape []int, index [][]int32, blocks, threads int) *Plan[T] {
	if len(shape) < 2 || len(index) != len(shape) || blocks <= 0 || blocks%kernel.Lanes != 0 {
		panic("contraction: order below 2, index of another order, or blocks that are not whole lane groups")
	}
	p := &Plan[T]{shape: shape, cells: len(index[0]), blocks: blocks}
	p.pick = func(out []T, cells []int32) {
		for x, c := range cells {
			out[x] = p.residual[c]
		}
	}
	if c := best[T](shape, p.cells, blocks); c.lanes > 0 {
		p.way = newHalves[T](shape, index, blocks, threads, c.split, c.lanes)
	} else {
		p.way = newCellwise[T](shape, index, blocks, threads, c.order)
	}
	return p
}

func (p *Plan[T]) check(cells int, factors [][]T) {
	bad := cells != p.cells || len(factors) != len(p.shape)
	for n := 0; n < len(factors) && !bad; n++ {
		bad = len(factors[n]) != p.shape[n]*p.blocks
	}
	if bad {
		panic("contraction: cells or factors are not what the plan was made for")
	}
}

// Predict sets pred[c] = Σ_r Π_n v[n][index[n][c]][r] for every cell.
func (p *Plan[T]) Predict(pred []T, v [][]T) {
	p.check(len(pred), v)
	p.predict(pred, v)
}

// Gradient sets g[n][i*blocks+r] = Σ_{c: index[n][c]=i} residual[c] Π_{m≠n} v[m][index[m][c]][r]
// (Lemma A.1 of the paper: [∇L]_(n) · ⊙_{m≠n} v_r^m).
func (p *Plan[T]) Gradient(g [][]T, residual []T, v [][]T) {
	p.check(len(residual), v)
	p.check(len(residual), g)
	p.residual = residual
	p.gradient(g, p.pick, v)
}

// GradientOf is Gradient with residuals that are computed when they are needed, and take no memory.
func (p *Plan[T]) GradientOf(g [][]T, residual Residuals[T], v [][]T) {
	p.check(p.cells, v)
	p.check(p.cells, g)
	p.gradient(g, residual, v)
}
