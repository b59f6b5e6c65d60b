package als

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

func lowRank(seed uint64, shape tensor.Shape, rank, cells int, noise float64) (*tensor.Observed, *tensor.CP) {
	s, truth := rng.New(seed, "test data"), tensor.NewCP(shape, rank)
	for _, factor := range truth.Factors {
		for k := range factor {
			factor[k] = s.NormFloat64()
		}
	}
	data := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}
	for range cells {
		cell := make([]int32, len(shape))
		for n, d := range shape {
			cell[n] = int32(s.IntN(d))
			data.Index[n] = append(data.Index[n], cell[n])
		}
		data.Values = append(data.Values, truth.At(cell)+noise*s.NormFloat64())
	}
	return data, truth
}

func TestPolishReachesMachinePrecision(t *testing.T) {
	data, truth := lowRank(1, tensor.Shape{8, 7, 6}, 3, 200, 0)
	s := rng.New(2, "disturb")
	start := truth.Take([]int{2, 0, 1})
	for _, factor := range start.Factors {
		for k := range factor {
			factor[k] += 0.02 * s.NormFloat64()
		}
	}
	fit := Polish(context.Background(), data, start, 1e-13, 5000)
	if fit.Residual > 1e-12 {
		t.Errorf("residual %.2g", fit.Residual)
	}
}

func TestPathPrefersWhatPredicts(t *testing.T) {
	all, _ := lowRank(3, tensor.Shape{15, 12, 10}, 2, 900, 0.3)
	part := func(from, to int) *tensor.Observed {
		d := &tensor.Observed{Modes: all.Modes, Values: all.Values[from:to]}
		for _, column := range all.Index {
			d.Index = append(d.Index, column[from:to])
		}
		return d
	}
	train, held := part(0, 700), part(700, 900)
	errors := map[int]float64{}
	for _, blocks := range []int{1, 2, 8} {
		fit, e, ridge := Path(context.Background(), train, held, PathSettings{Blocks: blocks})
		if fit.Blocks != blocks || !(ridge > 0) || math.Abs(fit.CP.Residual(held)-e) > 1e-12 {
			t.Errorf("%d blocks: fit of %d, ridge %v, error %v", blocks, fit.Blocks, ridge, e)
		}
		errors[blocks] = e
	}
	if !(errors[2] < 0.7*errors[1]) || errors[2] > 0.45 || !(errors[2] < errors[8]) {
		t.Errorf("held-back errors %v", errors)
	}
}

func TestRefitLowersTheObjective(t *testing.T) {
	data, truth := lowRank(4, tensor.Shape{8, 8, 8}, 2, 300, 0.1)
	fit := Refit(context.Background(), data, truth, 1e-3, 10, 1)
	if fit.Residual > truth.Residual(data) || fit.Residual < 0.05 {
		t.Errorf("residual %.3f, the noise is 0.1", fit.Residual)
	}
}

// TestRefitWithThreads asks for the same bits, of two modes and of three.
func TestRefitWithThreads(t *testing.T) {
	for _, shape := range []tensor.Shape{{40, 30}, {20, 9, 33}} {
		data, truth := lowRank(5, shape, 3, 1500, 0.1)
		one, three := Refit(context.Background(), data, truth, 1e-3, 5, 1), Refit(context.Background(), data, truth, 1e-3, 5, 3)
		for n, factor := range one.Factors {
			if !slices.Equal(factor, three.Factors[n]) {
				t.Errorf("%v: the factors of mode %d differ with the threads", shape, n)
			}
		}
	}
}
