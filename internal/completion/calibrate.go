package completion

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

// fewScores is the number of held-out cells below which standard errors and intervals are not calibrated.
const fewScores = 20

// calibration brings a model's own standard errors into line with what held-out cells show.
type calibration struct {
	mode        int       // of the labels that each have a stretch; −1: one stretch for all
	stretch     []float64 // from the model's own deviations to calibrated ones
	ratios      []float64 // |value − predicted| / calibrated deviation of held-out cells, ascending; nil: too few
	shares      []float64 // their weights, summed up; the last is 1
	uncertainty float64   // relative standard error of the calibrated deviations
	seen        []bool    // the voids that held-out cells had, by position of the subset of modes; nil: not known
	warning     string    // "" when it could be calibrated
}

func uncalibrated() calibration { return calibration{mode: -1, stretch: []float64{1}} }

// calibrate chooses the stretch with which the root mean square of standard errors is that of the errors, over held-out
// cells weighted for what is to be filled, pieces that are far out of line set aside (typicalRatio); every label of the mode with units of their own has a stretch that is drawn
// toward that of all.
func calibrate(cells []HeldOutCell, unit tensor.Scaling) calibration {
	const ownCells = 30 // of a label, with which its own stretch counts as much as that of all
	c := calibration{mode: unit.Mode, stretch: make([]float64, len(unit.Scale))}
	var all sums
	own := make([]sums, len(c.stretch))
	pieces := map[int32]sums{}
	var order []int32
	var usable []HeldOutCell
	for _, h := range cells {
		if !(h.spread+h.noise > 0) || math.IsInf(h.spread, 0) || h.weight == 0 {
			continue
		}
		usable = append(usable, h)
		scale := unit.ScaleAt(h.Cell)
		e, v := (h.Value-h.Predicted)/scale, math.Sqrt(h.spread+h.noise)/scale
		add := func(s *sums) {
			s.errors += float64(h.weight * e * e)
			s.variances += float64(h.weight * v * v)
			s.weight += h.weight
		}
		add(&all)
		add(&own[c.label(h.Cell)])
		p, met := pieces[h.piece]
		if !met {
			order = append(order, h.piece)
		}
		add(&p)
		pieces[h.piece] = p
	}
	if len(usable) < fewScores {
		c = uncalibrated()
		c.warning = fmt.Sprintf("only %d cells could be held out: standard errors and intervals are the model's own, "+
			"not checked against data", len(usable))
		return c
	}
	square := typicalRatio(order, pieces)
	overall := all.errors / all.variances
	for i, s := range own {
		ratio := 1.0
		if s.weight > 0 && overall > 0 {
			ratio = s.errors / (overall * s.variances)
		}
		c.stretch[i] = math.Sqrt(square * (float64(s.weight*ratio) + ownCells) / (s.weight + ownCells))
	}
	var spread float64
	for _, p := range pieces {
		d := p.errors/square - p.variances
		spread += float64(d * d)
	}
	c.uncertainty = math.Sqrt(spread) / all.variances / 2
	sort.SliceStable(usable, func(a, b int) bool { return c.ratio(usable[a]) < c.ratio(usable[b]) })
	sum := 0.0
	for _, h := range usable {
		sum += h.weight
		c.ratios, c.shares = append(c.ratios, c.ratio(h)), append(c.shares, sum)
	}
	for k := range c.shares {
		c.shares[k] /= sum
	}
	return c
}

// sums are weighted squares over held-out cells.
type sums struct{ errors, variances, weight float64 }

// typicalRatio is Σ errors / Σ variances over groups of pieces, but that the ratio of a group counts at most as much as
// lies well within the spread of all groups: one piece whose shape left the model nothing to learn from would
// otherwise say everything. Small pieces share a group. It is 1 where there is no error.
func typicalRatio(order []int32, pieces map[int32]sums) float64 {
	const groupWeight, least, spreads = 30, 0.5, 2 // spread of log ratios that is always allowed, spreads that are
	type group struct{ log, variances, weight float64 }
	var groups []group
	var open sums
	for k, number := range order {
		p := pieces[number]
		open.errors, open.variances, open.weight = open.errors+p.errors, open.variances+p.variances, open.weight+p.weight
		if open.weight >= groupWeight || k == len(order)-1 {
			if open.errors > 0 {
				groups = append(groups, group{portable.Log(open.errors / open.variances), open.variances, open.weight})
			}
			open = sums{}
		}
	}
	if len(groups) == 0 {
		return 1
	}
	median := func(value func(g group) float64) float64 {
		sorted := slices.Clone(groups)
		slices.SortStableFunc(sorted, func(a, b group) int { return cmp.Compare(value(a), value(b)) })
		var total, sum float64
		for _, g := range sorted {
			total += g.weight
		}
		for _, g := range sorted {
			if sum += g.weight; sum >= total/2 {
				return value(g)
			}
		}
		return value(sorted[len(sorted)-1])
	}
	middle := median(func(g group) float64 { return g.log })
	reach := math.Max(least, spreads*median(func(g group) float64 { return math.Abs(g.log - middle) }))
	var errors, variances float64
	for _, g := range groups {
		ratio := portable.Exp(math.Min(math.Max(g.log, middle-reach), middle+reach))
		errors += float64(ratio * g.variances)
		variances += g.variances
	}
	return errors / variances
}

func (c calibration) label(cell []int32) int32 {
	if c.mode < 0 {
		return 0
	}
	return cell[c.mode]
}

// ratio is the error of a held-out cell, whose standard error is not calibrated yet, in calibrated ones.
func (c calibration) ratio(h HeldOutCell) float64 {
	return math.Abs(h.Value-h.Predicted) / c.stderr(h.Cell, h.spread, h.noise)
}

// stderr is the calibrated standard error of a cell, from the variances that the model has.
func (c calibration) stderr(cell []int32, spread, noise float64) float64 {
	return c.stretch[c.label(cell)] * math.Sqrt(spread+noise)
}

// apply returns the cells with calibrated standard errors.
func (c calibration) apply(cells []HeldOutCell) []HeldOutCell {
	out := append([]HeldOutCell(nil), cells...)
	for k := range out {
		out[k].Stderr = c.stderr(out[k].Cell, out[k].spread, out[k].noise)
	}
	return out
}

// quantile is the half width of an interval in standard errors: the weighted conformal quantile of the held-out ratios,
// or the normal one when there are too few of them.
func (c calibration) quantile(level float64) float64 {
	count := float64(len(c.ratios))
	k := sort.SearchFloat64s(c.shares, level*(count+1)/math.Max(1, count))
	if k >= len(c.ratios) {
		return math.Sqrt2 * portable.Erfinv(level)
	}
	return c.ratios[k]
}
