package lacuna_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"lacuna"
	"lacuna/tensor"
)

func TestFillIsChecked(t *testing.T) {
	g := generate(t, 1, tensor.Shape{6, 5, 4}, 1, 0.1, 0.5)
	for name, fill := range map[string][][]int32{
		"too few columns": {{0}, {0}},
		"ragged":          {{0, 1}, {0}, {0, 1}},
		"too large":       {{0}, {5}, {0}},
		"negative":        {{0}, {0}, {-1}},
	} {
		if _, err := lacuna.Complete(context.Background(), g.observed, lacuna.Options{Fill: fill}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestOrderOfLabelsChangesNoInterval compares with what another seed changes.
func TestOrderOfLabelsChangesNoInterval(t *testing.T) {
	g := generate(t, 2, tensor.Shape{12, 11, 7}, 1, 0.3, 0.6)
	o := g.observed
	relabel := func(n int, i int32) int32 { return []int32{5, 3, 2}[n] * i % []int32{12, 11, 7}[n] }
	index := make([][]int32, 3)
	for n := range index {
		for _, i := range o.Index[n] {
			index[n] = append(index[n], relabel(n, i))
		}
		slices.Reverse(index[n])
	}
	values := slices.Clone(o.Values)
	slices.Reverse(values)
	moved, err := tensor.NewObserved(o.Modes, index, values)
	if err != nil {
		t.Fatal(err)
	}
	a := complete(t, o, lacuna.Options{Seed: 1, Effort: 0.02})
	b := complete(t, moved, lacuna.Options{Seed: 1, Effort: 0.02})
	other := complete(t, o, lacuna.Options{Seed: 2, Effort: 0.02})
	var byOrder, bySeed float64
	for c := range g.held.Values {
		cell := g.held.Cell(c)
		there := slices.Clone(cell)
		for n := range there {
			there[n] = relabel(n, cell[n])
		}
		bounds := func(c *lacuna.Completion, cell []int32) []float64 {
			low, high := c.Interval(cell, 0)
			return []float64{low, high}
		}
		_, stderr := a.At(cell)
		x, y, z := bounds(a, cell), bounds(b, there), bounds(other, cell)
		for k := range x {
			byOrder += math.Pow((x[k]-y[k])/stderr, 2)
			bySeed += math.Pow((x[k]-z[k])/stderr, 2)
		}
	}
	count := float64(2 * g.held.Len())
	byOrder, bySeed = math.Sqrt(byOrder/count), math.Sqrt(bySeed/count)
	t.Logf("bounds change by %.3f standard errors with the order, by %.3f with the seed", byOrder, bySeed)
	if byOrder > 2*bySeed+0.1 {
		t.Errorf("bounds change by %.3f standard errors with the order, by %.3f with the seed", byOrder, bySeed)
	}
}
