//go:build !js

package dataio

import (
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/parquet-go/parquet-go"
)

// columnReader reads a column of a group of rows page by page. Texts and numbers of a dictionary are looked at once, their
// rows stay codes.
type columnReader struct {
	source *parquetSource
	column int
	label  func(text []byte, v parquet.Value) int32 // numbers a label; nil for a column of values
	pages  parquet.Pages

	page       parquet.Page
	at, rows   int                 // in the page
	levels     []byte              // of its rows, 0 for one without a value; nil where all have one
	next       int                 // among its values
	codes      []int32             // its values, where they are codes of the dictionary
	doubles    []float64           // its values, where they are plain numbers
	others     parquet.ValueReader // its values else
	dictionary parquet.Dictionary
	labels     []int32   // by code, −1 for one that has not been met
	numbers    []float64 // by code: NaN for a gap, ∞ for one that has not been met
	palette    []uint16  // by code: of its number in the palette of the table, 0 for one that has not been met
	buffer     []parquet.Value
	text       []byte
}

// errUnusual tells that a column holds what is to be read row by row, to say where.
var errUnusual = errors.New("a label is missing, or a value is none")

// available is how many rows of the page are left, of the next one if there are none.
func (r *columnReader) available() (int, error) {
	for r.page == nil || r.at == r.rows {
		if r.page != nil {
			parquet.Release(r.page)
			r.page = nil
		}
		page, err := r.pages.ReadPage()
		if err != nil {
			return 0, err
		}
		r.open(page)
	}
	return r.rows - r.at, nil
}

func (r *columnReader) open(page parquet.Page) {
	r.page, r.at, r.rows, r.next = page, 0, int(page.NumValues()), 0
	r.levels, r.codes, r.doubles, r.others = page.DefinitionLevels(), nil, nil, nil
	t := r.source.types[r.column]
	switch dictionary := page.Dictionary(); {
	case dictionary != nil:
		data := page.Data()
		r.codes = data.Int32()
		if dictionary == r.dictionary {
			return
		}
		r.dictionary = dictionary
		if r.label != nil {
			r.labels = make([]int32, dictionary.Len())
			for k := range r.labels {
				r.labels[k] = -1
			}
			return
		}
		r.numbers, r.palette = make([]float64, dictionary.Len()), make([]uint16, dictionary.Len())
		for k := range r.numbers {
			r.numbers[k] = math.Inf(1)
		}
	case r.label == nil && t.Kind() == parquet.Double && t.LogicalType() == nil:
		data := page.Data()
		r.doubles = data.Double()
	default:
		r.others = page.Values()
	}
}

// isThere tells whether the i-th of the rows to come has a value.
func (r *columnReader) isThere(i int) bool { return len(r.levels) == 0 || r.levels[r.at+i] != 0 }

// read reads values of the rows to come that are no codes, nulls included.
func (r *columnReader) read(count int) ([]parquet.Value, error) {
	if cap(r.buffer) < count {
		r.buffer = make([]parquet.Value, count)
	}
	values := r.buffer[:count]
	for n := 0; n < count; {
		more, err := r.others.ReadValues(values[n:])
		if n += more; n < count && (err != nil || more == 0) {
			return nil, io.ErrUnexpectedEOF
		}
	}
	return values, nil
}

// readLabels reads the numbers of the labels of the next rows, which are available.
func (r *columnReader) readLabels(out []int32) error {
	defer func() { r.at += len(out) }()
	if r.others != nil {
		values, err := r.read(len(out))
		if err != nil {
			return err
		}
		for i, v := range values {
			if v.IsNull() {
				return errUnusual
			}
			out[i] = r.number(v)
		}
		return nil
	}
	for i := range out {
		if !r.isThere(i) {
			return errUnusual
		}
		code := r.codes[r.next]
		r.next++
		if r.labels[code] < 0 {
			r.labels[code] = r.number(r.dictionary.Index(code))
		}
		out[i] = r.labels[code]
	}
	return nil
}

// number numbers the label that a value is.
func (r *columnReader) number(v parquet.Value) int32 {
	r.text = appendLabel(r.text[:0], v, r.source.types[r.column])
	return r.label(bytes.TrimSpace(r.text), v)
}

