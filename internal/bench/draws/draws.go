// Package draws measures whether an analysis of drawn completions, pooled by Rubin's rules, is right about its own error.
package draws

import (
	"context"
	"fmt"
	"math"

	"lacuna"
	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Options of Run.
type Options struct {
	Simulations int     // default 200
	Rows        int     // of every table, default 60
	Columns     int     // default 8
	Missing     float64 // share of the cells that are hidden at random, default 0.25
	Draws       int     // of every table, default 20
	Effort      float64 // of every completion, default 0.02
	Threads     int     // simulations at a time, default 1
	Seed        uint64

	Each func(done int) // called after every simulation
}

// Result is the share of simulations whose 95 % interval of the slope holds the true one.
type Result struct {
	Simulations int     `json:"simulations"`
	Pooled      float64 `json:"pooled"`      // draws, pooled by Rubin's rules
	Single      float64 `json:"single"`      // one draw, taken for data
	Filled      float64 `json:"filled"`      // the completion's values, taken for data
	Known       float64 `json:"known"`       // the table before cells were hidden
	Bias        float64 `json:"bias"`        // mean of the pooled slope less the true one
	Width       float64 `json:"width"`       // mean half width of the pooled interval, over that of the whole table
	BiasFilled  float64 `json:"bias_filled"` // as Bias, of the filled table
}

// Run completes tables y_ij = u_i · v_j + e_ij of two blocks, with u and e normal and loadings v that are the same in all,
// and regresses the first column on the second. The true slope is v_1 · v_2 / (v_2 · v_2 + σ²).
func Run(ctx context.Context, o Options) (Result, error) {
	outcomes := make([]outcome, o.Simulations)
	if err := parallel.Each(ctx, o.Threads, o.Simulations, func(k int) (err error) {
		outcomes[k], err = simulate(ctx, o, k)
		return err
	}, func(done, _ int) {
		if o.Each != nil {
			o.Each(done)
		}
	}); err != nil {
		return Result{}, err
	}
	r := Result{Simulations: o.Simulations}
	each := 1 / float64(o.Simulations)
	for _, s := range outcomes {
		r.Pooled += s.pooled.covers(s.slope) * each
		r.Single += s.single.covers(s.slope) * each
		r.Filled += s.filled.covers(s.slope) * each
		r.Known += s.known.covers(s.slope) * each
		r.Bias += (s.pooled.slope - s.slope) * each
		r.BiasFilled += (s.filled.slope - s.slope) * each
		r.Width += s.pooled.half() / s.known.half() * each
	}
	return r, nil
}

type outcome struct {
	slope                         float64 // the true one
	pooled, single, filled, known estimate
}

// estimate is a slope with its variance and degrees of freedom.
type estimate struct{ slope, variance, freedom float64 }

// half is half the width of the 95 % interval.
func (e estimate) half() float64 { return math.Sqrt(e.variance) * student975(e.freedom) }

func (e estimate) covers(slope float64) float64 {
	if math.Abs(e.slope-slope) <= e.half() {
		return 1
	}
	return 0
}

// student975 is the 97.5 % quantile of Student's distribution, by the expansion of Fisher and Cornish (1960).
func student975(freedom float64) float64 {
	const z = 1.959963984540054
	q := z * z
	return z * (1 + (q+1)/(4*freedom) + ((5*q+16)*q+3)/(96*freedom*freedom) +
		(((3*q+19)*q+17)*q-15)/(384*freedom*freedom*freedom))
}

const sigma = 0.5 // deviation of the noise

func loadings(columns int) [][2]float64 {
	v := make([][2]float64, columns)
	for j := range v {
		angle := 2.4 * float64(j)
		v[j] = [2]float64{math.Cos(angle), math.Sin(angle)}
	}
	v[0] = [2]float64{0.8, 0.6}
	v[1] = [2]float64{0.9, -0.1}
	return v
}

func simulate(ctx context.Context, o Options, number int) (out outcome, err error) {
	v := loadings(o.Columns)
	out.slope = (v[0][0]*v[1][0] + v[0][1]*v[1][1]) / (v[1][0]*v[1][0] + v[1][1]*v[1][1] + sigma*sigma)
	stream := rng.New(o.Seed, fmt.Sprint("draws bench/", number))
	table := make([]float64, o.Rows*o.Columns)
	index, gaps := make([][]int32, 2), make([][]int32, 2)
	var values []float64
	for i := range o.Rows {
		a, b := stream.NormFloat64(), stream.NormFloat64()
		for j := range o.Columns {
			y := a*v[j][0] + b*v[j][1] + sigma*stream.NormFloat64()
			table[i*o.Columns+j] = y
			to := &index
			if stream.Float64() < o.Missing {
				to = &gaps
			} else {
				values = append(values, y)
			}
			(*to)[0], (*to)[1] = append((*to)[0], int32(i)), append((*to)[1], int32(j))
		}
	}
	out.known = o.regress(table)
	observed, err := tensor.NewObserved(tensor.NumberedModes(tensor.Shape{o.Rows, o.Columns}), index, values)
	if err != nil {
		return out, err
	}
	c, err := lacuna.Complete(ctx, observed, lacuna.Options{
		Seed: uint64(number + 1), Threads: 1, Effort: o.Effort, Noise: lacuna.NoiseGaussian, Fill: gaps,
	})
	if err != nil {
		return out, err
	}
	filled := make([]float64, len(gaps[0]))
	c.AtAll(gaps, filled, nil)
	out.filled = o.regress(o.with(table, gaps, filled))
	draws := make([][]float64, o.Draws)
	for d := range draws {
		draws[d] = make([]float64, len(gaps[0]))
	}
	c.Draws(0, gaps, draws)
	estimates := make([]estimate, o.Draws)
	for d := range draws {
		estimates[d] = o.regress(o.with(table, gaps, draws[d]))
	}
	out.single, out.pooled = estimates[0], pool(estimates)
	return out, nil
}

// with replaces the gaps of a table.
func (o Options) with(table []float64, gaps [][]int32, values []float64) []float64 {
	out := append([]float64(nil), table...)
	for k, y := range values {
		out[int(gaps[0][k])*o.Columns+int(gaps[1][k])] = y
	}
	return out
}

// regress is least squares of the first column on the second, with an intercept.
func (o Options) regress(table []float64) estimate {
	n := float64(o.Rows)
	var mx, my, xx, xy, yy float64
	for i := range o.Rows {
		my += table[i*o.Columns] / n
		mx += table[i*o.Columns+1] / n
	}
	for i := range o.Rows {
		y, x := table[i*o.Columns]-my, table[i*o.Columns+1]-mx
		xx, xy, yy = xx+x*x, xy+x*y, yy+y*y
	}
	slope := xy / xx
	return estimate{slope, (yy - slope*xy) / (n - 2) / xx, n - 2}
}

// pool joins estimates of equally good tables by Rubin's rules (1987), with the degrees of freedom of Barnard and Rubin
// (1999).
func pool(estimates []estimate) estimate {
	m := float64(len(estimates))
	var mean, within, between float64
	for _, e := range estimates {
		mean += e.slope / m
		within += e.variance / m
	}
	for _, e := range estimates {
		between += (e.slope - mean) * (e.slope - mean) / (m - 1)
	}
	between *= 1 + 1/m
	total := within + between
	lambda := between / total
	old := (m - 1) / (lambda * lambda)
	complete := estimates[0].freedom
	observed := (complete + 1) / (complete + 3) * complete * (1 - lambda)
	return estimate{mean, total, 1 / (1/old + 1/observed)}
}
