package completion

import (
	"fmt"
	"math"

	"lacuna/internal/parallel"
)

const (
	mostLabels  = 50   // of a mode whose labels are judged one by one
	littleSkill = 0.05 // below which filling with the label's mean does as well
)

// unlike reports whether a cell lies in a void such as no held-out cell had.
func (c *Completion) unlike(cell []int32) bool {
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

// judge says what error is to be expected of the cells that are filled, altogether and label by label. It returns their
// standard errors.
func (j *job) judge(c *Completion) (stderrs []float64) {
	c.FilledRMSE, c.FilledNRMSE, c.FilledUncertainty = math.NaN(), math.NaN(), c.calibration.uncertainty
	stderrs = make([]float64, len(j.gaps))
	far := make([]bool, len(j.gaps))
	parallel.For(j.Threads, len(j.gaps), func(g int) {
		_, stderrs[g] = c.At(j.gaps[g])
		far[g] = c.unlike(j.gaps[g])
	})
	if len(j.gaps) > 0 {
		var raw, relative float64
		for g, s := range stderrs {
			scale := c.unit.ScaleAt(j.gaps[g])
			raw += float64(s * s)
			relative += float64(s * s / (scale * scale))
			if far[g] {
				c.Unlike += 1 / float64(len(far))
			}
		}
		count := float64(len(j.gaps))
		c.FilledRMSE, c.FilledNRMSE = math.Sqrt(raw/count), math.Sqrt(relative/count)
	}
	for n, d := range j.observed.Shape() {
		if d <= mostLabels || n == j.unit {
			c.ByLabel = append(c.ByLabel, j.judgeMode(c, n, stderrs)...)
		}
	}
	c.Warnings = append(c.Warnings, j.doubts(c)...)
	return stderrs
}

// judgeMode says it for every label of a mode.
func (j *job) judgeMode(c *Completion, n int, stderrs []float64) []LabelError {
	labels := make([]LabelError, j.observed.Shape()[n])
	filled := make([]float64, len(labels))
	for g, cell := range j.gaps {
		labels[cell[n]].Filled++
		filled[cell[n]] += float64(stderrs[g] * stderrs[g])
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

// doubts warns of what the filled values should not be used for.
func (j *job) doubts(c *Completion) (warnings []string) {
	if c.Unlike > 0 {
		warnings = append(warnings, fmt.Sprintf("%.3g %% of the gaps are unlike any known cell that could be hidden: what "+
			"is said of their error is a guess, no smaller than the spread of the known values", 100*c.Unlike))
	}
	var poor []string
	for _, l := range c.ByLabel {
		if l.Mode == j.unit && l.HeldOut >= fewScores && l.Skill < littleSkill {
			poor = append(poor, j.observed.Modes[l.Mode].Labels[l.Index])
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
