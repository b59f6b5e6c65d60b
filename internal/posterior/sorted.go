package posterior

import "lacuna/tensor"

// Sorted is the cells of a table, once for every mode in the order of its indices, so that drawing a factor reads them
// one after another. Chains on the same cells share it; nothing changes it.
type Sorted struct{ modes []sortedMode }

// sortedMode is the cells by one mode: those from starts[i] to starts[i+1] have index i.
type sortedMode struct {
	starts []int
	cells  []int32   // positions in the table
	others [][]int32 // others[m] are their coordinates in mode m; nil for the mode itself
}

// Sort sorts the cells of a table of N modes, in one pass for every pair of modes. It takes 4N² bytes a cell, or 4N less
// where the cells are in the order of a mode already, as those of [tensor.NewObserved] are in that of the first.
func Sort(cells *tensor.Observed) *Sorted {
	s := &Sorted{}
	for n, d := range cells.Shape() {
		var m sortedMode
		m.cells, m.starts = tensor.SortByIndex(cells.Index[n], d)
		m.others = make([][]int32, len(cells.Index))
		for k, column := range cells.Index {
			if k != n {
				m.others[k] = arranged(column, m.cells)
			}
		}
		s.modes = append(s.modes, m)
	}
	return s
}

// arranged returns the entries of column at those positions: column itself if they are 0, 1, 2, ….
func arranged(column, positions []int32) []int32 {
	for k, c := range positions {
		if int(c) != k {
			out := make([]int32, len(positions))
			for k, c := range positions {
				out[k] = column[c]
			}
			return out
		}
	}
	return column
}
