package als

import (
	"context"
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestNonnegativeRowIsOptimal asks of a row, given the other factors, the conditions of Karush, Kuhn and Tucker: the
// gradient of the loss is 0 where an entry is above 0, and not negative where it is 0.
func TestNonnegativeRowIsOptimal(t *testing.T) {
	data, _ := lowRank(3, tensor.Shape{6, 7, 5}, 3, 150, 0.5) // of either sign: entries are pressed against 0
	const ridge = 0.1
	s := newSolver(data, 4, 1)
	s.nonnegative = true
	s.startNonnegative(rng.New(1, "start"))
	for n := range s.Factors {
		s.pad(n)
	}
	zeros, above := 0, 0
	for i := range s.Shape[1] {
		s.row(1, i, ridge, &s.scratch[0])
		gradient := make([]float64, s.Blocks)
		row := s.Row(1, int32(i))
		for r, u := range row {
			gradient[r] = ridge * u
		}
		design := make([]float64, s.Blocks)
		for c := range data.Values {
			if int(data.Index[1][c]) != i {
				continue
			}
			s.Others(design, 1, data, int32(c))
			e := s.AtCell(data, c) - data.Values[c]
			for r, x := range design {
				gradient[r] += e * x
			}
		}
		for r, u := range row {
			switch {
			case u > 0:
				above++
				if math.Abs(gradient[r]) > 1e-3 {
					t.Errorf("row %d: gradient %.2g at the entry %.2g", i, gradient[r], u)
				}
			case u == 0:
				zeros++
				if gradient[r] < -1e-3 {
					t.Errorf("row %d: gradient %.2g at an entry that is 0", i, gradient[r])
				}
			default:
				t.Errorf("row %d: an entry is %v", i, u)
			}
		}
	}
	if zeros == 0 || above == 0 {
		t.Errorf("%d entries are 0, %d above: the test tells nothing", zeros, above)
	}
}

// TestRefitNonnegativeLowersTheResidual starts where a path without ridge would.
func TestRefitNonnegativeLowersTheResidual(t *testing.T) {
	data, truth := lowRank(1, tensor.Shape{8, 7, 6}, 2, 250, 0)
	for _, factor := range truth.Factors {
		for k, u := range factor {
			factor[k] = math.Abs(u)
		}
	}
	for c := range data.Values {
		data.Values[c] = truth.AtCell(data, c)
	}
	fit, _, _ := Path(context.Background(), data, data, PathSettings{Blocks: 2, Seed: 1, Stream: "path", Nonnegative: true})
	settled := RefitNonnegative(context.Background(), data, fit.CP, 1e-9, 2000, 1)
	if settled.Residual > 1e-3 || settled.Residual > fit.Residual {
		t.Errorf("residual %.2g, before %.2g", settled.Residual, fit.Residual)
	}
	for _, factor := range settled.Factors {
		for _, u := range factor {
			if !(u >= 0) {
				t.Fatalf("a factor holds %v", u)
			}
		}
	}
}
