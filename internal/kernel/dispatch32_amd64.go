//go:build !noasm

package kernel

import "lacuna/internal/cpu"

// A reference that is inlined in another package has its instance compiled there, and its arguments escape to the heap: hence
// noinline.

//go:noinline
func matVec32(out, a, x []float32, rows, cols int) {
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		matVecGo(out, a, x, rows, cols)
	case cpu.AVX512:
		matVecF32AVX512(out, a, x, rows, cols)
	default:
		matVecF32AVX2(out, a, x, rows, cols)
	}
}

//go:noinline
func matTVec32(out, a, y []float32, rows, cols int) {
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		matTVecGo(out, a, y, rows, cols)
	case cpu.AVX512:
		matTVecF32AVX512(out, a, y, rows, cols)
	default:
		matTVecF32AVX2(out, a, y, rows, cols)
	}
}

//go:noinline
func dot32(out *[Lanes]float32, x, y []float32, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		dotGo(out, x, y, n)
	case cpu.AVX512:
		dotF32AVX512(out, x, y, n)
	default:
		dotF32AVX2(out, x, y, n)
	}
}

//go:noinline
func norms2x32(out *[Lanes]float64, x []float32, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		norms2Go(out, x, n)
	case cpu.AVX512:
		norms2F32AVX512(out, x, n)
	default:
		norms2F32AVX2(out, x, n)
	}
}

//go:noinline
func axpy32(y []float32, s *[Lanes]float32, x []float32, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		axpyGo(y, s, x, n)
	case cpu.AVX512:
		axpyF32AVX512(y, s, x, n)
	default:
		axpyF32AVX2(y, s, x, n)
	}
}

//go:noinline
func axpyNorm2x32(y []float32, norm2 *[Lanes]float64, s *[Lanes]float32, x []float32, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		axpyNorm2Go(y, norm2, s, x, n)
	case cpu.AVX512:
		axpyNorm2F32AVX512(y, norm2, s, x, n)
	default:
		axpyNorm2F32AVX2(y, norm2, s, x, n)
	}
}

//go:noinline
func negateDots32(y []float32, along, norm2 *[Lanes]float32, g, x []float32, n, stride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		negateDotsGo(y, along, norm2, g, x, n, stride)
	case cpu.AVX512:
		negateDotsF32AVX512(y, along, norm2, g, x, n, stride)
	default:
		negateDotsF32AVX2(y, along, norm2, g, x, n, stride)
	}
}

//go:noinline
func copyLanes32(out, in []float32, n, outStride, inStride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		copyLanesGo(out, in, n, outStride, inStride)
	case cpu.AVX512:
		copyLanesF32AVX512(out, in, n, outStride, inStride)
	default:
		copyLanesF32AVX2(out, in, n, outStride, inStride)
	}
}

//go:noinline
func negateLanes32(out, in []float32, n, outStride, inStride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		negateLanesGo(out, in, n, outStride, inStride)
	case cpu.AVX512:
		negateLanesF32AVX512(out, in, n, outStride, inStride)
	default:
		negateLanesF32AVX2(out, in, n, outStride, inStride)
	}
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
	if cpu.AVX512 {
		switch len(terms) {
		case 1:
			addOuters1F32AVX512(a, norm2, first, rows, cols)
		case 2:
			addOuters2F32AVX512(a, norm2, first, rows, cols)
		case 3:
			addOuters3F32AVX512(a, norm2, first, rows, cols)
		case 4:
			addOuters4F32AVX512(a, norm2, first, rows, cols)
		case 5:
			addOuters5F32AVX512(a, norm2, first, rows, cols)
		case 6:
			addOuters6F32AVX512(a, norm2, first, rows, cols)
		}
		return
	}
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
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		addOuterMatVecGo(a, norm2, out, c, y, x, z, rows, cols)
	case cpu.AVX512:
		addOuterMatVecF32AVX512(a, norm2, out, c, y, x, z, rows, cols, ahead)
	default:
		addOuterMatVecF32AVX2(a, norm2, out, c, y, x, z, rows, cols, ahead)
	}
}

//go:noinline
func outersNorm2x32(norm2 *[Lanes]float64, terms []Outer[float32], rows, cols int) {
	if rows == 0 || cols == 0 || len(terms) == 0 || len(terms) > maxTerms || !cpu.AVX2 {
		outersNorm2Go(norm2, terms, rows, cols)
		return
	}
	first := &terms[0].C
	if cpu.AVX512 {
		switch len(terms) {
		case 1:
			outersNorm2x1F32AVX512(norm2, first, rows, cols)
		case 2:
			outersNorm2x2F32AVX512(norm2, first, rows, cols)
		case 3:
			outersNorm2x3F32AVX512(norm2, first, rows, cols)
		case 4:
			outersNorm2x4F32AVX512(norm2, first, rows, cols)
		case 5:
			outersNorm2x5F32AVX512(norm2, first, rows, cols)
		case 6:
			outersNorm2x6F32AVX512(norm2, first, rows, cols)
		}
		return
	}
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
	if whole > 0 && cpu.AVX512 {
		sumRowsF32AVX512(out, m, rows, whole, stride)
	} else if whole > 0 {
		sumRowsF32AVX2(out, m, rows, whole, stride)
	}
	if whole < n {
		sumRowsGo(out[whole:], m[whole:], rows, n-whole, stride)
	}
}

// sumGroups32 is 6 for AVX2: as many sums of even and odd items as 16 registers hold.
func sumGroups32() int {
	if cpu.AVX2 && !cpu.AVX512 {
		return 6
	}
	return MaxGroups
}

//go:noinline
func multiplyAdds32(out *[Lanes]float32, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		multiplyAddsGo(out, n)
	case cpu.AVX512:
		multiplyAddsF32AVX512(out, n)
	default:
		multiplyAddsF32AVX2(out, n)
	}
}
