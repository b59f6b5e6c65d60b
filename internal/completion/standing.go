package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

// standing is what is known of the labels of a cell, by which standard errors are calibrated apart: a label with thirty
// known cells, or with none, is filled with errors of other kinds than one with thousands.
type standing struct {
	class class
	steps float64 // to the next label with a known cell, along an ordered mode, where its own has none
}

type class int

const (
	ordinary  class = iota
	fewKnown        // a label has few known cells, and others of its mode have many
	noneKnown       // a label of an ordered mode has no known cell
	classes
)

// places are those of all labels.
type places struct {
	Few   [][]bool    // [n][i]; nothing of a mode in which none has
	Steps [][]float64 // [n][i]: 0 where a cell is known; nothing of a mode in which one is of all, or that has no order
}

// of is the standing of a cell.
func (p places) of(cell []int32) (s standing) {
	for n, i := range cell {
		if n < len(p.Few) && int(i) < len(p.Few[n]) && p.Few[n][i] {
			s.class = fewKnown
		}
	}
	for n, i := range cell {
		if n < len(p.Steps) && int(i) < len(p.Steps[n]) && p.Steps[n][i] > 0 {
			s.class, s.steps = noneKnown, math.Max(s.steps, p.Steps[n][i])
		}
	}
	return s
}

// stepsOf are the distances of labels without known cells from the next that has some, in steps of an ordered mode; none
// where all have some, or none has.
func stepsOf(counts []int32, mode tensor.Mode) (steps []float64) {
	if len(mode.Coordinates) == 0 || slices.Max(counts) == 0 || !slices.Contains(counts, 0) {
		return nil
	}
	at := inSteps(mode.Coordinates)
	order := identity(len(counts))
	slices.SortStableFunc(order, func(i, k int32) int { return cmp.Compare(at[i], at[k]) })
	steps = slices.Repeat([]float64{math.Inf(1)}, len(counts))
	for range 2 { // the nearest before, then behind
		before := math.Inf(1)
		for _, i := range order {
			if counts[i] > 0 {
				before, steps[i] = at[i], 0
			}
			steps[i] = math.Min(steps[i], math.Abs(at[i]-before))
		}
		slices.Reverse(order)
	}
	return steps
}

// labelCounts are the numbers of known cells of every label of a mode, when some are hidden.
func (s *shape) labelCounts(n int, hidden []int32) []int32 {
	counts := make([]int32, s.sizes[n])
	for _, i := range s.cells.Index[n] {
		counts[i]++
	}
	for _, c := range hidden {
		counts[s.cells.Index[n][c]]--
	}
	return counts
}

// places are those of the labels as the gaps have them.
func (j *job) places() places {
	var p places
	for n, mode := range j.observed.Modes {
		counts := j.shape.labelCounts(n, nil)
		p.Few = append(p.Few, j.shape.scarcity(n).in(counts))
		p.Steps = append(p.Steps, stepsOf(counts, mode))
	}
	return p
}

// stand tells held-out cells their standing, as it was when they were hidden.
func (j *job) stand(cells []HeldOutCell, f folds) {
	var scarce []scarcity
	for n := range j.observed.Modes {
		scarce = append(scarce, j.shape.scarcity(n))
	}
	parts := map[int]places{}
	for k := range cells {
		h := &cells[k]
		p, met := parts[h.part]
		if !met {
			hidden := f.hiddenBy(h.part)
			for n, mode := range j.observed.Modes {
				counts := j.shape.labelCounts(n, hidden)
				p.Few = append(p.Few, scarce[n].in(counts))
				p.Steps = append(p.Steps, stepsOf(counts, mode))
			}
			parts[h.part] = p
		}
		h.standing = p.of(h.Cell)
	}
}

// calibrate calibrates each class of cells by held-out cells of its own, where there are some of more than one.
func (j *job) calibrate(cells []HeldOutCell, f folds) calibration {
	unit := j.scoring(j.observed)
	j.stand(cells, f)
	own := make([][]HeldOutCell, classes)
	for _, h := range cells {
		own[h.standing.class] = append(own[h.standing.class], h)
	}
	c := calibrate(cells, unit)
	first := true
	for class, some := range own {
		if len(some) == len(cells) {
			break // all are of one class
		}
		k := calibrate(some, unit)
		if k.warning != "" {
			continue
		}
		if first { // what has no held-out cells of its class is as all are
			c.apart, first = make([]*calibration, classes), false
		}
		c.apart[class] = &k
	}
	c.places = j.places()
	c.unmet = len(own[fewKnown]) < fewScores && slices.ContainsFunc(c.places.Few, func(labels []bool) bool { return labels != nil })
	return c
}

// of is the calibration of the cells with a standing.
func (c *calibration) of(s standing) *calibration {
	if c.apart != nil && c.apart[s.class] != nil {
		return c.apart[s.class]
	}
	return c
}

// at is the calibration of a cell, and its standing.
func (c *calibration) at(cell []int32) (*calibration, standing) {
	s := c.places.of(cell)
	return c.of(s), s
}

// reachOut bends standard errors with the distance from labels with known cells, as the errors of held-out cells ask for.
func (c *calibration) reachOut(cells []HeldOutCell) {
	const alike = 4.0 // cells of one label of a piece, which err alike, count as so many
	type together struct{ piece, steps float64 }
	counts := map[together]float64{}
	var some []HeldOutCell
	for _, h := range cells {
		if h.standing.steps > 0 {
			some = append(some, h)
			counts[together{float64(h.piece), h.standing.steps}] += h.weight
		}
	}
	if len(some) < bendCells {
		return
	}
	slices.SortStableFunc(some, func(a, b HeldOutCell) int { return cmp.Compare(a.standing.steps, b.standing.steps) })
	for k := range some {
		h := &some[k]
		all := counts[together{float64(h.piece), h.standing.steps}]
		h.weight *= math.Min(1, alike/all)
	}
	b := newBending(some, c, func(h HeldOutCell) float64 { return portable.Log(h.standing.steps) })
	if b.fit() {
		c.reach = b.bend()
	}
}
