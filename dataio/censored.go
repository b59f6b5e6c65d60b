package dataio

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"lacuna/tensor"
)

// Censored lists cells of which the file says limits in place of a value, such as <0.5. The k-th has the coordinate
// Index[n][k] in mode n; its value lies between Low[k] and High[k], neither included, one of which may be infinite. A
// limit that is included, as in ≤0.5 and 0.1..0.5, is the next number beyond it.
type Censored struct {
	Index     [][]int32
	Low, High []float64
}

// Limited counts the cells of which a file says limits.
type Limited struct {
	Below   int `json:"below"`   // <0.5
	Above   int `json:"above"`   // >200
	Between int `json:"between"` // 0.1..0.5
}

// All is their number.
func (l *Limited) All() int {
	if l == nil {
		return 0
	}
	return l.Below + l.Above + l.Between
}

func (l *Limited) add(low, high float64) {
	switch {
	case math.IsInf(low, -1):
		l.Below++
	case math.IsInf(high, 1):
		l.Above++
	default:
		l.Between++
	}
}

// bounds are the limits of a listed gap.
type bounds struct {
	gap       int // its number
	low, high float64
}

// limits reads what says limits in place of a value: <0.5, ≤ 0.5, <=0.5, >200, ≥200, >=200, 0.1..0.5, [0.1, 0.5]. ok is
// false for another text; problem is as of parse, of a number in it.
func (n *numbers) limits(text []byte) (low, high float64, problem string, ok bool) {
	low, high = math.Inf(-1), math.Inf(1)
	number := func(text []byte, to *float64) {
		value, gap, wrong := n.parseExact(bytes.TrimSpace(text))
		if wrong == "" && gap {
			wrong = notANumber
		}
		if *to = value; problem == "" {
			problem = wrong
		}
	}
	for _, sign := range []struct {
		text  string
		upper bool
	}{
		{"<=", true}, {"=<", true}, {"≤", true}, {"<", true}, {">=", false}, {"=>", false}, {"≥", false}, {">", false},
	} {
		if rest, found := bytes.CutPrefix(text, []byte(sign.text)); found {
			included := len(sign.text) > 1 // with an equals sign, or ≤ and ≥, which are longer too
			switch {
			case sign.upper:
				if number(rest, &high); included {
					high = math.Nextafter(high, math.Inf(1))
				}
			default:
				if number(rest, &low); included {
					low = math.Nextafter(low, math.Inf(-1))
				}
			}
			return low, high, problem, len(rest) > 0
		}
	}
	from, to, found := bytes.Cut(text, []byte(".."))
	if last := len(text) - 1; last > 0 && bytes.IndexByte([]byte("[("), text[0]) >= 0 && bytes.IndexByte([]byte("])"), text[last]) >= 0 {
		for _, between := range []string{"..", ";", ","} {
			if from, to, found = bytes.Cut(text[1:last], []byte(between)); found {
				break
			}
		}
	}
	if !found || len(from) == 0 || len(to) == 0 || !isNumber(bytes.TrimSpace(from)) || !isNumber(bytes.TrimSpace(to)) {
		return 0, 0, "", false
	}
	number(from, &low)
	number(to, &high)
	if problem == "" && !(low < high) {
		problem = noInterval
	}
	return math.Nextafter(low, math.Inf(-1)), math.Nextafter(high, math.Inf(1)), problem, true
}

// isLimit tells that a text says limits in place of a value.
func isLimit(text []byte) bool {
	_, _, problem, ok := (&numbers{mayComma: true}).limits(text)
	return ok && (problem == "" || problem == withFlag)
}

// limitRemedy says what to do about limits where they are not asked for.
const limitRemedy = "that is a limit: --censored takes it for one and fills the value between the limits. Or write what stands for it, " +
	"such as half the limit of detection, or leave the value empty for a gap, which may be filled beyond the limit"

