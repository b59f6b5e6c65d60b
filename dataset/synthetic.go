package dataset

import (
	"math"
	"strconv"

	"lacuna/internal/rng"
	"lacuna/internal/synthetic"
	"lacuna/tensor"
)

// SyntheticFactors draws the factors of the paper's synthetic tensor: entries N(0,1), Factors[n][i][r].
func SyntheticFactors(shape tensor.Shape, rank int, seed uint64) [][][]float64 {
	return synthetic.Factors(shape, rank, seed)
}

// SyntheticBlocks is SyntheticFactors as a CP model: the blocks that Synthetic is made of.
func SyntheticBlocks(shape tensor.Shape, rank int, seed uint64) *tensor.CP {
	return synthetic.Blocks(shape, rank, seed)
}

// Synthetic is the paper's synthetic tensor, Σ_r ⊗_n u_r^n with the factors of SyntheticFactors, all cells known. The
// paper's own has shape 10×10×10×10 and rank 5. noise adds N(0, σ²) to every cell, σ being noise times the deviation
// of the tensor. Modes are called mode1, mode2, …, labels count from 0. It panics for a shape of fewer than two modes.
func Synthetic(shape tensor.Shape, rank int, noise float64, seed uint64) *tensor.Observed {
	return synthetic.Tensor(shape, rank, noise, seed)
}

// Pattern is the way in which cells are missing.
type Pattern string

// The patterns. Mode is the one that Observe is given.
const (
	Random Pattern = "random" // single cells anywhere
	Fibres Pattern = "fibres" // whole fibres along Mode: a station without one variable
	// Spells hides one run of neighbouring indices of Mode in every fibre: a station that was closed for a time.
	Spells Pattern = "spells"
)

// Observe hides cells of a tensor in a pattern so that a share of them stays observed, to the nearest cell (Random),
// fibre (Fibres), or cell of each fibre (Spells). Same seed, same choice.
func Observe(
	cells *tensor.Observed, pattern Pattern, mode int, share float64, seed uint64,
) (observed, heldOut *tensor.Observed) {
	if pattern == Random {
		return synthetic.Thin(cells, share, seed)
	}
	stream := rng.New(seed, "missing "+string(pattern))
	fibres := fibresOf(cells, mode)
	hidden := make([]bool, cells.Len())
	switch pattern {
	case Fibres:
		count := int(math.Round((1 - share) * float64(len(fibres))))
		for _, f := range stream.Perm(len(fibres))[:count] {
			for _, c := range fibres[f] {
				hidden[c] = true
			}
		}
	case Spells:
		for _, fibre := range fibres {
			length := int(math.Round((1 - share) * float64(len(fibre))))
			start := stream.IntN(len(fibre) - length + 1)
			for _, c := range fibre[start : start+length] {
				hidden[c] = true
			}
		}
	default:
		panic("dataset: Observe: no such pattern")
	}
	return cells.Partition(func(c int) bool { return !hidden[c] })
}

// fibresOf groups the cells that differ in one mode alone, in canonical order.
func fibresOf(cells *tensor.Observed, mode int) [][]int {
	var fibres [][]int
	number := map[string]int{}
	for c := range cells.Values {
		var key []byte
		for n, column := range cells.Index {
			if n != mode {
				key = strconv.AppendInt(append(key, ' '), int64(column[c]), 10)
			}
		}
		f, known := number[string(key)]
		if !known {
			f = len(fibres)
			number[string(key)] = f
			fibres = append(fibres, nil)
		}
		fibres[f] = append(fibres[f], c)
	}
	return fibres
}
