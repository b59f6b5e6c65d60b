package theory

import (
	"context"
	"encoding/binary"
	"math"
	"testing"

	"lacuna/dataset"
	"lacuna/flow"
	"lacuna/internal/linalg"
	"lacuna/loss"
	"lacuna/model"
	"lacuna/tensor"
)

func TestNetworkStatements(t *testing.T) {
	options := Options{Statements: []string{"network-conserved", "network-exponent"}, Orders: []int{3}, Depths: [][]int{{0}, {1}}}
	result, err := Run(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Rows) != 12 {
		t.Fatalf("%d rows", len(result.Rows))
	}
	for _, row := range result.Rows {
		if !row.Holds {
			t.Errorf("%+v", row)
		}
	}
}

// TestTensorTrainOfAMatrix is a deep matrix of 2k + 2 factors, by code that shares nothing with it: one step from one
// point changes both alike.
func TestTensorTrainOfAMatrix(t *testing.T) {
	observed, _ := dataset.Observe(dataset.Synthetic(tensor.Shape{5, 5}, 2, 0, 3), dataset.Random, 0, 0.7, 1)
	for k := range 3 {
		train, err := model.NewNetwork(observed, loss.Square, model.NetworkConfig{Kind: model.TrainNetwork, Depths: []int{k, k}})
		if err != nil {
			t.Fatal(err)
		}
		matrix, err := NewMatrix(observed, loss.Square, MatrixConfig{Depth: 2*k + 2})
		if err != nil {
			t.Fatal(err)
		}
		start := model.StartConfig{SigmaW: 0.6, SigmaA: 0.6, Seed: 5}
		if err := matrix.Draw(start); err != nil {
			t.Fatal(err)
		}
		if err := train.Draw(start); err != nil {
			t.Fatal(err)
		}
		// W = A_1,1 … A_1,k H_1 H_2 A_2,kᵀ … A_2,1ᵀ.
		var values []float64
		for i := range k + 1 {
			values = append(values, matrix.Factor(2*k+2-i)...)
		}
		for i := range k {
			values = append(values, linalg.Transpose(matrix.Factor(i+1), 5, 5)...)
		}
		values = append(values, matrix.Factor(k+1)...)
		state := train.State()
		state, err = binary.Append(state[:len(state)-8*len(values)], binary.LittleEndian, values)
		if err != nil {
			t.Fatal(err)
		}
		if err := train.SetState(state); err != nil {
			t.Fatal(err)
		}
		for _, sys := range []flow.System{train, matrix} {
			sys.Gradient(0, nil)
			sys.Move([]model.Term{{Slot: 0, C: 0.1}})
			sys.Gradient(0, nil)
		}
		got, want := make([]float64, train.Blocks()), make([]float64, matrix.Blocks())
		train.DeepNorms(got)
		matrix.DeepNorms(want)
		for l, x := range want {
			if math.Abs(got[l]-x) > 1e-7*want[0] {
				t.Errorf("depth %d: σ_%d = %v, of the deep matrix %v", k, l+1, got[l], x)
			}
		}
		if math.Abs(train.MSE()-matrix.MSE()) > 1e-13 {
			t.Errorf("depth %d: MSE %v, of the deep matrix %v", k, train.MSE(), matrix.MSE())
		}
	}
}
