package posterior

import (
	"context"
	"slices"

	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// sampler is the state of one chain.
type sampler struct {
	*tensor.CP
	settings Settings
	data     *tensor.Observed
	stream   *rng.Stream

	columns [][]int   // columns[n]: the blocks that have mode n, ascending
	missing [][]int   // missing[n]: the others
	cells   [][]int32 // cells of mode n sorted by index
	starts  [][]int   // cells[n][starts[n][i]:starts[n][i+1]] have index i

	noise  noise
	priors []prior

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

// Run samples the posterior of a model of data, whose values should be standardised to a deviation near 1. When ctx
// ends early it returns the samples kept so far, which may be none, and the context's error.
func Run(ctx context.Context, data *tensor.Observed, settings Settings) (*Posterior, error) {
	s := newSampler(data, settings.withDefaults())
	post := &Posterior{Blocks: s.Blocks}
	last := s.settings.Burn + s.settings.Keep*s.settings.Thin
	for sweep := 1; sweep <= last; sweep++ {
		if err := ctx.Err(); err != nil {
			return post, err
		}
		s.sweep()
		if sweep <= s.settings.Burn && s.noise.precision()*s.settings.StopBelow*s.settings.StopBelow > 1 {
			sweep = s.settings.Burn // the next sweep is the first to count
		}
		if k := sweep - s.settings.Burn; k > 0 && k%s.settings.Thin == 0 {
			post.Samples = append(post.Samples, Sample{s.Clone(), s.noise.scatter()})
		}
	}
	return post, nil
}

func newSampler(data *tensor.Observed, settings Settings) *sampler {
	s := &sampler{
		CP:       tensor.NewCP(data.Shape(), settings.Blocks+len(settings.Partial)),
		settings: settings,
		data:     data,
		stream:   rng.New(settings.Seed, settings.Stream),
	}
	has := func(r, n int) bool { return r < settings.Blocks || settings.Partial[r-settings.Blocks][n] }
	for n, d := range s.Shape {
		var columns, missing []int
		for r := range s.Blocks {
			if has(r, n) {
				columns = append(columns, r)
			} else {
				missing = append(missing, r)
			}
		}
		s.columns, s.missing = append(s.columns, columns), append(s.missing, missing)
		cells, starts := tensor.SortByIndex(data.Index[n], d)
		s.cells, s.starts = append(s.cells, cells), append(s.starts, starts)
		var family Prior = NormalWishart{}
		if n < len(settings.Priors) && settings.Priors[n] != nil {
			family = settings.Priors[n]
		}
		s.priors = append(s.priors, family.start(rows{s.Factors[n], s.Blocks, columns, d, starts}))
	}
	s.scatter()
	s.noise = settings.Noise.start(s)
	s.normals = make([]float64, slices.Max(s.Shape)*s.Blocks)
	s.scratch = make([]rowScratch, settings.Threads)
	for t := range s.scratch {
		stride := linalg.Stride(s.Blocks + 1)
		s.scratch[t].precision = make([]float64, (s.Blocks+1)*stride)
		s.scratch[t].mean = make([]float64, s.Blocks)
		s.scratch[t].weight = make([]float64, chunk)
		s.scratch[t].design, s.scratch[t].gram = make([]float64, chunk*stride), make([]float64, chunk*stride)
		s.scratch[t].panel = make([]float64, 8*stride)
	}
	return s
}

// scatter starts the factors near zero.
func (s *sampler) scatter() {
	const spread = 0.1
	for n, factor := range s.Factors {
		for k := range factor {
			factor[k] = 1
		}
		for i := range s.Shape[n] {
			for _, r := range s.columns[n] {
				factor[i*s.Blocks+r] = spread * s.stream.NormFloat64()
			}
		}
	}
}

func (s *sampler) sweep() {
	for n := range s.Factors {
		if len(s.columns[n]) > 0 {
			s.priors[n].draw(s.stream)
			s.drawRows(n)
		}
	}
	s.noise.draw()
}

// drawRows draws every row of the factor of mode n from its conditional.
func (s *sampler) drawRows(n int) {
	d, width := s.Shape[n], len(s.columns[n])
	if p, ok := s.priors[n].(joint); ok {
		p.drawRows(s.stream, len(s.scratch), func(t, i int, precision []float64) {
			s.regress(n, i, precision, &s.scratch[t])
		})
		return
	}
	for k := range d * width {
		s.normals[k] = s.stream.NormFloat64()
	}
	p := s.priors[n].(rowwise)
	parts, step := len(s.scratch), p.phases()
	for phase := range step {
		rows := (d - phase + step - 1) / step
		parallel.For(parts, parts, func(t int) {
			for k := t * rows / parts; k < (t+1)*rows/parts; k++ {
				s.drawRow(n, phase+k*step, p, &s.scratch[t])
			}
		})
	}
}

// regress adds the data's precision of a row and, below it, that precision times the mean. The targets are one more
// column of the design, so that one product gives both.
func (s *sampler) regress(n, i int, precision []float64, m *rowScratch) {
	width := len(s.columns[n])
	cells := s.cells[n][s.starts[n][i]:s.starts[n][i+1]]
	stride := linalg.Stride(width + 1)
	weights, targets := s.noise.weights(), s.noise.targets()
	for len(cells) > 0 {
		some := cells[:min(chunk, len(cells))]
		cells = cells[len(some):]
		for k, c := range some {
			m.weight[k] = weights[c]
			design := m.design[k*stride:][:width+1]
			design[width] = targets[c] - s.row(n, c, design[:width])
		}
		linalg.AddGram(precision, m.design, m.weight[:len(some)], m.gram, width+1)
	}
}

// drawRow draws one row.
func (s *sampler) drawRow(n, i int, p rowwise, m *rowScratch) {
	columns, width := s.columns[n], len(s.columns[n])
	stride := linalg.Stride(width + 1)
	precision, mean := m.precision[:(width+1)*stride], m.mean[:width]
	p.row(i, precision, stride)
	s.regress(n, i, precision, m)
	copy(mean, precision[width*stride:])
	if !linalg.Cholesky(precision, width, stride, m.panel) {
		return // rounding has made the row's precision indefinite: it keeps its value this time
	}
	linalg.SolveLower(precision, mean, width, stride)
	for k, z := range s.normals[i*width:][:width] {
		mean[k] += z
	}
	linalg.SolveUpper(precision, mean, width, stride)
	row := s.Factors[n][i*s.Blocks:][:s.Blocks]
	for k, r := range columns {
		row[r] = mean[k]
	}
}

// row sets design[k] = Π_{m≠n} u_m of block columns[n][k] at cell c, and returns what the blocks without mode n
// contribute to the cell.
func (s *sampler) row(n int, c int32, design []float64) (rest float64) {
	if len(s.missing[n]) == 0 {
		s.Others(design, n, s.data, c)
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
	for m, factor := range s.Factors {
		if m != without {
			x *= factor[int(s.data.Index[m][c])*s.Blocks+r]
		}
	}
	return x
}
