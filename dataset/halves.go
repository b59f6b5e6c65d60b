package dataset

import (
	"fmt"
	"math"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// Halves chooses a share of the cells so that hardly anything joins two halves of the table: the labels of every mode are
// cut in two, the first ⌈d/2⌉ and the rest, and all observed cells but the bridges have labels of one half alone. With no
// bridges the observed cells fall into two parts without a label in common, so that nothing tells how one part
// scales beside the other. Same seed, same choice. It returns an error if there are not as many cells of either kind.
func Halves(cells *tensor.Observed, share float64, bridges int, seed uint64) (observed, heldOut *tensor.Observed, err error) {
	shape := cells.Shape()
	var within, across []int
	for c := range cells.Values {
		first := 0
		for n, d := range shape {
			if int(cells.Index[n][c]) < (d+1)/2 {
				first++
			}
		}
		if first == 0 || first == len(shape) {
			within = append(within, c)
		} else {
			across = append(across, c)
		}
	}
	count := int(math.Round(share * float64(cells.Len())))
	switch {
	case bridges < 0 || bridges > min(count, len(across)):
		return nil, nil, fmt.Errorf("%d bridges: there can be from 0 to %d", bridges, min(count, len(across)))
	case count-bridges > len(within):
		return nil, nil, fmt.Errorf("a share of %v is %d cells; the halves have %d, and there are %d bridges", share, count, len(within), bridges)
	}
	chosen := make([]bool, cells.Len())
	stream := rng.New(seed, "halves")
	for _, i := range stream.Perm(len(within))[:count-bridges] {
		chosen[within[i]] = true
	}
	for _, i := range stream.Perm(len(across))[:bridges] {
		chosen[across[i]] = true
	}
	observed, heldOut = cells.Partition(func(c int) bool { return chosen[c] })
	return observed, heldOut, nil
}
