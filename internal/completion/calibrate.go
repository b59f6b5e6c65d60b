package completion

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/tensor"
)

// fewScores is the number of held-out cells below which standard errors and intervals are not calibrated.
const fewScores = 20

// calibration brings a model's own standard errors into line with what held-out cells show. The calibrated variance of
// a cell is (stretch · bend)² (noise·ν + spread·σ²), ν the model's variance of the noise, σ² that between its samples.
type calibration struct {
	noise, spread float64
	mode          int       // of the labels that each have a stretch; −1: one stretch for all
	stretch       []float64 // of every label
	bends         []bend    // of every label; nil: none
	ratios        sample    // |value − predicted| / calibrated deviation of held-out cells
	own           []graded  // those of every label; none: too few
	pieces        float64   // so many pieces of like weight would tell as much
	uncertainty   float64   // relative standard error of the calibrated deviations; NaN of one piece, which does not tell
	tail          tail      // what a few errors far beyond all others add
	reach         bend      // along the logarithm of the steps of standings
	places        places
	unmet         bool           // labels have few known cells, and no held-out cell had so few
	apart         []*calibration // of the classes that have one of their own; nil: none has
	seen          []bool         // the voids that held-out cells had, by position of the subset of modes; nil: not known
	warning       string         // "" when it could be calibrated
}

// ownCells is the number of a label's held-out cells with which its own calibration counts as much as that of all.
const ownCells = 30

func uncalibrated() calibration {
	return calibration{noise: 1, spread: 1, mode: -1, stretch: []float64{1}, uncertainty: math.NaN()}
}

// calibrate chooses the factors with which the root mean square of standard errors is that of the errors, over held-out
// cells weighted for what is to be filled, pieces that are far out of line set aside (typicalRatio); every label of the
// mode with units of its own has a stretch that is drawn toward that of all. The fewer pieces there are, the less is
// changed: they were dealt out by chance.
func calibrate(cells []HeldOutCell, unit tensor.Scaling) calibration {
	var usable []HeldOutCell
	for _, h := range cells {
		if h.spread+h.noise > 0 && !math.IsInf(h.spread, 0) && h.weight > 0 {
			usable = append(usable, h)
		}
	}
	if len(usable) < fewScores {
		c := uncalibrated()
		c.warning = fmt.Sprintf("only %d cells could be held out: standard errors and intervals are the model's own, "+
			"not checked against data", len(usable))
		return c
	}
	typical, far := setApart(usable, unit)
	pieces := piecesOf(typical, unit)
	var all sums
	var squares float64
	for _, p := range pieces {
		all.add(p)
		squares += float64(p.weight * p.weight)
	}
	c := calibration{
		mode: unit.Mode, stretch: make([]float64, len(unit.Scale)), pieces: all.weight * all.weight / squares, tail: far,
	}
	trust := c.pieces / (c.pieces + 1)
	noise, spread := all.factors()
	for k := range pieces {
		pieces[k].noise *= noise
		pieces[k].spread *= spread
	}
	square := typicalRatio(pieces)
	c.noise = portable.Pow(noise*square, trust)
	c.spread = portable.Pow(spread*square, trust)
	alike := c.alike(typical)
	c.stretchLabels(typical, unit, ownCells, alike)
	if c.pieces >= bendPieces {
		c.bendLabels(typical)
	}
	c.reachOut(typical)
	var deviations, variances float64
	for _, p := range pieces {
		d := p.errors/square - p.variance()
		deviations += float64(d * d)
		variances += p.variance()
	}
	if c.uncertainty = math.NaN(); len(pieces) > 1 {
		c.uncertainty = math.Sqrt(deviations) / variances / 2
	}
	c.ratios = newSample(usable, c.ratio)
	own := make([][]HeldOutCell, len(c.stretch))
	for _, h := range usable {
		own[c.label(h.Cell)] = append(own[c.label(h.Cell)], h)
	}
	for _, some := range own {
		c.own = append(c.own, newGraded(some, c.ratio, c.ratios, alike))
	}
	return c
}

// stretchLabels chooses the stretch of every label by how its errors compare with those of all; one with that many
// held-out cells is drawn half way toward 1, and further where they were hidden together and have errors that are alike.
func (c *calibration) stretchLabels(cells []HeldOutCell, unit tensor.Scaling, half, alike float64) {
	for i := range c.stretch {
		c.stretch[i] = 1
	}
	var all sums
	own, listed := make([]sums, len(c.stretch)), make([][]HeldOutCell, len(c.stretch))
	for _, h := range cells {
		listed[c.label(h.Cell)] = append(listed[c.label(h.Cell)], h)
		s := sumsOf(h, unit)
		s.noise, s.spread = float64(c.noise*s.noise), float64(c.spread*s.spread)
		all.add(s)
		own[c.label(h.Cell)].add(s)
	}
	overall := all.errors / all.variance()
	for i, s := range own {
		ratio, weight := 1.0, 0.0
		if s.weight > 0 && overall > 0 {
			ratio, weight = s.errors/(overall*s.variance()), float64(s.weight*told(listed[i], alike))
		}
		c.stretch[i] = math.Sqrt((float64(weight*ratio) + half) / (weight + half))
	}
}

// sums are weighted squares over held-out cells, in units of their labels.
type sums struct{ errors, noise, spread, weight float64 }

