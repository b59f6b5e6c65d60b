package dataio

import (
	"bytes"
	"regexp"
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

// isUnits tells whether a row has words alone where the rows below have numbers, in two columns at least.
func isUnits(row []string, below [][]string, columns int) bool {
	const fewest = 2 // rows below, and columns of numbers
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
	return numeric >= fewest && words > 0 && (words == numeric || len(row) < columns || row[0] == "")
}

// looksNumeric tells whether a text is a number, perhaps with a flag.
func looksNumeric(text []byte) bool {
	_, gap, problem := (&numbers{mayComma: true, flags: true, counts: gapCounts{}}).parse(text)
	return !gap && problem != notANumber
}

// rowCount is what databases write below a table.
var rowCount = regexp.MustCompile(`^\(\d+ (rows?|Zeilen?|lignes?)\)$`)

// remark tells whether a line below the table is empty, or words that are no row: in one field, or a sentence cut in
// fewer fields than a row has.
func (f *form) remark(r *records) (isBlank, isRemark bool) {
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
	if filled == 0 || rowCount.Match(bytes.TrimSpace(r.data[r.start:r.end])) {
		return true, false
	}
	sentence := len(r.fields) < len(f.names) && numbers == 0 && bytes.IndexByte(r.data[r.start:r.end], ' ') > 0
	return false, len(r.text(r.fields[0])) > 0 && (filled == 1 && numbers == 0 || sentence)
}

// mostFooter is how many lines below the table are looked at.
const mostFooter = 40

// findFooter moves the stop before what follows the table after an empty line: sources, notes, dates.
func (f *form) findFooter(path string, data []byte) {
	end := len(data)
	blank := -1
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
		switch isBlank, isRemark := f.remark(r); {
		case isBlank:
			blank = at
		case !isRemark:
			end = f.body
		}
		if end == f.body {
			break
		}
		end = at
	}
	if blank < 0 {
		return
	}
	if rest := bytes.Trim(data[blank:], "\r\n\t ,;|"); len(rest) > 0 {
		f.stop = blank
		f.note("%s below the table skipped", plural(bytes.Count(bytes.TrimSpace(data[blank:]), []byte("\n"))+1, "line"))
	}
}
