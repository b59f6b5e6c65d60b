package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/parallel"
	"lacuna/internal/rng"
	"lacuna/tensor"
)

// vicinity finds the known cells that are nearest to another along all ordered modes at once: where a table is sparse, as one
// of places given by longitude and latitude, cells that are near each other have no fibre in common. It is a k-d tree
// (Bentley 1975) for every tuple of labels of the modes without order.
type vicinity struct {
	cells  *tensor.Observed
	modes  []int       // ordered
	places [][]float64 // coordinates in steps
	rest   subset      // the other modes
	list   tuples      // trees, one after the other: a root is in the middle, its halves on either side
	split  []uint8     // [position in list]: the one of modes along which the halves lie apart
}

const (
	vicinityCells = 12      // known cells that are looked for
	vicinityMost  = 200_000 // known cells of a table in which they are looked for
	vicinityShare = 0.25    // of all cells that is known, above which those of the fibres are near enough
)

// hasVicinity reports whether cells are too sparse for fibres to hold the near ones.
func (j *job) hasVicinity() bool {
	all, known := 1.0, j.observed.Len()
	for _, mode := range j.observed.Modes {
		all *= float64(len(mode.Labels))
	}
	return len(j.orderedModes()) > 1 && known <= vicinityMost && float64(known) < vicinityShare*all
}

func newVicinity(cells *tensor.Observed, modes []int) *vicinity {
	v := &vicinity{cells: cells, modes: modes, split: make([]uint8, cells.Len())}
	var extent []float64
	for n, mode := range cells.Modes {
		if !slices.Contains(modes, n) {
			v.rest.modes = append(v.rest.modes, n)
			continue
		}
		places := inSteps(mode.Coordinates)
		v.places, extent = append(v.places, places), append(extent, slices.Max(places)-slices.Min(places))
	}
	v.list = newTuples(&v.rest, cells, cells.Shape())
	for begin := 0; begin < len(v.list); {
		_, end := v.list.span(cells, &v.rest, cells.Cell(int(v.list[begin])))
		v.plant(begin, end, extent)
		begin = end
	}
	return v
}

// place is that of a known cell along the k-th of the modes.
func (v *vicinity) place(k int, at int32) float64 { return v.places[k][v.cells.Index[v.modes[k]][at]] }

// plant makes a tree of part of the list, split along the mode of which it covers the most.
func (v *vicinity) plant(begin, end int, extent []float64) {
	if end-begin < 2 {
		return
	}
	list, along, most := v.list[begin:end], 0, 0.0
	for k := range v.modes {
		low, high := math.Inf(1), math.Inf(-1)
		for _, at := range list {
			low, high = math.Min(low, v.place(k, at)), math.Max(high, v.place(k, at))
		}
		if share := (high - low) / extent[k]; share > most {
			along, most = k, share
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(v.place(along, a), v.place(along, b)), cmp.Compare(a, b))
	})
	middle := begin + len(list)/2
	v.split[middle] = uint8(along)
	v.plant(begin, middle, extent)
	v.plant(middle+1, end, extent)
}

// neighbourSearch is for the known cells nearest to another. What is found is kept by growing distance.
type neighbourSearch struct {
	from     []float64 // place
	per      []float64 // distance of a step along every mode
	found    []int32
	distance []float64
}

// of adds what is around a cell, a distance of one being so many steps along every mode.
func (v *vicinity) of(w *workspace, cell []int32, scale []float64) {
	s := &w.search
	s.from, s.per, s.found, s.distance = s.from[:0], s.per[:0], s.found[:0], s.distance[:0]
	for k, n := range v.modes {
		s.from, s.per = append(s.from, v.places[k][cell[n]]), append(s.per, 1/scale[n])
	}
	begin, end := v.list.span(v.cells, &v.rest, cell)
	v.visit(s, cell, begin, end)
	order := len(cell)
	w.apart = slices.Grow(w.apart[:0], order*len(s.found))[:order*len(s.found)]
	clear(w.apart)
	for i, at := range s.found {
		apart := w.apart[i*order : (i+1)*order : (i+1)*order]
		for k, n := range v.modes {
			apart[n] = v.place(k, at) - s.from[k]
		}
		w.around = append(w.around, adjacent{at: at, apart: apart})
	}
}

// visit searches a tree, the half that the cell lies in first, and the other unless all of it is farther than what is found.
func (v *vicinity) visit(s *neighbourSearch, cell []int32, begin, end int) {
	if begin == end {
		return
	}
	middle := begin + (end-begin)/2
	v.meet(s, cell, v.list[middle])
	if end-begin == 1 {
		return
	}
	k := int(v.split[middle])
	beyond := s.from[k] - v.place(k, v.list[middle])
	near, far := [2]int{begin, middle}, [2]int{middle + 1, end}
	if beyond > 0 {
		near, far = far, near
	}
	v.visit(s, cell, near[0], near[1])
	if last := len(s.found) - 1; last < vicinityCells-1 || math.Abs(beyond)*s.per[k] <= s.distance[last] {
		v.visit(s, cell, far[0], far[1])
	}
}

// meet takes a known cell, unless it is the one whose neighbours are looked for or as many are nearer.
func (v *vicinity) meet(s *neighbourSearch, cell []int32, at int32) {
	var distance float64
	own := true
	for k, n := range v.modes {
		own = own && v.cells.Index[n][at] == cell[n]
		distance += float64(math.Abs(v.place(k, at)-s.from[k]) * s.per[k])
	}
	if own {
		return
	}
	i := len(s.found)
	for i > 0 && (s.distance[i-1] > distance || s.distance[i-1] == distance && s.found[i-1] > at) {
		i--
	}
	if i == vicinityCells {
		return
	}
	if len(s.found) == vicinityCells {
		s.found, s.distance = s.found[:vicinityCells-1], s.distance[:vicinityCells-1]
	}
	s.found, s.distance = slices.Insert(s.found, i, at), slices.Insert(s.distance, i, distance)
}

// scales finds for every mode of the vicinity the steps along it that are as far as those along the others: the reaches with which
// some of the known residuals are kriged best from those around them.
func (v *vicinity) scales(residual []float64, seed uint64, threads int) []float64 {
	const probes, passes, share, middle = 600, 2, 0.8, 6.0
	reaches := []float64{0.7, 1.5, 3, middle, 12, 25, 50, 100, 200}
	some := rng.New(seed, "vicinity").Perm(len(residual))
	some = some[:min(len(some), probes)]
	p := process{Reach: make([]float64, v.cells.Order()), Share: share, Trust: []float64{1}}
	for _, n := range v.modes {
		p.Reach[n] = middle
	}
	least := math.Inf(1)
	for range passes {
		for _, n := range v.modes {
			errors := make([]float64, len(reaches))
			parallel.For(threads, len(reaches), func(k int) {
				var w workspace
				tried := p
				tried.Reach = slices.Clone(p.Reach)
				tried.Reach[n] = reaches[k]
				near := newNearest(v, tried.Reach)
				for _, at := range some {
					near.of(&w, v.cells.Cell(at))
					apart := tried.correct(&w, 0, residual).add - residual[at]
					errors[k] += float64(apart * apart)
				}
			})
			if at := slices.Index(errors, slices.Min(errors)); errors[at] < least {
				least, p.Reach[n] = errors[at], reaches[at]
			}
		}
	}
	return p.Reach
}
