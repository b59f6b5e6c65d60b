// Package contraction evaluates a sum of rank-one tensors at the observed cells, and its gradient.
//
// Factors are v[n][i*blocks+r]: entry i of mode n of block r, the block index innermost, blocks padded to a
// multiple of kernel.Lanes (padding blocks hold zeros).
package contraction

// Plan is the order of work for one set of observed cells and one number of blocks. It owns its
// scratch memory: one Plan serves one evaluation at a time.
type Plan struct {
	shape   []int
	index   [][]int32
	blocks  int
	threads int
}

// New plans for cells index[n][c] of a tensor of that shape. blocks is a multiple of kernel.Lanes.
// index is kept and must not change.
func New(shape []int, index [][]int32, blocks, threads int) *Plan {
	return &Plan{shape: shape, index: index, blocks: blocks, threads: threads}
}

// Predict sets pred[c] = Σ_r Π_n v[n][index[n][c]][r] for every cell.
func (p *Plan) Predict(pred []float64, v [][]float64) {
	for c := range pred {
		var sum float64
		for r := range p.blocks {
			product := 1.0
			for n, column := range p.index {
				product *= v[n][int(column[c])*p.blocks+r]
			}
			sum += product
		}
		pred[c] = sum
	}
}

// Gradient sets g[n][i*blocks+r] = Σ_{c: index[n][c]=i} residual[c] Π_{m≠n} v[m][index[m][c]][r]
// (Lemma A.1 of the paper: [∇L]_(n) · ⊙_{m≠n} v_r^m). v must be what the last Predict was given.
func (p *Plan) Gradient(g [][]float64, residual []float64, v [][]float64) {
	for n := range g {
		clear(g[n])
	}
	for c, res := range residual {
		for n := range g {
			row := g[n][int(p.index[n][c])*p.blocks:][:p.blocks]
			for r := range row {
				product := res
				for m, column := range p.index {
					if m != n {
						product *= v[m][int(column[c])*p.blocks+r]
					}
				}
				row[r] += product
			}
		}
	}
}
