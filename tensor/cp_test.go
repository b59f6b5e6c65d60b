package tensor_test

import (
	"math"
	"slices"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

func randomCP(shape tensor.Shape, blocks int, seed uint64) *tensor.CP {
	m, stream := tensor.NewCP(shape, blocks), rng.New(seed, "cp")
	for _, factor := range m.Factors {
		for k := range factor {
			factor[k] = stream.NormFloat64()
		}
	}
	return m
}

// valueAt is the definition, Eq. 1.
func valueAt(m *tensor.CP, cell []int32) (sum float64) {
	for r := range m.Blocks {
		product := 1.0
		for n, i := range cell {
			product *= m.Column(n, r)[i]
		}
		sum += product
	}
	return sum
}

func TestCPIsItsDefinition(t *testing.T) {
	for _, shape := range []tensor.Shape{{3, 4}, {3, 4, 2}, {3, 2, 2, 4}, {2, 3, 2, 2, 3}} {
		m := randomCP(shape, 5, 1)
		cell := make([]int32, len(shape))
		index, values := make([][]int32, len(shape)), []float64(nil)
		for {
			want := valueAt(m, cell)
			if got := m.At(cell); math.Abs(got-want) > 1e-12 {
				t.Fatalf("%v: At(%v) = %v, by definition %v", shape, cell, got, want)
			}
			for n, i := range cell {
				index[n] = append(index[n], i)
			}
			values = append(values, want+2)
			n := len(cell) - 1
			for ; n >= 0; n-- {
				if cell[n]++; int(cell[n]) < shape[n] {
					break
				}
				cell[n] = 0
			}
			if n < 0 {
				break
			}
		}
		o, err := tensor.NewObserved(tensor.NumberedModes(shape), index, values)
		if err != nil {
			t.Fatal(err)
		}
		others := make([]float64, m.Blocks)
		for c, value := range o.Values {
			for n := range shape {
				m.Others(others, n, o, int32(c))
				var sum float64
				for r, x := range m.Row(n, o.Index[n][c]) {
					sum += x * others[r]
				}
				if math.Abs(sum-(value-2)) > 1e-12 {
					t.Fatalf("%v: the others of mode %d times its row is %v, the cell %v", shape, n, sum, value-2)
				}
			}
			if got := m.AtCell(o, c); math.Abs(got-(value-2)) > 1e-12 {
				t.Fatalf("%v: AtCell(%d) = %v, by definition %v", shape, c, got, value-2)
			}
		}
		if got := m.Residual(o); math.Abs(got-2) > 1e-12 {
			t.Errorf("%v: a model that is 2 below every value has residual %v", shape, got)
		}
	}
}

func TestCPBlocks(t *testing.T) {
	m := randomCP(tensor.Shape{4, 3, 5}, 6, 2)
	norms := m.Norms()
	for r, norm := range norms {
		want := 1.0
		for n := range m.Shape {
			var squares float64
			for _, x := range m.Column(n, r) {
				squares += x * x
			}
			want *= math.Sqrt(squares)
		}
		if math.Abs(norm-want) > 1e-12*want {
			t.Errorf("norm of block %d is %v, by definition %v", r, norm, want)
		}
	}
	sorted := m.Sorted()
	if !slices.IsSortedFunc(sorted.Norms(), func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	}) {
		t.Errorf("sorted norms are %v", sorted.Norms())
	}
	cell := []int32{3, 1, 4}
	if got, want := sorted.At(cell), m.At(cell); math.Abs(got-want) > 1e-12 {
		t.Errorf("sorting the blocks changed a value from %v to %v", want, got)
	}
	some := m.Take([]int{4, 1})
	if some.Blocks != 2 || !slices.Equal(some.Column(2, 0), m.Column(2, 4)) ||
		!slices.Equal(some.Column(0, 1), m.Column(0, 1)) {
		t.Error("Take does not return the blocks that were asked for")
	}
	copied := m.Clone()
	copied.Factors[0][0]++
	if copied.Factors[0][0] == m.Factors[0][0] {
		t.Error("a clone shares its factors")
	}
	none := m.Take(nil)
	if none.At(cell) != 0 || len(none.Norms()) != 0 || none.Blocks != 0 {
		t.Error("a model without blocks is not zero")
	}
}
