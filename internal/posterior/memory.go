package posterior

import (
	"slices"

	"lacuna/internal/linalg"
	"lacuna/tensor"
)

// Memory is how many bytes a chain of so many blocks needs beside the cells' coordinates and values: factors, their
// priors, the scratch of every thread, what is kept of every cell, and the cells sorted by every mode, which chains may
// share. It allocates nothing and does not overflow.
func Memory(shape tensor.Shape, cells, blocks, threads int) float64 {
	const word = 8.0
	r, rows := float64(blocks), 0.0
	for _, d := range shape {
		rows += float64(d)
	}
	stride := r
	if blocks < 1<<30 {
		stride = float64(linalg.Stride(blocks + 1))
	}
	modes := float64(len(shape))
	factors := float64((rows+float64(slices.Max(shape)))*r) + float64(rows*stride)
	priors := float64(modes * (float64(r*r) + float64(2*r*stride) + float64(float64(chunk)*2*stride)))
	scratch := float64(float64(threads) * (float64((r+1)*stride) + float64((2*float64(chunk)+8)*stride)))
	perCell := 3 * word // weight, residual and precision
	column := word
	if cells >= compactCells {
		column /= 2
	}
	for n, d := range shape {
		if n == 0 {
			continue // the table's own order
		}
		perCell += float64(2 * column) // target and weight
		if cells < countedCells*d {
			perCell += 4
		}
		for k, size := range shape {
			switch {
			case k == n:
			case size <= narrowSize:
				perCell += 2
			default:
				perCell += 4
			}
		}
	}
	return float64(word*(factors+priors+scratch)) + float64(float64(cells)*perCell)
}
