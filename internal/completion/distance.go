package completion

import (
	"math"
	"math/bits"
	"slices"
	"sort"

	"lacuna/tensor"
)

// DistanceError is the error of the cells whose nearest known cell is so many steps away. The distance of a cell is the
// smallest along any of its fibres in an ordered mode, where the next label is one step away. Where no mode has an order
// there is nothing between near and far: a cell with a known cell in a fibre is one step from it.
//
// The classes are 1, 2, 3 to 4, 5 to 8, …; From and To are 0 in the last one, whose cells have nothing known in those
// fibres.
type DistanceError struct {
	From, To int // steps, both included

	Filled      int     // cells to be filled, at most a few thousand of which are looked at
	FilledRMSE  float64 // to be expected over them, in the data's units; NaN without any
	FilledNRMSE float64 // over the deviation of the known values, of each label's own where labels have units of their own

	HeldOut      int     // cells; what was hidden together with one does not count as known
	HeldOutRMSE  float64 // in the data's units; NaN without any
	HeldOutNRMSE float64 // over the same deviation as FilledNRMSE
	Uncertainty  float64 // relative standard error of HeldOutNRMSE, from how its pieces differ; NaN of a single one
}

// fibres are the known cells of some fibres along a mode.
type fibres struct {
	cells   *tensor.Observed
	mode    int
	ordered bool
	along   map[uint64][]int32 // known cells by fibre, in the order of the mode
}

// newFibres finds the fibres along a mode through cells.
func newFibres(o *tensor.Observed, mode int, through [][]int32) fibres {
	f := fibres{cells: o, mode: mode, ordered: len(o.Modes[mode].Coordinates) > 0, along: map[uint64][]int32{}}
	for _, cell := range through {
		f.along[f.key(func(n int) int32 { return cell[n] })] = nil
	}
	for c := range o.Values {
		key := f.key(func(n int) int32 { return o.Index[n][c] })
		if list, asked := f.along[key]; asked {
			f.along[key] = append(list, int32(c))
		}
	}
	return f
}

// key numbers the fibre of the cell with these indices.
func (f fibres) key(index func(n int) int32) (key uint64) {
	for n, mode := range f.cells.Modes {
		if n != f.mode {
			key = key*uint64(len(mode.Labels)) + uint64(index(n))
		}
	}
	return key
}

// distance is how many steps a cell is from the nearest known one that is not hidden; 0 where the fibre has none.
func (f fibres) distance(cell []int32, hidden []bool) (steps int) {
	list, own := f.along[f.key(func(n int) int32 { return cell[n] })], cell[f.mode]
	index := func(k int) int32 { return f.cells.Index[f.mode][list[k]] }
	start := sort.Search(len(list), func(k int) bool { return index(k) >= own })
	consider := func(k int) bool {
		if hidden != nil && hidden[list[k]] || index(k) == own {
			return false
		}
		far := max(int(index(k)-own), int(own-index(k)))
		if !f.ordered {
			far = 1
		}
		if steps == 0 || far < steps {
			steps = far
		}
		return true
	}
	for k := start; k < len(list) && !consider(k); k++ {
	}
	for k := start - 1; k >= 0 && !consider(k); k-- {
	}
	return steps
}

// nearest is the smallest distance along any of the modes, 0 where nothing is known along them.
func nearest(along []fibres, cell []int32, hidden []bool) (steps int) {
	for _, f := range along {
		if far := f.distance(cell, hidden); far > 0 && (steps == 0 || far < steps) {
			steps = far
		}
	}
	return steps
}

// distanceClass is the position of a distance among 1, 2, 3 to 4, 5 to 8, …; 0 for none.
func distanceClass(steps int) int {
	if steps == 0 {
		return 0
	}
	return 1 + bits.Len(uint(steps-1))
}

// measuredModes are the ordered modes, or all where none is.
func measuredModes(o *tensor.Observed) (modes []int) {
	var all []int
	for n, mode := range o.Modes {
		all = append(all, n)
		if len(mode.Coordinates) > 0 {
			modes = append(modes, n)
		}
	}
	if modes == nil {
		return all
	}
	return modes
}

// judgeDistances says what error is to be expected, by the standard errors of the cells to be filled, and was found on
// held-out cells, by distance to the nearest known cell.
func (j *job) judgeDistances(c *Completion, f folds, stderrs []float64) {
	through := slices.Clone(j.gaps)
	for _, h := range c.HeldOut {
		through = append(through, h.Cell)
	}
	var along []fibres
	for _, n := range measuredModes(j.observed) {
		along = append(along, newFibres(j.observed, n, through))
	}
	var classes []distanceSums
	at := func(steps int) *distanceSums {
		class := distanceClass(steps)
		for len(classes) <= class {
			classes = append(classes, distanceSums{})
		}
		return &classes[class]
	}
	for g, gap := range j.gaps {
		at(nearest(along, gap, nil)).filled.add(stderrs[g], c.unit.ScaleAt(gap), 0)
	}
	hidden := map[int][]bool{}
	for _, h := range c.HeldOut {
		if hidden[h.part] == nil {
			hidden[h.part] = make([]bool, j.observed.Len())
			for _, c := range f.hiddenBy(h.part) {
				hidden[h.part][c] = true
			}
		}
		at(nearest(along, h.Cell, hidden[h.part])).held.add(h.Value-h.Predicted, c.unit.ScaleAt(h.Cell), h.piece)
	}
	for class := 1; class <= len(classes); class++ {
		if s := classes[class%len(classes)]; s.filled.count+s.held.count > 0 {
			c.ByDistance = append(c.ByDistance, s.error(class%len(classes)))
		}
	}
}

// distanceSums is what is known of the cells of one class.
type distanceSums struct{ filled, held errorSums }

func (s distanceSums) error(class int) DistanceError {
	d := DistanceError{Filled: s.filled.count, HeldOut: s.held.count, Uncertainty: uncertainty(s.held.pieces.pieces)}
	if class > 0 {
		d.From, d.To = 1<<class/4+1, 1<<class/2
	}
	d.FilledRMSE, d.FilledNRMSE = s.filled.roots()
	d.HeldOutRMSE, d.HeldOutNRMSE = s.held.roots()
	return d
}

// errorSums adds up squares of errors, in the data's units and over a deviation.
type errorSums struct {
	count         int
	raw, relative float64
	pieces        pieceSums // relative
}

func (s *errorSums) add(e, scale float64, piece int32) {
	s.count++
	s.raw += float64(e * e)
	s.relative += float64(e / scale * (e / scale))
	s.pieces.add(e/scale, piece)
}

// roots are the root mean squares; NaN without cells.
func (s *errorSums) roots() (rmse, nrmse float64) {
	count := float64(s.count)
	return math.Sqrt(s.raw / count), math.Sqrt(s.relative / count)
}
