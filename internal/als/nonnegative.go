package als

import (
	"context"
	"math"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// nonnegativeRow solves the regression of a row under the constraint that no entry is negative, by coordinate descent
// from the row as it is: u_k = max(0, (b_k − Σ_{l≠k} P_kl u_l)/P_kk) in turn, which is the update of hierarchical
// alternating least squares (Cichocki & Phan 2009) of one row at a time. Every step lowers the loss.
func (s *solver) nonnegativeRow(row, precision []float64) {
	const most, enough = 100, 1e-10
	stride := s.stride
	shift := precision[s.Blocks*stride:][:s.Blocks]
	for range most {
		var change, size float64
		for k, old := range row {
			rest := shift[k]
			for l, u := range row {
				if l < k {
					rest -= float64(precision[k*stride+l] * u)
				} else if l > k {
					rest -= float64(precision[l*stride+k] * u)
				}
			}
			level := precision[k*stride+k]
			if level == 0 {
				continue
			}
			u := math.Max(0, rest/level)
			row[k] = u
			change += float64((u - old) * (u - old))
			size += float64(u * u)
		}
		if change <= enough*size {
			return
		}
	}
}

// startNonnegative starts from positive numbers.
func (s *solver) startNonnegative(stream *rng.Stream) {
	s.start(stream)
	for _, factor := range s.Factors {
		for k, u := range factor {
			factor[k] = math.Abs(u)
		}
	}
}

// RefitNonnegative is [Refit] with factors that have no negative entry, as those that it starts from have not. It ends
// before that many sweeps where twenty of them lower the root mean square residual by less than a millionth.
func RefitNonnegative(ctx context.Context, data *tensor.Observed, from *tensor.CP, ridge float64, sweeps, threads int) Fit {
	const window, worth = 20, 1 - 1e-6
	s := newSolver(data, from.Blocks, threads)
	s.nonnegative = true
	s.set(from)
	before := math.Inf(1)
	for k := 1; k <= sweeps && ctx.Err() == nil; k++ {
		s.sweep(ridge)
		if k%window == 0 {
			now := s.Residual(data)
			if now > worth*before {
				break
			}
			before = now
		}
	}
	return s.fit()
}
