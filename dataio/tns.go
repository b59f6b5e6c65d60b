package dataio

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// tnsSource is the text of a FROSTT .tns file: a line a cell, coordinates from 1, then the value, separated by space.
type tnsSource struct {
	path    string
	data    []byte
	numbers *numbers
}

// TNS is lines of coordinates and a value.
const TNS Format = "FROSTT .tns"

func init() {
	register(kind{
		format: TNS, ending: ".tns", text: true, bare: true, takes: takesGrid | takesDuplicates, read: readTNS,
		detect: func(path string, _ []byte) sureness {
			if endingOf(path) == ".tns" {
				return likely
			}
			return no
		},
	})
}

// looksLikeTNS tells whether the first line of data is coordinates and a number, separated by space.
func looksLikeTNS(data []byte) bool {
	for line := range bytes.Lines(data[:min(len(data), 1<<16)]) {
		fields := bytes.Fields(line)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if len(fields) < 3 {
			return false
		}
		for _, field := range fields[:len(fields)-1] {
			if i, err := strconv.Atoi(string(field)); err != nil || i < 1 {
				return false
			}
		}
		_, err := strconv.ParseFloat(string(fields[len(fields)-1]), 64)
		return err == nil
	}
	return false
}

// eachCell calls visit for every line that holds a cell. fields are used again for the next one.
func (s *tnsSource) eachCell(visit func(line int, fields [][]byte) error) error {
	line := 0
	var fields [][]byte
	for text := range bytes.Lines(s.data) {
		line++
		fields = splitFields(fields, text)
		if len(fields) == 0 || fields[0][0] == '#' {
			continue
		}
		if err := visit(line, fields); err != nil {
			return err
		}
	}
	return nil
}

// splitFields returns what bytes.Fields returns, in the memory of fields.
func splitFields(fields [][]byte, text []byte) [][]byte {
	fields = fields[:0]
	from := -1
	for at, c := range text {
		switch {
		case c >= utf8.RuneSelf:
			return append(fields[:0], bytes.Fields(text)...)
		case c == ' ' || c >= '\t' && c <= '\r':
			if from >= 0 {
				fields, from = append(fields, text[from:at]), -1
			}
		case from < 0:
			from = at
		}
	}
	if from >= 0 {
		fields = append(fields, text[from:])
	}
	return fields
}

// coordinateOf reads a whole number from 1 to the greatest int32.
func coordinateOf(text []byte) (i int64, ok bool) {
	const mostDigits = 9
	digits := 0
	for digits < len(text) && text[digits]-'0' <= 9 {
		i = 10*i + int64(text[digits]-'0')
		digits++
	}
	if digits == len(text) && digits <= mostDigits {
		return i, i >= 1
	}
	i, err := strconv.ParseInt(string(text), 10, 32)
	return i, err == nil && i >= 1
}

func readTNS(path string, data []byte, o Options) (*Table, error) {
	s := &tnsSource{path: path, data: data, numbers: newNumbers(o.Missing, false)}
	var b *builder
	var cell []int32
	var sizes []int
	rows := 0
	err := s.eachCell(func(line int, fields [][]byte) error {
		fail := func(column, value, problem, remedy string) error {
			return &Error{Path: path, Line: line, Column: column, Value: value, Problem: problem, Remedy: remedy}
		}
		if b == nil {
			if len(fields) < 3 {
				return fail("", "", fmt.Sprintf("%d fields", len(fields)), "give at least two coordinates and a value")
			}
			var names []string
			for n := range len(fields) - 1 {
				names = append(names, "mode"+strconv.Itoa(n+1))
			}
			b = newBuilder(path, o, names, bytes.Count(data, []byte("\n"))+1)
			cell, sizes = make([]int32, len(names)), make([]int, len(names))
		}
		if len(fields) != len(cell)+1 {
			return fail("", "", fmt.Sprintf("%d fields where the first line has %d", len(fields), len(cell)+1),
				"give every line as many")
		}
		rows++
		for n := range cell {
			i, ok := coordinateOf(fields[n])
			if !ok {
				return fail(strconv.Itoa(n+1), string(fields[n]), "is no coordinate", "give a whole number from 1 up")
			}
			cell[n] = int32(i - 1)
			sizes[n] = max(sizes[n], int(i))
		}
		text := fields[len(cell)]
		value, gap, problem := s.numbers.parse(text)
		switch {
		case problem != "":
			return fail(strconv.Itoa(len(cell)+1), string(text), problem, "give a finite number, or nan for a gap")
		case gap:
			b.gap(cell)
		default:
			b.observe(cell, value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, &Error{
			Path: path, Problem: "there is no cell in the file", Remedy: "give lines of coordinates and a value",
		}
	}
	for n, size := range sizes {
		if size > 1e6+64*rows {
			return nil, &Error{
				Path: path, Problem: fmt.Sprintf("mode %d has %d indices and only %d cells are listed", n+1, size, rows),
				Remedy: "renumber the indices that occur from 1 up",
			}
		}
		for i := range size {
			b.labels[n] = append(b.labels[n], strconv.Itoa(i+1))
		}
	}
	b.options.FullGrid = o.FullGrid || b.listed == 0
	return b.table(TNS, s, s.numbers)
}

// grow refuses labels that are no coordinates.
func (s *tnsSource) grow(n int, labels []string) error {
	for _, label := range labels {
		if x, err := strconv.ParseInt(label, 10, 32); err != nil || x < 1 {
			return &Error{
				Path: s.path, Column: strconv.Itoa(n + 1), Value: label, Problem: "is no coordinate",
				Remedy: "predict whole numbers from 1 up",
			}
		}
	}
	return nil
}

func (s *tnsSource) line(k int) (found int) {
	s.eachCell(func(line int, fields [][]byte) error {
		if _, gap, _ := s.numbers.parse(fields[len(fields)-1]); !gap {
			if k == 0 {
				found = line
			}
			k--
		}
		return nil
	})
	return found
}

func (s *tnsSource) write(w io.Writer, t *Table, next func() Filled, unlisted filledCells, _ []string) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var line []byte
	for text := range bytes.Lines(s.data) {
		trimmed := bytes.TrimSpace(text)
		at := bytes.LastIndexAny(trimmed, " \t\v\f") + 1
		if len(trimmed) > 0 && trimmed[0] != '#' {
			if _, gap, _ := s.numbers.parse(trimmed[at:]); gap {
				filled := next()
				if err := checkFilled(filled); err != nil {
					return err
				}
				at += bytes.Index(text, trimmed)
				line = append(line[:0], text[:at]...)
				line = s.numbers.append(line, filled.Value, valueDigits)
				line = append(line, text[at+len(bytes.TrimRight(text[at:], " \t\v\f\r\n")):]...)
				out.Write(line)
				continue
			}
		}
		out.Write(text)
	}
	if t.unlisted > 0 && s.data[len(s.data)-1] != '\n' {
		out.WriteByte('\n')
	}
	for cell, filled := range unlisted {
		if err := checkFilled(filled); err != nil {
			return err
		}
		line = line[:0]
		for n, i := range cell {
			line = append(append(line, t.modes[n].Labels[i]...), ' ')
		}
		line = append(s.numbers.append(line, filled.Value, valueDigits), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
