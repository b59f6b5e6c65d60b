package posterior

import (
	"context"
	"math"

	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// sampler is the state of one chain.
type sampler struct {
	settings Settings
	data     Data
	blocks   int
	stream   *rng.Stream

	factors [][]float64 // [n][i*blocks+r]
	columns [][]int     // columns[n]: the blocks that have mode n, ascending
	missing [][]int     // missing[n]: the others
	cells   [][]int32   // cells of mode n sorted by index
	starts  [][]int     // cells[n][starts[n][i]:starts[n][i+1]] have index i

	smooth []bool    // by mode
	target []float64 // of the regression: the values, or, logistic, the working values

	priors   []prior
	tau      float64
	omega    [][]float64 // precision of an index relative to the mean
	tail     []float64   // precision of a cell relative to the mean
	weight   []float64   // τ_c
	residual []float64
	freedom  []float64 // ν of ω_n
	tailNu   float64
	groups   []group // scratch
	sweeps   int

	normals []float64
	scratch []rowScratch
}

// chunk is how many cells of a row are brought into its regression at a time.
const chunk = 256

// rowScratch is one thread's memory.
type rowScratch struct {
	design, weight, gram   []float64
	precision, mean, panel []float64
}

// Run samples the posterior. When ctx ends early it returns the samples kept so far, which may be none, and the
// context's error.
func Run(ctx context.Context, data Data, settings Settings) (*Posterior, error) {
	s := newSampler(data, settings.withDefaults())
	post := &Posterior{Blocks: s.blocks, logistic: s.settings.Logistic}
	last := s.settings.Burn + s.settings.Keep*s.settings.Thin
	for sweep := 1; sweep <= last; sweep++ {
		if err := ctx.Err(); err != nil {
			return post, err
		}
		s.sweep()
		if sweep <= s.settings.Burn && s.tau*s.settings.Quiet*s.settings.Quiet > 1 {
			sweep = s.settings.Burn // the next sweep is the first to count
		}
		if k := sweep - s.settings.Burn; k > 0 && k%s.settings.Thin == 0 {
			post.Samples = append(post.Samples, s.sample())
		}
	}
	return post, nil
}

func newSampler(data Data, settings Settings) *sampler {
	s := &sampler{
		settings: settings,
		data:     data,
		blocks:   settings.Blocks + len(settings.Partial),
		stream:   rng.New(settings.Seed, settings.Stream),
		tau:      1,
		tailNu:   freedoms[len(freedoms)-1],
	}
	has := func(r, n int) bool { return r < settings.Blocks || settings.Partial[r-settings.Blocks][n] }
	widest := 0
	for n, d := range data.Shape {
		var columns, missing []int
		for r := range s.blocks {
			if has(r, n) {
				columns = append(columns, r)
			} else {
				missing = append(missing, r)
			}
		}
		widest = max(widest, d)
		s.factors = append(s.factors, make([]float64, d*s.blocks))
		s.columns = append(s.columns, columns)
		s.missing = append(s.missing, missing)
		cells, starts := tensor.SortByIndex(data.Index[n], d)
		s.cells = append(s.cells, cells)
		s.starts = append(s.starts, starts)
		s.priors = append(s.priors, newPrior(len(columns), d))
		s.omega = append(s.omega, linalg.Ones(d))
		s.freedom = append(s.freedom, freedoms[len(freedoms)-1])
	}
	s.scatter()
	s.smooth = make([]bool, len(data.Shape))
	for _, n := range settings.Smooth {
		s.smooth[n] = true
	}
	s.weight = linalg.Ones(len(data.Values))
	s.target = data.Values
	if settings.Logistic {
		s.target = make([]float64, len(data.Values))
		s.drawLogistic()
	}
	s.tail = linalg.Ones(len(data.Values))
	s.residual = append([]float64(nil), data.Values...)
	s.groups = make([]group, max(widest, len(data.Values)))
	s.normals = make([]float64, widest*s.blocks)
	s.scratch = make([]rowScratch, settings.Threads)
	for t := range s.scratch {
		stride := linalg.Stride(s.blocks + 1)
		s.scratch[t].precision = make([]float64, (s.blocks+1)*stride)
		s.scratch[t].mean = make([]float64, s.blocks)
		s.scratch[t].weight = make([]float64, chunk)
		s.scratch[t].design, s.scratch[t].gram = make([]float64, chunk*stride), make([]float64, chunk*stride)
		s.scratch[t].panel = make([]float64, 8*stride)
	}
	return s
}

// scatter starts the factors near zero.
func (s *sampler) scatter() {
	const spread = 0.1
	for n, factor := range s.factors {
		for k := range factor {
			factor[k] = 1
		}
		for i := range s.data.Shape[n] {
			for _, r := range s.columns[n] {
				factor[i*s.blocks+r] = spread * s.stream.NormFloat64()
			}
		}
	}
}

func (s *sampler) sweep() {
	s.sweeps++
	for n := range s.factors {
		if len(s.columns[n]) == 0 {
			continue
		}
		if s.smooth[n] {
			s.priors[n].drawSteps(s.stream, s.factors[n], s.blocks, s.columns[n], s.data.Shape[n])
		} else {
			s.priors[n].draw(s.stream, s.factors[n], s.blocks, s.columns[n], s.data.Shape[n])
		}
		s.drawRows(n)
	}
	if s.settings.Logistic {
		s.drawLogistic()
	} else {
		s.drawNoise()
	}
}

// drawRows draws every row of the factor of mode n from its conditional.
func (s *sampler) drawRows(n int) {
	d, width := s.data.Shape[n], len(s.columns[n])
	for k := range d * width {
		s.normals[k] = s.stream.NormFloat64()
	}
	// Under a random walk a row depends on its neighbours: first the even rows are drawn, then the odd ones.
	step := 1
	if s.smooth[n] {
		step = 2
	}
	parts := len(s.scratch)
	for phase := range step {
		rows := (d - phase + step - 1) / step
		parallel.For(parts, parts, func(t int) {
			for k := t * rows / parts; k < (t+1)*rows/parts; k++ {
				s.drawRow(n, phase+k*step, &s.scratch[t])
			}
		})
	}
}

// drawRow draws one row. The targets are one more column of the design, so that one product gives the precision of
// the row and, below it, the precision times the mean.
func (s *sampler) drawRow(n, i int, m *rowScratch) {
	columns, width := s.columns[n], len(s.columns[n])
	cells := s.cells[n][s.starts[n][i]:s.starts[n][i+1]]
	stride := linalg.Stride(width + 1)
	precision, mean := m.precision[:(width+1)*stride], m.mean[:width]
	if s.smooth[n] {
		s.walkPrior(n, i, precision, stride)
	} else {
		p := &s.priors[n]
		for k := range width {
			copy(precision[k*stride:], p.precision[k*width:][:k+1])
		}
		copy(precision[width*stride:], p.shift)
	}
	for len(cells) > 0 {
		some := cells[:min(chunk, len(cells))]
		cells = cells[len(some):]
		for k, c := range some {
			m.weight[k] = s.weight[c]
			design := m.design[k*stride:][:width+1]
			design[width] = s.target[c] - s.row(n, c, design[:width])
		}
		linalg.AddGram(precision, m.design, m.weight[:len(some)], m.gram, width+1)
	}
	copy(mean, precision[width*stride:])
	if !linalg.Cholesky(precision, width, stride, m.panel) {
		return // rounding has made the row's precision indefinite: it keeps its value this time
	}
	linalg.SolveLower(precision, mean, width, stride)
	for k, z := range s.normals[i*width:][:width] {
		mean[k] += z
	}
	linalg.SolveUpper(precision, mean, width, stride)
	row := s.factors[n][i*s.blocks:][:s.blocks]
	for k, r := range columns {
		row[r] = mean[k]
	}
}

// walkPrior sets the prior of row i of a smooth mode given its neighbours: u_i − u_{i−1} ~ N(0, Λ⁻¹), and a wide normal
// that keeps the level finite.
func (s *sampler) walkPrior(n, i int, precision []float64, stride int) {
	const level = 0.1
	p, columns := &s.priors[n], s.columns[n]
	width := len(columns)
	neighbours := 0.0
	shift := precision[width*stride:][:width+1]
	clear(shift)
	for _, next := range []int{i - 1, i + 1} {
		if next < 0 || next >= s.data.Shape[n] {
			continue
		}
		neighbours++
		for k := range width {
			for l, r := range columns {
				shift[k] += p.precision[k*width+l] * s.factors[n][next*s.blocks+r]
			}
		}
	}
	for k := range width {
		for l := range k + 1 {
			precision[k*stride+l] = neighbours * p.precision[k*width+l]
		}
		precision[k*stride+k] += level
	}
}

// row sets design[k] = Π_{m≠n} u_m of block columns[n][k] at cell c, and returns what the blocks without mode n
// contribute to the cell.
func (s *sampler) row(n int, c int32, design []float64) (rest float64) {
	if len(s.missing[n]) == 0 {
		first := true
		for m, factor := range s.factors {
			if m == n {
				continue
			}
			u := factor[int(s.data.Index[m][c])*s.blocks:][:len(design)]
			if first {
				copy(design, u)
				first = false
				continue
			}
			for r, x := range u {
				design[r] *= x
			}
		}
		return 0
	}
	for k, r := range s.columns[n] {
		design[k] = s.product(n, c, r)
	}
	for _, r := range s.missing[n] {
		rest += s.product(n, c, r)
	}
	return rest
}

func (s *sampler) product(without int, c int32, r int) float64 {
	x := 1.0
	for m, factor := range s.factors {
		if m != without {
			x *= factor[int(s.data.Index[m][c])*s.blocks+r]
		}
	}
	return x
}

// drawNoise draws τ, ω and t given the residuals, and sets the weights.
func (s *sampler) drawNoise() {
	s.setResiduals()
	const flat = 1e-6
	count := float64(len(s.residual))
	var sum float64
	for c, e := range s.residual {
		w := s.tail[c]
		for n, omega := range s.omega {
			w *= omega[s.data.Index[n][c]]
		}
		s.weight[c] = w // relative precision until the end of this function
		sum += w * e * e
	}
	if math.IsNaN(sum) || math.IsInf(sum, 0) { // the chain has run away: it starts again
		s.scatter()
		s.setResiduals()
		sum = count
	}
	s.tau = gamma(s.stream, flat+count/2) / (flat + sum/2)
	if !s.settings.Equal {
		for n := range s.omega {
			s.drawOmega(n)
		}
	}
	if !s.settings.Normal {
		s.drawTail()
	}
	for c := range s.weight {
		s.weight[c] *= s.tau
	}
}

func (s *sampler) drawOmega(n int) {
	omega := s.omega[n]
	groups := s.groups[:len(omega)]
	for i, old := range omega {
		cells := s.cells[n][s.starts[n][i]:s.starts[n][i+1]]
		var squares float64
		for _, c := range cells {
			squares += s.weight[c] * s.residual[c] * s.residual[c]
		}
		groups[i] = group{float64(len(cells)), squares * s.tau / old}
	}
	nu := drawFreedom(s.stream, groups)
	s.freedom[n] = nu
	for i, old := range omega {
		omega[i] = gamma(s.stream, (nu+groups[i].count)/2) / ((nu + groups[i].squares) / 2)
		for _, c := range s.cells[n][s.starts[n][i]:s.starts[n][i+1]] {
			s.weight[c] *= omega[i] / old
		}
	}
}

func (s *sampler) drawTail() {
	const every = 4 // sweeps a draw of ν, which costs as much as the rest
	if s.sweeps%every == 0 {
		for c, e := range s.residual {
			s.groups[c] = group{1, s.tau * s.weight[c] / s.tail[c] * e * e}
		}
		s.tailNu = drawFreedom(s.stream, s.groups[:len(s.residual)])
	}
	nu := s.tailNu
	for c, e := range s.residual {
		old := s.tail[c]
		fresh := gamma(s.stream, (nu+1)/2) / ((nu + s.tau*s.weight[c]/old*e*e) / 2)
		s.tail[c] = fresh
		s.weight[c] *= fresh / old
	}
}

func (s *sampler) setResiduals() {
	for c, y := range s.data.Values {
		s.residual[c] = y - s.predict(int32(c))
	}
}

func (s *sampler) predict(c int32) float64 {
	var total float64
	r0 := s.factors[0][int(s.data.Index[0][c])*s.blocks:][:s.blocks]
	r1 := s.factors[1][int(s.data.Index[1][c])*s.blocks:][:s.blocks]
	if len(s.factors) == 3 {
		r2 := s.factors[2][int(s.data.Index[2][c])*s.blocks:][:s.blocks]
		for r, x := range r0 {
			total += x * r1[r] * r2[r]
		}
		return total
	}
	for r, x := range r0 {
		x *= r1[r]
		for m := 2; m < len(s.factors); m++ {
			x *= s.factors[m][int(s.data.Index[m][c])*s.blocks+r]
		}
		total += x
	}
	return total
}

func (s *sampler) sample() Sample {
	out := Sample{Noise: s.tailNu / (s.tailNu - 2) / s.tau}
	if s.settings.Normal {
		out.Noise = 1 / s.tau
	}
	for n, factor := range s.factors {
		out.Factors = append(out.Factors, append([]float64(nil), factor...))
		spread := make([]float64, len(s.omega[n]))
		for i, w := range s.omega[n] {
			spread[i] = 1 / w
		}
		out.Spread = append(out.Spread, spread)
	}
	return out
}
