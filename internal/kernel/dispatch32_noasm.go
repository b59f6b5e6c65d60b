//go:build !amd64 || noasm

package kernel

// A call that is inlined in another package has the instance of the reference compiled there, and its arguments escape to
// the heap: hence noinline.

//go:noinline
func matVec32(out, a, x []float32, rows, cols int) {
	matVecGo(out, a, x, rows, cols)
}

//go:noinline
func matTVec32(out, a, y []float32, rows, cols int) {
	matTVecGo(out, a, y, rows, cols)
}

//go:noinline
func dot32(out *[Lanes]float32, x, y []float32, n int) {
	dotGo(out, x, y, n)
}

//go:noinline
func norms2x32(out *[Lanes]float64, x []float32, n int) {
	norms2Go(out, x, n)
}

//go:noinline
func axpy32(y []float32, s *[Lanes]float32, x []float32, n int) {
	axpyGo(y, s, x, n)
}

//go:noinline
func copyLanes32(out, in []float32, n, outStride, inStride int) {
	copyLanesGo(out, in, n, outStride, inStride)
}

//go:noinline
func negateLanes32(out, in []float32, n, outStride, inStride int) {
	negateLanesGo(out, in, n, outStride, inStride)
}

//go:noinline
func addOuters32(a []float32, norm2 *[Lanes]float64, terms []Outer[float32], rows, cols int) {
	addOutersGo(a, norm2, terms, rows, cols)
}

//go:noinline
func addOuterMatVec32(a []float32, norm2 *[Lanes]float64, out []float32, c float32, y, x, z []float32, rows, cols, _ int) {
	addOuterMatVecGo(a, norm2, out, c, y, x, z, rows, cols)
}

//go:noinline
func outersNorm2x32(norm2 *[Lanes]float64, terms []Outer[float32], rows, cols int) {
	outersNorm2Go(norm2, terms, rows, cols)
}

//go:noinline
func sumRows32(out, m []float32, rows, n, stride int) {
	sumRowsGo(out, m, rows, n, stride)
}

//go:noinline
func expand32(out, parent, v []float32, start, at []int32, lanes, stride int) {
	expandGo(out, parent, v, start, at, lanes, stride)
}

//go:noinline
func fold32(gParent, gV, g, parent, v []float32, start, at []int32, lanes, stride int) {
	foldGo(gParent, gV, g, parent, v, start, at, lanes, stride)
}

//go:noinline
func rowDots32(out, p, q []float32, start, at []int32, lanes int) {
	rowDotsGo(out, p, q, start, at, lanes)
}

//go:noinline
func rowSums32(g, q, s []float32, start, at []int32, lanes int) {
	rowSumsGo(g, q, s, start, at, lanes)
}

//go:noinline
func treeDots32(out, parent, v []float32, tree, leaf []int32, q []float32, start, at []int32, lanes, stride int) {
	treeDotsGo(out, parent, v, tree, leaf, q, start, at, lanes, stride)
}

//go:noinline
func treeSums32(gParent, gV, parent, v []float32, tree, leaf []int32, q, s []float32, start, at []int32, lanes, stride int) {
	treeSumsGo(gParent, gV, parent, v, tree, leaf, q, s, start, at, lanes, stride)
}

//go:noinline
func cellDots32(out, l, b, c []float32, start, row []int32, cells []uint32, lanes, outer, stride int) {
	cellDotsGo(out, l, b, c, start, row, cells, lanes, outer, stride)
}

//go:noinline
func cellSums32(gL, gB, gC, l, b, c, s []float32, start, row []int32, cells []uint32, lanes, outer, stride int) {
	cellSumsGo(gL, gB, gC, l, b, c, s, start, row, cells, lanes, outer, stride)
}

//go:noinline
func multiplyAdds32(out *[Lanes]float32, n int) {
	multiplyAddsGo(out, n)
}

//go:noinline
func axpyNorm2x32(y []float32, norm2 *[Lanes]float64, s *[Lanes]float32, x []float32, n int) {
	axpyNorm2Go(y, norm2, s, x, n)
}

//go:noinline
func negateDots32(y []float32, along, norm2 *[Lanes]float32, g, x []float32, n, stride int) {
	negateDotsGo(y, along, norm2, g, x, n, stride)
}

func sumGroups32() int { return MaxGroups }
