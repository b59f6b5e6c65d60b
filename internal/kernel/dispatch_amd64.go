//go:build !noasm

package kernel

import "lacuna/internal/cpu"

// The tier is chosen by plain branches: through function values the arguments would escape to the heap.

func matVec(out, a, x []float64, rows, cols int) {
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		matVecGo(out, a, x, rows, cols)
	case cpu.AVX512:
		matVecAVX512(out, a, x, rows, cols)
	default:
		matVecAVX2(out, a, x, rows, cols)
	}
}

func matTVec(out, a, y []float64, rows, cols int) {
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		matTVecGo(out, a, y, rows, cols)
	case cpu.AVX512:
		matTVecAVX512(out, a, y, rows, cols)
	default:
		matTVecAVX2(out, a, y, rows, cols)
	}
}

func dot(out *lane, x, y []float64, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		dotGo(out, x, y, n)
	case cpu.AVX512:
		dotAVX512(out, x, y, n)
	default:
		dotAVX2(out, x, y, n)
	}
}

func axpy(y []float64, s *lane, x []float64, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		axpyGo(y, s, x, n)
	case cpu.AVX512:
		axpyAVX512(y, s, x, n)
	default:
		axpyAVX2(y, s, x, n)
	}
}

func axpyNorm2(y []float64, norm2, s *lane, x []float64, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		axpyNorm2Go(y, norm2, s, x, n)
	case cpu.AVX512:
		axpyNorm2AVX512(y, norm2, s, x, n)
	default:
		axpyNorm2AVX2(y, norm2, s, x, n)
	}
}

func negateDots(y []float64, along, norm2 *lane, g, x []float64, n, stride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		negateDotsGo(y, along, norm2, g, x, n, stride)
	case cpu.AVX512:
		negateDotsAVX512(y, along, norm2, g, x, n, stride)
	default:
		negateDotsAVX2(y, along, norm2, g, x, n, stride)
	}
}

// maxTerms is how many rank-one terms the assembly adds in one pass.
const maxTerms = 6

func addOuters(a []float64, norm2 *lane, terms []Outer[float64], rows, cols int) {
	// Further terms take passes of their own; the norms of the last pass are those of the result.
	for len(terms) > maxTerms {
		addOuters(a, norm2, terms[:maxTerms], rows, cols)
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
			addOuters1AVX512(a, norm2, first, rows, cols)
		case 2:
			addOuters2AVX512(a, norm2, first, rows, cols)
		case 3:
			addOuters3AVX512(a, norm2, first, rows, cols)
		case 4:
			addOuters4AVX512(a, norm2, first, rows, cols)
		case 5:
			addOuters5AVX512(a, norm2, first, rows, cols)
		case 6:
			addOuters6AVX512(a, norm2, first, rows, cols)
		}
		return
	}
	switch len(terms) {
	case 1:
		addOuters1AVX2(a, norm2, first, rows, cols)
	case 2:
		addOuters2AVX2(a, norm2, first, rows, cols)
	case 3:
		addOuters3AVX2(a, norm2, first, rows, cols)
	case 4:
		addOuters4AVX2(a, norm2, first, rows, cols)
	case 5:
		addOuters5AVX2(a, norm2, first, rows, cols)
	case 6:
		addOuters6AVX2(a, norm2, first, rows, cols)
	}
}

func outersNorm2(norm2 *lane, terms []Outer[float64], rows, cols int) {
	if rows == 0 || cols == 0 || len(terms) == 0 || len(terms) > maxTerms || !cpu.AVX2 {
		outersNorm2Go(norm2, terms, rows, cols)
		return
	}
	first := &terms[0].C
	if cpu.AVX512 {
		switch len(terms) {
		case 1:
			outersNorm2x1AVX512(norm2, first, rows, cols)
		case 2:
			outersNorm2x2AVX512(norm2, first, rows, cols)
		case 3:
			outersNorm2x3AVX512(norm2, first, rows, cols)
		case 4:
			outersNorm2x4AVX512(norm2, first, rows, cols)
		case 5:
			outersNorm2x5AVX512(norm2, first, rows, cols)
		case 6:
			outersNorm2x6AVX512(norm2, first, rows, cols)
		}
		return
	}
	switch len(terms) {
	case 1:
		outersNorm2x1AVX2(norm2, first, rows, cols)
	case 2:
		outersNorm2x2AVX2(norm2, first, rows, cols)
	case 3:
		outersNorm2x3AVX2(norm2, first, rows, cols)
	case 4:
		outersNorm2x4AVX2(norm2, first, rows, cols)
	case 5:
		outersNorm2x5AVX2(norm2, first, rows, cols)
	case 6:
		outersNorm2x6AVX2(norm2, first, rows, cols)
	}
}

func addTile(c []float64, stride int, x, y *lane) {
	switch {
	case !cpu.AVX2:
		addTileGo(c, stride, x, y)
	case cpu.AVX512:
		addTileAVX512(c, stride, x, y)
	default:
		addTileAVX2(c, stride, x, y)
	}
}

