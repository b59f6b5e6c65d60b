package dataio

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"

	"lacuna/internal/atomicfile"
	"lacuna/tensor"
)

// Header returns the names of the columns of a CSV, gzipped or not, without reading the rest.
func Header(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		_, err := load(path, 0)
		return nil, err
	}
	defer file.Close()
	source := bufio.NewReader(file)
	if magic, _ := source.Peek(2); bytes.Equal(magic, []byte{0x1F, 0x8B}) {
		unpacked, err := gzip.NewReader(source)
		if err != nil {
			return nil, &Error{
				Path: path, Problem: "the compressed file is damaged (" + err.Error() + ")", Remedy: "get it again",
			}
		}
		source = bufio.NewReader(unpacked)
	}
	data, err := io.ReadAll(io.LimitReader(source, 1<<20))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &Error{Path: path, Problem: "the file cannot be read: " + err.Error()}
	}
	data, _ = decode(data)
	f, err := findForm(path, data, Options{})
	if err != nil {
		return nil, err
	}
	return f.names, nil
}

// WriteCSV writes a tensor as a long CSV, one row a cell in canonical order: the labels, then a column called value.
// The value is left empty where isGap says so; nil leaves none empty. The text is compressed when path ends in .gz, and
// the file appears complete or not at all.
func WriteCSV(path string, cells *tensor.Observed, isGap func(c int) bool) error {
	return atomicfile.Write(path, func(w io.Writer) error {
		return compressed(w, path, func(w io.Writer) error {
			out := bufio.NewWriterSize(w, 1<<16)
			var line []byte
			for _, mode := range cells.Modes {
				line = append(appendField(line, mode.Name, separator{char: ','}), ',')
			}
			out.Write(append(line, "value\n"...))
			exact := newNumbers(nil, false)
			for c, value := range cells.Values {
				line = line[:0]
				for n, column := range cells.Index {
					line = append(appendField(line, cells.Modes[n].Labels[column[c]], separator{char: ','}), ',')
				}
				if isGap == nil || !isGap(c) {
					line = exact.append(line, value, -1)
				}
				out.Write(append(line, '\n'))
			}
			return out.Flush()
		})
	})
}
