//go:build !noasm

package kernel

import "lacuna/internal/cpu"

// A lane group of float32 fills a register of AVX2, so there is nothing that AVX-512 would add but longer loads. A reference that is
// inlined in another package has its instance compiled there, and its arguments escape to the heap: hence noinline.

//go:noinline
func matVec32(out, a, x []float32, rows, cols int) {
	if rows == 0 || cols == 0 || !cpu.AVX2 {
		matVecGo(out, a, x, rows, cols)
		return
	}
	matVecF32AVX2(out, a, x, rows, cols)
}

//go:noinline
func matTVec32(out, a, y []float32, rows, cols int) {
	if rows == 0 || cols == 0 || !cpu.AVX2 {
		matTVecGo(out, a, y, rows, cols)
		return
	}
	matTVecF32AVX2(out, a, y, rows, cols)
}

//go:noinline
func dot32(out *[Lanes]float32, x, y []float32, n int) {
	if n == 0 || !cpu.AVX2 {
		dotGo(out, x, y, n)
		return
	}
	dotF32AVX2(out, x, y, n)
}

//go:noinline
func norms2x32(out *[Lanes]float64, x []float32, n int) {
	if n == 0 || !cpu.AVX2 {
		norms2Go(out, x, n)
		return
	}
	norms2F32AVX2(out, x, n)
}

//go:noinline
func axpy32(y []float32, s *[Lanes]float32, x []float32, n int) {
	if n == 0 || !cpu.AVX2 {
		axpyGo(y, s, x, n)
		return
	}
	axpyF32AVX2(y, s, x, n)
}

//go:noinline
func axpyNorm2x32(y []float32, norm2 *[Lanes]float64, s *[Lanes]float32, x []float32, n int) {
	if n == 0 || !cpu.AVX2 {
		axpyNorm2Go(y, norm2, s, x, n)
		return
	}
	axpyNorm2F32AVX2(y, norm2, s, x, n)
}

//go:noinline
func negateDots32(y []float32, along, norm2 *[Lanes]float32, g, x []float32, n, stride int) {
	if n == 0 || !cpu.AVX2 {
		negateDotsGo(y, along, norm2, g, x, n, stride)
		return
	}
	negateDotsF32AVX2(y, along, norm2, g, x, n, stride)
}

//go:noinline
func copyLanes32(out, in []float32, n, outStride, inStride int) {
	if n == 0 || !cpu.AVX2 {
		copyLanesGo(out, in, n, outStride, inStride)
		return
	}
	copyLanesF32AVX2(out, in, n, outStride, inStride)
}

//go:noinline
func negateLanes32(out, in []float32, n, outStride, inStride int) {
	if n == 0 || !cpu.AVX2 {
		negateLanesGo(out, in, n, outStride, inStride)
		return
	}
	negateLanesF32AVX2(out, in, n, outStride, inStride)
}

//go:noinline
func addOuters32(a []float32, norm2 *[Lanes]float64, terms []Outer[float32], rows, cols int) {
	for len(terms) > maxTerms {
		addOuters32(a, norm2, terms[:maxTerms], rows, cols)
		terms = terms[maxTerms:]
	}
	if rows == 0 || cols == 0 || len(terms) == 0 || !cpu.AVX2 {
		addOutersGo(a, norm2, terms, rows, cols)
		return
	}
	first := &terms[0].C
	switch len(terms) {
	case 1:
		addOuters1F32AVX2(a, norm2, first, rows, cols)
	case 2:
		addOuters2F32AVX2(a, norm2, first, rows, cols)
	case 3:
		addOuters3F32AVX2(a, norm2, first, rows, cols)
	case 4:
		addOuters4F32AVX2(a, norm2, first, rows, cols)
	case 5:
		addOuters5F32AVX2(a, norm2, first, rows, cols)
	case 6:
		addOuters6F32AVX2(a, norm2, first, rows, cols)
	}
}