// readNumbers reads the values of the next rows, which are available; NaN for a gap.
func (r *columnReader) readNumbers(out []float64) error {
	defer func() { r.at += len(out) }()
	s := r.source
	if r.others != nil {
		values, err := r.read(len(out))
		if err != nil {
			return err
		}
		for i, v := range values {
			if out[i], err = s.numberOrGap(v, r.column); err != nil {
				return err
			}
		}
		return nil
	}
	for i := range out {
		if !r.isThere(i) {
			out[i] = math.NaN()
			continue
		}
		if r.doubles != nil {
			value, gap, problem := s.numbers.check(r.doubles[r.next])
			r.next++
			if problem != "" {
				return errUnusual
			}
			if out[i] = value; gap {
				out[i] = math.NaN()
			}
			continue
		}
		code := r.codes[r.next]
		r.next++
		if math.IsInf(r.numbers[code], 1) {
			var err error
			if r.numbers[code], err = s.numberOrGap(r.dictionary.Index(code), r.column); err != nil {
				return err
			}
		}
		out[i] = r.numbers[code]
	}
	return nil
}

// readCodes is readNumbers, and gives the codes of the values in the palette.
func (r *columnReader) readCodes(out []uint16, numbers []float64) error {
	s := r.source
	if r.codes == nil {
		if err := r.readNumbers(numbers); err != nil {
			return err
		}
		for i, number := range numbers {
			if out[i] = s.palette.add(number); out[i] == unlistedCode {
				return errUnusual
			}
		}
		return nil
	}
	defer func() { r.at += len(out) }()
	for i := range out {
		if !r.isThere(i) {
			out[i] = gapCode
			continue
		}
		code := r.codes[r.next]
		r.next++
		if r.palette[code] == unlistedCode {
			number, err := s.numberOrGap(r.dictionary.Index(code), r.column)
			if err != nil {
				return err
			}
			r.palette[code] = s.palette.add(number)
		}
		out[i] = r.palette[code]
	}
	return nil
}

// numberOrGap is what a value column holds, NaN for a gap.
func (s *parquetSource) numberOrGap(v parquet.Value, column int) (float64, error) {
	value, gap, problem := s.numberOf(v, column)
	switch {
	case problem != "":
		return 0, errUnusual
	case gap:
		return math.NaN(), nil
	}
	return value, nil
}

// batchRows is the most rows that are read at a time.
const batchRows = 1 << 12

// batch is some rows: the numbers of their labels by index column, and by value column their values, NaN for a gap, or their
// codes in the palette.
type batch struct {
	labels [][]int32
	values [][]float64
	codes  [][]uint16
}