func sumsOf(h HeldOutCell, unit tensor.Scaling) sums {
	scale := unit.ScaleAt(h.Cell)
	e, w := (h.Value-h.Predicted)/scale, h.weight/(scale*scale)
	return sums{h.weight * e * e, w * h.noise, w * h.spread, h.weight}
}

func (s *sums) add(t sums) {
	s.errors += t.errors
	s.noise += t.noise
	s.spread += t.spread
	s.weight += t.weight
}

func (s sums) variance() float64 { return s.noise + s.spread }

// factors are those of noise and spread with which they add up to the errors. What the noise does not explain is left to
// the spread, beside which a little of the noise stands for spread that is right.
func (s sums) factors() (noise, spread float64) {
	const beside = 0.1
	if s.errors == 0 {
		return 1, 1
	}
	right := float64(beside * s.noise)
	relative := (math.Max(0, s.errors-s.noise) + right) / (s.spread + right)
	if s.noise == 0 {
		relative = 1
	}
	noise = s.errors / (s.noise + float64(relative*s.spread))
	return noise, float64(relative * noise)
}

// piecesOf sums over the cells of every piece, in order of appearance.
func piecesOf(cells []HeldOutCell, unit tensor.Scaling) []sums {
	at, count := inPieces(cells)
	pieces := make([]sums, count)
	for k, h := range cells {
		pieces[at[k]].add(sumsOf(h, unit))
	}
	return pieces
}

// typicalRatio is Σ errors / Σ variances over groups of pieces, but that the ratio of a group counts at most as much as
// lies well within the spread of all groups: one piece whose shape left the model nothing to learn from would
// otherwise say everything. Small pieces share a group. It is 1 where there is no error.
func typicalRatio(pieces []sums) float64 {
	const groupWeight, least, spreads = 30, 0.5, 2 // spread of log ratios that is always allowed, spreads that are
	type group struct{ log, variances, weight float64 }
	var groups []group
	var open sums
	for k, p := range pieces {
		open.add(p)
		if open.weight >= groupWeight || k == len(pieces)-1 {
			if open.errors > 0 {
				groups = append(groups, group{portable.Log(open.errors / open.variance()), open.variance(), open.weight})
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

func (c calibration) label(cell []int32) int32 { return labelOf(c.mode, cell) }

// labelOf is the label of a cell in a mode, 0 where the mode is −1 and all are one.
func labelOf(mode int, cell []int32) int32 {
	if mode < 0 {
		return 0
	}
	return cell[mode]
}

// ratio is the error of a held-out cell, whose standard error is not calibrated yet, in calibrated ones.
func (c calibration) ratio(h HeldOutCell) float64 {
	return math.Abs(h.Value-h.Predicted) / c.stderr(h.Cell, h.standing, prediction{h.Predicted, h.spread, h.noise})
}

// stderr is the calibrated standard error of a cell, from what the model says of it.
func (c calibration) stderr(cell []int32, at standing, p prediction) float64 {
	return c.factor(cell, at, p.value) * math.Sqrt(float64(c.spread*p.spread)+float64(c.noise*p.noise))
}

// factor is the stretch of a cell's label, bent for its standing and its value.
func (c calibration) factor(cell []int32, at standing, value float64) float64 {
	label := c.label(cell)
	stretch := c.stretch[label]
	if at.steps > 0 {
		stretch *= c.reach.at(portable.Log(at.steps))
	}
	if c.bends == nil {
		return stretch
	}
	return stretch * c.bends[label].at(value)
}

// apply returns the cells with calibrated standard errors.
func (c *calibration) apply(cells []HeldOutCell) []HeldOutCell {
	out := append([]HeldOutCell(nil), cells...)
	for k := range out {
		h := &out[k]
		h.Stderr = c.of(h.standing).stderr(h.Cell, h.standing, prediction{h.Predicted, h.spread, h.noise})
	}
	return out
}

// quantile is the half width of an interval of a cell with a filled value in standard errors: the weighted conformal
// quantile of the held-out ratios, or the normal one when there are too few of them. As few pieces tell little of how far
// a cell can be off, it is wider by as much as Student's quantile with so many degrees of freedom is beside the normal one.
func (c calibration) quantile(cell []int32, value, level float64) float64 {
	normal := math.Sqrt2 * portable.Erfinv(level)
	if len(c.own) == 0 {
		return normal
	}
	q := c.own[c.label(cell)].quantile(level, value)
	if math.IsInf(q, 1) {
		return normal
	}
	return q * studentOver(normal, c.pieces)
}

// studentOver is the quantile of Student's distribution over the normal one z, by the expansion of Fisher and Cornish
// (1960) in one over the degrees of freedom, which is within 2 % from two on for |z| < 2.
func studentOver(z, freedom float64) float64 {
	const a, b, c = 1.0 / 4, 1.0 / 96, 1.0 / 384
	q, t := float64(z*z), 1/math.Max(1, freedom)
	first := float64(a * (q + 1))
	second := float64(b * (float64((float64(5*q)+16)*q) + 3))
	third := c * (float64((float64((float64(3*q)+19)*q)+17)*q) - 15)
	return 1 + float64(t*(first+float64(t*(second+float64(t*third)))))
}
