package posterior

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
)

// chain draws all columns of a Gaussian process factor at once. The states x_i of all columns at the i-th sorted label,
// entry a of column r at a·R + r, have a joint precision that is block tridiagonal, with blocks of m = order·R:
//
//	D_i = A_iᵀ Q_i⁻¹ A_i + Q_{i−1}⁻¹ + data ,    B_i = −Q_i⁻¹ A_i  between x_{i+1} and x_i .
//
// Blocks are eliminated forwards, G_i = D_i − B_{i−1} G_{i−1}⁻¹ B_{i−1}ᵀ, and states drawn backwards. A label's own part w
// is integrated out of the data's precision H and shift h of its row before, and drawn after, given the state. A
// draw costs O(d m³); labels beyond the memory of a part are eliminated twice.
type chain struct {
	p             *process
	width, size   int // R and m
	narrow, wide  int // strides of the row's matrices, R + 1 rows, and of the state's
	length        int // labels of a part
	labels        []label
	starts        []carry // of every part
	lambda, scale []float64
	own           []float64 // 1/(α σ²) of every column
	normals       []float64
	scratch       []chainScratch
	next, work    []float64

	mixing               linalg.LU
	loadings, transposed []float64 // L = M⁻¹ and Lᵀ
}

// label is what is kept of a label while its part is in memory.
type label struct {
	row     []float64                     // R+1 rows: L of H + W⁻¹, and h
	through []float64                     // R+1 rows: precision and shift of the state
	mean    []float64                     // Φc
	pivot   []float64                     // L of G, m rows
	shift   []float64                     // of the state, eliminated as G is
	step    [maxOrder][maxOrder][]float64 // Q⁻¹A of every column, to the next label
}

// carry is what the labels before say of a label's state: the lower triangle of a precision, and a shift.
type carry struct{ precision, shift []float64 }

type chainScratch struct{ inverse, product, gram, panel, ones, minus []float64 }

// partLength is how many labels a part has, so that it takes some 30 MB.
func partLength(width, order int) int {
	m := order * width
	return max(16, 1<<22/(2*(width+1)*linalg.Stride(width+1)+m*linalg.Stride(m)+1))
}

func newChain(p *process, length int) *chain {
	r := len(p.columns)
	c := &chain{p: p, width: r, size: p.order * r, lambda: make([]float64, r), scale: make([]float64, r)}
	c.own = make([]float64, r)
	c.loadings, c.transposed = make([]float64, r*p.stride), make([]float64, r*p.stride)
	c.narrow, c.wide = p.stride, linalg.Stride(c.size)
	c.length = min(p.count, length)
	c.labels = make([]label, c.length)
	for k := range c.labels {
		l := &c.labels[k]
		l.row, l.through = make([]float64, (r+1)*c.narrow), make([]float64, (r+1)*c.narrow)
		l.mean, l.shift = make([]float64, r), make([]float64, c.size)
		l.pivot = make([]float64, c.size*c.wide)
		for a := range p.order {
			for b := range p.order {
				l.step[a][b] = make([]float64, r)
			}
		}
	}
	for range (p.count + c.length - 1) / c.length {
		c.starts = append(c.starts, carry{make([]float64, c.size*c.wide), make([]float64, c.size)})
	}
	c.normals = make([]float64, c.length*(c.size+r))
	c.next, c.work = make([]float64, c.size), make([]float64, c.size)
	return c
}

// threads makes room for so many threads.
func (c *chain) threads(count int) {
	for len(c.scratch) < count {
		n := max(c.size*c.wide, c.width*c.narrow)
		ones, minus := linalg.Ones(c.size), linalg.Ones(c.size)
		linalg.Scale(minus, -1)
		c.scratch = append(c.scratch, chainScratch{
			make([]float64, n), make([]float64, n), make([]float64, 2*n), make([]float64, 8*max(c.wide, c.narrow)), ones, minus,
		})
	}
}

