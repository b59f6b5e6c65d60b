package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"lacuna/dataio"
	"lacuna/experiment"
	"lacuna/internal/atomicfile"
	"lacuna/model"
	"lacuna/tensor"
)

// factored is a model whose parameters are vectors w and matrices A, block by block.
type factored interface {
	Blocks() int
	Depths() []int
	Block(r int) model.Block
	SetBlock(r int, b model.Block)
}

// settledByStart are the flags that a file of parameters leaves nothing to say.
var settledByStart = []string{
	"blocks", "depth", "balanced", "collapsed", "model", "start", "sigma-w", "sigma-a", "sigma-is", "diagonal", "seed",
}

// settledBy are those of settledByStart that a file settles for the model of the settings: the parameters of a network do not
// tell of which it is.
func settledBy(s *experiment.Settings) []string {
	return slices.DeleteFunc(slices.Clone(settledByStart), func(name string) bool { return name == "model" && s.Network() })
}

// parted is a model of tensors of parameters that are not those of blocks.
type parted interface {
	Parts() []model.Part
	SetPart(name string, values []float64)
}

// wrongStart is the error about a file of parameters.
func wrongStart(path, format string, values ...any) error {
	return inputError(fmt.Errorf("%s: %s: a start is what --export writes for the same data",
		path, fmt.Sprintf(format, values...)))
}

// checkFinite returns an error for a parameter that is no finite number.
func checkFinite(path, name string, values []float64) error {
	for i, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return wrongStart(path, "number %d of %s is %v, which is no finite number", i+1, name, x)
		}
	}
	return nil
}

// startOf returns the blocks in a file of parameters, of a model for a tensor of the given shape.
func startOf(path string, arrays map[string]dataio.Array, shape tensor.Shape) ([]model.Block, error) {
	wrong := func(format string, values ...any) ([]model.Block, error) {
		return nil, wrongStart(path, format, values...)
	}
	var blocks []model.Block
	for n, d := range shape {
		name := fmt.Sprintf("w_%d", n)
		w, ok := arrays[name]
		switch {
		case !ok:
			return wrong("there is no array %s", name)
		case len(w.Shape) != 2 || w.Shape[0] < 1 || w.Shape[1] != d:
			return wrong("%s has shape %v, R × %d is needed", name, w.Shape, d)
		case n > 0 && w.Shape[0] != len(blocks):
			return wrong("%s has %d blocks, w_0 has %d", name, w.Shape[0], len(blocks))
		}
		if err := checkFinite(path, name, w.Values); err != nil {
			return nil, err
		}
		if n == 0 {
			blocks = make([]model.Block, w.Shape[0])
		}
		name = fmt.Sprintf("A_%d", n)
		a, deep := arrays[name]
		if deep && (len(a.Shape) != 4 || a.Shape[0] != len(blocks) || a.Shape[2] != d || a.Shape[3] != d) {
			return wrong("%s has shape %v, %d × k × %d × %d is needed", name, a.Shape, len(blocks), d, d)
		}
		if err := checkFinite(path, name, a.Values); err != nil {
			return nil, err
		}
		for r := range blocks {
			var matrices [][]float64
			if deep {
				k := a.Shape[1]
				matrices = slices.Collect(slices.Chunk(a.Values[r*k*d*d:(r+1)*k*d*d], d*d))
			}
			blocks[r].W, blocks[r].A = append(blocks[r].W, w.Values[r*d:][:d]), append(blocks[r].A, matrices)
		}
	}
	if _, more := arrays[fmt.Sprintf("w_%d", len(shape))]; more {
		return wrong("it has more modes than the %d of the data", len(shape))
	}
	return blocks, nil
}

