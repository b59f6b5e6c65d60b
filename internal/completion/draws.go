package completion

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
)

// variate is how far a draw of a cell lies from the cell's value, before calibration: the expected value under one state
// of the model less that of all, and the noise of one observation. Over many draws their variances are the spread and the
// noise of the prediction. Where cells near one another have noise in common, normal is the standard normal number of which it
// is made, otherwise 0.
type variate struct{ value, noise, normal float64 }

// Draw sets values to draw number of the cells, numbers from 0 on: what one observation of each might be, all of them
// under one state of the model. index[n] are the coordinates in mode n.
//
// The draws are from the joint posterior predictive distribution, calibrated as the standard errors are. With s_c the
// stretch of a cell, a and b the factors of spread and of noise, m_c the value of At, x_c that under one posterior sample
// of one of the averaged models and e_c a draw of the sample's noise,
//
//	y_c = m_c + s_c (√a (x_c − m_c) + √b e_c) ,
//
// whose variance over many draws is the square of At's standard error. Where known cells nearby add to what the models say
// (Settings.Neighbours), x_c − m_c is that of the models, brought like e_c to the variance that the neighbours leave, and the
// normal numbers that e_c are made of are correlated as residuals are that are kriged from the same known cells.
// The sample is the same for all cells of a draw.
// A draw depends on the seed, its number and the cell alone: neither on the other cells nor on threads. An exact model
// draws what the known cells leave open of its entries, linearised at the fit, and normal noise. Of a censored cell the
// draw is one of the sample's own noise around x_c that lies between the limits. Where held-out cells found that values lie
// around the filled ones by another law F_c than the normal one, with the same mean and standard error σ_c or, where it is
// learnt from them, its own, it is F_c⁻¹(Φ((y_c − m_c)/σ_c)), e_c being normal.
func (c *Completion) Draw(number int, index [][]int32, values []float64) {
	c.Draws(number, index, [][]float64{values})
}

// Draws sets values[k] to draw first + k of the cells. It costs less than so many calls of Draw.
func (c *Completion) Draws(first int, index [][]int32, values [][]float64) {
	if len(index) != c.Observed.Order() {
		panic("lacuna: Draws: wrong number of coordinates")
	}
	numbers := make([]int, len(values))
	for k := range numbers {
		numbers[k] = first + k
	}
	draw := c.fit.draws(c.seed, numbers)
	eachBatch(index, len(index[0]), func(begin int, part [][]int32) {
		threads := runtime.GOMAXPROCS(0)
		made := c.fit.all(part, threads)
		variates := draw(part, made, threads)
		eachCell(part, threads, func(k int, cell []int32) {
			b, censored := c.censoredAt(cell)
			for d, number := range numbers {
				if censored {
					values[d][begin+k] = c.Possible(cell, c.drawAtLimits(number, cell, b))
					continue
				}
				var y float64
				if l := c.lawAt(cell, made[k]); l != nil {
					y = c.byLaw(l, number, cell, made[k], variates[d][k])
				} else {
					y = made[k].value + c.calibrated(number, cell, made[k], variates[d][k])
				}
				values[d][begin+k] = c.Possible(cell, c.limits.keep(cell, y))
			}
		})
	})
}

// calibrated is a variate as the standard error of the cell has it.
func (c *Completion) calibrated(number int, cell []int32, p prediction, v variate) float64 {
	k, at := c.calibration.at(cell)
	deviation := float64(math.Sqrt(k.spread)*v.value) + float64(math.Sqrt(k.noise)*v.noise)
	deviation *= k.factor(cell, at, p.value)
	own, whole := k.stderr(cell, at, p), c.stderr(cell, p)
	switch {
	case own == whole:
		return deviation
	case own > 0:
		return float64(deviation * (whole / own))
	}
	return float64(whole * cellStream(c.seed, number, cell).NormFloat64())
}

// eachBatch calls body for stretches of the cells that are few enough to hold predictions of.
func eachBatch(index [][]int32, count int, body func(begin int, part [][]int32)) {
	const batch = 1 << 14
	part := make([][]int32, len(index))
	for begin := 0; begin < count; begin += batch {
		for n, column := range index {
			part[n] = column[begin:min(begin+batch, count)]
		}
		body(begin, part)
	}
}

// drawStream is the stream of what all cells of a draw share.
func drawStream(seed uint64, number int) *rng.Stream {
	return rng.New(seed, fmt.Sprint("draws/", number))
}

// cellStream is the stream of what a cell has for itself.
func cellStream(seed uint64, number int, cell []int32) *rng.Stream {
	name := binary.AppendUvarint([]byte("draws/cells/"), uint64(number))
	for _, i := range cell {
		name = binary.AppendUvarint(name, uint64(i))
	}
	return rng.New(seed, string(name))
}

// drawer gives the variates of cells for every draw: [draw][cell].
type drawer func(index [][]int32, made []prediction, threads int) [][]variate

func newVariates(draws, cells int) [][]variate {
	out := make([][]variate, draws)
	for d := range out {
		out[d] = make([]variate, cells)
	}
	return out
}

// draws chooses for every draw a member by its weight and one of its samples.
func (e *ensemble) draws(seed uint64, numbers []int) drawer {
	samples := e.samplesOf(seed, numbers)
	return func(index [][]int32, made []prediction, threads int) [][]variate {
		return e.variates(samples, seed, index, made, nil, threads)
	}
}

// sampled is a sample of a member that all cells of a draw have.
type sampled struct {
	number, sample int
	member         *member // nil without samples
}

func (e *ensemble) samplesOf(seed uint64, numbers []int) []sampled {
	out := make([]sampled, len(numbers))
	for d, number := range numbers {
		out[d].number = number
		out[d].member, out[d].sample = e.sampleOf(seed, number)
	}
	return out
}

