// Package synthetic draws the tensors of the laboratory's experiments. Package dataset offers them beside the tables that are
// read and fetched; who needs no more than these compiles no reader and no client of the net.
package synthetic

import (
	"strconv"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Factors draws the factors of the paper's synthetic tensor: entries N(0,1), Factors[n][i][r].
func Factors(shape tensor.Shape, rank int, seed uint64) [][][]float64 {
	factors := make([][][]float64, len(shape))
	for n, d := range shape {
		stream := rng.New(seed, "synthetic factor "+strconv.Itoa(n))
		factors[n] = make([][]float64, d)
		for i := range factors[n] {
			factors[n][i] = make([]float64, rank)
			for r := range factors[n][i] {
				factors[n][i][r] = stream.NormFloat64()
			}
		}
	}
	return factors
}

// Blocks is Factors as a CP model: the blocks that Tensor is made of.
func Blocks(shape tensor.Shape, rank int, seed uint64) *tensor.CP {
	m := tensor.NewCP(shape, rank)
	for n, rows := range Factors(shape, rank, seed) {
		for i, row := range rows {
			copy(m.Row(n, int32(i)), row)
		}
	}
	return m
}

// Tensor is the paper's synthetic tensor, Σ_r ⊗_n u_r^n with the factors of Factors, all cells known. The
// paper's own has shape 10×10×10×10 and rank 5. noise adds N(0, σ²) to every cell, σ being noise times the deviation
// of the tensor. Modes are called mode1, mode2, …, labels count from 0. It panics for a shape of fewer than two modes.
func Tensor(shape tensor.Shape, rank int, noise float64, seed uint64) *tensor.Observed {
	factors := Factors(shape, rank, seed)
	full := AllCells(tensor.NumberedModes(shape))
	for c := range full.Values {
		for r := range rank {
			product := 1.0
			for n := range shape {
				product = float64(product * factors[n][full.Index[n][c]][r])
			}
			full.Values[c] += product
		}
	}
	if noise > 0 {
		_, deviation := tensor.Moments(full.Values)
		stream := rng.New(seed, "synthetic noise")
		for c := range full.Values {
			full.Values[c] += float64(noise * deviation * stream.NormFloat64())
		}
	}
	return full
}

// AllCells lists all cells of a tensor, with value 0.
func AllCells(modes []tensor.Mode) *tensor.Observed {
	cells := 1
	for _, mode := range modes {
		cells *= len(mode.Labels)
	}
	index := make([][]int32, len(modes))
	step := cells
	for n, mode := range modes {
		d := len(mode.Labels)
		step /= max(d, 1)
		index[n] = make([]int32, cells)
		for c := range index[n] {
			index[n][c] = int32(c / step % d)
		}
	}
	full, err := tensor.NewObserved(modes, index, make([]float64, cells))
	if err != nil {
		panic("synthetic: " + err.Error())
	}
	return full
}

// Thin hides single cells anywhere so that a share of them stays observed, to the nearest cell. Same seed, same choice.
func Thin(cells *tensor.Observed, share float64, seed uint64) (observed, heldOut *tensor.Observed) {
	return cells.Split(1-share, rng.New(seed, "missing random").Rand)
}