// eachBatch visits the rows, many at a time, with values or codes. The slices are reused.
func (s *parquetSource) eachBatch(
	coded bool, label func(n int, text []byte, v parquet.Value) int32, visit func(b batch) error,
) error {
	index, value := s.index, s.valueColumns()
	b, numbers := batch{labels: make([][]int32, len(index))}, make([]float64, batchRows)
	for n := range b.labels {
		b.labels[n] = make([]int32, batchRows)
	}
	for range value {
		if coded {
			b.codes = append(b.codes, make([]uint16, batchRows))
		} else {
			b.values = append(b.values, make([]float64, batchRows))
		}
	}
	for _, group := range s.file.RowGroups() {
		if err := s.eachBatchOf(group, index, value, label, func(readers []*columnReader, count int) error {
			for n := range b.labels {
				b.labels[n] = b.labels[n][:count]
				if err := readers[n].readLabels(b.labels[n]); err != nil {
					return err
				}
			}
			for k := range b.values {
				b.values[k] = b.values[k][:count]
				if err := readers[len(index)+k].readNumbers(b.values[k]); err != nil {
					return err
				}
			}
			for k := range b.codes {
				b.codes[k] = b.codes[k][:count]
				if err := readers[len(index)+k].readCodes(b.codes[k], numbers[:count]); err != nil {
					return err
				}
			}
			return visit(b)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *parquetSource) eachBatchOf(
	group parquet.RowGroup, index, value []int, label func(n int, text []byte, v parquet.Value) int32,
	visit func(readers []*columnReader, count int) error,
) error {
	var readers []*columnReader
	defer func() {
		for _, r := range readers {
			if r.page != nil {
				parquet.Release(r.page)
			}
			r.pages.Close()
		}
	}()
	chunks := group.ColumnChunks()
	for n, k := range index {
		number := func(text []byte, v parquet.Value) int32 { return label(n, text, v) }
		readers = append(readers, &columnReader{source: s, column: k, label: number, pages: chunks[k].Pages()})
	}
	for _, k := range value {
		readers = append(readers, &columnReader{source: s, column: k, pages: chunks[k].Pages()})
	}
	for left := int(group.NumRows()); left > 0; {
		count := min(left, batchRows)
		for _, r := range readers {
			available, err := r.available()
			if err != nil {
				return err
			}
			count = min(count, available)
		}
		if err := visit(readers, count); err != nil {
			return err
		}
		left -= count
	}
	return nil
}

// readDense reads a table whose rows fill much of the grid of their labels, each cell once, into that grid: 8 bytes a cell,
// where cells that are listed take 4 a mode beside, and as much again while they are sorted. ok is false for any other
// table, and for one in which something is wrong, which is to be read row by row. Where few values are different, the grid takes
// 2 bytes a cell.
func (s *parquetSource) readDense(o Options) (table *Table, ok bool, err error) {
	if o.lists() {
		return nil, false, nil
	}
	c := &s.columns
	modes := make([]string, 0, len(c.index)+1)
	for _, k := range c.index {
		modes = append(modes, c.names[k])
	}
	if c.value < 0 {
		modes = append(modes, c.last)
	}
	b := newBuilder(s.path, o, modes, 0)
	b.columns = c
	for _, k := range c.wide {
		b.newLabel(len(c.index), c.names[k])
	}
	cells, rows, reading := &denseCells{}, 0, true
	defer func() {
		if reading && recover() != nil { // a damaged file: reading row by row says so
			table, ok, err = nil, false, nil
		}
	}()
	number := func(n int, text []byte, v parquet.Value) int32 {
		known := len(b.labels[n])
		i := b.label(n, text)
		if k := c.index[n]; int(i) == known {
			level := 0
			if s.file.Root().Fields()[k].Optional() {
				level = 1
			}
			s.stored[k] = append(s.stored[k], v.Clone().Level(0, level, k))
		}
		return i
	}
	s.palette = newPalette()
	err = s.eachBatch(false, number, func(b batch) error {
		for _, column := range b.values {
			rows += len(column)
			for _, v := range column {
				if s.palette.add(v); v != v {
					cells.gaps++
				}
			}
		}
		return nil
	})
	if err != nil || rows == 0 {
		return nil, false, nil
	}
	shape, size := make([]int, len(modes)), 1
	for n := range shape {
		shape[n] = len(b.labels[n])
		if size *= shape[n]; size > 5*rows/2 {
			return nil, false, nil
		}
	}
	cells.observed = rows - cells.gaps
	cells.layout, cells.numbers = newLayout(shape, false), s.numbers
	filled := newGrid(size, s.palette)
	err = s.eachBatch(filled.codes != nil, number, func(b batch) error {
		for row := range b.labels[0] {
			position := 0
			for n, column := range b.labels {
				position = position*shape[n] + int(column[row])
			}
			for k, column := range b.values {
				at := position*len(b.values) + k
				if !isUnlisted(filled.values[at]) {
					return errUnusual // a cell is listed twice
				}
				filled.values[at] = column[row]
			}
			for k, column := range b.codes {
				at := position*len(b.codes) + k
				if filled.codes[at] != unlistedCode {
					return errUnusual
				}
				filled.codes[at] = column[row]
			}
		}
		return nil
	})
	if err != nil {
		return nil, false, nil
	}
	reading = false
	cells.hold(filled)
	cells.list = func() [][]int32 { return s.listGaps(b, &cells.arrayCells) }
	if table, err = b.tableOf(Parquet, s, s.numbers, cells); err != nil {
		return nil, true, err
	}
	table.Reading.Notes = c.notes
	return table, true, c.checkAdded(s.path, 0, !table.Complete())
}

// listGaps lists the gaps in the order of their rows, with the numbers that the builder's labels have in the end.
func (s *parquetSource) listGaps(b *builder, cells *arrayCells) [][]int32 {
	gaps := make([][]int32, len(b.names))
	for n := range gaps {
		gaps[n] = column[int32](cells.gaps)
	}
	if cells.gaps == 0 {
		return gaps
	}
	last := cells.places(len(gaps) - 1)
	err := s.eachBatch(false, func(n int, text []byte, _ parquet.Value) int32 { return b.numbers[n][string(text)] },
		func(rows batch) error {
			labels := rows.labels
			for row := range labels[0] {
				for k, column := range rows.values {
					if column[row] == column[row] {
						continue
					}
					for n := range labels {
						gaps[n] = append(gaps[n], labels[n][row])
					}
					if len(gaps) > len(labels) {
						i := int32(k)
						if last != nil {
							i = last[k]
						}
						gaps[len(labels)] = append(gaps[len(labels)], i)
					}
				}
			}
			return nil
		})
	if err != nil {
		panic(err) // it has been read so before
	}
	return gaps
}
