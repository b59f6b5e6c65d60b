package sampler

import (
	"context"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/portable"
	"lacuna/internal/posterior"
	"lacuna/internal/rng"
)

// Joint compares a function of parameters and data under the two simulators of their joint distribution.
type Joint struct {
	Function   string  `json:"function"`
	Marginal   float64 `json:"marginal"`   // mean under the marginal-conditional simulator
	Successive float64 `json:"successive"` // under the successive-conditional one
	Z          float64 `json:"z"`
	P          float64 `json:"p"`
}

// groups is into how many parts the chains are cut, which threads take in turn.
const groups = 32

// agree is Geweke's joint distribution test (2004). The marginal-conditional simulator draws parameters from the prior and
// data given them. The successive-conditional one alternates data given parameters and the sampler's sweep. It runs as
// many chains, each of which begins with a draw of the other; so the standard error is that of means of independent
// chains, which holds their autocorrelation whatever it is. With f₀ the function at a chain's beginning, f̄ its mean along
// the chain and F its mean over further draws of the marginal-conditional simulator, the difference is
//
//	mean(f̄ − β f₀) − (1 − β) F ,      β = cov(f̄, f₀)/var(f₀) ,
//
// which is most precise both for functions that change at every sweep and for those that hardly change.
func (o Options) agree(ctx context.Context, c Case) ([]Joint, error) {
	units, err := o.units(c)
	if err != nil {
		return nil, err
	}
	parts := make([]*simulation, groups)
	if err := parallel.Each(ctx, o.Threads, groups, func(g int) (err error) {
		parts[g], err = o.simulate(ctx, c, units, g)
		return err
	}, nil); err != nil {
		return nil, err
	}
	all := &simulation{}
	for _, part := range parts {
		all.join(part)
	}
	out := make([]Joint, len(all.names))
	for f, name := range all.names {
		out[f] = compare(name, all.begins[f], all.along[f], all.further[f])
	}
	return out, nil
}

// simulation holds, of every function, what the simulators have drawn.
type simulation struct {
	names                  []string
	begins, along, further [][]float64 // f₀ and f̄ of every chain; further draws
}

func (s *simulation) join(t *simulation) {
	if s.names == nil {
		*s = *t
		return
	}
	for f := range s.names {
		s.begins[f] = append(s.begins[f], t.begins[f]...)
		s.along[f] = append(s.along[f], t.along[f]...)
		s.further[f] = append(s.further[f], t.further[f]...)
	}
}

// simulate runs one of the groups' share of the chains.
func (o Options) simulate(ctx context.Context, c Case, units []unit, group int) (*simulation, error) {
	const furtherDraws = 4 // of a chain
	name := fmt.Sprintf("joint/%s/%d", c.Name, group)
	settings := c.Settings
	settings.Seed, settings.Stream = o.Seed, name+"/chain"
	j, err := posterior.NewJoint(c.Cells, settings, c.Rules, rng.New(o.Seed, name))
	if err != nil {
		return nil, err
	}
	s := &simulation{}
	for range (group+1)*o.Chains/groups - group*o.Chains/groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for draw := range furtherDraws + 1 {
			if err := j.Prior(); err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			to := &s.further
			if draw == furtherDraws {
				to = &s.begins
			}
			s.add(to, j.Quantities(c.Gaps), units)
		}
		var sums []float64
		for range o.Sweeps {
			j.Values()
			for range max(2, c.Slow) { // the second sees what the first has left behind; some parameters are not drawn in every one
				j.Sweep()
			}
			values := functions(j.Quantities(c.Gaps), units)
			if sums == nil {
				sums = make([]float64, len(values))
			}
			for f, x := range values {
				sums[f] += x / float64(o.Sweeps)
			}
		}
		s.append(&s.along, sums)
	}
	return s, nil
}

func (s *simulation) add(to *[][]float64, quantities []posterior.Quantity, units []unit) {
	if s.names == nil {
		for _, q := range quantities {
			s.names = append(s.names, q.Name, q.Name+", squared")
		}
	}
	s.append(to, functions(quantities, units))
}

func (s *simulation) append(to *[][]float64, values []float64) {
	if *to == nil {
		*to = make([][]float64, len(values))
	}
	for f, x := range values {
		(*to)[f] = append((*to)[f], x)
	}
}

// unit is the middle of a quantity's distribution and how far a half of it lies from there at most.
type unit struct{ middle, scale float64 }

// units finds the units of all quantities by draws from the joint distribution that serve nothing else.
func (o Options) units(c Case) ([]unit, error) {
	const draws = 301
	j, err := posterior.NewJoint(c.Cells, c.Settings, c.Rules, rng.New(o.Seed, "units/"+c.Name))
	if err != nil {
		return nil, err
	}
	var values [][]float64
	for range draws {
		if err := j.Prior(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		quantities := j.Quantities(c.Gaps)
		if values == nil {
			values = make([][]float64, len(quantities))
		}
		for q, x := range quantities {
			values[q] = append(values[q], x.Value)
		}
	}
	out := make([]unit, len(values))
	for q, x := range values {
		slices.Sort(x)
		u := unit{middle: x[draws/2]}
		for k := range x {
			x[k] = math.Abs(x[k] - u.middle)
		}
		slices.Sort(x)
		if u.scale = x[draws/2]; u.scale == 0 {
			u.scale = 1
		}
		out[q] = u
	}
	return out, nil
}

// functions are x/(1 + |x|) of every quantity x in its unit and the square of that, whose moments exist whatever the tails
// of x, infinite values of x included.
func functions(quantities []posterior.Quantity, units []unit) []float64 {
	out := make([]float64, 0, 2*len(quantities))
	for k, q := range quantities {
		x := (q.Value - units[k].middle) / units[k].scale
		b := x / (1 + math.Abs(x))
		if math.IsInf(x, 0) {
			b = math.Copysign(1, x)
		}
		out = append(out, b, b*b)
	}
	return out
}

// compare tests one function.
func compare(name string, begins, along, further []float64) Joint {
	beta := covariance(along, begins) / covariance(begins, begins)
	if math.IsNaN(beta) || math.IsInf(beta, 0) {
		beta = 0
	}
	rest := make([]float64, len(along))
	for c := range rest {
		rest[c] = along[c] - beta*begins[c]
	}
	j := Joint{Function: name, Marginal: mean(further), Successive: mean(along)}
	error := math.Sqrt(covariance(rest, rest)/float64(len(rest)) +
		(1-beta)*(1-beta)*covariance(further, further)/float64(len(further)))
	if difference := mean(rest) - (1-beta)*mean(further); difference != 0 {
		j.Z = difference / error
	}
	j.P = pOf(j.Z)
	if math.IsNaN(j.Z) || math.IsInf(j.Z, 0) {
		j.Z, j.P = math.MaxFloat64, 0
	}
	return j
}

// pOf is the p-value of z on either side.
func pOf(z float64) float64 { return portable.Erfc(math.Abs(z) / math.Sqrt2) }

func mean(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

func covariance(x, y []float64) (sum float64) {
	a, b := mean(x), mean(y)
	for k := range x {
		sum += (x[k] - a) * (y[k] - b)
	}
	return sum / float64(len(x)-1)
}
