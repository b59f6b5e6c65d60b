package posterior

import (
	"math"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
)

// chain draws all rows of a Gaussian process factor at once. The states x_i of all R processes at the i-th sorted
// label, entry a of process r at a·R + r, have a joint precision that is block tridiagonal, with blocks of m = order·R:
//
//	D_i = A_iᵀ Q_i⁻¹ A_i + Q_{i−1}⁻¹ + data ,    B_i = −Q_i⁻¹ A_i  between x_{i+1} and x_i .
//
// Blocks are eliminated forwards, G_i = D_i − B_{i−1} G_{i−1}⁻¹ B_{i−1}ᵀ, and states drawn backwards. A label's own part
// w is integrated out of the data's precision H and shift h of its row before, and drawn after, given the state. A
// draw costs O(d m³). Labels are kept in memory by parts, and all but the last part are eliminated twice.
type chain struct {
	p             *process
	width, size   int // R and m
	narrow, wide  int // strides of the row's matrices, R + 1 rows, and of the state's
	length        int // labels of a part
	labels        []label
	starts        []carry // of every part
	lambda, scale []float64
	own           []float64 // 1/α of every process
	steps         *steps    // the last
	normals       []float64
	scratch       []chainScratch
	next, work    []float64

	mixing               linalg.LU
	loadings, transposed []float64 // L = M⁻¹ and Lᵀ
}

// label is what is kept of a label while its part is in memory.
type label struct {
	row     []float64 // R+1 rows: L of H + W⁻¹, and h
	through []float64 // R+1 rows: precision and shift of the state
	mean    []float64 // Φc
	pivot   []float64 // L of G, m rows
	shift   []float64 // of the state, eliminated as G is
	step    *steps    // to the next label
}

// steps are the blocks that a step of the processes adds to their precision, an entry for every process.
type steps struct {
	distance              float64
	before, across, after [maxOrder][maxOrder][]float64 // AᵀQ⁻¹A, Q⁻¹A, Q⁻¹
}

// carry is what the labels before say of a label's state: the lower triangle of a precision, and a shift.
type carry struct{ precision, shift []float64 }

type chainScratch struct{ inverse, product, gram, panel, minus []float64 }

// perLabel is how many numbers are kept of a label for a number of columns whose rows of data are stride apart.
func perLabel(width, order, stride int) int {
	m := order * width
	return 2*(width+1)*stride + m*linalg.Stride(m) + 2*m + 2*width
}

// partLength is how many labels a part has: some 30 MB, or so many that parts are no more than the labels of one.
func partLength(labels, perLabel int) int {
	return min(labels, max(1<<22/(perLabel+1), int(math.Sqrt(float64(labels)))+1))
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
		minus := linalg.Ones(c.size)
		linalg.Scale(minus, -1)
		c.scratch = append(c.scratch, chainScratch{
			make([]float64, n), make([]float64, n), make([]float64, 2*n), make([]float64, 8*max(c.wide, c.narrow)), minus,
		})
	}
}

// drawRows implements joint. Where rounding makes a precision indefinite, rows keep their values this time.
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
	c.steps = nil
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
	for r := range c.width {
		for a := range p.order {
			start.precision[(a*c.width+r)*c.wide+a*c.width+r] = c.scale[r]
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
			if !c.eliminate(l, now, c.p.at[k+1]-c.p.at[k]) {
				return false
			}
			continue
		}
		if !linalg.Cholesky(l.pivot, c.size, 0, c.wide, c.scratch[0].panel) {
			return false
		}
		linalg.SolveLower(l.pivot, l.shift, c.size, c.wide)
	}
	return true
}

