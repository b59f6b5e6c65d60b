//go:build js && page

package kernel

import "unsafe"

// The kernels of kernel.wasm, which web/kernels.js hands to the program. They work in the program's memory.

//go:wasmimport kernel gemmSub
//go:noescape
func gemmSubWasm(c, a, b unsafe.Pointer, m, n, k, ldc, lda, ldb int32)

//go:wasmimport kernel addGram
//go:noescape
func addGramWasm(c, x, y unsafe.Pointer, from, to, k, stride int32)

//go:wasmimport kernel products
//go:noescape
func productsWasm(out, a, b, i, j unsafe.Pointer, count, lanes, stride int32)

//go:wasmimport kernel pairDots
//go:noescape
func pairDotsWasm(out, a, b, i, j unsafe.Pointer, count, stride int32)

//go:wasmimport kernel scaleRows
//go:noescape
func scaleRowsWasm(out, in, s unsafe.Pointer, count, stride int32)

func at[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }

func gemmSubSIMD(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	gemmSubWasm(at(c), at(a), at(b), int32(m), int32(n), int32(k), int32(ldc), int32(lda), int32(ldb))
}

func addGramSIMD(c, x, y []float64, from, to, k, stride int) {
	addGramWasm(at(c), at(x), at(y), int32(from), int32(to), int32(k), int32(stride))
}

func productsSIMD(out, a, b []float64, i, j []int32, lanes, stride int) {
	productsWasm(at(out), at(a), at(b), at(i), at(j), int32(len(i)), int32(lanes), int32(stride))
}

func pairDotsSIMD(out, a, b []float64, i, j []int32, stride int) {
	pairDotsWasm(at(out), at(a), at(b), at(i), at(j), int32(len(i)), int32(stride))
}

func scaleRowsSIMD(out, in, s []float64, stride int) {
	scaleRowsWasm(at(out), at(in), at(s), int32(len(s)), int32(stride))
}
