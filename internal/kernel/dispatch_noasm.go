//go:build !amd64 || noasm

package kernel

// A call that is inlined in another package has the instance of the reference compiled there, and its arguments escape to
// the heap: hence noinline.

//go:noinline
func matVec(out, a, x []float64, rows, cols int) {
	matVecGo(out, a, x, rows, cols)
}

//go:noinline
func matTVec(out, a, y []float64, rows, cols int) {
	matTVecGo(out, a, y, rows, cols)
}

//go:noinline
func dot(out *lane, x, y []float64, n int) {
	dotGo(out, x, y, n)
}

//go:noinline
func axpy(y []float64, s *lane, x []float64, n int) {
	axpyGo(y, s, x, n)
}

//go:noinline
func addOuters(a []float64, norm2 *lane, terms []Outer[float64], rows, cols int) {
	addOutersGo(a, norm2, terms, rows, cols)
}

//go:noinline
func outersNorm2(norm2 *lane, terms []Outer[float64], rows, cols int) {
	outersNorm2Go(norm2, terms, rows, cols)
}

//go:noinline
func addTile(c []float64, stride int, x, y *lane) {
	addTileGo(c, stride, x, y)
}

//go:noinline
func gemmSub(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	gemmSubGo(c, a, b, m, n, k, ldc, lda, ldb)
}

//go:noinline
func expand(out, parent, v []float64, start, at []int32, lanes, stride int) {
	expandGo(out, parent, v, start, at, lanes, stride)
}

//go:noinline
func fold(gParent, gV, g, parent, v []float64, start, at []int32, lanes, stride int) {
	foldGo(gParent, gV, g, parent, v, start, at, lanes, stride)
}

//go:noinline
func rowDots(out, p, q []float64, start, at []int32, lanes int) {
	rowDotsGo(out, p, q, start, at, lanes)
}

//go:noinline
func rowSums(g, q, s []float64, start, at []int32, lanes int) {
	rowSumsGo(g, q, s, start, at, lanes)
}

//go:noinline
func sumRows(out, m []float64, rows, n, stride int) {
	sumRowsGo(out, m, rows, n, stride)
}

//go:noinline
func multiplyAdds(out *lane, n int) {
	multiplyAddsGo(out, n)
}

//go:noinline
func treeDots(out, parent, v []float64, tree, leaf []int32, q []float64, start, at []int32, lanes, stride int) {
	treeDotsGo(out, parent, v, tree, leaf, q, start, at, lanes, stride)
}

//go:noinline
func treeSums(gParent, gV, parent, v []float64, tree, leaf []int32, q, s []float64, start, at []int32, lanes, stride int) {
	treeSumsGo(gParent, gV, parent, v, tree, leaf, q, s, start, at, lanes, stride)
}

//go:noinline
func cellDots(out, l, b, c []float64, start, row []int32, cells []uint32, lanes, outer, stride int) {
	cellDotsGo(out, l, b, c, start, row, cells, lanes, outer, stride)
}

//go:noinline
func cellSums(gL, gB, gC, l, b, c, s []float64, start, row []int32, cells []uint32, lanes, outer, stride int) {
	cellSumsGo(gL, gB, gC, l, b, c, s, start, row, cells, lanes, outer, stride)
}

//go:noinline
func copyLanes(out, in []float64, n, outStride, inStride int) {
	copyLanesGo(out, in, n, outStride, inStride)
}

//go:noinline
func negateLanes(out, in []float64, n, outStride, inStride int) {
	negateLanesGo(out, in, n, outStride, inStride)
}

//go:noinline
func addOuterMatVec(a []float64, norm2 *lane, out []float64, c float64, y, x, z []float64, rows, cols, _ int) {
	addOuterMatVecGo(a, norm2, out, c, y, x, z, rows, cols)
}

func sumGroups() int { return maxGroups64 }

//go:noinline
func axpyNorm2(y []float64, norm2, s *lane, x []float64, n int) { axpyNorm2Go(y, norm2, s, x, n) }

//go:noinline
func negateDots(y []float64, along, norm2 *lane, g, x []float64, n, stride int) {
	negateDotsGo(y, along, norm2, g, x, n, stride)
}
