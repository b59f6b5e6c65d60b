package posterior

import (
	"math"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// LogNormal noise is that of positive values over magnitudes: log y_c = m + s (x_c + e_c), e_c as that of Gaussian. Its
// domain is the numbers above 0.
type LogNormal struct {
	Gaussian
	Mean, Scale float64 // m and s; Scale 0: mean and deviation of the logarithms
}

func init() {
	positive := func(y float64) bool { return y > 0 }
	register(Family{
		Name: "lognormal", Domain: "numbers above 0", In: positive, Positive: true, Censored: true,
		Forms: []Form{
			{Name: "log-normal, equal noise", Noise: LogNormal{}, Raw: true},
			{Name: "log-normal, varied noise", Noise: LogNormal{Gaussian: Gaussian{Varied: true}}, Raw: true},
		},
		Suits: func(values []float64) bool { return all(values, positive) && magnitudes(values) },
	})
}

// magnitudes reports whether positive values span more than one and a half decades.
func magnitudes(values []float64) bool {
	low, high := values[0], values[0]
	for _, y := range values {
		low, high = math.Min(low, y), math.Max(high, y)
	}
	return high > 30*low
}

func (f LogNormal) start(s *sampler) noise {
	logs := make([]float64, s.data.Len())
	for c, y := range s.data.Values {
		if s.data.IsCensored(c) && y <= 0 { // what stands for it knows nothing of logarithms
			if y = s.data.High[c] / 2; math.IsInf(y, 1) {
				y = 1
			}
		}
		logs[c] = portable.Log(y)
	}
	mean, scale := f.Mean, f.Scale
	if scale == 0 {
		mean, scale = tensor.Moments(logs)
	}
	if scale == 0 {
		scale = 1
	}
	for c, l := range logs {
		logs[c] = (l - mean) / scale
	}
	g := newScales(s, f.Gaussian)
	g.values = logs
	l := &logScales{scales: g, mean: mean, scale: scale}
	if g.latent != nil {
		g.latent.read(s, l.bring)
	}
	return l
}

// logScales is the noise of a chain in the units of its logarithms.
type logScales struct {
	*scales
	mean, scale float64
}

func (l *logScales) targets() []float64 { return l.values }

// bring is the place of a limit among the logarithms.
func (l *logScales) bring(y float64) float64 { return bringLog(y, l.mean, l.scale) }

func (l *logScales) scatter() Scatter {
	return exponential{l.scales.scatter().(spread), l.mean, l.scale}
}

// exponential is the distribution of exp(m + s z), z being spread.
type exponential struct {
	spread
	mean, scale float64
}

// At caps what the exponential of a large variance would come to: where nothing is known of a cell, its mean under a
// log-normal distribution is that of the few largest draws.
func (e exponential) At(cell []int32, x float64) (mean, variance float64) {
	const most = 300
	_, square := e.spread.At(cell, x)
	square = float64(e.scale * e.scale * square)
	mean = portable.Exp(math.Min(e.mean+float64(e.scale*x)+float64(square/2), most))
	return mean, mean * mean * portable.Expm1(math.Min(square, most))
}

// cells keeps the method of spread from being promoted.
func (e exponential) cells(index [][]int32, x, variance []float64) {
	cell := make([]int32, len(index))
	for c := range x {
		for n := range cell {
			cell[n] = index[n][c]
		}
		x[c], variance[c] = e.At(cell, x[c])
	}
}

func (e exponential) CDF(cell []int32, x, y float64) float64 {
	if y <= 0 {
		return 0
	}
	return e.spread.CDF(cell, x, (portable.Log(y)-e.mean)/e.scale)
}

func (e exponential) LogDensity(cell []int32, x, y float64) float64 {
	if y <= 0 {
		return math.Inf(-1)
	}
	log := portable.Log(y)
	return e.spread.LogDensity(cell, x, (log-e.mean)/e.scale) - portable.Log(e.scale) - log
}

func (e exponential) Draw(s *rng.Stream, cell []int32, x float64) float64 {
	return e.drawOf(s.NormFloat64(), s, cell, x)
}

func (e exponential) drawOf(z float64, s *rng.Stream, cell []int32, x float64) float64 {
	return portable.Exp(e.mean + float64(e.scale*e.spread.drawOf(z, s, cell, x)))
}