// rows draws every row of the factor. data adds the data's precision of a label's row, and below it the shift, to a
// lower triangle whose rows are linalg.Stride(R+1) apart.
func (p *process) drawRows(s *rng.Stream, threads int, data func(thread, i int, precision []float64)) {
	c := p.chain
	c.threads(threads)
	for r := range p.curves {
		q := &p.curves[r]
		alpha := q.alpha()
		c.lambda[r] = math.Sqrt(float64(2*p.order-1)) / q.length
		c.scale[r] = 1 / (1 - alpha)
		c.own[r] = 1 / alpha
	}
	copy(c.mixing.Matrix(c.width), p.mixing)
	if c.mixing.Factor() != nil {
		return
	}
	for r := range c.width {
		clear(c.work)
		c.work[r] = 1
		c.mixing.Solve(c.work[:c.width])
		for i, x := range c.work[:c.width] {
			c.loadings[i*c.narrow+r] = x
			c.transposed[r*c.narrow+i] = x
		}
	}
	parts := len(c.starts)
	c.begin()
	for part := range parts {
		if !c.forwards(part, threads, data) {
			return
		}
	}
	for part := parts - 1; part >= 0; part-- {
		if part < parts-1 && !c.forwards(part, threads, data) {
			return
		}
		c.backwards(s, part, threads)
	}
}

func (c *chain) bounds(part int) (begin, end int) {
	return part * c.length, min((part+1)*c.length, c.p.count)
}

// begin sets what is known of the first state before any data.
func (c *chain) begin() {
	p, start := c.p, c.starts[0]
	clear(start.precision)
	clear(start.shift)
	stationary := inverse(p.stationary, p.order)
	for r := range c.width {
		for a := range p.order {
			for b := range a + 1 {
				start.precision[(a*c.width+r)*c.wide+b*c.width+r] = c.scale[r] * stationary[a][b]
			}
		}
	}
}

// forwards eliminates the states of a part, and leaves what they say of the next part's first.
func (c *chain) forwards(part, threads int, data func(thread, i int, precision []float64)) bool {
	begin, end := c.bounds(part)
	ok := make([]bool, threads)
	parallel.For(threads, threads, func(t int) {
		ok[t] = true
		for k := begin + t*(end-begin)/threads; k < begin+(t+1)*(end-begin)/threads; k++ {
			l := &c.labels[k-begin]
			clear(l.row)
			data(t, c.p.sorted[k], l.row)
			ok[t] = c.through(k, l, &c.scratch[t]) && ok[t]
		}
	})
	for _, fine := range ok {
		if !fine {
			return false
		}
	}
	now := c.starts[part]
	for k := begin; k < end; k++ {
		l := &c.labels[k-begin]
		copy(l.pivot, now.precision)
		copy(l.shift, now.shift)
		for r := range c.width {
			l.shift[r] += l.through[c.width*c.narrow+r]
			row := l.pivot[r*c.wide:][:r+1]
			for j, x := range l.through[r*c.narrow:][:r+1] {
				row[j] += x
			}
		}
		if k+1 < c.p.count {
			if now = (carry{l.pivot, l.shift}); k+1 == end {
				now = c.starts[part+1]
			} else {
				now = carry{c.labels[k+1-begin].pivot, c.labels[k+1-begin].shift}
			}
			if !c.eliminate(k, l, now) {
				return false
			}
		} else if !linalg.Cholesky(l.pivot, c.size, c.wide, c.scratch[0].panel) {
			return false
		}
	}
	return true
}

// through integrates a label's own part out of its row's data: H − H (H + W⁻¹)⁻¹ H, and the shift likewise.
func (c *chain) through(k int, l *label, m *chainScratch) bool {
	width, stride := c.width, c.narrow
	for r := range width {
		l.mean[r] = c.p.mean(k, r)
	}
	// full becomes all of LᵀHL, with Lᵀh as one more column.
	full, half := m.product, m.gram[:width*stride]
	for i := range width {
		for j, x := range l.row[i*stride:][:i+1] {
			full[i*stride+j], full[j*stride+i] = x, x
		}
		full[i*stride+width] = l.row[width*stride+i]
	}
	clear(half)
	kernel.GemmSub(half, c.transposed, full, width, width+1, width, stride, stride, stride)
	for i := range width {
		row := full[i*stride:][:width+1]
		clear(row)
		row[width] = -half[i*stride+width]
	}
	kernel.GemmSub(full, half, c.loadings, width, width, width, stride, stride, stride)
	for i := range width {
		row := full[i*stride:][:width+1]
		copy(l.row[i*stride:], row[:i+1])
		copy(l.through[i*stride:], row[:i+1])
		l.row[i*stride+i] += c.own[i]
		l.row[width*stride+i] = row[width]
		row[width] -= linalg.Dot(row[:width], l.mean)
		l.through[width*stride+i] = row[width]
	}
	if !linalg.Cholesky(l.row, width, stride, m.panel) {
		return false
	}
	linalg.InvertLower(l.row, m.inverse, width, stride)
	clear(half)
	kernel.GemmSub(half, m.inverse, full, width, width+1, width, stride, stride, stride)
	linalg.AddGram(l.through, half, m.minus[:width], m.gram[width*stride:], width+1, stride)
	return true
}

