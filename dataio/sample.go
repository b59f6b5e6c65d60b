package dataio

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lacuna/internal/coordinate"
)

// sample is some rows of a table of columns, from all over it, and all of them where there are few.
type sample struct {
	names []string
	rows  [][]string // of contents, one a name
	whole bool       // these are all rows
	facts []*facts   // of every column, nil until asked for

	censored bool // limits may stand in place of numbers

	keys, rowNumbers []int // columns of which the file says that they tell the rows apart, or number them
}

// facts is what a sample shows of a column.
type facts struct {
	filled, numbers, decimals int
	distinct                  map[string]int // how often every text stands
	sequence                  bool           // 0, 1, 2, … or 1, 2, 3, … over all rows
	rising                    bool           // numbers in all rows, each greater than the one before
	low, high                 float64
}

func newSample(names []string, rows [][]string, whole bool) *sample {
	return &sample{names: names, rows: rows, whole: whole, facts: make([]*facts, len(names))}
}

// of looks at a column.
func (s *sample) of(column int) *facts {
	if s.facts[column] != nil {
		return s.facts[column]
	}
	f := &facts{distinct: map[string]int{}, sequence: s.whole, rising: true, low: math.Inf(1), high: math.Inf(-1)}
	n := &numbers{mayComma: true, flags: true, counts: gapCounts{}}
	last, first := math.Inf(-1), 0
	for k, row := range s.rows {
		text := row[column]
		if k == 0 {
			first, _ = strconv.Atoi(text)
		}
		f.sequence = f.sequence && text == strconv.Itoa(k+first) && (first == 0 || first == 1)
		if isUsualGap([]byte(text)) {
			f.rising = false
			continue
		}
		f.filled++
		f.distinct[text]++
		value, gap, problem := n.parse([]byte(text))
		if s.censored && isLimit([]byte(text)) {
			f.numbers++
			f.decimals++ // no label is a limit
			f.rising = false
			continue
		}
		if gap || problem != "" {
			f.rising = false
			continue
		}
		f.numbers++
		if value != math.Trunc(value) || strings.ContainsAny(text, ".,") {
			f.decimals++
		}
		f.rising = f.rising && value > last
		f.low, f.high, last = min(f.low, value), max(f.high, value), value
	}
	s.facts[column] = f
	return f
}

// isTwin tells that another column has the same name, and is no copy of the first of that name.
func (s *sample) isTwin(column int) bool {
	name := s.names[column]
	if first := slices.Index(s.names, name); first != column {
		return name != ""
	}
	for k := column + 1; k < len(s.names) && name != ""; k++ {
		if s.names[k] == name && !s.isCopy(k) {
			return true
		}
	}
	return false
}

// isCopy tells that a column repeats the first of its name in all rows.
func (s *sample) isCopy(column int) bool {
	first := slices.Index(s.names, s.names[column])
	return first != column && s.names[column] != "" && len(s.rows) > 0 &&
		!slices.ContainsFunc(s.rows, func(row []string) bool { return row[first] != row[column] })
}

// isNumeric tells that a column holds numbers, but for a few words that the reader will name.
func (s *sample) isNumeric(column int) bool {
	f := s.of(column)
	return f.numbers > 0 && 2*f.numbers >= f.filled
}

// isConstant tells that a column has one text in all rows, or none.
func (s *sample) isConstant(column int) bool {
	f := s.of(column)
	return len(f.distinct) <= 1 && (f.filled == len(s.rows) || f.filled == 0)
}

// hasGaps tells that some row has nothing in a column.
func (s *sample) hasGaps(column int) bool { return s.of(column).filled < len(s.rows) }

// timeWords name columns of parts of time, which are labels even where they are numbers.
var timeWords = regexp.MustCompile(`(?i)^(year|yyyy|yr|month|mm|mon|day|dd|date|time|datetime|hour|hh|minute|week|` +
	`doy|quarter|season|decade|period|time_period|date_?time|yearmonth|yyyymm|yyyymmdd|jahr|monat|tag|datum|année|annee|` +
	`mois)$`)

// placeWords name columns that say where something is, which is measured once and no measurement of the table.
var placeWords = regexp.MustCompile(`(?i)^(lat|lon|lng|long|latitude|longitude|elev|elevation|altitude|easting|northing)$`)

// heightWords are those of them that say how high.
var heightWords = regexp.MustCompile(`(?i)^(elev|elevation|altitude)$`)

