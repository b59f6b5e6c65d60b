package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/rng"
)

// scarcity tells which labels of a mode have few known cells, and which have many.
type scarcity struct {
	few, many []int32
	most      float64 // known cells of a label that are few; 0: no label has few
}

// in are the labels with few of these numbers of known cells; nil where none has.
func (s scarcity) in(counts []int32) (labels []bool) {
	if s.most == 0 {
		return nil
	}
	labels = make([]bool, len(counts))
	for i, count := range counts {
		labels[i] = count > 0 && float64(count) <= s.most
	}
	return labels
}

// scarcity looks for labels with few known cells where most known cells have labels with many, so that hardly any known cell that
// is hidden tells how well those are filled. There are none where they hold a good part of the known cells, which then tell.
func (s *shape) scarcity(n int) (out scarcity) {
	const (
		scarce = 1.0 / 8 // of the typical number
		ample  = 1.0 / 2
		some   = 4    // one of so many is few
		least  = 3    // labels with many
		told   = 0.05 // of the known cells, and beyond that they tell
		enough = 8    // cells that tell
		asked  = 0.01 // of the gaps
	)
	counts := s.labelCounts(n, nil)
	sorted := slices.Clone(counts)
	slices.SortFunc(sorted, func(a, b int32) int { return cmp.Compare(b, a) })
	typical, sum := 0.0, 0
	for _, count := range sorted { // that of the label of half of the known cells
		if sum += int(count); 2*sum >= s.cells.Len() {
			typical = float64(count)
			break
		}
	}
	out.most = float64(scarce * typical)
	if out.most < 1 && typical >= some {
		out.most = 1
	}
	for i, count := range counts {
		switch {
		case count > 0 && float64(count) <= out.most:
			out.few = append(out.few, int32(i))
		case float64(count) >= float64(ample*typical):
			out.many = append(out.many, int32(i))
		}
	}
	wanted, known := 0, 0
	for _, count := range counts { // without the one that is hidden
		if count > 1 && float64(count-1) <= out.most {
			known += int(count)
		}
	}
	for _, gap := range s.gaps {
		if count := counts[gap[n]]; count > 0 && float64(count) <= out.most {
			wanted++
		}
	}
	if len(out.few) == 0 || len(out.many) < least || float64(known) > math.Max(enough, float64(told*float64(s.cells.Len()))) ||
		float64(wanted) < float64(asked*float64(len(s.gaps))) {
		return scarcity{}
	}
	return out
}

// thin hides in some parts most cells of labels with many known ones, so that as much is left of each as is known of a label
// with few, in the same places where it can be: what is hidden then tells of labels with few.
func (f *folds) thin(s *shape, seed uint64, parts ...int) {
	const share = 5 // one in so many of the labels with many is thinned in a part
	for n := range s.sizes {
		scarce := s.scarcity(n)
		if scarce.most == 0 {
			continue
		}
		stream := rng.New(seed, "thin")
		stream.Shuffle(len(scarce.many), func(i, j int) { scarce.many[i], scarce.many[j] = scarce.many[j], scarce.many[i] })
		stream.Shuffle(len(scarce.few), func(i, j int) { scarce.few[i], scarce.few[j] = scarce.few[j], scarce.few[i] })
		next := 0
		for _, part := range parts {
			hidden := map[int32]bool{}
			for _, c := range f.beside[part] {
				hidden[c] = true
			}
			for range max(1, len(scarce.many)/share) {
				f.thinLabel(s, part, n, scarce.many[next%len(scarce.many)], scarce.few[next%len(scarce.few)], hidden, stream)
				next++
			}
		}
	}
}

// thinLabel leaves a label as many cells as another has.
func (f *folds) thinLabel(s *shape, part, n int, to, from int32, hidden map[int32]bool, stream *rng.Stream) {
	const (
		most = 300 // cells that are held out
		few  = 20  // cells of a label of which a part would hold out one or two by chance: it holds out those that others would
	)
	at := slices.IndexFunc(s.known.subsets, func(sub subset) bool { return sub.mask == 1<<n })
	cell := make([]int32, len(s.sizes))
	cell[n] = from
	pattern := len(s.withTuple(at, cell))
	cell[n] = to
	cells := slices.Clone(s.withTuple(at, cell))
	stream.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
	// Those come first of which the other label knows the place.
	there := func(c int32) int {
		for m := range s.sizes {
			cell[m] = s.cells.Index[m][c]
		}
		cell[n] = from
		if _, known := find(s.cells, cell); known {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(cells, func(a, b int32) int { return there(a) - there(b) })
	piece, left, held := f.newPiece(), 0, 0
	for _, c := range cells {
		switch {
		case int(f.part[c]) == part:
			f.piece[c] = piece
		case hidden[c]:
		case left < pattern:
			left++
		case f.part[c] == none && held < most, len(cells) <= few && f.scattered && !f.made(c):
			f.part[c], f.piece[c] = uint8(part), piece
			held++
		default:
			f.beside[part] = append(f.beside[part], c)
			hidden[c] = true
		}
	}
}
