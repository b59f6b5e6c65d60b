package dataio

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"slices"

	"lacuna/internal/parallel"
)

// pieceSize is about how many bytes of a text one processor reads at a time: their cells stay in its cache.
const pieceSize = 1 << 18

// eachCell hands all cells to the builder. Pieces of the text are read side by side, each from the beginning of a line.
// A piece counts if the one before it ends where it begins: a quoted field may run across the border, and what follows
// is then read again from the end of its row. So the result is that of reading row by row, for any number of threads.
func (s *csvSource) eachCell(b *builder) error {
	return s.eachPiece(b, false, func(pieces []*cellReader) error {
		b.takeCells(runtime.GOMAXPROCS(0), pieces)
		return nil
	})
}

// eachPiece is eachCell for any taker of pieces that follow each other.
func (s *csvSource) eachPiece(b *builder, dense bool, take func(pieces []*cellReader) error) error {
	threads := runtime.GOMAXPROCS(0)
	readers := make([]cellReader, min(threads, (s.stop-s.body)/pieceSize+1))
	for k := range readers {
		readers[k].dense = dense
	}
	rows := 0
	for at := s.body; at < s.stop; {
		borders := s.borders(at, len(readers))
		parallel.For(threads, len(borders)-1, func(k int) { readers[k].read(s, b, borders[k], borders[k+1]) })
		var taken []*cellReader
		for k := range borders[1:] {
			r := &readers[k]
			if r.from != at {
				continue
			}
			if r.err != nil {
				r.err.Line += s.bodyLine - 1 + bytes.Count(s.data[s.body:at], []byte("\n"))
				return r.err
			}
			at = r.stop
			rows += r.rows
			s.filledDown += r.filledDown
			s.numbers.join(r.numbers)
			r.numberLabels(b)
			taken = append(taken, r)
		}
		if err := take(taken); err != nil {
			return err
		}
	}
	if rows == 0 {
		return &Error{
			Path: s.path, Problem: "there is no row below the header", Remedy: "give a table with at least one row of data",
		}
	}
	return nil
}

// borders cuts the text from one line on into as many pieces at most, and returns where they begin and end.
func (s *csvSource) borders(from, most int) []int {
	if s.fillDown { // the labels of a row may stand in any row above
		return []int{from, s.stop}
	}
	borders := []int{from}
	for range most {
		end := min(from+pieceSize, s.stop)
		if at := bytes.IndexByte(s.data[end:s.stop], '\n'); at >= 0 {
			end += at + 1
		} else {
			end = s.stop
		}
		if borders = append(borders, end); end == s.stop {
			break
		}
		from = end
	}
	return borders
}

// cellReader reads the cells of a piece of a text. It uses the labels that the builder has, and numbers those that it
// meets first itself, as −1, −2, …, until the builder takes them up.
type cellReader struct {
	source     *csvSource
	from, stop int // of the piece; the last row may end behind the border
	rows       int
	filledDown int    // labels that were taken from above
	err        *Error // its line counts from the piece

	labels   []labelFinder // of the index columns
	numbers  *numbers
	cell     []int32
	index    [][]int32 // of as many places as values
	values   []float64 // the first observed of them are cells
	gaps     [][]int32
	limits   []bounds // of some of them
	observed int

	dense bool    // of every row one label and all values, NaN for a gap: index, gaps and limits stay empty
	first []int32 // the labels of these rows
	none  int     // the gaps among them
}

// read reads the rows that begin in data[from:end].
func (r *cellReader) read(s *csvSource, b *builder, from, end int) {
	if r.labels == nil {
		r.source, r.cell = s, make([]int32, len(b.names))
		r.index, r.gaps = make([][]int32, len(b.names)), make([][]int32, len(b.names))
		r.labels = make([]labelFinder, len(s.index))
	}
	for n := range b.names {
		r.gaps[n] = r.gaps[n][:0]
	}
	for n := range r.labels {
		r.labels[n].begin(b.numbers[n])
	}
	r.observed, r.numbers, r.limits = 0, s.numbers.fork(), nil
	r.first, r.none = r.first[:0], 0
	r.from, r.rows, r.filledDown, r.err = from, 0, 0, nil
	lines := newRecords(s.path, s.data[:s.stop], s.between, from)
	lines.comment = s.comment
	for lines.next < end && lines.scan() {
		if s.isNoRow(lines) {
			continue
		}
		r.rows++
		if r.err = r.row(lines); r.err != nil {
			return
		}
	}
	if lines.err != nil {
		r.err = lines.err.(*Error)
	}
	r.stop = lines.next
}

