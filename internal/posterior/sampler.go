package posterior

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/kernel"
	"lacuna/internal/linalg"
	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// sampler is the state of one chain.
type sampler struct {
	*tensor.CP
	settings Settings
	data     *tensor.Observed
	stream   *rng.Stream

	offset, gain float64 // predictors are offset + gain x_c; gain 0: x_c

	columns [][]int // columns[n]: the blocks that have mode n, ascending
	missing [][]int // missing[n]: the others
	modes   []sortedMode

	targets []column // of the regression of the factor of every mode, in the order of the mode
	weights []column

	stride int         // of the rows of a design, which are blocks and a target
	padded [][]float64 // the factors, their rows stride apart with zeros between, as pad has left them

	noise  noise
	priors []prior
	swept  int // sweeps so far

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
	design, gram     []float64
	precision, panel []float64
	targets, weights []float64 // of a chunk of cells
	left, right      []int32   // coordinates of a chunk of cells
	places           []int32   // of a chunk of cells
	next             []int32   // places, of every index of a mode
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
			post.Samples = append(post.Samples, (&Chain{s}).Sample())
		}
	}
	return post, nil
}

// Chain is a chain that goes on for as long as it pays; Run is for one whose length is known. Burn, Keep, Thin and
// StopBelow of its settings have no effect.
type Chain struct{ s *sampler }

// NewChain begins a chain on data, whose values should be standardised to a deviation near 1.
func NewChain(data *tensor.Observed, settings Settings) *Chain {
	return &Chain{newSampler(data, settings.withDefaults())}
}

// Sweep draws all factors and the noise so many times, and returns the last of every thin states. When ctx ends early
// it returns those so far, and the context's error.
func (c *Chain) Sweep(ctx context.Context, sweeps, thin int) (samples []Sample, err error) {
	for k := 1; k <= sweeps; k++ {
		if err := ctx.Err(); err != nil {
			return samples, err
		}
		c.s.sweep()
		if k%thin == 0 {
			samples = append(samples, c.Sample())
		}
	}
	return samples, nil
}

// Sample is a copy of the present state.
func (c *Chain) Sample() Sample { return Sample{c.s.sample(), c.s.noise.scatter()} }

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
		s.priors = append(s.priors, s.family(n).start(rows{s.Factors[n], s.Blocks, columns, d, s.modes[n].starts, s.stride}))
		s.padded = append(s.padded, kernel.Make[float64](d*s.stride))
	}
	s.normals = make([]float64, slices.Max(s.Shape)*s.Blocks)
	s.scratch = make([]rowScratch, settings.Threads)
	for t := range s.scratch {
		stride := s.stride
		s.scratch[t].precision = make([]float64, (s.Blocks+1)*stride)
		s.scratch[t].design, s.scratch[t].gram = kernel.Make[float64](chunk*stride), kernel.Make[float64](chunk*stride)
		s.scratch[t].panel = make([]float64, 8*stride)
		s.scratch[t].targets, s.scratch[t].weights = make([]float64, chunk), make([]float64, chunk)
		s.scratch[t].left, s.scratch[t].right = make([]int32, chunk), make([]int32, chunk)
		s.scratch[t].places, s.scratch[t].next = make([]int32, chunk), make([]int32, slices.Max(s.Shape))
	}
	s.scatter()
	if settings.Start != nil {
		s.startFrom(settings.Start)
	}
	s.noise = settings.Noise.start(s)
	s.targets, s.weights = make([]column, len(s.Shape)), make([]column, len(s.Shape))
	for n := range s.modes {
		if s.modes[n].ordered {
			s.targets[n], s.weights[n] = column{wide: data.Values}, column{wide: s.noise.weights()}
			continue
		}
		s.targets[n], s.weights[n] = newColumn(data.Len()), newColumn(data.Len())
	}
	s.putTargets(data.Values)
	if settings.Start != nil {
		s.noise.draw() // the size of the noise is that of what the start leaves over
	}
	s.arrange()
	return s
}

// family is the family of the prior of the factor of mode n.
func (s *sampler) family(n int) Prior {
	if n < len(s.settings.Priors) && s.settings.Priors[n] != nil {
		return s.settings.Priors[n]
	}
	return NormalWishart{}
}

