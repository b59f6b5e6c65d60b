package posterior

import "math"

// cholesky replaces the lower triangle of the n×n row-major matrix a by L, a = L Lᵀ. It reports whether every
// pivot was positive.
func cholesky(a []float64, n int) bool {
	for j := range n {
		rowJ := a[j*n:][:j+1]
		pivot := rowJ[j]
		for _, x := range rowJ[:j] {
			pivot -= x * x
		}
		if !(pivot > 0) {
			return false
		}
		pivot = math.Sqrt(pivot)
		rowJ[j] = pivot
		inverse := 1 / pivot
		for i := j + 1; i < n; i++ {
			rowI := a[i*n:][:j+1]
			sum := rowI[j]
			for k, x := range rowJ[:j] {
				sum -= x * rowI[k]
			}
			rowI[j] = sum * inverse
		}
	}
	return true
}

// solveLower replaces x by L⁻¹ x.
func solveLower(l, x []float64, n int) {
	for i := range n {
		row := l[i*n:][:i+1]
		sum := x[i]
		for k, v := range row[:i] {
			sum -= v * x[k]
		}
		x[i] = sum / row[i]
	}
}

// solveUpper replaces x by L⁻ᵀ x.
func solveUpper(l, x []float64, n int) {
	for i := n - 1; i >= 0; i-- {
		v := x[i] / l[i*n+i]
		x[i] = v
		for k, w := range l[i*n:][:i] {
			x[k] -= w * v
		}
	}
}

// addOuters adds Σ_c w_c h_c h_cᵀ to the lower triangle of a (n×n) and Σ_c w_c y_c h_c to b. Row c of h has n entries.
func addOuters(a, b, h, weight, y []float64, n int) {
	c := 0
	for ; c+4 <= len(weight); c += 4 {
		h0, h1, h2, h3 := h[c*n:][:n], h[(c+1)*n:][:n], h[(c+2)*n:][:n], h[(c+3)*n:][:n]
		w0, w1, w2, w3 := weight[c], weight[c+1], weight[c+2], weight[c+3]
		y0, y1, y2, y3 := y[c], y[c+1], y[c+2], y[c+3]
		for i := range n {
			s0, s1, s2, s3 := w0*h0[i], w1*h1[i], w2*h2[i], w3*h3[i]
			b[i] += s0*y0 + s1*y1 + s2*y2 + s3*y3
			row := a[i*n:][:i+1]
			g0, g1, g2, g3 := h0[:len(row)], h1[:len(row)], h2[:len(row)], h3[:len(row)]
			for j := range row {
				row[j] += s0*g0[j] + s1*g1[j] + s2*g2[j] + s3*g3[j]
			}
		}
	}
	for ; c < len(weight); c++ {
		g := h[c*n:][:n]
		for i := range n {
			s := weight[c] * g[i]
			b[i] += s * y[c]
			row := a[i*n:][:i+1]
			for j := range row {
				row[j] += s * g[j]
			}
		}
	}
}
