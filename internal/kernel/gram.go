package kernel

// AddGram adds Σ_k x_k y_kᵀ over the rows of x and y to the lower triangle of the n×n matrix C: for k ascending,
// C[i*stride+j] = fma(x[k*stride+i], y[k*stride+j], C[i*stride+j]), for j to the end of the lane group of i. stride is
// a multiple of 8 and at least n; C has n rows, x and y have k. With x_k = w_k y_k it is a weighted Gram matrix.
func AddGram(c, x, y []float64, n, k, stride int) {
	if stride%Lanes != 0 || n > stride {
		panic(shapePanic)
	}
	check(c, n*stride)
	check(x, k*stride)
	check(y, k*stride)
	if n > 0 && k > 0 {
		addGram(c, x, y, n, k, stride)
	}
}

// Products sets row k of out to a[i[k]] ∘ b[j[k]]. Rows of all three are stride apart and have stride numbers, which
// is a multiple of 8. i and j are of one length, and their values are not checked. out may be a where i[k] = k.
func Products(out, a, b []float64, i, j []int32, stride int) {
	if stride%Lanes != 0 || len(j) != len(i) {
		panic(shapePanic)
	}
	check(out, len(i)*stride)
	if len(i) == 0 {
		return
	}
	for begin := 0; begin < stride; begin += maxGroups64 * Lanes {
		lanes := min(maxGroups64*Lanes, stride-begin)
		products(out[begin:], a[begin:], b[begin:], i, j, lanes, stride)
	}
}

// ScaleRows sets row k of out to s[k] times row k of in, which may be out. Rows have stride numbers, a multiple of 8.
func ScaleRows(out, in, s []float64, stride int) {
	if stride%Lanes != 0 {
		panic(shapePanic)
	}
	check(out, len(s)*stride)
	check(in, len(s)*stride)
	if len(s) > 0 && stride > 0 {
		scaleRows(out, in, s, stride)
	}
}
