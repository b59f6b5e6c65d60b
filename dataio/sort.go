package dataio

import (
	"math"
	"math/bits"

	"lacuna/internal/memory"
	"lacuna/tensor"
)

// cellOrder is the canonical order of cells that are listed in any order; those of equal coordinates keep the order in
// which they are listed. It takes no memory for cells in order, else 16 bytes a cell.
type cellOrder struct {
	modes  []tensor.Mode
	index  [][]int32
	sorted []uint64 // in order: a key, and in the low bits where the cell is listed; nil for cells that are in order
	bits   int      // of the place
	whole  bool     // the keys tell all coordinates
	unique bool     // no cell is listed twice, for sure
	spare  []uint64 // of the length of sorted
}

// orderCells finds the order of the cells with the coordinates index[n] in mode n.
func orderCells(modes []tensor.Mode, index [][]int32) *cellOrder {
	o := &cellOrder{modes: modes, index: index}
	var ordered bool
	if ordered, o.unique = inOrder(index); ordered {
		return o
	}
	count := len(index[0])
	o.bits = bits.Len(uint(count - 1))
	o.sorted, o.spare = make([]uint64, count), make([]uint64, count)
	memory.LargePages(o.sorted)
	memory.LargePages(o.spare)
	for c := range o.sorted {
		o.sorted[c] = uint64(c)
	}
	// As many of the last modes at a time as have a key that fits beside the place.
	for to := len(modes); to > 0; {
		from, cells := to, uint64(1)
		for from > 0 {
			high, product := bits.Mul64(cells, uint64(len(modes[from-1].Labels)))
			if from < to && (high > 0 || bits.Len64(product-1) > 64-o.bits) {
				break
			}
			cells = product
			from--
		}
		o.sortBy(modes[from:to], index[from:to], bits.Len64(cells-1))
		o.whole = to-from == len(modes)
		to = from
	}
	return o
}

// inOrder tells that no cell comes before the one that is listed ahead of it, and that none is that one.
func inOrder(index [][]int32) (ordered, unique bool) {
	first, unique := index[0], true
	for c := 1; c < len(first); c++ {
		if first[c] > first[c-1] {
			continue
		}
		same := true
		for _, column := range index {
			if d := column[c] - column[c-1]; d < 0 {
				return false, false
			} else if d > 0 {
				same = false
				break
			}
		}
		unique = unique && !same
	}
	return true, unique
}

// sortBy sorts by some modes, whose keys have so many bits; cells that are equal in them keep their order.
func (o *cellOrder) sortBy(modes []tensor.Mode, index [][]int32, keyBits int) {
	place := uint64(1)<<o.bits - 1
	for k, entry := range o.sorted {
		c, key := entry&place, uint64(0)
		for n, column := range index {
			key = key*uint64(len(modes[n].Labels)) + uint64(column[c])
		}
		o.sorted[k] = key<<o.bits | c
	}
	const digit, mask = 11, 1<<11 - 1
	for shift := o.bits; shift < o.bits+keyBits; shift += digit {
		var starts [1 << digit]int
		for _, entry := range o.sorted {
			starts[entry>>shift&mask]++
		}
		at := 0
		for d, count := range starts {
			starts[d] = at
			at += count
		}
		for _, entry := range o.sorted {
			d := entry >> shift & mask
			o.spare[starts[d]] = entry
			starts[d]++
		}
		o.sorted, o.spare = o.spare, o.sorted
	}
}

// at is where the k-th cell is listed.
func (o *cellOrder) at(k int) int {
	if o.sorted == nil {
		return k
	}
	return int(o.sorted[k] & (1<<o.bits - 1))
}

// same tells whether the cells in two places of the order are one.
func (o *cellOrder) same(a, b int) bool {
	if o.sorted != nil && (o.whole || o.sorted[a]>>o.bits != o.sorted[b]>>o.bits) {
		return o.sorted[a]>>o.bits == o.sorted[b]>>o.bits
	}
	a, b = o.at(a), o.at(b)
	for _, column := range o.index {
		if column[a] != column[b] {
			return false
		}
	}
	return true
}

// firsts are where the cells are listed for the first time, in order, each cell once.
func (o *cellOrder) firsts() []int {
	var places []int
	for k := range len(o.index[0]) {
		if k == 0 || !o.same(k-1, k) {
			places = append(places, o.at(k))
		}
	}
	return places
}

// keep makes the cell in place k the one in place to of what arrange leaves; to must rise, and not beyond k.
func (o *cellOrder) keep(to, k int, values []float64) {
	switch {
	case o.sorted != nil:
		o.sorted[to] = o.sorted[k]
	case to < k:
		values[to] = values[k]
		for _, column := range o.index {
			column[to] = column[k]
		}
	}
}

// arrange puts the first cells that were kept in order, in the memory that they have; the order is used up.
func (o *cellOrder) arrange(count int, values []float64) *tensor.Observed {
	if o.sorted != nil {
		for k := range count {
			o.spare[k] = math.Float64bits(values[o.at(k)])
		}
		for k, v := range o.spare[:count] {
			values[k] = math.Float64frombits(v)
		}
		for _, column := range o.index {
			for k := range count {
				o.spare[k] = uint64(column[o.at(k)])
			}
			for k, i := range o.spare[:count] {
				column[k] = int32(i)
			}
		}
	}
	kept := &tensor.Observed{Modes: o.modes, Index: make([][]int32, len(o.index)), Values: values[:count]}
	for n, column := range o.index {
		kept.Index[n] = column[:count]
	}
	return kept
}
