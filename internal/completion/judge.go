package completion

import (
	"fmt"
	"math"

	"lacuna/internal/parallel"
	"lacuna/tensor"
)

const (
	mostLabels  = 50   // of a mode whose labels are judged one by one
	littleSkill = 0.05 // below which filling with the label's mean does as well
)

// unlike reports whether a cell lies in a void such as no held-out cell had, or has a label with so few known cells as none had.
func (c *Completion) unlike(cell []int32) bool {
	if c.calibration.unmet && c.calibration.places.of(cell).class == fewKnown {
		return true
	}
	if c.calibration.seen == nil {
		return false
	}
	for _, at := range c.shape.voidAt(cell) {
		if !c.calibration.seen[at] {
			return true
		}
	}
	return false
}

// squares sums what is known of the errors of some cells.
type squares struct {
	errors, own float64 // squares of errors, and of deviations from the mean of the label
	count       int
	pieces      pieceSums
}

// judge says what error is to be expected of the cells that are filled, altogether and label by label. It returns that of
// each: its standard error, and what errors far out add.
func (j *job) judge(c *Completion) (expected []float64) {
	c.FilledRMSE, c.FilledNRMSE, c.FilledUncertainty = math.NaN(), math.NaN(), c.calibration.uncertainty
	c.FarOut = c.calibration.farOut()
	c.FilledMedian, c.FilledNMedian = medians(c.HeldOut, c.unit)
	expected = make([]float64, len(j.gaps))
	typical := make([]float64, len(j.gaps)) // without errors far out
	far := make([]bool, len(j.gaps))
	parallel.For(j.Threads, len(j.gaps), func(g int) {
		cell := j.gaps[g]
		_, typical[g] = c.At(cell)
		k, _ := c.calibration.at(cell)
		expected[g] = k.tail.beside(typical[g], c.unit.ScaleAt(cell))
		far[g] = c.unlike(cell)
	})
	farShare := 0.0 // of the mean square
	if len(j.gaps) > 0 {
		var raw, squares, rest float64
		for g, s := range expected {
			scale := c.unit.ScaleAt(j.gaps[g])
			raw += float64(s * s)
			squares += float64(s * s / (scale * scale))
			rest += float64(typical[g] * typical[g] / (scale * scale))
			if far[g] {
				c.Unlike += 1 / float64(len(far))
			}
		}
		count := float64(len(j.gaps))
		c.FilledRMSE, c.FilledNRMSE = math.Sqrt(raw/count), math.Sqrt(squares/count)
		c.FilledUncertainty = j.uncertainty(c, expected)
		farShare = 1 - rest/squares
	}
	for n, d := range j.observed.Shape() {
		if d <= mostLabels || n == j.unit {
			c.ByLabel = append(c.ByLabel, j.judgeMode(c, n, expected)...)
		}
	}
	c.Warnings = append(c.Warnings, j.doubts(c, farShare)...)
	return expected
}

// uncertainty is the relative standard error of FilledNRMSE: every class of cells adds that of its own mean square.
func (j *job) uncertainty(c *Completion, expected []float64) float64 {
	var deviations, sum float64
	own := map[*calibration]float64{}
	var order []*calibration
	for g, s := range expected {
		k, _ := c.calibration.at(j.gaps[g])
		if _, met := own[k]; !met {
			order = append(order, k)
		}
		scale := c.unit.ScaleAt(j.gaps[g])
		own[k] += float64(s*s/(scale*scale)) / float64(len(expected))
	}
	for _, k := range order {
		sum += own[k]
		d := own[k] * k.tail.uncertainty(k.uncertainty, own[k])
		deviations += float64(d * d)
	}
	return math.Sqrt(deviations) / sum
}

// medians are those of the errors of held-out cells, weighted for what is to be filled, in the data's units and in deviations.
func medians(cells []HeldOutCell, unit tensor.Scaling) (raw, relative float64) {
	half := func(of func(h HeldOutCell) float64) float64 {
		all := newSample(cells, of)
		for k, sum := range all.sums {
			if sum >= all.total()/2 {
				return all.values[k]
			}
		}
		return math.NaN()
	}
	size := func(h HeldOutCell) float64 { return math.Abs(h.Value - h.Predicted) }
	return half(size), half(func(h HeldOutCell) float64 { return size(h) / unit.ScaleAt(h.Cell) })
}