// limitsOfGap are the limits of what parse took for a gap, if they are asked for and there are some. Flags beside them are
// counted already.
func (n *numbers) limitsOfGap(text []byte) (low, high float64, ok bool) {
	if !n.censored {
		return 0, 0, false
	}
	flagged := n.flagged
	low, high, _, ok = n.limits(text)
	n.flagged = flagged
	return low, high, ok
}

// censor notes the limits of the gap that was taken up last, if the text says some.
func (b *builder) censor(n *numbers, text []byte) {
	if low, high, ok := n.limitsOfGap(text); ok {
		b.limits = append(b.limits, bounds{b.listed - 1, low, high})
	}
}

// takeLimits gives the table the limits of its gaps, each cell once. It returns an error for limits that contradict each
// other or a value.
func (t *Table) takeLimits(limits []bounds) error {
	if len(limits) == 0 {
		return nil
	}
	own := &tensor.Observed{Modes: t.modes, Index: make([][]int32, len(t.modes))}
	count, gaps := &Limited{}, t.listed()
	for _, b := range limits {
		if value, known := t.known[b.gap]; known {
			if !(b.low <= value && value <= b.high) {
				return t.contradiction(b, fmt.Sprintf("the value %v", value))
			}
			continue
		}
		for n := range own.Index {
			own.Index[n] = append(own.Index[n], gaps[n][b.gap])
		}
		own.Low, own.High = append(own.Low, b.low), append(own.High, b.high)
		count.add(b.low, b.high)
	}
	order := orderCells(own.Modes, own.Index)
	c := &Censored{Index: make([][]int32, len(own.Index))}
	for k := range own.Low {
		at := order.at(k)
		if last := len(c.Low) - 1; k > 0 && order.same(k-1, k) {
			c.Low[last], c.High[last] = math.Max(c.Low[last], own.Low[at]), math.Min(c.High[last], own.High[at])
			if !(c.Low[last] < c.High[last]) {
				return &Error{
					Path: t.Path, Problem: fmt.Sprintf("the limits of cell %s contradict each other", own.CellName(at)),
					Remedy: "leave one of them",
				}
			}
			continue
		}
		for n := range c.Index {
			c.Index[n] = append(c.Index[n], own.Index[n][at])
		}
		c.Low, c.High = append(c.Low, own.Low[at]), append(c.High, own.High[at])
	}
	if t.censored, t.Reading.Censored = c, count; len(c.Low) == 0 {
		t.censored, t.Reading.Censored = nil, nil
	}
	t.limited = make(map[int]bool, len(limits))
	for _, b := range limits {
		if _, known := t.known[b.gap]; !known {
			t.limited[b.gap] = true
		}
	}
	return nil
}

func (t *Table) contradiction(b bounds, what string) error {
	cell := &tensor.Observed{Modes: t.modes, Values: []float64{0}}
	for _, column := range t.listed() {
		cell.Index = append(cell.Index, []int32{column[b.gap]})
	}
	return &Error{
		Path: t.Path, Problem: fmt.Sprintf("cell %s is to lie %s in one row and has %s in another", cell.CellName(0), limitWords(b.low, b.high), what),
		Remedy: "leave one of them",
	}
}

// limitWords says limits.
func limitWords(low, high float64) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', valueDigits, 64) }
	switch {
	case math.IsInf(low, -1):
		return "below " + number(high)
	case math.IsInf(high, 1):
		return "above " + number(low)
	}
	return "between " + number(low) + " and " + number(high)
}

// Censored lists the cells of which the file says limits, each once; nil without any. The slices are the table's.
func (t *Table) Censored() *Censored {
	if t.parts == nil {
		return t.censored
	}
	var out *Censored
	for _, p := range t.parts {
		own := p.Censored()
		if own == nil {
			continue
		}
		if out == nil {
			out = &Censored{Index: make([][]int32, len(t.modes))}
		}
		from, to := make([]int32, len(own.Index)), make([]int32, len(out.Index))
		for k := range own.Low {
			for n, column := range own.Index {
				from[n] = column[k]
			}
			p.cell(to, from)
			for n, i := range to {
				out.Index[n] = append(out.Index[n], i)
			}
		}
		out.Low, out.High = append(out.Low, own.Low...), append(out.High, own.High...)
	}
	return out
}

