package completion

import (
	"slices"

	"lacuna/internal/rng"
	"lacuna/tensor"
)

// ahead are the labels of an ordered mode beyond the last that has a known cell, which a look ahead is to fill.
type ahead struct {
	mode, last, length int     // of the known labels the last one; how many follow
	share              float64 // of the gaps
}

// looksAhead finds the mode with the largest share of gaps beyond its last known label; a length of 0: none has a good part.
func (s *shape) looksAhead(modes []tensor.Mode) (most ahead) {
	const asked = 0.01 // of the gaps
	most.share = asked
	for n, mode := range modes {
		counts := s.labelCounts(n, nil)
		last := len(counts) - 1
		for last >= 0 && counts[last] == 0 {
			last--
		}
		if mode.Coordinates == nil || last == len(counts)-1 {
			continue
		}
		beyond := 0
		for _, gap := range s.gaps {
			if int(gap[n]) > last {
				beyond++
			}
		}
		if share := float64(beyond) / float64(len(s.gaps)); share > most.share {
			most = ahead{n, last, len(counts) - 1 - last, share}
		}
	}
	return most
}

// lookAhead hides in every part all cells from a label on, as the future is hidden, and holds some of the first of them out:
// as many labels as are asked for, or as there can be. Each cell is held out in one of the parts in which it is near enough.
func (f *folds) lookAhead(s *shape, a ahead, seed uint64, count int, parts ...int) {
	const (
		bounded = 6 // at most one in so many of the known labels is looked ahead to
		origins = 4
		most    = 6 // parts
	)
	length := min(a.length, max(1, (a.last+1)/bounded))
	stride := max(1, length/origins)
	from := map[int]int{}
	var some []int
	for k := range min(most, len(parts)) { // those from either end are used first
		part := parts[len(parts)-1-k/2]
		if k%2 == 1 {
			part = parts[k/2]
		}
		if from[part] = a.last + 1 - length - k%origins*stride; from[part] < 1 {
			from[part] = a.last + 1 - length
		}
		some = append(some, part)
	}
	column := s.cells.Index[a.mode]
	near := func(part, label int) bool { return label >= from[part] && label < from[part]+length }
	stream := rng.New(seed, "ahead")
	held := map[int]int{}
	type doubling struct{ part, class int } // of the distance: near and far labels err in ways of their own
	pieces := map[doubling]int32{}
	var can []int
	for _, k := range stream.Perm(s.cells.Len()) {
		can = can[:0]
		for _, part := range some {
			if near(part, int(column[k])) && held[part] < count {
				can = append(can, part)
			}
		}
		if len(can) > 0 {
			part := can[stream.IntN(len(can))]
			d := doubling{part, distanceClass(int(column[k]) - from[part] + 1)}
			if pieces[d] == 0 {
				pieces[d] = f.newPiece()
			}
			f.part[k], f.piece[k] = uint8(part), pieces[d]
			held[part]++
		}
	}
	for _, part := range some {
		for c, label := range column {
			if int(label) >= from[part] && int(f.part[c]) != part {
				f.beside[part] = append(f.beside[part], int32(c))
			}
		}
	}
}

// without is the shape of the other gaps; nil where there are none.
func (s *shape) without(a ahead) *shape {
	out := *s
	out.gaps, out.void = nil, nil
	for g, gap := range s.gaps {
		if int(gap[a.mode]) <= a.last {
			out.gaps, out.void = append(out.gaps, gap), append(out.void, s.void[g])
		}
	}
	if out.gaps == nil {
		return nil
	}
	out.gaps, out.void = slices.Clip(out.gaps), slices.Clip(out.void)
	return &out
}
