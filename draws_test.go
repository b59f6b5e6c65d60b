package lacuna_test

import (
	"math"
	"slices"
	"testing"

	"lacuna"
	"lacuna/tensor"
)

// TestDrawsHaveTheStandardErrors: over many draws the mean of a cell is At's value and the deviation its standard error.
func TestDrawsHaveTheStandardErrors(t *testing.T) {
	for name, g := range map[string]generated{
		"average": generate(t, 3, tensor.Shape{12, 9, 7}, 2, 0.3, 0.5),
		"exact":   generate(t, 4, tensor.Shape{9, 8, 7}, 1, 0, 0.09),
	} {
		c := complete(t, g.observed, lacuna.Options{Effort: 0.02})
		index := g.held.Index
		const count = 600
		draws := make([][]float64, count)
		for d := range draws {
			draws[d] = make([]float64, g.held.Len())
		}
		c.Draws(0, index, draws)
		value, stderr := make([]float64, g.held.Len()), make([]float64, g.held.Len())
		c.AtAll(index, value, stderr)
		var off, ratio, cells float64
		for k, s := range stderr {
			if s == 0 {
				continue
			}
			var sum, squares float64
			for _, values := range draws {
				sum += values[k] - value[k]
				squares += (values[k] - value[k]) * (values[k] - value[k])
			}
			off += sum * sum / count / (s * s)
			ratio += squares / count / (s * s)
			cells++
		}
		if off /= cells; off > 1.5 {
			t.Errorf("%s: the means of draws are off by %.2f of what chance allows", name, off)
		}
		if ratio /= cells; math.Abs(ratio-1) > 0.06 {
			t.Errorf("%s: the variance of draws is %.3f of the square of the standard error", name, ratio)
		}
	}
}

// TestDrawsShareOneSample: what cells of a draw have in common is more than their noise.
func TestDrawsShareOneSample(t *testing.T) {
	g := generate(t, 3, tensor.Shape{12, 9, 7}, 2, 0.3, 0.3)
	c := complete(t, g.observed, lacuna.Options{Effort: 0.02})
	var pair [][]int32 // cells of one row that no value is known of but what the others tell
	for range 3 {
		pair = append(pair, make([]int32, 63))
	}
	for k := range 63 {
		pair[0][k], pair[1][k], pair[2][k] = 4, int32(k/7), int32(k%7)
	}
	value := make([]float64, 63)
	c.AtAll(pair, value, nil)
	var largest float64
	const count = 300
	draws := make([][]float64, count)
	for d := range draws {
		draws[d] = make([]float64, 63)
	}
	c.Draws(0, pair, draws)
	for a := range 63 {
		for b := range a {
			var ab, aa, bb float64
			for _, y := range draws {
				p, q := y[a]-value[a], y[b]-value[b]
				ab, aa, bb = ab+p*q, aa+p*p, bb+q*q
			}
			largest = math.Max(largest, math.Abs(ab)/math.Sqrt(aa*bb))
		}
	}
	if largest < 0.4 {
		t.Errorf("no two cells of a row are correlated by more than %.2f", largest)
	}
}

func TestDrawsDependOnTheCellAlone(t *testing.T) {
	g := generate(t, 3, tensor.Shape{12, 9, 7}, 2, 0.3, 0.5)
	first := complete(t, g.observed, lacuna.Options{Effort: 0.002, Threads: 1})
	again := complete(t, g.observed, lacuna.Options{Effort: 0.002, Threads: 4})
	all := [][]float64{make([]float64, g.held.Len()), make([]float64, g.held.Len()), make([]float64, g.held.Len())}
	first.Draws(0, g.held.Index, all)
	some := g.held.Subset([]int{5, 17, 40})
	one := make([]float64, 3)
	again.Draw(2, some.Index, one)
	if want := []float64{all[2][5], all[2][17], all[2][40]}; !slices.Equal(one, want) {
		t.Errorf("draw 2 of three cells is %v, among all cells %v", one, want)
	}
	if all[1][5] == all[2][5] || slices.Equal(all[0], all[1]) {
		t.Error("draws do not differ")
	}
}
