package dataio

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lacuna/internal/memory"
)

// Read reads a file. Its format is found out by content. Everything that its owner can repair is an *Error.
func Read(path string, o Options) (*Table, error) {
	data, err := load(path, o.Memory)
	if err != nil {
		return nil, err
	}
	switch format, err := detect(path, data); {
	case err != nil:
		return nil, err
	case format == TNS:
		return readTNS(path, data, o)
	case format == NPY:
		return readNPY(path, data, o)
	case format == NPZ:
		return readNPZ(path, data, o)
	case format == Parquet:
		return readParquet(path, data, o)
	case format == MAT:
		return readMAT(path, data, o)
	}
	return readCSV(path, data, o)
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
	if budget == 0 {
		budget = memory.Available()
	}
	if size := float64(info.Size()) * memoryPerByte; budget > 0 && size > budget {
		return nil, tooBig(path, float64(info.Size()), budget)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, &Error{Path: path, Problem: "the file cannot be read: " + err.Error(), Remedy: "check its permissions"}
	}
	defer file.Close()
	data, err := readAll(file, path, int(info.Size()), budget)
	if err != nil {
		return nil, err
	}
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

func unzip(path string, packed []byte, budget float64) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(packed))
	if err == nil {
		var data []byte
		if data, err = readAll(reader, path, 4*len(packed), budget); err == nil {
			return data, nil
		}
	}
	if e := new(Error); errors.As(err, &e) {
		return nil, err
	}
	return nil, &Error{Path: path, Problem: "the compressed file is damaged (" + err.Error() + ")", Remedy: "get it again"}
}

// readAll reads to the end, and stops at the first byte that does not fit in the budget.
func readAll(r io.Reader, path string, expected int, budget float64) ([]byte, error) {
	data := make([]byte, 0, max(512, expected+1))
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

// foreign are the first bytes of formats that people try, and what to do instead.
var foreign = []struct{ magic, name, remedy string }{
	{"\x89HDF", "HDF5 or MAT v7.3", "save it with -v7, or as .npy or Parquet"},
	{"\xFD7zXZ", "xz", "unpack it first"},
	{"BZh", "bzip2", "unpack it first"},
	{"\x28\xB5\x2F\xFD", "zstd", "unpack it first"},
	{"\xD0\xCF\x11\xE0", "an old Excel or Office file", "save the table as CSV"},
	{"ARROW1", "Arrow or Feather", "save it as Parquet"},
	{"CDF", "NetCDF", "save the array as .npy"},
	{"%PDF", "PDF", "save the table as CSV"},
	{"SQLite format 3", "an SQLite database", "export the table as CSV"},
}

func detect(path string, data []byte) (Format, error) {
	for _, f := range foreign {
		if bytes.HasPrefix(data, []byte(f.magic)) {
			return "", &Error{Path: path, Problem: "this is " + f.name, Remedy: f.remedy}
		}
	}
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, byteOrderMark))) == 0:
		return "", &Error{Path: path, Problem: "the file is empty", Remedy: "give a table with a header and at least two index columns"}
	case bytes.HasPrefix(data, []byte("\x93NUMPY")):
		return NPY, nil
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return NPZ, nil
	case bytes.HasPrefix(data, []byte("PAR1")):
		return Parquet, nil
	case bytes.HasPrefix(data, []byte("MATLAB 5.0 MAT-file")):
		return MAT, nil
	case strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz"))) == ".tns" || looksLikeTNS(data):
		return TNS, nil
	}
	return LongCSV, nil
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