//go:noinline
func addOuterMatVec32(a []float32, norm2 *[Lanes]float64, out []float32, c float32, y, x, z []float32, rows, cols, ahead int) {
	if rows == 0 || cols == 0 || !cpu.AVX2 {
		addOuterMatVecGo(a, norm2, out, c, y, x, z, rows, cols)
		return
	}
	addOuterMatVecF32AVX2(a, norm2, out, c, y, x, z, rows, cols, ahead)
}

//go:noinline
func outersNorm2x32(norm2 *[Lanes]float64, terms []Outer[float32], rows, cols int) {
	if rows == 0 || cols == 0 || len(terms) == 0 || len(terms) > maxTerms || !cpu.AVX2 {
		outersNorm2Go(norm2, terms, rows, cols)
		return
	}
	first := &terms[0].C
	switch len(terms) {
	case 1:
		outersNorm2x1F32AVX2(norm2, first, rows, cols)
	case 2:
		outersNorm2x2F32AVX2(norm2, first, rows, cols)
	case 3:
		outersNorm2x3F32AVX2(norm2, first, rows, cols)
	case 4:
		outersNorm2x4F32AVX2(norm2, first, rows, cols)
	case 5:
		outersNorm2x5F32AVX2(norm2, first, rows, cols)
	case 6:
		outersNorm2x6F32AVX2(norm2, first, rows, cols)
	}
}

//go:noinline
func sumRows32(out, m []float32, rows, n, stride int) {
	whole := n &^ (Lanes - 1)
	if !cpu.AVX2 {
		whole = 0
	}
	if whole > 0 {
		sumRowsF32AVX2(out, m, rows, whole, stride)
	}
	if whole < n {
		sumRowsGo(out[whole:], m[whole:], rows, n-whole, stride)
	}
}

// sumGroups32 is 6: as many sums of even and odd items as 16 registers hold.
func sumGroups32() int {
	if cpu.AVX2 {
		return 6
	}
	return MaxGroups
}

