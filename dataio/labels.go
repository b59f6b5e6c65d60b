package dataio

import (
	"fmt"
	"strconv"
	"strings"
)

// labelNumber is the number that a label spells.
func labelNumber(label string) (float64, bool) {
	if value, _, ok := plainNumber([]byte(label)); ok {
		return value, true
	}
	value, err := strconv.ParseFloat(label, 64)
	return value, err == nil && !strings.ContainsAny(label, "nNxX_pP")
}

// unseen drops letters that nobody sees.
var unseen = strings.NewReplacer("\u200B", "", "\u200C", "", "\u200D", "", "\u2060", "", "\uFEFF", "", "\u00AD", "")

// commonLabel is what labels have in common that differ by zeros, case or spaces only.
func commonLabel(label string) string {
	label = unseen.Replace(label)
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
