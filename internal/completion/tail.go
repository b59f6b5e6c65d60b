package completion

import (
	"math"

	"lacuna/tensor"
)

// tail is what a few errors far beyond all others add to the mean square of errors: values that were measured or written
// down wrongly, which come among those to be filled as often as among those that are known, and that nothing foretells. One
// of them would say more of standard errors than all other cells, so that these leave them out.
type tail struct {
	square    float64 // mean over all cells, in units of their labels
	deviation float64 // standard error of that
	cells     int     // held-out ones
}

// Held-out cells are far out where their errors, in the model's standard errors, are beyond farOut times those of nine in ten.
const (
	farOut     = 6
	mostFarOut = 0.02 // of the cells, beyond which they are no exception
	inCompany  = 0.2  // share of a piece, from which it is the piece that is off
)

// setApart returns the held-out cells without those that are far out, and what these add.
func setApart(cells []HeldOutCell, unit tensor.Scaling) (typical []HeldOutCell, far tail) {
	ratio := func(h HeldOutCell) float64 { return math.Abs(h.Value-h.Predicted) / math.Sqrt(h.spread+h.noise) }
	bound := farOut * newSample(cells, ratio).quantile(0.9, sample{}, 0)
	at, count := inPieces(cells)
	out, all, set := make([]float64, count), make([]float64, count), make([]float64, count)
	for k, h := range cells {
		all[at[k]]++
		if ratio(h) > bound {
			out[at[k]]++
		}
	}
	for k, h := range cells {
		if p := at[k]; ratio(h) > bound && (all[p] == 1 || out[p] <= float64(inCompany*all[p])) {
			e := (h.Value - h.Predicted) / unit.ScaleAt(h.Cell)
			square := float64(e * e)
			set[p]++
			far.cells++
			far.square += square
			far.deviation += float64(square * square)
		} else {
			typical = append(typical, h)
		}
	}
	if far.cells == 0 || float64(far.cells) > float64(mostFarOut*float64(len(cells))) || !strewn(set, all) {
		return cells, tail{}
	}
	far.square, far.deviation = far.square/float64(len(cells)), math.Sqrt(far.deviation)/float64(len(cells))
	return typical, far
}

// strewn reports whether cells that are far out come in every piece about as often as it has cells, as mistakes do: Pearson's
// statistic of their numbers lies within three deviations of its mean for such (Haldane 1937). Where they keep to some pieces, it is
// the model that is off there.
func strewn(far, all []float64) bool {
	const deviations = 3
	var some, cells float64
	for p := range all {
		some, cells = some+far[p], cells+all[p]
	}
	var statistic, variance float64
	for p := range all {
		wanted := float64(some / cells * all[p])
		statistic += float64((far[p] - wanted) * (far[p] - wanted) / wanted)
		variance += 2 + 1/wanted
	}
	return statistic <= float64(len(all))+float64(deviations*math.Sqrt(variance))
}

// farOut is the number of held-out cells that are far out.
func (c *calibration) farOut() (cells int) {
	if c.apart == nil {
		return c.tail.cells
	}
	for _, k := range c.apart {
		if k != nil {
			cells += k.tail.cells
		}
	}
	return cells
}

// uncertainty is the relative standard error of a root mean square, of which that of typical errors alone is known, and its
// square.
func (t tail) uncertainty(typical, square float64) float64 {
	if t.cells == 0 {
		return typical
	}
	rest := square - t.square
	return math.Sqrt(float64(typical*rest*typical*rest)+float64(t.deviation*t.deviation/4)) / square
}

// beside is the root mean square error of a cell with a standard error and a unit, with what errors far out add.
func (t tail) beside(stderr, scale float64) float64 {
	if t.cells == 0 {
		return stderr
	}
	return math.Sqrt(float64(stderr*stderr) + float64(t.square*scale*scale))
}