//go:noinline
func expand32(out, parent, v []float32, start, at []int32, lanes, stride int) {
	if !cpu.AVX2 {
		expandGo(out, parent, v, start, at, lanes, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		expand1F32AVX2(out, parent, v, start, at, stride)
	case 2:
		expand2F32AVX2(out, parent, v, start, at, stride)
	case 3:
		expand3F32AVX2(out, parent, v, start, at, stride)
	case 4:
		expand4F32AVX2(out, parent, v, start, at, stride)
	case 5:
		expand5F32AVX2(out, parent, v, start, at, stride)
	case 6:
		expand6F32AVX2(out, parent, v, start, at, stride)
	case 7:
		expand7F32AVX2(out, parent, v, start, at, stride)
	case 8:
		expand8F32AVX2(out, parent, v, start, at, stride)
	}
}

//go:noinline
func fold32(gParent, gV, g, parent, v []float32, start, at []int32, lanes, stride int) {
	if !cpu.AVX2 {
		foldGo(gParent, gV, g, parent, v, start, at, lanes, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		fold1F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 2:
		fold2F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 3:
		fold3F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 4:
		fold4F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 5:
		fold5F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 6:
		fold6F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 7:
		fold7F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	case 8:
		fold8F32AVX2(gParent, gV, g, parent, v, start, at, stride)
	}
}

//go:noinline
func rowDots32(out, p, q []float32, start, at []int32, lanes int) {
	if !cpu.AVX2 {
		rowDotsGo(out, p, q, start, at, lanes)
		return
	}
	switch lanes / Lanes {
	case 1:
		rowDots1F32AVX2(out, p, q, start, at)
	case 2:
		rowDots2F32AVX2(out, p, q, start, at)
	case 3:
		rowDots3F32AVX2(out, p, q, start, at)
	case 4:
		rowDots4F32AVX2(out, p, q, start, at)
	case 5:
		rowDots5F32AVX2(out, p, q, start, at)
	case 6:
		rowDots6F32AVX2(out, p, q, start, at)
	case 7:
		rowDots7F32AVX2(out, p, q, start, at)
	case 8:
		rowDots8F32AVX2(out, p, q, start, at)
	}
}

//go:noinline
func rowSums32(g, q, s []float32, start, at []int32, lanes int) {
	if !cpu.AVX2 {
		rowSumsGo(g, q, s, start, at, lanes)
		return
	}
	switch lanes / Lanes {
	case 1:
		rowSums1F32AVX2(g, q, s, start, at)
	case 2:
		rowSums2F32AVX2(g, q, s, start, at)
	case 3:
		rowSums3F32AVX2(g, q, s, start, at)
	case 4:
		rowSums4F32AVX2(g, q, s, start, at)
	case 5:
		rowSums5F32AVX2(g, q, s, start, at)
	case 6:
		rowSums6F32AVX2(g, q, s, start, at)
	case 7:
		rowSums7F32AVX2(g, q, s, start, at)
	case 8:
		rowSums8F32AVX2(g, q, s, start, at)
	}
}

//go:noinline
func treeDots32(out, parent, v []float32, tree, leaf []int32, q []float32, start, at []int32, lanes, stride int) {
	if !cpu.AVX2 {
		treeDotsGo(out, parent, v, tree, leaf, q, start, at, lanes, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		treeDots1F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 2:
		treeDots2F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 3:
		treeDots3F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 4:
		treeDots4F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 5:
		treeDots5F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 6:
		treeDots6F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 7:
		treeDots7F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	case 8:
		treeDots8F32AVX2(out, parent, v, tree, leaf, q, start, at, stride)
	}
}

//go:noinline
func treeSums32(gParent, gV, parent, v []float32, tree, leaf []int32, q, s []float32, start, at []int32, lanes, stride int) {
	if !cpu.AVX2 {
		treeSumsGo(gParent, gV, parent, v, tree, leaf, q, s, start, at, lanes, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		treeSums1F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 2:
		treeSums2F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 3:
		treeSums3F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 4:
		treeSums4F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 5:
		treeSums5F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 6:
		treeSums6F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 7:
		treeSums7F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	case 8:
		treeSums8F32AVX2(gParent, gV, parent, v, tree, leaf, q, s, start, at, stride)
	}
}

//go:noinline
func cellDots32(out, l, b, c []float32, start, row []int32, cells []uint32, lanes, outer, stride int) {
	if !cpu.AVX2 {
		cellDotsGo(out, l, b, c, start, row, cells, lanes, outer, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		cellDots1F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 2:
		cellDots2F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 3:
		cellDots3F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 4:
		cellDots4F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 5:
		cellDots5F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 6:
		cellDots6F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 7:
		cellDots7F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	case 8:
		cellDots8F32AVX2(out, l, b, c, start, row, cells, outer, stride)
	}
}

//go:noinline
func cellSums32(gL, gB, gC, l, b, c, s []float32, start, row []int32, cells []uint32, lanes, outer, stride int) {
	if !cpu.AVX2 {
		cellSumsGo(gL, gB, gC, l, b, c, s, start, row, cells, lanes, outer, stride)
		return
	}
	switch lanes / Lanes {
	case 1:
		cellSums1F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 2:
		cellSums2F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 3:
		cellSums3F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 4:
		cellSums4F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 5:
		cellSums5F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 6:
		cellSums6F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 7:
		cellSums7F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	case 8:
		cellSums8F32AVX2(gL, gB, gC, l, b, c, s, start, row, cells, outer, stride)
	}
}

//go:noinline
func multiplyAdds32(out *[Lanes]float32, n int) {
	if n == 0 || !cpu.AVX2 {
		multiplyAddsGo(out, n)
		return
	}
	multiplyAddsF32AVX2(out, n)
}