// sample is a copy of the model, with its rows made up to whole lane groups.
func (s *sampler) sample() *tensor.CP {
	stride := linalg.Stride(s.Blocks)
	out := &tensor.CP{Shape: s.Shape, Blocks: stride}
	for n, d := range s.Shape {
		factor := kernel.Make[float64](d * stride)
		for i := range d {
			copy(factor[i*stride:], s.Factors[n][i*s.Blocks:][:s.Blocks])
		}
		out.Factors = append(out.Factors, factor)
	}
	return out
}

// scatter starts the factors near zero.
func (s *sampler) scatter() {
	const spread = 0.1
	for n, factor := range s.Factors {
		for k := range factor {
			factor[k] = 1
		}
		_, above := s.priors[n].(positive)
		for i := range s.Shape[n] {
			for _, r := range s.columns[n] {
				entry := spread * s.stream.NormFloat64()
				if above {
					entry = math.Abs(entry)
				}
				factor[i*s.Blocks+r] = entry
			}
		}
		s.pad(n)
	}
}

// startFrom sets the first blocks to those of a model.
func (s *sampler) startFrom(m *tensor.CP) {
	blocks := min(m.Blocks, s.settings.Blocks)
	for n, d := range s.Shape {
		for i := range d {
			copy(s.Factors[n][i*s.Blocks:][:blocks], m.Row(n, int32(i)))
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
	s.swept++
	s.arrange()
}

// mostPrecise is the precision that the noise of all cells may have in this sweep, +Inf where it is not annealed.
func (s *sampler) mostPrecise() float64 {
	a := s.settings.Anneal
	if s.swept >= a.Sweeps {
		return math.Inf(1)
	}
	floor := a.From * portable.Pow(a.To/a.From, float64(s.swept)/float64(a.Sweeps))
	return 1 / float64(floor*floor)
}

// parts is into how many pieces the cells are cut that threads take in turn.
const parts = 64

// partStart is the first cell of a part, of so many cells.
func partStart(part, count int) int { return part * count / parts }

// cellParts calls body for every part of the cells, begin to end. Scratch belongs to the call.
func (s *sampler) cellParts(body func(m *rowScratch, part, begin, end int)) {
	count := s.data.Len()
	parallel.Workers(s.settings.Threads, parts, func(worker, p int) {
		body(&s.scratch[worker], p, partStart(p, count), partStart(p+1, count))
	})
}

// cellStreams opens a stream of random numbers for every part of the cells.
func (s *sampler) cellStreams() []*rng.Stream {
	streams := make([]*rng.Stream, parts)
	for p := range streams {
		streams[p] = rng.New(s.settings.Seed, fmt.Sprint(s.settings.Stream, "/cells/", p))
	}
	return streams
}

// predict sets out to the predictors x_c of the cells from begin on, of factors that have been padded.
func (s *sampler) predict(out []float64, begin int, m *rowScratch) {
	for len(out) > 0 {
		count := min(chunk, len(out))
		at := func(n int) []int32 { return s.data.Index[n][begin : begin+count] }
		left, rows, last := s.padded[0], at(0), len(s.padded)-1
		for n := 1; n < last; n++ {
			kernel.Products(m.design, left, s.padded[n], rows, at(n), s.stride)
			left, rows = m.design, s.first[:count]
		}
		kernel.PairDots(out[:count], left, s.padded[last], rows, at(last), s.stride)
		if s.gain != 0 {
			for c, x := range out[:count] {
				out[c] = s.offset + float64(s.gain*x)
			}
		}
		out, begin = out[count:], begin+count
	}
}

// arrange brings the regression that the noise has drawn into the order of every mode.
func (s *sampler) arrange() {
	drawn := func(int) (targets, weights bool) { return true, true }
	if n, ok := s.noise.(sparing); ok && s.swept > 0 {
		drawn = n.drawn
	}
	s.put(s.weights, s.noise.weights(), func(part int) bool {
		_, weights := drawn(part)
		return weights
	})
	if targets := s.noise.targets(); targets != nil {
		s.pointTargets(targets)
		s.put(s.targets, targets, func(part int) bool {
			targets, _ := drawn(part)
			return targets
		})
	}
}

// putTargets sets the targets of every mode.
func (s *sampler) putTargets(values []float64) {
	s.pointTargets(values)
	s.put(s.targets, values, func(int) bool { return true })
}

// pointTargets sets the targets of modes that the cells are in the order of.
func (s *sampler) pointTargets(values []float64) {
	for n := range s.modes {
		if s.modes[n].ordered {
			s.targets[n] = column{wide: values}
		}
	}
}

// put brings a number of every cell of some parts into the order of every mode but those that the cells are in.
func (s *sampler) put(columns []column, values []float64, of func(part int) bool) {
	s.cellParts(func(m *rowScratch, part, _, _ int) {
		if !of(part) {
			return
		}
		for n := range s.modes {
			if mode := &s.modes[n]; !mode.ordered {
				mode.places(s.data.Index[n], part, m, func(first int, place []int32) {
					columns[n].put(place, values[first:first+len(place)])
				})
			}
		}
	})
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
	const few = 8 // rows that a thread takes at a time
	p := s.priors[n].(rowwise)
	step := p.phases()
	for phase := range step {
		rows := (d - phase + step - 1) / step
		parallel.Workers(s.settings.Threads, (rows+few-1)/few, func(worker, k int) {
			for row := k * few; row < min(rows, (k+1)*few); row++ {
				s.drawRow(n, phase+row*step, p, &s.scratch[worker])
			}
		})
	}
}

// regress adds the data's precision of a row and, below it, that precision times the mean. The targets are one more
// column of the design, so that one product gives both.
func (s *sampler) regress(n, i int, precision []float64, m *rowScratch) {
	columns, width, stride := s.columns[n], len(s.columns[n]), s.stride
	mode := &s.modes[n]
	for begin := mode.starts[i]; begin < mode.starts[i+1]; begin += chunk {
		end := min(begin+chunk, mode.starts[i+1])
		s.products(m, n, begin, end)
		for k, y := range s.targets[n].at(begin, end, m.targets) {
			row, rest := m.design[k*stride:][:stride], 0.0
			for _, r := range s.missing[n] { // what the blocks without the mode contribute to the cell
				rest += row[r]
			}
			if width < s.Blocks {
				for at, r := range columns {
					row[at] = row[r]
				}
			}
			row[width] = y - rest
		}
		linalg.AddGram(precision, m.design, s.weights[n].at(begin, end, m.weights), m.gram, width+1, stride)
	}
}

// drawRow draws one row.
func (s *sampler) drawRow(n, i int, p rowwise, m *rowScratch) {
	width, stride := len(s.columns[n]), s.stride
	precision := m.precision[:(width+1)*stride]
	p.row(i, precision, stride)
	s.regress(n, i, precision, m)
	if !linalg.Cholesky(precision, width, 1, stride, m.panel) {
		return // rounding has made the row's precision indefinite: it keeps its value this time
	}
	mean := precision[width*stride:][:width]
	for k, z := range s.normals[i*width:][:width] {
		mean[k] += z
	}
	linalg.SolveUpper(precision, mean, width, stride)
	row := s.Factors[n][i*s.Blocks:][:s.Blocks]
	for k, r := range s.columns[n] {
		row[r] = mean[k]
	}
}

// products sets the rows of the design to Π_{m≠n} u_m of every block, for cells begin to end in the order of mode n.
func (s *sampler) products(m *rowScratch, n, begin, end int) {
	var left []float64
	var rows []int32
	for k, factor := range s.padded {
		at := s.modes[n].others[k]
		switch {
		case k == n:
		case left == nil:
			left, rows = factor, at.at(begin, end, m.left)
		default:
			kernel.Products(m.design, left, factor, rows, at.at(begin, end, m.right), s.stride)
			left, rows = m.design, s.first[:end-begin]
		}
	}
	if len(s.padded) == 2 {
		kernel.Products(m.design, left, s.ones, rows, s.zeros[:end-begin], s.stride)
	}
}

// pad copies the factor of mode n, which has been drawn, to where the other modes find it.
func (s *sampler) pad(n int) {
	for i := range s.Shape[n] {
		copy(s.padded[n][i*s.stride:], s.Factors[n][i*s.Blocks:][:s.Blocks])
	}
}
