package completion

import (
	"context"
	"math"
	"strings"
	"testing"

	"lacuna/internal/posterior"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// TestFewCellsBesideLabelsAreJoinedByCourses fills a smooth surface that is known in fewer than five cells a label: no label
// has enough of them for a factor of its own.
func TestFewCellsBesideLabelsAreJoinedByCourses(t *testing.T) {
	const size, share, noise = 90, 0.055, 0.1
	surface := func(i, k int32) float64 {
		return math.Sin(float64(i)/12) + float64(math.Cos(float64(k)/15)*math.Sin(float64(i)/20))
	}
	stream := rng.New(1, "surface")
	modes := tensor.NumberedModes(tensor.Shape{size, size})
	for n := range modes {
		for i := range size {
			modes[n].Coordinates = append(modes[n].Coordinates, float64(i))
		}
	}
	index, values := make([][]int32, 2), []float64(nil)
	for i := range int32(size) {
		for k := range int32(size) {
			if stream.Float64() < share {
				index[0], index[1] = append(index[0], i), append(index[1], k)
				values = append(values, surface(i, k)+float64(noise*stream.NormFloat64()))
			}
		}
	}
	o, err := tensor.NewObserved(modes, index, values)
	if err != nil {
		t.Fatal(err)
	}
	family, err := posterior.FamilyNamed("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Run(context.Background(), o, Settings{Seed: 1, Threads: 2, Effort: 0.05, HoldOut: 0.1, Level: 0.9, Noise: family})
	if err != nil {
		t.Fatal(err)
	}
	joined := false
	for _, w := range c.Settings.Weights {
		joined = joined || strings.Contains(w.Model, "mode1") && strings.Contains(w.Model, "mode2")
	}
	var squares float64
	for i := range int32(size) {
		for k := range int32(size) {
			value, _ := c.At([]int32{i, k})
			squares += float64((value - surface(i, k)) * (value - surface(i, k)))
		}
	}
	_, deviation := tensor.Moments(o.Values)
	nrmse := math.Sqrt(squares/(size*size)) / deviation
	t.Logf("%d cells, %v, error %.3f deviations", o.Len(), c.Settings.Weights, nrmse)
	if !joined || nrmse > 0.25 {
		t.Errorf("models %v, error %.3f deviations", c.Settings.Weights, nrmse)
	}
}
