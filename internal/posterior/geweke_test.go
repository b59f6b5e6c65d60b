package posterior

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// fromPrior draws the parameters of a process from their prior.
func fromPrior(p *process, s *rng.Stream) {
	for k := range p.mixing {
		p.mixing[k] = s.NormFloat64()
	}
	for r := range p.curves {
		c := &p.curves[r]
		for c.length = 0; c.length < p.shortest || c.length > p.longest; {
			c.length = p.length * math.Exp(p.spread*s.NormFloat64())
		}
		for c.rough = 20; math.Abs(c.rough) > 14; {
			c.rough = roughMean + roughSpread*s.NormFloat64()
		}
		for b := range c.weights {
			if b == 0 || b%2 == 1 {
				c.shares[b] = 0.5 / gamma(s, 0.5)
			} else {
				c.shares[b] = c.shares[b-1]
			}
			c.weights[b] = math.Sqrt(c.shares[b]) * s.NormFloat64()
		}
	}
}

// seen are bounded functions of the parameters and the rows.
func seen(p *process) (out []float64) {
	bounded := func(x float64) { out = append(out, x/(1+math.Abs(x))) }
	for r := range p.curves {
		c := &p.curves[r]
		length, rough := math.Log(c.length/p.length)/p.spread, (c.rough-roughMean)/roughSpread
		bounded(length)
		bounded(length * length)
		bounded(rough)
		bounded(rough * rough)
		for b, w := range c.weights {
			bounded(math.Abs(w))
			bounded(c.shares[b])
		}
	}
	for _, x := range p.mixing {
		bounded(x * x)
	}
	for i := range p.count {
		bounded(math.Abs(p.factor[i*p.blocks] * p.factor[i*p.blocks+1]))
		bounded(math.Abs(p.factor[i*p.blocks] - p.factor[(i+1)%p.count*p.blocks]))
	}
	return out
}

// TestJointDistribution is a form of Geweke's: parameters, rows and data drawn from their joint distribution are still
// of that distribution after sweeps that draw parameters given rows, rows given parameters and data, and data given
// rows. It looks at the means of the changes. Label 3 has no cell.
func TestJointDistribution(t *testing.T) {
	const starts, sweeps = 4000, 6
	for order := 1; order <= maxOrder; order++ {
		s := rng.New(uint64(order), "geweke")
		data := &tensor.Observed{Modes: tensor.NumberedModes(tensor.Shape{6, 4}), Index: make([][]int32, 2)}
		for c := range int32(24) {
			if c%6 != 3 && c%5 != 0 {
				data.Index[0], data.Index[1] = append(data.Index[0], c%6), append(data.Index[1], c%4)
				data.Values = append(data.Values, 0)
			}
		}
		g := GaussianProcess{Coordinates: []float64{0, 1, 2.5, 3, 7, 8}, Periods: []float64{4}, Order: order}
		chain := newSampler(data, Settings{Blocks: 2, Noise: known{3}, Priors: []Prior{g, pinned{1}}}.withDefaults())
		p := chain.priors[0].(*process)
		p.sweeps = 1 // the rows are draws from the first sweep on
		var sum, squares []float64
		for range starts {
			fromPrior(p, s)
			p.drawRows(s, 1, func(int, int, []float64) {})
			for k := range chain.Factors[1] {
				chain.Factors[1][k] = s.NormFloat64()
			}
			chain.pad(0)
			chain.pad(1)
			before := seen(p)
			for range sweeps {
				for c := range data.Values {
					data.Values[c] = chain.AtCell(data, c) + s.NormFloat64()/math.Sqrt(3)
				}
				for n, mode := range chain.modes {
					chain.targets[n] = column{wide: arranged(mode.place, data.Values)}
				}
				chain.sweep()
			}
			if sum == nil {
				sum, squares = make([]float64, len(before)), make([]float64, len(before))
			}
			for f, x := range seen(p) {
				sum[f] += x - before[f]
				squares[f] += (x - before[f]) * (x - before[f])
			}
		}
		for f, x := range sum {
			if z := x / math.Sqrt(squares[f]); !(math.Abs(z) < 4) {
				t.Errorf("order %d: function %d changes by %.4f, %.1f standard errors", order, f, x/starts, z)
			}
		}
	}
}
