package completion

import (
	"fmt"
	"math"
	"strings"

	"lacuna/tensor"
)

// CheckNonnegative returns an error where the values cannot be those of a model without negative entries and noise: where
// those below 0, of a label with units of its own, make up more than a hundredth of the sum of squares, which such a model
// leaves over at least. Otherwise it returns a remark on the values below 0, which then are noise; "" without any.
func CheckNonnegative(o *tensor.Observed) (remark string, err error) {
	const most = 0.01
	unit := unitMode(o)
	below, all, least := map[int]float64{}, map[int]float64{}, map[int]int{}
	count, lowest := 0, -1
	for c, y := range o.Values {
		at := -1
		if unit >= 0 {
			at = int(o.Index[unit][c])
		}
		all[at] += float64(y * y)
		if y >= 0 {
			continue
		}
		count++
		below[at] += float64(y * y)
		if k, met := least[at]; !met || y < o.Values[k] {
			least[at] = c
		}
		if lowest < 0 || y < o.Values[lowest] {
			lowest = c
		}
	}
	for _, at := range sortedKeys(below) {
		if share := below[at] / all[at]; share > most {
			return "", fmt.Errorf("factors without negative entries cannot give the values below 0, such as %v at %s: they are "+
				"%.2g %% of the sum of squares, more than noise around 0. Leave out what holds them, or do without non-negative "+
				"factors", o.Values[least[at]], cellWords(o, least[at]), 100*share)
		}
	}
	if count > 0 {
		noun := "known values are"
		if count == 1 {
			noun = "known value is"
		}
		remark = fmt.Sprintf("%d %s below 0, the lowest %v at %s: taken for noise around values that are not", count, noun,
			o.Values[lowest], cellWords(o, lowest))
	}
	return remark, nil
}

// cellWords names a cell by its labels.
func cellWords(o *tensor.Observed, c int) string {
	var words []string
	for n, i := range o.Cell(c) {
		words = append(words, o.Modes[n].Name+"="+o.Modes[n].Labels[i])
	}
	return strings.Join(words, ", ")
}

// notBelowZero is the limit of values without noise.
func notBelowZero() Limit { return Limit{Mode: -1, Min: 0, Max: math.Inf(1)} }
