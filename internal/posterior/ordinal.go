package posterior

import (
	"math"
	"slices"
	"sort"

	"lacuna/internal/linalg"
	"lacuna/internal/portable"
	"lacuna/internal/rng"
)

// Ordinal noise is that of a few levels with an order, such as ratings: the ordered probit
//
//	y_c = level k  where  c_{k−1} < z_c ≤ c_k ,   z_c ~ N(x_c, 1) ,
//
// with cut points c_1 < … < c_{K−1} that are N(0, 3²) but for their order. They are drawn with the latent z integrated out
// (Cowles 1996), then the z given them (Albert & Chib 1993). The domain is the levels that are known.
type Ordinal struct {
	Levels []float64 // ascending; nil: those that the values have
}

const mostLevels = 12 // of ratings

func init() {
	register(Family{
		Name: "ordinal", Domain: "a few levels, such as 1 to 5", Levels: mostLevels,
		Forms: []Form{{Name: "ordered probit", Noise: Ordinal{}, Raw: true, Effects: true}},
		Suits: suitsRatings,
	})
}

// suitsRatings accepts between 3 and 12 levels an equal distance apart, each of them met often.
func suitsRatings(values []float64) bool {
	const often = 5
	levels := levelsOf(values, mostLevels)
	if len(levels) < 3 || len(values) < often*len(levels) {
		return false
	}
	for k := 2; k < len(levels); k++ {
		if levels[k]-levels[k-1] != levels[1]-levels[0] {
			return false
		}
	}
	return true
}

// levelsOf returns the distinct values, ascending; nil if there are more than most.
func levelsOf(values []float64, most int) (levels []float64) {
	for _, y := range values {
		at, met := slices.BinarySearch(levels, y)
		if met {
			continue
		}
		if len(levels) == most {
			return nil
		}
		levels = slices.Insert(levels, at, y)
	}
	return levels
}

// Cost implements Noise.
func (Ordinal) Cost() float64 { return 3 * polyaGammaCost }

func (f Ordinal) start(s *sampler) noise {
	levels := f.Levels
	if levels == nil {
		levels = levelsOf(s.data.Values, s.data.Len())
	}
	o := &ordered{
		s: s, levels: levels, cuts: make([]float64, len(levels)-1), weight: linalg.Ones(s.data.Len()),
		target: make([]float64, s.data.Len()), predictor: make([]float64, s.data.Len()), streams: s.cellStreams(),
	}
	o.sort()
	below := 0
	for k := range o.cuts { // where N(0, 1) would be cut
		below += len(o.cells[k])
		share := (float64(below) + 0.5) / float64(s.data.Len()+1)
		o.cuts[k] = math.Sqrt2 * portable.Erfinv(float64(2*share)-1)
		if k > 0 {
			o.cuts[k] = math.Max(o.cuts[k], o.cuts[k-1]+1e-3)
		}
	}
	o.draw()
	return o
}

// ordered is the working regression of a chain.
type ordered struct {
	s              *sampler
	levels, cuts   []float64
	cells          [][]int32 // of every level
	level          []int32   // of every cell
	weight, target []float64 // 1 and z_c
	predictor      []float64
	streams        []*rng.Stream
	turns
}

// sort lists the cells of every level.
func (o *ordered) sort() {
	o.cells, o.level = make([][]int32, len(o.levels)), make([]int32, o.s.data.Len())
	for c, y := range o.s.data.Values {
		k := sort.SearchFloat64s(o.levels, y)
		o.level[c] = int32(k)
		o.cells[k] = append(o.cells[k], int32(c))
	}
}

func (o *ordered) targets() []float64 { return o.target }
func (o *ordered) weights() []float64 { return o.weight }
func (o *ordered) precision() float64 { return 1 }
func (o *ordered) scatter() Scatter   { return ratings{o.levels, slices.Clone(o.cuts)} }

func (o *ordered) drawn(part int) (targets, weights bool) { return o.at(part), false }

