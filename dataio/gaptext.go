package dataio

import (
	"bytes"
	"sort"
	"strings"
)

// usualGaps are the spellings of a gap that need no option, in small letters. Runs of hyphens and of asterisks are gaps
// too.
var usualGaps = map[string]bool{
	"": true, "na": true, "nan": true, "null": true, "-nan": true, "+nan": true, "nat": true, "<na>": true, "n/a": true,
	"#n/a": true, "#na": true, "#null!": true, "#div/0!": true, "#value!": true, "#num!": true, "#ref!": true,
	"#name?": true, "none": true, "nil": true, "(null)": true, `\n`: true, "n.a.": true, "n.d.": true, "n/d": true,
	"nd": true, "missing": true,
	"#nv": true, "#n/d": true, "#wert!": true, "#bezug!": true, "#zahl!": true, "k.a.": true, "k. a.": true,
	".": true, "..": true, "...": true, "…": true, ":": true, "?": true, "–": true, "—": true, "−": true,
	"1.#qnan": true, "-1.#qnan": true, "1.#ind": true, "-1.#ind": true, "not available": true,
}

// longestGap is the length of the longest key of usualGaps.
const longestGap = len("not available")

func isUsualGap(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	if text[0] == '-' || text[0] == '*' {
		if len(bytes.TrimLeft(text, string(text[0]))) == 0 {
			return true
		}
	}
	if len(text) > longestGap {
		return false
	}
	var small [longestGap]byte
	for k, c := range text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		small[k] = c
	}
	if len(text) == 2 && small[0] == '.' && 'a' <= small[1] && small[1] <= 'z' { // the further gaps of Stata and SAS
		return true
	}
	return usualGaps[string(small[:len(text)])]
}

// GapMark is a spelling of a gap, and how often it stands in the value columns. The empty text is an empty field.
type GapMark struct {
	Text  string `json:"text"`
	Count int    `json:"count"`
}

// gapCounts counts spellings.
type gapCounts map[string]*int

func (g gapCounts) add(text []byte) { g.more(text, 1) }

func (g gapCounts) more(text []byte, n int) {
	count, ok := g[string(text)]
	if !ok {
		count = new(int)
		g[string(text)] = count
	}
	*count += n
}

// marks lists the spellings, the most frequent first.
func (g gapCounts) marks() []GapMark {
	var marks []GapMark
	for text, count := range g {
		marks = append(marks, GapMark{strings.ToValidUTF8(text, "\uFFFD"), *count})
	}
	sort.Slice(marks, func(a, b int) bool {
		if marks[a].Count != marks[b].Count {
			return marks[a].Count > marks[b].Count
		}
		return marks[a].Text < marks[b].Text
	})
	return marks
}

// absent are the spellings of a gap that were asked for and never met. The usual ones are gaps in any case: where
// spellings are not counted, as in arrays, nothing is said of them.
func (n *numbers) absent() (spellings []string) {
	for k, missing := range n.missing {
		met := n.met[k]
		for text := range n.counts {
			met = met || bytes.EqualFold([]byte(text), missing)
		}
		if !met && (len(n.counts) > 0 || !isUsualGap(missing)) {
			spellings = append(spellings, string(missing))
		}
	}
	return spellings
}
