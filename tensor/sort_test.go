package tensor

import (
	"slices"
	"testing"
)

func TestSortByIndex(t *testing.T) {
	cells, starts := SortByIndex([]int32{2, 0, 2, 1, 0}, 4)
	if !slices.Equal(cells, []int32{1, 4, 3, 0, 2}) || !slices.Equal(starts, []int{0, 2, 3, 5, 5}) {
		t.Errorf("cells %v, starts %v", cells, starts)
	}
}
