package kernel

// The cell kernels work on cells of three modes, the rows of l, b and c, in runs that share their row of l: run u has
// the cells start[u] ≤ x < start[u+1] and the row row[u] of l. A cell is its rows of b and c, packed by Cell; start is
// relative to start[0], and cells begins with the first of them. Rows of l are outer apart, those of b and c stride.

// Cell packs a row of b and a row of c, each below 65536.
func Cell(j, k int) uint32 { return uint32(j) | uint32(k)<<16 }

func checkCells[T Float](start, row []int32, cells []uint32, values []T, lanes int) {
	checkLanes[T](lanes)
	if len(start) != len(row)+1 || len(cells) < items(start) {
		panic(shapePanic)
	}
	check(values, items(start))
}

// CellDots sets out[x] = Σ_r l[row[u]] b[j] c[k]: each of the 8 lanes is (l∘b)∘c of the first group, then one fused
// multiply–add (l∘b)∘c a group, and the lanes are added as by RowDots. No run may be empty. Rows are not checked.
func CellDots[T Float](out, l, b, c []T, start, row []int32, cells []uint32, lanes, outer, stride int) {
	checkCells(start, row, cells, out, lanes)
	if len(row) > 0 {
		if wide[T]() {
			cellDots(as64(out), as64(l), as64(b), as64(c), start, row, cells, lanes, outer, stride)
		} else {
			cellDotsF32(as32(out), as32(l), as32(b), as32(c), start, row, cells, lanes, outer, stride)
		}
	}
}

// CellSums adds the gradients of Σ_x s[x] Σ_r l[row[u]] b[j] c[k] by l, b and c to gL, gB and gC, cell after cell: with
// t = s∘l, gB[j] = fma(t, c[k], gB[j]) and gC[k] = fma(t, b[j], gC[k]); (s∘b[j])∘c[k] is summed over a run, fused, from
// 0, and then added to gL[row[u]]. No run may be empty. Rows are not checked.
func CellSums[T Float](gL, gB, gC, l, b, c, s []T, start, row []int32, cells []uint32, lanes, outer, stride int) {
	checkCells(start, row, cells, s, lanes)
	if len(row) > 0 {
		if wide[T]() {
			cellSums(as64(gL), as64(gB), as64(gC), as64(l), as64(b), as64(c), as64(s),
				start, row, cells, lanes, outer, stride)
		} else {
			cellSumsF32(as32(gL), as32(gB), as32(gC), as32(l), as32(b), as32(c), as32(s),
				start, row, cells, lanes, outer, stride)
		}
	}
}
