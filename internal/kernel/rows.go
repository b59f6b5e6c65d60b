package kernel

// The row kernels work on panels: matrices of rows×lanes numbers, a row being a few lane groups side by side.
// Runs of consecutive items belong to one row u: start[u] ≤ k < start[u+1]. The items of all runs are stored one
// after another in at, from at[0] on: start is relative to start[0].

// MaxGroups is the largest number of lane groups in a panel row of float32, maxGroups64 of float64: 256 bytes both.
const (
	MaxGroups   = 8
	maxGroups64 = 4
)

// MaxLanes is the width of the widest panel row of numbers of type T.
func MaxLanes[T Float]() int {
	if wide[T]() {
		return maxGroups64 * Lanes
	}
	return MaxGroups * Lanes
}

// SumLanes is the width of the widest row whose weighted sums this machine keeps in registers, for RowSums and
// TreeSums. Results do not depend on it.
func SumLanes[T Float]() int {
	if wide[T]() {
		return sumGroups() * Lanes
	}
	return sumGroupsF32() * Lanes
}

func items(start []int32) int { return int(start[len(start)-1] - start[0]) }

func checkLanes[T Float](lanes int) {
	if lanes%Lanes != 0 || lanes <= 0 || lanes > MaxLanes[T]() {
		panic("kernel: a panel row has 1 to 4 lane groups of float64, or 1 to 8 of float32")
	}
}

func checkRuns(start, at []int32) int {
	if len(start) == 0 || len(at) < items(start) {
		panic(shapePanic)
	}
	return len(start) - 1
}

// Expand multiplies every row u of parent into the rows of v that its items name: out[k] = parent[u] ∘ v[at[k]].
// Rows of parent and out are lanes apart, rows of v are stride apart. The values of at are not checked.
func Expand[T Float](out, parent, v []T, start, at []int32, lanes, stride int) {
	checkLanes[T](lanes)
	rows := checkRuns(start, at)
	check(parent, rows*lanes)
	check(out, items(start)*lanes)
	if items(start) > 0 {
		if wide[T]() {
			expand(as64(out), as64(parent), as64(v), start, at, lanes, stride)
		} else {
			expandF32(as32(out), as32(parent), as32(v), start, at, lanes, stride)
		}
	}
}

// Fold is the derivative of Expand: g holds ∂L/∂out[k], and for k ascending
//
//	gParent[u] = Σ_k g[k] ∘ v[at[k]]   (fused, from 0)
//	gV[at[k]]  = fma(g[k], parent[u], gV[at[k]]) .
//
// Rows of gParent, g and parent are lanes apart, rows of v and gV are stride apart. The values of at are not checked.
func Fold[T Float](gParent, gV, g, parent, v []T, start, at []int32, lanes, stride int) {
	checkLanes[T](lanes)
	rows := checkRuns(start, at)
	check(parent, rows*lanes)
	check(gParent, rows*lanes)
	check(g, items(start)*lanes)
	if rows > 0 {
		if wide[T]() {
			fold(as64(gParent), as64(gV), as64(g), as64(parent), as64(v), start, at, lanes, stride)
		} else {
			foldF32(as32(gParent), as32(gV), as32(g), as32(parent), as32(v), start, at, lanes, stride)
		}
	}
}

// RowDots sets out[k] = ⟨p[u], q[at[k]]⟩ for the items k of every row u: each of the 8 lanes is the product of the
// first group, then one fused multiply–add a group, and the lanes are added as ((l0+l1)+(l2+l3))+((l4+l5)+(l6+l7)).
// Rows of p and q are lanes apart. It works by fours: behind the last item out has 3 numbers to spare, and at 3 more
// rows of q. The values of at are not checked.
func RowDots[T Float](out, p, q []T, start, at []int32, lanes int) {
	checkLanes[T](lanes)
	rows := checkRuns(start, at)
	check(p, rows*lanes)
	check(out, items(start)+3)
	if len(at) < items(start)+3 {
		panic(shapePanic)
	}
	if items(start) > 0 {
		if wide[T]() {
			rowDots(as64(out), as64(p), as64(q), start, at, lanes)
		} else {
			rowDotsF32(as32(out), as32(p), as32(q), start, at, lanes)
		}
	}
}

// RowSums sets g[u] = Σ_k s[k] q[at[k]] over the items of every row u: the 1st, 3rd, 5th … item and the 2nd, 4th, 6th
// … are summed apart, one fused multiply–add each from 0, and then added. Rows of g and q are lanes apart. The values
// of at are not checked.
func RowSums[T Float](g, q, s []T, start, at []int32, lanes int) {
	checkLanes[T](lanes)
	rows := checkRuns(start, at)
	check(g, rows*lanes)
	check(s, items(start))
	if rows > 0 {
		if wide[T]() {
			rowSums(as64(g), as64(q), as64(s), start, at, lanes)
		} else {
			rowSumsF32(as32(g), as32(q), as32(s), start, at, lanes)
		}
	}
}

// TreeDots is Expand followed by RowDots, without storing the rows: row k is p[k] = parent[u] ∘ v[leaf[k]] for the
// items k of u in tree, and out[c] = ⟨p[k], q[at[c]]⟩ for the items c of k in start.
func TreeDots[T Float](out, parent, v []T, tree, leaf []int32, q []T, start, at []int32, lanes, stride int) {
	checkLanes[T](lanes)
	parents := checkRuns(tree, leaf)
	check(parent, parents*lanes)
	checkTree(tree, start)
	check(out, items(start)+3)
	if len(at) < items(start)+3 {
		panic(shapePanic)
	}
	if parents > 0 {
		if wide[T]() {
			treeDots(as64(out), as64(parent), as64(v), tree, leaf, as64(q), start, at, lanes, stride)
		} else {
			treeDotsF32(as32(out), as32(parent), as32(v), tree, leaf, as32(q), start, at, lanes, stride)
		}
	}
}

// TreeSums is RowSums followed by Fold, without storing the sums: g[k] = Σ_c s[c] q[at[c]] over the items c of k in
// start, and then gParent and gV from g as Fold has them, over the items k of u in tree.
func TreeSums[T Float](gParent, gV, parent, v []T, tree, leaf []int32, q, s []T, start, at []int32, lanes, stride int) {
	checkLanes[T](lanes)
	parents := checkRuns(tree, leaf)
	check(parent, parents*lanes)
	check(gParent, parents*lanes)
	checkTree(tree, start)
	checkRuns(start, at)
	check(s, items(start))
	if parents > 0 {
		if wide[T]() {
			treeSums(as64(gParent), as64(gV), as64(parent), as64(v), tree, leaf, as64(q), as64(s), start, at, lanes, stride)
		} else {
			treeSumsF32(as32(gParent), as32(gV), as32(parent), as32(v), tree, leaf, as32(q), as32(s), start, at, lanes, stride)
		}
	}
}

func checkTree(tree, start []int32) {
	if len(start) != items(tree)+1 {
		panic("kernel: the leaves of a tree are not the rows of its run table")
	}
}

// SumRows sets out[k] = Σ_i m[i*stride+k] for k in [0, n), i ascending from the first of rows ≥ 1 rows.
func SumRows[T Float](out, m []T, rows, n, stride int) {
	check(out, n)
	check(m, (rows-1)*stride+n)
	if tail := n % Lanes; 0 < tail && tail < n { // the reference's, which is slow
		n -= tail
		SumRows(out[n:], m[n:], rows, tail, stride)
	}
	if wide[T]() {
		sumRows(as64(out), as64(m), rows, n, stride)
	} else {
		sumRowsF32(as32(out), as32(m), rows, n, stride)
	}
}
