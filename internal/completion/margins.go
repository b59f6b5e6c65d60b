package completion

import (
	"math/bits"

	"lacuna/tensor"
)

// margins count cells of a tensor by the indices of subsets of its modes: how many known cells a slice or a fibre has.
type margins struct {
	subsets []subset
}

// subset is a proper subset of the modes, and for each of its tuples of indices the number of cells that have it.
type subset struct {
	modes  []int
	mask   int
	stride []uint64
	dense  []int32          // [key]
	sparse map[uint64]int32 // where the tuples are too many for a slice
}

const (
	denseTuples = 1 << 22
	allSubsets  = 4 // largest order of which every subset of modes is counted; of higher ones, slices and fibres
)

// subsetsOf lists proper subsets of the modes as bit masks, the smallest first.
func subsetsOf(order int) (masks []int) {
	for size := 1; size < order; size++ {
		if order > allSubsets && size != 1 && size != order-1 {
			continue
		}
		for mask := 1; mask < 1<<order-1; mask++ {
			if bits.OnesCount(uint(mask)) == size {
				masks = append(masks, mask)
			}
		}
	}
	return masks
}

// newMargins counts the cells with these coordinates, one column a mode.
func newMargins(shape tensor.Shape, index [][]int32) margins {
	var m margins
	for _, mask := range subsetsOf(shape.Order()) {
		s := subset{mask: mask}
		tuples := 1.0
		for n, d := range shape {
			if mask>>n&1 == 1 {
				s.modes = append(s.modes, n)
				tuples *= float64(d)
			}
		}
		s.stride = make([]uint64, len(s.modes))
		stride := uint64(1)
		for k, n := range s.modes {
			s.stride[k] = stride
			stride *= uint64(shape[n])
		}
		if tuples <= denseTuples {
			s.dense = make([]int32, int(tuples))
		} else {
			s.sparse = map[uint64]int32{}
		}
		for c := range index[0] {
			s.add(s.keyAt(index, c))
		}
		m.subsets = append(m.subsets, s)
	}
	return m
}

func (s *subset) add(key uint64) {
	if s.dense != nil {
		s.dense[key]++
	} else {
		s.sparse[key]++
	}
}

func (s *subset) count(key uint64) int32 {
	if s.dense != nil {
		return s.dense[key]
	}
	return s.sparse[key]
}

// key numbers the tuple of indices that a cell has in the modes of the subset.
func (s *subset) key(cell []int32) (key uint64) {
	for k, n := range s.modes {
		key += uint64(cell[n]) * s.stride[k]
	}
	return key
}

func (s *subset) keyAt(index [][]int32, c int) (key uint64) {
	for k, n := range s.modes {
		key += uint64(index[n][c]) * s.stride[k]
	}
	return key
}