// draw draws the cut points, in some of the sweeps, with the z integrated out: all z are then drawn given them.
func (o *ordered) draw() {
	cut := o.parameters()
	o.next(cut)
	o.s.cellParts(func(m *rowScratch, part, begin, end int) {
		if o.at(part) {
			o.s.predict(o.predictor[begin:end], begin, m)
		}
	})
	if cut {
		for k := range o.cuts {
			o.moveCut(k)
		}
	}
	edges := slices.Concat([]float64{math.Inf(-1)}, o.cuts, []float64{math.Inf(1)})
	o.s.cellParts(func(_ *rowScratch, part, begin, end int) {
		if !o.at(part) {
			return
		}
		stream, target, predictor := o.streams[part], o.target[begin:end], o.predictor[begin:end]
		for c, k := range o.level[begin:end] {
			target[c] = truncatedNormal(stream, predictor[c], edges[k], edges[k+1])
		}
	})
}

// moveCut moves a cut point, or not (Metropolis). Of the two values of Φ whose difference a cell's probability is, one stays.
func (o *ordered) moveCut(k int) {
	low, _ := bounds(o.cuts, k)
	_, high := bounds(o.cuts, k+1)
	old, count := o.cuts[k], len(o.cells[k])+len(o.cells[k+1])
	to := old + float64(o.s.stream.NormFloat64()*3/math.Sqrt(float64(count)+1))
	u := portable.Log(1 - o.s.stream.Float64())
	if to <= low || to >= high {
		return
	}
	change := priorOfCut(to) - priorOfCut(old)
	change += o.ratio(o.cells[k], low, old, to)
	change += o.ratio(o.cells[k+1], high, old, to)
	if u < change {
		o.cuts[k] = to
	}
}

// ratio is the logarithm of Π_c |Φ(to − x_c) − Φ(still − x_c)|/|Φ(old − x_c) − Φ(still − x_c)|.
func (o *ordered) ratio(cells []int32, still, old, to float64) float64 {
	const small, large = 1e-150, 1e150
	sum, product, table := 0.0, 1.0, tableOfCDF()
	for _, c := range cells {
		x := o.predictor[c]
		a, b, d := still-x, old-x, to-x
		if a > 0 { // the side where Φ is exact
			a, b, d = -a, -b, -d
		}
		stays := quickCDF(table, a)
		product *= math.Max(math.Abs(quickCDF(table, d)-stays), 1e-100) / math.Max(math.Abs(quickCDF(table, b)-stays), 1e-100)
		if product < small || product > large {
			sum, product = sum+portable.Log(product), 1
		}
	}
	return sum + portable.Log(product)
}

const cutDeviation = 3 // of the prior of cut points

func priorOfCut(cut float64) float64 { return -cut * cut / (2 * cutDeviation * cutDeviation) }

// bounds returns the cut points around level k.
func bounds(cuts []float64, k int) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if k > 0 {
		low = cuts[k-1]
	}
	if k < len(cuts) {
		high = cuts[k]
	}
	return low, high
}

// between is P(a < N(0, 1) ≤ b), taken on the side where it is exact.
func between(a, b float64) float64 {
	if a > 0 {
		a, b = -b, -a
	}
	return math.Max(normalCDF(b)-normalCDF(a), 1e-300)
}

// ratings is the distribution of a level by the mean of its latent variable.
type ratings struct{ levels, cuts []float64 }

func (r ratings) At(_ []int32, x float64) (mean, variance float64) {
	last := 0.0
	for k, level := range r.levels {
		up := 1.0
		if k < len(r.cuts) {
			up = normalCDF(r.cuts[k] - x)
		}
		d := level - r.levels[0]
		mean += float64((up - last) * d)
		variance += float64((up - last) * d * d)
		last = up
	}
	return r.levels[0] + mean, math.Max(0, variance-float64(mean*mean))
}

func (r ratings) CDF(_ []int32, x, y float64) float64 {
	k := sort.Search(len(r.levels), func(k int) bool { return r.levels[k] > y })
	switch k {
	case 0:
		return 0
	case len(r.levels):
		return 1
	}
	return normalCDF(r.cuts[k-1] - x)
}

func (r ratings) LogDensity(_ []int32, x, y float64) float64 {
	k, met := slices.BinarySearch(r.levels, y)
	if !met {
		return math.Inf(-1)
	}
	low, high := bounds(r.cuts, k)
	return portable.Log(between(low-x, high-x))
}

func (r ratings) Draw(s *rng.Stream, _ []int32, x float64) float64 {
	return r.levels[sort.SearchFloat64s(r.cuts, x+s.NormFloat64())]
}

func (ratings) Level() float64 { return 1 }
