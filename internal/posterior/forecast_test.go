package posterior

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestIntervalsOfLabelsWithoutCells hides labels of a smooth mode, a third of them between the others and some beyond,
// in many tables, and counts how often 90 % intervals hold the true value. Far from the data the variance is larger.
func TestIntervalsOfLabelsWithoutCells(t *testing.T) {
	const tables, labels, columns, beyond, noise = 40, 40, 5, 4, 0.1
	var between, after, inside, ahead, squares, spread float64
	for table := range uint64(tables) {
		s := rng.New(table, "forecast")
		shape := tensor.Shape{labels + beyond + 1, columns}
		data := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, 2)}
		level, wave, shift := make([]float64, columns), make([]float64, columns), 6.28*s.Float64()
		for j := range columns {
			level[j], wave[j] = s.NormFloat64(), s.NormFloat64()
		}
		g := GaussianProcess{}
		for i := range labels + beyond {
			g.Coordinates = append(g.Coordinates, float64(i)+0.5*s.Float64())
		}
		g.Coordinates = append(g.Coordinates, 1e6)
		truth := func(i, j int) float64 { return level[j] + wave[j]*math.Sin(g.Coordinates[i]/4+shift) }
		known := make([]bool, labels)
		for i := range labels {
			known[i] = i == 0 || i == labels-1 || s.Float64() > 0.3
			for j := range columns {
				if known[i] {
					data.Index[0], data.Index[1] = append(data.Index[0], int32(i)), append(data.Index[1], int32(j))
					data.Values = append(data.Values, truth(i, j)+noise*s.NormFloat64())
				}
			}
		}
		p := run(t, data, Settings{
			Blocks: 2, Partial: [][]bool{{false, true}}, Noise: Gaussian{}, Priors: []Prior{g},
			Burn: 60, Keep: 80, Seed: table,
		})
		for i := range labels + beyond {
			if i < labels && known[i] {
				continue
			}
			for j := range columns {
				mean, variance, e := p.At([]int32{int32(i), int32(j)})
				miss := math.Abs(mean-truth(i, j)-noise*s.NormFloat64()) / math.Sqrt(variance+e)
				switch {
				case i < labels:
					between++
					squares += (mean - truth(i, j)) * (mean - truth(i, j))
					spread += wave[j] * wave[j] / 2
					if miss < 1.645 {
						inside++
					}
				default:
					after++
					if miss < 1.645 {
						ahead++
					}
				}
			}
		}
		_, far, _ := p.At([]int32{labels + beyond, 0})
		_, near, _ := p.At([]int32{labels - 1, 0})
		if !(far > near) || math.IsInf(far, 0) || math.IsNaN(far) {
			t.Errorf("table %d: variance %v far away, %v at a known label", table, far, near)
		}
	}
	t.Logf("between: %.3f of %v inside, error %.3f of the spread; beyond: %.3f of %v", inside/between, between,
		math.Sqrt(squares/spread), ahead/after, after)
	if share := inside / between; share < 0.84 || share > 0.96 {
		t.Errorf("%.3f of the cells between known labels lie in their 90 %% intervals", share)
	}
	if share := ahead / after; share < 0.8 || share > 0.98 {
		t.Errorf("%.3f of the cells beyond the known labels lie in their 90 %% intervals", share)
	}
	if ratio := math.Sqrt(squares / spread); ratio > 0.12 {
		t.Errorf("the error between known labels is %.3f of the spread", ratio)
	}
}