// keyWords name columns that number things.
var keyWords = regexp.MustCompile(
	`(?i)(^|[ _.])(id|ids|uuid|guid|index|key|rownames?|row_?number|no\.?|nr\.?)$|(?-i:[a-z]I[dD])$`)

// qualityWords name columns that tell how good a value is.
var qualityWords = regexp.MustCompile(`(?i)(^|[ _.])(q|qc|qa|qf|flags?|quality|status|attributes?)([ _.]|$)`)

// isTime tells that whole numbers are times since 1970 that differ enough.
func isTime(low, high float64) bool {
	_, second := coordinate.SinceEpoch(low, high)
	return second > 1 && high-low >= second || second == 1 && high-low >= 100
}

// isStamp tells that a column holds times as numbers.
func (s *sample) isStamp(column int) bool {
	f := s.of(column)
	return s.isNumeric(column) && f.decimals == 0 && 2*len(f.distinct) > f.filled && isTime(f.low, f.high)
}

// clockWords are in the names of columns that say in one number when a row is.
var clockWords = regexp.MustCompile(`(?i)year|date|time|decimal|julian|epoch|stamp`)

// isClimbing tells that a column rises from row to row and says by its name that it is a time.
func (s *sample) isClimbing(column int) bool {
	return s.of(column).rising && len(s.rows) >= fewestRows && clockWords.MatchString(s.names[column])
}

// isFlag tells that a column holds nothing but two marks, or says by its name that it tells of quality.
func (s *sample) isFlag(column int) bool {
	f := s.of(column)
	if qualityWords.MatchString(s.names[column]) && f.decimals == 0 && len(f.distinct) <= 32 {
		return true
	}
	for text := range f.distinct {
		if text != "0" && text != "1" {
			return false
		}
	}
	return len(f.distinct) > 0 && len(s.rows) >= 8
}

// isKey tells that a column numbers the rows or things.
func (s *sample) isKey(column int) bool {
	f := s.of(column)
	all := f.filled == len(s.rows) && len(f.distinct) == f.filled && f.decimals == 0 && s.isNumeric(column)
	counts := f.rising && f.high-f.low == float64(f.filled-1)
	return all && f.filled >= fewestRows && (f.sequence || counts || keyWords.MatchString(s.names[column]))
}

// areUnique tells that no two rows agree in the columns.
func (s *sample) areUnique(columns []int) bool {
	seen := make(map[string]bool, len(s.rows))
	var key []byte
	for _, row := range s.rows {
		key = key[:0]
		for _, k := range columns {
			key = append(append(key, row[k]...), 0)
		}
		if seen[string(key)] {
			return false
		}
		seen[string(key)] = true
	}
	return true
}

// follows tells that all rows with one text in column a have one text in column b, and that enough texts occur more
// than once to show it.
func (s *sample) follows(b, a int) bool {
	first := make(map[string]string, len(s.rows))
	for _, row := range s.rows {
		if other, seen := first[row[a]]; !seen {
			first[row[a]] = row[b]
		} else if other != row[b] {
			return false
		}
	}
	repeats := len(s.rows) - len(first)
	return s.whole && len(first) == len(s.rows) || repeats >= 3 && 4*repeats >= len(first)
}

// repeats tells that a column says the same in all rows with one label of another, gaps aside, and says it often enough.
func (s *sample) repeats(b, a int) bool {
	first := make(map[string]string, len(s.rows))
	known := 0
	for _, row := range s.rows {
		if isUsualGap([]byte(row[b])) {
			continue
		}
		known++
		if other, seen := first[row[a]]; !seen {
			first[row[a]] = row[b]
		} else if other != row[b] {
			return false
		}
	}
	return known >= 2*len(first) && known >= len(first)+3
}

// key leaves out of the columns what is constant and what follows from another: the columns that tell the rows apart.
func (s *sample) key(columns []int) []int {
	var kept []int
	for _, k := range columns {
		if s.isConstant(k) {
			continue
		}
		needed := true
		for _, other := range kept {
			needed = needed && !s.follows(k, other)
		}
		if needed {
			kept = append(kept, k)
		}
	}
	for at := 0; at < len(kept); at++ {
		for _, other := range kept[at+1:] {
			if s.follows(kept[at], other) && (!s.of(other).sequence || keyWords.MatchString(s.names[other])) {
				kept = append(kept[:at], kept[at+1:]...)
				at--
				break
			}
		}
	}
	return kept
}
