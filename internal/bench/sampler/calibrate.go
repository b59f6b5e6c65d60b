package sampler

import (
	"context"
	"fmt"

	"lacuna/internal/parallel"
	"lacuna/internal/posterior"
	"lacuna/internal/rng"
)

// Ranks of one quantity among draws of its posterior, a rank for every data set.
type Ranks struct {
	Quantity  string  `json:"quantity"`
	Ranks     []int   `json:"-"`
	Histogram []int   `json:"histogram"`    // ranks in bins of equal size
	ChiSquare float64 `json:"chi_square_p"` // of that histogram
	Envelope  float64 `json:"envelope_p"`   // of the simultaneous envelope of the distribution function
}

// calibrate is simulation-based calibration (Talts et al. 2018): of parameters and data from their joint distribution,
// every quantity is ranked among draws of a chain on the data that begins where the sampler begins.
func (o Options) calibrate(ctx context.Context, c Case) ([]Ranks, error) {
	names := []string(nil)
	ranks := make([][]int, o.DataSets)
	if err := parallel.Each(ctx, o.Threads, o.DataSets, func(k int) (err error) {
		ranks[k], err = o.rank(c, k)
		return err
	}, nil); err != nil {
		return nil, err
	}
	j, err := posterior.NewJoint(c.Cells, c.Settings, c.Rules, rng.New(o.Seed, "names"))
	if err != nil {
		return nil, err
	}
	for _, q := range j.Quantities(c.Gaps) {
		names = append(names, q.Name)
	}
	e := newEnvelope(o.DataSets, o.Draws, ecdfStep)
	out := make([]Ranks, len(names))
	parallel.For(o.Threads, len(names), func(q int) {
		r := Ranks{Quantity: names[q], Ranks: make([]int, o.DataSets)}
		for k := range ranks {
			r.Ranks[k] = ranks[k][q]
		}
		r.Histogram = histogram(r.Ranks, o.Draws)
		r.ChiSquare = chiSquare(r.Ranks, o.Draws)
		r.Envelope = e.pValue(e.counts(r.Ranks, o.Draws))
		out[q] = r
	})
	return out, nil
}

// rank returns the rank of every quantity of data set k.
func (o Options) rank(c Case, k int) ([]int, error) {
	name := fmt.Sprintf("calibration/%s/%d", c.Name, k)
	stream := rng.New(o.Seed, name)
	j, err := posterior.NewJoint(c.Cells, c.Settings, c.Rules, stream)
	if err != nil {
		return nil, err
	}
	if err := j.Prior(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	truth := j.Quantities(c.Gaps)
	chain, err := j.Chain(o.Seed, name+"/chain")
	if err != nil {
		return nil, err
	}
	slow := max(1, c.Slow)
	for range slow * o.Burn {
		chain.Sweep()
	}
	draws := make([][]float64, len(truth))
	for range o.Draws {
		for range slow * o.Thin {
			chain.Sweep()
		}
		for q, x := range chain.Quantities(c.Gaps) {
			draws[q] = append(draws[q], x.Value)
		}
	}
	ranks := make([]int, len(truth))
	for q, x := range truth {
		ranks[q] = rankOf(x.Value, draws[q], stream.IntN)
	}
	return ranks, nil
}
