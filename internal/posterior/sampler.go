package posterior

import (
	"context"
	"slices"

	"lacuna/internal/kernel"
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

	columns [][]int // columns[n]: the blocks that have mode n, ascending
	missing [][]int // missing[n]: the others
	modes   []sortedMode

	stride int         // of the rows of a design, which are blocks and a target
	padded [][]float64 // the factors, their rows stride apart with zeros between, as pad has left them

	noise  noise
	priors []prior

	normals []float64
	scratch []rowScratch
	first   []int32   // 0, 1, 2, … chunk − 1
	zeros   []int32   // chunk of them
	ones    []float64 // a row of them
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
	sorted := settings.Sorted
	if sorted == nil {
		sorted = Sort(data)
	}
	s.modes = sorted.modes
	s.stride = linalg.Stride(s.Blocks + 1)
	s.first, s.zeros, s.ones = make([]int32, chunk), make([]int32, chunk), linalg.Ones(s.stride)
	for k := range s.first {
		s.first[k] = int32(k)
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
		var family Prior = NormalWishart{}
		if n < len(settings.Priors) && settings.Priors[n] != nil {
			family = settings.Priors[n]
		}
		s.priors = append(s.priors, family.start(rows{s.Factors[n], s.Blocks, columns, d}))
		s.padded = append(s.padded, kernel.Make[float64](d*s.stride))
	}
	s.scatter()
	s.noise = settings.Noise.start(s)
	s.normals = make([]float64, slices.Max(s.Shape)*s.Blocks)
	s.scratch = make([]rowScratch, settings.Threads)
	for t := range s.scratch {
		stride := s.stride
		s.scratch[t].precision = make([]float64, (s.Blocks+1)*stride)
		s.scratch[t].mean = make([]float64, s.Blocks)
		s.scratch[t].weight = make([]float64, chunk)
		s.scratch[t].design, s.scratch[t].gram = kernel.Make[float64](chunk*stride), kernel.Make[float64](chunk*stride)
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
		s.pad(n)
	}
}

func (s *sampler) sweep() {
	for n := range s.Factors {
		if len(s.columns[n]) > 0 {
			s.priors[n].draw(s.stream)
			s.drawRows(n)
			s.pad(n)
		}
	}
	s.noise.draw()
}

// drawRows draws every row of the factor of mode n from its conditional.
func (s *sampler) drawRows(n int) {
	d, width := s.Shape[n], len(s.columns[n])
	for k := range d * width {
		s.normals[k] = s.stream.NormFloat64()
	}
	parts, step := len(s.scratch), s.priors[n].phases()
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
	columns, width, stride := s.columns[n], len(s.columns[n]), s.stride
	mode := &s.modes[n]
	precision, mean := m.precision[:(width+1)*stride], m.mean[:width]
	s.priors[n].row(i, precision, stride)
	weights, targets := s.noise.weights(), s.noise.targets()
	for begin := mode.starts[i]; begin < mode.starts[i+1]; begin += chunk {
		end := min(begin+chunk, mode.starts[i+1])
		s.products(m.design, n, begin, end)
		for k, c := range mode.cells[begin:end] {
			row, rest := m.design[k*stride:][:stride], 0.0
			for _, r := range s.missing[n] { // what the blocks without the mode contribute to the cell
				rest += row[r]
			}
			if width < s.Blocks {
				for at, r := range columns {
					row[at] = row[r]
				}
			}
			row[width], m.weight[k] = targets[c]-rest, weights[c]
		}
		linalg.AddGram(precision, m.design, m.weight[:end-begin], m.gram, width+1, stride)
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
	row := s.Factors[n][i*s.Blocks:][:s.Blocks]
	for k, r := range columns {
		row[r] = mean[k]
	}
}

// products sets the rows of design to Π_{m≠n} u_m of every block, for cells begin to end in the order of mode n.
func (s *sampler) products(design []float64, n, begin, end int) {
	var left []float64
	var rows []int32
	for m, factor := range s.padded {
		at := s.modes[n].others[m]
		switch {
		case m == n:
		case left == nil:
			left, rows = factor, at[begin:end]
		default:
			kernel.Products(design, left, factor, rows, at[begin:end], s.stride)
			left, rows = design, s.first[:end-begin]
		}
	}
	if len(s.padded) == 2 {
		kernel.Products(design, left, s.ones, rows, s.zeros[:end-begin], s.stride)
	}
}

// pad copies the factor of mode n, which has been drawn, to where the other modes find it.
func (s *sampler) pad(n int) {
	for i := range s.Shape[n] {
		copy(s.padded[n][i*s.stride:], s.Factors[n][i*s.Blocks:][:s.Blocks])
	}
}