// variates are those of cells under the samples. The noise is made of normals, [draw][cell], where they are not nil and not 0.
func (e *ensemble) variates(
	samples []sampled, seed uint64, index [][]int32, made []prediction, normals [][]float64, threads int,
) [][]variate {
	out := newVariates(len(samples), len(made))
	known := map[*member]centres{nil: {}}
	for d, s := range samples {
		m := s.member
		own, met := known[m]
		if !met {
			own = e.centres(m, index, made, threads)
			known[m] = own
		}
		eachCell(index, threads, func(c int, cell []int32) {
			stream := cellStream(seed, s.number, cell)
			if m == nil { // stopped before the first sample
				out[d][c].value = math.Sqrt(made[c].spread) * stream.NormFloat64()
				return
			}
			var normal float64
			if normals != nil {
				normal = normals[d][c]
			}
			x, noise := m.posterior.Samples[s.sample].Draw(stream, cell, normal)
			share := &own.shares[m.posterior.ChainOf(s.sample)]
			counts, scale := math.Sqrt(share.Relative[c]), m.scaling.ScaleAt(cell)
			within := float64(scale * (x - share.Mean[c]))
			beside := m.scaling.Undo(cell, share.Mean[c]) - own.of[c].mean
			deviation := within + float64(own.between*beside) + own.of[c].beside
			widest := e.widest()
			keep := func(x float64) float64 { return math.Min(math.Max(x, -widest), widest) }
			out[d][c] = variate{keep(counts * deviation), keep(counts * scale * noise), normal}
		})
	}
	return out
}

// sampleOf is the member and the sample that all cells of a draw have; nil without samples.
func (e *ensemble) sampleOf(seed uint64, number int) (m *member, sample int) {
	stream := drawStream(seed, number)
	if m = e.choose(stream.Float64()); m != nil {
		sample = stream.IntN(len(m.posterior.Samples))
	}
	return m, sample
}

// choose returns the member at a share of the sum of all weights, nil where none counts.
func (e *ensemble) choose(share float64) (chosen *member) {
	var total float64
	for k := range e.members {
		if m := &e.members[k]; m.counts() {
			total += m.weight
		}
	}
	at := float64(share * total)
	for k := range e.members {
		if m := &e.members[k]; m.counts() {
			chosen = m
			if at -= m.weight; at < 0 {
				break
			}
		}
	}
	return chosen
}

// centre is what a member says of a cell: its mean, and how far that, kept within bounds, lies from the mean of all.
type centre struct{ mean, beside float64 }

// centres are those of some cells, and what every chain has in them. By the root of how much it counts there a draw of one
// of its samples is stretched, and by between how far the chain lies from all, so that the variance of all draws is that
// of the prediction.
type centres struct {
	of      []centre
	shares  []posterior.Share
	between float64
}

func (e *ensemble) centres(m *member, index [][]int32, made []prediction, threads int) centres {
	count := len(made)
	value, spread, noise := make([]float64, count), make([]float64, count), make([]float64, count)
	m.posterior.Predict(index, value, spread, noise, threads)
	shares, between := m.posterior.Shares(index, threads)
	out := centres{make([]centre, count), shares, math.Sqrt(between)}
	eachCell(index, threads, func(c int, cell []int32) {
		mean := m.scaling.Undo(cell, value[c])
		out.of[c] = centre{mean, math.Min(math.Max(mean, e.low), e.high) - made[c].value}
	})
	return out
}

// draws draws for every draw one change of the entries that no known cell feels.
func (e *exactFit) draws(seed uint64, numbers []int) drawer {
	changes := make([][][]float64, len(numbers))
	for d, number := range numbers {
		changes[d] = e.freedom.draw(drawStream(seed, number))
	}
	return func(index [][]int32, made []prediction, threads int) [][]variate {
		out := newVariates(len(numbers), len(made))
		eachCell(index, threads, func(c int, cell []int32) {
			open := made[c].spread > 0
			for d, number := range numbers {
				v := &out[d][c]
				v.noise = e.stderr * cellStream(seed, number, cell).NormFloat64()
				if open {
					v.value = e.widened * e.scaling.Scale[0] * e.freedom.change(changes[d], cell)
				}
			}
		})
		return out
	}
}

// draw draws z ~ N(0, Λ⁻¹) for all entries and returns its open part (JᵀJ + εΛ)⁻¹ εΛ z by mode, rows of R numbers. The
// variance of what it changes of a cell is that of stderr.
func (f *freedom) draw(stream *rng.Stream) [][]float64 {
	var all []float64
	for n := range f.rows {
		for i := range f.rows[n] {
			row := make([]float64, f.cp.Blocks)
			for r, p := range f.rows[n][i].precision {
				row[r] = stream.NormFloat64() / math.Sqrt(p)
			}
			if f.whole == nil {
				row = f.rows[n][i].openPart(row)
			}
			all = append(all, row...)
		}
	}
	if f.whole != nil {
		all = f.whole.openPart(all)
	}
	out := make([][]float64, len(f.cp.Factors))
	for n, factor := range f.cp.Factors {
		out[n], all = all[:len(factor)], all[len(factor):]
	}
	return out
}

// change is by how much a change of the entries moves a cell, to first order.
func (f *freedom) change(entries [][]float64, cell []int32) (sum float64) {
	for n, i := range cell {
		row := entries[n][int(i)*f.cp.Blocks:]
		for r, g := range f.others(n, cell) {
			sum += float64(g * row[r])
		}
	}
	return sum
}

func (v constant) draws(_ uint64, numbers []int) drawer {
	return func(_ [][]int32, made []prediction, _ int) [][]variate { return newVariates(len(numbers), len(made)) }
}