// judgeMode says it for every label of a mode.
func (j *job) judgeMode(c *Completion, n int, expected []float64) []LabelError {
	labels := make([]LabelError, j.observed.Shape()[n])
	filled := make([]float64, len(labels))
	for g, cell := range j.gaps {
		labels[cell[n]].Filled++
		filled[cell[n]] += float64(expected[g] * expected[g])
	}
	own := scaling{kind: byLabel, mode: n}.fit(j.observed)
	held := make([]squares, len(labels))
	for _, h := range c.HeldOut {
		s := &held[h.Cell[n]]
		e, o := h.Value-h.Predicted, h.Value-own.Undo(h.Cell, 0)
		s.errors += float64(e * e)
		s.own += float64(o * o)
		s.count++
		s.pieces.add(e, h.piece)
	}
	for i := range labels {
		l, s := &labels[i], held[i]
		l.Mode, l.Index, l.HeldOut = n, i, s.count
		l.FilledRMSE = math.Sqrt(filled[i] / float64(l.Filled))
		l.HeldOutRMSE = math.Sqrt(s.errors / float64(l.HeldOut))
		l.Skill = 1 - s.errors/s.own
		l.Uncertainty = uncertainty(s.pieces.pieces)
	}
	return labels
}

// skills are those of the labels that have units, on held-out cells weighted for what is to be filled: where whole labels are hidden,
// most held-out cells are theirs, and few of the gaps may be. NaN without any.
func (j *job) skills(cells []HeldOutCell) []float64 {
	own := scaling{kind: byLabel, mode: j.unit}.fit(j.observed)
	sums := make([]squares, len(own.Mean))
	for _, h := range cells {
		s, e, o := &sums[h.Cell[j.unit]], h.Value-h.Predicted, h.Value-own.Undo(h.Cell, 0)
		s.errors += float64(h.weight * e * e)
		s.own += float64(h.weight * o * o)
	}
	out := make([]float64, len(sums))
	for i, s := range sums {
		out[i] = 1 - s.errors/s.own
	}
	return out
}

// doubts warns of what the filled values should not be used for, and where errors far out make most of the mean square.
func (j *job) doubts(c *Completion, farShare float64) (warnings []string) {
	if c.Unlike > 0 {
		warnings = append(warnings, fmt.Sprintf("%.3g %% of the gaps are unlike any known cell that could be hidden: what "+
			"is said of their error is a guess, no smaller than the spread of the known values", 100*c.Unlike))
	}
	if c.calibration.unmet {
		for n, labels := range c.calibration.places.Few {
			var names []string
			for i, few := range labels {
				if few {
					names = append(names, j.observed.Modes[n].Labels[i])
				}
			}
			if names != nil {
				warnings = append(warnings, fmt.Sprintf("%s: %s: so few values are known of what others have many of that "+
					"no known value could be hidden in the like: what is said of the error there is a guess", j.observed.Modes[n].Name, firstOf(names)))
			}
		}
	}
	if farShare > 0.5 {
		half := fmt.Sprintf("%.3g", c.FilledMedian)
		if j.unit >= 0 {
			half = fmt.Sprintf("%.3g %% of the standard deviation", 100*c.FilledNMedian)
		}
		warnings = append(warnings, fmt.Sprintf("the error to be expected is that of a few: of the hidden values %d of %d lie far "+
			"from what all else says, as mistakes do, and as large a share of the gaps is expected to; half of the filled values are "+
			"expected to be off by less than %s", c.FarOut, len(c.HeldOut), half))
	}
	var poor []string
	if j.unit >= 0 {
		skills := j.skills(c.HeldOut)
		for _, l := range c.ByLabel {
			if l.Mode == j.unit && l.HeldOut >= fewScores && skills[l.Index] < littleSkill {
				poor = append(poor, j.observed.Modes[l.Mode].Labels[l.Index])
			}
		}
	}
	switch len(poor) {
	case 0:
	case 1:
		warnings = append(warnings, fmt.Sprintf("%s=%s: the filled values are no better than its mean",
			j.observed.Modes[j.unit].Name, poor[0]))
	default:
		warnings = append(warnings, fmt.Sprintf("%s: the filled values of %d labels (%s) are no better than the mean of each",
			j.observed.Modes[j.unit].Name, len(poor), firstOf(poor)))
	}
	return warnings
}
