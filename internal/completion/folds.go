package completion

import (
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// folds are parts of the observed cells, each of about the same share, that are hidden in turn in the shapes of the
// gaps. A cell is held out by one part at most; what else a shape covers is hidden beside it.
type folds struct {
	cells     *tensor.Observed
	scattered bool // most cells are hidden one by one
	parts     int
	part      []uint8   // [c]: the part that holds the cell out, or none
	piece     []int32   // [c]: cells that were hidden together have one number; nil: each was hidden alone
	at        []int32   // cells that piece is of, ascending; nil: all
	beside    [][]int32 // [part]: cells hidden with it that another part holds out, or none
	pieces    int32     // that are no copies of gaps
}

// none is the part of a cell that is never held out.
const none = math.MaxUint8

// newFolds hides cells in between 1 and 100 parts, each of the share asked for, or of one piece where that is larger.
func newFolds(s *shape, share float64, seed uint64) folds {
	f := emptyFolds(s.cells, share)
	if s.shaped() > 0 {
		f.dealShaped(s, seed, s.cells.Len()/f.parts, f.numbers()...)
		f.dropEmpty()
	} else {
		f.parts = 0
	}
	if f.parts == 0 {
		f = scatteredFolds(s.cells, share, seed)
	}
	f.thin(s, seed, f.numbers()...)
	f.dropEmpty()
	return f
}

// newPiece is the number of a piece that is no copy of a gap: those count down from the greatest.
func (f *folds) newPiece() int32 {
	f.pieces++
	return math.MaxInt32 - f.pieces
}

// made reports whether a cell is of such a piece.
func (f *folds) made(c int32) bool { return f.piece[c] >= math.MaxInt32-f.pieces }

// numbers are those of the parts.
func (f folds) numbers() (parts []int) {
	for part := range f.parts {
		parts = append(parts, part)
	}
	return parts
}

// dropEmpty leaves out the parts that hold no cell out: where each piece is large, the first parts may take them all, and
// of a small table one part may hold out what another did.
func (f *folds) dropEmpty() {
	number, next := slices.Repeat([]uint8{none}, f.parts), uint8(0)
	for part := range f.parts {
		if slices.Contains(f.part, uint8(part)) {
			number[part] = next
			f.beside[next] = f.beside[part]
			next++
		}
	}
	for c, part := range f.part {
		if part != none {
			f.part[c] = number[part]
		}
	}
	f.parts, f.beside = int(next), f.beside[:next]
}

// twoFolds hides the first and the last of these parts alone, in time that grows with the cells as they do.
func twoFolds(s *shape, share float64, seed uint64) folds {
	f := emptyFolds(s.cells, share)
	if s.shaped() > 0 {
		f.dealShaped(s, seed, min(heldOut, s.cells.Len()/f.parts), 0, f.parts-1)
		f.thin(s, seed, 0, f.parts-1)
		f.pack()
		return f
	}
	f.scattered, f.piece = true, nil
	stream := rng.New(seed, "folds")
	for c := range f.part {
		if part := stream.IntN(f.parts); part == 0 || part == f.parts-1 {
			f.part[c] = uint8(part)
		}
	}
	return f
}

// dealShaped hides some parts, of about count cells each, in the shapes of the gaps, or fewer where the shape bounds them.
func (f *folds) dealShaped(s *shape, seed uint64, count int, parts ...int) {
	f.scattered = s.scattered()
	if s.most > 0 {
		count = min(count, s.most/len(parts))
	}
	count = max(1, count)
	if a := s.looksAhead(s.cells.Modes); a.length > 0 {
		f.lookAhead(s, a, seed, max(1, int(a.share*float64(count))), parts...)
		if s = s.without(a); s == nil {
			return
		}
		count = max(1, int((1-a.share)*float64(count)))
	}
	d := dealer{shape: s, folds: f, stream: rng.New(seed, "folds"), seen: map[uint64]bool{}}
	if s.sampled {
		d.countMembers()
	}
	d.dealAll(count, parts)
}

// scatteredFolds deals all cells out at random.
func scatteredFolds(cells *tensor.Observed, share float64, seed uint64) folds {
	f := emptyFolds(cells, share)
	f.scattered = true
	for k, c := range rng.New(seed, "folds").Perm(cells.Len()) {
		f.part[c], f.piece[c] = uint8(k%f.parts), int32(k)
	}
	return f
}

func emptyFolds(cells *tensor.Observed, share float64) folds {
	parts := min(max(2, int(math.Round(1/share))), 100)
	return folds{
		cells: cells, parts: parts, part: slices.Repeat([]uint8{none}, cells.Len()), piece: make([]int32, cells.Len()),
		beside: make([][]int32, parts),
	}
}

// without returns the cells that a part leaves, and those that it holds out.
func (f folds) without(part int) (kept, held *tensor.Observed) {
	kept, hidden := f.hide(part)
	return kept, hidden[0]
}

// hide returns the cells that some parts leave together, and those that each holds out.
func (f folds) hide(parts ...int) (kept *tensor.Observed, held []*tensor.Observed) {
	for _, part := range parts {
		held = append(held, f.cells.Filter(func(c int) bool { return int(f.part[c]) == part }))
	}
	return f.cells.Filter(f.leave(parts)), held
}

// values are those of the cells that some parts leave together.
func (f folds) values(parts ...int) []float64 {
	left, count := f.leave(parts), 0
	for c := range f.part {
		if left(c) {
			count++
		}
	}
	values := make([]float64, 0, count)
	for c, v := range f.cells.Values {
		if left(c) {
			values = append(values, v)
		}
	}
	return values
}

// leave reports of a cell whether it is left by some parts together.
func (f folds) leave(parts []int) func(c int) bool {
	hidden := map[int]bool{}
	for _, part := range parts {
		for _, c := range f.beside[part] {
			hidden[int(c)] = true
		}
	}
	return func(c int) bool { return !slices.Contains(parts, int(f.part[c])) && (len(hidden) == 0 || !hidden[c]) }
}

// piecesOf lists the pieces of the cells with an exact value that a part holds out.
func (f folds) piecesOf(part int) (pieces []int32) {
	for c, p := range f.part {
		if int(p) == part && !f.cells.IsCensored(c) {
			pieces = append(pieces, f.pieceOf(c))
		}
	}
	return pieces
}

// countHeldOut is how many cells the first parts hold out.
func (f folds) countHeldOut(parts int) (count int) {
	for _, part := range f.part {
		if int(part) < parts {
			count++
		}
	}
	return count
}

func (f folds) pieceOf(c int) int32 {
	switch {
	case f.piece == nil:
		return int32(c)
	case f.at == nil:
		return f.piece[c]
	}
	if k, held := slices.BinarySearch(f.at, int32(c)); held {
		return f.piece[k]
	}
	return 0
}

// pack keeps the pieces of cells that are held out alone.
func (f *folds) pack() {
	var pieces []int32
	for c, part := range f.part {
		if part != none {
			f.at, pieces = append(f.at, int32(c)), append(pieces, f.piece[c])
		}
	}
	f.piece = pieces
}

// dealer hides the parts.
type dealer struct {
	*shape
	folds    *folds
	stream   *rng.Stream
	next     int             // gap
	seen     map[uint64]bool // tuples of gaps that have been carried over in this round
	members  map[int]float64 // of sampled gaps, [the first of those in its boxes]: how many these are
	long     float64         // share of the gaps that are more than a cell
	pieces   int32
	anywhere bool // pieces may lie where gaps are nothing like
}

// hand is what a part gets.
type hand struct {
	part   int
	hidden map[int32]bool
	idle   int         // pieces in turn that held nothing new out
	passed int         // that were not their turn
	turns  map[int]int // of kinds of gaps, where these are a sample
}

func newHand(part int) *hand {
	return &hand{part: part, hidden: map[int32]bool{}, turns: map[int]int{}}
}

// dealAll hides about count cells in each of some parts. Those at the end choose and those at the beginning measure, as many of
// either as there is time for: the places that are most like the gaps are dealt to both ends alike, and run out toward the middle.
func (d *dealer) dealAll(count int, parts []int) {
	for first, last := 0, len(parts)-1; first <= last; first, last = first+1, last-1 {
		hands := []*hand{newHand(parts[last])}
		if first < last {
			hands = append(hands, newHand(parts[first]))
		}
		d.deal(count, count, hands)
		d.deal(count, d.cells.Len(), empty(hands))
		if first == 0 {
			d.anywhere = true
			d.deal(count, d.cells.Len(), empty(hands))
			d.anywhere = false
		}
	}
}

// empty are those that got nothing.
func empty(hands []*hand) (none []*hand) {
	for _, h := range hands {
		if len(h.hidden) == 0 {
			none = append(none, h)
		}
	}
	return none
}

// deal hides about count cells in each hand, by turns, in pieces of at most so many: one that holds most of what the model could
// learn from tells little of the gaps.
func (d *dealer) deal(count, most int, hands []*hand) {
	const patience = 20
	for _, h := range hands {
		h.idle = 0
	}
	for more := true; more; {
		more = false
		for _, h := range hands {
			if len(h.hidden) < count && h.idle < patience {
				d.dealPiece(h, most)
				more = true
			}
		}
	}
}

// turns in a row that were not those of a large gap, after which one counts as idle.
const turns = 1000

// dealPiece hides a piece, in the shape of the next gap, if there is a place for it.
func (d *dealer) dealPiece(h *hand, most int) {
	h.idle++
	g, boxes := d.pick()
	covered := d.place(d.gaps[g], boxes, most)
	if covered == nil {
		return
	}
	measured := d.measured(h, g, covered)
	if measured == nil {
		if h.passed++; h.passed < turns {
			h.idle--
		}
		return
	}
	h.passed = 0
	d.pieces++
	for _, c := range covered {
		switch {
		case h.hidden[c]:
		case d.folds.part[c] == none && measured(c):
			d.folds.part[c], d.folds.piece[c] = uint8(h.part), d.pieces
			h.idle = 0
		default:
			d.folds.beside[h.part] = append(d.folds.beside[h.part], c)
		}
		h.hidden[c] = true
	}
}

// measured tells which of the cells that a gap covers elsewhere are held out: all, or some where the gaps are a sample of many,
// of which a large one is carried over whole but has few members. Then it has its turn as seldom as keeps cells of large and
// of small gaps in proportion, but for the first few of its kind; nil: it is not its turn. The fewer gaps are large, the fewer
// of its cells are held out, so that it has more turns.
func (d *dealer) measured(h *hand, g int, covered []int32) func(c int32) bool {
	const whole, least, first = 2, 100, 5 // cells a member, up to which nearly all are in the sample; cells of a turn; turns
	const alike = 0.95                    // share of large gaps, from which there are no small ones to keep in proportion
	members := d.members[g]
	if !d.sampled || d.long > alike || float64(len(covered)) <= whole*members {
		return func(int32) bool { return true }
	}
	count := min(len(covered), max(int(members), int(d.long*float64(len(covered))), least))
	kind := d.void[g][0]
	if h.turns[kind] >= first && d.stream.Float64()*float64(count) >= members {
		return nil
	}
	h.turns[kind]++
	some := map[int32]bool{}
	for _, k := range d.stream.Perm(len(covered))[:count] {
		some[covered[k]] = true
	}
	return func(c int32) bool { return some[c] }
}

// countMembers counts how many gaps lie in the boxes around each, for the first of those.
func (d *dealer) countMembers() {
	d.members = map[int]float64{}
	first, long := map[uint64]int{}, map[int]bool{}
	for g, gap := range d.gaps {
		own, met := g, true
		for _, at := range d.void[g] {
			f, seen := first[d.number(at, gap)]
			if met = met && seen; seen {
				own = f
			}
		}
		if !met {
			own = g
			keys := 0
			d.each(g, func(key uint64) { first[key], keys = g, keys+1 })
			long[g] = keys > 1 || d.void[g][0] < d.whole()
		}
		d.members[own]++
		if long[own] {
			d.long += 1 / float64(len(d.gaps))
		}
	}
}

// each visits the keys of the tuples in the boxes around a gap, and returns these.
func (d *dealer) each(g int, visit func(key uint64)) (boxes []box) {
	gap := d.gaps[g]
	next := slices.Clone(gap)
	for _, at := range d.void[g] {
		b := d.boxAt(at, gap)
		for _, tuple := range b.tuples {
			for k, n := range b.modes {
				next[n] = gap[n] + tuple[k]
			}
			visit(d.number(at, next))
		}
		copy(next, gap)
		boxes = append(boxes, b)
	}
	return boxes
}

// pick returns the next gap whose surroundings have not been carried over in this round, and the boxes around it.
func (d *dealer) pick() (g int, boxes []box) {
	for range 2 * len(d.gaps) {
		g = d.next
		if d.next++; d.next == len(d.gaps) {
			d.next = 0
			clear(d.seen)
		}
		fresh := false
		for _, at := range d.void[g] {
			fresh = fresh || !d.seen[d.number(at, d.gaps[g])]
		}
		if fresh {
			return g, d.each(g, func(key uint64) { d.seen[key] = true })
		}
	}
	return g, nil
}

// place looks for a known cell that is not held out yet and that has, once the boxes of a gap are carried over to it, as
// much known around it as the gap has; it returns what they cover there, if that is not too many. Half of the places that
// are tried have the gap's own indices along the modes of its stretches. Where those that are held out already are far more like
// the gap, there is none: the places like it have run out.
func (d *dealer) place(gap []int32, boxes []box, most int) (covered []int32) {
	const tries, outside, worse = 16, 1, 0.5
	want := d.support(gap, nil)
	least, leastHeld := math.Inf(1), math.Inf(1)
	for try := range tries {
		cell := d.cells.Cell(d.stream.IntN(d.cells.Len()))
		if try%2 == 0 {
			for _, b := range boxes {
				for _, n := range b.modes {
					cell[n] = gap[n]
				}
			}
		}
		c, known := find(d.cells, cell)
		if !known {
			continue
		}
		hidden, whole := d.carry(boxes, cell)
		if len(hidden) > most {
			continue
		}
		distance := 0.0
		if !whole {
			distance = outside
		}
		for at, have := range d.support(cell, hidden) {
			distance += math.Abs(portable.Log((1 + want[at]) / (1 + have)))
		}
		switch {
		case d.folds.part[c] != none:
			leastHeld = math.Min(leastHeld, distance)
		case distance < least:
			least, covered = distance, hidden
		}
	}
	if least-leastHeld > worse && !d.anywhere {
		return nil
	}
	return covered
}