// begin builds the model of the settings at its start: drawn, or that of --from, which also says how many blocks and
// which depths there are. A run that goes on has its parameters from the checkpoint.
func (f *trainFlags) begin(train *tensor.Observed, s *experiment.Settings) (experiment.Model, error) {
	if f.settings.From == "" || f.resume != "" {
		return s.Build(train)
	}
	path := f.settings.From
	arrays, err := dataio.ReadArrays(path)
	if err != nil {
		return nil, inputError(err)
	}
	settle := func(blocks int, depths experiment.Depths) {
		for _, settings := range []*experiment.Settings{s, &f.settings} {
			settings.Blocks, settings.Depth = blocks, depths
		}
	}
	if s.Network() {
		depths := make(experiment.Depths, train.Order())
		for n := range depths {
			if a, deep := arrays[fmt.Sprintf("A_%d", n)]; deep && len(a.Shape) > 0 {
				depths[n] = float64(a.Shape[0])
			}
		}
		settle(0, depths)
		m, err := s.Build(train)
		if err != nil {
			return nil, err
		}
		return m, setParts(m.(parted), path, arrays)
	}
	blocks, err := startOf(path, arrays, train.Shape())
	if err != nil {
		return nil, err
	}
	var depths experiment.Depths
	for _, matrices := range blocks[0].A {
		depths = append(depths, float64(len(matrices)))
	}
	settle(len(blocks), depths)
	m, err := s.Build(train)
	if err != nil {
		return nil, err
	}
	for r, b := range blocks {
		m.(factored).SetBlock(r, b)
	}
	return m, nil
}

// setParts overwrites all parameters of a network with those of a file.
func setParts(m parted, path string, arrays map[string]dataio.Array) error {
	for _, p := range m.Parts() {
		a, ok := arrays[p.Name]
		switch {
		case !ok:
			return wrongStart(path, "there is no array %s", p.Name)
		case !slices.Equal(a.Shape, p.Shape):
			return wrongStart(path, "%s has shape %v, %v is needed (or another --bond)", p.Name, a.Shape, p.Shape)
		}
		if err := checkFinite(path, p.Name, a.Values); err != nil {
			return err
		}
		m.SetPart(p.Name, a.Values)
	}
	return nil
}

// export writes all parameters, and the cells that they were trained on, as docs/formats.md describes them.
func (r *trainRun) export(path string) error {
	arrays := r.parameters()
	for _, part := range []struct {
		name  string
		cells *tensor.Observed
	}{{"", r.Cells.Train}, {"test_", r.Cells.Test}, {"held_out_", r.Cells.HeldOut}} {
		if part.cells == nil || part.cells.Len() == 0 {
			continue
		}
		index := dataio.Array{Name: part.name + "cells", Shape: []int{part.cells.Len(), part.cells.Order()}}
		for c := range part.cells.Len() {
			for _, column := range part.cells.Index {
				index.Values = append(index.Values, float64(column[c]))
			}
		}
		values := dataio.Array{Name: part.name + "values", Shape: []int{part.cells.Len()}, Values: part.cells.Values}
		arrays = append(arrays, index, values)
	}
	return atomicfile.Write(path, func(w io.Writer) error { return dataio.WriteArrays(w, arrays...) })
}

// parameters are all of the model, by the names of docs/formats.md.
func (r *trainRun) parameters() (arrays []dataio.Array) {
	if m, ok := r.Model.(parted); ok {
		for _, p := range m.Parts() {
			arrays = append(arrays, dataio.Array{Name: p.Name, Shape: p.Shape, Values: p.Values})
		}
		return arrays
	}
	m := r.Model.(factored)
	blocks, depths := m.Blocks(), m.Depths()
	for n, d := range r.Cells.Train.Shape() {
		w := dataio.Array{Name: fmt.Sprintf("w_%d", n), Shape: []int{blocks, d}}
		a := dataio.Array{Name: fmt.Sprintf("A_%d", n), Shape: []int{blocks, depths[n], d, d}}
		for k := range blocks {
			b := m.Block(k)
			w.Values = append(w.Values, b.W[n]...)
			a.Values = append(a.Values, slices.Concat(b.A[n]...)...)
		}
		arrays = append(arrays, w)
		if depths[n] > 0 {
			arrays = append(arrays, a)
		}
	}
	return arrays
}
