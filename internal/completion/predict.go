package completion

import "lacuna/internal/parallel"

// eachCell calls body for every cell of index, whose columns are coordinates. The cell belongs to the call.
func eachCell(index [][]int32, threads int, body func(c int, cell []int32)) {
	eachCellWith(index, threads, func(_ *struct{}, c int, cell []int32) { body(c, cell) })
}

// eachCellWith is eachCell with something that cells which are taken one after the other share, zero at first.
func eachCellWith[T any](index [][]int32, threads int, body func(shared *T, c int, cell []int32)) {
	const piece = 256
	count := len(index[0])
	parallel.For(threads, (count+piece-1)/piece, func(p int) {
		var shared T
		cell := make([]int32, len(index))
		for c := p * piece; c < min(count, (p+1)*piece); c++ {
			for n, column := range index {
				cell[n] = column[c]
			}
			body(&shared, c, cell)
		}
	})
}

// oneByOne is all of a predictor that gains nothing from batches.
func oneByOne(p predictor, index [][]int32, threads int) []prediction {
	out := make([]prediction, len(index[0]))
	eachCell(index, threads, func(c int, cell []int32) { out[c] = p.at(cell) })
	return out
}
