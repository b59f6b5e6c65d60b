package model

import (
	"math"

	"lacuna/internal/contraction"
	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
)

// linearisation is the loss seen from the current point by the active blocks alone.
//
// The space of their vectors v ("v-space") is laid out in lane groups: entry i of mode n of the a-th active
// block is at ((a/8)·D + start_n + i)·8 + a%8, D = Σ d_n. Padding lanes are zero.
type linearisation struct {
	active []int
	damp   []float64 // a factor on the vector field of every active block; nil is all ones
	groups int
	width  int   // D
	start  []int // of mode n among the D rows
	v      []float64
	first  []float64
	second []float64
	live   []bool // Chains: parameter groups that hold an active block
	k      []float64
	gram   []float64 // of chainGram
	cell   []cellProducts
	plan   *activePlan
}

// Active returns the blocks of the last Linearise.
func (l *linearisation) Active() []int { return l.active }

// Dim returns the length of a v-space vector, padding included.
func (l *linearisation) Dim() int { return l.groups * l.width * kernel.Lanes }

// Rows returns the positions in a v-space vector that are not padding, ascending.
func (l *linearisation) Rows(rows []int) []int {
	rows = rows[:0]
	for p := range l.Dim() {
		if p/(l.width*kernel.Lanes)*kernel.Lanes+p%kernel.Lanes < len(l.active) {
			rows = append(rows, p)
		}
	}
	return rows
}

// damping returns the factor on the vector field of the a-th active block.
func (l *linearisation) damping(a int) float64 {
	if l.damp == nil {
		return 1
	}
	return l.damp[a]
}

func (l *linearisation) undamped() bool {
	for _, factor := range l.damp {
		if factor != 1 {
			return false
		}
	}
	return true
}

func (l *linearisation) at(a, row int) int {
	return (a/kernel.Lanes*l.width+row)*kernel.Lanes + a%kernel.Lanes
}

