package dataio

import (
	"fmt"
	"math"
	"strings"
)

// totalWords and meanWords name labels that add the others up, or average them.
var (
	totalWords = wordSet("total totals subtotal all sum sums summe gesamt insgesamt zusammen somme ensemble suma razem totale totaal")
	meanWords  = wordSet("mean average avg mittel mittelwert durchschnitt moyenne media promedio gemiddelde")
)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(words) {
		set[word] = true
	}
	return set
}

// isTotalName tells that a label says that it adds the others up, or averages them.
func isTotalName(label string) (isTotal, mean bool) {
	word := strings.TrimPrefix(strings.ToLower(strings.Trim(label, " :.*")), "grand ")
	return totalWords[word] || meanWords[word], meanWords[word]
}

// isTotal tells that a column is by its name the sum or the mean of other ones, and is so in most rows that have no gap.
func (s *sample) isTotal(column int, others []int) bool {
	const near, most = 0.01, 0.9
	named, mean := isTotalName(s.names[column])
	if !named || len(others) < 2 {
		return false
	}
	n := &numbers{mayComma: true, flags: true, counts: gapCounts{}}
	whole, same := 0, 0
	for _, row := range s.rows {
		value, gap, problem := n.parse([]byte(row[column]))
		sum := 0.0
		for _, k := range others {
			x, none, wrong := n.parse([]byte(row[k]))
			gap, problem, sum = gap || none, problem+wrong, sum+x
		}
		if mean {
			sum /= float64(len(others))
		}
		if gap || problem != "" {
			continue
		}
		if whole++; math.Abs(value-sum) <= near*math.Abs(value) {
			same++
		}
	}
	return whole >= fewestFibres && float64(same) >= most*float64(whole)
}

// fewestFibres is how many sums or means show that a label is one.
const fewestFibres = 3

// totals doubts a label that by its name and by its values is the sum or the mean of the other labels of its mode.
func (b *builder) totals(t *Table) (doubts []Error) {
	for n, labels := range b.labels {
		if n >= len(b.columns.index) && b.columns.asked.value && !b.columns.proposed {
			continue
		}
		for i, label := range labels {
			isTotal, mean := isTotalName(label)
			if !isTotal || len(labels) < 3 || !t.addsUp(n, int32(i), mean) {
				continue
			}
			what := "the sum"
			if mean {
				what = "the mean"
			}
			remedy := "remove its rows"
			if n >= len(b.columns.index) {
				remedy = "name the others with --value"
			}
			doubts = append(doubts, Error{
				Path: b.path, Column: b.names[n],
				Problem: fmt.Sprintf("the label %q is %s of the others by its name and its values", shorten(label), what),
				Remedy:  remedy,
			})
		}
	}
	return doubts
}

// addsUp tells that in nine of ten fibres along mode n the value at a label is their mean, or as a sum of numbers of
// one sign is, at least as far from zero as all others: parts of a sum may be missing.
func (t *Table) addsUp(n int, label int32, mean bool) bool {
	const near, share = 0.01, 0.9
	type fibre struct {
		value, sum, most float64
		others           int
		has              bool
	}
	fibres := map[string]*fibre{}
	var key []byte
	for index, values := range t.cells.each() {
		for c, v := range values {
			key = key[:0]
			for m := range index {
				if i := index[m][c]; m != n {
					key = append(key, byte(i), byte(i>>8), byte(i>>16), byte(i>>24))
				}
			}
			f := fibres[string(key)]
			if f == nil {
				f = &fibre{}
				fibres[string(key)] = f
			}
			if index[n][c] == label {
				f.value, f.has = v, true
				continue
			}
			f.sum, f.others, f.most = f.sum+v, f.others+1, max(f.most, math.Abs(v))
		}
	}
	checked, held := 0, 0
	for _, f := range fibres {
		if !f.has || f.others < 2 {
			continue
		}
		checked++
		if mean {
			if math.Abs(f.sum/float64(f.others)-f.value) <= near*f.most {
				held++
			}
		} else if math.Abs(f.value) >= f.most && f.value*f.sum > 0 {
			held++
		}
	}
	return checked >= fewestFibres && float64(held) >= share*float64(checked)
}
