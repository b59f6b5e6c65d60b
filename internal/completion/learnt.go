package completion

import (
	"cmp"
	"math"
	"slices"

	"lacuna/internal/portable"
	"lacuna/internal/posterior"
)

// learnt says how the values of a label that are never below 0 lie around the filled value m, from held-out cells alone: how
// often rain, claims or days of frost are 0 does not follow from mean and standard error. With r = (m + √(m² + δ²)) / 2, which
// stands for m and is above 0, T a form's transformation (of values up to n where there is an upper limit) and u that of r,
// standardised,
//
//	P(0) = 1 / (1 + exp(−a − b u)),   T(y) | y > 0 ~ N(c + d u, exp(2 (e + f u))) .
//
// Of yes or no there is P(0) alone, and u is m, standardised.
type learnt struct {
	Form          learntForm
	Floor         float64 // δ
	Top           float64 // n
	Centre, Width float64 // of u
	Least, Most   float64 // of u; beyond, place and spread stay as they are, but that above T rises no more than the filled value's
	Atom          bool    // there is P(0)
	Zero          [2]float64
	Place, Spread [2]float64
}

// learntForm names T.
type learntForm string

const (
	learntLog   learntForm = "lognormal with zeros" // log y
	learntRoot  learntForm = "root with zeros"      // √y
	learntLogit learntForm = "logit"                // log y/(n − y)
	learntBits  learntForm = "bernoulli by level"
)

var allForms = []learntForm{learntLog, learntRoot, learntLogit, learntBits}

// learntForms are those that suit a label.
func learntForms(l Limit, values []float64) []learntForm {
	switch {
	case onlyBits(values):
		return []learntForm{learntBits}
	case l.Min != 0:
		return nil
	case math.IsInf(l.Max, 1) && slices.Contains(values, 0):
		return []learntForm{learntLog, learntRoot}
	case !math.IsInf(l.Max, 1) && (l.Whole || !slices.Contains(values, l.Max)):
		return []learntForm{learntLogit}
	}
	return nil
}

// around is u of what the models say of a cell: how far that lies below 0 tells how likely 0 is.
func (l *learnt) around(value float64) float64 {
	if l.Form == learntBits {
		return (value - l.Centre) / l.Width
	}
	above := func(y float64) float64 { return (y + portable.Hypot(y, l.Floor)) / 2 }
	u := l.transform(above(value))
	if l.Form == learntLogit {
		value = math.Min(math.Max(value, 0), l.Top)
		u = portable.Log(above(value) / above(l.Top-value))
	}
	return (u - l.Centre) / l.Width
}

func (l *learnt) transform(y float64) float64 {
	switch l.Form {
	case learntRoot:
		return math.Sqrt(y)
	case learntLogit:
		return portable.Log(y / (l.Top - y))
	}
	return portable.Log(y)
}

func (l *learnt) undo(t float64) float64 {
	switch l.Form {
	case learntRoot:
		return float64(math.Max(0, t) * math.Max(0, t))
	case learntLogit:
		return l.Top * logistic(t)
	}
	return portable.Exp(t)
}

func logistic(x float64) float64 { return 1 / (1 + portable.Exp(-x)) }

// law is that of a cell.
func (l *learnt) law(value float64, whole bool) law {
	u := l.around(value)
	var zero float64
	if l.Atom {
		zero = logistic(line(l.Zero, u))
	}
	if l.Form == learntBits {
		return bitLaw(1 - zero)
	}
	known := math.Min(math.Max(u, l.Least), l.Most)
	beyond := float64(math.Max(0, u-known) * math.Min(l.Place[1], l.Width))
	out := learntLaw{of: l, zero: zero, mean: line(l.Place, known) + beyond, deviation: portable.Exp(line(l.Spread, known))}
	if whole {
		out.from = 0.5
	}
	if !l.Atom {
		out.from = 0
	}
	if l.Form == learntRoot || out.from > 0 {
		out.cut = posterior.NormalCDF((l.transform(out.from) - out.mean) / out.deviation)
	}
	if out.cut > 1-chance { // there is nothing above
		out.zero, out.cut = 1, 0
	}
	return stepped(out, whole)
}

