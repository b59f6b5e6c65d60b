package model

import (
	"math"

	"lacuna/internal/contraction"
	"lacuna/internal/kernel"
	"lacuna/internal/parallel"
)

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
	return cellProducts{
		order: order, v: lanes(order), skip: lanes(order), pair: lanes(order * order), suffix: lanes(order + 1),
	}
}

func times(out, x, y *[kernel.Lanes]float64) {
	for r := range out {
		out[r] = x[r] * y[r]
	}
}

// fill computes the products of group ag at cell c: with S_m = Π_{q>m} v^q, a pair is
// (Π_{q<n} v^q)(Π_{n<q<m} v^q) S_m, and a skip is a pair times the mode it lacks.
func (l *linearised[T]) fill(p *cellProducts, ag, c int) {
	for n := range p.v {
		row := l.start[n] + int(l.o.observed.Index[n][c])
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

// Hessian fills h (Dim×Dim, row-major, padding zero) with the exact Hessian of L by the vectors v of the
// active blocks: with p_a^n = Π_{m≠n} v_a^m at a cell,
//
//	H = Σ_c ℓ”_c p_a^n p_b^m + δ_ab Σ_c ℓ'_c Π_{q≠n,m} v_a^q   (the second term for n ≠ m only).
func (l *linearised[T]) Hessian(h []float64) {
	o := l.o
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
			l.fill(&products[ag], ag, c)
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
	l.mirror(h)
}

// mirror copies the half of the Hessian that Hessian accumulates, mode n ≤ mode m, onto the other.
func (l *linearised[T]) mirror(h []float64) {
	o := l.o
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

// HessianVec sets out = H x without forming H, by predictions and gradients of a model of the active blocks alone in
// which the vectors of one mode after the other are replaced by the direction:
//
//	(Hx)^n = ∇_n(ℓ” ẏ; v) + Σ_{m≠n} ∇_n(ℓ'; v with v^m → x^m) ,   ẏ = Σ_m W(v with v^m → x^m) .
func (l *linearised[T]) HessianVec(out, x []float64) { l.multiply(out, x, true) }

// gaussVec is HessianVec without the second sum, which pairsOf holds.
func (l *linearised[T]) gaussVec(out, x []float64) { l.multiply(out, x, false) }

func (l *linearised[T]) multiply(out, x []float64, pairs bool) {
	o, p := l.o, l.activePlan()
	clear(out)
	l.unpack(p.v, l.v)
	l.unpack(p.x, x)
	clear(p.change)
	for m := range o.shape {
		p.v[m], p.x[m] = p.x[m], p.v[m]
		p.plan.Predict(p.prediction, p.v)
		for c, value := range p.prediction {
			p.change[c] += value
		}
		if pairs {
			p.plan.Gradient(p.g, l.first, p.v)
		}
		p.v[m], p.x[m] = p.x[m], p.v[m]
		for n := range o.shape {
			if pairs && n != m {
				l.accumulate(out, p.g, n)
			}
		}
	}
	for c := range p.change {
		p.change[c] *= l.second[c]
	}
	p.plan.Gradient(p.g, p.change, p.v)
	for n := range o.shape {
		l.accumulate(out, p.g, n)
	}
}

// pairsOf returns what the Hessian has beside the Gauss–Newton part, by lane group: for every mode n, as a matrix of the
// lanes, Σ_c ℓ'_c Π_{q≠n,m} v^q by its index and those of the modes m > n. It is nil where that is larger than the cells
// or than many vectors.
func (l *linearised[T]) pairsOf() [][]float64 {
	const lanes, many = kernel.Lanes, 64
	size := 0
	for n, d := range l.o.shape {
		size += d * (l.width - l.start[n] - d)
	}
	if size > min(len(l.first), many*l.width) {
		return nil
	}
	pairs := make([][]float64, l.groups)
	parallel.For(l.o.threads, l.groups, func(g int) {
		h, p := make([]float64, size*lanes), newCellProducts(len(l.start))
		for c, first := range l.first {
			l.fill(&p, g, c)
			at := 0
			for n, d := range l.o.shape {
				behind := l.start[n] + d
				columns := l.width - behind
				row := at + int(l.o.observed.Index[n][c])*columns
				for m := n + 1; m < len(l.start); m++ {
					to := h[(row+l.start[m]-behind+int(l.o.observed.Index[m][c]))*lanes:][:lanes]
					for r, value := range p.pair[n*p.order+m] {
						to[r] += float64(first * value)
					}
				}
				at += d * columns
			}
		}
		pairs[g] = h
	})
	return pairs
}

// addPairs adds to out the product of x and the pairs of a lane group; scratch has room for as many numbers.
func (l *linearised[T]) addPairs(out, pairs, x, scratch []float64) {
	const lanes = kernel.Lanes
	ones := [lanes]float64{1, 1, 1, 1, 1, 1, 1, 1}
	for n, d := range l.o.shape[:len(l.o.shape)-1] {
		behind := l.start[n] + d
		columns := l.width - behind
		kernel.MatVec(scratch[:d*lanes], pairs, x[behind*lanes:], d, columns)
		kernel.Axpy(out[l.start[n]*lanes:], &ones, scratch, d)
		kernel.MatTVec(scratch[:columns*lanes], pairs, x[l.start[n]*lanes:], d, columns)
		kernel.Axpy(out[behind*lanes:], &ones, scratch, columns)
		pairs = pairs[d*columns*lanes:]
	}
}

// activePlan is a contraction over the active blocks alone, kept as long as their number of groups does not change.
type activePlan struct {
	plan               *contraction.Plan[float64]
	blocks             int
	v, x, g            [][]float64
	prediction, change []float64
}

func (l *linearised[T]) activePlan() *activePlan {
	o, blocks := l.o, l.groups*kernel.Lanes
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
func (l *linearised[T]) unpack(factors [][]float64, x []float64) {
	for n, factor := range factors {
		for i := range len(factor) / (l.groups * kernel.Lanes) {
			for ag := range l.groups {
				copy(factor[(i*l.groups+ag)*kernel.Lanes:][:kernel.Lanes], x[(ag*l.width+l.start[n]+i)*kernel.Lanes:])
			}
		}
	}
}

// accumulate adds mode n of factors to a v-space vector.
func (l *linearised[T]) accumulate(x []float64, factors [][]float64, n int) {
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
func (l *linearised[T]) products(order int) []cellProducts {
	for len(l.cell) < l.groups {
		l.cell = append(l.cell, newCellProducts(order))
	}
	return l.cell[:l.groups]
}

// RowBlocks fills blocks with the Gauss–Newton rows that alternating least squares would solve: for every mode n
// and index i the symmetric |active|×|active| matrix Σ_{c: c_n=i} ℓ”_c p_a^n p_b^n, rows start_n + i in order.
func (l *linearised[T]) RowBlocks(blocks []float64) {
	const lanes = kernel.Lanes
	o, order, count := l.o, len(l.start), len(l.active)
	clear(blocks[:l.width*count*count])
	products := l.products(order)
	for c := range o.prediction {
		for ag := range products {
			l.fill(&products[ag], ag, c)
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

// GramScale sets out, a v-space vector, to the multiple of the identity that is the main part of K (damped).
func (l *linearised[T]) GramScale(out []float64) {
	clear(out)
	for a := range l.active {
		for n, d := range l.o.shape {
			scale := l.grams.chainScale(a, n)
			for i := range d {
				out[l.at(a, l.start[n]+i)] = scale
			}
		}
	}
}

// gramBlocks returns K in lanes: entry (i, j) of mode n at ((a/8)·Σd² + start + i·d + j)·8 + a%8, modes one after
// another.
func (l *linearised[T]) gramBlocks() []float64 {
	size := 0
	for _, d := range l.o.shape {
		size += d * d
	}
	l.k = resize(l.k, l.groups*size*kernel.Lanes)
	clear(l.k)
	for a := range l.active {
		at := a / kernel.Lanes * size
		for n, d := range l.o.shape {
			for i, value := range l.grams.chainGram(a, n) {
				l.k[(at+i)*kernel.Lanes+a%kernel.Lanes] = value
			}
			at += d * d
		}
	}
	return l.k
}

// TimesGram sets the given rows of out (Dim×Dim) to those of h K (damped).
func (l *linearised[T]) TimesGram(out, h []float64, rows []int) {
	const lanes = kernel.Lanes
	dim, k := l.Dim(), l.gramBlocks()
	for _, row := range rows {
		from, to := h[row*dim:][:dim], out[row*dim:][:dim]
		at := 0
		for ag := range l.groups {
			for n, d := range l.o.shape {
				start := (ag*l.width + l.start[n]) * lanes
				kernel.MatTVec(to[start:], k[at:], from[start:], d, d)
				at += d * d * lanes
			}
		}
	}
}

// LogRates returns d ln‖⊗_n v_r^n‖/dt = Σ_n ⟨v^n, δv^n⟩ / ‖v^n‖² for the active blocks, given δv as a v-space vector.
func (l *linearised[T]) LogRates(change []float64) []float64 {
	rates := make([]float64, len(l.active))
	for a := range rates {
		for n, d := range l.o.shape {
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