// withoutLimits are the listed gaps of which the file says nothing.
func (t *Table) withoutLimits() [][]int32 {
	gaps := t.listed()
	if len(t.limited) == 0 {
		return gaps
	}
	out := make([][]int32, len(gaps))
	for n, column := range gaps {
		out[n] = make([]int32, 0, len(column))
		for k, i := range column {
			if !t.limited[k] {
				out[n] = append(out[n], i)
			}
		}
	}
	return out
}

// sumLimited adds counts of several files.
func sumLimited(a, b *Limited) *Limited {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &Limited{a.Below + b.Below, a.Above + b.Above, a.Between + b.Between}
}

// The arrays of an archive that hold limits of the elements of the one with the values, NaN where there is none.
const (
	aboveName = "above"
	belowName = "below"
)

// elementLimits are the limits of the elements of an array, by position; nil where no element has any.
type elementLimits struct{ above, below []float64 }

// at returns the limits of an element; ok is false where it has none.
func (l *elementLimits) at(position int) (low, high float64, ok bool) {
	low, high = math.Inf(-1), math.Inf(1)
	if l == nil {
		return low, high, false
	}
	for _, side := range []struct {
		limits []float64
		to     *float64
	}{{l.above, &low}, {l.below, &high}} {
		if side.limits != nil && !math.IsNaN(side.limits[position]) {
			*side.to, ok = side.limits[position], true
		}
	}
	return low, high, ok && !(math.IsInf(low, -1) && math.IsInf(high, 1))
}

// check returns what is wrong with the limits of an element that has that value, NaN for a gap; "" for nothing.
func (l *elementLimits) check(position int, value float64) (problem string) {
	low, high, ok := l.at(position)
	switch {
	case !ok:
		return ""
	case !math.IsNaN(value):
		return fmt.Sprintf("has the value %v and limits: give NaN where a value is not known", value)
	case !(low < high):
		return fmt.Sprintf("is to lie above %v and below %v: give limits in order", low, high)
	}
	return ""
}

// limitsOfElements says what to do about them.
const limitsOfElements = "see to the arrays " + aboveName + " and " + belowName + ", or leave --censored out"

// censor notes the limits of the gap that was taken up last, if its element has some.
func (l *elementLimits) censor(b *builder, position int) {
	if low, high, ok := l.at(position); ok {
		b.limits = append(b.limits, bounds{b.listed - 1, low, high})
	}
}

// readLimits reads the arrays of limits of an archive, in the positions of the array with the values.
func (a *npzArchive) readLimits(array *npySource) (*elementLimits, error) {
	out := &elementLimits{}
	for _, side := range []struct {
		name string
		to   *[]float64
	}{{aboveName, &out.above}, {belowName, &out.below}} {
		if a.members[side.name] == nil {
			continue
		}
		limits, err := a.read(side.name)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(limits.shape, array.shape) {
			return nil, &Error{
				Path: a.path, Problem: fmt.Sprintf("the array has the shape %v, and its limits %s %v", array.shape, side.name, limits.shape),
				Remedy: "give limits of the array's shape, NaN where there are none",
			}
		}
		var inOrder []float64
		limits.eachCell(func(_ []int32, position int) error {
			inOrder = append(inOrder, limits.element(position))
			return nil
		})
		own := make([]float64, array.cells())
		array.eachCell(func(_ []int32, position int) error {
			own[position] = inOrder[0]
			inOrder = inOrder[1:]
			return nil
		})
		*side.to = own
	}
	if out.above == nil && out.below == nil {
		return nil, nil
	}
	return out, nil
}