// through brings a label's row from u to the processes, and sets what it says of their states: with H and h of the row,
// the label's own part, of precision W⁻¹, is integrated out as H − H (H + W⁻¹)⁻¹ H, and the shift likewise.
func (c *chain) through(k int, l *label, m *chainScratch) bool {
	width, stride := c.width, c.narrow
	// full is all of H with h as one more column, then LᵀHL and Lᵀh. Columns are computed to the end of a lane group.
	wide := linalg.Stride(width + 1)
	full, half := m.product[:width*stride], m.gram[:width*stride]
	for i := range width {
		for j, x := range l.row[i*stride:][:i+1] {
			full[i*stride+j], full[j*stride+i] = x, x
		}
		full[i*stride+width] = l.row[width*stride+i]
		clear(full[i*stride+width+1:][:wide-width-1])
	}
	clear(half)
	kernel.GemmSub(half, c.transposed, full, width, wide, width, stride, stride, stride)
	for i := range width {
		row := full[i*stride:][:wide]
		clear(row)
		row[width] = -half[i*stride+width]
	}
	kernel.GemmSub(full, half, c.loadings, width, width, width, stride, stride, stride)
	for i := range width {
		row := full[i*stride:][:wide]
		l.mean[i] = c.p.mean(k, i)
		copy(l.row[i*stride:], row[:i+1])
		copy(l.through[i*stride:], row[:i+1])
		l.row[i*stride+i] += c.own[i]
	}
	for i := range width {
		row := full[i*stride:][:wide]
		l.row[width*stride+i] = row[width]
		row[width] -= linalg.Dot(row[:width], l.mean)
		l.through[width*stride+i] = row[width]
	}
	if !linalg.Cholesky(l.row, width, 0, stride, m.panel) {
		return false
	}
	linalg.InvertLower(l.row, m.inverse, width, stride, m.panel)
	clear(half)
	kernel.GemmSub(half, m.inverse, full, width, wide, width, stride, stride, stride)
	linalg.AddGram(l.through, half, m.minus[:width], m.gram[width*stride:], width+1, stride)
	return true
}

// eliminate factors the pivot of a state and sets what it says of the next one: with Y = L⁻¹ (Q⁻¹A)ᵀ, less YᵀY.
func (c *chain) eliminate(l *label, next carry, distance float64) bool {
	q, width, size, stride, m := c.p.order, c.width, c.size, c.wide, &c.scratch[0]
	c.setSteps(distance)
	l.step = c.steps
	clear(next.precision)
	for r := range width {
		for i := range q {
			for j := range i + 1 {
				l.pivot[(i*width+r)*stride+j*width+r] += c.steps.before[i][j][r]
				next.precision[(i*width+r)*stride+j*width+r] = c.steps.after[i][j][r]
			}
		}
	}
	if !linalg.Cholesky(l.pivot, size, 0, stride, m.panel) {
		return false
	}
	linalg.SolveLower(l.pivot, l.shift, size, stride)
	linalg.InvertLower(l.pivot, m.inverse, size, stride, m.panel)
	clear(next.shift)
	for i := range size {
		row, out := m.inverse[i*stride:][:size], m.product[i*stride:][:size]
		for b := range q {
			to, low, x := out[b*width:][:width], row[:width], c.steps.across[b][0][:width]
			for r := range to {
				to[r] = low[r] * x[r]
			}
			for d := 1; d < q && i >= width; d++ {
				from, x := row[d*width:][:width], c.steps.across[b][d][:width]
				for r := range to {
					to[r] += float64(from[r] * x[r])
				}
			}
		}
		linalg.Axpy(next.shift, l.shift[i], out)
	}
	linalg.AddGram(next.precision, m.product, m.minus, m.gram, size, stride)
	return true
}

// setSteps computes the blocks of the prior's precision over a distance, unless they are those of the last one.
func (c *chain) setSteps(distance float64) {
	if c.steps != nil && c.steps.distance == distance {
		return
	}
	q := c.p.order
	c.steps = &steps{distance: distance}
	numbers := make([]float64, 3*q*q*c.width)
	for _, block := range []*[maxOrder][maxOrder][]float64{&c.steps.before, &c.steps.across, &c.steps.after} {
		for i := range q {
			for j := range q {
				block[i][j], numbers = numbers[:c.width], numbers[c.width:]
			}
		}
	}
	for r := range c.width {
		a, noise := c.p.step(gap(c.lambda[r], distance))
		after := inverse(noise, q)
		across := product(after, a, q)
		before := product(transpose(a), across, q)
		for i := range q {
			for j := range q {
				c.steps.before[i][j][r] = c.scale[r] * before[i][j]
				c.steps.across[i][j][r] = c.scale[r] * across[i][j]
				c.steps.after[i][j][r] = c.scale[r] * after[i][j]
			}
		}
	}
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
			clear(c.work)
			for a := range q {
				for d := range q {
					for r, x := range l.step.across[d][a] {
						c.work[a*width+r] += float64(x * c.next[d*width+r])
					}
				}
			}
			linalg.SolveLower(l.pivot, c.work, size, stride)
			linalg.Axpy(l.shift, 1, c.work)
		}
		copy(c.next, l.shift)
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
