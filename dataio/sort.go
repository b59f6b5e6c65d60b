package dataio

import (
	"math"
	"slices"

	"lacuna/tensor"
)

// sortedPositions sorts the cells, those of equal coordinates in the order of the file; same tells whether the cells in
// two places of that order are one.
func sortedPositions(o *tensor.Observed) (positions []int, same func(a, b int) bool) {
	positions = make([]int, o.Len())
	for c := range positions {
		positions[c] = c
	}
	if o.Shape().Cells() > math.MaxInt64/2 {
		compare := comparer(o)
		slices.SortStableFunc(positions, compare)
		return positions, func(a, b int) bool { return compare(positions[a], positions[b]) == 0 }
	}
	keys := make([]uint64, o.Len())
	for n, column := range o.Index {
		d := uint64(len(o.Modes[n].Labels))
		for c, i := range column {
			keys[c] = keys[c]*d + uint64(i)
		}
	}
	if !slices.IsSorted(keys) {
		keys, positions = sortByKeys(keys, positions)
	}
	return positions, func(a, b int) bool { return keys[a] == keys[b] }
}

// comparer orders positions by cell.
func comparer(o *tensor.Observed) func(a, b int) int {
	return func(a, b int) int {
		for _, column := range o.Index {
			if d := column[a] - column[b]; d != 0 {
				return int(d)
			}
		}
		return 0
	}
}

// sortByKeys sorts positions by their keys, digit by digit from the lowest on; equal keys keep their order. Both slices
// are used up.
func sortByKeys(keys []uint64, positions []int) ([]uint64, []int) {
	const bits, mask = 11, 1<<11 - 1
	otherKeys, otherPositions := make([]uint64, len(keys)), make([]int, len(keys))
	most := slices.Max(keys)
	for shift := 0; most>>shift > 0; shift += bits {
		var starts [1 << bits]int
		for _, key := range keys {
			starts[key>>shift&mask]++
		}
		at := 0
		for digit, count := range starts {
			starts[digit] = at
			at += count
		}
		for c, key := range keys {
			digit := key >> shift & mask
			otherKeys[starts[digit]], otherPositions[starts[digit]] = key, positions[c]
			starts[digit]++
		}
		keys, otherKeys = otherKeys, keys
		positions, otherPositions = otherPositions, positions
	}
	return keys, positions
}
