package kernel

// AddGram adds Σ_k x_k y_kᵀ over the rows of x and y to the lower triangle of the n×n matrix C: for k ascending,
// C[i*stride+j] = fma(x[k*stride+i], y[k*stride+j], C[i*stride+j]), for j to the end of the lane group of i. stride is
// a multiple of 8 and at least n; C has n rows, x and y have k. With x_k = w_k y_k it is a weighted Gram matrix.
func AddGram(c, x, y []float64, n, k, stride int) { AddGramRows(c, x, y, 0, n, k, stride) }

// AddGramRows is AddGram for the rows i of C with from ≤ i < to; from is a multiple of 8.
func AddGramRows(c, x, y []float64, from, to, k, stride int) {
	if stride%Lanes != 0 || from%Lanes != 0 || from < 0 || to > stride {
		panic(shapePanic)
	}
	check(c, to*stride)
	check(x, k*stride)
	check(y, k*stride)
	if from < to && k > 0 {
		addGram(c, x, y, from, to, k, stride)
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

// PairDots sets out[k] = ⟨a[i[k]], b[j[k]]⟩, summed as by RowDots. Rows are as those of Products.
func PairDots(out, a, b []float64, i, j []int32, stride int) {
	if stride%Lanes != 0 || stride == 0 || len(j) != len(i) {
		panic(shapePanic)
	}
	check(out, len(i))
	if len(i) > 0 {
		pairDots(out, a, b, i, j, stride)
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
