package als

import (
	"context"
	"math"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// PathSettings of a Path.
type PathSettings struct {
	Blocks      int // the rank R
	Seed        uint64
	Stream      string
	Nonnegative bool // no entry of a factor is negative
}

// Path fits from a random start while the ridge falls, and returns the fit that predicts the held-back cells best, the
// error it makes there (root mean square), and its ridge. When ctx ends early it returns the best so far.
func Path(ctx context.Context, train, held *tensor.Observed, settings PathSettings) (best Fit, heldOut, ridge float64) {
	const (
		first = 1.0 // a much higher ridge would put out every block for good
		ratio = 0.5
		steps = 9
		each  = 7
	)
	s := newSolver(train, settings.Blocks, 1)
	if stream := rng.New(settings.Seed, settings.Stream); settings.Nonnegative {
		s.nonnegative = true
		s.startNonnegative(stream)
	} else {
		s.start(stream)
	}
	heldOut = math.Inf(1)
	for k, lambda := 0, first; k < steps; k, lambda = k+1, lambda*ratio {
		for range each {
			if ctx.Err() != nil {
				return best, heldOut, ridge
			}
			s.sweep(lambda)
		}
		if e := s.Residual(held); e < heldOut {
			heldOut, ridge = e, lambda
			best = s.fit()
		}
	}
	return best, heldOut, ridge
}

// Refit runs further sweeps at a fixed ridge from given factors, on other data. The fit does not depend on threads.
func Refit(ctx context.Context, data *tensor.Observed, from *tensor.CP, ridge float64, sweeps, threads int) Fit {
	s := newSolver(data, from.Blocks, threads)
	s.set(from)
	for k := 0; k < sweeps && ctx.Err() == nil; k++ {
		s.sweep(ridge)
	}
	return s.fit()
}

// Polish runs sweeps without a ridge until the root mean square residual is below target, or falls no longer.
func Polish(ctx context.Context, data *tensor.Observed, from *tensor.CP, target float64, sweeps int) Fit {
	const (
		tiny   = 1e-15 // keeps a row with fewer cells than blocks defined
		window = 20
	)
	s := newSolver(data, from.Blocks, 1)
	s.set(from)
	before := math.Inf(1)
	for k := 0; k < sweeps && ctx.Err() == nil; k++ {
		if k%window == 0 {
			now := s.Residual(data)
			if now <= target || now > 0.99*before {
				break
			}
			before = now
		}
		s.sweep(tiny)
	}
	return s.fit()
}

func (s *solver) set(from *tensor.CP) {
	for n, factor := range from.Factors {
		copy(s.Factors[n], factor)
	}
}

func (s *solver) fit() Fit { return Fit{CP: s.Clone(), Residual: s.Residual(s.data)} }