func resize[T kernel.Float](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// linearise remembers v of the active blocks and the derivatives of the loss as of the last evaluation.
func (o *ObjectiveOf[T]) linearise(l *linearisation, active []int) {
	l.active = append(l.active[:0], active...)
	l.damp = nil
	l.groups = (len(active) + kernel.Lanes - 1) / kernel.Lanes
	l.start, l.width = l.start[:0], 0
	for _, d := range o.shape {
		l.start = append(l.start, l.width)
		l.width += d
	}
	l.v = resize(l.v, l.Dim())
	clear(l.v)
	for a, r := range active {
		for n, d := range o.shape {
			for i := range d {
				l.v[l.at(a, l.start[n]+i)] = float64(o.v[n][i*o.padded+r])
			}
		}
	}
	l.first, l.second = o.derivatives(l.first[:0], l.second[:0])
}

// cellProducts holds, for the eight active blocks of one group at one cell, the products of their v that leave out one
// mode, Π_{q≠n} v^q, and two modes, Π_{q≠n,m} v^q.
type cellProducts struct {
	order  int
	v      [][kernel.Lanes]float64
	skip   [][kernel.Lanes]float64 // [n]
	pair   [][kernel.Lanes]float64 // [n*order+m], n < m
	suffix [][kernel.Lanes]float64
}

func newCellProducts(order int) cellProducts {
	lanes := func(n int) [][kernel.Lanes]float64 { return make([][kernel.Lanes]float64, n) }
	return cellProducts{order: order, v: lanes(order), skip: lanes(order), pair: lanes(order * order), suffix: lanes(order + 1)}
}

func times(out, x, y *[kernel.Lanes]float64) {
	for r := range out {
		out[r] = x[r] * y[r]
	}
}

// fill computes the products of group ag at cell c: with S_m = Π_{q>m} v^q, a pair is
// (Π_{q<n} v^q)(Π_{n<q<m} v^q) S_m, and a skip is a pair times the mode it lacks.
func (p *cellProducts) fill(index [][]int32, l *linearisation, ag, c int) {
	for n := range p.v {
		row := l.start[n] + int(index[n][c])
		p.v[n] = [kernel.Lanes]float64(l.v[(ag*l.width+row)*kernel.Lanes:])
	}
	ones := [kernel.Lanes]float64{1, 1, 1, 1, 1, 1, 1, 1}
	p.suffix[p.order] = ones
	for m := p.order - 1; m > 0; m-- {
		times(&p.suffix[m], &p.suffix[m+1], &p.v[m])
	}
	before := ones
	for n := range p.order {
		between := before
		for m := n + 1; m < p.order; m++ {
			times(&p.pair[n*p.order+m], &between, &p.suffix[m+1])
			times(&between, &between, &p.v[m])
		}
		p.skip[n] = between
		times(&before, &before, &p.v[n])
	}
}

// hessian fills h (Dim×Dim, row-major, padding zero) with the exact Hessian of L by the vectors v of the
// active blocks: with p_a^n = Π_{m≠n} v_a^m at a cell,
//
//	H = Σ_c ℓ”_c p_a^n p_b^m + δ_ab Σ_c ℓ'_c Π_{q≠n,m} v_a^q   (the second term for n ≠ m only).
func (o *ObjectiveOf[T]) hessian(l *linearisation, h []float64) {
	const lanes = kernel.Lanes
	dim, order := l.Dim(), len(o.shape)
	h = h[:dim*dim]
	clear(h)
	products := l.products(order)
	at := make([]int, order)
	for c := range o.prediction {
		for n := range at {
			at[n] = (l.start[n] + int(o.observed.Index[n][c])) * lanes
		}
		for ag := range products {
			products[ag].fill(o.observed.Index, l, ag, c)
		}
		first, second := l.first[c], l.second[c]
		for ag := range products {
			p := &products[ag]
			members := min(lanes, len(l.active)-ag*lanes)
			for n := range order {
				row := ag*l.width*lanes + at[n]
				scaled := p.skip[n]
				for r := range scaled {
					scaled[r] *= second
				}
				for bg := range products {
					for m := n; m < order; m++ {
						if m > n || bg >= ag {
							kernel.AddTile(h[row*dim+bg*l.width*lanes+at[m]:], dim, &scaled, &products[bg].skip[m])
						}
					}
				}
				for m := n + 1; m < order; m++ {
					diagonal := h[row*dim+ag*l.width*lanes+at[m]:]
					for r, value := range p.pair[n*order+m][:members] {
						diagonal[r*(dim+1)] += float64(first * value)
					}
				}
			}
		}
	}
	o.mirror(l, h)
}

// mirror copies the half of the Hessian that hessian accumulates, mode n ≤ mode m, onto the other.
func (o *ObjectiveOf[T]) mirror(l *linearisation, h []float64) {
	const lanes = kernel.Lanes
	dim := l.Dim()
	for ag := range l.groups {
		for bg := range l.groups {
			for n, d := range o.shape {
				for m := n; m < len(o.shape); m++ {
					if m == n && bg <= ag {
						continue
					}
					row, column := (ag*l.width+l.start[n])*lanes, (bg*l.width+l.start[m])*lanes
					for p := row; p < row+d*lanes; p++ {
						for q := column; q < column+o.shape[m]*lanes; q++ {
							h[q*dim+p] = h[p*dim+q]
						}
					}
				}
			}
		}
	}
}

// hessianVec sets out = H x without forming H, by predictions and gradients of a model of the active blocks alone in
// which the vectors of one mode after the other are replaced by the direction:
//
//	(Hx)^n = ∇_n(ℓ” ẏ; v) + Σ_{m≠n} ∇_n(ℓ'; v with v^m → x^m) ,   ẏ = Σ_m W(v with v^m → x^m) .
func (o *ObjectiveOf[T]) hessianVec(l *linearisation, out, x []float64) {
	p := o.activePlan(l)
	clear(out)
	unpack(l, p.v, l.v)
	unpack(l, p.x, x)
	clear(p.change)
	for m := range o.shape {
		p.v[m], p.x[m] = p.x[m], p.v[m]
		p.plan.Predict(p.prediction, p.v)
		for c, value := range p.prediction {
			p.change[c] += value
		}
		p.plan.Gradient(p.g, l.first, p.v)
		p.v[m], p.x[m] = p.x[m], p.v[m]
		for n := range o.shape {
			if n != m {
				accumulate(l, out, p.g, n)
			}
		}
	}
	for c := range p.change {
		p.change[c] *= l.second[c]
	}
	p.plan.Predict(p.prediction, p.v)
	p.plan.Gradient(p.g, p.change, p.v)
	for n := range o.shape {
		accumulate(l, out, p.g, n)
	}
}

// activePlan is a contraction over the active blocks alone, kept as long as their number of groups does not change.
type activePlan struct {
	plan               *contraction.Plan[float64]
	blocks             int
	v, x, g            [][]float64
	prediction, change []float64
}

func (o *ObjectiveOf[T]) activePlan(l *linearisation) *activePlan {
	blocks := l.groups * kernel.Lanes
	if l.plan == nil || l.plan.blocks != blocks {
		p := &activePlan{plan: contraction.New[float64](o.shape, o.observed.Index, blocks, o.threads), blocks: blocks}
		for _, d := range o.shape {
			p.v = append(p.v, make([]float64, d*blocks))
			p.x = append(p.x, make([]float64, d*blocks))
			p.g = append(p.g, make([]float64, d*blocks))
		}
		p.prediction, p.change = make([]float64, len(o.prediction)), make([]float64, len(o.prediction))
		l.plan = p
	}
	return l.plan
}

// unpack brings a v-space vector into the layout of factors.
func unpack(l *linearisation, factors [][]float64, x []float64) {
	for n, factor := range factors {
		for i := range len(factor) / (l.groups * kernel.Lanes) {
			for ag := range l.groups {
				copy(factor[(i*l.groups+ag)*kernel.Lanes:][:kernel.Lanes], x[(ag*l.width+l.start[n]+i)*kernel.Lanes:])
			}
		}
	}
}

// accumulate adds mode n of factors to a v-space vector.
func accumulate(l *linearisation, x []float64, factors [][]float64, n int) {
	for i := range len(factors[n]) / (l.groups * kernel.Lanes) {
		for ag := range l.groups {
			to := x[(ag*l.width+l.start[n]+i)*kernel.Lanes:][:kernel.Lanes]
			for r, value := range factors[n][(i*l.groups+ag)*kernel.Lanes:][:kernel.Lanes] {
				to[r] += value
			}
		}
	}
}

// products returns scratch for the products at one cell, one a group.
func (l *linearisation) products(order int) []cellProducts {
	for len(l.cell) < l.groups {
		l.cell = append(l.cell, newCellProducts(order))
	}
	return l.cell[:l.groups]
}

// rowBlocks fills blocks with the Gauss–Newton rows that alternating least squares would solve: for every mode n
// and index i the symmetric |active|×|active| matrix Σ_{c: c_n=i} ℓ”_c p_a^n p_b^n, rows start_n + i in order.
func (o *ObjectiveOf[T]) rowBlocks(l *linearisation, blocks []float64) {
	const lanes = kernel.Lanes
	order, count := len(o.shape), len(l.active)
	clear(blocks[:l.width*count*count])
	products := l.products(order)
	for c := range o.prediction {
		for ag := range products {
			products[ag].fill(o.observed.Index, l, ag, c)
		}
		for n := range order {
			block := blocks[(l.start[n]+int(o.observed.Index[n][c]))*count*count:]
			for a := range count {
				s := l.second[c] * products[a/lanes].skip[n][a%lanes]
				for b := range count {
					block[a*count+b] = math.FMA(s, products[b/lanes].skip[n][b%lanes], block[a*count+b])
				}
			}
		}
	}
}

// timesBlocks sets the given rows of out to those of h K, K given by its lane blocks.
func (o *ObjectiveOf[T]) timesBlocks(l *linearisation, out, h []float64, rows []int, k []float64) {
	const lanes = kernel.Lanes
	dim := l.Dim()
	for _, row := range rows {
		from, to := h[row*dim:][:dim], out[row*dim:][:dim]
		at := 0
		for ag := range l.groups {
			for n, d := range o.shape {
				start := (ag*l.width + l.start[n]) * lanes
				kernel.MatTVec(to[start:], k[at:], from[start:], d, d)
				at += d * d * lanes
			}
		}
	}
}

// logRates returns d ln‖⊗_n v_r^n‖/dt = Σ_n ⟨v^n, δv^n⟩ / ‖v^n‖² for the active blocks, given δv as a v-space vector.
func (o *ObjectiveOf[T]) logRates(l *linearisation, change []float64) []float64 {
	rates := make([]float64, len(l.active))
	for a := range rates {
		for n, d := range o.shape {
			var along, norm2 float64
			for i := range d {
				p := l.at(a, l.start[n]+i)
				along = math.FMA(l.v[p], change[p], along)
				norm2 = math.FMA(l.v[p], l.v[p], norm2)
			}
			rates[a] += along / norm2
		}
	}
	return rates
}

// DataNorm estimates the Frobenius norm of the full tensor from the observed cells: their root mean square times
// the root of the number of all cells.
func (o *ObjectiveOf[T]) DataNorm() float64 {
	return math.Sqrt(linalg.Norm2(o.observed.Values) / float64(o.observed.Len()) * o.shape.Cells())
}