type learntLaw struct {
	of                    *learnt
	zero, mean, deviation float64
	from, cut             float64 // where values above 0 begin, and the normal probability below
}

func (l learntLaw) cdf(y float64) float64 {
	switch {
	case y < 0:
		return 0
	case y <= l.from:
		return l.zero
	case l.of.Form == learntLogit && y >= l.of.Top:
		return 1
	}
	p := (posterior.NormalCDF((l.of.transform(y)-l.mean)/l.deviation) - l.cut) / (1 - l.cut)
	return l.zero + float64((1-l.zero)*math.Max(0, p))
}

func (l learntLaw) quantile(p float64) float64 {
	if p <= l.zero {
		return 0
	}
	p = (p - l.zero) / (1 - l.zero)
	return l.of.undo(l.mean + float64(l.deviation*standardNormal(l.cut+float64((1-l.cut)*p))))
}

// newLearnt learns a form from held-out cells; nil where too few of their values are above 0, or of yes or no are either.
func newLearnt(cells []HeldOutCell, form learntForm, limit Limit) *learnt {
	const fewestZeros, fewest = 8, 20
	var none int
	var total float64
	stderrs := make([]float64, 0, len(cells))
	for _, h := range cells {
		if h.Value == 0 {
			none++
		}
		total += h.weight
		stderrs = append(stderrs, h.Stderr)
	}
	l := &learnt{Form: form, Top: limit.Max, Width: 1, Atom: none >= fewestZeros}
	switch above := len(cells) - none; {
	case form == learntBits && (!l.Atom || above < fewestZeros), form != learntBits && above < fewest:
		return nil
	case form != learntLogit && !l.Atom:
		return nil
	}
	slices.Sort(stderrs)
	l.Floor = stderrs[len(stderrs)/4]
	var mean, square float64
	for _, h := range cells {
		mean += float64(h.weight * l.around(h.Predicted) / total)
	}
	for _, h := range cells {
		d := l.around(h.Predicted) - mean
		square += float64(h.weight * d * d / total)
	}
	if l.Centre, l.Width = mean, math.Sqrt(square); !(l.Width > chance) {
		return nil
	}
	l.fit(cells, float64(len(cells))/total, limit.Whole)
	return l
}

// fit chooses the lines, every cell with its weight times each.
func (l *learnt) fit(cells []HeldOutCell, each float64, whole bool) {
	var zero, above []lineCell
	for _, h := range cells {
		c := lineCell{u: l.around(h.Predicted), weight: float64(each * h.weight)}
		y := h.Value
		if y == 0 {
			c.y = 1
		}
		zero = append(zero, c)
		if y == 0 && l.Atom {
			continue
		}
		if l.Form == learntLogit { // as if in the middle of the half step at an end
			least := float64(chance * l.Top)
			if whole {
				least = 0.25
			}
			y = math.Min(math.Max(y, least), l.Top-least)
		}
		if l.Form != learntBits {
			c.y = l.transform(y)
			above = append(above, c)
		}
	}
	if l.Atom {
		l.Zero = logisticLine(zero)
	}
	if l.Form != learntBits {
		l.Place, l.Spread = normalLine(above)
		byU := func(a, b lineCell) int { return cmp.Compare(a.u, b.u) }
		l.Least, l.Most = slices.MinFunc(zero, byU).u, slices.MaxFunc(zero, byU).u
	}
}

// learntWithout are learnt, for every cell, without its part of the pieces, of which there are some; nil where one cannot be.
func learntWithout(cells []HeldOutCell, form learntForm, limit Limit) []*learnt {
	const parts = 5
	at, count := inPieces(cells)
	out := make([]*learnt, len(cells))
	for p := range min(parts, count) {
		var others []HeldOutCell
		for c, h := range cells {
			if at[c]%parts != p {
				others = append(others, h)
			}
		}
		l := newLearnt(others, form, limit)
		if l == nil {
			return nil
		}
		for c := range cells {
			if at[c]%parts == p {
				out[c] = l
			}
		}
	}
	return out
}
