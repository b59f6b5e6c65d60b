package posterior

import (
	"context"
	"encoding/json"
	"reflect"
	"testing"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

func labelledCells() (*tensor.Observed, PerLabel) {
	shape := []int{12, 3}
	o := &tensor.Observed{Modes: tensor.NumberedModes(shape), Index: make([][]int32, 2)}
	s := rng.New(1, "labelled")
	for i := range shape[0] {
		for label, y := range []float64{s.NormFloat64(), 1 + s.Float64(), float64(s.IntN(6))} {
			o.Index[0], o.Index[1] = append(o.Index[0], int32(i)), append(o.Index[1], int32(label))
			o.Values = append(o.Values, y)
		}
	}
	return o, PerLabel{Mode: 1, Groups: []Group{
		{Labels: []int{0}, Noise: Student{Varied: true}},
		{Labels: []int{1}, Noise: LogNormal{}},
		{Labels: []int{2}, Noise: Binomial{Trials: 5}, Gain: 0.5},
	}}
}

func TestPerLabelIsLoadedAsItWasSaved(t *testing.T) {
	cells, noise := labelledCells()
	saved, err := SaveNoise(noise)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(saved)
	if err != nil {
		t.Fatal(err)
	}
	var again SavedNoise
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	loaded, err := again.Load()
	if err != nil || !reflect.DeepEqual(loaded, Noise(noise)) {
		t.Fatalf("%+v, %v; want %+v", loaded, err, noise)
	}
	post, err := Run(context.Background(), cells, Settings{Blocks: 2, Noise: noise, Burn: 5, Keep: 3})
	if err != nil {
		t.Fatal(err)
	}
	file, err := post.Save()
	if err != nil {
		t.Fatal(err)
	}
	back, err := file.Load(cells.Shape())
	if err != nil {
		t.Fatal(err)
	}
	for c := range cells.Values {
		cell := cells.Cell(c)
		m, v, e := post.At(cell)
		m2, v2, e2 := back.At(cell)
		if m != m2 || v != v2 || e != e2 {
			t.Errorf("cell %v: %v %v %v, saved and loaded %v %v %v", cell, m, v, e, m2, v2, e2)
		}
		if cell[1] == 2 && !(m > 0 && m < 5) || cell[1] == 1 && m <= 0 {
			t.Errorf("cell %v: the mean %v lies outside its label's domain", cell, m)
		}
	}
	file.Samples[0].Scatter.Parts = file.Samples[0].Scatter.Parts[:2]
	if _, err := file.Load(cells.Shape()); err == nil {
		t.Error("a noise without one of its groups was taken")
	}
}

// TestPerLabelBitsDoNotDependOnThreads also has a label without a cell.
func TestPerLabelBitsDoNotDependOnThreads(t *testing.T) {
	all, noise := labelledCells()
	cells := &tensor.Observed{Modes: all.Modes, Index: make([][]int32, 2)}
	for c, y := range all.Values {
		if all.Index[1][c] == 1 {
			continue
		}
		for n := range cells.Index {
			cells.Index[n] = append(cells.Index[n], all.Index[n][c])
		}
		cells.Values = append(cells.Values, y)
	}
	var first float64
	for _, threads := range []int{1, 3} {
		post, err := Run(context.Background(), cells, Settings{Blocks: 2, Noise: noise, Burn: 5, Keep: 3, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		mean, _, _ := post.At([]int32{3, 2})
		if threads == 1 {
			first = mean
		} else if mean != first {
			t.Errorf("%v with 3 threads, %v with one", mean, first)
		}
		if got, _, _ := post.At([]int32{3, 1}); !(got > 0) {
			t.Errorf("a label without a cell is filled with %v", got)
		}
	}
}
