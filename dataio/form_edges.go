package dataio

import (
	"bytes"
	"regexp"
	"slices"
)

// mostUnits is how many lines of units, or of what was measured how, may follow a header.
const mostUnits = 3

// skipUnits moves the body behind lines of units: words in all columns that hold numbers below.
func (f *form) skipUnits(path string, data []byte, rows [][]string) {
	r := newRecords(path, data, f.between, f.body)
	r.comment, r.nextLine = f.comment, f.bodyLine
	for k := range min(mostUnits, len(rows)) {
		if !isUnits(rows[k], rows[k+1:], len(f.names)) {
			return
		}
		for r.scan() && len(r.fields) == 0 {
		}
		f.note("line %d holds units, no row", r.line)
		f.body, f.bodyLine = r.next, r.nextLine
	}
}

// columnTypes is what the line below a header says in files of the US Geological Survey: 5s, 20d, 14n.
var columnTypes = regexp.MustCompile(`^\d+[sdn]$`)

// isUnits tells whether a row has words alone where the rows below have numbers, in two columns at least, or in the only
// one that has any.
func isUnits(row []string, below [][]string, columns int) bool {
	const fewest = 2 // rows below, and columns of numbers
	if !slices.ContainsFunc(row, func(text string) bool { return !columnTypes.MatchString(text) }) {
		return true
	}
	numeric, words := 0, 0
	for k := range columns {
		numbers, filled := 0, 0
		for i, other := range below {
			if k < len(other) && i >= mostUnits && !isUsualGap([]byte(other[k])) {
				filled++
			}
			if k < len(other) && i >= mostUnits && !isUsualGap([]byte(other[k])) && isNumber([]byte(other[k])) {
				numbers++
			}
		}
		if filled < fewest || 10*numbers < 9*filled {
			continue
		}
		numeric++
		switch {
		case k >= len(row) || isUsualGap([]byte(row[k])):
		case looksNumeric([]byte(row[k])):
			return false
		default:
			words++
		}
	}
	if words == 1 && numeric == 1 {
		return isAlien(row, below) || len(slices.DeleteFunc(slices.Clone(row), func(text string) bool { return text == "" })) == 1
	}
	return numeric >= fewest && words > 0 && (words == numeric || len(row) < columns || row[0] == "")
}

// isAlien tells that no text of a row stands below it in the same column, though some stand there more than once.
func isAlien(row []string, below [][]string) bool {
	const fewest = 8 // rows that show it
	repeats := false
	for k, text := range row {
		seen := map[string]bool{}
		for _, other := range below {
			if k >= len(other) || text != "" && other[k] == text {
				return false
			}
			repeats = repeats || other[k] != "" && seen[other[k]] && !isNumber([]byte(other[k]))
			seen[other[k]] = true
		}
	}
	return repeats && len(below) >= fewest
}

// looksNumeric tells whether a text is a number, perhaps with a flag.
func looksNumeric(text []byte) bool {
	_, gap, problem := (&numbers{mayComma: true, flags: true, counts: gapCounts{}}).parse(text)
	return !gap && problem != notANumber
}

// rowCount is what databases write below a table.
var rowCount = regexp.MustCompile(`^\(\d+ (rows?|Zeilen?|lignes?)\)$`)

// noteLine begins as remarks do whose commas cut them: Source: Met Office, 2020.
var noteLine = regexp.MustCompile(`^["(*]*\p{L}[\p{L} ]*: `)

// below is what a line may be that is found at the end of a text.
type below int

const (
	aRow      below = iota
	aBlank          // empty, or nothing but separators
	aSentence       // words in one field where a row has three or more, or the count that databases write
	aRemark         // words that are no row: in one field, or cut in fewer fields than a row has
	aShort          // half the fields of a row or fewer
)

// kindBelow tells what a line at the end may be, and whether it has a number.
func (f *form) kindBelow(r *records) (kind below, hasNumber bool) {
	filled, numbers := 0, 0
	for _, field := range r.fields {
		text := r.text(field)
		if len(text) > 0 {
			filled++
		}
		if isNumber(text) {
			numbers++
		}
	}
	line := bytes.TrimSpace(r.data[r.start:r.end])
	isShort, hasSpace := len(r.fields) < len(f.names), bytes.IndexByte(line, ' ') > 0
	switch {
	case filled == 0:
		return aBlank, false
	case isRule(line):
		return aBlank, false
	case rowCount.Match(line), numbers == 0 && (hasSpace || isMark(line)) && len(r.fields) == 1 && len(f.names) > 2:
		return aSentence, false
	case isShort && !f.between.space && noteLine.Match(line):
		return aSentence, false
	case len(r.text(r.fields[0])) > 0 && numbers == 0 && (filled == 1 || isShort && hasSpace):
		return aRemark, false
	case 2*len(r.fields) <= len(f.names) && !f.between.space:
		return aShort, numbers > 0
	}
	return aRow, numbers > 0
}

// isMark tells that a line begins as no label does, or is drawn: !series_matrix_table_end, %EOF, ______.
func isMark(line []byte) bool {
	return len(line) > 1 && (bytes.IndexByte([]byte("!%@#&*="), line[0]) >= 0 || len(bytes.Trim(line, "_-")) == 0)
}

// mostFooter is how many lines below the table are looked at.
const mostFooter = 40

// findFooter moves the stop before what follows the table: sentences, and behind an empty line also remarks and a table
// of fewer columns, such as footnotes with their numbers, whose first line is words.
func (f *form) findFooter(path string, data []byte) {
	end, cut := len(data), -1
	seen, sentences, hasNumber := false, true, false
	for range mostFooter {
		at := bytes.LastIndexByte(bytes.TrimSuffix(data[f.body:end], []byte("\n")), '\n') + 1 + f.body
		if at <= f.body || at >= end {
			break
		}
		r := newRecords(path, data[:end], f.between, at)
		r.comment = f.comment
		if !r.scan() || r.next != end {
			break
		}
		kind, number := f.kindBelow(r)
		if kind == aRow {
			break
		}
		if kind == aBlank {
			if seen && !hasNumber {
				cut = at
			}
		} else {
			seen, hasNumber, sentences = true, number, sentences && kind == aSentence
			if sentences {
				cut = at
			}
		}
		end = at
	}
	if cut >= 0 {
		f.stop = cut
		f.note("%s below the table skipped", plural(bytes.Count(bytes.TrimSpace(data[cut:]), []byte("\n"))+1, "line"))
	}
}