// row takes up the cells of a row.
func (r *cellReader) row(lines *records) *Error {
	s := r.source
	if len(lines.fields) != len(s.columns.names) && !s.fits(lines) {
		remedy := "give every row as many fields as the header"
		if s.between.space && len(lines.fields) < len(s.columns.names) {
			remedy += ": between spaces a gap has to be written, as NA, or the columns of fixed widths separated otherwise"
		}
		return &Error{
			Path: s.path, Line: lines.line,
			Problem: fmt.Sprintf("%d fields where the header has %d", len(lines.fields), len(s.columns.names)),
			Remedy:  remedy,
		}
	}
	for n, k := range s.index {
		text := lines.text(lines.fields[k])
		if len(text) == 0 && s.fillDown && r.rows > 1 {
			r.filledDown++
			continue
		}
		if len(text) == 0 {
			return &Error{
				Path: s.path, Line: lines.line, Column: s.columns.names[k], Problem: "the label is empty",
				Remedy: "give the row a label, or remove it" + fillDownHint,
			}
		}
		r.cell[n] = r.labels[n].find(text)
	}
	switch {
	case s.value >= 0:
		return r.number(lines, s.value)
	case r.dense:
		return r.denseRow(lines)
	}
	for i, k := range s.wide {
		r.cell[len(r.cell)-1] = int32(i)
		if err := r.number(lines, k); err != nil {
			return err
		}
	}
	return nil
}

// fillDownHint tells of the flag that mends an empty label.
const fillDownHint = "; if an empty label repeats the one above, --fill-down"

// denseRow takes up the label of a row and its values.
func (r *cellReader) denseRow(lines *records) *Error {
	wide := r.source.wide
	r.first = append(r.first, r.cell[0])
	for r.observed+len(wide) > len(r.values) {
		r.grow()
	}
	out := r.values[r.observed:][:len(wide)]
	for i, k := range wide {
		text := lines.text(lines.fields[k])
		value, gap, problem := r.numbers.parse(text)
		if problem != "" {
			return r.wrong(lines, k, text, problem)
		}
		if out[i] = value; gap {
			r.numbers.counts.add(text)
			out[i] = math.NaN()
			r.none++
		}
	}
	r.observed += len(wide)
	return nil
}

// wrong is an error about a value.
func (r *cellReader) wrong(lines *records, column int, text []byte, problem string) *Error {
	s := r.source
	return &Error{
		Path: s.path, Line: lines.line, Column: s.columns.names[column], Value: string(text), Problem: problem,
		Remedy: s.numberRemedy(problem, text),
	}
}

// number takes up the cell of a value column.
func (r *cellReader) number(lines *records, column int) *Error {
	text := lines.text(lines.fields[column])
	value, gap, problem := r.numbers.parse(text)
	switch {
	case problem != "":
		return r.wrong(lines, column, text, problem)
	case gap:
		if low, high, ok := r.numbers.limitsOfGap(text); ok {
			r.limits = append(r.limits, bounds{len(r.gaps[0]), low, high})
		} else {
			r.numbers.counts.add(text)
		}
		for n, i := range r.cell {
			r.gaps[n] = append(r.gaps[n], i)
		}
	default:
		if r.observed == len(r.values) {
			r.grow()
		}
		for n, i := range r.cell {
			r.index[n][r.observed] = i
		}
		r.values[r.observed] = value
		r.observed++
	}
	return nil
}

// grow makes room for more cells.
func (r *cellReader) grow() {
	const least = 1 << 12
	more := max(least, len(r.values))
	r.values = append(r.values, make([]float64, more)...)
	if r.dense {
		return
	}
	for n := range r.index {
		r.index[n] = append(r.index[n], make([]int32, more)...)
	}
}

// numberLabels gives the labels that the reader has met first their numbers.
func (r *cellReader) numberLabels(b *builder) {
	for n := range r.labels {
		f := &r.labels[n]
		f.given = f.given[:0]
		for _, text := range f.fresh {
			f.given = append(f.given, b.label(n, []byte(text)))
		}
	}
}

// takeCells appends the cells of pieces that follow each other.
func (b *builder) takeCells(threads int, pieces []*cellReader) {
	values, gaps := len(b.values), b.listed
	firstValue, firstGap := make([]int, len(pieces)), make([]int, len(pieces))
	for k, p := range pieces {
		firstValue[k], firstGap[k] = values, gaps
		values, gaps = values+p.observed, gaps+len(p.gaps[0])
		for _, l := range p.limits {
			l.gap += firstGap[k]
			b.limits = append(b.limits, l)
		}
	}
	b.reserve(values - len(b.values) + gaps - b.listed)
	b.values, b.listed = b.values[:values], gaps
	for n := range b.index {
		b.index[n] = b.index[n][:values]
	}
	parallel.For(threads, len(pieces), func(k int) {
		p := pieces[k]
		copy(b.values[firstValue[k]:], p.values[:p.observed])
		for n, column := range b.index {
			var given []int32
			if n < len(p.labels) {
				given = p.labels[n].given
			}
			takeNumbers(column[firstValue[k]:], p.index[n][:p.observed], given)
			backwards := column[:cap(column)-firstGap[k]]
			backwards = backwards[len(backwards)-len(p.gaps[n]):]
			takeNumbers(backwards, p.gaps[n], given)
			slices.Reverse(backwards)
		}
	})
}

// takeNumbers copies numbers of labels, those below zero as given.
func takeNumbers(to, numbers, given []int32) {
	if len(given) == 0 {
		copy(to, numbers)
		return
	}
	for c, i := range numbers {
		if i < 0 {
			i = given[-1-i]
		}
		to[c] = i
	}
}
