package model

import (
	"math"
	"testing"

	"lacuna/internal/rng"
	"lacuna/loss"
	"lacuna/tensor"
)

func TestElsewhereEqualsCollapsedModel(t *testing.T) {
	stream := rng.New(3, "elsewhere")
	shape := tensor.Shape{5, 4, 3}
	var index [3][]int32
	var values []float64
	for i := range int32(5) {
		for j := range int32(4) {
			for k := range int32(3) {
				index[0], index[1], index[2] = append(index[0], i), append(index[1], j), append(index[2], k)
				values = append(values, stream.NormFloat64())
			}
		}
	}
	all, err := tensor.NewObserved(tensor.NumberedModes(shape), index[:], values)
	if err != nil {
		t.Fatal(err)
	}
	train, test := all.Split(0.6, stream.Rand)
	m, err := NewChains(train, loss.Square, Config{Blocks: 11, Depths: []int{2, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Draw(StartConfig{SigmaW: 0.7, SigmaA: 0.5, Seed: 4}); err != nil {
		t.Fatal(err)
	}
	m.Gradient(0, nil)
	residual := m.CP(-1).Residual(test)
	want := residual * residual
	if got := m.Elsewhere(test).MSE(); math.Abs(got-want) > 1e-12*want {
		t.Errorf("MSE %v, the collapsed model has %v", got, want)
	}
}
