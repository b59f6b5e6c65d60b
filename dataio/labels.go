package dataio

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/coordinate"
)

// sortLabels puts labels that are numbers or dates in order, unless they stand in rising or falling order, and returns
// the number that every label had, nil for a mode that stays as it is. The columns of a table with several value columns
// stay.
func (b *builder) sortLabels() [][]int32 {
	original := make([][]int32, len(b.labels))
	for n, labels := range b.labels {
		if b.columns != nil && n >= len(b.columns.index) {
			continue
		}
		order := b.sortedLabels(n)
		if order == nil {
			continue
		}
		original[n] = order
		place := make([]int32, len(order))
		sorted := make([]string, len(order))
		for i, before := range order {
			place[before] = int32(i)
			sorted[i] = labels[before]
		}
		b.labels[n] = sorted
		for _, column := range [][]int32{b.index[n], b.gaps[n]} {
			for c, i := range column {
				column[c] = place[i]
			}
		}
	}
	return original
}

// sortedLabels returns the labels' numbers in the order of the numbers or times that they are; nil where they are neither
// or in order.
func (b *builder) sortedLabels(n int) []int32 {
	labels := b.labels[n]
	places := make([]float64, len(labels))
	numeric := true
	for k, label := range labels {
		if places[k], numeric = labelNumber(label); !numeric {
			break
		}
	}
	if !numeric {
		axis, err := coordinate.Read(labels, coordinate.Hints{Name: b.names[n], Dates: coordinate.DateOrder(b.options.Dates)})
		if e := new(coordinate.Conflict); errors.As(err, &e) {
			b.conflicts = append(b.conflicts, Error{
				Path: b.path, Column: b.names[n], Problem: e.Problem, Remedy: e.Remedy,
			})
		}
		if err != nil || axis.Kind == coordinate.None {
			return nil
		}
		copy(places, axis.At)
	}
	rising, falling := true, true
	for k := 1; k < len(places); k++ {
		rising, falling = rising && places[k-1] <= places[k], falling && places[k-1] >= places[k]
	}
	if rising || falling {
		return nil
	}
	order := make([]int32, len(labels))
	for k := range order {
		order[k] = int32(k)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(places[a], places[b]) })
	return order
}

// labelNumber is the number that a label spells.
func labelNumber(label string) (float64, bool) {
	if value, _, ok := plainNumber([]byte(label)); ok {
		return value, true
	}
	value, err := strconv.ParseFloat(label, 64)
	return value, err == nil && !strings.ContainsAny(label, "nNxX_pP")
}

// commonLabel is what labels have in common that differ by zeros, case or spaces only.
func commonLabel(label string) string {
	if value, ok := labelNumber(strings.TrimSpace(label)); ok {
		return strconv.FormatFloat(value, 'g', -1, 64)
	}
	var out strings.Builder
	fields := strings.Join(strings.Fields(strings.ToLower(label)), " ")
	for k := 0; k < len(fields); k++ {
		zero := fields[k] == '0' && k+1 < len(fields) && '0' <= fields[k+1] && fields[k+1] <= '9'
		inside := k > 0 && ('0' <= fields[k-1] && fields[k-1] <= '9' || fields[k-1] == '.' || fields[k-1] == ',')
		if zero && !inside {
			for k+1 < len(fields) && fields[k] == '0' && '0' <= fields[k+1] && fields[k+1] <= '9' {
				k++
			}
		}
		out.WriteByte(fields[k])
	}
	return out.String()
}

// alike finds labels of a mode that differ by zeros, case or spaces only.
func alike(labels []string, number map[string]int32) (pairs [][2]string) {
	changed := map[string]string{}
	for _, label := range labels {
		if isCanonical(label) {
			continue
		}
		same := commonLabel(label)
		if same == label {
			continue
		}
		if _, taken := number[same]; taken {
			pairs = append(pairs, [2]string{same, label})
		} else if other, seen := changed[same]; seen {
			pairs = append(pairs, [2]string{other, label})
		}
		changed[same] = label
	}
	return pairs
}

// isCanonical tells that a label is digits without a zero before them: no other one that is so is like it.
func isCanonical(label string) bool {
	return isDigits(label) && (label[0] != '0' || len(label) == 1) && len(label) < 15
}

// likeLabels doubts that labels that are spelt alike are different ones.
func (b *builder) likeLabels() (doubts []Error) {
	if b.options.MergeLabels {
		return nil
	}
	for n, labels := range b.labels {
		if b.columns == nil || n >= len(b.columns.index) {
			continue
		}
		pairs := alike(labels, b.numbers[n])
		if len(pairs) == 0 {
			continue
		}
		doubts = append(doubts, Error{
			Path: b.path, Column: b.names[n],
			Problem: fmt.Sprintf("labels %q and %q differ by zeros, case or spaces only (%s)", shorten(pairs[0][0]),
				shorten(pairs[0][1]), plural(len(pairs), "such pair")),
			Remedy: "make one label of such ones with --merge-labels",
		})
	}
	return doubts
}
