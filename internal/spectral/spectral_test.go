package spectral

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna/internal/linalg"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// generated makes a CP tensor with normal factors and unit deviation, and cells of it with noise, each cell at most once.
func generated(shape tensor.Shape, rank, cells int, noise float64) (*tensor.Observed, *tensor.CP) {
	s, m := rng.New(1, "generated"), tensor.NewCP(shape, rank)
	for n, factor := range m.Factors {
		for k := range factor {
			factor[k] = s.NormFloat64()
			if n == 0 {
				factor[k] /= math.Sqrt(float64(rank))
			}
		}
	}
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, len(shape))}
	seen := map[int]bool{}
	for len(o.Values) < cells {
		key, cell := 0, make([]int32, len(shape))
		for n, d := range shape {
			cell[n] = int32(s.IntN(d))
			key = key*d + int(cell[n])
		}
		if seen[key] {
			continue
		}
		seen[key] = true
		for n, i := range cell {
			o.Index[n] = append(o.Index[n], i)
		}
		o.Values = append(o.Values, m.At(cell)+noise*s.NormFloat64())
	}
	return o, m
}

// difference is the root mean square difference of two models on random cells.
func difference(a, b *tensor.CP) float64 {
	s := rng.New(2, "cells")
	var sum float64
	const count = 5000
	for range count {
		cell := make([]int32, len(a.Shape))
		for n, d := range a.Shape {
			cell[n] = int32(s.IntN(d))
		}
		e := a.At(cell) - b.At(cell)
		sum += e * e
	}
	return math.Sqrt(sum / count)
}

// TestTimes compares with the Gram matrix of the unfolding written out.
func TestTimes(t *testing.T) {
	shape := tensor.Shape{7, 5, 4}
	data, _ := generated(shape, 2, 90, 0.1)
	for n, d := range shape {
		gram := make([]float64, d*d)
		for a := range data.Values {
			for b := range data.Values {
				same := data.Index[n][a] != data.Index[n][b]
				for m := range shape {
					same = same && (m == n || data.Index[m][a] == data.Index[m][b])
				}
				if same {
					gram[int(data.Index[n][a])*d+int(data.Index[n][b])] += data.Values[a] * data.Values[b]
				}
			}
		}
		const width = 3
		x := make([]float64, d*width)
		for k := range x {
			x[k] = math.Sin(float64(k))
		}
		got := newFibres(data, n).times(x, width, 2)
		for k, want := range linalg.Multiply(gram, x, d, d, width) {
			if math.Abs(got[k]-want) > 1e-12 {
				t.Fatalf("mode %d, entry %d: %v, want %v", n, k, got[k], want)
			}
		}
	}
}

// TestFindsTheSpans asks for the rank, the span of every factor, and a start that is close to the tensor.
func TestFindsTheSpans(t *testing.T) {
	for _, test := range []struct {
		shape       tensor.Shape
		rank, cells int
	}{
		{tensor.Shape{200, 150}, 3, 15_000},
		{tensor.Shape{120, 80, 50}, 4, 40_000},
		{tensor.Shape{50, 40, 40, 30}, 2, 150_000},
	} {
		data, truth := generated(test.shape, test.rank, test.cells, 0.3)
		spans := Find(context.Background(), data, 12, 1, 2)
		if ranks := spans.Ranks(); len(ranks) == 0 || ranks[0] != test.rank {
			t.Errorf("%v: ranks %v of spectra %.3g beyond %.3g", test.shape, ranks, spans.Values, spans.Edges)
		}
		for n, d := range test.shape {
			width := spans.width[n]
			for r := range test.rank {
				column := truth.Column(n, r)
				var inside float64
				for k := range test.rank {
					var dot float64
					for i := range d {
						dot += spans.vectors[n][i*width+k] * column[i]
					}
					inside += dot * dot
				}
				if share := inside / linalg.Norm2(column); share < 0.9 {
					t.Errorf("%v, mode %d: the span has %.2f of column %d", test.shape, n, share, r)
				}
			}
		}
		start := spans.Start(context.Background(), test.rank)
		if start == nil {
			t.Fatalf("%v: no start", test.shape)
		}
		if e := difference(start, truth); e > 0.35 {
			t.Errorf("%v: the start is off by %.3f of the deviation", test.shape, e)
		}
	}
}

func TestSameStartForAnyNumberOfThreads(t *testing.T) {
	data, _ := generated(tensor.Shape{40, 30, 20}, 3, 6000, 0.3)
	a, b := Find(context.Background(), data, 6, 1, 1), Find(context.Background(), data, 6, 1, 3)
	for n := range a.vectors {
		if !slices.Equal(a.vectors[n], b.vectors[n]) || !slices.Equal(a.Values[n], b.Values[n]) {
			t.Errorf("mode %d differs", n)
		}
	}
	x, y := a.Start(context.Background(), 3), b.Start(context.Background(), 3)
	for n := range x.Factors {
		if !slices.Equal(x.Factors[n], y.Factors[n]) {
			t.Errorf("factor %d differs", n)
		}
	}
}

// TestLittleData asks for no start, and no panic, where there is nothing to find.
func TestLittleData(t *testing.T) {
	few, _ := generated(tensor.Shape{4, 3, 2}, 1, 5, 0.1)
	zeros, _ := generated(tensor.Shape{6, 5, 4}, 1, 100, 0)
	clear(zeros.Values)
	for _, data := range []*tensor.Observed{few, zeros} {
		spans := Find(context.Background(), data, 3, 1, 1)
		if start := spans.Start(context.Background(), 3); start != nil {
			t.Errorf("%d cells: a start %v", data.Len(), start.Factors)
		}
		if ranks := spans.Ranks(); data == zeros && len(ranks) > 0 {
			t.Errorf("ranks %v of zeros", ranks)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	data, _ := generated(tensor.Shape{20, 20, 20}, 1, 3000, 0.1)
	if spans := Find(ctx, data, 3, 1, 1); spans.Start(context.Background(), 3) != nil {
		t.Error("a start from spans that were not computed")
	}
}
