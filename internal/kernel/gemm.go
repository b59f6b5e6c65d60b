package kernel

import "math"

// GemmSub subtracts a product of row-major matrices: C −= A B, with C m×n, A m×k, B k×n and rows ldc, lda, ldb apart.
// Every entry is c = fma(−a[p], b[p], c), p ascending. C must not overlap A or B.
func GemmSub(c, a, b []float64, m, n, k, ldc, lda, ldb int) {
	for i := range m {
		row := c[i*ldc:][:n]
		for p := range k {
			s := -a[i*lda+p]
			for j, value := range b[p*ldb:][:n] {
				row[j] = math.FMA(s, value, row[j])
			}
		}
	}
}