// eliminate factors the pivot of a state and sets what it says of the next one.
func (c *chain) eliminate(k int, l *label, next carry) bool {
	p, m := c.p, &c.scratch[0]
	q, width, size, stride := p.order, c.width, c.size, c.wide
	distance := p.at[k+1] - p.at[k]
	var inverses [maxOrder][maxOrder]float64
	clear(next.precision)
	for r := range width {
		a, noise := p.step(gap(c.lambda[r], distance))
		inverses = inverse(noise, q)
		step := product(inverses, a, q)
		before := product(transpose(a), step, q)
		for i := range q {
			for j := range q {
				l.step[i][j][r] = c.scale[r] * step[i][j]
				if j <= i {
					l.pivot[(i*width+r)*stride+j*width+r] += float64(c.scale[r] * before[i][j])
					next.precision[(i*width+r)*stride+j*width+r] = c.scale[r] * inverses[i][j]
				}
			}
		}
	}
	if !linalg.Cholesky(l.pivot, size, stride, m.panel) {
		return false
	}
	linalg.InvertLower(l.pivot, m.inverse, size, stride)
	clear(m.product)
	linalg.AddGram(m.product, m.inverse, m.ones, m.gram, size, stride)
	for i := range size {
		for j := range i {
			m.product[j*stride+i] = m.product[i*stride+j]
		}
	}
	// G⁻¹ times the step's transpose from the right, then the step from the left.
	for i := range size {
		row, out := m.product[i*stride:][:size], m.inverse[i*stride:][:size]
		for b := range q {
			to := out[b*width:][:width]
			clear(to)
			for d := range q {
				from, x := row[d*width:][:width], l.step[b][d][:width]
				for r := range to {
					to[r] += float64(from[r] * x[r])
				}
			}
		}
	}
	for a := range q {
		for r := range width {
			i := a*width + r
			to := next.precision[i*stride:][:i+1]
			for d := range q {
				x := l.step[a][d][r]
				for j, v := range m.inverse[(d*width+r)*stride:][:len(to)] {
					to[j] -= float64(x * v)
				}
			}
		}
	}
	mean := c.work
	copy(mean, l.shift)
	linalg.SolveLower(l.pivot, mean, size, stride)
	linalg.SolveUpper(l.pivot, mean, size, stride)
	for a := range q {
		for r := range width {
			var sum float64
			for d := range q {
				sum += float64(l.step[a][d][r] * mean[d*width+r])
			}
			next.shift[a*width+r] = sum
		}
	}
	return true
}

// backwards draws the states of a part, whose next one is in c.next, and then the rows.
func (c *chain) backwards(s *rng.Stream, part, threads int) {
	p, q, width, size, stride := c.p, c.p.order, c.width, c.size, c.wide
	begin, end := c.bounds(part)
	for k := range (end - begin) * (size + width) {
		c.normals[k] = s.NormFloat64()
	}
	for k := end - 1; k >= begin; k-- {
		l := &c.labels[k-begin]
		if k+1 < p.count {
			for a := range q {
				for r := range width {
					for d := range q {
						l.shift[a*width+r] += float64(l.step[d][a][r] * c.next[d*width+r])
					}
				}
			}
		}
		copy(c.next, l.shift)
		linalg.SolveLower(l.pivot, c.next, size, stride)
		for i, z := range c.normals[(k-begin)*size:][:size] {
			c.next[i] += z
		}
		linalg.SolveUpper(l.pivot, c.next, size, stride)
		copy(l.shift, c.next)
	}
	normals := c.normals[(end-begin)*size:]
	parallel.For(threads, threads, func(t int) {
		for k := begin + t*(end-begin)/threads; k < begin+(t+1)*(end-begin)/threads; k++ {
			l := &c.labels[k-begin]
			mean := l.row[width*c.narrow:][:width]
			for r := range mean {
				mean[r] += float64(c.own[r] * (l.mean[r] + l.shift[r]))
			}
			linalg.SolveLower(l.row, mean, width, c.narrow)
			for r, z := range normals[(k-begin)*width:][:width] {
				mean[r] += z
			}
			linalg.SolveUpper(l.row, mean, width, c.narrow)
			row := p.factor[p.sorted[k]*p.blocks:][:p.blocks]
			for i, r := range p.columns {
				row[r] = linalg.Dot(c.loadings[i*c.narrow:][:width], mean)
			}
		}
	})
}
