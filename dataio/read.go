package dataio

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"lacuna/internal/memory"
)

// Read reads a file. Its format is found out by content. Everything that its owner can repair is an *Error.
func Read(path string, o Options) (*Table, error) {
	data, err := load(path, o.Memory)
	if err != nil {
		return nil, err
	}
	return parse(path, data, o)
}

// StandardInput is what ReadFrom's callers name a table that came through a pipe.
const StandardInput = "standard input"

// ReadFrom reads a table from a stream to its end, as Read reads a file; name stands for it in messages. The format is
// found out by content.
func ReadFrom(r io.Reader, name string, o Options) (*Table, error) {
	budget := budgetOf(o.Memory)
	data, err := readAll(r, name, 1<<16, 1<<16, budget)
	if err == nil {
		data, err = unpacked(name, data, budget)
	}
	if e := new(Error); err != nil && !errors.As(err, &e) {
		return nil, &Error{Path: name, Problem: "it cannot be read: " + err.Error()}
	}
	if err != nil {
		return nil, err
	}
	return parse(name, data, o)
}

func parse(path string, data []byte, o Options) (*Table, error) {
	var k kind
	var err error
	if o.Format == "" {
		k, err = detect(path, data)
	} else {
		k, err = chosen(path, o.Format)
	}
	if err != nil {
		return nil, err
	}
	if err := k.refuse(path, o); err != nil {
		return nil, err
	}
	table, err := k.read(path, data, o)
	if err != nil {
		return nil, err
	}
	table.data = data
	return table, nil
}

// budgetOf is a budget of memory in bytes; 0 stands for what the machine has.
func budgetOf(memoryOption float64) float64 {
	if memoryOption == 0 {
		return memory.Available()
	}
	return memoryOption
}

// memoryPerByte is how much memory reading takes for every byte of a file: the text itself, coordinates, values, and
// what sorting them needs.
const memoryPerByte = 5

// load reads a whole file, unpacked, if it fits in the budget of memory in bytes (0: what the machine has).
func load(path string, budget float64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Path: path, Problem: "there is no such file", Remedy: "check the name and the directory"}
	case errors.Is(err, fs.ErrPermission):
		return nil, &Error{Path: path, Problem: "the file cannot be read: no permission", Remedy: "change its permissions"}
	case err != nil:
		return nil, &Error{Path: path, Problem: "the file cannot be read: " + err.Error()}
	case info.IsDir():
		return nil, &Error{Path: path, Problem: "this is a directory", Remedy: "give the name of a file"}
	}
	budget = budgetOf(budget)
	if size := float64(info.Size()) * memoryPerByte; budget > 0 && size > budget {
		return nil, tooBig(path, float64(info.Size()), budget)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, &Error{Path: path, Problem: "the file cannot be read: " + err.Error(), Remedy: "check its permissions"}
	}
	defer file.Close()
	data, err := readAll(file, path, info.Size(), info.Size(), budget)
	if err != nil {
		return nil, err
	}
	return unpacked(path, data, budget)
}

// unpacked returns data, or what it holds if it is compressed with gzip.
func unpacked(path string, data []byte, budget float64) ([]byte, error) {
	if bytes.HasPrefix(data, []byte{0x1F, 0x8B}) {
		return unzip(path, data, budget)
	}
	return data, nil
}

func tooBig(path string, size, budget float64) error {
	return &Error{
		Path: path,
		Problem: fmt.Sprintf("its %s of data need about %s of memory, and %s are available",
			memory.Format(size), memory.Format(size*memoryPerByte), memory.Format(budget)),
		Remedy: "give a part of the table (fewer rows or labels), or use a machine with more memory",
	}
}

// mostUnpacked is what any file may unpack to, in bytes, and mostRatio how many times its size a larger one may.
const (
	mostUnpacked = 64 << 20
	mostRatio    = 250
)

func unzip(path string, packed []byte, budget float64) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		most := max(mostUnpacked, int64(len(packed))*mostRatio)
		var data []byte
		// The last four bytes are the length of what was packed, but for multiples of 4 GiB.
		told := int64(binary.LittleEndian.Uint32(packed[max(0, len(packed)-4):]))
		if data, err = readAll(io.LimitReader(reader, most+1), path, told, int64(len(packed)), budget); err == nil {
			if int64(len(data)) <= most {
				return data, nil
			}
			return nil, &Error{
				Path: path, Problem: fmt.Sprintf("it unpacks to more than %d times its size, as no table does", mostRatio),
				Remedy: "see what it holds with gunzip, and give the unpacked file if it is a table",
			}
		}
	}
	if e := new(Error); errors.As(err, &e) {
		return nil, err
	}
	return nil, &Error{Path: path, Problem: "the compressed file is damaged (" + err.Error() + ")", Remedy: "get it again"}
}

// deflateRatio is the most that deflate can make of a byte.
const deflateRatio = 1032

// readAll reads to the end, and stops at the first byte that does not fit in the budget. told is how many bytes are said
// to come, packed how many there are of them before they are unpacked: what cannot be true is not believed.
func readAll(r io.Reader, path string, told, packed int64, budget float64) ([]byte, error) {
	expected := min(told, packed*deflateRatio)
	if budget > 0 {
		expected = min(expected, int64(budget/memoryPerByte)+1)
	}
	data := make([]byte, 0, max(512, expected+1))
	memory.LargePages(data)
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF:
			return data, nil
		case err != nil:
			return nil, err
		case budget > 0 && float64(len(data))*memoryPerByte > budget:
			return nil, tooBig(path, float64(len(data)), budget)
		case len(data) == cap(data):
			data = append(data, 0)[:len(data)]
		}
	}
}

// compressed lets write write through gzip when path asks for it.
func compressed(w io.Writer, path string, write func(io.Writer) error) error {
	if !isGzip(path) {
		return write(w)
	}
	packer := gzip.NewWriter(w)
	if err := write(packer); err != nil {
		return err
	}
	return packer.Close()
}