func sumRows(out, m []float64, rows, n, stride int) {
	whole := n &^ (Lanes - 1)
	switch {
	case whole == 0 || !cpu.AVX2:
		whole = 0
	case cpu.AVX512:
		sumRowsAVX512(out, m, rows, whole, stride)
	default:
		sumRowsAVX2(out, m, rows, whole, stride)
	}
	if whole < n {
		sumRowsGo(out[whole:], m[whole:], rows, n-whole, stride)
	}
}

// sumGroups is 3 for AVX2: as many sums of even and odd items as 16 registers hold.
func sumGroups() int {
	if cpu.AVX2 && !cpu.AVX512 {
		return 3
	}
	return maxGroups64
}

// gemmSub covers C with micro-kernels of 8, 4 and 1 rows by 1 to 3 registers; columns that do not fill a register are done
// by the reference. Every entry of C is one sum of its own, so the cover does not change a bit.
func gemmSub(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	if !cpu.AVX2 {
		gemmSubGo(c, a, b, m, n, k, ldc, lda, ldb)
		return
	}
	width := 4
	if cpu.AVX512 {
		width = 8
	}
	whole := n - n%width
	for j := 0; j < whole; {
		registers := min(3, (whole-j)/width)
		for i := 0; i < m; {
			i += gemmTile(&c[i*ldc+j], &a[i*lda], &b[j], m-i, registers, k, ldc, lda, ldb)
		}
		j += registers * width
	}
	if whole < n {
		gemmSubGo(c[whole:], a, b[whole:], m, n-whole, k, ldc, lda, ldb)
	}
}

// gemmTile updates the first rows of C, as many as it returns.
func gemmTile(c, a, b *float64, rows, registers, k, ldc, lda, ldb int) int {
	if cpu.AVX512 {
		switch {
		case rows >= 8 && registers == 3:
			gemmSub8x3AVX512(c, a, b, k, ldc, lda, ldb)
			return 8
		case rows >= 8 && registers == 2:
			gemmSub8x2AVX512(c, a, b, k, ldc, lda, ldb)
			return 8
		case rows >= 8:
			gemmSub8x1AVX512(c, a, b, k, ldc, lda, ldb)
			return 8
		case rows >= 4 && registers == 3:
			gemmSub4x3AVX512(c, a, b, k, ldc, lda, ldb)
			return 4
		case rows >= 4 && registers == 2:
			gemmSub4x2AVX512(c, a, b, k, ldc, lda, ldb)
			return 4
		case rows >= 4:
			gemmSub4x1AVX512(c, a, b, k, ldc, lda, ldb)
			return 4
		case registers == 3:
			gemmSub1x3AVX512(c, a, b, k, ldc, lda, ldb)
		case registers == 2:
			gemmSub1x2AVX512(c, a, b, k, ldc, lda, ldb)
		default:
			gemmSub1x1AVX512(c, a, b, k, ldc, lda, ldb)
		}
		return 1
	}
	switch {
	case rows >= 4 && registers == 3:
		gemmSub4x3AVX2(c, a, b, k, ldc, lda, ldb)
		return 4
	case rows >= 4 && registers == 2:
		gemmSub4x2AVX2(c, a, b, k, ldc, lda, ldb)
		return 4
	case rows >= 4:
		gemmSub4x1AVX2(c, a, b, k, ldc, lda, ldb)
		return 4
	case registers == 3:
		gemmSub1x3AVX2(c, a, b, k, ldc, lda, ldb)
	case registers == 2:
		gemmSub1x2AVX2(c, a, b, k, ldc, lda, ldb)
	default:
		gemmSub1x1AVX2(c, a, b, k, ldc, lda, ldb)
	}
	return 1
}

func multiplyAdds(out *lane, n int) {
	switch {
	case n == 0 || !cpu.AVX2:
		multiplyAddsGo(out, n)
	case cpu.AVX512:
		multiplyAddsAVX512(out, n)
	default: // a register is half a lane group
		multiplyAddsAVX2(out, 2*n)
	}
}

func copyLanes(out, in []float64, n, outStride, inStride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		copyLanesGo(out, in, n, outStride, inStride)
	case cpu.AVX512:
		copyLanesAVX512(out, in, n, outStride, inStride)
	default:
		copyLanesAVX2(out, in, n, outStride, inStride)
	}
}

func negateLanes(out, in []float64, n, outStride, inStride int) {
	switch {
	case n == 0 || !cpu.AVX2:
		negateLanesGo(out, in, n, outStride, inStride)
	case cpu.AVX512:
		negateLanesAVX512(out, in, n, outStride, inStride)
	default:
		negateLanesAVX2(out, in, n, outStride, inStride)
	}
}

func addOuterMatVec(a []float64, norm2 *lane, out []float64, c float64, y, x, z []float64, rows, cols, ahead int) {
	switch {
	case rows == 0 || cols == 0 || !cpu.AVX2:
		addOuterMatVecGo(a, norm2, out, c, y, x, z, rows, cols)
	case cpu.AVX512:
		addOuterMatVecAVX512(a, norm2, out, c, y, x, z, rows, cols, ahead)
	default:
		addOuterMatVecAVX2(a, norm2, out, c, y, x, z, rows, cols, ahead)
	}
}
